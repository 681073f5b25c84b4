"""Allergies: what harmed the person, and whether anybody ever asked."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from clinic_desktop.db import journal
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.codes import AllergyStatus, ClinicalStatus, VerificationStatus
from clinic_desktop.domain.instants import from_millis
from clinic_desktop.errors import NotFoundError, RuleError, ValidationError
from clinic_desktop.i18n import _, isolate
from clinic_desktop.models.clinical import AllergyIntolerance
from clinic_desktop.services import charts, undecided
from clinic_desktop.services.access import command, part, query

# Plain SQL: banner, chart and visit ask it at every opening.
_RECORDED = """
SELECT id, display, system, code, category, kind, criticality, severity, reaction,
 clinical_status, verification_status, onset, recorded_at, note
FROM allergy_intolerance WHERE patient_id IN (SELECT id FROM chart) AND is_deleted = 0"""
_ONE = """
SELECT patient_id, id, display, system, code, category, kind, criticality, severity, reaction,
 clinical_status, verification_status, onset, recorded_at, note
FROM allergy_intolerance WHERE id = ? AND is_deleted = 0"""
_COLUMNS = undecided.columns_of(_RECORDED)
_ASKED = """
SELECT allergy_status, allergy_asked_on FROM patient WHERE id = ?1 AND is_deleted = 0"""


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
    is_disputed: bool = False
    """Two PCs wrote it differently, and nobody has decided: each version is a row with the id."""

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


@dataclass(frozen=True)
class AllergyEdit:
    """What a form shows of a recorded allergy to change it, and what it was built on."""

    row: AllergyRow
    base: int
    """The version that is shown."""


@dataclass(frozen=True)
class AmendAllergy:
    """What is known better now; the substance stays, another one is another allergy."""

    allergy_id: uuid.UUID
    category: str
    severity: str
    reaction: str
    base: int | None = None


@query("allergy.read")
def allergies_of(
    reads: ReadSession, patient_id: uuid.UUID, *, with_past: bool = False
) -> AllergyState:
    """Allergies of a chart, the dangerous ones first; those merged into it count.

    Raises:
        NotFoundError: there is no such patient.
    """
    found = charts.rows(reads, _ASKED, patient_id)
    if not found:
        raise NotFoundError(_("There is no such patient."))
    ((stored, asked_on),) = found
    rows = recorded(reads, patient_id)
    listed = [row for row in rows if with_past or row.is_current]
    listed.sort(key=lambda row: (row.criticality != "high", row.severity != "severe", row.display))
    if any(row.is_current for row in rows):
        status = AllergyStatus.RECORDED
    elif any("allergy_status" in each for each in _of_patient(reads, patient_id)):
        status = AllergyStatus.NOT_ASKED  # one says none, and another does not
    else:
        status = stored
    return AllergyState(status, date.fromisoformat(asked_on) if asked_on else None, tuple(listed))


@query("allergy.read")
def for_editing(reads: ReadSession, allergy_id: uuid.UUID) -> AllergyEdit:
    """An allergy as it stands, with its version.

    Raises:
        NotFoundError: there is no such allergy.
    """
    cursor = reads.cursor
    found = cursor.execute(_ONE, (allergy_id.bytes,)).fetchone()
    if found is None:
        raise NotFoundError(_("There is no such allergy."))
    others = undecided.others(reads, "allergy_intolerance", uuid.UUID(bytes=bytes(found[0])))
    row = _row(found[1:], is_disputed=bool(others.get(allergy_id)))
    return AllergyEdit(row, journal.row_version(cursor, "allergy_intolerance", allergy_id))


@command("allergy.create")
def record_allergy(uow: UnitOfWork, wish: RecordAllergy) -> uuid.UUID:
    """Record an allergy; the same of the same substance again changes nothing.

    Raises:
        NotFoundError: there is no such patient.
        ValidationError: the substance has no name, or is recorded with other words.
    """
    if not wish.display.strip():
        raise ValidationError("substance", _("Say what the person is allergic to."))
    patient = charts.patient(uow.session, charts.surviving(uow.session, wish.patient_id))
    patient.allergy_status = AllergyStatus.RECORDED
    patient.allergy_asked_on = uow.today
    wanted = wish.display.strip().casefold()
    for each in recorded(uow, patient.id):
        if each.is_current and each.display.casefold() == wanted:
            _refuse_other_words(each, wish)
            return each.id
    row = AllergyIntolerance(
        patient_id=patient.id,
        encounter_id=charts.visit_of(uow, wish.patient_id, wish.encounter_id),
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


def _refuse_other_words(row: AllergyRow, wish: RecordAllergy) -> None:
    """What is told of a substance a second time is not dropped: it belongs to what is there."""
    told = ((wish.severity, row.severity), (wish.reaction.strip(), row.reaction))
    if any(new and new != old for new, old in told):
        raise ValidationError(
            "substance",
            _("{name} is recorded already. Change it there.").format(name=isolate(row.display)),
        )


@command("allergy.amend")
def amend_allergy(uow: UnitOfWork, wish: AmendAllergy) -> None:
    """Change what is known of an allergy; what was known before stays in its history.

    Raises:
        NotFoundError: there is no such allergy.
        StaleError: somebody changed it since it was shown.
    """
    row = _existing(uow, wish.allergy_id, wish.base)
    was_grave = row.severity == "severe"
    row.category, row.severity = wish.category, wish.severity
    row.reaction = wish.reaction.strip()
    if wish.severity == "severe":
        row.criticality = "high"
    elif was_grave and row.criticality == "high":
        row.criticality = ""  # it followed from what is taken back


@command("allergy.create")
def record_none_known(uow: UnitOfWork, patient_id: uuid.UUID) -> None:
    """Record that the person was asked today and knows of no allergy.

    Raises:
        NotFoundError: there is no such patient.
        RuleError: an allergy is recorded.
    """
    patient = charts.patient(uow.session, charts.surviving(uow.session, patient_id))
    if any(each.is_current for each in recorded(uow, patient.id)):
        raise RuleError(
            _("An allergy is recorded for this person."),
            kept=_("The recorded allergies stay."),
            hint=_("Mark it as resolved or as entered in error first."),
        )
    patient.allergy_status = AllergyStatus.NONE_KNOWN
    patient.allergy_asked_on = uow.today


@command("allergy.amend")
def retire_allergy(
    uow: UnitOfWork, allergy_id: uuid.UUID, *, in_error: bool, base: int | None = None
) -> None:
    """Say that an allergy is over, or was recorded in error; it stays in the history.

    After the last one the person counts as not asked: silence is not "no known allergies".

    Raises:
        NotFoundError: there is no such allergy.
        StaleError: somebody changed it since it was shown.
    """
    row = _existing(uow, allergy_id, base)
    if in_error:
        row.verification_status = VerificationStatus.ENTERED_IN_ERROR
    else:
        row.clinical_status = ClinicalStatus.RESOLVED
    uow.session.flush()
    patient = charts.patient(uow.session, charts.surviving(uow.session, row.patient_id))
    if not any(each.is_current for each in recorded(uow, patient.id)):
        patient.allergy_status = AllergyStatus.NOT_ASKED
        patient.allergy_asked_on = None


def _existing(uow: UnitOfWork, allergy_id: uuid.UUID, base: int | None) -> AllergyIntolerance:
    row = uow.session.get(AllergyIntolerance, allergy_id)
    if row is None or row.is_deleted:
        raise NotFoundError(_("There is no such allergy."))
    uow.expect("allergy_intolerance", row.id, base)
    return row


@part
def recorded(reads: ReadSession, patient_id: uuid.UUID) -> list[AllergyRow]:
    """Everything ever recorded of a chart, also what is over or was refuted.

    What is not decided between PCs is there in each of its versions.
    """
    found = charts.rows(reads, _RECORDED, patient_id)
    others = undecided.others(reads, "allergy_intolerance", patient_id)
    return [
        _row(each, is_disputed=len(versions) > 1)
        for row in found
        for versions in [undecided.versions(_COLUMNS, row, others.get(uuid.UUID(bytes=row[0]), []))]
        for each in versions
    ]


def _of_patient(reads: ReadSession, patient_id: uuid.UUID) -> list[dict[str, Any]]:
    found = undecided.others(reads, "patient", patient_id)
    return [each for versions in found.values() for each in versions]


def _row(row: tuple[Any, ...], *, is_disputed: bool) -> AllergyRow:
    (row_id, display, system, code, category, kind, criticality, severity, reaction,
     clinical, verification, onset, recorded_at, note) = row  # fmt: skip
    return AllergyRow(
        uuid.UUID(bytes=row_id),
        display,
        system,
        code,
        category,
        kind,
        criticality,
        severity,
        reaction,
        clinical,
        verification,
        onset,
        None if recorded_at is None else from_millis(recorded_at),
        note,
        is_disputed,
    )
