"""The one list of medicines of a chart: what the person takes, and what was stopped."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.codes import MedicationRequestStatus
from clinic_desktop.domain.instants import from_millis
from clinic_desktop.services import charts, undecided
from clinic_desktop.services.access import query

_NOT_TAKEN = "('draft', 'completed', 'stopped', 'cancelled', 'entered-in-error')"
_SELECTED = """
SELECT m.id, m.product, m.ingredient, m.strength, m.instructions, m.status, m.is_long_term,
 m.repeats, m.authored_at, m.stopped_on, m.stop_reason, coalesce(p.name, '')
FROM medication_request m LEFT JOIN practitioner p ON p.id = m.requester_id
WHERE m.patient_id IN (SELECT id FROM chart) AND m.is_deleted = 0"""
_COLUMNS = undecided.columns_of(_SELECTED)
_ROWS = f"{_SELECTED} AND m.status <> 'entered-in-error'"
_ORDER = f"ORDER BY m.status IN {_NOT_TAKEN}, m.authored_at DESC, m.position"
_ALL = f"{_ROWS} {_ORDER}"
_TAKEN = f"{_ROWS} AND m.status NOT IN {_NOT_TAKEN} {_ORDER}"
_EVERY = f"{_SELECTED} {_ORDER}"
_IN_ERROR = "entered-in-error"


@dataclass(frozen=True)
class MedicineRow:
    """One line of the list."""

    id: uuid.UUID
    product: str
    ingredient: str
    strength: str
    instructions: str
    status: str
    is_long_term: bool
    repeats: int
    authored_at: datetime | None
    stopped_on: date | None
    stop_reason: str
    prescriber: str
    is_disputed: bool = False
    """Two PCs wrote it differently, and nobody has decided: each version is a row with the id."""

    @property
    def is_current(self) -> bool:
        """Whether the person may be taking it."""
        return MedicationRequestStatus(self.status).is_current


@query("prescription.read")
def medicines_of(
    reads: ReadSession, patient_id: uuid.UUID, *, with_past: bool = False
) -> list[MedicineRow]:
    """The medicines of a chart: those taken first, each group the latest first."""
    others = undecided.others(reads, "medication_request", patient_id)
    if not others:
        sql = _ALL if with_past else _TAKEN
        return [_row(row) for row in charts.rows(reads, sql, patient_id)]
    found = []
    for row in charts.rows(reads, _EVERY, patient_id):
        told = others.get(uuid.UUID(bytes=row[0]), [])
        versions = [
            _row((*each, row[-1]), is_disputed=bool(told))
            for each in undecided.versions(_COLUMNS, row[:-1], told)
        ]
        # A line that one version has stopped is still taken by the other.
        if any(each.is_current or with_past for each in versions):
            found += [each for each in versions if each.status != _IN_ERROR or told]
    return found


def _row(row: tuple[Any, ...], *, is_disputed: bool = False) -> MedicineRow:
    (row_id, product, ingredient, strength, instructions, status, long_term, repeats, authored,
     stopped, reason, prescriber) = row  # fmt: skip
    return MedicineRow(
        uuid.UUID(bytes=row_id),
        product,
        ingredient,
        strength,
        instructions,
        status,
        bool(long_term),
        repeats,
        None if authored is None else from_millis(authored),
        None if stopped is None else date.fromisoformat(stopped),
        reason,
        prescriber,
        is_disputed,
    )
