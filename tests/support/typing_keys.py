"""Keys as a person presses them, in any script; and their count."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget


class Keyboard:
    """Presses keys where the focus is. ``acts`` counts all keys but typed letters and digits."""

    def __init__(self) -> None:
        self.acts = 0

    def type(self, text: str) -> None:
        """Type letters; QTest knows the Latin ones only."""
        for char in text:
            for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                event = QKeyEvent(kind, 0, Qt.KeyboardModifier.NoModifier, char)
                QApplication.sendEvent(_focus(), event)

    def press(
        self,
        key: Qt.Key,
        modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
        times: int = 1,
    ) -> None:
        """Press a key that is not a letter of a text."""
        for _ in range(times):
            self.acts += 1
            QTest.keyClick(_focus(), key, modifier)


def _focus() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None, "nothing has the focus"
    return widget
