"""Exchanges with the other PCs beside the window: after each change, and every few minutes.

The line to the server has a thread of its own; what comes is applied by the record's one writer,
a run at a time between what people save. Nobody waits for it.
"""

from __future__ import annotations

import logging
import math
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from shiboken6 import isValid

from clinic_desktop.clinic import Clinic
from clinic_desktop.db.journal import Changes
from clinic_desktop.domain.exchange_pace import Pace, is_near
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import (
    ClinicError,
    CopiedRecordError,
    RevokedError,
    SetupError,
    StoppedError,
)
from clinic_desktop.i18n import _
from clinic_desktop.sync.passes import Passed
from clinic_desktop.sync.standing import Standing, standing
from clinic_desktop.syncing import Syncing
from clinic_desktop.ui.core.background import Background

_SECOND_MS = 1000
log = logging.getLogger(__name__)
_AGE_MS = 60_000
"""How often what is shown grows older on the screen."""


class ExchangeKeeper(QObject):
    """One per open clinic."""

    changed = Signal()
    """A pass began or ended, it stands otherwise, or a minute has passed."""
    stepped = Signal(int, int, int)
    """Own changes sent, others' changes received, and bytes over the line, in this pass so far."""
    ended = Signal(object)
    """A ``Passed``, or the ``ClinicError`` that stood in its way."""
    arrived = Signal()
    """The record that was still coming is whole."""
    _committed = Signal()
    _looked = Signal(object)
    _stepped = Signal(int, int, int)

    def __init__(self, opened: Clinic, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.clinic = self._clinic = opened
        self.syncing = Syncing(opened, keeps_line=True)
        self.standing: Standing | None = None
        """As it was read last; None before that, and where no server was set up."""
        self.error: ClinicError | None = None
        """What stands in the way, of the server before the house; going on there hides it not."""
        self._is_of_server = True
        self.is_running = False
        self.over = threading.Event()
        """Set when the record closes: whoever works with a stick stops."""
        self.is_on = False
        """Whether it exchanges without being asked."""
        self.pace = Pace()
        self._asked = 0
        self._server_asked = -math.inf
        """When a pass went to the server last, by the running of the PC."""
        self._is_late = False
        """Whether something was changed while a pass was under way."""
        self._background = Background(self)
        self._next, self._minute = QTimer(self), QTimer(self)
        self._next.setSingleShot(True)
        self._next.timeout.connect(self._on_time)
        self._minute.setInterval(_AGE_MS)
        self._minute.timeout.connect(self.changed)
        for signal, slot in (
            (self._committed, self._on_committed),
            (self._looked, self._on_looked),
            (self._stepped, self.stepped),
        ):
            signal.connect(slot, Qt.ConnectionType.QueuedConnection)
        self._unsubscribe = opened.store.subscribe(self._hear)

    # ------------------------------------------------------------ by itself

    def start(self) -> None:
        """Exchange by itself from now on, at once for the first time."""
        self.is_on = True
        self._minute.start()
        self._watch_link()
        self.look()

    def _watch_link(self) -> None:
        """Try again as soon as the system says that there is a network; not every system says."""
        from PySide6.QtNetwork import QNetworkInformation

        if not QNetworkInformation.loadDefaultBackend():
            return
        network = QNetworkInformation.instance()
        online = QNetworkInformation.Reachability.Online

        def reached(now: QNetworkInformation.Reachability) -> None:
            if now == online:
                self.hurry()

        network.reachabilityChanged.connect(reached)
        network.isMeteredChanged.connect(self._on_metered)
        self.pace.is_metered = network.isMetered()

    def _on_metered(self, is_metered: bool) -> None:
        self.pace.is_metered = is_metered
        self.changed.emit()

    def hurry(self) -> None:
        """There is reason to hope for something: do not wait for the next time."""
        self.pace.failures, self._server_asked = 0, -math.inf
        if self.is_on and not self.is_running:
            self._next.start(_SECOND_MS)

    def _on_time(self) -> None:
        if self.is_held and not self.pace.has_hub:
            self._wait()
            self.changed.emit()
        elif not self.is_running:
            self._pass(in_house=self.is_held or not self._is_server_due())

    def _is_server_due(self) -> bool:
        if self.standing is None or not self.standing.server:
            return True  # a whole pass finds out whether there is one by now
        since = time.monotonic() - self._server_asked
        return self.pace.is_server_due(since, self.to_send)

    @property
    def is_held(self) -> bool:
        """Whether a person chose that nothing goes to the server by itself now."""
        found, now = self.standing, self._clinic.store.clock.now()
        return found is not None and (found.is_paused(now) or found.is_used_up)

    def _wait(self) -> None:
        if self.is_on:
            seconds = self.pace.wait(random.random())  # noqa: S311 - not a secret
            self._next.start(int(seconds * _SECOND_MS))

    def _hear(self, changes: Changes) -> None:
        """On the writer's thread, of every commit."""
        if isValid(self) and changes.origin != "sync":
            self._committed.emit()

    def _on_committed(self) -> None:
        self._is_late = self.is_running
        if not self.is_on or self.is_running or not self._next.isActive():
            return
        left = self._next.remainingTime() / _SECOND_MS
        soon = self.pace.wait_after_change(left)
        if soon < left:
            self._next.start(int(soon * _SECOND_MS))
        self.look()

    # ------------------------------------------------------------ asked for

    def exchange_now(self) -> None:
        """One pass now, whatever was chosen; ``ended`` follows."""
        if not self.is_running:
            self._pass()

    def look(self) -> None:
        """Read how it stands; ``changed`` follows."""
        self._asked += 1
        asked = self._clinic.store.read(SYSTEM, standing)
        asked.add_done_callback(self._post_look)

    def _post_look(self, asked: Future[Standing | None]) -> None:
        if isValid(self):
            self._looked.emit(asked)

    def _on_looked(self, asked: Future[Standing | None]) -> None:
        self._asked -= 1
        if not asked.cancelled() and asked.exception() is None:
            self.standing = asked.result()
            self.pace.is_near = self.standing is not None and is_near(self.standing.server)
            self.pace.has_hub = self.standing is not None and bool(self.standing.hubs)
        if self.is_on and self.standing and not (self.is_running or self._next.isActive()):
            self._next.start(0)  # the first time, or a server was set up just now
        self.changed.emit()

    @property
    def is_idle(self) -> bool:
        """Whether everything asked for has been answered."""
        return not (self._asked or self.is_running)

    @property
    def to_send(self) -> int:
        """Own changes that no server holds, as far as was read."""
        return self.standing.to_send if self.standing else 0

    # ------------------------------------------------------------ a pass

    def _exchange(self) -> Passed:
        return self.syncing.keep_up(self._stepped.emit)

    def _pass(self, *, in_house: bool = False) -> None:
        self._next.stop()
        self.is_running, self._is_late = True, False
        self._was_held = self._clinic.store.gate.is_held
        way = self.syncing.meet_in_house if in_house else self._exchange
        end = partial(self._end, in_house)
        if not in_house:
            self._server_asked = time.monotonic()
        self._background.run(partial(_guarded, way), done=end, failed=end)
        self.changed.emit()

    def _end(self, in_house: bool, outcome: Passed | ClinicError) -> None:
        self.is_running = False
        if not (in_house and self.error and self._is_of_server):
            self.error = outcome if isinstance(outcome, ClinicError) else None
            self._is_of_server = not in_house
        if isinstance(outcome, Passed):
            if not in_house:
                self.pace.went_well()
        elif not isinstance(outcome, StoppedError):
            hopeless = (RevokedError, CopiedRecordError, SetupError)
            self.pace.failed(is_hopeless=isinstance(outcome, hopeless))
        self._wait()
        if self._is_late:
            self._on_committed()
        self.look()
        if self._was_held and not self._clinic.store.gate.is_held:
            self.arrived.emit()
        self.ended.emit(outcome)

    def heard(self) -> None:
        """Something else has just talked with the server, and it went well."""
        self.error = None
        self.pace.went_well()
        self.look()

    def close(self) -> None:
        """Exchange no more; what is under way is broken off, and nothing is lost by it."""
        self.over.set()
        self.is_on = False
        self._next.stop()
        self._minute.stop()
        self._unsubscribe()
        self.syncing.end()
        self._background.close()


def _guarded(way: Callable[[], Passed]) -> Passed:
    """On a helper's thread."""
    try:
        return way()
    except ClinicError:
        raise
    except Exception as error:  # else it would be under way for ever, and nobody would know
        log.critical("Unexpected error", exc_info=error)
        raise ClinicError(_("Something went wrong that we did not expect.")) from error
