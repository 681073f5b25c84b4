"""Puts the window's parts together. The only file that knows all of them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

import clinic_desktop.ui  # noqa: F401 - first: it makes loading the rest cheaper
from clinic_desktop import this_pc, viewing
from clinic_desktop.clock import Clock, SystemClock
from clinic_desktop.config import DataDir
from clinic_desktop.db.engine import check_library
from clinic_desktop.db.lock import FolderLock
from clinic_desktop.domain.permissions import SYSTEM, Actor
from clinic_desktop.errors import ClinicError
from clinic_desktop.i18n import _
from clinic_desktop.security import vault_file
from clinic_desktop.security.attempts import Attempts
from clinic_desktop.security.primitives import KdfCost
from clinic_desktop.ui.core.navigator import Destination
from clinic_desktop.ui.shell.arriving import Arriving
from clinic_desktop.ui.shell.excuse import show_excuse
from clinic_desktop.ui.shell.idle_watch import IdleWatch
from clinic_desktop.ui.shell.keepers import Keepers
from clinic_desktop.ui.shell.loading import load_desk, load_places
from clinic_desktop.ui.shell.lock_view import LockView
from clinic_desktop.ui.shell.refusal import refuse_sign_in
from clinic_desktop.ui.shell.restoring import Salvaging
from clinic_desktop.ui.shell.signing import Signing
from clinic_desktop.ui.shell.ways_in import WaysIn
from clinic_desktop.ui.shell.window import Window

if TYPE_CHECKING:
    from clinic_desktop import clinic
    from clinic_desktop.security.recovery_key import RecoveryKey
    from clinic_desktop.ui.core.context import Context
    from clinic_desktop.ui.first_run.first_run_view import FirstRunView
    from clinic_desktop.ui.shell.desk import Desk
    from clinic_desktop.ui.shell.recover_view import RecoverView

LOAD_AFTER_MS = 200

log = logging.getLogger(__name__)


class Session(QObject):
    """From lock screen to desk and back, in one window."""

    desk_wanted = Signal()
    """All code of the desk is loaded; the desk itself is made next."""
    desk_shown = Signal()
    locked = Signal()
    closing_wanted = Signal()

    def __init__(
        self,
        data_dir: DataDir,
        login: str = "",
        clock: Clock | None = None,
        cost: KdfCost | None = None,
    ) -> None:
        super().__init__()
        self._cost = cost
        self.data_dir, self.clock = data_dir, clock or SystemClock()
        self.clinic: clinic.Clinic | None = None
        self.desk: Desk | None = None
        self.context: Context | None = None
        self.window = Window()
        self.window.closing.connect(self.close)
        self._login = login
        self._lock: LockView | None = None
        self._recover: RecoverView | None = None
        self._first_run: FirstRunView | None = None
        self._frame: QWidget | None = None
        self._pack: Path | None = None
        self._keepers = Keepers(self.window, self)
        self._keepers.failed.connect(self.show_error)
        self._keepers.arrived.connect(self._on_record_here, Qt.ConnectionType.QueuedConnection)
        self._is_old = False
        """Whether the desk behind the lock screen shows a record that was still coming."""
        self._salvaging: Salvaging | None = None
        self.trouble: ClinicError | None = None
        """Why the window opened on an excuse instead of a lock screen."""
        self._keys = ThreadPoolExecutor(1, "clinic-keys")
        arriving = Arriving(data_dir, self.clock, cost)
        self.ways = WaysIn(self.window, self._keys, data_dir, arriving, self)
        self.ways.restored.connect(self._on_restored)
        self.ways.joined.connect(self._on_joined)
        self._signing = Signing(self._keys, self.clock, cost, self)
        self._signing.pins_known.connect(self._on_pins_known)
        self._signing.opened.connect(self._go_in)
        self._signing.refused.connect(self._on_refused)
        self._signing.recovered.connect(self._on_recovered)
        self._signing.sheet_refused.connect(self._on_sheet_refused)
        self._loading = QTimer(self)
        self._loading.setSingleShot(True)
        self._loading.setInterval(LOAD_AFTER_MS)
        self._loading.timeout.connect(self._load_ahead)
        self.window.winId()  # the system's window must be there to be watched
        self.idle = IdleWatch(self.window.windowHandle(), self)
        self.idle.idle.connect(self.show_lock)

    def start(self) -> None:
        """Show the lock screen, the first steps where there is no clinic yet, or why neither."""
        try:
            check_library()
            if this_pc.exists(self.data_dir):
                lock = FolderLock(self.data_dir.lock)
                lock.acquire()
                lock.release()
                self.show_lock()
                self._loading.start()
            else:
                self._show_first_run()
        except ClinicError as error:
            self._show_trouble(error)
        self.window.show()

    def _show_trouble(self, error: ClinicError) -> None:
        self.trouble = error
        show_excuse(self.window, error, has_pack=self._pack is not None)
        log.info("Not opened: %s", error.code)

    def offer_pack(self, path: Path) -> None:
        """Ask whoever is signed in, or signs in next, whether to add this pack."""
        self._pack = path
        if self._frame is not None and self.window.shown is self._frame:
            self._ask_about_pack()

    def _ask_about_pack(self) -> None:
        path, self._pack = self._pack, None
        if path is not None and self.desk is not None:
            from clinic_desktop.ui.shell.pack_offer import offer_pack_at

            offer_pack_at(self.desk, path)

    def _show_first_run(self, opened: clinic.Clinic | None = None) -> None:
        """The first steps, or those that were left open when the program was closed."""
        from clinic_desktop.ui.first_run.first_run_view import FirstRunView

        self.clinic = opened
        view = FirstRunView(self.data_dir, self.clock, opened=opened, cost=self._cost)
        view.created.connect(self._on_created)
        view.finished.connect(self._leave_first_run)
        view.restore_wanted.connect(self.ways.show_restore)
        view.server_restore_wanted.connect(self.ways.show_server_restore)
        view.join_wanted.connect(self.ways.show_join)
        self._first_run = view
        self.window.show_only(view)
        self._drop_lock()

    def _on_created(self, opened: clinic.Clinic) -> None:
        # From now on closing the window closes the record too.
        self.clinic = opened

    def _leave_first_run(self, opened: clinic.Clinic) -> None:
        first_run, self._first_run = self._first_run, None
        self.enter(opened)
        if first_run is not None:
            first_run.close_work()
            self.window.drop(first_run)

    def show_lock(self) -> None:
        """Hide the desk behind the tiles; what was typed stays behind them."""
        self.idle.stop()
        if self.clinic is not None:
            viewing.end(self.clinic)  # whoever comes back does so as himself
        vault = self.clinic.keys.vault if self.clinic else vault_file.load(self.data_dir.vault)
        login = self.clinic.actor.login if self.clinic else self._login
        if self.clinic is not None and self.desk is not None and self._lock is None:
            self.clinic.leave()
        self._drop_lock()
        backup = this_pc.last_backup(self.data_dir)
        # An open record would have to be closed for it: that is for whoever starts the program.
        tried = Attempts(self.data_dir.attempts, self.clock)
        self._lock = LockView(
            vault, self.clock, login, backup, may_restore=self.clinic is None, attempts=tried
        )
        self._lock.restore_wanted.connect(self.ways.show_restore)
        self._lock.salvage_wanted.connect(self.save_what_can_be_read)
        self._lock.unlock_requested.connect(self.unlock)
        self._lock.sheet_wanted.connect(self.show_recovery)
        self.window.show_only(self._lock)
        self.locked.emit()
        if self.clinic is not None:
            self._signing.ask_pins(self.clinic)

    def _lock_for_rights(self) -> None:
        """Another PC brought that the signed-in person has other rights, or none any more."""
        if self._lock is None:
            self.show_lock()
        if self._lock is not None:
            self._lock.tell(_("Your rights were changed at another PC: sign in again."))

    def _on_pins_known(self, logins: frozenset[str]) -> None:
        if self._lock is not None:
            self._lock.offer_pins(logins)

    def _drop_lock(self) -> None:
        for view in (self._lock, self._recover):
            if view is not None:
                self.window.drop(view)
        self._lock = self._recover = None

    def unlock(self, login: str, password: str, code: str = "") -> None:
        """Sign in off the window's thread, then show the desk."""
        self._signing.unlock(self.clinic or self.data_dir, login, password, code)

    def _on_refused(self, error: ClinicError) -> None:
        if self._lock is not None:
            refuse_sign_in(self._lock, error)

    def show_recovery(self, login: str) -> None:
        """Ask for the recovery sheet; Esc goes back to the tiles."""
        from clinic_desktop.ui.shell.recover_view import RecoverView

        self._recover = RecoverView(login)
        self._recover.left.connect(self.show_lock)
        self._recover.recover_requested.connect(self.recover)
        self.window.show_only(self._recover)

    def recover(self, recovery: RecoveryKey, login: str, password: str) -> None:
        """Open the record with the sheet off the window's thread, then show the desk."""
        self._signing.recover(self.clinic or self.data_dir, recovery, login, password)

    def _on_sheet_refused(self, error: ClinicError) -> None:
        if self._recover is not None:
            self._recover.refuse(error)

    def leave_for_restore(self, path: Path) -> None:
        """Close the open record, which only can be looked at, and ask for this backup's sheet."""
        login = self.clinic.actor.login if self.clinic else ""
        self.idle.stop()
        self._keepers.close()
        if self.context is not None:
            self.context.tasks.close()
        if self.clinic is not None:
            self.clinic.close()
        frame, self._frame = self._frame, None
        self.clinic = self.context = self.desk = None
        self._signing.forget()
        self.show_lock()  # where Esc leads
        self.ways.show_restore(login, path)
        if frame is not None:
            self.window.drop(frame)

    def _on_joined(self, opened: clinic.Clinic) -> None:
        """The first steps, if they are still open, are for the PC where they were begun."""
        self._arrive(opened, self._demand_code if opened.lacks_code else self.enter)

    def _on_recovered(self, opened: clinic.Clinic) -> None:
        self._go_in(opened)
        self._ask_for_new_sheet()

    def _on_restored(self, opened: clinic.Clinic) -> None:
        self._arrive(opened, self._go_in)
        self._ask_for_new_sheet()

    def _arrive(self, opened: clinic.Clinic, go_in: Callable[[clinic.Clinic], object]) -> None:
        """Leave the first steps for a practice that came from elsewhere."""
        view = self.window.shown
        self.ways.forget()
        first_run, self._first_run = self._first_run, None
        if first_run is not None:
            first_run.close_work()
            self.window.drop(first_run)
        go_in(opened)
        if view is not None:
            self.window.drop(view)

    def _ask_for_new_sheet(self) -> None:
        from clinic_desktop.ui.shell.sheet_used import ask_for_new_sheet

        if self.context is not None and self.clinic is not None:
            ask_for_new_sheet(self.context, self.clinic)

    def _go_in(self, opened: clinic.Clinic) -> None:
        from clinic_desktop.services.setup import open_step

        if self.context is None and opened.store.read(SYSTEM, open_step).result():
            self._show_first_run(opened)
        elif opened.lacks_code:
            self._demand_code(opened)
        else:
            self.enter(opened)

    def _demand_code(self, opened: clinic.Clinic) -> None:
        """The practice wants a code of this person: it is switched on before anything else."""
        from clinic_desktop.ui.shell.code_view import CodeView

        self.clinic = opened
        view = CodeView(opened)
        view.left.connect(self.show_lock)
        view.left.connect(lambda: self.window.drop(view))
        view.switched_on.connect(lambda: self.enter(opened))
        view.switched_on.connect(lambda: self.window.drop(view))
        self.window.show_only(view)
        self._drop_lock()
        self.idle.start(opened.lock_minutes())

    def enter(self, opened: clinic.Clinic) -> None:
        """Show the desk of the signed-in person; the same person finds it as it was."""
        same = self.context is not None and self.context.actor == opened.actor
        self.clinic, self.data_dir = opened, opened.data_dir
        opened.recovery = None  # nobody printed it in the first run: a later sheet is a new one
        if same and self._frame is not None and not self._is_old:
            self.window.show_only(self._frame)
        else:
            self.desk_wanted.emit()
            self._show_new_desk(opened)
        self._drop_lock()
        self.idle.start(opened.lock_minutes())
        self._loading.start()
        self.desk_shown.emit()
        self._ask_about_pack()

    def view_as(self, role: str) -> None:
        """Show the window as a role sees it, or, for an empty role, as the person does."""
        opened = self.clinic
        if opened is None or self.context is None:
            return
        if not role:
            viewing.end(opened)
            self.enter(opened)
            return
        actor = opened.actor
        done = partial(self._enter_view, opened, actor, role)
        self.context.tasks.call(self, viewing.note, opened, actor, role, done=done)

    def _enter_view(self, opened: clinic.Clinic, asked: Actor, role: str, _nothing: None) -> None:
        """Unless the window was locked, or somebody else came, while the log was written."""
        if self._lock is None and opened.actor == asked:
            viewing.begin(opened, role)
            self.enter(opened)

    def _load_ahead(self) -> None:
        """Behind the lock screen the desk's code, behind the desk that of its other places."""
        self._keys.submit(load_desk if self.desk is None else load_places)

    def _rebuild(self, destination: Destination) -> None:
        """The same person in another language: a desk made anew, at the place asked for."""
        if self.clinic is not None:
            self._show_new_desk(self.clinic, destination)
            self.desk_shown.emit()

    def _on_record_here(self) -> None:
        """What could only be looked at is whole: a desk made anew, behind the lock if it is on."""
        self._is_old = True
        if self._lock is None and self.clinic is not None and self.desk is not None:
            self._show_new_desk(self.clinic)
            self.desk_shown.emit()

    def _show_new_desk(self, opened: clinic.Clinic, first: Destination | None = None) -> None:
        self._is_old = False
        if self._frame is not None and self.context is not None:
            self.context.tasks.close()
            self.window.drop(self._frame)
        self._frame = QWidget()  # drawers and toasts lie over the desk, never over the lock screen
        desk = self._make_desk(opened, self._frame)
        self.window.show_only(self._frame)
        desk.top.embed_palette()
        if first is None:
            desk.open_first()
        else:
            desk.context.navigator.open(first)

    def _make_desk(self, opened: clinic.Clinic, frame: QWidget) -> Desk:
        from clinic_desktop.ui.shell.desk_making import make_desk
        from clinic_desktop.ui.shell.rights_watch import RightsWatch

        desk = self.desk = make_desk(opened, frame, self._keepers, self.clock, self)
        context = self.context = desk.context
        context.navigator.rebuild_requested.connect(
            self._rebuild, Qt.ConnectionType.QueuedConnection
        )
        context.navigator.lock_after_changed.connect(self.idle.start)
        rights = RightsWatch(context.tasks, opened, frame)
        rights.changed.connect(self._lock_for_rights)
        desk.lock_requested.connect(self.show_lock)
        desk.switch_requested.connect(self.show_lock)
        desk.view_requested.connect(self.view_as, Qt.ConnectionType.QueuedConnection)
        desk.closing_requested.connect(self.closing_wanted)
        desk.restore_requested.connect(self.leave_for_restore)
        return desk

    def save_what_can_be_read(self, login: str, password: str) -> None:
        """Make a sound record of a damaged one, which is kept beside it."""
        if self._lock is not None:
            self._salvaging = Salvaging(self._keys, self._lock, self)
            self._salvaging.start(self.data_dir, login, password, self.clock)

    # ------------------------------------------------------------ beside the window

    def work_alone(self) -> None:
        """Make backups and exchange with the other PCs by itself, also before the window closes."""
        self._keepers.work_alone()

    def forgo_last_backup(self) -> None:
        """Close without a backup when the time comes; the next start makes it."""
        self.window.may_close = lambda: True

    def close(self) -> None:
        """Finish all work and let go of the record; safe to call twice."""
        self._loading.stop()
        self.ways.stop()
        self._keepers.close()
        self._keys.shutdown(wait=True)
        if self.clinic is None:
            self.clinic = self._signing.late()
        self.idle.stop()
        if self._first_run is not None:
            self._first_run.close_work()
        if self.context is not None:
            self.context.tasks.close()
        if self.clinic is not None:
            self.clinic.close()
            self.clinic = None

    def show_error(self, error: Exception) -> None:
        """Say it at the desk."""
        if self.context is not None:
            self.context.host.show_error(error)
