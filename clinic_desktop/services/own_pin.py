"""The signed-in person's PIN at this PC."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.models.local import LocalSetting
from clinic_desktop.security import pins
from clinic_desktop.services.access import command, query

_PREFIX = "pin."


@command("practice.read")
def set_pin(uow: UnitOfWork, pin: str) -> None:
    """Keep a PIN; an empty one takes it away.

    Raises:
        ValidationError: not six digits, or six that are tried first.
    """
    kept = pins.make(pin) if pin else {}
    uow.session.merge(LocalSetting(key=f"{_PREFIX}{uow.actor.user_id}", value=kept))
    uow.audit("session.pin-set" if pin else "session.pin-removed")


@query("practice.read")
def kept_pins(reads: ReadSession) -> dict[UUID, dict[str, str]]:
    """What is kept of everybody's PIN at this PC."""
    rows = reads.session.scalars(
        select(LocalSetting).where(LocalSetting.key.startswith(_PREFIX))
    ).all()
    found: dict[UUID, Any] = {UUID(row.key.removeprefix(_PREFIX)): row.value for row in rows}
    return {user: kept for user, kept in found.items() if kept}
