"""Moving an appointment: one line and Enter."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QVBoxLayout

from clinic_desktop.db.journal import Changes
from clinic_desktop.errors import ClinicError, StaleError, ValidationError
from clinic_desktop.i18n import _, current, isolate
from clinic_desktop.services.scheduling.changes import AppointmentChange
from clinic_desktop.services.scheduling.rows import AppointmentRow
from clinic_desktop.ui.booking.after import booked
from clinic_desktop.ui.booking.booking_vm import BookingForm, BookingState, BookingVM
from clinic_desktop.ui.booking.slot_fields import SlotFields
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.core.navigator import MoveAppointment
from clinic_desktop.ui.scheduling.words import changed_words, name_of, short_day, told_words
from clinic_desktop.ui.theme.tokens import SPACE_1, SPACE_4, Tone
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice


class MoveView(DrawerForm):
    """Type "fri 9:15" and press Enter."""

    def __init__(self, context: Context, destination: MoveAppointment) -> None:
        super().__init__()
        self.setObjectName("appointment.move-form")
        self._context = context
        self.vm = BookingVM(context, BookingForm(), self)
        self._who = Label(" ", "title", wrap=True)
        self._when = Label("", tone="muted", wrap=True)
        self.notice = Notice(Tone.WARN, "")
        self.notice.hide()
        self._is_saving = False
        self._is_first = True
        """Nobody has shown the appointment yet."""
        self.slot = SlotFields(self.vm)
        self.slot.line.setPlaceholderText(_("fri 9:15"))
        self.slot.entered.connect(lambda: self.submit(print_too=False))
        words = QVBoxLayout()
        words.setSpacing(SPACE_1)
        words.addWidget(self._who)
        words.addWidget(self._when)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_4)
        column.addLayout(words)
        self.draft = FieldDraft(context, "move", str(destination.appointment_id), self)
        column.addWidget(self.draft.notice)
        column.addWidget(self.notice)
        column.addWidget(self.slot)
        column.addStretch(1)
        self.setFocusProxy(self.slot.line)
        self.vm.row_opened.connect(self._show_row)
        self.vm.row_changed.connect(self._on_row_changed)
        context.tasks.committed.connect(self._on_committed)
        self.vm.changed.connect(self._on_changed)
        self.vm.saved.connect(self._on_saved)
        self.vm.refused.connect(self._on_refused)
        self._again = partial(context.navigator.open, destination)
        self._keep()
        self.vm.open_row(destination.appointment_id)

    def _keep(self) -> None:
        line, vm = self.slot.line, self.vm
        self.draft.keep_by("text", line.text, self._type, line.textChanged)
        self.draft.keep("overlap_reason", self.slot.reason.edit)
        self.draft.keep_by("chosen", vm.chosen, vm.choose_again, vm.edited)
        self.draft.begin()

    def _type(self, text: object) -> None:
        self.slot.line.setText(str(text))
        self.vm.type_line(str(text))

    def primary_text(self) -> str:
        """What it does."""
        return _("Move appointment")

    def submit(self, print_too: bool) -> None:
        """Move it, once day and time are known."""
        state = self.vm.state
        if self.vm.row is None or not state.form.text.strip() or state.form.plan.error:
            self.slot.say_what_is_missing()
        elif state.wants_reason:
            self.slot.reason.setFocus()
        else:
            self._is_saving = True
            self.vm.save()

    def may_close(self) -> bool:
        """Esc gives it up; for ten seconds it can be brought back."""
        return self.draft.give_up(self._again)

    def _show_row(self, row: AppointmentRow) -> None:
        self._who.setText(name_of(row))
        self._when.setText(told_words(row))
        if self._is_first:  # what was given back before is chosen for this appointment
            self._is_first = False
            self.draft.put_again("chosen")

    def _on_committed(self, changes: Changes) -> None:
        if changes.touches("appointment") and not self._is_saving:
            self.vm.look_again()

    def _on_row_changed(self, before: AppointmentRow, now: AppointmentRow) -> None:
        """Both are told, and what was typed is still there."""
        self.notice.set_words(Tone.WARN, *changed_words(before, now))
        self.notice.show()
        self.notice.say()

    def _on_changed(self, state: BookingState) -> None:
        if not state.form.plan.error:
            self.slot.clear_errors()

    def _on_saved(self, change: AppointmentChange) -> None:
        local = self._context.language.local(change.after.start_at)
        said = _("{name} moved to {when}").format(
            name=isolate(self._who.text()),
            when=isolate(f"{short_day(local.date())} {current().time(local.time())}"),
        )
        self.draft.forget()
        self.close_requested.emit()
        booked(self._context, change, said)

    def _on_refused(self, error: ClinicError) -> None:
        self._is_saving = False
        if isinstance(error, StaleError):
            self.vm.look_again()  # a notice with both follows
            return
        if isinstance(error, ValidationError) and error.field == "overlap_reason":
            self.slot.reason.setFocus()
        elif isinstance(error, ValidationError):
            self.slot.when.set_error(str(error))
            self.slot.line.setFocus()
        else:
            self._context.host.show_error(error)
