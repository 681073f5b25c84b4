"""A search field that waits for a pause in the typing."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SEARCH_DELAY_MS
from clinic_desktop.ui.widgets.fields import FieldFrame
from clinic_desktop.ui.widgets.icon_mark import IconMark
from clinic_desktop.ui.widgets.label import Label


class _Edit(QLineEdit):
    """Gives the arrow keys to the list below."""

    stepped = Signal(int)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.stepped.emit(1 if event.key() == Qt.Key.Key_Down else -1)
        elif event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
        else:
            super().keyPressEvent(event)


class SearchField(FieldFrame):
    """A field with a lens.

    ``searched(text)`` after a pause, at once on clearing; ``entered(text)`` on Enter;
    ``stepped(±1)`` on the arrow keys, for the list that shows the results.
    """

    searched = Signal(str)
    entered = Signal(str)
    stepped = Signal(int)

    def __init__(self, placeholder: str, *, hint: str = "", parent: QWidget | None = None) -> None:
        edit = _Edit()
        super().__init__(edit, parent)
        self.edit.setPlaceholderText(placeholder)
        self.edit.setAccessibleName(placeholder)
        self.row.insertWidget(0, IconMark(Icon.SEARCH, "text2"))
        if hint:
            self.row.addWidget(Label(hint, "caption", "muted"))
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(SEARCH_DELAY_MS)
        self._pause.timeout.connect(lambda: self.searched.emit(self.edit.text()))
        self.edit.textEdited.connect(self._on_edited)
        self.edit.textChanged.connect(self._on_changed)
        self.edit.returnPressed.connect(lambda: self.entered.emit(self.edit.text()))
        edit.stepped.connect(self.stepped)

    def text(self) -> str:
        """What was typed."""
        return self.edit.text()

    def set_text(self, text: str) -> None:
        """Put a text in and search for it at once."""
        self.edit.setText(text)
        self._pause.stop()
        self.searched.emit(text)

    def _on_edited(self, _text: str) -> None:
        self._pause.start()

    def _on_changed(self, text: str) -> None:
        if not text:
            self._pause.stop()
            self.searched.emit("")
