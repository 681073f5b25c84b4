"""Carries work to the record's threads and results back to the window's thread."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal, Slot
from shiboken6 import isValid

from clinic_desktop.db import looking
from clinic_desktop.db.journal import Changes
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import Actor
from clinic_desktop.errors import ClinicError, PasswordAgainError

T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class _Parcel:
    """An answer, and who waits for it."""

    run: Callable[[], Future[Any]]
    """Asks for it; again where the password was wanted first."""
    owner: QObject
    done: Callable[[Any], object] | None
    failed: Callable[[ClinicError], object] | None
    question: object = None
    """Who asked what; the answers to one question keep their order."""
    is_only: bool = False
    """Whether its owner writes nothing else meanwhile."""
    told: Callable[[Any], object] | None = None
    """Hears how far the work is."""
    future: Future[Any] = field(default_factory=Future)


class Tasks(QObject):
    """The window's only way to the record.

    ``done`` and ``failed`` are called on the window's thread, and not at all once ``owner`` is
    gone. Without ``failed`` a known error goes to the signal ``failed``; any other exception is
    raised on the window's thread, where one hook reports it.

    Where the record wants the password again, ``ask_password`` is called, and what was asked for
    waits for ``repeat`` or ``give_up``.

    An owner that asks the same query again hears the answers in the order it asked: two readers
    work beside each other, and an older answer must not replace a newer one on the screen.
    """

    committed = Signal(object)
    """``Changes`` of every commit, whoever made it."""
    failed = Signal(object)
    """A ``ClinicError`` nobody else took care of."""
    drafts_changed = Signal()
    """What the person has begun and not finished is more or less than before."""
    gate_changed = Signal()
    """The record can be written again, or no longer; see ``halt`` and ``refusal``."""
    closing = Signal()
    """The desk goes away: what waits to be saved is saved now."""
    _arrived = Signal(int)
    """The number of an answer that is there. A number, because a thread of the record must never
    hold a widget: the last one to let go of it would destroy it on that thread."""
    _stepped = Signal(int, object)
    """The number of an answer to come, and how far it is."""

    def __init__(self, store: Store, actor: Actor, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = store
        self.actor = actor
        self._last = 0
        self._running: dict[int, _Parcel] = {}
        self._waiting: dict[object, deque[int]] = {}
        """Answers still to be handed over, by question."""
        self._early: set[int] = set()
        """Those that came before an older one."""
        self._writing: set[QObject] = set()
        """Forms whose one write is on its way."""
        self.ask_password: Callable[[], object] | None = None
        self._unproven: list[tuple[_Parcel, PasswordAgainError]] = []
        """What waits for the password."""
        self._is_closed = False
        self._arrived.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._stepped.connect(self._tell, Qt.ConnectionType.QueuedConnection)
        self._stop = store.subscribe(self._announce)
        self._stop_gate = store.gate.subscribe(self._announce_gate)

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
        run = partial(self._store.read, self.actor, query, *args, **kwargs)
        return self._follow(_Parcel(run, owner, done, failed, (owner, query)))

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
        run = partial(self._store.write, self.actor, command, *args, **kwargs)
        return self._follow(_Parcel(run, owner, done, failed))

    def write_once(
        self,
        owner: QObject,
        command: Callable[..., T],
        *args: Any,
        done: Callable[[T], object] | None = None,
        failed: Callable[[ClinicError], object] | None = None,
        **kwargs: Any,
    ) -> None:
        """Write what a form holds; its key pressed again before the answer says nothing new."""
        if owner not in self._writing:
            self._writing.add(owner)
            run = partial(self._store.write, self.actor, command, *args, **kwargs)
            self._follow(_Parcel(run, owner, done, failed, is_only=True))

    def call(
        self,
        owner: QObject,
        work: Callable[..., T],
        *args: Any,
        done: Callable[[T], object] | None = None,
        failed: Callable[[ClinicError], object] | None = None,
        told: Callable[[Any], object] | None = None,
    ) -> Future[T]:
        """Do slow work that needs no record: draw a PDF, read a file.

        ``work`` is no method of a widget, which a thread must not hold. With ``told`` its last
        argument is a function to say how far it is; ``told(step)`` follows on the window's thread.
        """

        def run() -> Future[T]:
            if told is None:
                return self._store.call(work, *args)
            return self._store.call(work, *args, partial(self._step, self._last + 1))

        return self._follow(_Parcel(run, owner, done, failed, told=told))

    def call_once(
        self,
        owner: QObject,
        work: Callable[..., T],
        *args: Any,
        done: Callable[[T], object] | None = None,
        failed: Callable[[ClinicError], object] | None = None,
    ) -> None:
        """As ``write_once``, for what goes into more than the record, such as the file of keys."""
        if owner not in self._writing:
            self._writing.add(owner)
            run = partial(self._store.call, work, *args)
            self._follow(_Parcel(run, owner, done, failed, is_only=True))

    @property
    def folder(self) -> Path:
        """The data folder of the record."""
        return self._store.path.parent

    @property
    def halt(self) -> ClinicError | None:
        """Why nothing new is to be begun."""
        return self._store.gate.halt

    @property
    def refusal(self) -> ClinicError | None:
        """Why nothing can be written."""
        return self._store.gate.refusal or looking.refusal(self.actor)

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
        self._stop_gate()

    def repeat(self) -> None:
        """The password was given: do what waited for it."""
        waiting, self._unproven = self._unproven, []
        for parcel, _error in waiting:
            if isValid(parcel.owner):
                if parcel.is_only:
                    self._writing.add(parcel.owner)
                self._follow(parcel)

    def give_up(self) -> None:
        """The password was not given: whoever waits hears that nothing was done."""
        waiting, self._unproven = self._unproven, []
        for parcel, error in waiting:
            if isValid(parcel.owner) and parcel.failed is not None:
                parcel.failed(error)

    def _follow(self, parcel: _Parcel) -> Future[Any]:
        future = parcel.run()
        parcel = replace(parcel, future=future)
        self._last += 1
        number = self._last
        self._running[number] = parcel
        if parcel.question is not None:
            self._waiting.setdefault(parcel.question, deque()).append(number)
        future.add_done_callback(lambda _future: self._post(number))
        return future

    def _post(self, number: int) -> None:
        if isValid(self):
            self._arrived.emit(number)

    def _step(self, number: int, step: object) -> None:
        if isValid(self):
            self._stepped.emit(number, step)

    @Slot(int, object)
    def _tell(self, number: int, step: object) -> None:
        parcel = self._running.get(number)
        if parcel is not None and parcel.told is not None and isValid(parcel.owner):
            parcel.told(step)

    def _announce(self, changes: Changes) -> None:
        if isValid(self):
            self.committed.emit(changes)

    def _announce_gate(self) -> None:
        if isValid(self):
            self.gate_changed.emit()

    @Slot(int)
    def _deliver(self, number: int) -> None:
        parcel = self._running[number]
        line = self._waiting.get(parcel.question)
        if line is not None and line[0] != number:
            self._early.add(number)
            return
        if line is not None:
            line.popleft()
            if not line:
                del self._waiting[parcel.question]
            elif line[0] in self._early:
                self._early.discard(line[0])
                self._arrived.emit(line[0])
        del self._running[number]
        if parcel.is_only:
            self._writing.discard(parcel.owner)
        self._hand_over(parcel)

    def _hand_over(self, parcel: _Parcel) -> None:
        if not isValid(parcel.owner):
            return
        try:
            result = parcel.future.result()
        except CancelledError:
            return
        except PasswordAgainError as error:
            self._want_password(parcel, error)
            return
        except ClinicError as error:
            if parcel.failed is not None:
                parcel.failed(error)
            else:
                self.failed.emit(error)
            return
        if parcel.done is not None:
            parcel.done(result)

    def _want_password(self, parcel: _Parcel, error: PasswordAgainError) -> None:
        self._unproven.append((parcel, error))
        if self.ask_password is None:
            self.give_up()
        elif len(self._unproven) == 1:
            self.ask_password()
