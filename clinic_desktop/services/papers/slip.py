"""What the slip of an appointment says."""

from __future__ import annotations

import uuid

from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.codes import AppointmentStatus
from clinic_desktop.models.scheduling import AppointmentType
from clinic_desktop.printing.appointment_slip import AppointmentSlipDoc, SlipVersion
from clinic_desktop.printing.people import Patient, PersonName, other_names
from clinic_desktop.services.access import part
from clinic_desktop.services.papers.parties import patient
from clinic_desktop.services.scheduling.bookings import appointment
from clinic_desktop.services.scheduling.rows import with_questions
from clinic_desktop.services.scheduling.versions import OtherVersion


@part
def slip_doc(reads: ReadSession, appointment_id: uuid.UUID) -> AppointmentSlipDoc:
    """The paper a patient takes home.

    Raises:
        NotFoundError: there is no such appointment.
    """
    (row,) = with_questions(reads, (appointment(reads, appointment_id),))
    kind = reads.session.get(AppointmentType, row.type_id) if row.type_id else None
    person = patient(reads, row.person.patient_id) if row.person else Patient(PersonName())
    return AppointmentSlipDoc(
        starts_at=row.start_at,
        patient=person.name,
        doctor=row.practitioner,
        room=row.location,
        reason=row.about,
        duration_minutes=row.minutes,
        code=row.code,
        qr=row.code,
        preparation=kind.preparation if kind else "",
        others=other_names(person),
        versions=tuple(map(_version, row.others)),
    )


def _version(told: OtherVersion) -> SlipVersion:
    gone = told.status is AppointmentStatus.CANCELLED
    return SlipVersion(
        told.patient, told.start_at, told.practitioner, told.location, told.reason, gone
    )
