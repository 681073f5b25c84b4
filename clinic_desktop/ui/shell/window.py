"""The one window: lock screen, first run or desk."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QWidget

from clinic_desktop.i18n import _

FIRST_SIZE = QSize(1280, 800)


class Window(QMainWindow):
    """Shows one thing at a time. Its title never names a patient."""

    closing = Signal()
    may_close: Callable[[], bool]
    """Asked before it closes; False keeps it open."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("window")
        self.setWindowTitle(_("Clinic Desktop"))
        self.resize(FIRST_SIZE)
        self.may_close = lambda: True
        self._stack = QStackedWidget()
        self.setCentralWidget(self._stack)

    def show_only(self, widget: QWidget) -> None:
        """Put a widget in front, keeping what was there."""
        if self._stack.indexOf(widget) < 0:
            self._stack.addWidget(widget)
        self._stack.setCurrentWidget(widget)

    def drop(self, widget: QWidget) -> None:
        """Forget a widget."""
        self._stack.removeWidget(widget)
        widget.deleteLater()

    @property
    def shown(self) -> QWidget | None:
        """What is in front."""
        return self._stack.currentWidget()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Let the program finish its work first."""
        if not self.may_close():
            event.ignore()
            return
        self.closing.emit()
        event.accept()
