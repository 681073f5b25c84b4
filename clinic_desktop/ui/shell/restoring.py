"""A restore under way: its progress, its end, and the way to stop it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal

from clinic_desktop.errors import ClinicError, StoppedError
from clinic_desktop.i18n import _

if TYPE_CHECKING:
    from clinic_desktop.ui.shell.restore_view import RestoreView

log = logging.getLogger(__name__)


class Restoring(QObject):
    """Carries the view's wish to another thread and what comes of it back."""

    restored = Signal(object)
    """The opened ``Clinic``."""
    _stepped = Signal(str, int, int)
    _ended = Signal(object)

    def __init__(
        self, thread: Executor, view: RestoreView, work: Callable[..., Any], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._thread, self._view, self._work = thread, view, work
        self._stop = threading.Event()
        view.restore_requested.connect(self._start)
        view.progress.cancelled.connect(self._stop.set)
        self._stepped.connect(view.show_step)
        self._ended.connect(self._on_ended, Qt.ConnectionType.QueuedConnection)

    def _start(self, path: object, recovery: object, login: str, password: str) -> None:
        self._stop.clear()
        job = self._thread.submit(self._work, path, recovery, login, password, self._tell)
        job.add_done_callback(self._ended.emit)

    def _tell(self, stage: str, done: int, total: int) -> None:
        if self._stop.is_set():
            raise StoppedError(_("It was stopped."), kept=_("Nothing was changed."))
        self._stepped.emit(stage, done, total)

    def stop(self) -> None:
        """Nothing is changed unless it was at its end already."""
        self._stop.set()

    def _on_ended(self, job: Future[Any]) -> None:
        error = job.exception()
        if error is None:
            self.restored.emit(job.result())
            return
        if not isinstance(error, ClinicError):
            log.critical("Unexpected error", exc_info=error)
            error = ClinicError(_("Something went wrong that we did not expect."))
        self._view.refuse(error)
