"""The window closes after the day's backup, or without it if the person says so."""

from __future__ import annotations

from clinic_desktop.errors import ClinicError, StoppedError
from clinic_desktop.services.backups.ledger import Reason
from clinic_desktop.ui.core.backup_keeper import BackupKeeper
from clinic_desktop.ui.shell.closing_view import ClosingView
from clinic_desktop.ui.shell.window import Window


class Closing:
    """One try to close the window."""

    def __init__(self, window: Window, keeper: BackupKeeper) -> None:
        self._window, self._keeper, self._before = window, keeper, window.shown
        self.is_over = False
        """Whether the person wants to go on working."""
        self._view = ClosingView()
        self._view.leave_wanted.connect(self._leave)
        self._view.back_wanted.connect(self._back)
        self._view.again_wanted.connect(self._begin)
        keeper.stepped.connect(self._view.show_step)
        window.show_only(self._view)
        self._begin()

    def _begin(self) -> None:
        self._keeper.make_if_changed(Reason.CLOSING, self._end)

    def _end(self, outcome: object) -> None:
        if self.is_over:
            return
        if isinstance(outcome, ClinicError) and not isinstance(outcome, StoppedError):
            self._view.refuse(outcome)
        else:
            self._leave()

    def _leave(self) -> None:
        self._keeper.stop()
        self._window.may_close = lambda: True
        self._window.close()

    def _back(self) -> None:
        self.is_over = True
        self._keeper.stop()
        if self._before is not None:
            self._window.show_only(self._before)
        self._window.drop(self._view)
