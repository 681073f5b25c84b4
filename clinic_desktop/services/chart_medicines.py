"""The one list of medicines of a chart: what the person takes, and what was stopped."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.codes import MedicationRequestStatus
from clinic_desktop.models.medication import MedicationRequest
from clinic_desktop.models.practice import Practitioner
from clinic_desktop.services import charts
from clinic_desktop.services.access import query

_NOT_TAKEN = [
    MedicationRequestStatus.DRAFT,
    MedicationRequestStatus.COMPLETED,
    MedicationRequestStatus.STOPPED,
    MedicationRequestStatus.CANCELLED,
    MedicationRequestStatus.ENTERED_IN_ERROR,
]


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


@query("chart.read")
def medicines_of(
    reads: ReadSession, patient_id: uuid.UUID, *, with_past: bool = False
) -> list[MedicineRow]:
    """The medicines of a chart: those taken first, each group the latest first."""
    wanted = (
        select(
            MedicationRequest.id,
            MedicationRequest.product,
            MedicationRequest.strength,
            MedicationRequest.instructions,
            MedicationRequest.status,
            MedicationRequest.is_long_term,
            MedicationRequest.repeats,
            MedicationRequest.authored_at,
            MedicationRequest.stopped_on,
            MedicationRequest.stop_reason,
            func.coalesce(Practitioner.name, "").label("prescriber"),
        )
        .outerjoin(Practitioner, Practitioner.id == MedicationRequest.requester_id)
        .where(
            MedicationRequest.patient_id.in_(charts.chart_ids(reads.session, patient_id)),
            MedicationRequest.status != MedicationRequestStatus.ENTERED_IN_ERROR,
            MedicationRequest.is_deleted.is_(False),
        )
        .order_by(
            MedicationRequest.status.in_(_NOT_TAKEN),
            MedicationRequest.authored_at.desc(),
            MedicationRequest.position,
        )
    )
    if not with_past:
        wanted = wanted.where(MedicationRequest.status.not_in(_NOT_TAKEN))
    return [MedicineRow(**row) for row in reads.session.execute(wanted).mappings()]
