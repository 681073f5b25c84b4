"""Plays a person at the keyboard: presses keys where the focus is, waits for what is shown.

The clinic day, its tests and the pictures of the documentation are played with it. It knows no
screen; it presses keys, counts them, and looks.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QEventLoop, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

_POLL_MS = 15
_PATIENCE_S = 20.0
CTRL = Qt.KeyboardModifier.ControlModifier
NONE = Qt.KeyboardModifier.NoModifier


class StuckError(RuntimeError):
    """What was waited for did not come."""


class Player:
    """One person at one window. ``acts`` counts keys that are not typed content."""

    def __init__(self, window: QWidget) -> None:
        self.window = window
        self.acts = 0

    @property
    def focus(self) -> QWidget:
        """Where the next key goes."""
        return QApplication.focusWidget() or self.window

    def type(self, text: str) -> None:
        """Type content, in any script."""
        for char in text:
            for kind in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease):
                QApplication.sendEvent(self.focus, QKeyEvent(kind, 0, NONE, char))

    def press(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NONE, *, times: int = 1) -> None:
        """Press a key that does something."""
        for _time in range(times):
            self.acts += 1
            QTest.keyClick(self.focus, key, modifier)

    def until(self, condition: Callable[[], object], what: str) -> None:
        """Let the window work until something is so.

        Raises:
            StuckError: it never came; ``what`` says what was waited for.
        """
        end = time.monotonic() + _PATIENCE_S
        while not condition():
            if time.monotonic() > end:
                focus = self.focus
                place = f"{type(focus).__name__} '{focus.objectName()}'"
                raise StuckError(f"waited in vain for {what}; the focus is on {place}")
            loop = QEventLoop()
            QTimer.singleShot(_POLL_MS, loop.quit)
            loop.exec()

    def pause(self, milliseconds: int) -> None:
        """Let animations come to rest before a picture is taken."""
        loop = QEventLoop()
        QTimer.singleShot(milliseconds, loop.quit)
        loop.exec()

    def find(self, name: str) -> QWidget:
        """A widget by its object name, wherever it is.

        Raises:
            StuckError: there is none that is visible.
        """
        found = self._visible(name)
        if found is None:
            raise StuckError(f"there is no '{name}' on the screen")
        return found

    def sees(self, name: str) -> bool:
        """Whether a widget with this name is visible."""
        return self._visible(name) is not None

    def _visible(self, name: str) -> QWidget | None:
        for widget in self.window.findChildren(QWidget, name):
            if widget.isVisible():
                return widget
        return None

    def picture(self, path: Path) -> None:
        """Keep what the window shows."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.window.grab().save(str(path))
