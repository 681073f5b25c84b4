"""People who work here: their rows, beside the signed chain of members that decides."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from clinic_desktop.db import membership
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.instants import to_millis
from clinic_desktop.domain.permissions import ENGAGED_ROLES, INSURER, STAFF_ROLES
from clinic_desktop.errors import NotFoundError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.local import LocalSetting
from clinic_desktop.models.practice import AppUser, Practitioner
from clinic_desktop.security.membership_entries import (
    AddPerson,
    Body,
    ChangeRoles,
    Engage,
    NewRoot,
    PersonKeys,
    RaiseFloor,
    RevokePerson,
    Root,
)
from clinic_desktop.security.membership_entries import Person as PersonInChain
from clinic_desktop.security.primitives import Identity, PublicKeys
from clinic_desktop.security.recovery_drill import Drill
from clinic_desktop.services import insured, practice, recovery_drill
from clinic_desktop.services.access import command, query
from clinic_desktop.services.people_rows import NEW_KEY, keep_an_owner, refuse_oneself

LONGEST_ENGAGEMENT = timedelta(days=366)


@dataclass(frozen=True)
class Person:
    """Somebody who works here."""

    id: uuid.UUID
    login: str
    name: str
    roles: tuple[str, ...]
    is_active: bool
    practitioner_id: uuid.UUID | None
    language: str = ""


@dataclass(frozen=True)
class NewPerson:
    """Somebody who begins to work here; the password goes to the vault, not to the record."""

    login: str
    name: str
    roles: tuple[str, ...]
    specialty: str = ""
    registration_number: str = ""
    until: date | None = None
    """The last day of somebody from outside (``ENGAGED_ROLES``)."""
    reason: str = ""
    """Why such a person is let in."""
    insurer: str = ""
    """Whose agent such a person is, as patients' policies name the insurer."""


@query("practice.read")
def everybody(reads: ReadSession) -> tuple[Person, ...]:
    """Everybody who works here, those who left included."""
    rows = reads.session.scalars(select(AppUser).order_by(AppUser.name)).all()
    return tuple(
        Person(
            row.id,
            row.login,
            row.name,
            tuple(row.roles),
            row.is_active,
            row.practitioner_id,
            row.language,
        )
        for row in rows
    )


@command("user.approve", password_again=True)
def add_person(uow: UnitOfWork, new: NewPerson, signer: Identity, keys: PublicKeys) -> uuid.UUID:
    """Enter a person; sign-in works once the vault has a slot with these keys for the returned id.

    Raises:
        ValidationError: login empty or taken, unknown role.
        RuleError: the signer is no owner in the membership chain.
    """
    login = new.login.strip()
    taken = {row.casefold() for row in uow.session.scalars(select(AppUser.login))}
    if not login or login.casefold() in taken:
        raise ValidationError("login", _("Choose a login that nobody has yet."))
    if not new.name.strip():
        raise ValidationError("name", _("The person needs a name."))
    if not new.roles or not set(new.roles) <= {*STAFF_ROLES, *ENGAGED_ROLES}:
        raise ValidationError("roles", _("Choose at least one role."))
    until = _last_moment(uow, new) if set(new.roles) & set(ENGAGED_ROLES) else None
    practitioner_id = None
    if {"doctor", "nurse"} & set(new.roles):
        practitioner = Practitioner(
            name=new.name.strip(),
            family=new.name.strip(),
            specialty=new.specialty,
            registration_number=new.registration_number,
            is_staff=True,
        )
        uow.add(practitioner)
        practitioner_id = practitioner.id
    user = AppUser(
        login=login,
        name=new.name.strip(),
        roles=list(dict.fromkeys(new.roles)),
        practitioner_id=practitioner_id,
    )
    uow.add(user)
    person = PersonInChain(user.id, login, user.name, tuple(user.roles), keys.sealing, keys.signing)
    bodies: list[Body] = [AddPerson(person)]
    if until is not None:
        insurer = _insurer(uow, new)
        bodies.append(Engage(user.id, to_millis(until), new.reason.strip(), insurer))
    membership.append(uow, signer, *bodies)
    return user.id


def _last_moment(uow: UnitOfWork, new: NewPerson) -> datetime:
    """When the time of somebody from outside ends: with the last day, as the clinic counts."""
    if len(set(new.roles)) > 1:
        raise ValidationError("roles", _("Somebody from outside has this role alone."))
    if new.until is None or not uow.today <= new.until <= uow.today + LONGEST_ENGAGEMENT:
        raise ValidationError("until", _("Choose the last day, within a year from today."))
    if not new.reason.strip():
        raise ValidationError("reason", _("Say why."))
    return datetime.combine(new.until + timedelta(days=1), time(), uow.zone)


def _insurer(uow: UnitOfWork, new: NewPerson) -> str:
    """Whose agent somebody is; one whom no policy names would see nothing."""
    if INSURER not in new.roles:
        return ""
    if new.insurer not in insured.insurers(uow):
        raise ValidationError("insurer", _("Choose one of your patients' insurers."))
    return new.insurer


@command("user.approve", password_again=True)
def retire_person(uow: UnitOfWork, user_id: uuid.UUID, signer: Identity) -> None:
    """End a person's right to sign in; what the person wrote stays.

    Raises:
        ValidationError: it is the last active owner, or oneself.
        RuleError: the signer is no owner in the membership chain.
    """
    row = _active(uow, user_id)
    keep_an_owner(uow, row)
    refuse_oneself(uow, user_id)
    row.is_active = False
    membership.append(uow, signer, RevokePerson(user_id))
    uow.session.merge(LocalSetting(key=NEW_KEY, value=True))


@query("user.approve")
def new_key_is_due(reads: ReadSession) -> bool:
    """Whether somebody left who may know the record's key."""
    row = reads.session.get(LocalSetting, NEW_KEY)
    return row is not None and bool(row.value)


@command("user.approve")
def note_new_key(uow: UnitOfWork) -> None:
    """Put on record that the record is under another key."""
    uow.session.merge(LocalSetting(key=NEW_KEY, value=False))
    uow.audit("key.changed")


@command("user.approve", password_again=True)
def renew_keys(uow: UnitOfWork, user_id: uuid.UUID, signer: Identity, keys: PublicKeys) -> None:
    """Let other keys stand for a person, who gets a new password with them.

    Raises:
        NotFoundError: there is no such person.
        RuleError: the signer is no owner in the membership chain.
    """
    _active(uow, user_id)
    membership.append(uow, signer, PersonKeys(user_id, keys.sealing, keys.signing))


@command("user.approve", password_again=True)
def renew_recovery(uow: UnitOfWork, signer: Identity, sheet: Identity, drill: Drill) -> None:
    """Let another recovery sheet, which is on paper since today, be the root of the membership.

    The sheet signs an entry too, which changes nothing: so it knows the chain as its own, wherever
    it is one day brought back from. ``drill`` is what two of its groups are checked by later.

    Raises:
        RuleError: the signer is no owner in the membership chain.
    """
    public, state = sheet.public, membership.current(uow)
    root = Root(public.sealing, public.signing)
    if state is None or state.root != root:
        after = membership.append(uow, signer, NewRoot(root))
        membership.append(uow, sheet, RaiseFloor(after.floor))
    uow.audit("key.recovery-renewed")
    practice.decide(uow, recovery_drill.SHEET_DAY, uow.today.isoformat())
    recovery_drill.keep(uow, drill)


@query("practice.read")
def recovery_sheet_day(reads: ReadSession) -> date | None:
    """Since when the valid recovery sheet is on paper; ``None`` if nobody ever printed one."""
    made_on = practice.setting(reads, recovery_drill.SHEET_DAY)
    return date.fromisoformat(made_on) if made_on else None


@command("user.approve", password_again=True)
def change_roles(
    uow: UnitOfWork,
    user_id: uuid.UUID,
    roles: tuple[str, ...],
    signer: Identity,
    seen: tuple[str, ...] | None = None,
) -> None:
    """Give a person other roles; they hold from the next sign-in on.

    Raises:
        ValidationError: no known role, or nobody would be owner any more.
        NotFoundError: there is no such person.
        StaleError: the roles are not those that were ``seen``.
        RuleError: the signer is no owner in the membership chain.
    """
    roles = tuple(dict.fromkeys(roles))
    if not roles or not set(roles) <= set(STAFF_ROLES):
        raise ValidationError("roles", _("Choose at least one role."))
    row = _active(uow, user_id)
    if set(row.roles) & set(ENGAGED_ROLES):
        raise ValidationError("roles", _("Somebody from outside has this role alone."))
    uow.expect_seen(tuple(row.roles), seen)
    if "owner" not in roles:
        keep_an_owner(uow, row)
    state = membership.current(uow)
    known = state.people.get(user_id) if state is not None else None
    # The row may show what came to nothing in the chain, beside the use of the sheet for example.
    if tuple(row.roles) != roles or (known is not None and known.roles != roles):
        row.roles = list(roles)
        membership.append(uow, signer, ChangeRoles(user_id, roles))


def _active(uow: UnitOfWork, user_id: uuid.UUID) -> AppUser:
    row = uow.session.get(AppUser, user_id)
    if row is None or not row.is_active:
        raise NotFoundError(_("There is no such person."))
    return row


@command("practice.read")
def speak(uow: UnitOfWork, language: str) -> None:
    """Choose the signed-in person's own language; empty means the practice's."""
    if uow.actor.user_id is not None:
        _active(uow, uow.actor.user_id).language = language
