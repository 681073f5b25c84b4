"""Everything the banner over a chart says."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from clinic_desktop.db import search as index
from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.codes import AllergyStatus, ClinicalStatus, VerificationStatus
from clinic_desktop.domain.folding import fold, words_of
from clinic_desktop.models.clinical import AllergyIntolerance
from clinic_desktop.models.patient import Patient
from clinic_desktop.services import charts
from clinic_desktop.services.access import query
from clinic_desktop.services.patients import photo as photos
from clinic_desktop.services.patients.consents import AlertRow, alerts_of
from clinic_desktop.services.patients.entry import Relative
from clinic_desktop.services.patients.registration import entry_of
from clinic_desktop.services.patients.rows import PatientRow, patient_rows

_NAMESAKES = 40


@dataclass(frozen=True)
class AllergyMark:
    """One allergy as the banner names it."""

    display: str
    criticality: str = ""
    severity: str = ""
    reaction: str = ""


@dataclass(frozen=True)
class PatientBannerData:
    """Who the chart is about, and what nobody may overlook."""

    row: PatientRow
    language: str
    allergy_status: str
    allergy_asked_on: date | None
    allergies: tuple[AllergyMark, ...]
    alerts: tuple[AlertRow, ...]
    guardian: Relative | None
    has_namesake: bool
    """Another patient has the same name."""
    has_twin: bool
    """Another patient has the same family name and birth date."""
    merged_from: tuple[str, ...]
    """Numbers of the charts joined to this one."""
    deceased_at: datetime | None
    photo: bytes


@query("patient.read")
def banner(reads: ReadSession, patient_id: uuid.UUID) -> PatientBannerData:
    """The banner of a chart; of a merged one, that of the chart it leads to.

    Raises:
        NotFoundError: there is no such patient.
    """
    patient_id = charts.surviving(reads.session, patient_id)
    row = charts.patient(reads.session, patient_id)
    allergies = _allergies(reads, patient_id)
    relatives = entry_of(reads, row).relatives
    return PatientBannerData(
        row=patient_rows(reads, [patient_id])[0],
        language=row.language,
        allergy_status=AllergyStatus.RECORDED if allergies else _status(row),
        allergy_asked_on=row.allergy_asked_on,
        allergies=allergies,
        alerts=tuple(alerts_of(reads, patient_id)),
        guardian=next((each for each in relatives if each.is_guardian), None),
        has_namesake=_has_namesake(reads, row),
        has_twin=_has_twin(reads, row),
        merged_from=_merged_from(reads, patient_id),
        deceased_at=row.deceased_at,
        photo=photos.bytes_of(reads, row.photo_id),
    )


def _status(row: Patient) -> str:
    # "Recorded" without one left means that all were refuted: nobody has said "none" since.
    none_known = row.allergy_status == AllergyStatus.NONE_KNOWN
    return AllergyStatus.NONE_KNOWN if none_known else AllergyStatus.NOT_ASKED


def _allergies(reads: ReadSession, patient_id: uuid.UUID) -> tuple[AllergyMark, ...]:
    model = AllergyIntolerance
    wanted = select(model).where(
        model.patient_id.in_(charts.chart_ids(reads.session, patient_id)), ~model.is_deleted
    )
    standing = [
        each
        for each in reads.session.scalars(wanted)
        if ClinicalStatus(each.clinical_status).is_current
        and VerificationStatus(each.verification_status).counts
    ]
    gravest = {"severe": 0, "moderate": 1, "mild": 2}
    standing.sort(
        key=lambda each: (each.criticality != "high", gravest.get(each.severity, 1), each.id)
    )
    marks = [
        AllergyMark(each.display, each.criticality, each.severity, each.reaction)
        for each in standing
    ]
    return tuple(dict.fromkeys(marks))


def _has_namesake(reads: ReadSession, row: Patient) -> bool:
    words = words_of(f"{row.family} {row.given}")
    match = " AND ".join(f'"{word}"' for word in words)
    if not match:
        return False
    found = index.patient_ids(reads.cursor, match, _NAMESAKES)
    wanted = select(Patient.id, Patient.family, Patient.given).where(Patient.id.in_(found))
    name = (fold(row.family), fold(row.given))
    return any(
        other != row.id and (fold(family), fold(given)) == name
        for other, family, given in reads.session.execute(wanted)
    )


def _has_twin(reads: ReadSession, row: Patient) -> bool:
    if len(row.birth_date) < len("2026-01-01") or not row.family:
        return False
    born_then = select(Patient).where(Patient.birth_date == row.birth_date, ~Patient.is_deleted)
    family = fold(row.family)
    return any(
        other.id != row.id and other.merged_into is None and fold(other.family) == family
        for other in reads.session.scalars(born_then)
    )


def _merged_from(reads: ReadSession, patient_id: uuid.UUID) -> tuple[str, ...]:
    others = [each for each in charts.chart_ids(reads.session, patient_id) if each != patient_id]
    wanted = select(Patient.mrn).where(Patient.id.in_(others)).order_by(Patient.mrn)
    return tuple(reads.session.scalars(wanted)) if others else ()
