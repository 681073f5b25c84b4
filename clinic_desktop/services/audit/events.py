"""Events of the desk that are no change of the record: a lock, a password that did not fit."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.models.practice import AppUser
from clinic_desktop.services.access import command

LOCKED, REFUSED = "session.lock", "session.refused"


@command("practice.read")
def note_lock(uow: UnitOfWork) -> None:
    """The desk was hidden behind the lock screen."""
    uow.audit(LOCKED)


@command("user.approve")
def note_view(uow: UnitOfWork, role: str) -> None:
    """An owner looks at the window as a role sees it."""
    uow.audit("access.view-as", role=role)


@command("practice.read")
def note_refusals(uow: UnitOfWork, failed: Mapping[str, int]) -> None:
    """Wrong passwords and codes by login; what was typed as a name and is none is not kept."""
    for login, times in failed.items():
        known = uow.session.scalar(
            select(AppUser.id).where(func.lower(AppUser.login) == login.lower())
        )
        uow.audit(REFUSED, object_id=known, times=times)
