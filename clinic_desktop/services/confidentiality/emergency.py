"""Opening a chart that is kept in confidence, in an emergency, and looking at it afterwards."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from clinic_desktop.db import confidentiality
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.names import HumanName
from clinic_desktop.errors import NotFoundError, RuleError, ValidationError
from clinic_desktop.i18n import N_, _
from clinic_desktop.models.confidentiality import EmergencyAccess
from clinic_desktop.models.patient import Patient
from clinic_desktop.models.practice import AppUser
from clinic_desktop.services import approvals, charts
from clinic_desktop.services.access import command, query, require

LASTS: Final = timedelta(minutes=30)
"""How long a chart stays open; once it can be as long again."""
FEWEST_LETTERS: Final = 10
"""Of the reason in words."""
REVIEW_WITHIN: Final = timedelta(hours=72)
REASONS: Final = {
    "emergency": N_("Emergency"),
    "covering": N_("Covering for a colleague"),
    "unable": N_("The person cannot be asked"),
    "public-health": N_("Public health duty"),
}
BEGAN, EXTENDED, ENDED, REVIEWED = (
    *("access.emergency", "access.emergency-extended", "access.emergency-end"),
    "access.emergency-review",
)


@dataclass(frozen=True)
class OpenChart:
    """The wish to open a chart in an emergency."""

    patient_id: uuid.UUID
    reason: str
    """One of ``REASONS``."""
    words: str


@dataclass(frozen=True)
class EmergencyRow:
    """One emergency, for whoever looks at it afterwards."""

    id: uuid.UUID
    patient_id: uuid.UUID
    patient: str
    user: str
    user_id: uuid.UUID
    started_at: datetime
    ends_at: datetime
    reason: str
    words: str
    reviewed_at: datetime | None
    reviewer: str
    review: str
    is_overdue: bool


@command("emergency.create", password_again=True)
def open_chart(uow: UnitOfWork, wish: OpenChart) -> datetime:
    """Open a chart for a time; returns when it closes. The log is signed in the same step.

    Raises:
        ValidationError: no reason, or none in words.
        RuleError: the chart is open to the person anyway.
        NotFoundError: there is no such patient.
    """
    patient_id = charts.surviving(uow.session, wish.patient_id)
    words = wish.words.strip()
    if wish.reason not in REASONS:
        raise ValidationError("reason", _("Choose why the chart has to be opened."))
    if len(words) < FEWEST_LETTERS:
        raise ValidationError("words", _("Say in a few words what has happened."))
    is_closed = confidentiality.standing(uow, patient_id).is_closed
    if not is_closed and not confidentiality.hidden_visits(uow, patient_id):
        raise RuleError(_("This chart is open to you."))
    row = EmergencyAccess(
        patient_id=patient_id, user_id=uow.actor.user_id, started_at=uow.now,
        ends_at=uow.now + LASTS, reason=wish.reason, words=words,
    )  # fmt: skip
    uow.add(row)
    uow.audit(BEGAN, patient_id=patient_id, object_id=row.id, reason=wish.reason)
    return row.ends_at


@command("emergency.create")
def extend(uow: UnitOfWork, patient_id: uuid.UUID) -> datetime:
    """Keep the chart open for as long again, once; returns when it closes.

    Raises:
        RuleError: it was extended before, or its time is over.
    """
    row = _running(uow, patient_id)
    if row.is_extended:
        raise RuleError(
            _("The time was extended already."),
            hint=_("When it is over, open the chart again and say why."),
        )
    row.ends_at, row.is_extended = row.ends_at + LASTS, True
    uow.audit(EXTENDED, patient_id=row.patient_id, object_id=row.id)
    return row.ends_at


@command("emergency.create")
def end(uow: UnitOfWork, patient_id: uuid.UUID) -> None:
    """Close the chart before its time.

    Raises:
        RuleError: its time is over.
    """
    row = _running(uow, patient_id)
    row.ends_at = uow.now
    uow.audit(ENDED, patient_id=row.patient_id, object_id=row.id)


@query("emergency.read")
def emergencies(reads: ReadSession, limit: int = 200) -> list[EmergencyRow]:
    """Charts that were opened in an emergency: those nobody looked at first, then the latest."""
    people = dict(reads.session.execute(select(AppUser.id, AppUser.name)).all())
    rows = reads.session.execute(
        select(EmergencyAccess, Patient)
        .join(Patient, Patient.id == EmergencyAccess.patient_id)
        .where(~EmergencyAccess.is_deleted)
        .order_by(EmergencyAccess.reviewed_at.is_not(None), EmergencyAccess.started_at.desc())
        .limit(limit)
    )
    return [
        EmergencyRow(
            row.id, row.patient_id, HumanName(patient.family, patient.given).listed(),
            people.get(row.user_id, ""), row.user_id, row.started_at, row.ends_at, row.reason,
            row.words, row.reviewed_at, people.get(row.reviewed_by or row.id, ""), row.review,
            is_overdue=row.reviewed_at is None and row.started_at + REVIEW_WITHIN < reads.now,
        )
        for row, patient in rows
    ]  # fmt: skip


@command("emergency.approve")
def review(uow: UnitOfWork, emergency_id: uuid.UUID, words: str = "") -> None:
    """Put on record that somebody looked at an emergency, and what was found.

    Raises:
        PermissionDeniedError: the reviewer opened the chart, and is not alone in the practice.
        RuleError: somebody looked at it before.
        NotFoundError: there is no such emergency.
    """
    row = uow.get(EmergencyAccess, emergency_id)
    if row is None or row.is_deleted:
        raise NotFoundError(_("There is no such emergency."))
    if row.reviewed_at is not None:
        raise RuleError(_("Somebody has looked at it already."))
    is_own = row.user_id == uow.actor.user_id
    facts = approvals.facts_of(uow, "emergency.approve", is_own=is_own)
    require(uow.actor, "emergency.approve", facts)
    row.reviewed_at, row.reviewed_by, row.review = uow.now, uow.actor.user_id, words.strip()
    uow.audit(REVIEWED, patient_id=row.patient_id, object_id=row.id, by_oneself=int(is_own))


def _running(uow: UnitOfWork, patient_id: uuid.UUID) -> EmergencyAccess:
    runs = confidentiality.emergency(uow, charts.surviving(uow.session, patient_id))
    row = runs and uow.get(EmergencyAccess, runs.id)
    if not row:
        raise RuleError(_("The time for this chart is over."))
    return row
