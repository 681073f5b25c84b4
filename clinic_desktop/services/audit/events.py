"""Events of the desk that are no change of the record: a lock, a password that did not fit."""

from __future__ import annotations

from sqlalchemy import func, select

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.models.practice import AppUser
from clinic_desktop.services.access import command

LOCKED, REFUSED = "session.lock", "session.refused"


@command("practice.read")
def note_lock(uow: UnitOfWork) -> None:
    """The desk was hidden behind the lock screen."""
    uow.audit(LOCKED)


@command("practice.read")
def note_refusal(uow: UnitOfWork, login: str, times: int = 1) -> None:
    """Somebody gave a wrong password; what was typed as a name is kept only if it is one."""
    known = uow.session.scalar(
        select(AppUser.id).where(func.lower(AppUser.login) == login.strip().lower())
    )
    uow.audit(REFUSED, object_id=known, times=times)
