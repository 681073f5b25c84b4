"""Carries work to the record's threads and results back to the window's thread."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot
from shiboken6 import isValid

from clinic_desktop.db.journal import Changes
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import Actor
from clinic_desktop.errors import ClinicError

T = TypeVar("T")
log = logging.getLogger(__name__)


class Tasks(QObject):
    """The window's only way to the record.

    ``done`` and ``failed`` are called on the window's thread, and not at all once ``owner`` is
    gone. Without ``failed`` a known error goes to the signal ``failed``; any other exception is
    raised on the window's thread, where one hook reports it.
    """

    committed = Signal(object)
    """``Changes`` of every commit, whoever made it."""
    failed = Signal(object)
    """A ``ClinicError`` nobody else took care of."""
    drafts_changed = Signal()
    """What the person has begun and not finished is more or less than before."""
    closing = Signal()
    """The desk goes away: what waits to be saved is saved now."""
    _arrived = Signal(object)

    def __init__(self, store: Store, actor: Actor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self.actor = actor
        self._running: set[Future[Any]] = set()
        self._is_closed = False
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._stop = store.subscribe(self._announce)

    def read(
        self,
        owner: QObject,
        query: Callable[..., T],
        *args: Any,
        done: Callable[[T], object] | None = None,
        failed: Callable[[ClinicError], object] | None = None,
        **kwargs: Any,
    ) -> Future[T]:
        """Ask the record; ``done(result)`` follows."""
        future = self._store.read(self.actor, query, *args, **kwargs)
        return self._follow(future, owner, done, failed)

    def write(
        self,
        owner: QObject,
        command: Callable[..., T],
        *args: Any,
        done: Callable[[T], object] | None = None,
        failed: Callable[[ClinicError], object] | None = None,
        **kwargs: Any,
    ) -> Future[T]:
        """Change the record in one transaction; ``done(result)`` follows its commit."""
        future = self._store.write(self.actor, command, *args, **kwargs)
        return self._follow(future, owner, done, failed)

    def call(
        self,
        owner: QObject,
        work: Callable[..., T],
        *args: Any,
        done: Callable[[T], object] | None = None,
        failed: Callable[[ClinicError], object] | None = None,
    ) -> Future[T]:
        """Do slow work that needs no record: draw a PDF, read a file."""
        return self._follow(self._store.call(work, *args), owner, done, failed)

    @property
    def folder(self) -> Path:
        """The data folder of the record."""
        return self._store.path.parent

    @property
    def is_idle(self) -> bool:
        """Whether everything asked for has been delivered."""
        return not self._running

    def close(self) -> None:
        """Let everybody save what is typed, then stop delivering."""
        if not self._is_closed:
            self._is_closed = True
            self.closing.emit()
        self._stop()

    def _follow(
        self,
        future: Future[T],
        owner: QObject,
        done: Callable[[T], object] | None,
        failed: Callable[[ClinicError], object] | None,
    ) -> Future[T]:
        self._running.add(future)
        parcel = (future, owner, done, failed)
        future.add_done_callback(lambda _f: self._post(parcel))
        return future

    def _post(self, parcel: tuple[Any, ...]) -> None:
        if isValid(self):
            self._arrived.emit(parcel)

    def _announce(self, changes: Changes) -> None:
        if isValid(self):
            self.committed.emit(changes)

    @Slot(object)
    def _deliver(self, parcel: tuple[Any, ...]) -> None:
        future, owner, done, failed = parcel
        self._running.discard(future)
        if not isValid(owner):
            return
        try:
            result = future.result()
        except CancelledError:
            return
        except ClinicError as error:
            if failed is not None:
                failed(error)
            else:
                self.failed.emit(error)
            return
        if done is not None:
            done(result)
