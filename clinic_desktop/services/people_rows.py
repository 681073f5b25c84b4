"""What a step about people means for their rows, which only show what the signed chain says."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.errors import NotFoundError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.local import LocalSetting
from clinic_desktop.models.practice import AppUser
from clinic_desktop.security.membership_entries import AddPerson, ChangeRoles, RevokePerson
from clinic_desktop.services.access import part

NEW_KEY = "key.change-due"
"""The setting of this PC that says that somebody left who may know the record's key."""


@part
def show_step(uow: UnitOfWork, body: AddPerson | ChangeRoles | RevokePerson) -> None:
    """Bring a person's row to what a step says that is about to be signed again.

    Raises:
        NotFoundError: the row of the person is not here.
        ValidationError: nobody would be owner any more, or it is oneself.
    """
    person = body.person.id if isinstance(body, AddPerson) else body.id
    row = uow.session.get(AppUser, person)
    if row is None:
        raise NotFoundError(_("There is no such person."))
    if isinstance(body, RevokePerson):
        refuse_oneself(uow, person)
        keep_an_owner(uow, row)
        row.is_active = False
        uow.session.merge(LocalSetting(key=NEW_KEY, value=True))
        return
    roles = body.person.roles if isinstance(body, AddPerson) else body.roles
    if "owner" not in roles:
        keep_an_owner(uow, row)
    row.is_active, row.roles = True, list(roles)


@part
def refuse_oneself(uow: UnitOfWork, user_id: uuid.UUID) -> None:
    """Refuse to end the own way in.

    Raises:
        ValidationError: it is the person at the desk.
    """
    if user_id == uow.actor.user_id:
        # The record's new key, which follows, would be on record by somebody who left.
        raise ValidationError(
            "user",
            _("You cannot end your own way in."),
            hint=_("Another owner of the practice can do it."),
        )


@part
def keep_an_owner(uow: UnitOfWork, leaving: AppUser) -> None:
    """Refuse to take the last owner away.

    Raises:
        ValidationError: it is the last one.
    """
    users = uow.session.scalars(select(AppUser).where(AppUser.is_active)).all()
    if [user for user in users if "owner" in user.roles] == [leaving]:
        raise ValidationError("user", _("The last owner cannot be removed."))
