"""What the appointment slip says, and finding an appointment again by its code."""

from __future__ import annotations

import uuid

from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.names import HumanName
from clinic_desktop.domain.slip_codes import SlipCodeError, parse_slip_code
from clinic_desktop.models.scheduling import Appointment, AppointmentType
from clinic_desktop.printing.appointment_slip import AppointmentSlipDoc
from clinic_desktop.printing.people import PersonName
from clinic_desktop.services.access import query
from clinic_desktop.services.scheduling.bookings import appointment
from clinic_desktop.services.scheduling.rows import AppointmentRow, appointments, fetch


@query("appointment.read")
def slip(reads: ReadSession, appointment_id: uuid.UUID) -> AppointmentSlipDoc:
    """The paper a patient takes home.

    Raises:
        NotFoundError: there is no such appointment.
    """
    row = appointment(reads, appointment_id)
    kind = reads.session.get(AppointmentType, row.type_id) if row.type_id else None
    name = row.person.name if row.person else HumanName()
    return AppointmentSlipDoc(
        starts_at=row.start_at,
        patient=PersonName(name.family, name.given, name.middle, name.prefix),
        doctor=row.practitioner,
        room=row.location,
        reason=row.about,
        duration_minutes=row.minutes,
        code=row.code,
        qr=row.code,
        preparation=kind.preparation if kind else "",
    )


@query("appointment.read")
def by_code(reads: ReadSession, code: str) -> AppointmentRow | None:
    """The appointment a slip belongs to: its QR was scanned, or its code read out."""
    try:
        wanted = parse_slip_code(code)
    except SlipCodeError:
        return None
    found = fetch(reads, appointments().where(Appointment.code == wanted))
    return found[0] if found else None
