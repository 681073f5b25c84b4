"""People who come without an appointment."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, timedelta

from sqlalchemy import select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.codes import AppointmentStatus
from clinic_desktop.models.scheduling import Appointment
from clinic_desktop.services import charts
from clinic_desktop.services.access import command, query
from clinic_desktop.services.scheduling.bookings import fresh_code, usual_minutes
from clinic_desktop.services.scheduling.changes import AppointmentChange, state_of
from clinic_desktop.services.scheduling.resources import staff
from clinic_desktop.services.scheduling.timetable import (
    LONGEST_MIN,
    Resource,
    Timetable,
    midnight,
    minute_of,
)


@dataclass(frozen=True)
class WalkIn:
    """Somebody at the desk. Without a doctor the next free one is taken, if wanted."""

    patient_id: uuid.UUID
    practitioner_id: uuid.UUID | None = None
    next_free: bool = False
    type_id: uuid.UUID | None = None
    reason: str = ""


@dataclass(frozen=True)
class Queue:
    """How busy a doctor is now."""

    practitioner_id: uuid.UUID
    practitioner: str
    waiting: int
    """People arrived or in the room."""
    works_now: bool


@query("appointment.read")
def queues(reads: ReadSession) -> tuple[Queue, ...]:
    """The doctors of the practice, those at work with the shortest queue first."""
    earliest = midnight(reads.today, reads.zone) - timedelta(minutes=LONGEST_MIN)
    statement = select(Appointment.practitioner_id).where(
        Appointment.start_at >= earliest,
        Appointment.start_at < midnight(reads.today + timedelta(days=1), reads.zone),
        Appointment.status.in_([AppointmentStatus.ARRIVED, AppointmentStatus.IN_ROOM]),
        Appointment.is_deleted.is_(False),
    )
    waiting = Counter(reads.session.scalars(statement))
    timetable = Timetable.load(reads.session)
    minute = minute_of(reads.now, reads.today, reads.zone)
    found = [
        Queue(
            row.id,
            row.name,
            waiting[row.id],
            timetable.is_open(reads.today, Resource(row.id), (minute, minute + 1)),
        )
        for row in staff(reads)
        if row.is_active
    ]
    return tuple(sorted(found, key=lambda each: (not each.works_now, each.waiting)))


@command("appointment.create")
def take_walk_in(uow: UnitOfWork, wish: WalkIn) -> AppointmentChange:
    """Put somebody who came unannounced on the board as arrived now.

    Nothing is checked against the calendar: the person is here already.

    Raises:
        NotFoundError: there is no such patient.
    """
    doctor = wish.practitioner_id
    if doctor is None and wish.next_free:
        doctor = next((each.practitioner_id for each in queues(uow)), None)
    start = uow.now.astimezone(UTC).replace(second=0, microsecond=0)
    row = Appointment(
        id=uow.new_id(),
        patient_id=charts.surviving(uow.session, wish.patient_id),
        practitioner_id=doctor,
        type_id=wish.type_id,
        start_at=start,
        end_at=start + timedelta(minutes=usual_minutes(uow, wish.type_id)),
        status=AppointmentStatus.ARRIVED.value,
        arrived_at=uow.now,
        is_walk_in=True,
        reason=wish.reason.strip(),
        code=fresh_code(uow),
    )
    uow.add(row)
    uow.session.flush()  # fills in what the columns begin with
    return AppointmentChange(row.id, row.code, None, state_of(row))
