"""The drawer that asks why an appointment is cancelled."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout

from clinic_desktop.domain.codes import AppointmentStatus
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _, commas, isolate
from clinic_desktop.services.scheduling import flow, waitlist
from clinic_desktop.services.scheduling.changes import AppointmentChange
from clinic_desktop.services.scheduling.rows import AppointmentRow
from clinic_desktop.services.scheduling.waitlist import WaitlistRow
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.scheduling.reason_field import ReasonField, cancel_reasons
from clinic_desktop.ui.scheduling.words import day_in, from_to, listed, name_of
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
        column.addWidget(self.draft.notice)
        column.addWidget(form)
        column.addWidget(self._waiting)
        column.addStretch(1)
        context.tasks.read(
            self, waitlist.matches, row.start_at, row.end_at, row.practitioner_id,
            done=self._show_matches,
        )  # fmt: skip
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
            self._row.id, AppointmentStatus.CANCELLED, reason=self.reason.text()
        )
        self._context.tasks.write_once(
            self, flow.change_status, wish, done=self._done, failed=self._failed
        )

    def _done(self, change: AppointmentChange) -> None:
        said = _("{name} is cancelled").format(name=isolate(name_of(self._row)))
        self.draft.forget()
        self.close_requested.emit()
        self.cancelled.emit(change, said)

    def _failed(self, error: ClinicError) -> None:
        self.line.set_error(error.message)
        self.reason.setFocus()
