"""Who is already there under another spelling: the warning while a new patient is typed."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from clinic_desktop.db import search as index
from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.dates import BirthDate
from clinic_desktop.domain.duplicates import (
    Likeness,
    Person,
    Reason,
    Similarity,
    candidate_queries,
    similarity,
)
from clinic_desktop.domain.names import HumanName
from clinic_desktop.errors import ValidationError
from clinic_desktop.models.patient import ContactPoint, Patient, PatientIdentifier
from clinic_desktop.services.access import query
from clinic_desktop.services.patients.entry import phone_digits, phone_text
from clinic_desktop.services.patients.numbers import bare
from clinic_desktop.services.patients.registration import birth_of, name_of, region
from clinic_desktop.services.patients.rows import PatientRow, patient_rows

_OF_EACH = 40
"""Charts looked at for each way of finding some; the most telling ways come first."""
_LOOKED_AT = 120
_SHORTEST = 2
"""One letter finds everybody."""


@dataclass(frozen=True)
class Candidate:
    """What has been typed so far of a new patient."""

    name: HumanName
    sex: str = ""
    birth: BirthDate | None = None
    phones: tuple[str, ...] = ()
    identifiers: tuple[str, ...] = ()


@dataclass(frozen=True)
class SimilarPatient:
    """Somebody who may be the same person, and what speaks for it."""

    row: PatientRow
    reasons: tuple[Reason, ...]
    is_likely: bool


@query("patient.read")
def similar(
    reads: ReadSession, candidate: Candidate, limit: int = 4, *, besides: uuid.UUID | None = None
) -> list[SimilarPatient]:
    """Patients who may be this person, the likeliest first; ``besides`` is a chart of its own."""
    typed = _typed(candidate, region(reads))
    told = len(typed.name.family) >= _SHORTEST or len(typed.name.given) >= _SHORTEST
    if not told and not typed.phones and not typed.identifiers:
        return []
    found: dict[uuid.UUID, None] = {}
    for match in candidate_queries(typed):
        found |= dict.fromkeys(index.patient_ids(reads.cursor, match, _OF_EACH))
        if len(found) >= _LOOKED_AT:
            break
    compared = [
        (patient_id, similarity(typed, person))
        for patient_id, person in _people(reads, list(found)).items()
        if patient_id != besides
    ]
    return _answer(reads, compared, limit)


def _answer(
    reads: ReadSession, compared: list[tuple[uuid.UUID, Similarity]], limit: int
) -> list[SimilarPatient]:
    alike = [pair for pair in compared if pair[1].likeness is not Likeness.DIFFERENT]
    alike.sort(key=lambda pair: (-pair[1].score, pair[0]))
    verdicts = dict(alike[:limit])
    return [
        SimilarPatient(
            row, verdicts[row.id].reasons, verdicts[row.id].likeness is Likeness.LIKELY_SAME
        )
        for row in patient_rows(reads, list(verdicts))
    ]


def _typed(candidate: Candidate, country: str) -> Person:
    return Person(
        name=candidate.name,
        sex=candidate.sex,
        birth=candidate.birth,
        phones=frozenset(filter(None, (_digits(each, country) for each in candidate.phones))),
        identifiers=frozenset(filter(None, map(bare, candidate.identifiers))),
    )


def _digits(typed: str, country: str) -> str:
    """The digits as they are stored; of a number not yet whole, those typed so far."""
    try:
        return phone_digits(phone_text(typed, country))
    except ValidationError:
        return phone_digits(typed)


def _people(reads: ReadSession, patient_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, Person]:
    phones = _values(reads, ContactPoint, ContactPoint.digits, patient_ids)
    identifiers = _values(reads, PatientIdentifier, PatientIdentifier.value, patient_ids)
    wanted = select(Patient).where(Patient.id.in_(patient_ids))
    return {
        row.id: Person(
            name=name_of(row),
            name_latin=row.name_latin,
            sex=row.sex,
            birth=birth_of(row.birth_date, row.birth_precision),
            phones=frozenset(phones[row.id]),
            identifiers=frozenset(map(bare, identifiers[row.id])),
        )
        for row in reads.session.scalars(wanted)
    }


def _values(
    reads: ReadSession,
    model: type[ContactPoint | PatientIdentifier],
    column: object,
    patient_ids: Sequence[uuid.UUID],
) -> dict[uuid.UUID, list[str]]:
    wanted = select(model.patient_id, column).where(  # type: ignore[call-overload]
        model.patient_id.in_(patient_ids), ~model.is_deleted
    )
    found: dict[uuid.UUID, list[str]] = defaultdict(list)
    for patient_id, value in reads.session.execute(wanted):
        if value:
            found[patient_id].append(value)
    return found
