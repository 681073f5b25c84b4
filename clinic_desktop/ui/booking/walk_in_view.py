"""Somebody at the desk without an appointment: name, doctor or the next free one, Enter."""

from __future__ import annotations

import uuid
from collections.abc import Hashable
from functools import partial

from PySide6.QtWidgets import QLineEdit, QVBoxLayout

from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, current, isolate, ngettext
from clinic_desktop.services import patients
from clinic_desktop.services.patients import PatientRow
from clinic_desktop.services.scheduling import resources, walk_ins
from clinic_desktop.services.scheduling.changes import AppointmentChange
from clinic_desktop.services.scheduling.resources import TypeRow
from clinic_desktop.services.scheduling.walk_ins import Queue
from clinic_desktop.ui.booking.after import booked
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.core.navigator import WalkIn
from clinic_desktop.ui.scheduling.patient_field import PatientField
from clinic_desktop.ui.theme.tokens import SPACE_4
from clinic_desktop.ui.widgets.choices import Select
from clinic_desktop.ui.widgets.form import Form

NEXT_FREE = "next-free"
NOBODY = "nobody"


class WalkInView(DrawerForm):
    """The drawer that puts a walk-in on the board."""

    def __init__(self, context: Context, destination: WalkIn) -> None:
        super().__init__()
        self.setObjectName("appointment.walk-in-form")
        self._context = context
        self._saving = False
        self.patient = PatientField(context)
        self.patient.chosen.connect(self._on_patient)
        self.doctor = Select([(NEXT_FREE, _("Next free doctor"))], NEXT_FREE)
        self.kind = Select([("", _("Any"))], "")
        self.reason = QLineEdit()
        self.reason.returnPressed.connect(lambda: self.submit(print_too=False))
        self._again = partial(context.navigator.open, destination)
        subject = str(destination.patient_id or "")
        self.draft = FieldDraft(context, "walk-in", subject, self)
        form = Form()
        self.who = form.add(_("Patient"), self.patient, required=True)
        form.add(_("Reason"), self.reason)
        form.add(_("Doctor"), self.doctor)
        form.add(_("Type"), self.kind)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_4)
        column.addWidget(self.draft.notice)
        column.addWidget(form)
        column.addStretch(1)
        self.setFocusProxy(self.patient)
        self.patient.keep_in(self.draft)
        for name, field in (("reason", self.reason), ("doctor", self.doctor), ("type", self.kind)):
            self.draft.keep(name, field)
        context.tasks.read(self, walk_ins.queues, done=self._show_queues)
        context.tasks.read(self, resources.types, done=self._show_types)
        if destination.patient_id is not None:
            context.tasks.read(self, patients.rows, [destination.patient_id], done=self._show_first)
        else:
            self.draft.begin()

    def primary_text(self) -> str:
        """What it does."""
        return _("Put on the board")

    def submit(self, print_too: bool) -> None:
        """Put the person on the board as arrived."""
        patient_id = self.patient.value()
        if patient_id is None:
            self.who.set_error(_("Say who has come."))
            self.patient.setFocus()
            return
        if self._saving:
            return
        self._saving = True
        doctor = self.doctor.value()
        wish = walk_ins.WalkIn(
            patient_id,
            practitioner_id=doctor if isinstance(doctor, uuid.UUID) else None,
            next_free=doctor == NEXT_FREE,
            type_id=_id(self.kind.value()),
            reason=self.reason.text(),
        )
        self._context.tasks.write(
            self,
            walk_ins.take_walk_in,
            wish,
            done=lambda change: self._done(change, print_slip=print_too),
            failed=self._failed,
        )

    def may_close(self) -> bool:
        """Esc gives it up; for ten seconds it can be brought back."""
        return self._saving or self.draft.give_up(self._again)

    def _show_queues(self, found: tuple[Queue, ...]) -> None:
        for queue in found:
            waiting = ngettext("{n} waiting", "{n} waiting", queue.waiting).format(
                n=current().number(queue.waiting)
            )
            away = "" if queue.works_now else _("not at work now")
            facts = " · ".join(filter(None, (waiting, away)))
            self.doctor.addItem(f"{queue.practitioner} – {facts}", queue.practitioner_id)
        self.doctor.addItem(_("Nobody yet"), NOBODY)
        self.draft.put_again("doctor")

    def _show_types(self, found: tuple[TypeRow, ...]) -> None:
        for kind in found:
            if kind.is_active:
                self.kind.addItem(kind.name, kind.id)
        self.draft.put_again("type")

    def _show_first(self, found: list[PatientRow]) -> None:
        if found and not self.patient.text():  # else somebody else is meant by now
            self.patient.show_patient(found[0])
            self.reason.setFocus()
        self.draft.begin()

    def _on_patient(self, patient_id: uuid.UUID | None) -> None:
        self.who.set_error("")
        if patient_id is not None:
            self.reason.setFocus()

    def _done(self, change: AppointmentChange, *, print_slip: bool) -> None:
        said = _("{name} has arrived").format(name=isolate(self.patient.text()))
        self.draft.forget()
        self.close_requested.emit()
        booked(self._context, change, said, print_slip=print_slip)

    def _failed(self, error: ClinicError) -> None:
        self._saving = False
        self._context.host.show_error(error)


def _id(value: Hashable | None) -> uuid.UUID | None:
    return value if isinstance(value, uuid.UUID) else None
