"""Everything the banner over a chart says."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from clinic_desktop.db import confidentiality, restriction
from clinic_desktop.db import search as index
from clinic_desktop.db.confidentiality import OPEN, Standing
from clinic_desktop.db.lists import marks
from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.codes import AllergyStatus
from clinic_desktop.domain.folding import fold, words_of
from clinic_desktop.domain.instants import from_millis
from clinic_desktop.domain.permissions import allowed
from clinic_desktop.i18n import _
from clinic_desktop.services import charts
from clinic_desktop.services.access import query
from clinic_desktop.services.allergies import recorded
from clinic_desktop.services.patients import photo as photos
from clinic_desktop.services.patients.consents import AlertRow, alerts_of
from clinic_desktop.services.patients.entry import Relative
from clinic_desktop.services.patients.rows import PatientRow, patient_rows
from clinic_desktop.services.undecided import NOTHING, Undecided, undecided

_NAMESAKES = 40
_PERSON = """
SELECT language, allergy_status, allergy_asked_on, deceased_at, photo_id FROM patient
WHERE id = ?1"""
_GUARDIAN = """
SELECT id, name, relationship, phone, is_next_of_kin FROM related_person
WHERE patient_id IN (SELECT id FROM chart) AND is_guardian = 1 AND is_deleted = 0
ORDER BY id LIMIT 1"""
_JOINED = """
SELECT mrn FROM patient WHERE id IN (SELECT id FROM chart) AND merged_into IS NOT NULL
ORDER BY mrn"""
_NAMES = "SELECT family, given FROM patient WHERE id IN ({ids})"
_BORN_THEN = """
SELECT family FROM patient
WHERE id <> ?1 AND birth_date = ?2 AND is_deleted = 0 AND +merged_into IS NULL"""


@dataclass(frozen=True)
class AllergyMark:
    """One allergy as the banner names it."""

    display: str
    """Empty where the signed-in person may only know that there is one."""
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
    """Empty where the chart is closed to the person, see ``standing``."""
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
    undecided: Undecided = NOTHING
    """What PCs wrote apart about the person, and nobody has decided."""
    standing: Standing = OPEN
    """Whether the chart is kept in confidence, and how the person stands to it."""


@query("patient.read")
def banner(reads: ReadSession, patient_id: uuid.UUID) -> PatientBannerData:
    """The banner of a chart; of a merged one, that of the chart it leads to.

    Raises:
        NotFoundError: there is no such patient.
    """
    patient_id = charts.surviving(reads.session, patient_id)
    (person,) = charts.rows(reads, _PERSON, patient_id)
    language, stored, asked_on, deceased_at, photo_id = person
    standing = confidentiality.standing(reads, patient_id)
    allergies = () if standing.is_closed else _allergies(reads, patient_id)
    row = patient_rows(reads, [patient_id])[0]
    return PatientBannerData(
        row=row,
        language=language,
        allergy_status=AllergyStatus.RECORDED if allergies else _status(stored),
        allergy_asked_on=None if asked_on is None else date.fromisoformat(asked_on),
        allergies=allergies,
        alerts=(*_stored_only(reads, patient_id), *alerts_of(reads, patient_id)),
        guardian=_guardian(reads, patient_id),
        has_namesake=row.has_namesake or _has_namesake(reads, row),
        has_twin=_has_twin(reads, row),
        merged_from=tuple(mrn for (mrn,) in charts.rows(reads, _JOINED, patient_id)),
        deceased_at=None if deceased_at is None else from_millis(deceased_at),
        photo=photos.bytes_of(reads, None if photo_id is None else uuid.UUID(bytes=photo_id)),
        undecided=undecided(reads, patient_id),
        standing=standing,
    )


def _status(stored: str) -> str:
    # "Recorded" without one left means that all were refuted: nobody has said "none" since.
    none_known = stored == AllergyStatus.NONE_KNOWN
    return AllergyStatus.NONE_KNOWN if none_known else AllergyStatus.NOT_ASKED


def _allergies(reads: ReadSession, patient_id: uuid.UUID) -> tuple[AllergyMark, ...]:
    standing = [each for each in recorded(reads, patient_id) if each.is_current]
    gravest = {"severe": 0, "moderate": 1, "mild": 2}
    if not allowed(reads.actor, "allergy.read"):
        return (AllergyMark(""),) if standing else ()
    standing.sort(
        key=lambda each: (each.criticality != "high", gravest.get(each.severity, 1), each.id)
    )
    found = [
        AllergyMark(each.display, each.criticality, each.severity, each.reaction)
        for each in standing
    ]
    return tuple(dict.fromkeys(found))


def _guardian(reads: ReadSession, patient_id: uuid.UUID) -> Relative | None:
    for row_id, name, relationship, phone, next_of_kin in charts.rows(reads, _GUARDIAN, patient_id):
        return Relative(
            name,
            relationship,
            phone,
            is_guardian=True,
            is_next_of_kin=bool(next_of_kin),
            id=uuid.UUID(bytes=row_id),
        )
    return None


def _has_namesake(reads: ReadSession, row: PatientRow) -> bool:
    """Whether another name differs in capitals or accents only."""
    words = words_of(f"{row.name.family} {row.name.given}")
    match = " AND ".join(f'"{word}"' for word in words)
    if not match:
        return False
    name = (fold(row.name.family), fold(row.name.given))
    others = [each for each in index.patient_ids(reads.cursor, match, _NAMESAKES) if each != row.id]
    found = reads.cursor.execute(_NAMES.format(ids=marks(others)), [each.bytes for each in others])
    return any((fold(family), fold(given)) == name for family, given in found.fetchall())


def _has_twin(reads: ReadSession, row: PatientRow) -> bool:
    born = str(row.birth or "")
    if len(born) < len("2026-01-01") or not row.name.family:
        return False
    family = fold(row.name.family)
    found = charts.rows(reads, _BORN_THEN, row.id, born)
    return any(fold(other) == family for (other,) in found)


def _stored_only(reads: ReadSession, patient_id: uuid.UUID) -> tuple[AlertRow, ...]:
    """The flag of a chart that is only stored: everybody at the desk must see it."""
    if not (restriction.any_stored_only(reads) and restriction.is_stored_only(reads, patient_id)):
        return ()
    return (AlertRow(patient_id, "danger", _("Only stored: use restricted")),)
