"""Every change of an appointment can be taken back, as long as nobody changed it since."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, fields
from datetime import datetime

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.errors import NotFoundError, StaleError
from clinic_desktop.i18n import _
from clinic_desktop.models.scheduling import Appointment, WaitlistEntry
from clinic_desktop.services.access import command, part


@dataclass(frozen=True)
class AppointmentState:
    """All that can change in an appointment."""

    patient_id: uuid.UUID | None
    practitioner_id: uuid.UUID | None
    location_id: uuid.UUID | None
    type_id: uuid.UUID | None
    start_at: datetime
    end_at: datetime
    status: str
    reason: str
    comment: str
    overlap_reason: str
    cancel_reason: str
    arrived_at: datetime | None
    roomed_at: datetime | None
    to_bill_at: datetime | None
    done_at: datetime | None
    encounter_id: uuid.UUID | None
    is_deleted: bool


_FIELDS = tuple(each.name for each in fields(AppointmentState))


@dataclass(frozen=True)
class AppointmentChange:
    """What a command did; give it to ``undo`` to take it back."""

    appointment_id: uuid.UUID
    code: str
    before: AppointmentState | None
    """``None`` when the command made the appointment."""
    after: AppointmentState
    waitlist_id: uuid.UUID | None = None
    """The wait-list entry that the command fulfilled or wrote."""
    waitlist_before: str = ""


def state_of(row: Appointment) -> AppointmentState:
    """The row as it stands now."""
    return AppointmentState(**{name: getattr(row, name) for name in _FIELDS})


@part
def find(uow: UnitOfWork, appointment_id: uuid.UUID) -> Appointment:
    """The row to change.

    Raises:
        NotFoundError: there is no such appointment, or it was taken back.
    """
    row = uow.session.get(Appointment, appointment_id)
    if row is None or row.is_deleted:
        raise NotFoundError(_("There is no such appointment."))
    return row


@command("appointment.amend")
def undo(uow: UnitOfWork, change: AppointmentChange) -> None:
    """Put an appointment back as it was before a change, times of the day included.

    Raises:
        NotFoundError: the appointment is gone.
        StaleError: it was changed again since.
    """
    row = find(uow, change.appointment_id)
    if state_of(row) != change.after:
        raise StaleError(
            _("This appointment was changed again since."),
            kept=_("The newer change was kept."),
            hint=_("Look at it on the board and change it there."),
        )
    if change.before is None:
        row.is_deleted = True
    else:
        for name in _FIELDS:
            setattr(row, name, getattr(change.before, name))
    if change.waitlist_id is not None:
        entry = uow.session.get(WaitlistEntry, change.waitlist_id)
        if entry is not None:
            entry.status = change.waitlist_before
            entry.is_deleted = not change.waitlist_before
