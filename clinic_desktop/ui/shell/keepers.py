"""What runs beside the window for as long as a record is open: backups, exchange, hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from clinic_desktop.errors import CopiedRecordError, DatabaseDamagedError, RevokedError
from clinic_desktop.ui.shell.window import Window

if TYPE_CHECKING:
    from clinic_desktop.clinic import Clinic
    from clinic_desktop.ui.core.backup_keeper import BackupKeeper
    from clinic_desktop.ui.core.exchange_keeper import ExchangeKeeper
    from clinic_desktop.ui.core.hub_keeper import HubKeeper
    from clinic_desktop.ui.shell.closing import Closing


class Keepers(QObject):
    """One of each for the open record, whoever signs in on it."""

    failed = Signal(object)
    """A ``ClinicError`` that somebody must hear of at once."""
    arrived = Signal()
    """The record that was still coming is whole: everything on the screen is to be read anew."""

    def __init__(self, window: Window, parent: QObject) -> None:
        super().__init__(parent)
        self._window = window
        self._works_alone = False
        self._backups: BackupKeeper | None = None
        self._exchange: ExchangeKeeper | None = None
        self._hub: HubKeeper | None = None
        self._closing: Closing | None = None

    def work_alone(self) -> None:
        """Back up and exchange without being asked from now on, and before the window closes."""
        self._works_alone = True
        self._window.may_close = self._may_close

    def backups_of(self, opened: Clinic) -> BackupKeeper:
        """The keeper of the open record's backups."""
        from clinic_desktop.ui.core.backup_keeper import BackupKeeper

        if self._backups is None:
            self._backups = BackupKeeper(opened, self)
            self._backups.ended.connect(self._on_backup_ended)
            if self._works_alone and opened.store.gate.passes:
                self._backups.start()
        return self._backups

    def exchange_of(self, opened: Clinic) -> ExchangeKeeper:
        """The one of its exchange with the other PCs."""
        from clinic_desktop.ui.core.exchange_keeper import ExchangeKeeper
        from clinic_desktop.ui.core.hub_keeper import HubKeeper

        if self._exchange is None:
            self._exchange = ExchangeKeeper(opened, self)
            self._exchange.ended.connect(self._on_exchanged)
            self._exchange.arrived.connect(self.arrived)
            self._hub = HubKeeper(opened, self._exchange, self)
            self._hub.failed.connect(self.failed)
            if self._works_alone and opened.store.gate.passes:
                self._exchange.start()
            else:
                self._exchange.look()
        return self._exchange

    def _on_backup_ended(self, outcome: object) -> None:
        """A copy reads every page: damage shows itself here first, and is said at once."""
        if isinstance(outcome, DatabaseDamagedError):
            self.failed.emit(outcome)

    def _on_exchanged(self, outcome: object) -> None:
        """What only a person can mend is said once; a line that is away only on its page."""
        is_new = self._exchange is not None and self._exchange.pace.failures == 1
        if isinstance(outcome, RevokedError | CopiedRecordError) and is_new:
            self.failed.emit(outcome)

    def _may_close(self) -> bool:
        """Close at once where there is nothing to back up or to send; else after that."""
        backups, exchange = self._backups, self._exchange
        if backups is None or exchange is None or exchange.clinic.store.gate.is_held:
            return True
        if not (backups.is_on or (exchange.is_on and exchange.standing)):
            return True
        from clinic_desktop.ui.shell.closing import Closing

        if self._closing is None or self._closing.is_over:
            self._closing = Closing(self._window, backups, exchange)
        return False

    def close(self) -> None:
        """End both; what was under way is broken off, and nothing is lost by it."""
        for each in (self._hub, self._exchange, self._backups):
            if each is not None:
                each.close()
        self._exchange = self._backups = self._hub = None
