"""The chain of commits: each value is made of the one before.

Loads no tables, so that a fresh process that only checks a record is quick to start.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import msgspec

THIS_PC = 1
_SINCE = 8
"""The schema version that knows of erasures."""
_encode = msgspec.msgpack.Encoder().encode
Redaction = tuple[bytes, bytes]
"""Digest of a body as it was written, and of what an erasure left of it."""


def chain_value(
    previous: bytes, header: Iterable[Any], body: bytes, redaction: Redaction | None = None
) -> bytes:
    """BLAKE2b-256 over the previous value, the commit's header and its body as it was written."""
    digest = hashlib.blake2b(previous, digest_size=32)
    digest.update(_encode(list(header)))
    digest.update(body_digest(body, redaction))
    return digest.digest()


def body_digest(body: bytes, redaction: Redaction | None = None) -> bytes:
    """Of what a commit wrote, even where an erasure took words out of it since."""
    found = hashlib.blake2b(body, digest_size=32).digest()
    return redaction[0] if redaction is not None and found == redaction[1] else found


def redactions(cursor: Any) -> dict[tuple[int, int], Redaction]:
    """Commits that an erasure touched, by PC and number; see ``db.redaction``."""
    if cursor.execute("PRAGMA user_version").fetchone()[0] < _SINCE:
        return {}
    rows = cursor.execute("SELECT dev, dseq, original, redacted FROM log_redaction ORDER BY rowid")
    return {(dev, dseq): (bytes(was), bytes(now)) for dev, dseq, was, now in rows.fetchall()}


def verify_chain(cursor: Any) -> str | None:
    """The place of the first broken link of this PC's log, or ``None`` when it is whole."""
    previous, expected = bytes(32), 1
    redacted = redactions(cursor)
    for row in cursor.execute(
        "SELECT dev, dseq, hlc, wall, user_id, reason, schema_ver, deps, body, chain"
        " FROM sync_commit WHERE dev = ? ORDER BY dseq",
        (THIS_PC,),
    ):
        *header, body, chain = row
        if header[1] != expected or chain != chain_value(
            previous, header, body, redacted.get((header[0], header[1]))
        ):
            return f"{header[0]}/{header[1]}"
        previous, expected = chain, expected + 1
    return None
