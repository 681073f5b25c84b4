"""The age that measurements are judged by, and every other that the person may have."""

from __future__ import annotations

import uuid
from datetime import date

from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.dates import DateError
from clinic_desktop.domain.partial_dates import Age, BirthDate, age
from clinic_desktop.services import charts, undecided
from clinic_desktop.services.access import part

_BORN = "SELECT birth_date, birth_precision FROM patient WHERE id = ?"


@part
def age_on(reads: ReadSession, patient_id: uuid.UUID, day: date) -> Age | None:
    """By the birth date that is shown; ``None`` where it is not known."""
    chart = charts.surviving(reads.session, patient_id)
    born, precision = reads.cursor.execute(_BORN, (chart.bytes,)).fetchone()
    return _age_of(born, precision, day)


@part
def other_ages(reads: ReadSession, patient_id: uuid.UUID, day: date) -> tuple[Age | None, ...]:
    """By birth dates that PCs wrote apart and nobody has decided on. Empty nearly always."""
    chart = charts.surviving(reads.session, patient_id)
    told = undecided.others(reads, "patient", chart).get(chart, [])
    births = [
        (each["birth_date"], each["birth_precision"]) for each in told if "birth_date" in each
    ]
    return tuple(_age_of(born, precision, day) for born, precision in dict.fromkeys(births))


def _age_of(born: str | None, precision: str, day: date) -> Age | None:
    if not born:
        return None
    try:
        return age(BirthDate.parse(born, precision), day)
    except DateError:
        return None
