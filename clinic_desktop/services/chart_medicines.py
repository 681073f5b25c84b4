"""The one list of medicines of a chart: what the person takes, and what was stopped."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.codes import MedicationRequestStatus
from clinic_desktop.models.types import from_millis
from clinic_desktop.services import charts
from clinic_desktop.services.access import query

_NOT_TAKEN = "('draft', 'completed', 'stopped', 'cancelled', 'entered-in-error')"
_ROWS = """
SELECT m.id, m.product, m.strength, m.instructions, m.status, m.is_long_term, m.repeats,
 m.authored_at, m.stopped_on, m.stop_reason, coalesce(p.name, '')
FROM medication_request m LEFT JOIN practitioner p ON p.id = m.requester_id
WHERE m.patient_id IN (SELECT id FROM chart) AND m.is_deleted = 0
 AND m.status <> 'entered-in-error'"""
_ORDER = f"ORDER BY m.status IN {_NOT_TAKEN}, m.authored_at DESC, m.position"
_ALL = f"{_ROWS} {_ORDER}"
_TAKEN = f"{_ROWS} AND m.status NOT IN {_NOT_TAKEN} {_ORDER}"


@dataclass(frozen=True)
class MedicineRow:
    """One line of the list."""

    id: uuid.UUID
    product: str
    strength: str
    instructions: str
    status: str
    is_long_term: bool
    repeats: int
    authored_at: datetime | None
    stopped_on: date | None
    stop_reason: str
    prescriber: str

    @property
    def is_current(self) -> bool:
        """Whether the person may be taking it."""
        return MedicationRequestStatus(self.status).is_current


@query("prescription.read")
def medicines_of(
    reads: ReadSession, patient_id: uuid.UUID, *, with_past: bool = False
) -> list[MedicineRow]:
    """The medicines of a chart: those taken first, each group the latest first."""
    sql = _ALL if with_past else _TAKEN
    return [_row(row) for row in charts.rows(reads, sql, patient_id)]


def _row(row: tuple[Any, ...]) -> MedicineRow:
    (row_id, product, strength, instructions, status, long_term, repeats, authored, stopped,
     reason, prescriber) = row  # fmt: skip
    return MedicineRow(
        uuid.UUID(bytes=row_id),
        product,
        strength,
        instructions,
        status,
        bool(long_term),
        repeats,
        None if authored is None else from_millis(authored),
        None if stopped is None else date.fromisoformat(stopped),
        reason,
        prescriber,
    )
