"""Opening the record on the thread for keys, with a password or with the recovery sheet."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, SignalInstance

from clinic_desktop.clock import Clock
from clinic_desktop.config import DataDir
from clinic_desktop.security.primitives import KdfCost
from clinic_desktop.ui.shell.loading import load_desk
from clinic_desktop.ui.shell.restoring import known

if TYPE_CHECKING:
    from clinic_desktop.clinic import Clinic
    from clinic_desktop.security.recovery_key import RecoveryKey


class Signing(QObject):
    """One person at a time; deriving a key takes a second, and the window goes on meanwhile."""

    opened = Signal(object)
    """The ``Clinic``, open for the person who asked."""
    refused = Signal(object)
    """The ``ClinicError`` that says why not."""
    recovered = Signal(object)
    """The ``Clinic``, opened with the sheet."""
    sheet_refused = Signal(object)
    pins_known = Signal(object)
    """The logins of the open record that have a PIN, as a frozenset."""
    _ended = Signal(object, object, object)
    _pins = Signal(object)

    def __init__(
        self,
        thread: Executor,
        clock: Clock,
        cost: KdfCost | None,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._thread, self._clock, self._cost = thread, clock, cost
        self._opening: Future[Clinic] | None = None
        self._ended.connect(self._on_ended, Qt.ConnectionType.QueuedConnection)
        self._pins.connect(self._on_pins, Qt.ConnectionType.QueuedConnection)

    def unlock(self, where: Clinic | DataDir, login: str, password: str, code: str) -> None:
        """Derive the key; a record that is open already is entered by this person."""

        def work() -> Clinic:
            if not isinstance(where, DataDir):
                where.enter(login, password, code)
                return where
            load_desk()
            from clinic_desktop import clinic

            return clinic.open_clinic(where, login, password, self._clock, code)

        self._submit(work, self.opened, self.refused)

    def recover(
        self, where: Clinic | DataDir, recovery: RecoveryKey, login: str, password: str
    ) -> None:
        """Open it with the sheet, and give the person this new password."""

        def work() -> Clinic:
            if not isinstance(where, DataDir):
                where.switch_by_recovery(recovery, login, password)
                return where
            load_desk()
            from clinic_desktop import clinic

            clock, cost = self._clock, self._cost
            return clinic.recover(where, recovery, login, password, clock, cost)

        self._submit(work, self.recovered, self.sheet_refused)

    def _submit(
        self, work: Callable[[], Clinic], done: SignalInstance, refused: SignalInstance
    ) -> None:
        self._opening = self._thread.submit(work)
        self._opening.add_done_callback(lambda job: self._ended.emit(job, done, refused))

    def _on_ended(self, job: Future[Clinic], done: SignalInstance, refused: SignalInstance) -> None:
        error = job.exception()
        if error is None:
            done.emit(job.result())
        else:
            refused.emit(known(error))

    def ask_pins(self, opened: Clinic) -> None:
        """Find out who has a PIN; where that cannot be read, passwords are asked for."""
        self._thread.submit(opened.logins_with_pin).add_done_callback(self._pins.emit)

    def _on_pins(self, job: Future[frozenset[str]]) -> None:
        if job.exception() is None:
            self.pins_known.emit(job.result())

    def forget(self) -> None:
        """The record that was opened last has been closed."""
        self._opening = None

    def late(self) -> Clinic | None:
        """Once the thread is done: what was opened last, perhaps while the window closed."""
        if self._opening is None or self._opening.exception():
            return None
        return self._opening.result()
