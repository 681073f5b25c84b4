"""The sealed data keys that wait for a PC: of each epoch those of several authors.

A server cannot see whether a sealed key is the right one, or whether the PC it is for believes its
author. With one of each epoch, a PC that nobody knows yet would put its own in the place of one
that could be opened, and who lacks that key could not read that the new PC belongs here.
"""

from __future__ import annotations

from typing import Final

from clinic_desktop.sync.keys import SealedKey
from clinic_desktop.sync.server.calls import refuse
from clinic_desktop.sync.server.tables import Rows, only
from clinic_desktop.sync.statements import Known

AUTHORS: Final = 4
"""How many authors' keys are kept for each PC and epoch: more say the same."""
_MOST: Final = 1000
"""How many are handed out at once, newest epochs first; an answer may hold no more."""


def keep(rows: Rows, known: Known, key: SealedKey, raw: bytes, most: int) -> None:
    """Keep one; in the place of its author's own, or of one whose author was taken out.

    Raises:
        RefusedError: ``full``, there are ``most`` in the practice.
    """
    of = {"device": key.device, "epoch": key.epoch}
    authors = {
        bytes(row[0])
        for row in rows.all(
            "SELECT author FROM handed WHERE clinic = :clinic AND device_id = :device"
            " AND epoch = :epoch ORDER BY author",
            **of,
        )
    }
    if key.author not in authors and len(authors) >= AUTHORS:
        ended = sorted(each for each in authors if each not in known.devices)
        if not ended:
            return
        rows.run(
            "DELETE FROM handed WHERE clinic = :clinic AND device_id = :device"
            " AND epoch = :epoch AND author = :author",
            **of, author=ended[-1],
        )  # fmt: skip
    elif key.author not in authors and _count(rows) >= most:
        raise refuse(507, "full")
    rows.run(
        "INSERT INTO handed (clinic, device_id, epoch, author, body)"
        " VALUES (:clinic, :device, :epoch, :author, :body)"
        " ON CONFLICT (clinic, device_id, epoch, author) DO UPDATE SET body = excluded.body",
        **of, author=key.author, body=raw,
    )  # fmt: skip


def _count(rows: Rows) -> int:
    return int(only(rows.one("SELECT count(*) FROM handed WHERE clinic = :clinic"))[0])


def of(rows: Rows, device: bytes) -> tuple[bytes, ...]:
    """Those for a PC, or for the recovery sheet."""
    found = rows.all(
        "SELECT body FROM handed WHERE clinic = :clinic AND device_id = :device"
        " ORDER BY epoch DESC, author LIMIT :most",
        device=device, most=_MOST,
    )  # fmt: skip
    return tuple(bytes(row[0]) for row in found)
