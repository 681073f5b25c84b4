"""A PC on its way into a practice: asking, waiting for the owner's word, fetching the record."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from clinic_desktop.errors import StoppedError
from clinic_desktop.i18n import _
from clinic_desktop.joining import POLL_S
from clinic_desktop.ui.shell.join_view import JoinView
from clinic_desktop.ui.shell.restoring import known
from clinic_desktop.ui.shell.stick_join_view import StickJoinView


class JoiningPc(QObject):
    """Carries the view's wish to another thread and what comes of it back."""

    joined = Signal(object)
    """The opened ``Clinic``."""
    _digits = Signal(str)
    _stepped = Signal(int, int)
    _ended = Signal(object)

    def __init__(
        self, thread: Executor, view: JoinView, work: Callable[..., Any], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._thread, self._view, self._work = thread, view, work
        self._stop = threading.Event()
        view.join_requested.connect(self._start)
        view.progress.cancelled.connect(self._stop.set)
        self._digits.connect(view.show_digits)
        self._stepped.connect(view.show_step)
        self._ended.connect(self._on_ended, Qt.ConnectionType.QueuedConnection)

    def _start(self, wanted: object) -> None:
        self._stop.clear()
        job = self._thread.submit(self._work, wanted, self._digits.emit, self._wait, self._tell)
        job.add_done_callback(self._ended.emit)

    def _wait(self) -> None:
        if self._stop.wait(POLL_S):
            raise _stopped()

    def _tell(self, _sent: int, received: int, size: int) -> None:
        if self._stop.is_set():
            raise StoppedError(
                _("It was stopped."),
                kept=_("What has come is kept: joining goes on from there."),
            )
        self._stepped.emit(received, size)

    def stop(self) -> None:
        """The folder is as empty as before, unless it was at its end already."""
        self._stop.set()

    def _on_ended(self, job: Future[Any]) -> None:
        error = job.exception()
        if error is None:
            self.joined.emit(job.result())
            return
        self._view.refuse(known(error))


class StickJoining(QObject):
    """The same without a line: the request is written, and later the answer read."""

    joined = Signal(object)
    """The opened ``Clinic``."""
    _asked = Signal(object)
    _answered = Signal(object)

    def __init__(
        self, thread: Executor, view: StickJoinView, work: tuple[Callable[..., Any], ...],
        parent: QObject,
    ) -> None:  # fmt: skip
        """``work`` writes a request and returns its code; and takes an answer, for a clinic."""
        super().__init__(parent)
        self._thread, self._view, (self._ask, self._finish) = thread, view, work
        view.ask_requested.connect(partial(self._start, self._ask, self._asked))
        view.answer_requested.connect(partial(self._start, self._finish, self._answered))
        self._asked.connect(self._on_asked, Qt.ConnectionType.QueuedConnection)
        self._answered.connect(self._on_answered, Qt.ConnectionType.QueuedConnection)

    def _start(self, work: Callable[..., Any], ended: Any, asking: object, path: object) -> None:
        self._thread.submit(work, asking, path).add_done_callback(ended.emit)

    def stop(self) -> None:
        """What is under way comes to its end by itself: nobody is waited for."""

    def _on_asked(self, job: Future[Any]) -> None:
        error = job.exception()
        if error is None:
            self._view.show_code(job.result())
        else:
            self._view.refuse(known(error))

    def _on_answered(self, job: Future[Any]) -> None:
        error = job.exception()
        if error is None:
            self.joined.emit(job.result())
        else:
            self._view.refuse(known(error))


def _stopped() -> StoppedError:
    return StoppedError(_("It was stopped."), kept=_("Nothing was changed."))
