"""Vaccines given: every dose by vaccine, as the vaccination card shows them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.codes import ImmunizationStatus
from clinic_desktop.domain.instants import from_millis
from clinic_desktop.services import charts, undecided
from clinic_desktop.services.access import query


@dataclass(frozen=True)
class DoseRow:
    """One dose given, or refused."""

    id: uuid.UUID
    status: str
    status_reason: str
    occurred_at: datetime | None
    dose_number: str
    lot_number: str
    manufacturer: str
    site: str
    performer: str
    is_reported: bool
    """Told by the person or found in an imported record, not given here."""
    is_disputed: bool = False
    """Two PCs wrote it differently, and nobody has decided: each version is a dose with the id."""

    @property
    def was_given(self) -> bool:
        """Whether the dose was really given."""
        return self.status == ImmunizationStatus.COMPLETED

    @property
    def is_withdrawn(self) -> bool:
        """Taken back; such a dose stands only beside its other version."""
        return self.status == ImmunizationStatus.ENTERED_IN_ERROR


@dataclass(frozen=True)
class VaccineRow:
    """A vaccine with its doses in the order they were given."""

    code: str
    display: str
    doses: tuple[DoseRow, ...]


_ROWS = """
SELECT i.id, i.code, i.display, i.status, i.status_reason, i.occurred_at, i.dose_number,
 i.lot_number, i.manufacturer, i.site, i.primary_source, i.performer_id
FROM immunization i WHERE i.patient_id IN (SELECT id FROM chart) AND i.is_deleted = 0"""
_COLUMNS = undecided.columns_of(_ROWS)


@query("chart.read")
def vaccines_of(reads: ReadSession, patient_id: uuid.UUID) -> list[VaccineRow]:
    """The vaccines of a chart by name; what is due is not guessed here.

    A dose that is not decided between PCs is there in each of its versions.
    """
    others = undecided.others(reads, "immunization", patient_id)
    doctors = dict(reads.cursor.execute("SELECT id, name FROM practitioner").fetchall())
    found = []
    for row in charts.rows(reads, _ROWS, patient_id):
        told = others.get(uuid.UUID(bytes=row[0]), [])
        for each in undecided.versions(_COLUMNS, row, told):
            named = dict(zip(_COLUMNS, each, strict=True))
            dose = _dose(named, doctors.get(named["performer_id"], ""), is_disputed=bool(told))
            if dose.is_disputed or not dose.is_withdrawn:
                found.append((named["display"], named["code"], dose))
    found.sort(key=lambda each: (*each[:2], _time(each[2]), each[2].id))
    return [
        VaccineRow(code, display, tuple(dose for *_name, dose in doses))
        for (display, code), doses in groupby(found, key=lambda each: each[:2])
    ]


def _time(dose: DoseRow) -> float:
    return dose.occurred_at.timestamp() if dose.occurred_at else 0.0


def _dose(row: dict[str, Any], performer: str, *, is_disputed: bool) -> DoseRow:
    at = row["occurred_at"]
    return DoseRow(
        uuid.UUID(bytes=row["id"]),
        row["status"],
        row["status_reason"],
        None if at is None else from_millis(at),
        row["dose_number"],
        row["lot_number"],
        row["manufacturer"],
        row["site"],
        performer,
        not row["primary_source"],
        is_disputed,
    )
