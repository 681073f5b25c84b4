"""Slow work beside the window where there is no open record yet."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any, Protocol

from PySide6.QtCore import QObject, Qt, Signal
from shiboken6 import isValid

from clinic_desktop.errors import ClinicError

Done = Callable[[Any], object]
Failed = Callable[[ClinicError], object]


class Run(Protocol):
    """How a form has slow work done: ``Tasks.call`` bound to the form, or ``Background.run``."""

    def __call__(
        self, work: Callable[..., Any], /, *args: Any, done: Done, failed: Failed
    ) -> object:
        """``done(result)`` or ``failed(error)`` follows on the window's thread."""


class Background(QObject):
    """One thread for one piece of work after the other."""

    _arrived = Signal(object, object, object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._thread = ThreadPoolExecutor(1, "clinic-setup")
        self._is_closed = False
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    def run(self, work: Callable[..., Any], /, *args: Any, done: Done, failed: Failed) -> object:
        """Do it off the window's thread."""
        future = self._thread.submit(work, *args)
        future.add_done_callback(lambda ended: self._post(ended, done, failed))
        return future

    def _post(self, future: Future[Any], done: Done, failed: Failed) -> None:
        if isValid(self):
            self._arrived.emit(future, done, failed)

    def _deliver(self, future: Future[Any], done: Done, failed: Failed) -> None:
        if self._is_closed:
            return
        try:
            result = future.result()
        except CancelledError:
            return
        except ClinicError as error:
            failed(error)
            return
        done(result)

    def close(self) -> None:
        """Finish what was begun, and tell nobody any more."""
        self._is_closed = True
        self._thread.shutdown(wait=True, cancel_futures=True)
