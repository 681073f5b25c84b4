"""What of a patient can be put on paper, with the id that ``make`` wants."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import literal, select, union_all

from clinic_desktop.db.session import ReadSession
from clinic_desktop.models.billing import Invoice, Payment
from clinic_desktop.models.document import Referral, SickNote
from clinic_desktop.models.encounter import Encounter
from clinic_desktop.models.medication import Prescription
from clinic_desktop.services import charts
from clinic_desktop.services.access import query
from clinic_desktop.services.papers import rights

_PLACES: tuple[tuple[str, Any, Any, Any], ...] = (
    ("prescription", Prescription, Prescription.number, Prescription.issued_at),
    ("invoice", Invoice, Invoice.number, Invoice.issued_at),
    ("receipt", Payment, Payment.number, Payment.taken_at),
    ("visit-summary", Encounter, literal(""), Encounter.start_at),
    ("referral", Referral, Referral.number, Referral.issued_at),
    ("sick-note", SickNote, SickNote.number, SickNote.issued_at),
)
"""Kind of paper, its table, and the columns of number and moment."""


@dataclass(frozen=True)
class Printable:
    """One row that a paper can be made from."""

    kind: str
    id: uuid.UUID
    number: str
    happened_at: datetime


@query("print.read")
def printable(reads: ReadSession, patient_id: uuid.UUID) -> tuple[Printable, ...]:
    """Everything of a chart that can be printed, the latest first; drafts cannot."""
    ids = charts.chart_ids(reads.session, patient_id)
    parts = [
        select(
            literal(kind).label("kind"),
            table.id,
            number.label("number"),
            moment.label("happened_at"),
        ).where(table.patient_id.in_(ids), ~table.is_deleted, moment.is_not(None))
        for kind, table, number, moment in _PLACES
        if rights.may_read(reads, kind, patient_id)
    ]
    if not parts:
        return ()
    rows = reads.session.execute(union_all(*parts).order_by("happened_at")).all()
    return tuple(Printable(*row) for row in reversed(rows))
