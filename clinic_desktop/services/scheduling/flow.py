"""The way through the day: confirmed, arrived, in the room, to the bill, done."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.codes import AppointmentStatus, can_move
from clinic_desktop.errors import RuleError, StaleError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.scheduling import Appointment
from clinic_desktop.services.access import command, part
from clinic_desktop.services.scheduling.changes import AppointmentChange, find, state_of

_FLOW = (
    AppointmentStatus.ARRIVED,
    AppointmentStatus.IN_ROOM,
    AppointmentStatus.TO_BILL,
    AppointmentStatus.DONE,
)
_OF_VISIT = "SELECT id FROM appointment WHERE encounter_id = ? AND is_deleted = 0 LIMIT 1"


@dataclass(frozen=True)
class ChangeStatus:
    """The next step of one appointment."""

    appointment_id: uuid.UUID
    status: AppointmentStatus
    seen: str = ""
    """The status on the screen; when it is another by now, somebody else was faster."""
    location_id: uuid.UUID | None = None
    """The room, when the person is brought into one."""
    reason: str = ""
    """Why it is cancelled."""
    base: int | None = None
    """The version that a form showed; when it is another by now, somebody changed something."""


@command("appointment.amend")
def change_status(uow: UnitOfWork, wish: ChangeStatus) -> AppointmentChange:
    """Move an appointment on, or back; the moment is kept with the step.

    A step back forgets the moments of the steps after it.

    Raises:
        NotFoundError: there is no such appointment.
        StaleError: somebody else moved it since it was shown.
        RuleError: the step cannot follow from where it stands.
        ValidationError: a cancellation without a reason.
    """
    row = find(uow, wish.appointment_id)
    if wish.seen and row.status != wish.seen:
        raise StaleError(
            _("Somebody else has just moved this appointment on."),
            kept=_("Their change was kept."),
            hint=_("Look at the board again."),
        )
    uow.expect("appointment", row.id, wish.base)
    if wish.status == AppointmentStatus.CANCELLED and not wish.reason.strip():
        raise ValidationError("cancel_reason", _("Say why it is cancelled."))
    before = state_of(row)
    _set(uow, row, wish.status)
    row.cancel_reason = wish.reason.strip() if wish.status == AppointmentStatus.CANCELLED else ""
    if wish.location_id is not None:
        row.location_id = wish.location_id
    return AppointmentChange(row.id, row.code, before, state_of(row))


@part
def encounter_reached(uow: UnitOfWork, encounter_id: uuid.UUID, status: AppointmentStatus) -> None:
    """Move the appointment of a visit on, if the visit has one and the step can follow."""
    for (row_id,) in uow.plain(Appointment, _OF_VISIT, encounter_id.bytes):
        row = find(uow, uuid.UUID(bytes=row_id))
        if row.status != status and can_move(row.status, status):
            _set(uow, row, status)


def _set(uow: UnitOfWork, row: Appointment, status: AppointmentStatus) -> None:
    if not can_move(row.status, status):
        raise RuleError(
            _("This step cannot follow from where the appointment stands."),
            kept=_("Nothing was changed."),
            hint=_("Take the last step back first."),
        )
    row.status = status
    reached = _FLOW.index(status) if status in _FLOW else -1
    if status.takes_time:  # who left without being seen did arrive
        for step in _FLOW[reached + 1 :]:
            setattr(row, step.stamp, None)
    if status.stamp:
        setattr(row, status.stamp, uow.now)
