"""Vaccines given: every dose by vaccine, as the vaccination card shows them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import select

from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.codes import ImmunizationStatus
from clinic_desktop.models.clinical import Immunization
from clinic_desktop.models.practice import Practitioner
from clinic_desktop.services import charts
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

    @property
    def was_given(self) -> bool:
        """Whether the dose was really given."""
        return self.status == ImmunizationStatus.COMPLETED


@dataclass(frozen=True)
class VaccineRow:
    """A vaccine with its doses in the order they were given."""

    code: str
    display: str
    doses: tuple[DoseRow, ...]


@query("chart.read")
def vaccines_of(reads: ReadSession, patient_id: uuid.UUID) -> list[VaccineRow]:
    """The vaccines of a chart by name; what is due is not guessed here."""
    found = reads.session.execute(
        select(Immunization, Practitioner.name)
        .outerjoin(Practitioner, Practitioner.id == Immunization.performer_id)
        .where(
            Immunization.patient_id.in_(charts.chart_ids(reads.session, patient_id)),
            Immunization.status != ImmunizationStatus.ENTERED_IN_ERROR,
            Immunization.is_deleted.is_(False),
        )
        .order_by(
            Immunization.display, Immunization.code, Immunization.occurred_at, Immunization.id
        )
    )
    by_vaccine = groupby(found, key=lambda pair: (pair[0].code, pair[0].display))
    return [
        VaccineRow(code, display, tuple(_dose(row, performer or "") for row, performer in doses))
        for (code, display), doses in by_vaccine
    ]


def _dose(row: Immunization, performer: str) -> DoseRow:
    return DoseRow(
        row.id,
        row.status,
        row.status_reason,
        row.occurred_at,
        row.dose_number,
        row.lot_number,
        row.manufacturer,
        row.site,
        performer,
        not row.primary_source,
    )
