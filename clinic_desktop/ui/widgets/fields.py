"""A frame that looks like one field and holds a line edit with something beside it."""

from __future__ import annotations

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QSizePolicy, QWidget

from clinic_desktop.ui.theme.look import look
from clinic_desktop.ui.theme.style import toggle
from clinic_desktop.ui.theme.tokens import SPACE_1, SPACE_2


class FieldFrame(QFrame):
    """A line edit (``edit``) in a frame; the name of the field is the edit's."""

    def __init__(self, edit: QLineEdit | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "field")
        self.edit = edit if edit is not None else QLineEdit()
        self.edit.setProperty("kind", "bare")
        self.setFocusProxy(self.edit)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(SPACE_2, 0, SPACE_2, 0)
        self.row.setSpacing(SPACE_1)
        self.row.addWidget(self.edit, 1)
        self._dress()

    def set_error(self, wrong: bool) -> None:
        """Draw the frame red."""
        toggle(self, "error", "true" if wrong else "false")

    def changeEvent(self, event: QEvent) -> None:
        """Follow density and text size."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange:
            self._dress()

    def _dress(self) -> None:
        self.setFixedHeight(look().control_height)
