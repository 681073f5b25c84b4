"""The pages on which a record comes from elsewhere, in front of the lock or the first steps."""

from __future__ import annotations

from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from clinic_desktop.config import DataDir
from clinic_desktop.ui.shell.arriving import Arriving
from clinic_desktop.ui.shell.restoring import Restoring
from clinic_desktop.ui.shell.window import Window

if TYPE_CHECKING:
    from clinic_desktop.ui.shell.joining_pc import JoiningPc, StickJoining


class WaysIn(QObject):
    """Backup, server, invitation, stick; Esc goes back to where the person was."""

    restored = Signal(object)
    """The opened ``Clinic``, from a backup or from the server."""
    joined = Signal(object)
    """The opened ``Clinic`` of the practice that this PC became one of."""

    def __init__(
        self, window: Window, thread: Executor, data_dir: DataDir, arriving: Arriving,
        parent: QObject,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._window, self._thread = window, thread
        self._data_dir, self._arriving = data_dir, arriving
        self._restoring: Restoring | None = None
        self._joining: JoiningPc | StickJoining | None = None

    def show_restore(self, login: str = "", path: Path | None = None) -> None:
        """Ask for a backup and the recovery sheet."""
        from clinic_desktop.ui.shell.restore_view import RestoreView

        before = self._window.shown
        view = RestoreView(login)
        if path is not None:
            view.take_file(str(path))
        self._restoring = Restoring(self._thread, view, self._arriving.bring_back, self)
        self._restoring.restored.connect(self.restored)
        view.left.connect(lambda: self._leave(view, before))
        self._window.show_only(view)

    def show_server_restore(self) -> None:
        """Ask for the server and the recovery sheet."""
        from clinic_desktop.ui.shell.server_restore_view import ServerRestoreView

        before = self._window.shown
        view = ServerRestoreView()
        self._restoring = Restoring(self._thread, view, self._arriving.bring_from_server, self)
        self._restoring.restored.connect(self.restored)
        view.left.connect(lambda: self._leave(view, before))
        self._window.show_only(view)

    def show_join(self) -> None:
        """Ask for an invitation of a practice."""
        from clinic_desktop.half_joining import half_joined
        from clinic_desktop.ui.shell.join_view import JoinView
        from clinic_desktop.ui.shell.joining_pc import JoiningPc

        before = self._window.shown
        view = JoinView(half_joined(self._data_dir))
        self._joining = JoiningPc(self._thread, view, self._arriving.join, self)
        self._joining.joined.connect(self.joined)
        view.left.connect(lambda: self._leave(view, before))
        view.stick_wanted.connect(lambda: self._turn_to_stick(view, before))
        self._window.show_only(view)

    def _turn_to_stick(self, view: QWidget, before: QWidget | None) -> None:
        self._leave(view, before)
        self.show_join_by_stick()

    def show_join_by_stick(self) -> None:
        """The same where no line goes: with a request that was written before, or a new one."""
        from clinic_desktop.stick_joining import asked_by
        from clinic_desktop.ui.shell.joining_pc import StickJoining
        from clinic_desktop.ui.shell.stick_join_view import StickJoinView

        before = self._window.shown
        view = StickJoinView(asked_by(self._data_dir))
        work = (self._arriving.ask_by_stick, self._arriving.join_by_stick)
        self._joining = StickJoining(self._thread, view, work, self)
        self._joining.joined.connect(self.joined)
        view.left.connect(lambda: self._leave(view, before))
        self._window.show_only(view)

    def _leave(self, view: QWidget, before: QWidget | None) -> None:
        self.forget()
        if before is not None:
            self._window.show_only(before)
        self._window.drop(view)

    def forget(self) -> None:
        """What was asked for is here, or nobody wants it any more."""
        self._restoring = self._joining = None

    def stop(self) -> None:
        """What is under way ends as it can."""
        for under_way in (self._restoring, self._joining):
            if under_way is not None:
                under_way.stop()
