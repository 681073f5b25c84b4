"""Makes the backups that are due, beside the window, and says how old the last one is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from clinic_desktop import this_pc
from clinic_desktop.backups import Backups
from clinic_desktop.clinic import Clinic
from clinic_desktop.domain.permissions import SYSTEM, Actor
from clinic_desktop.errors import ClinicError, StoppedError
from clinic_desktop.i18n import _
from clinic_desktop.page_watch import PageWatch
from clinic_desktop.services.backups.ledger import Reason
from clinic_desktop.services.backups.making import Backup
from clinic_desktop.ui.core.background import Background

LOOK_MS = 60_000
"""How often it looks for sticks and for changes."""
_PATIENCE = timedelta(minutes=10)
"""After a failure by itself."""

_PAUSE_S = 0.01
"""After each step of the copy: whoever works in the window comes first."""


def _before(backups: Backups, reason: Reason, stop: threading.Event) -> None:
    backups.before(reason, lambda *_step: _go_on(stop))


def _go_on(stop: threading.Event) -> None:
    if stop.wait(_PAUSE_S):
        raise StoppedError(_("The backup was stopped."), kept=_("Earlier backups are still there."))


class BackupKeeper(QObject):
    """One per open clinic; all work is done on a thread of its own."""

    changed = Signal()
    """It began or ended, or a minute has passed."""
    stepped = Signal(str, int, int)
    """Stage, how far, and of how much."""
    ended = Signal(object)
    """A ``Backup``, or the ``ClinicError`` that stood in its way."""
    _begun = Signal()
    _held = Signal()
    """The backup under way copies the state of a moment that has passed."""

    def __init__(self, opened: Clinic, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._clinic = opened
        self.backups, self._pages = Backups(opened), PageWatch(opened)
        self.is_running = False
        self.room_left: int | None = None
        """Free bytes on the record's disk, if they are few."""
        self.is_on = False
        """Whether backups are made without being asked for."""
        self._stop, self._leaving = threading.Event(), threading.Event()
        self._not_before: datetime | None = None
        self._asked = 0
        self._background = Background(self)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._begun.connect(self._on_begun)
        self._held.connect(self._on_held)
        self._waiting: list[Callable[[], object]] = []
        """Steps that wait for it."""

    @property
    def last_at(self) -> datetime | None:
        """When the last verified backup was made."""
        return this_pc.last_backup(self._clinic.data_dir)

    @property
    def now(self) -> datetime:
        """The clinic's clock."""
        return self._clinic.store.clock.now()

    def start(self) -> None:
        """Make backups by itself from now on."""
        self.is_on = True
        self._timer.start()

    def look(self) -> None:
        """Make a backup if one is due; on a disk that was full, see whether there is room."""
        self._run(self._look_at_room, done=self._on_room, failed=self._on_late)
        self._run(self._look_at_pages, done=lambda _whole: None, failed=self.ended.emit)
        too_early = self._not_before is not None and self.now < self._not_before
        if not self.is_running and not too_early:
            self._run(self._make_if_due, done=self._on_done, failed=self._on_late)

    def make(self, reason: Reason = Reason.BY_HAND, actor: Actor = SYSTEM) -> None:
        """Make a backup now; ``ended`` follows."""
        self._run(self._make, reason, actor, done=self._on_done, failed=self._on_failed)

    def make_if_changed(self, reason: Reason, told: Callable[[object], object]) -> None:
        """Make one unless the newest holds everything; ``told`` of it, the error or None."""

        def end(outcome: Any) -> None:
            self._end(outcome)
            told(outcome)

        self._run(self._make_if_changed, reason, done=end, failed=end)

    def beforehand(self, reason: Reason, stop: threading.Event | None = None) -> Callable[[], None]:
        """What has a backup before such a step, for a thread: it holds nothing of the window.

        It raises ``ClinicError`` where there is none, and when ``stop`` was set.
        """
        if not self.is_on:
            return lambda: None
        return partial(_before, self.backups, reason, stop or threading.Event())

    def hold(self, reason: Reason, then: Callable[[], object]) -> None:
        """Do a step once a backup holds the state before it, which is as soon as copying begins.

        The backup is finished and tried beside the work. Where none can be made the step is taken
        all the same, so only for steps that can be undone.
        """
        if not self.is_on or self.is_running:
            then()
            return
        self._waiting.append(then)
        self._run(self._hold, reason, done=self._on_done, failed=self._on_failed)

    def _on_held(self) -> None:
        waiting, self._waiting = self._waiting, []
        for step in waiting:
            step()

    def ask(
        self, work: Callable[..., Any], *args: Any, done: Callable[[Any], object],
        failed: Callable[[ClinicError], object],
    ) -> None:  # fmt: skip
        """Do something with ``backups`` on its thread."""
        self._run(work, *args, done=done, failed=failed)

    def _run(
        self, work: Callable[..., Any], *args: Any, done: Callable[[Any], object],
        failed: Callable[[ClinicError], object],
    ) -> None:  # fmt: skip
        def arrived(tell: Callable[[Any], object], outcome: Any) -> None:
            self._asked -= 1
            tell(outcome)

        self._asked += 1
        self._background.run(
            work, *args, done=partial(arrived, done), failed=partial(arrived, failed)
        )

    @property
    def is_idle(self) -> bool:
        """Whether everything asked for has been answered."""
        return not self._asked

    def stop(self) -> None:
        """Stop what is being made; earlier backups stay."""
        self._stop.set()

    def close(self) -> None:
        """Make no more; one under way is stopped."""
        self._timer.stop()
        self._stop.set()
        self._leaving.set()
        self._background.close()

    # ------------------------------------------------------------ on its thread

    def _look_at_room(self) -> int | None:
        self._clinic.store.gate.look()
        return self.backups.room_left()

    def _look_at_pages(self) -> None:
        if self._pages.is_due(self.now):
            with suppress(StoppedError):  # the record is being closed; it is due again then
                self._pages.look(self._go_on_looking)

    def _go_on_looking(self) -> None:
        _go_on(self._leaving)

    def _make_if_due(self) -> Backup | None:
        due = self.backups.is_due(self._clinic.store.clock.now())
        return self._make(Reason.HOURLY, SYSTEM) if due else None

    def _make_if_changed(self, reason: Reason) -> Backup | None:
        return self._make(reason, SYSTEM) if self.backups.has_changed() else None

    def _hold(self, reason: Reason) -> Backup | None:
        return None if self.backups.is_enough(reason) else self._make(reason, SYSTEM)

    def _make(self, reason: Reason, actor: Actor) -> Backup:
        self._stop.clear()
        self._begun.emit()
        return self.backups.make(reason, self._tell, actor)

    def _tell(self, stage: str, done: int, total: int) -> None:
        _go_on(self._stop)
        if stage == "copy":
            self._held.emit()
        self.stepped.emit(stage, done, total)

    # ------------------------------------------------------------ on the window's

    def _on_begun(self) -> None:
        self.is_running = True
        self.changed.emit()

    def _on_room(self, left: int | None) -> None:
        self.room_left = left
        self.changed.emit()

    def _on_done(self, made: Backup | None) -> None:
        self._end(made)

    def _on_failed(self, error: ClinicError) -> None:
        self._end(error)

    def _on_late(self, error: ClinicError) -> None:
        self._not_before = self.now + _PATIENCE
        self._end(error)

    def _end(self, outcome: Backup | ClinicError | None) -> None:
        self.is_running = False
        self._on_held()
        self.changed.emit()
        self.ended.emit(outcome)
