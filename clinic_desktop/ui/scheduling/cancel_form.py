"""The drawer that asks why an appointment is cancelled."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout

from clinic_desktop.db.journal import Changes
from clinic_desktop.domain.codes import AppointmentStatus
from clinic_desktop.errors import ClinicError, StaleError
from clinic_desktop.i18n import _, commas, isolate
from clinic_desktop.services.scheduling import bookings, flow, waitlist
from clinic_desktop.services.scheduling.changes import AppointmentChange
from clinic_desktop.services.scheduling.rows import AppointmentRow
from clinic_desktop.services.scheduling.waitlist import WaitlistRow
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.scheduling.reason_field import ReasonField, cancel_reasons
from clinic_desktop.ui.scheduling.words import changed_words, day_in, from_to, listed, name_of
from clinic_desktop.ui.theme.tokens import SPACE_4, Tone
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice


class CancelForm(DrawerForm):
    """``cancelled(change, sentence)`` when it is done; undo is the caller's.

    ``again`` opens it once more for a reason that was given up and is wanted back.
    """

    cancelled = Signal(object, str)

    def __init__(self, context: Context, row: AppointmentRow, again: Callable[[], object]) -> None:
        super().__init__()
        self._context, self._row, self._again = context, row, again
        self._is_saving = False
        self.overtaken = Notice(Tone.WARN, "")
        self.overtaken.hide()
        self.draft = FieldDraft(context, "cancel", str(row.id), self)
        self.reason = ReasonField(_("Reason"), cancel_reasons())
        form = Form()
        self.line = form.add(_("Reason"), self.reason, required=True)
        self.reason.entered.connect(lambda: self.submit(print_too=False))
        self.reason.changed.connect(lambda _text: self.line.set_error(""))
        day = context.language.local(row.start_at).date()
        when = f"{day_in(day, 'EEEE d MMMM')}, {from_to(row)}"
        self._waiting = Notice(Tone.INFO, "")
        self._waiting.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_4)
        column.addWidget(Label(name_of(row), "title", wrap=True))
        column.addWidget(Label(when, tone="muted", wrap=True))
        column.addWidget(self.overtaken)
        column.addWidget(self.draft.notice)
        column.addWidget(form)
        column.addWidget(self._waiting)
        column.addStretch(1)
        context.tasks.read(
            self, waitlist.matches, row.start_at, row.end_at, row.practitioner_id,
            done=self._show_matches,
        )  # fmt: skip
        context.tasks.committed.connect(self._on_committed)
        self.draft.keep("reason", self.reason.edit)
        self.draft.begin()

    def _show_matches(self, found: tuple[WaitlistRow, ...]) -> None:
        if not found:
            return
        names = commas(isolate(listed(each.person)) for each in found[:3])
        self._waiting.set_words(
            Tone.INFO, _("This time would suit somebody on the wait list."), names
        )
        self._waiting.show()

    def primary_text(self) -> str:
        """What it does."""
        return _("Cancel appointment")

    def may_close(self) -> bool:
        """Esc gives it up; for ten seconds the reason can be brought back."""
        return self.draft.give_up(self._again)

    def submit(self, print_too: bool) -> None:
        """Cancel, once a reason is given."""
        wish = flow.ChangeStatus(
            self._row.id, AppointmentStatus.CANCELLED, reason=self.reason.text(),
            base=self._row.version,
        )  # fmt: skip
        self._is_saving = True
        self._context.tasks.write_once(
            self, flow.change_status, wish, done=self._done, failed=self._failed
        )

    def _done(self, change: AppointmentChange) -> None:
        said = _("{name} is cancelled").format(name=isolate(name_of(self._row)))
        self.draft.forget()
        self.close_requested.emit()
        self.cancelled.emit(change, said)

    def _on_committed(self, changes: Changes) -> None:
        if changes.touches("appointment") and not self._is_saving:
            self._look_again()

    def _look_again(self) -> None:
        self._context.tasks.read(
            self, bookings.appointment, self._row.id, done=self._follow, failed=self._failed
        )

    def _follow(self, now: AppointmentRow) -> None:
        """Somebody changed it: both are told, and what was typed stays."""
        before, self._row = self._row, now
        if before.version != now.version:
            self.overtaken.set_words(Tone.WARN, *changed_words(before, now))
            self.overtaken.show()
            self.overtaken.say()

    def _failed(self, error: ClinicError) -> None:
        self._is_saving = False
        if isinstance(error, StaleError):
            self._look_again()
            return
        self.line.set_error(error.message)
        self.reason.setFocus()
