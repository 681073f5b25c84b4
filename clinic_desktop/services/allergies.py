"""Allergies: what harmed the person, and whether anybody ever asked."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.codes import AllergyStatus, ClinicalStatus, VerificationStatus
from clinic_desktop.errors import NotFoundError, RuleError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.clinical import AllergyIntolerance
from clinic_desktop.services import charts
from clinic_desktop.services.access import command, query


@dataclass(frozen=True)
class AllergyRow:
    """One recorded allergy or intolerance."""

    id: uuid.UUID
    display: str
    system: str
    code: str
    category: str
    kind: str
    criticality: str
    severity: str
    reaction: str
    clinical_status: str
    verification_status: str
    onset: str
    recorded_at: datetime | None
    note: str

    @property
    def is_current(self) -> bool:
        """Whether it must be heeded; unknown statuses are, to be safe."""
        stands = VerificationStatus(self.verification_status).counts
        return stands and ClinicalStatus(self.clinical_status).is_current


@dataclass(frozen=True)
class AllergyState:
    """All that is known: never empty without saying why."""

    status: str
    """``not-asked``, ``none-known`` or ``recorded``."""
    asked_on: date | None
    rows: tuple[AllergyRow, ...]


@dataclass(frozen=True)
class RecordAllergy:
    """An allergy as it was told."""

    patient_id: uuid.UUID
    display: str
    system: str = ""
    code: str = ""
    category: str = "medication"
    kind: str = "allergy"
    criticality: str = ""
    severity: str = ""
    reaction: str = ""
    onset: str = ""
    note: str = ""
    encounter_id: uuid.UUID | None = None


@query("allergy.read")
def allergies_of(
    reads: ReadSession, patient_id: uuid.UUID, *, with_past: bool = False
) -> AllergyState:
    """Allergies of a chart, the dangerous ones first; those merged into it count.

    Raises:
        NotFoundError: there is no such patient.
    """
    patient = charts.patient(reads.session, patient_id)
    rows = [_row(each) for each in _recorded(reads, patient_id)]
    shown = [row for row in rows if with_past or row.is_current]
    shown.sort(key=lambda row: (row.criticality != "high", row.severity != "severe", row.display))
    recorded = any(row.is_current for row in rows)
    status = AllergyStatus.RECORDED if recorded else patient.allergy_status
    return AllergyState(status, patient.allergy_asked_on, tuple(shown))


@command("allergy.write")
def record_allergy(uow: UnitOfWork, wish: RecordAllergy) -> uuid.UUID:
    """Record an allergy; the same substance again changes nothing.

    Raises:
        NotFoundError: there is no such patient.
        ValidationError: the substance has no name.
    """
    if not wish.display.strip():
        raise ValidationError("substance", _("Say what the person is allergic to."))
    patient = charts.patient(uow.session, charts.surviving(uow.session, wish.patient_id))
    patient.allergy_status = AllergyStatus.RECORDED
    patient.allergy_asked_on = uow.today
    wanted = wish.display.strip().casefold()
    for each in _recorded(uow, patient.id):
        if _row(each).is_current and each.display.casefold() == wanted:
            return each.id
    row = AllergyIntolerance(
        patient_id=patient.id,
        encounter_id=wish.encounter_id,
        system=wish.system,
        code=wish.code,
        display=wish.display.strip(),
        category=wish.category,
        kind=wish.kind,
        criticality=wish.criticality,
        severity=wish.severity,
        reaction=wish.reaction.strip(),
        onset=wish.onset,
        recorded_at=uow.now,
        recorder_id=uow.actor.user_id,
        note=wish.note,
    )
    uow.add(row)
    return row.id


@command("allergy.write")
def record_none_known(uow: UnitOfWork, patient_id: uuid.UUID) -> None:
    """Record that the person was asked today and knows of no allergy.

    Raises:
        NotFoundError: there is no such patient.
        RuleError: an allergy is recorded.
    """
    patient = charts.patient(uow.session, charts.surviving(uow.session, patient_id))
    if any(_row(each).is_current for each in _recorded(uow, patient.id)):
        raise RuleError(
            _("An allergy is recorded for this person."),
            kept=_("The recorded allergies stay."),
            hint=_("Mark it as resolved or as entered in error first."),
        )
    patient.allergy_status = AllergyStatus.NONE_KNOWN
    patient.allergy_asked_on = uow.today


@command("allergy.write")
def retire_allergy(
    uow: UnitOfWork, allergy_id: uuid.UUID, *, in_error: bool, base: int | None = None
) -> None:
    """Say that an allergy is over, or was recorded in error; it stays in the history.

    After the last one the person counts as not asked: silence is not "no known allergies".

    Raises:
        NotFoundError: there is no such allergy.
        StaleError: somebody changed it since it was shown.
    """
    row = uow.session.get(AllergyIntolerance, allergy_id)
    if row is None or row.is_deleted:
        raise NotFoundError(_("There is no such allergy."))
    uow.expect("allergy_intolerance", row.id, base)
    if in_error:
        row.verification_status = VerificationStatus.ENTERED_IN_ERROR
    else:
        row.clinical_status = ClinicalStatus.RESOLVED
    uow.session.flush()
    patient = charts.patient(uow.session, charts.surviving(uow.session, row.patient_id))
    if not any(_row(each).is_current for each in _recorded(uow, patient.id)):
        patient.allergy_status = AllergyStatus.NOT_ASKED
        patient.allergy_asked_on = None


def _recorded(reads: ReadSession, patient_id: uuid.UUID) -> list[AllergyIntolerance]:
    found = reads.session.scalars(
        select(AllergyIntolerance).where(
            AllergyIntolerance.patient_id.in_(charts.chart_ids(reads.session, patient_id)),
            AllergyIntolerance.is_deleted.is_(False),
        )
    )
    return list(found)


def _row(row: AllergyIntolerance) -> AllergyRow:
    return AllergyRow(
        row.id,
        row.display,
        row.system,
        row.code,
        row.category,
        row.kind,
        row.criticality,
        row.severity,
        row.reaction,
        row.clinical_status,
        row.verification_status,
        row.onset,
        row.recorded_at,
        row.note,
    )
