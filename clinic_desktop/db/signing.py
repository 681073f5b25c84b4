"""Statements signed by this PC's key, which lies in the record. Loads no tables, as ``facts``."""

from __future__ import annotations

from typing import Any

from clinic_desktop.db.chain import THIS_PC
from clinic_desktop.db.migrations import version_of
from clinic_desktop.security.primitives import Identity, is_signed, sign

SIGNS_SINCE = 3
"""The version of the record from which on each PC has a key."""


def sign_by_device(cursor: Any, statement: bytes) -> bytes:
    """The signature; empty where the record is older than the keys."""
    if version_of(cursor) < SIGNS_SINCE:
        return b""
    row = cursor.execute("SELECT seed FROM device_key WHERE dev = ?", (THIS_PC,)).fetchone()
    return sign(Identity(b"", bytes(row[0])), statement) if row else b""


def is_signed_by_device(cursor: Any, statement: bytes, signature: bytes) -> bool:
    """Whether the key that the record names for its PC signed exactly this.

    Where it names none, because it was never opened since its PC would have got one, nobody did.
    """
    public = b""
    if version_of(cursor) >= SIGNS_SINCE:
        sql = "SELECT sign_pk FROM sync_device WHERE dev = ?"
        public = bytes(cursor.execute(sql, (THIS_PC,)).fetchone()[0] or b"")
    return is_signed(public, statement, signature) if public else not signature
