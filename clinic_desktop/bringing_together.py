"""What was taken of a copied PC, while the server took what the copy did, is brought together.

The server's side stays that PC's log. The other side, and what builds on it, is written anew as
this PC's, under a new name if it had built on it: so nothing is lost, and no number means two
commits. All of it is changed in one transaction; killed before, it is as it was.
"""

from __future__ import annotations

import uuid
from contextlib import closing

from clinic_desktop import hub
from clinic_desktop.clinic import Clinic
from clinic_desktop.db.given_names import Again
from clinic_desktop.db.incarnation import NewPc, leave
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.renewing import (
    Plan,
    begin_anew,
    change,
    introduce,
    link_as,
    make_plan,
    say,
    turn,
)
from clinic_desktop.security.primitives import Identity
from clinic_desktop.sync import kept_segments, known_pcs, proving, state, unheard
from clinic_desktop.sync.keys import Courier
from clinic_desktop.sync.lines import Heard
from clinic_desktop.sync.proving import PartedError, Parting
from clinic_desktop.sync.sides import Sides, of_other, written_anew


def bring_together(opened: Clinic, device: bytes) -> None:
    """Take what the server has of a PC, and write anew what was taken of it besides.

    Where it is this PC itself, another has left what was written anew here: see ``sync.unheard``.
    One that was copied itself becomes a PC of its own, and brings together with its next pass.

    Raises:
        ServerError: it is away, or no longer holds what this PC has to compare.
        PartedError: it knows no such owner.
        PermissionDeniedError, RuleError: not an owner.
    """
    store, owner = opened.store, opened.keys.identity
    plan = store.write(opened.actor, make_plan, opened.keys.vault.clinic, None).result()
    if device == plan.old:
        _take_over(opened, plan)
        return
    assert plan.address is not None  # noqa: S101 - it was a server that has something else
    me = Courier(plan.clinic, uuid.UUID(bytes=plan.old), plan.old_keys)
    with closing(link_as(opened, plan.address, me)) as link:
        is_copy = not proving.owns_name(store, link)
        if not is_copy:  # what is sealed from here on stays its name's
            found = proving.parting(store, link, device)
            sides = store.write(SYSTEM, of_other, device, found).result()
            again = written_anew(store, link, sides)
    if is_copy:
        begin_anew(opened)
        return
    if sides.own is not None and not introduce(opened, plan, plan.address, [owner]):
        raise PartedError(device)
    for each in sides.left:  # first: this PC would hear of its own hub what it is about to give up
        hub.let_go(opened, each.device, each.tip, each.segments)
    command = store.write(
        opened.actor, _bring_together, sides, plan.pc, (device, found), owner, again
    )
    command.result()
    if sides.own is not None and plan.address.is_near:
        say(opened, plan)


def _take_over(opened: Clinic, plan: Plan) -> None:
    """Write the own log anew once more, with the names that another PC gave meanwhile.

    Nobody has heard of the name until now, so nothing is left under it.
    """
    assert plan.address is not None  # noqa: S101 - it was a server that has something else
    me = Courier(plan.clinic, uuid.UUID(bytes=plan.old), plan.old_keys)
    with closing(link_as(opened, plan.address, me)) as link:
        again = unheard.meanwhile(opened.store, link)
    if not again:
        return  # what was the reason is gone
    if not introduce(opened, plan, plan.address, [opened.keys.identity]):
        raise PartedError(plan.old)
    turn(opened, plan, Heard(0, differs=True), again)
    if plan.address.is_near:
        say(opened, plan)


# ------------------------------------------------------------------ steps, each a transaction


def _bring_together(
    uow: UnitOfWork, sides: Sides, pc: NewPc, of: tuple[bytes, Parting], owner: Identity,
    again: Again,
) -> None:  # fmt: skip
    device, found = of
    cursor, dev = uow.cursor, known_pcs.known_devices(uow.cursor)[device].dev
    if sides.own is None:  # nothing of it is in the record yet
        leave(cursor, dev, sides.others[dev])
    else:
        old = state.device_id(cursor)
        change(uow, pc, sides.own, owner, sides.others, again)
        proving.note(cursor, [old])  # some of it the server may not have, or a copy's in its place
    kept_segments.keep(cursor, dev, [found.after], kept_segments.HELD)
    proving.trust(uow, {device})
