"""Drawers of the register of requests: one comes in, one is answered."""

from __future__ import annotations

from datetime import timedelta

from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from clinic_desktop.i18n import _, pgettext
from clinic_desktop.services.privacy import requests
from clinic_desktop.services.privacy.requests import DUE_DAYS
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.chart_form import ChartForm
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.core.privacy_words import request_kinds
from clinic_desktop.ui.scheduling.when_line import date_order
from clinic_desktop.ui.widgets.choices import Select, Tick
from clinic_desktop.ui.widgets.parsed import date_parser
from clinic_desktop.ui.widgets.value_edits import SmartDateEdit


class RequestForm(ChartForm):
    """What was asked, by whom, when, and until when it is due."""

    def __init__(
        self, context: Context, destination: to.ReceiveRequest, parent: QWidget | None = None
    ) -> None:
        super().__init__(context, destination.patient_id, parent)
        self.setObjectName("request")
        today = context.language.local(context.clock.now()).date()
        order = date_order(context.language.locale)
        self.kind = Select(request_kinds().items(), "access")
        self.received = SmartDateEdit(date_parser(today, order=order, past=True, whole_day=True))
        self.received.set_text(today.isoformat())
        self.due = SmartDateEdit(date_parser(today, order=order, whole_day=True))
        self.due.set_text((today + timedelta(days=DUE_DAYS)).isoformat())
        self.asked_by, self.note = QLineEdit(), QLineEdit()
        self.rows |= {
            "kind": self.form.add(_("What was asked for"), self.kind),
            "received_on": self.form.add(_("Received"), self.received),
            "due_on": self.form.add(_("To be answered by"), self.due),
            "asked_by": self.form.add(
                _("Asked by"), self.asked_by, hint=_("Leave empty where it is the patient.")
            ),
            "note": self.form.add(pgettext("remark", "Note"), self.note),
        }
        self.column.addWidget(self.form)
        self.column.addStretch(1)
        self.setFocusProxy(self.kind)
        self.keep_words("request")

    def keeping(self, draft: FieldDraft) -> None:
        """All its fields."""
        draft.keep("kind", self.kind)
        draft.keep("received_on", self.received)
        draft.keep("due_on", self.due)
        draft.keep("asked_by", self.asked_by)
        draft.keep("note", self.note)

    def primary_text(self) -> str:
        """Verb and object."""
        return _("Take the request")

    def may_close(self) -> bool:
        """What is half typed is not thrown away."""
        return not self.is_typed

    def submit(self, print_too: bool) -> None:
        """Put it into the register."""
        for field in (self.received, self.due):
            if not field.show_error():
                field.edit.setFocus()
                return
        received, due = self.received.value(), self.due.value()
        wish = requests.ReceiveRequest(
            self.patient_id,
            str(self.kind.value()),
            received.day if received else None,
            due.day if due else None,
            self.asked_by.text(),
            self.note.text(),
        )
        self.write(requests.receive, wish, done=self._done)

    def _done(self) -> None:
        self.asked_by.clear()
        self.note.clear()
        self.close_requested.emit()
        self.context.host.toast(_("The request is in the register."))


class OutcomeForm(ChartForm):
    """What was done, or why not."""

    def __init__(
        self, context: Context, destination: to.CloseRequest, parent: QWidget | None = None
    ) -> None:
        super().__init__(context, destination.patient_id, parent)
        self.setObjectName("request.outcome")
        self._request_id = destination.request_id
        self.outcome = QPlainTextEdit()
        self.outcome.setTabChangesFocus(True)
        self.refused = Tick(_("It was refused"))
        self.rows["outcome"] = self.form.add(_("What came of it"), self.outcome, required=True)
        self.form.add("", self.refused)
        self.column.addWidget(self.form)
        self.column.addStretch(1)
        self.setFocusProxy(self.outcome)
        self.keep_words("outcome", destination.request_id)

    def keeping(self, draft: FieldDraft) -> None:
        """Both its fields."""
        draft.keep("outcome", self.outcome)
        draft.keep("refused", self.refused)

    def primary_text(self) -> str:
        """Verb and object."""
        return _("Close the request")

    def may_close(self) -> bool:
        """Words are not thrown away."""
        return not self.is_typed

    def submit(self, print_too: bool) -> None:
        """Close it."""
        self.context.tasks.write_once(
            self,
            requests.close,
            self._request_id,
            self.outcome.toPlainText(),
            refused=self.refused.isChecked(),
            done=self._done,
            failed=self._refused,
        )

    def _done(self, _nothing: None) -> None:
        self.outcome.clear()
        self.close_requested.emit()
        self.written()
        self.context.host.toast(_("The request is closed."))
