"""The drawer that declines what somebody asked for."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QVBoxLayout

from clinic_desktop.errors import ClinicError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.services.billing import refunds
from clinic_desktop.services.billing.refunds import RequestRow
from clinic_desktop.ui.billing.words import request_story, request_title
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.field_draft import FieldDraft
from clinic_desktop.ui.theme.tokens import SPACE_4, Tone
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.label import Label
from clinic_desktop.ui.widgets.notice import Notice


class DeclineForm(DrawerForm):
    """The asker reads the reason."""

    def __init__(self, context: Context, asked: RequestRow) -> None:
        super().__init__()
        self._context, self._asked = context, asked
        self._notice = Notice(Tone.DANGER, "")
        self._notice.hide()
        form = Form()
        self.reason = QLineEdit()
        self.reason.setObjectName("decline.reason")
        self._row = form.add(_("Reason"), self.reason, required=True)
        self.reason.textChanged.connect(lambda: self._row.set_error(""))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_4)
        column.addWidget(Label(f"{request_title(asked)} · {asked.patient_name}", "strong"))
        column.addWidget(Label(request_story(asked), wrap=True))
        self.draft = FieldDraft(context, "decline", str(asked.id), self)
        column.addWidget(self.draft.notice)
        column.addWidget(self._notice)
        column.addWidget(form)
        column.addStretch(1)
        self.reason.setFocus(Qt.FocusReason.OtherFocusReason)
        self.draft.keep("reason", self.reason)
        self.draft.begin()

    def primary_text(self) -> str:
        """Verb and object."""
        return _("Decline the request")

    def submit(self, print_too: bool) -> None:
        """Say no."""
        self._context.tasks.write_once(
            self, refunds.decline, self._asked.id, self.reason.text(),
            done=self._done, failed=self._failed,
        )  # fmt: skip

    def was_closed(self) -> None:
        """It was declined, or the reason thrown away in so many words."""
        self.draft.let_go()

    def may_close(self) -> bool:
        """A reason that is typed is not thrown away by a slip."""
        return not self.reason.text().strip()

    def _done(self, _nothing: None) -> None:
        self.draft.forget()
        self.close_requested.emit()

    def _failed(self, error: ClinicError) -> None:
        if isinstance(error, ValidationError):
            self._row.set_error(error.message)
            self.reason.setFocus()
            return
        self._notice.set_words(Tone.DANGER, error.message, f"{error.kept} {error.hint}".strip())
        self._notice.show()
