"""What a practice begins with: its names checked, its first rows and its first owner."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace

from clinic_desktop.db import membership as chain
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.permissions import SINGLE_DOCTOR, Actor
from clinic_desktop.models.practice import AppUser, Practice, Practitioner
from clinic_desktop.security.keys import Keys
from clinic_desktop.security.membership_entries import Root
from clinic_desktop.security.password_rules import LEAST_ALONE, check_new
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.services import practice


@dataclass(frozen=True)
class NewClinic:
    """What a practice needs to begin."""

    practice: str
    owner_login: str
    owner_name: str
    password: str
    language: str = "en"
    country: str = ""
    currency: str = "USD"
    time_zone: str = "UTC"
    is_sample: bool = False


def checked(new: NewClinic) -> NewClinic:
    """The same with names as they are stored.

    Raises:
        ValidationError: a name, a code or the password cannot be taken.
    """
    if not new.is_sample:  # its password stands on the screen
        check_new(new.password, (new.owner_login, new.owner_name, new.practice), LEAST_ALONE)
    practice.check_formats(new.language, new.country, new.currency, new.time_zone)
    return replace(
        new,
        practice=practice.short_name("practice", new.practice),
        owner_login=practice.short_name("owner", new.owner_login),
        owner_name=practice.short_name("owner", new.owner_name),
    )


def begin_practice(
    uow: UnitOfWork, new: NewClinic, user_id: uuid.UUID, keys: Keys, recovery: RecoveryKey
) -> Actor:
    """Write the practice, its first doctor and owner, and the first entry of who belongs to it."""
    own = Practice(
        name=new.practice,
        language=new.language,
        country=new.country,
        currency=new.currency,
        time_zone=new.time_zone,
        is_sample=new.is_sample,
    )
    doctor = Practitioner(name=new.owner_name, family=new.owner_name, is_staff=True)
    uow.add(own, doctor)
    user = AppUser(
        id=user_id,
        login=new.owner_login,
        name=new.owner_name,
        roles=list(SINGLE_DOCTOR),
        practitioner_id=doctor.id,
    )
    uow.add(user)
    uow.session.flush()
    root = recovery.identity
    as_root = Root(root.public.sealing, root.public.signing)
    chain.begin(uow, root, keys.vault, as_root, keys.identity.public)
    return Actor(user.id, user.login, user.name, tuple(user.roles), user.practitioner_id)
