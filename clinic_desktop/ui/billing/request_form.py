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
        column.addWidget(self._notice)
        column.addWidget(form)
        column.addStretch(1)
        self.reason.setFocus(Qt.FocusReason.OtherFocusReason)

    def primary_text(self) -> str:
        """Verb and object."""
        return _("Decline the request")

    def submit(self, print_too: bool) -> None:
        """Say no."""
        self._context.tasks.write_once(
            self, refunds.decline, self._asked.id, self.reason.text(),
            done=lambda _nothing: self.close_requested.emit(), failed=self._failed,
        )  # fmt: skip

    def may_close(self) -> bool:
        """A reason that is typed is not thrown away by a slip."""
        return not self.reason.text().strip()

    def _failed(self, error: ClinicError) -> None:
        if isinstance(error, ValidationError):
            self._row.set_error(error.message)
            self.reason.setFocus()
            return
        self._notice.set_words(Tone.DANGER, error.message, f"{error.kept} {error.hint}".strip())
        self._notice.show()
