"""Which PCs of the practice wait for an owner at another PC to confirm them, as the log tells."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from clinic_desktop.db import membership as chain
from clinic_desktop.db import membership_pasts
from clinic_desktop.db.chain import THIS_PC
from clinic_desktop.db.pasts import reached_of
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.security.membership_confirmed import NOBODY_WAITS, Confirmed, Written, judge
from clinic_desktop.security.membership_forks import Settled

_TAKEN_OUT = "SELECT 1 FROM membership_entry WHERE kind = 'revoke-device' LIMIT 1"

_EVER = 1 << 62
"""Later than any commit."""


def confirmed(
    reads: ReadSession | UnitOfWork, settled: Settled | None = None, *, here: bool = False
) -> Confirmed:
    """For whom nobody stands since a PC was taken out; ``settled`` is what the chain comes to.

    With ``here`` this PC stands for itself, and so for the PCs that it let in: what it may hand on,
    and seal with, is not more than it has.

    Raises:
        DatabaseDamagedError: as ``membership.settled``.
    """
    cursor = reads.cursor
    if cursor.execute(_TAKEN_OUT).fetchone() is None:
        return NOBODY_WAITS
    me, listed = chain.this_device(reads).id, written(cursor)
    if isinstance(reads, UnitOfWork):
        # What this transaction writes is no commit yet: it comes after all that is here.
        there = {each.entry for each in listed}
        new = [each for each in chain.entries(reads) if each not in there]
        listed += [Written(each, me, (THIS_PC, _EVER)) for each in new]

    def knew(one: Written, other: Written) -> bool:
        return reached_of(cursor, one.place, other.place[0]) >= other.place[1]

    return judge(settled or chain.settled(reads), listed, knew, me if here else None)


def to_hand(
    reads: ReadSession | UnitOfWork, found: Confirmed | None = None
) -> Callable[[bytes, bytes], bool]:
    """Whether this PC may hand secrets to one of this id, sealed to this key.

    Not to a key of before that the chain names no more: it may be that of whoever said it.
    ``found`` is what ``confirmed`` says with ``here``, where that was asked already.
    """
    members = chain.current(reads)
    waiting = (found or confirmed(reads, here=True)).pcs

    def may(device: bytes, sealing: bytes) -> bool:
        if members is None:
            return True  # the practice is older than its chain
        found = members.devices.get(uuid.UUID(bytes=device))
        return found is not None and found.sealing == sealing and found.id not in waiting

    return may


def is_waiting(reads: ReadSession | UnitOfWork) -> bool:
    """Whether this PC itself waits to be confirmed at another one."""
    waiting = confirmed(reads).pcs
    return bool(waiting) and chain.this_device(reads).id in waiting


def written(cursor: Any) -> list[Written]:
    """Each entry in each commit that holds it."""
    devices = {
        dev: uuid.UUID(bytes=bytes(device))
        for dev, device in cursor.execute("SELECT dev, device_id FROM sync_device").fetchall()
    }
    return [
        Written(entry, devices[dev], (dev, dseq))
        for dev, dseq, entry in membership_pasts.written(cursor)
    ]
