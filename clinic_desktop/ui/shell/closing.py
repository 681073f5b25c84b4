"""The window closes after the day's backup and a last exchange, or without them if one likes."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from clinic_desktop.errors import ClinicError, StoppedError
from clinic_desktop.services.backups.ledger import Reason
from clinic_desktop.ui.core.backup_keeper import BackupKeeper
from clinic_desktop.ui.core.exchange_keeper import ExchangeKeeper
from clinic_desktop.ui.core.last_exchange import LastExchange
from clinic_desktop.ui.shell.closing_view import ClosingView
from clinic_desktop.ui.shell.window import Window

READ_MS = 8_000
"""How long the word of what is left stays before the window closes by itself."""


class Closing(QObject):
    """One try to close the window."""

    def __init__(self, window: Window, keeper: BackupKeeper, exchange: ExchangeKeeper) -> None:
        super().__init__(window)
        self._window, self._keeper, self._before = window, keeper, window.shown
        self._exchange = exchange
        self.is_over = False
        """Whether the person wants to go on working."""
        self._is_saved = not keeper.is_on
        self._left: int | None = None
        self._view = ClosingView()
        self._view.leave_wanted.connect(self._leave)
        self._view.back_wanted.connect(self._back)
        self._view.again_wanted.connect(self._back_up)
        keeper.stepped.connect(self._view.show_step)
        self._last = LastExchange(exchange, self)
        self._last.over.connect(self._on_sent)
        self._reading = QTimer(self)
        self._reading.setSingleShot(True)
        self._reading.setInterval(READ_MS)
        self._reading.timeout.connect(self._leave)
        window.show_only(self._view)
        self._view.begin(backs_up=keeper.is_on, to_send=exchange.to_send)
        self._last.start()
        if keeper.is_on:
            self._back_up()

    def _back_up(self) -> None:
        self._keeper.make_if_changed(Reason.CLOSING, self._on_saved)

    def _on_saved(self, outcome: object) -> None:
        if self.is_over:
            return
        if isinstance(outcome, ClinicError) and not isinstance(outcome, StoppedError):
            self._view.refuse(outcome)
            return
        self._is_saved = True
        self._view.saved()
        self._go_on()

    def _on_sent(self, left: int) -> None:
        self._left = left
        self._view.sent(left)
        self._go_on()

    def _go_on(self) -> None:
        if self.is_over or not self._is_saved or self._left is None:
            return
        if self._left:
            self._view.say_left(self._left, self._exchange.error)
            self._reading.start()
        else:
            # Not within the window's own question whether it may close.
            QTimer.singleShot(0, self, self._leave)

    def _leave(self) -> None:
        if self.is_over:
            return
        self._stop()
        self._window.may_close = lambda: True
        self._window.close()

    def _back(self) -> None:
        self._stop()
        self.is_over = True
        if self._before is not None:
            self._window.show_only(self._before)
        self._window.drop(self._view)

    def _stop(self) -> None:
        self._reading.stop()
        self._last.stop()
        self._keeper.stop()
