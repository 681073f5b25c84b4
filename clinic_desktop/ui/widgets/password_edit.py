"""A password field that notices Caps Lock before the password is refused."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget


class PasswordEdit(QLineEdit):
    """Shows dots. ``caps_changed(on)`` when the typed letters tell that Caps Lock is on or off.

    Qt knows nothing of the lock's light; a capital without Shift, or a small letter with it, does.
    """

    caps_changed = Signal(bool)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._caps = False
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.setAccessibleName(name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Compare the letter with the Shift key."""
        letter = event.text()
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if letter.isalpha() and letter.lower() != letter.upper():
            self._set_caps(letter.isupper() != shift)
        elif event.key() == Qt.Key.Key_CapsLock:
            self._set_caps(not self._caps)
        super().keyPressEvent(event)

    def _set_caps(self, on: bool) -> None:
        if on != self._caps:
            self._caps = on
            self.caps_changed.emit(on)
