"""What people are told of steps of the membership that owners took apart; made, not exchanged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from clinic_desktop.db.answers import BY_OLD_KEYS
from clinic_desktop.models.registry import BY_NAME
from clinic_desktop.security.membership_entries import Entry

_CLINICAL: Final = 2
_pack = msgspec.msgpack.Encoder().encode


def tell_about_members(
    cursor: Any, passed_over: Iterable[Entry], by_old_keys: Iterable[Entry]
) -> None:
    """Tell which steps of owners gave no right, and which were signed with keys that had ended.

    The first because of what another did at the same time. What comes later may change both. A
    data key that lost is of no use to anybody, and the next pass of an owner's PC begins another.
    """
    told = [("membership", each, each.digest[:16]) for each in passed_over if each.kind != "epoch"]
    told += [
        (BY_OLD_KEYS, each, hashlib.blake2b(each.digest, digest_size=16).digest())
        for each in by_old_keys
    ]
    held = {question for _kind, _entry, question in told}
    open_now = cursor.execute(
        "SELECT id FROM sync_conflict WHERE kind IN ('membership', ?)", (BY_OLD_KEYS,)
    ).fetchall()
    cursor.executemany(
        "DELETE FROM sync_conflict WHERE id = ?",
        [row for row in open_now if bytes(row[0]) not in held],
    )
    for kind, entry, question in told:
        _tell_about_member(cursor, kind, entry, question)


def _tell_about_member(cursor: Any, kind: str, entry: Entry, question: bytes) -> None:
    table = BY_NAME["membership_entry"]
    row = cursor.execute(
        "SELECT m.id, m.sv, c.hlc FROM membership_entry m JOIN sync_commit c ON c.cid = m.sv"
        " WHERE m.n = ? AND m.prev = ? AND m.signature = ?",
        (entry.n, entry.prev, entry.signature),
    ).fetchone()
    if row is not None:
        cursor.execute(
            "INSERT INTO sync_conflict (id, kind, severity, tbl, pk, grp, vers, opened_hlc)"
            " VALUES (?, ?, ?, ?, ?, 1, ?, ?) ON CONFLICT DO NOTHING",
            (question, kind, _CLINICAL, table.number, bytes(row[0]), _pack([row[1]]), row[2]),
        )
