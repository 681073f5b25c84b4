"""Commits that wait for ever, while what they say is here under another name.

A copied PC's work, and what others built on it, may be written anew (``db.rewriting``) after some
PC took it under the old names, from a hub or a stick. There it waits for commits that nobody else
has. Nothing is missing, so people are not told to wait for it; it is tried again like any other.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import msgspec

from clinic_desktop.db import journal
from clinic_desktop.db.applying import AGAIN, WAITS
from clinic_desktop.db.chain import PLAIN_SINCE
from clinic_desktop.db.commits import CommitRecord
from clinic_desktop.db.lists import batches, marks

_decode = msgspec.msgpack.Decoder(CommitRecord).decode


def note(cursor: Any) -> None:
    """Tell these from those that wait for something."""
    waiting: dict[int, list[tuple[int, CommitRecord]]] = defaultdict(list)
    for dev, body in cursor.execute(
        "SELECT dev, body FROM sync_hold WHERE why = ? AND dseq > 0", (WAITS,)
    ).fetchall():
        one = _decode(body)
        if one.schema >= PLAIN_SINCE:
            waiting[one.hlc].append((dev, one))
    for part in batches(list(waiting)):
        for hlc, wall, user, reason, body in cursor.execute(
            "SELECT hlc, wall, user_id, reason, body FROM sync_commit"
            f" WHERE hlc IN ({marks(part)})",
            part,
        ).fetchall():
            for dev, one in waiting[hlc]:
                if (wall, user, reason) == (one.wall, one.user, one.reason) and _says(one, body):
                    cursor.execute(
                        "UPDATE sync_hold SET why = ? WHERE dev = ? AND dseq = ?",
                        (AGAIN, dev, one.dseq),
                    )


def _says(one: CommitRecord, stored: bytes) -> bool:
    """Whether it changes the same; which versions it replaces has other names."""
    try:
        return _values(*msgspec.msgpack.decode(one.body)) == _values(*journal.read_body(stored))
    except (msgspec.DecodeError, RecursionError, TypeError, IndexError):
        return False  # of another shape than any that this program wrote


def _values(inserts: list[Any], updates: list[Any]) -> tuple[list[Any], list[Any]]:
    return inserts, [[*each[:4], *each[5:]] for each in updates]
