"""The wait list: who wants an earlier or any free time, and whom a freed slot suits."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.codes import AppointmentStatus
from clinic_desktop.errors import NotFoundError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.patient import Patient
from clinic_desktop.models.practice import Practitioner
from clinic_desktop.models.scheduling import AppointmentType, WaitlistEntry
from clinic_desktop.services import charts
from clinic_desktop.services.access import command, query
from clinic_desktop.services.scheduling.changes import AppointmentChange, find
from clinic_desktop.services.scheduling.flow import ChangeStatus, change_status
from clinic_desktop.services.scheduling.openings import DayPart
from clinic_desktop.services.scheduling.rows import Person, person

URGENT = "urgent"
"""Instead of a part of the day: any time, before everyone else."""
WAITING, BOOKED, REMOVED = "waiting", "booked", "removed"


@dataclass(frozen=True)
class AddToWaitlist:
    """Somebody who wants a time. ``preference`` is a ``DayPart`` or ``URGENT``."""

    patient_id: uuid.UUID
    practitioner_id: uuid.UUID | None = None
    type_id: uuid.UUID | None = None
    from_on: date | None = None
    to_on: date | None = None
    preference: str = ""
    note: str = ""


@dataclass(frozen=True)
class WaitlistRow:
    """One line of the wait list."""

    id: uuid.UUID
    person: Person
    practitioner_id: uuid.UUID | None
    practitioner: str
    type_id: uuid.UUID | None
    type_name: str
    duration_min: int | None
    from_on: date | None
    to_on: date | None
    preference: str
    note: str

    @property
    def is_urgent(self) -> bool:
        """Whether this person comes first."""
        return self.preference == URGENT


@query("appointment.read")
def waitlist(reads: ReadSession) -> tuple[WaitlistRow, ...]:
    """Everyone who waits, the urgent first, then those who have waited longest.

    Wishes for days that are over stay until somebody removes them.
    """
    statement = (
        select(WaitlistEntry, Patient, Practitioner.name, AppointmentType)
        .join(Patient, Patient.id == WaitlistEntry.patient_id)
        .outerjoin(Practitioner, Practitioner.id == WaitlistEntry.practitioner_id)
        .outerjoin(AppointmentType, AppointmentType.id == WaitlistEntry.type_id)
        .where(WaitlistEntry.status == WAITING, WaitlistEntry.is_deleted.is_(False))
        .order_by(WaitlistEntry.preference != URGENT, WaitlistEntry.id)
    )
    found = []
    for entry, patient, practitioner, kind in reads.session.execute(statement):
        who = person(reads, patient)
        if who is None:
            continue
        found.append(
            WaitlistRow(
                entry.id,
                who,
                entry.practitioner_id,
                practitioner or "",
                entry.type_id,
                kind.name if kind else "",
                kind.duration_min if kind else None,
                entry.from_on,
                entry.to_on,
                entry.preference,
                entry.note,
            )
        )
    return tuple(found)


@query("appointment.read")
def matches(
    reads: ReadSession,
    start_at: datetime,
    end_at: datetime,
    practitioner_id: uuid.UUID | None = None,
) -> tuple[WaitlistRow, ...]:
    """Whom a free slot suits, the urgent first."""
    local = start_at.astimezone(reads.zone)
    minute = local.hour * 60 + local.minute
    minutes = int((end_at - start_at).total_seconds()) // 60

    def suits(row: WaitlistRow) -> bool:
        first, last = _part(row.preference).span
        return (
            (row.from_on is None or row.from_on <= local.date())
            and (row.to_on is None or local.date() <= row.to_on)
            and first <= minute < last
            and (row.duration_min is None or row.duration_min <= minutes)
            and row.practitioner_id in {None, practitioner_id}
        )

    return tuple(row for row in waitlist(reads) if suits(row))


def _part(preference: str) -> DayPart:
    return DayPart(preference) if preference in set(DayPart) else DayPart.ANY


@command("appointment.create")
def add(uow: UnitOfWork, wish: AddToWaitlist) -> uuid.UUID:
    """Put a patient on the wait list.

    Raises:
        NotFoundError: there is no such patient.
        ValidationError: the period ends before it begins.
    """
    if wish.from_on and wish.to_on and wish.to_on < wish.from_on:
        raise ValidationError("to_on", _("The last day comes before the first."))
    entry = WaitlistEntry(
        id=uow.new_id(),
        patient_id=charts.surviving(uow.session, wish.patient_id),
        practitioner_id=wish.practitioner_id,
        type_id=wish.type_id,
        from_on=wish.from_on,
        to_on=wish.to_on,
        preference=wish.preference,
        note=wish.note.strip(),
        status=WAITING,
    )
    uow.add(entry)
    return entry.id


@command("appointment.amend")
def remove(uow: UnitOfWork, entry_id: uuid.UUID, *, restore: bool = False) -> None:
    """Take a person off the wait list, or put one taken off back.

    Raises:
        NotFoundError: there is no such entry.
    """
    entry = uow.session.get(WaitlistEntry, entry_id)
    if entry is None or entry.is_deleted:
        raise NotFoundError(_("This person is not on the wait list any more."))
    entry.status = WAITING if restore else REMOVED


@command("appointment.amend")
def send_to_waitlist(uow: UnitOfWork, appointment_id: uuid.UUID) -> AppointmentChange:
    """Give an appointment up for a place on the wait list, for the same doctor and type.

    Raises:
        NotFoundError: there is no such appointment.
        ValidationError: the slot is held without a name.
        RuleError: the person is here already, or the appointment is over.
    """
    row = find(uow, appointment_id)
    if row.patient_id is None:
        raise ValidationError("patient", _("A slot without a name cannot wait."))
    wish = AddToWaitlist(row.patient_id, row.practitioner_id, row.type_id, note=row.reason)
    entry_id = add(uow, wish)
    change = change_status(
        uow,
        ChangeStatus(row.id, AppointmentStatus.CANCELLED, reason=_("Moved to the wait list")),
    )
    return AppointmentChange(
        change.appointment_id, change.code, change.before, change.after, entry_id, ""
    )
