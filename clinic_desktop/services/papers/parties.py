"""Who stands on a paper: the practice, the patient, the clinician, the allergies."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select

from clinic_desktop.db.session import ReadSession
from clinic_desktop.i18n import Language
from clinic_desktop.models.patient import ContactPoint, Patient, PatientIdentifier
from clinic_desktop.models.practice import AppUser, Practitioner
from clinic_desktop.printing.letterhead import Letterhead
from clinic_desktop.printing.people import Allergies, Clinician, PersonName
from clinic_desktop.printing.people import Patient as PaperPatient
from clinic_desktop.services import charts, practice, undecided
from clinic_desktop.services.access import part
from clinic_desktop.services.allergies import allergies_of
from clinic_desktop.services.patients.registration import birth_of

_FAMILY_FIRST = frozenset({"RU", "BY", "KZ", "UZ", "KG", "TJ", "UA", "HU", "CN", "JP", "KR", "VN"})
"""Countries whose papers write the family name first (CLDR person name order)."""

_TELLING = ("family", "given", "middle", "prefix", "birth_date", "birth_precision", "sex")
"""Columns by which a reader knows who a paper is about."""


@part
def letterhead(reads: ReadSession) -> Letterhead:
    """The practice's own paper as it is set up now."""
    own = practice.details(reads)
    choices = own.letterhead
    town = " ".join(part for part in (own.postal_code, own.city) if part)
    return Letterhead(
        practice=own.legal_name or own.name,
        address="\n".join(part for part in (own.address, town) if part),
        phones=(own.phone,) if own.phone else (),
        email=own.email,
        tax_id=own.tax_number,
        registration=own.licence_number,
        logo=own.logo,
        footer=str(choices.get("footer", "")),
        preprinted=bool(choices.get("preprinted", False)),
    )


@part
def person_name(reads: ReadSession, row: Patient) -> PersonName:
    """The name in the order of the practice's country."""
    country = row.country or practice.details(reads).country
    return PersonName(
        row.family, row.given, row.middle, row.prefix, family_first=country in _FAMILY_FIRST
    )


@part
def patient(reads: ReadSession, patient_id: uuid.UUID) -> PaperPatient:
    """The patient as paper needs the person."""
    row = charts.patient(reads.session, patient_id)
    ids = charts.chart_ids(reads.session, patient_id)
    phone = reads.session.scalar(
        select(ContactPoint.value)
        .where(
            ContactPoint.patient_id.in_(ids),
            ContactPoint.system == "phone",
            ~ContactPoint.is_deleted,
        )
        .order_by(ContactPoint.rank)
        .limit(1)
    )
    numbers = reads.session.execute(
        select(PatientIdentifier.kind, PatientIdentifier.value)
        .where(
            PatientIdentifier.patient_id.in_(ids),
            PatientIdentifier.kind.in_(["national-id", "NI", "SS"]),
            ~PatientIdentifier.is_deleted,
        )
        .limit(1)
    )
    told = undecided.others(reads, "patient", patient_id).get(row.id, [])
    others = (_other(reads, row, each) for each in told)
    street = ", ".join(part for part in (row.address, row.city) if part)
    return PaperPatient(
        name=person_name(reads, row),
        birth=birth_of(row.birth_date, row.birth_precision),
        sex=row.sex,
        number=row.mrn,
        phone=phone or "",
        address=street,
        identifiers=tuple((kind, value) for kind, value in numbers),
        others=tuple(dict.fromkeys(each for each in others if each is not None)),
        died_on=row.deceased_at and row.deceased_at.astimezone(reads.zone).date(),
    )


def _other(reads: ReadSession, row: Patient, told: dict[str, Any]) -> PaperPatient | None:
    """Name, birth and sex by another version; nothing if that is about something else."""
    now = {name: told.get(name, getattr(row, name)) for name in _TELLING}
    if all(now[name] == getattr(row, name) for name in _TELLING):
        return None
    family_first = person_name(reads, row).family_first
    name = PersonName(now["family"], now["given"], now["middle"], now["prefix"], family_first)
    return PaperPatient(name, birth_of(now["birth_date"], now["birth_precision"]), now["sex"])


@part
def clinician(reads: ReadSession, practitioner_id: uuid.UUID | None) -> Clinician:
    """Who answers for the paper; the signed-in person where nobody was named."""
    row = reads.session.get(Practitioner, practitioner_id) if practitioner_id else None
    if row is None:
        return Clinician(PersonName(given=reads.actor.name))
    return Clinician(
        name=PersonName(given=row.name),
        qualification=row.specialty,
        registration=row.registration_number,
        phone=row.phone,
    )


@part
def allergies(reads: ReadSession, patient_id: uuid.UUID) -> Allergies:
    """What is known; never empty without saying why."""
    state = allergies_of(reads, patient_id)
    names = tuple(row.display for row in state.rows if row.is_current)
    return Allergies(state.status, names, state.asked_on)


@part
def user_name(reads: ReadSession, user_id: uuid.UUID | None) -> str:
    """The name of somebody who works here."""
    row = reads.session.get(AppUser, user_id) if user_id else None
    return row.name if row else ""


@part
def paper_language(reads: ReadSession, language: str, patient_id: uuid.UUID | None) -> Language:
    """The language asked for, else the patient's if paper speaks it, else the practice's."""
    own = practice.details(reads)
    if not language and patient_id is not None:
        language = charts.patient(reads.session, patient_id).language
    known = {"en", "ru", "ar", "he", "hi"}
    short = (language or own.language).replace("-", "_").split("_")[0]
    return Language(short if short in known else own.language, own.country, own.time_zone)
