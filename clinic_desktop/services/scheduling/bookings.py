"""Booking: a patient or a held slot, moved, copied, cut short, or taken as a walk-in."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.codes import AppointmentStatus
from clinic_desktop.domain.slip_codes import slip_code
from clinic_desktop.errors import NotFoundError, RuleError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.practice import Location, Practitioner
from clinic_desktop.models.scheduling import Appointment, AppointmentType, WaitlistEntry
from clinic_desktop.services import charts
from clinic_desktop.services.access import command, part, query
from clinic_desktop.services.scheduling.changes import (
    AppointmentChange,
    AppointmentState,
    find,
    state_of,
)
from clinic_desktop.services.scheduling.clashes import (
    Slot,
    check_slot,
    require_reason,
)
from clinic_desktop.services.scheduling.rows import AppointmentRow, appointments, fetch
from clinic_desktop.services.scheduling.timetable import LONGEST_MIN, SHORTEST_MIN, instant

USUAL_MIN = 20
"""Length of an appointment whose type does not say."""


@dataclass(frozen=True)
class BookAppointment:
    """A new appointment, on the clinic's wall clock."""

    day: date
    at: time
    duration_min: int | None = None
    """``None`` takes the length usual for the type."""
    patient_id: uuid.UUID | None = None
    """``None`` holds the slot without a name; then a reason or comment says for what."""
    type_id: uuid.UUID | None = None
    practitioner_id: uuid.UUID | None = None
    location_id: uuid.UUID | None = None
    reason: str = ""
    comment: str = ""
    overlap_reason: str = ""
    waitlist_id: uuid.UUID | None = None
    """The entry of the wait list that this fulfils."""


@dataclass(frozen=True)
class PlaceAppointment:
    """Where and when an appointment shall be: what dragging, resizing and typing change."""

    appointment_id: uuid.UUID
    day: date
    at: time
    duration_min: int
    practitioner_id: uuid.UUID | None = None
    location_id: uuid.UUID | None = None
    overlap_reason: str = ""
    base: int | None = None


@dataclass(frozen=True)
class ChangeAppointment:
    """The whole form of an appointment."""

    place: PlaceAppointment
    patient_id: uuid.UUID | None = None
    type_id: uuid.UUID | None = None
    reason: str = ""
    comment: str = ""

    @property
    def practitioner_id(self) -> uuid.UUID | None:
        """The doctor."""
        return self.place.practitioner_id

    @property
    def location_id(self) -> uuid.UUID | None:
        """The room."""
        return self.place.location_id


@query("appointment.read")
def appointment(reads: ReadSession, appointment_id: uuid.UUID) -> AppointmentRow:
    """One appointment.

    Raises:
        NotFoundError: there is no such appointment.
    """
    found = fetch(reads, appointments().where(Appointment.id == appointment_id))
    if not found:
        raise NotFoundError(_("There is no such appointment."))
    return found[0]


@command("appointment.create")
def book(uow: UnitOfWork, wish: BookAppointment) -> AppointmentChange:
    """Book a slot for a patient, or hold it without a name.

    Raises:
        ValidationError: no such time on that day, a length out of range, nobody and nothing
            named, or an overlap or closed hours without a reason (field ``overlap_reason``).
        NotFoundError: there is no such patient, doctor, room or type.
    """
    if wish.patient_id is None and not (wish.reason.strip() or wish.comment.strip()):
        raise ValidationError("patient", _("Say who comes, or for what the time is held."))
    _check_refs(uow, wish)
    patient_id = wish.patient_id and charts.surviving(uow.session, wish.patient_id)
    minutes = wish.duration_min or usual_minutes(uow, wish.type_id)
    slot = Slot(
        *_times(uow, wish.day, wish.at, minutes),
        wish.practitioner_id,
        wish.location_id,
        patient_id,
    )
    check = check_slot(uow, slot)
    require_reason(check, wish.overlap_reason)
    row = _new(uow, slot, wish)
    row.overlap_reason = wish.overlap_reason.strip() if check.needs_reason else ""
    uow.add(row)
    uow.session.flush()  # fills in what the columns begin with
    change = AppointmentChange(row.id, row.code, None, state_of(row))
    if wish.waitlist_id is None:
        return change
    entry = uow.session.get(WaitlistEntry, wish.waitlist_id)
    ids = charts.chart_ids(uow.session, patient_id) if patient_id else []
    if entry is None or entry.is_deleted or entry.patient_id not in ids:
        raise NotFoundError(_("This person is not on the wait list any more."))
    before, entry.status = entry.status, "booked"
    return replace(change, waitlist_id=entry.id, waitlist_before=before)


@command("appointment.amend")
def place(uow: UnitOfWork, wish: PlaceAppointment) -> AppointmentChange:
    """Move an appointment to another time, doctor or room, or change its length.

    Raises:
        NotFoundError: there is no such appointment.
        StaleError: it was changed since ``base``.
        ValidationError: as for ``book``.
        RuleError: it is over, and shall go to another day.
    """
    row = find(uow, wish.appointment_id)
    uow.expect("appointment", row.id, wish.base)
    start, end = _times(uow, wish.day, wish.at, wish.duration_min)
    slot = Slot(start, end, wish.practitioner_id, wish.location_id, row.patient_id)
    check = check_slot(uow, slot, ignoring=row.id)
    was, now = ((each.start_at, each.practitioner_id, each.location_id) for each in (row, slot))
    reason = wish.overlap_reason or (row.overlap_reason if was == now else "")
    require_reason(check, reason)
    before = state_of(row)
    row.start_at, row.end_at = start, end
    row.practitioner_id, row.location_id = wish.practitioner_id, wish.location_id
    row.overlap_reason = reason.strip() if check.needs_reason else ""
    _expect_again(uow, row, before)
    return AppointmentChange(row.id, row.code, before, state_of(row))


@command("appointment.amend")
def change(uow: UnitOfWork, wish: ChangeAppointment) -> AppointmentChange:
    """Save the form of an appointment: its place and what it is about.

    Raises:
        NotFoundError, StaleError, ValidationError: as for ``place`` and ``book``.
    """
    if wish.patient_id is None and not (wish.reason.strip() or wish.comment.strip()):
        raise ValidationError("patient", _("Say who comes, or for what the time is held."))
    row = find(uow, wish.place.appointment_id)
    uow.expect("appointment", row.id, wish.place.base)
    before = state_of(row)
    _check_refs(uow, wish)
    row.patient_id = wish.patient_id and charts.surviving(uow.session, wish.patient_id)
    row.type_id = wish.type_id
    row.reason, row.comment = wish.reason.strip(), wish.comment.strip()
    placed = place(uow, replace(wish.place, base=None))
    return replace(placed, before=before)


@command("appointment.create")
def copy(uow: UnitOfWork, wish: PlaceAppointment) -> AppointmentChange:
    """Book the same patient, type and reason once more at another place.

    Raises:
        NotFoundError, ValidationError: as for ``book``.
    """
    row = find(uow, wish.appointment_id)
    return book(
        uow,
        BookAppointment(
            day=wish.day,
            at=wish.at,
            duration_min=wish.duration_min,
            patient_id=row.patient_id,
            type_id=row.type_id,
            practitioner_id=wish.practitioner_id,
            location_id=wish.location_id,
            reason=row.reason,
            comment=row.comment,
            overlap_reason=wish.overlap_reason,
        ),
    )


def _expect_again(uow: UnitOfWork, row: Appointment, before: AppointmentState) -> None:
    """After a move the person is expected anew: nobody confirmed this time or came to it yet."""
    old, new = (at.astimezone(uow.zone).date() for at in (before.start_at, row.start_at))
    status = AppointmentStatus(row.status)
    if old == new:
        if status == AppointmentStatus.CONFIRMED and row.start_at != before.start_at:
            row.status = AppointmentStatus.BOOKED
    elif status.is_expected or status == AppointmentStatus.ARRIVED:
        row.status, row.arrived_at = AppointmentStatus.BOOKED, None
    else:
        raise RuleError(
            _("This appointment is over; it cannot be moved to another day."),
            kept=_("It stays where it is."),
            hint=_("Book a new one."),
        )


@part
def usual_minutes(reads: ReadSession, type_id: uuid.UUID | None) -> int:
    """The length of a type of appointment."""
    kind = reads.session.get(AppointmentType, type_id) if type_id is not None else None
    return kind.duration_min if kind is not None else USUAL_MIN


def _new(uow: UnitOfWork, slot: Slot, wish: BookAppointment) -> Appointment:
    return Appointment(
        id=uow.new_id(),
        patient_id=slot.patient_id,
        practitioner_id=slot.practitioner_id,
        location_id=slot.location_id,
        type_id=wish.type_id,
        start_at=slot.start_at,
        end_at=slot.end_at,
        status=AppointmentStatus.BOOKED.value,
        reason=wish.reason.strip(),
        comment=wish.comment.strip(),
        code=fresh_code(uow),
    )


def _times(uow: UnitOfWork, day: date, at: time, minutes: int) -> tuple[datetime, datetime]:
    if not SHORTEST_MIN <= minutes <= LONGEST_MIN:
        raise ValidationError(
            "duration",
            _("An appointment lasts {shortest} minutes to {longest} hours.").format(
                shortest=SHORTEST_MIN, longest=LONGEST_MIN // 60
            ),
        )
    start = instant(day, at, uow.zone)
    if start is None:
        raise ValidationError(
            "start",
            _("This time does not exist on that day: the clocks go forward."),
            hint=_("Choose a time after the change."),
        )
    return start, start + timedelta(minutes=minutes)


def _check_refs(uow: UnitOfWork, wish: BookAppointment | ChangeAppointment) -> None:
    wanted: tuple[tuple[type, uuid.UUID | None, str], ...] = (
        (Practitioner, wish.practitioner_id, _("There is no such doctor.")),
        (Location, wish.location_id, _("There is no such room.")),
        (AppointmentType, wish.type_id, _("There is no such type of appointment.")),
    )
    for model, row_id, message in wanted:
        if row_id is None:
            continue
        row = uow.session.get(model, row_id)
        if row is None or row.is_deleted:
            raise NotFoundError(message)


@part
def fresh_code(uow: UnitOfWork) -> str:
    """A code for a slip that no other appointment has."""
    while True:
        code = slip_code(uow.new_id())
        taken = select(Appointment.id).where(Appointment.code == code).limit(1)
        if uow.session.scalar(taken) is None:
            return code
