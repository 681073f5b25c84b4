"""A restore or a salvage under way: its progress, its end, and the way to stop it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal
from shiboken6 import isValid

from clinic_desktop.errors import ClinicError, StoppedError
from clinic_desktop.i18n import _, isolate

if TYPE_CHECKING:
    from clinic_desktop.clock import Clock
    from clinic_desktop.config import DataDir
    from clinic_desktop.ui.shell.lock_view import LockView
    from clinic_desktop.ui.shell.restore_view import RestoreView
    from clinic_desktop.ui.shell.server_restore_view import ServerRestoreView

log = logging.getLogger(__name__)


class Restoring(QObject):
    """Carries the view's wish to another thread and what comes of it back."""

    restored = Signal(object)
    """The opened ``Clinic``."""
    _stepped = Signal(str, int, int)
    _ended = Signal(object)

    def __init__(
        self,
        thread: Executor,
        view: RestoreView | ServerRestoreView,
        work: Callable[..., Any],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._thread, self._view, self._work = thread, view, work
        self._stop = threading.Event()
        view.restore_requested.connect(self._start)
        view.progress.cancelled.connect(self._stop.set)
        self._stepped.connect(view.show_step)
        self._ended.connect(self._on_ended, Qt.ConnectionType.QueuedConnection)

    def _start(self, *wish: object) -> None:
        self._stop.clear()
        job = self._thread.submit(self._work, *wish, self._tell)
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
        self._view.refuse(known(error))


class Salvaging(QObject):
    """Saves what can be read of a damaged record; the lock screen says what became of it."""

    _ended = Signal(object)

    def __init__(self, thread: Executor, lock: LockView, parent: QObject) -> None:
        super().__init__(parent)
        self._thread, self._lock = thread, lock
        self._ended.connect(self._on_ended, Qt.ConnectionType.QueuedConnection)

    def start(self, data_dir: DataDir, login: str, password: str, clock: Clock) -> None:
        """Off the window's thread."""

        def work() -> str:
            from clinic_desktop import salvage

            done = salvage.save_what_can_be_read(
                data_dir, login, password, lambda _table: None, clock=clock
            )
            told = _("Sign in now. The damaged record is kept in {kept}; what is lost stands in "
                     "{report}.")  # fmt: skip
            places = {"kept": isolate(str(done.kept)), "report": isolate(str(done.report))}
            return f"{salvage.summary(done.found)} {told.format(**places)}"

        self._thread.submit(work).add_done_callback(self._ended.emit)

    def _on_ended(self, job: Future[str]) -> None:
        error = job.exception()
        if not isValid(self._lock):
            return
        if error is None:
            self._lock.tell(job.result())
        else:
            self._lock.offer_rescue(str(known(error)))


def known(error: BaseException) -> ClinicError:
    """The error, or a sentence for one that we did not expect."""
    if isinstance(error, ClinicError):
        return error
    log.critical("Unexpected error", exc_info=error)
    return ClinicError(_("Something went wrong that we did not expect."))
