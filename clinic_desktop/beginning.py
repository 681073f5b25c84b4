"""The first rows of a new record: the practice, its owner, and the chain of who belongs to it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from clinic_desktop.db import membership as chain
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.permissions import SINGLE_DOCTOR, Actor
from clinic_desktop.models.practice import AppUser, Practice, Practitioner
from clinic_desktop.security.keys import Keys
from clinic_desktop.security.membership import Root
from clinic_desktop.security.recovery_key import RecoveryKey


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


def begin_practice(
    uow: UnitOfWork, new: NewClinic, user_id: uuid.UUID, keys: Keys, recovery: RecoveryKey
) -> Actor:
    """Write them in one transaction; returns the owner."""
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
