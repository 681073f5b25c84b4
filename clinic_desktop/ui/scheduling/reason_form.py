"""The drawer that asks why something is done all the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QVBoxLayout

from clinic_desktop.i18n import _
from clinic_desktop.ui.core.context import DrawerForm
from clinic_desktop.ui.scheduling.reason_field import ReasonField
from clinic_desktop.ui.theme.tokens import SPACE_4
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.label import Label


class ReasonForm(DrawerForm):
    """Says what speaks against it; ``then(reason)`` once a reason is given."""

    def __init__(
        self, sentence: str, verb: str, reasons: Sequence[str], then: Callable[[str], None]
    ) -> None:
        super().__init__()
        self._verb, self._then = verb, then
        self.reason = ReasonField(_("Reason"), reasons)
        form = Form()
        self.line = form.add(_("Reason"), self.reason, required=True)
        self.reason.entered.connect(lambda: self.submit(print_too=False))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_4)
        column.addWidget(Label(sentence, "title", wrap=True))
        column.addWidget(form)
        column.addStretch(1)

    def primary_text(self) -> str:
        """The verb."""
        return self._verb

    def submit(self, print_too: bool) -> None:
        """Go on with the reason."""
        if not self.reason.text():
            self.line.set_error(_("Say why, in a word or two."))
            self.reason.setFocus()
            return
        self.close_requested.emit()
        self._then(self.reason.text())
