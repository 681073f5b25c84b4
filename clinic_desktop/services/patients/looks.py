"""Opening a chart leaves a trace: who looked, and when."""

from __future__ import annotations

import uuid

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.services import charts
from clinic_desktop.services.access import command

OPENED = "chart.open"


@command("patient.find")
def look(uow: UnitOfWork, patient_id: uuid.UUID) -> uuid.UUID:
    """Record that the signed-in person opens a chart; returns the chart a merged one leads to.

    Raises:
        NotFoundError: there is no such patient.
    """
    surviving = charts.surviving(uow.session, patient_id)
    uow.audit(OPENED, patient_id=surviving)
    return surviving
