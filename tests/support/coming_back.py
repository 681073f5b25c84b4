"""What somebody does who took a PC and knows an owner's password: his program asks nobody."""

from __future__ import annotations

import uuid
from contextlib import closing

from clinic_desktop.clinic import Clinic
from clinic_desktop.db import incarnation
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.renewing import introduce, link_as, make_plan, turn
from clinic_desktop.sync import lines
from clinic_desktop.sync.keys import Courier
from clinic_desktop.sync.sides import of_copy, written_anew


def come_back(thief: Clinic) -> bool:
    """Let a PC that was taken out go on under another name; whether the server took the name.

    Raises:
        ServerError: the server is away.
    """
    store, clinic = thief.store, thief.keys.vault.clinic
    store.write(SYSTEM, as_brought_back).result()
    plan = store.write(thief.actor, make_plan, clinic, None).result()
    assert plan.address is not None
    if not introduce(thief, plan, plan.address, [thief.keys.identity]):
        return False
    me = Courier(clinic, uuid.UUID(bytes=plan.pc.device_id), plan.pc.keys)
    with closing(link_as(thief, plan.address, me)) as link:
        heard = lines.compare(link, plan.old, plan.line)
        again = written_anew(store, link, store.read(SYSTEM, of_copy, plan.own(heard)).result())
    turn(thief, plan, heard, again)
    return True


def as_brought_back(uow: UnitOfWork) -> None:
    """As a record is that just came out of a backup."""
    incarnation.mark_restored(uow.cursor)
