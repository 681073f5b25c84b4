"""Booking: a name, a line such as "tue 10:30 fu", Enter twice."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Hashable
from functools import partial
from typing import Any

from PySide6.QtWidgets import QLineEdit, QVBoxLayout

from clinic_desktop.errors import ClinicError, ValidationError
from clinic_desktop.i18n import _, current, isolate, pgettext
from clinic_desktop.services import drafts, patients
from clinic_desktop.services.drafts import DraftRow
from clinic_desktop.services.patients import PatientRow
from clinic_desktop.services.scheduling.changes import AppointmentChange
from clinic_desktop.services.scheduling.timetable import LONGEST_MIN, SHORTEST_MIN
from clinic_desktop.ui.booking.after import booked
from clinic_desktop.ui.booking.booking_vm import BookingForm, BookingState, BookingVM
from clinic_desktop.ui.booking.slot_fields import SlotFields
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.draft_keeper import DraftKeeper
from clinic_desktop.ui.core.navigator import BookAppointment
from clinic_desktop.ui.core.restored_notice import RestoredNotice
from clinic_desktop.ui.scheduling.patient_field import PatientField
from clinic_desktop.ui.scheduling.words import short_day
from clinic_desktop.ui.theme.tokens import SPACE_4
from clinic_desktop.ui.widgets.choices import Select
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.value_edits import NumberUnitEdit

NONE = ""
"""Stands for "none" in a drop-down, where no value means that nothing is chosen."""


class BookingView(DrawerForm):
    """The drawer that books."""

    def __init__(self, context: Context, destination: BookAppointment) -> None:
        super().__init__()
        self.setObjectName("appointment.book-form")
        self._context = context
        self._print = False
        self._armed = ""
        """The line for which Enter was pressed once; the second time books. An empty line with a
        slot taken from the calendar needs no reading back."""
        form = BookingForm(
            day=destination.day,
            at=destination.at,
            patient_id=destination.patient_id,
            practitioner_id=destination.practitioner_id,
            location_id=destination.location_id,
            waitlist_id=destination.waitlist_id,
        )
        self.vm = BookingVM(context, form, self)
        self._given = destination.patient_id
        self._subject = _subject(destination)
        self.draft = DraftKeeper(
            context.tasks, "appointment", self._subject, self._draft_body, self
        )
        self._build()
        self.setTabOrder(self.patient.combo.edit, self.slot.line)
        self.vm.changed.connect(self._render)
        self.vm.checked.connect(self._on_checked)
        self.vm.saved.connect(self._on_saved)
        self.vm.refused.connect(self._on_refused)
        self.vm.edited.connect(self.draft.touch)
        if destination.unfinished is not None or (destination.day, destination.text) == (None, ""):
            self.draft.load(self._restore)
        if destination.text:
            self.patient.begin(destination.text)
        if destination.patient_id is not None:
            context.tasks.read(
                self, patients.rows, [destination.patient_id], done=self._show_patients
            )

    def _build(self) -> None:
        self.slot = SlotFields(self.vm)
        self.patient = PatientField(self._context)
        self.patient.chosen.connect(self._on_patient)
        self.patient.skipped.connect(self.slot.line.setFocus)
        self.slot.entered.connect(self._on_enter)
        self.kind, self.doctor, self.room = Select(), Select(), Select()
        self.kind.chosen.connect(self._chooser("type_id"))
        self.doctor.chosen.connect(self._chooser("practitioner_id"))
        self.room.chosen.connect(self._chooser("location_id"))
        self.length = NumberUnitEdit(pgettext("unit", "min"))
        self.length.edit.textEdited.connect(self._on_length)
        self.reason = QLineEdit()
        self.reason.textEdited.connect(lambda text: self.vm.choose(reason=text))
        self.reason.returnPressed.connect(lambda: self.submit(print_too=False))
        self._restored = RestoredNotice(self._start_afresh)
        who = Form()
        self.who = who.add(_("Patient"), self.patient, hint=_("Empty: hold the time for something"))
        rest = Form(2)
        rest.add(_("Type"), self.kind)
        rest.add(_("Length"), self.length)
        rest.add(_("Doctor"), self.doctor)
        rest.add(_("Room"), self.room)
        rest.add(_("Reason"), self.reason, span=2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_4)
        column.addWidget(self._restored)
        column.addWidget(who)
        column.addWidget(self.slot)
        column.addWidget(rest)
        column.addStretch(1)
        self.setFocusProxy(self.patient)

    def _chooser(self, field: str) -> Callable[[Hashable], None]:
        return lambda value: self.vm.choose(**{field: value or None})

    def _on_length(self, text: str) -> None:
        minutes = int(text) if text.isdecimal() else 0
        fits = SHORTEST_MIN <= minutes <= LONGEST_MIN
        self.length.set_note("" if fits else _("5 minutes to 12 hours"), wrong=not fits)
        if fits:
            self.vm.choose(duration_min=minutes)

    # ------------------------------------------------------------ the drawer's contract

    def primary_text(self) -> str:
        """What it does."""
        return _("Book appointment")

    def submit(self, print_too: bool) -> None:
        """Book; with Shift print the slip too."""
        state = self.vm.state
        self._print = self._print or print_too
        if state.form.patient_id is None and not state.form.reason.strip():
            self.who.set_error(_("Say who comes, or for what the time is held."))
            self.patient.setFocus()
        elif state.form.plan.error or not state.is_placed:
            self.slot.say_what_is_missing()
        elif state.wants_reason:
            self.slot.reason.setFocus()
        else:
            self.vm.save()

    def may_close(self) -> bool:
        """Esc gives the booking up; for ten seconds it can be brought back."""
        body = self._draft_body()
        self.draft.discard()
        if body is not None:
            again = partial(_bring_back, self._context, self._subject, body)
            self._context.host.toast(_("Not booked."), again, _("Bring it back"))
        return True

    # ------------------------------------------------------------ drafts

    def _draft_body(self) -> dict[str, Any] | None:
        form = self.vm.state.form
        if not (form.text.strip() or form.reason.strip() or form.patient_id != self._given):
            return None
        return self.vm.texts() | {"patient": self.patient.text()}

    def _restore(self, draft: DraftRow | None) -> None:
        if draft is None or self._draft_body() is not None:
            return
        self.vm.take_texts(draft.body)
        form = self.vm.state.form
        if form.patient_id is not None:
            self.patient.combo.set_value(form.patient_id, str(draft.body.get("patient", "")))
        self.slot.line.setText(form.text)
        self.slot.reason.edit.setText(form.overlap_reason)
        self._restored.tell(draft.saved_at, self._context.clock.now())

    def _start_afresh(self) -> None:
        self.draft.discard()
        self.close_requested.emit()
        self._context.navigator.open(BookAppointment(self._given))

    # ------------------------------------------------------------ what happens

    def _show_patients(self, found: list[PatientRow]) -> None:
        if self.patient.text():  # somebody else is meant by now, and must be found first
            if self.patient.value() is None:
                self.vm.choose(patient_id=None)
        elif found:
            self.patient.show_patient(found[0])
            self.slot.line.setFocus()

    def _on_patient(self, patient_id: uuid.UUID | None) -> None:
        self.who.set_error("")
        self.vm.choose(patient_id=patient_id)
        if patient_id is not None:
            self.slot.line.setFocus()

    def _on_enter(self) -> None:
        """The first Enter reads the line back, the second books."""
        text = self.slot.line.text()
        if self._armed == text or self.slot.reason.edit.hasFocus():
            self.submit(print_too=False)
            return
        self._armed = text
        self.vm.check_now()

    def _on_checked(self) -> None:
        if self._armed == self.slot.line.text() and self.vm.state.wants_reason:
            self.slot.reason.setFocus()

    def _on_saved(self, change: AppointmentChange) -> None:
        local = self._context.language.local(change.after.start_at)
        said = _("Booked: {name}, {when}").format(
            name=isolate(self.patient.text() or change.after.reason),
            when=isolate(f"{short_day(local.date())} {current().time(local.time())}"),
        )
        self.draft.discard()
        self.close_requested.emit()
        booked(self._context, change, said, print_slip=self._print)

    def _on_refused(self, error: ClinicError) -> None:
        field = error.field if isinstance(error, ValidationError) else ""
        if field == "overlap_reason":
            self.slot.reason.setFocus()
        elif field == "patient":
            self.who.set_error(str(error))
            self.patient.setFocus()
        elif field:
            self.slot.when.set_error(str(error))
            self.slot.line.setFocus()
        else:
            self._context.host.show_error(error)

    # ------------------------------------------------------------ rendering

    def _render(self, state: BookingState) -> None:
        form, offered = state.form, state.offered
        if not form.plan.error and state.is_placed:
            self.slot.clear_errors()
        _fill(self.kind, [(row.id, row.name) for row in offered.types], _("Any"), form.type_id)
        _fill(
            self.doctor,
            [(row.id, row.name) for row in offered.practitioners],
            _("Nobody yet"),
            form.practitioner_id,
        )
        rooms = [(row.id, row.name) for row in offered.rooms]
        _fill(self.room, rooms, _("None"), form.location_id)
        if not self.length.edit.hasFocus():
            self.length.set_text(current().number(state.minutes))
        if not self.reason.hasFocus():
            self.reason.setText(form.reason)


def _subject(destination: BookAppointment) -> str:
    """What the draft is about: each slot and each patient has one of its own."""
    if destination.unfinished is not None:
        return destination.unfinished
    slot = " ".join(str(part) for part in (destination.day, destination.at) if part is not None)
    return str(destination.patient_id or destination.waitlist_id or slot)


def _bring_back(context: Context, subject: str, body: dict[str, Any]) -> None:
    """Open the form again with what stood in it."""
    tasks = context.tasks
    again = BookAppointment(unfinished=subject)
    tasks.write(
        tasks, drafts.save_draft, "appointment", subject, body,
        done=lambda _at: context.navigator.open(again),
    )  # fmt: skip


def _fill(
    select: Select, options: list[tuple[uuid.UUID, str]], none: str, value: uuid.UUID | None
) -> None:
    wanted: list[tuple[Hashable, str]] = [(NONE, none), *options]
    shown = [(select.itemData(place), select.itemText(place)) for place in range(select.count())]
    if shown != wanted:
        select.clear()
        for key, text in wanted:
            select.addItem(text, key)
    select.set_value(value if value is not None else NONE)
