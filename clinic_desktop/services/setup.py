"""What a new practice still has to set up: read from the record, never from ticks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.models.billing import Price
from clinic_desktop.models.local import LocalSetting
from clinic_desktop.models.practice import AppUser
from clinic_desktop.services import people, practice
from clinic_desktop.services.access import command, query

_STEP = "setup.step"


class SetupStep(StrEnum):
    """The steps of the set-up that need the record."""

    PRACTICE = "practice"
    PEOPLE = "people"
    PRICES = "prices"
    PRINTERS = "printers"
    RECOVERY = "recovery"


@dataclass(frozen=True)
class SetupItem:
    """One line of the checklist."""

    step: SetupStep
    is_done: bool


@query("practice.read")
def checklist(reads: ReadSession) -> tuple[SetupItem, ...]:
    """What is there, and what is not yet."""
    own = practice.details(reads)
    count = reads.session.scalar
    prices = select(func.count()).select_from(Price)
    staff = select(func.count()).select_from(AppUser)
    printers = select(func.count()).where(LocalSetting.key.startswith("printer."))
    return (
        SetupItem(SetupStep.PRACTICE, bool(own.address and own.phone)),
        SetupItem(SetupStep.PEOPLE, (count(staff) or 0) > 1),
        SetupItem(SetupStep.PRICES, bool(count(prices))),
        SetupItem(SetupStep.PRINTERS, bool(count(printers))),
        SetupItem(SetupStep.RECOVERY, people.recovery_sheet_day(reads) is not None),
    )


@query("practice.read")
def open_step(reads: ReadSession) -> str:
    """The step at which the first run was left; empty once it has ended, or never began."""
    return str(practice.setting(reads, _STEP) or "")


@command("practice.write")
def reach_step(uow: UnitOfWork, step: str) -> None:
    """Remember how far the first run has come; an empty step ends it."""
    practice.decide(uow, _STEP, step)
