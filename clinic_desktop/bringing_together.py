"""What was taken of a copied PC, while the server took what the copy did, is brought together.

The server's side stays that PC's log. The other side, and what builds on it, is written anew as
this PC's, under a new name if it had built on it: so nothing is lost, and no number means two
commits. All of it is changed in one transaction; killed before, it is as it was.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from clinic_desktop import hub
from clinic_desktop.clinic import Clinic
from clinic_desktop.db.chain import THIS_PC
from clinic_desktop.db.incarnation import Last, NewPc, leave
from clinic_desktop.db.rewriting import builds_on
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.renewing import change, introduce, link_as, make_plan, say
from clinic_desktop.security.primitives import Identity
from clinic_desktop.sync import kept_segments, known_pcs, proving, taking
from clinic_desktop.sync.kept_segments import Tip
from clinic_desktop.sync.keys import Courier
from clinic_desktop.sync.proving import PartedError, Parting


@dataclass(frozen=True)
class _Left:
    """What this record lets go of: a PC's segments after this one, by their digests."""

    device: bytes
    tip: Tip
    segments: frozenset[bytes]


@dataclass(frozen=True)
class _Sides:
    """What stays whose."""

    own: Last | None
    """Of this PC under the name that it has; ``None`` if it goes on under that."""
    others: Mapping[int, Last]
    left: list[_Left]


def bring_together(opened: Clinic, device: bytes) -> None:
    """Take what the server has of a PC, and write anew what was taken of it besides.

    Raises:
        ServerError: it is away, or no longer holds what this PC has to compare.
        PartedError: it knows no such owner.
        PermissionDeniedError, RuleError: not an owner.
    """
    store, owner = opened.store, opened.keys.identity
    plan = store.write(opened.actor, make_plan, opened.keys.vault.clinic, None).result()
    assert plan.address is not None  # noqa: S101 - it was a server that has something else
    me = Courier(plan.clinic, uuid.UUID(bytes=plan.old), plan.old_keys)
    with closing(link_as(opened, plan.address, me)) as link:
        found = proving.parting(store, link, device)
    sides = store.write(SYSTEM, _sides, device, found).result()
    if sides.own is not None and not introduce(opened, plan, plan.address, [owner]):
        raise PartedError(device)
    for each in sides.left:  # first: this PC would hear of its own hub what it is about to give up
        hub.let_go(opened, each.device, each.tip, each.segments)
    store.write(opened.actor, _bring_together, sides, plan.pc, (device, found), owner).result()
    if sides.own is not None and plan.address.is_near:
        say(opened, plan)


# ------------------------------------------------------------------ steps, each a transaction


def _sides(uow: UnitOfWork, device: bytes, found: Parting) -> _Sides:
    cursor = uow.cursor
    dev = known_pcs.known_devices(cursor)[device].dev
    first = builds_on(cursor, dev, found.commit + 1)
    others = {each: _before(cursor, each, first[each]) for each in first if each != THIS_PC}
    others[dev] = Last(found.commit, found.seg_no)
    own = None
    if first:
        while THIS_PC not in first and taking.seal(uow):
            pass
        own = _before(cursor, THIS_PC, first.get(THIS_PC, kept_segments.covered(cursor) + 1))
        sent = kept_segments.last_sent(cursor)
        if sent.seg_no > own.seg_no:  # whoever has it knows it under this name
            own = Last(_upto(cursor, THIS_PC, sent.seg_no), sent.seg_no)
    stays = others if own is None else {**others, THIS_PC: own}
    return _Sides(own, others, [_left(cursor, each, last) for each, last in stays.items()])


def _before(cursor: Any, dev: int, first: int) -> Last:
    """The last segment of a PC whose commits all come before this one."""
    row = cursor.execute(
        "SELECT to_dseq, seg_no FROM sync_segment WHERE dev = ? AND to_dseq < ? AND part = parts"
        " ORDER BY seg_no DESC LIMIT 1",
        (dev, first),
    ).fetchone()
    return Last(*row) if row else Last(0, 0)


def _upto(cursor: Any, dev: int, seg_no: int) -> int:
    row = cursor.execute(
        "SELECT to_dseq FROM sync_segment WHERE dev = ? AND seg_no = ?", (dev, seg_no)
    ).fetchone()
    return int(row[0])


def _left(cursor: Any, dev: int, last: Last) -> _Left:
    (device,) = cursor.execute("SELECT device_id FROM sync_device WHERE dev = ?", (dev,)).fetchone()
    later = cursor.execute(
        "SELECT hash FROM sync_segment WHERE dev = ? AND seg_no > ?", (dev, last.seg_no)
    ).fetchall()
    tip = Tip(last.seg_no, kept_segments.hash_of(cursor, last.seg_no, dev) or b"")
    return _Left(bytes(device), tip, frozenset(bytes(row[0]) for row in later))


def _bring_together(
    uow: UnitOfWork, sides: _Sides, pc: NewPc, of: tuple[bytes, Parting], owner: Identity
) -> None:
    device, found = of
    cursor, dev = uow.cursor, known_pcs.known_devices(uow.cursor)[device].dev
    if sides.own is None:  # nothing of it is in the record yet
        leave(cursor, dev, sides.others[dev])
    else:
        change(uow, pc, sides.own, owner, sides.others)
    kept_segments.keep(cursor, dev, [found.after], kept_segments.HELD)
    proving.trust(uow, {device})
