"""A question before something that cannot be undone."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QVBoxLayout

from clinic_desktop.i18n import _
from clinic_desktop.ui.core.context import DrawerForm
from clinic_desktop.ui.widgets.label import Label


class Question(DrawerForm):
    """A sentence and a verb; Esc is the way out."""

    def __init__(self, text: str, verb: str, then: Callable[[], None]) -> None:
        super().__init__()
        self._verb, self._then = verb, then
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(Label(text, wrap=True))
        column.addStretch(1)

    def primary_text(self) -> str:
        """The verb, never "OK"."""
        return self._verb

    def secondary(self) -> tuple[tuple[str, Callable[[], object]], ...]:
        """The way back."""
        return ((_("Cancel"), self.close_requested.emit),)

    def submit(self, print_too: bool) -> None:
        """Do it."""
        self.close_requested.emit()
        self._then()
