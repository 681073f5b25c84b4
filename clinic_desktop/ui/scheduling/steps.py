"""The steps of an appointment as the board and the calendar take them, each with its undo."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject

from clinic_desktop.domain.codes import AppointmentStatus
from clinic_desktop.domain.permissions import allowed
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, isolate
from clinic_desktop.services import encounters
from clinic_desktop.services.scheduling import changes, flow, waitlist
from clinic_desktop.services.scheduling.changes import AppointmentChange
from clinic_desktop.services.scheduling.rows import AppointmentRow
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.actions import Action
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.scheduling.cancel_form import CancelForm
from clinic_desktop.ui.scheduling.words import name_of
from clinic_desktop.ui.theme.icons import Icon

S = AppointmentStatus


_NEEDS = {
    "visit.start": "visit.create",
    "appointment.bill": "invoice.read",
    "appointment.slip": "appointment.read",
    "appointment.decide": "conflict.read",
}
"""The rights of steps that do not change the appointment alone."""


@dataclass(frozen=True)
class Step:
    """One thing to do with an appointment. ``letter`` does it on a focused list."""

    name: str
    letter: str
    title: str
    icon: str
    run: Callable[[AppointmentRow], None]


class Steps(QObject):
    """What can be done with an appointment, wherever it is shown."""

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context

    def all(self) -> tuple[Step, ...]:
        """The steps of the signed-in person with their letters, in the order of the day."""
        actor = self._context.actor
        return tuple(
            step
            for step in self._steps()
            if allowed(actor, _NEEDS.get(step.name, "appointment.amend"))
        )

    def _steps(self) -> tuple[Step, ...]:
        takes_money = allowed(self._context.actor, "payment.create")
        bill = _("Take payment") if takes_money else _("Issue the invoice")
        return (
            Step("appointment.confirm", "C", _("Confirm"), Icon.CHECK, self.confirm),
            Step("appointment.arrive", "A", _("Mark arrived"), Icon.ARRIVED, self.arrive),
            Step("appointment.room", "R", _("Bring to the room"), Icon.ROOM, self.seat),
            Step("visit.start", "V", _("Start visit"), Icon.START, self.start_visit),
            Step("appointment.bill", "B", bill, Icon.BILLING, self.bill),
            Step("appointment.move", "M", _("Move appointment"), Icon.MOVE, self.move),
            Step("appointment.no-show", "N", _("Did not come"), Icon.STOP, self.no_show),
            Step("appointment.wait-list", "W", _("Send to the wait list"), Icon.CLOCK,
                 self.to_waitlist),
            Step("appointment.decide", "D", _("Decide what is asked"), Icon.CONFLICT, self.decide),
            Step("appointment.slip", "P", _("Print the slip"), Icon.PRINT, self.print_slip),
            Step("appointment.cancel", "X", _("Cancel appointment"), Icon.CLOSE, self.cancel),
        )  # fmt: skip

    def actions(self, current: Callable[[], AppointmentRow | None]) -> tuple[Action, ...]:
        """The steps for the palette and the list of keys; they act on the row ``current``."""
        section = _("Appointment")

        def run(step: Step) -> None:
            row = current()
            if row is not None:
                step.run(row)

        return tuple(
            Action(step.name, step.title, partial(run, step), step.letter, step.icon, section)
            for step in self.all()
        )

    def next_for(self, row: AppointmentRow) -> Step | None:
        """The next logical step; nothing once it is over."""
        doctor = allowed(self._context.actor, "visit.create")
        wanted = {
            S.BOOKED: "appointment.arrive",
            S.CONFIRMED: "appointment.arrive",
            S.ARRIVED: "visit.start" if doctor and row.person else "appointment.room",
            S.IN_ROOM: "visit.start" if doctor and row.person else "appointment.bill",
            S.TO_BILL: "appointment.bill",
            S.NO_SHOW: "appointment.arrive",
        }.get(row.status)
        return next((step for step in self.all() if step.name == wanted), None)

    # ------------------------------------------------------------ the steps

    def confirm(self, row: AppointmentRow) -> None:
        """The person said they will come."""
        self._go(row, S.CONFIRMED, _("{name} is confirmed"))

    def arrive(self, row: AppointmentRow) -> None:
        """The person stands at the desk."""
        self._go(row, S.ARRIVED, _("{name} has arrived"))

    def seat(self, row: AppointmentRow) -> None:
        """The person goes in."""
        self._go(row, S.IN_ROOM, _("{name} is in the room"))

    def no_show(self, row: AppointmentRow) -> None:
        """The person did not come."""
        self._go(row, S.NO_SHOW, _("{name} did not come"))

    def bill(self, row: AppointmentRow) -> None:
        """The visit is over: open what there is to pay."""
        if row.status in {S.ARRIVED, S.IN_ROOM}:
            self._go(row, S.TO_BILL, _("{name} goes to the bill"))
        if row.person is not None:
            self._context.navigator.open(to.Billing(row.person.patient_id, row.encounter_id))

    def start_visit(self, row: AppointmentRow) -> None:
        """Open the editor of the visit with the template of the appointment's type."""
        self._context.tasks.write(
            self,
            encounters.start_visit,
            appointment_id=row.id,
            done=lambda begun: self._context.navigator.open(
                to.Visit(begun.patient_id, begun.encounter_id)
            ),
        )

    def open_chart(self, row: AppointmentRow) -> None:
        """Look at the patient's chart."""
        if row.person is not None:
            self._context.navigator.open(to.Chart(row.person.patient_id))

    def decide(self, row: AppointmentRow) -> None:
        """Go to what PCs wrote differently about the appointment or the person."""
        if row.question_id is None:
            self._context.host.toast(_("Nothing is to be decided here."))
        else:
            self._context.navigator.open(to.Conflicts(conflict_id=row.question_id))

    def move(self, row: AppointmentRow) -> None:
        """Type another time."""
        self._context.navigator.open(to.MoveAppointment(row.id))

    def print_slip(self, row: AppointmentRow) -> None:
        """Print the paper the patient takes home."""
        self._context.printing.print_paper("appointment-slip", row.id)

    def cancel(self, row: AppointmentRow) -> None:
        """Ask why, then cancel; whoever waits for such a time is named."""
        form = CancelForm(self._context, row, lambda: self.cancel(row))
        form.cancelled.connect(self.remember)
        self._context.host.show_drawer(form, _("Cancel appointment"))

    def to_waitlist(self, row: AppointmentRow) -> None:
        """Give the time up for a place on the wait list."""
        self._write(waitlist.send_to_waitlist, row.id, said=_("{name} waits for another time"),
                    row=row)  # fmt: skip

    # ------------------------------------------------------------ undo

    def remember(self, change: AppointmentChange, said: str) -> None:
        """Say what was done, and offer to take it back."""
        self._context.host.toast(said, lambda: self.undo(change))

    def undo(self, change: AppointmentChange) -> None:
        """Take a step back."""
        tasks, host = self._context.tasks, self._context.host
        tasks.write(self, changes.undo, change, done=lambda _none: host.toast(_("Taken back")))

    def _go(self, row: AppointmentRow, status: AppointmentStatus, said: str) -> None:
        if row.status == status:
            return
        if row.status == S.DONE:  # a letter pressed on the wrong line must not open it again
            said = _("{name} has been here and is done.").format(name=isolate(name_of(row)))
            self._context.host.toast(said)
            return
        wish = flow.ChangeStatus(row.id, status)
        self._write(flow.change_status, wish, said=said, row=row)

    def _write(
        self,
        command: Callable[..., AppointmentChange],
        wish: flow.ChangeStatus | uuid.UUID,
        *,
        said: str,
        row: AppointmentRow,
    ) -> None:
        sentence = said.format(name=isolate(name_of(row)))
        self._context.tasks.write(
            self,
            command,
            wish,
            done=lambda change: self.remember(change, sentence),
            failed=self._failed,
        )

    def _failed(self, error: ClinicError) -> None:
        self._context.host.show_error(error)
