"""The real window on a generated clinic, drawn offscreen."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEvent, QEventLoop, QObject, QTimer
from PySide6.QtWidgets import QApplication

from bench.data import LOGIN, PASSWORD, Generated
from bench.timing import Spent, Stopwatch
from clinic_desktop import start as program
from clinic_desktop.app import Session
from clinic_desktop.clinic import Clinic
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.shell.desk import Desk

WINDOW = (1440, 900)
_PATIENCE_S = 120


def wait_until(done: Callable[[], bool]) -> None:
    """Run the window's loop until something is so.

    Raises:
        TimeoutError: it does not come.
    """
    tick = QTimer()  # wakes the loop, should nothing else do it
    tick.start(5)
    end = time.perf_counter() + _PATIENCE_S
    while not done():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
        if time.perf_counter() > end:
            raise TimeoutError("the window does not come to rest")


class FirstPaint(QObject):
    """What it took, from now, until a window has been drawn with something in it."""

    def __init__(self, window: QObject, ready: Callable[[], bool]) -> None:
        super().__init__(window)
        self._ready = ready
        self.spent: Spent | None = None
        self._clock = Stopwatch()
        window.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """All drawing of a window follows its ``UpdateRequest``."""
        if event.type() == QEvent.Type.UpdateRequest and self.spent is None and self._ready():
            QTimer.singleShot(0, self._stamp)
        return False

    def _stamp(self) -> None:
        if self.spent is None:
            self.spent = self._clock.spent()


class OpenDesk:
    """A signed-in person at the window."""

    def __init__(self, generated: Generated) -> None:
        self.app = program.make_application(generated.data_dir)
        self.session = Session(generated.data_dir, LOGIN)
        self.session.start()
        self.session.window.resize(*WINDOW)
        self.session.unlock(LOGIN, PASSWORD)
        wait_until(lambda: self.session.desk is not None)
        self.settle()

    @property
    def desk(self) -> Desk:
        """The desk."""
        assert self.session.desk is not None
        return self.session.desk

    @property
    def context(self) -> Context:
        """What screens are given."""
        assert self.session.context is not None
        return self.session.context

    @property
    def clinic(self) -> Clinic:
        """The open clinic."""
        assert self.session.clinic is not None
        return self.session.clinic

    def settle(self) -> None:
        """Wait until everything asked for is on the screen."""
        wait_until(lambda: self.context.tasks.is_idle)
        quiet = time.perf_counter() + 0.03
        wait_until(lambda: time.perf_counter() > quiet and self.context.tasks.is_idle)

    def until_painted(self, act: Callable[[], object], ready: Callable[[], bool]) -> Spent:
        """What it took from an act to the first drawing of the window with its result."""
        watch = FirstPaint(self.session.window, ready)
        act()
        wait_until(lambda: watch.spent is not None)
        self.session.window.removeEventFilter(watch)
        watch.deleteLater()
        assert watch.spent is not None
        return watch.spent

    def close(self) -> None:
        """Leave."""
        self.session.window.hide()
        self.settle()
        self.session.close()
        self.session.window.deleteLater()
        QApplication.processEvents()
