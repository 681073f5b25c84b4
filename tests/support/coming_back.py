"""What somebody does who took a PC and knows an owner's password: his program asks nobody."""

from __future__ import annotations

from clinic_desktop.clinic import Clinic
from clinic_desktop.db import incarnation
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.renewing import introduce, make_plan, turn
from clinic_desktop.sync.lines import Heard


def come_back(thief: Clinic) -> bool:
    """Let a PC that was taken out go on under another name; whether the server took the name.

    Raises:
        ServerError: the server is away.
    """
    thief.store.write(SYSTEM, as_brought_back).result()
    plan = thief.store.write(thief.actor, make_plan, thief.keys.vault.clinic, None).result()
    assert plan.address is not None
    if not introduce(thief, plan, plan.address, [thief.keys.identity]):
        return False
    turn(thief, plan, Heard(plan.line.known, differs=True))
    return True


def as_brought_back(uow: UnitOfWork) -> None:
    """As a record is that just came out of a backup."""
    incarnation.mark_restored(uow.cursor)
