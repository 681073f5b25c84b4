"""Opening a chart leaves a trace: who looked, and when."""

from __future__ import annotations

import uuid

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.services import charts
from clinic_desktop.services.access import command, query

OPENED = "chart.open"


@command("patient.read")
def look(uow: UnitOfWork, patient_id: uuid.UUID) -> uuid.UUID:
    """Record that the signed-in person opens a chart; returns the chart a merged one leads to.

    Raises:
        NotFoundError: there is no such patient.
    """
    surviving = charts.surviving(uow.session, patient_id)
    uow.audit(OPENED, patient_id=surviving)
    return surviving


@query("patient.read")
def look_only(reads: ReadSession, patient_id: uuid.UUID) -> None:
    """The same while the record cannot be written: it is on record once it can.

    Raises:
        NotFoundError: there is no such patient.
    """
    reads.note(OPENED, patient_id=charts.surviving(reads.session, patient_id))
