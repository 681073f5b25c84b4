"""The one window: lock screen, first run or desk."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QWidget

from clinic_desktop.i18n import _

FIRST_SIZE = QSize(1280, 800)
TITLE_BAR = 40  # pixels that a system's frame adds above; the frame is known only once it is shown


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
        if wants_whole_screen(_room()):  # on a small laptop the line with the backups would be cut
            self.setWindowState(Qt.WindowState.WindowMaximized)
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


def wants_whole_screen(room: QSize) -> bool:
    """Does the first size stick out of a screen with this room?"""
    return room.width() < FIRST_SIZE.width() or room.height() < FIRST_SIZE.height() + TITLE_BAR


def _room() -> QSize:
    """What the screen leaves for windows; drawn offscreen, always enough."""
    if QGuiApplication.platformName() == "offscreen":  # its screen of 800 x 800 is nobody's
        return FIRST_SIZE + QSize(0, TITLE_BAR)
    return QGuiApplication.primaryScreen().availableSize()
