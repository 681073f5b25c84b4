"""One more try to send what waits here before the record is closed; nobody is held up by it."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal

from clinic_desktop.ui.core.exchange_keeper import ExchangeKeeper

MOST_MS = 8_000
"""How long it may take."""


class LastExchange(QObject):
    """``over`` with the number of changes that no server holds."""

    over = Signal(int)

    def __init__(self, keeper: ExchangeKeeper, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._keeper = keeper
        self._has_tried = self._is_over = False
        self._most = QTimer(self)
        self._most.setSingleShot(True)
        self._most.setInterval(MOST_MS)
        self._most.timeout.connect(self._end)

    def start(self) -> None:
        """Look whether there is anything, and send it."""
        if not self._keeper.is_on:
            self._end()
            return
        self._most.start()
        self._keeper.changed.connect(self._go_on)
        self._keeper.look()

    def _go_on(self) -> None:
        if self._is_over or not self._keeper.is_idle:
            return
        if self._has_tried or not self._keeper.to_send or self._keeper.is_held:
            self._end()
        else:
            self._has_tried = True
            self._keeper.exchange_now()

    def _end(self) -> None:
        if not self._is_over:
            self.stop()
            self.over.emit(self._keeper.to_send)

    def stop(self) -> None:
        """The person does not wait, or goes on working."""
        self._is_over = True
        self._most.stop()
