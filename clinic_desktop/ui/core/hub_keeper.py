"""Holds the door open for the PCs of the house while the window is, where this PC is a hub."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal

from clinic_desktop.clinic import Clinic
from clinic_desktop.hub import Hub
from clinic_desktop.ui.core.background import Background
from clinic_desktop.ui.core.exchange_keeper import ExchangeKeeper


class HubKeeper(QObject):
    """One per open clinic. What it is to be is kept with the exchange, whose keeper says so."""

    failed = Signal(object)
    """A ``ClinicError``: the door cannot be opened."""
    _arrived = Signal()

    def __init__(self, opened: Clinic, exchange: ExchangeKeeper, parent: QObject) -> None:
        super().__init__(parent)
        self._clinic, self._exchange = opened, exchange
        self._port = 0
        self._hub: Hub | None = None
        self._background = Background(self)
        self._arrived.connect(exchange.hurry, Qt.ConnectionType.QueuedConnection)
        exchange.changed.connect(self._follow)

    def _follow(self) -> None:
        found = self._exchange.standing
        wanted = found.hub_port if found is not None and self._exchange.is_on else 0
        if wanted != self._port:
            self._port = wanted
            self._background.run(
                self._turn, done=lambda _nothing: self._exchange.hurry(), failed=self.failed.emit
            )

    def _turn(self) -> None:
        """On its thread."""
        self._stop()
        if self._port:
            self._hub = Hub(self._clinic, self._arrived.emit)

    def _stop(self) -> None:
        hub, self._hub = self._hub, None
        if hub is not None:
            hub.stop()

    def close(self) -> None:
        """Close the door; what others left here is kept for them."""
        self._background.close()
        self._stop()
