"""Finding an appointment again by the code on its slip."""

from __future__ import annotations

from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.slip_codes import SlipCodeError, parse_slip_code
from clinic_desktop.models.scheduling import Appointment
from clinic_desktop.services.access import query
from clinic_desktop.services.scheduling.rows import AppointmentRow, appointments, fetch


@query("appointment.read")
def by_code(reads: ReadSession, code: str) -> AppointmentRow | None:
    """The appointment a slip belongs to: its QR was scanned, or its code read out."""
    try:
        wanted = parse_slip_code(code)
    except SlipCodeError:
        return None
    found = fetch(reads, appointments().where(Appointment.code == wanted))
    return found[0] if found else None
