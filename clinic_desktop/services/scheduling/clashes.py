"""What speaks against a slot. Nothing forbids it: a reason is asked, and kept."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_

from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.codes import AppointmentStatus
from clinic_desktop.errors import ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.patient import Patient
from clinic_desktop.models.scheduling import Appointment
from clinic_desktop.services import charts
from clinic_desktop.services.access import query
from clinic_desktop.services.scheduling.rows import AppointmentRow, appointments, fetch
from clinic_desktop.services.scheduling.timetable import (
    LONGEST_MIN,
    PRACTICE,
    ClosedDays,
    Resource,
    Timetable,
    days_of,
)
from clinic_desktop.services.scheduling.versions import Place, versions_of_appointments

FREE_AGAIN = (AppointmentStatus.NO_SHOW, AppointmentStatus.CANCELLED)


@dataclass(frozen=True)
class Slot:
    """A time with a doctor, in a room, for a patient; each of the three may be open."""

    start_at: datetime
    end_at: datetime
    practitioner_id: uuid.UUID | None = None
    location_id: uuid.UUID | None = None
    patient_id: uuid.UUID | None = None


@dataclass(frozen=True)
class SlotCheck:
    """What was found about a slot."""

    overlaps: tuple[AppointmentRow, ...] = ()
    closure: ClosedDays | None = None
    outside_hours: bool = False
    is_past: bool = False
    has_died: bool = False

    @property
    def needs_reason(self) -> bool:
        """Whether booking it anyway asks for a reason."""
        closed = self.closure is not None or self.outside_hours
        return self.has_died or bool(self.overlaps) or closed


@query("appointment.read")
def check_slot(reads: ReadSession, slot: Slot, *, ignoring: uuid.UUID | None = None) -> SlotCheck:
    """Who else is there at that time, and whether the practice works then.

    ``ignoring`` is the appointment being moved.
    """
    timetable = Timetable.load(reads.session)
    days = days_of(slot.start_at, slot.end_at, reads.zone)
    whose = [Resource(slot.practitioner_id), Resource(location_id=slot.location_id)]
    asked = [each for each in whose if each != PRACTICE] or [PRACTICE]
    closed = (timetable.closure(day, slot.practitioner_id) for day, _span in days)
    closure = next(filter(None, closed), None)
    return SlotCheck(
        overlaps=_overlaps(reads, slot, ignoring),
        closure=closure,
        outside_hours=closure is None
        and not all(timetable.is_open(day, each, span) for each in asked for day, span in days),
        is_past=slot.end_at <= reads.now,
        has_died=_has_died(reads, slot.patient_id),
    )


def require_reason(check: SlotCheck, reason: str) -> None:
    """Refuse a slot that something speaks against until a reason is given.

    Raises:
        ValidationError: for the field ``overlap_reason``.
    """
    if not check.needs_reason or reason.strip():
        return
    if check.has_died:
        message = _("The patient has died.")
    elif check.overlaps:
        message = _("Somebody is booked at this time already.")
    elif check.closure is not None:
        message = _("The practice or the doctor does not work on this day.")
    else:
        message = _("This is outside the working hours.")
    raise ValidationError(
        "overlap_reason",
        message,
        kept=_("Nothing was booked."),
        hint=_("Choose another time, or say why it is booked all the same."),
    )


def _has_died(reads: ReadSession, patient_id: uuid.UUID | None) -> bool:
    patient = None if patient_id is None else reads.session.get(Patient, patient_id)
    return patient is not None and patient.deceased


def _overlaps(
    reads: ReadSession, slot: Slot, ignoring: uuid.UUID | None
) -> tuple[AppointmentRow, ...]:
    same, chart = [], frozenset[uuid.UUID]()
    if slot.practitioner_id is not None:
        same.append(Appointment.practitioner_id == slot.practitioner_id)
    if slot.location_id is not None:
        same.append(Appointment.location_id == slot.location_id)
    if slot.patient_id is not None:
        chart = frozenset(charts.chart_ids(reads.session, slot.patient_id))
        same.append(Appointment.patient_id.in_(chart))
    if not same:
        return ()
    found = (
        appointments()
        .where(
            Appointment.start_at > slot.start_at - timedelta(minutes=LONGEST_MIN),
            Appointment.start_at < slot.end_at,
            Appointment.end_at > slot.start_at,
            Appointment.status.not_in(FREE_AGAIN),
            or_(*same),
        )
        .order_by(Appointment.start_at, Appointment.id)
    )
    rows = {row.id: row for row in fetch(reads, found)}
    told = [each for each in versions_of_appointments(reads).places() if _is_at(each, slot, chart)]
    missing = {each.appointment_id for each in told} - rows.keys()
    if missing:
        rows |= {
            row.id: row for row in fetch(reads, appointments().where(Appointment.id.in_(missing)))
        }
    return tuple(row for row in rows.values() if row.id != ignoring)


def _is_at(place: Place, slot: Slot, chart: Collection[uuid.UUID]) -> bool:
    """Whether an appointment is at a slot by a version that nobody has decided on."""
    if place.status in FREE_AGAIN or place.start_at >= slot.end_at or place.end_at <= slot.start_at:
        return False
    pairs = (
        (place.practitioner_id, slot.practitioner_id),
        (place.location_id, slot.location_id),
    )
    is_same = any(wanted is not None and held == wanted for held, wanted in pairs)
    return is_same or place.patient_id in chart
