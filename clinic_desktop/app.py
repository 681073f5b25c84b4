"""Puts the window's parts together. The only file that knows all of them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

import clinic_desktop.ui  # noqa: F401 - first: it makes loading the rest cheaper
from clinic_desktop import this_pc, viewing
from clinic_desktop.clock import Clock, SystemClock
from clinic_desktop.config import DataDir
from clinic_desktop.db.engine import check_library
from clinic_desktop.db.lock import FolderLock
from clinic_desktop.domain.permissions import SYSTEM, Actor
from clinic_desktop.errors import (
    ClinicError,
    CodeNeededError,
    DatabaseDamagedError,
    DeviceSecretError,
    InUseError,
)
from clinic_desktop.i18n import _, isolate
from clinic_desktop.security import vault_file
from clinic_desktop.security.attempts import Attempts
from clinic_desktop.security.primitives import KdfCost
from clinic_desktop.ui.core.navigator import Destination, Navigator, Settings
from clinic_desktop.ui.core.speech import speak
from clinic_desktop.ui.shell.arriving import Arriving
from clinic_desktop.ui.shell.idle_watch import IdleWatch
from clinic_desktop.ui.shell.keepers import Keepers
from clinic_desktop.ui.shell.loading import load_desk, load_places
from clinic_desktop.ui.shell.lock_view import LockView
from clinic_desktop.ui.shell.restoring import Restoring, Salvaging
from clinic_desktop.ui.shell.window import Window
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.widgets.empty_state import EmptyState

if TYPE_CHECKING:
    from clinic_desktop import clinic
    from clinic_desktop.security.recovery_key import RecoveryKey
    from clinic_desktop.ui.core.context import Context
    from clinic_desktop.ui.first_run.first_run_view import FirstRunView
    from clinic_desktop.ui.shell.desk import Desk
    from clinic_desktop.ui.shell.joining_pc import JoiningPc, StickJoining
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
    _opened = Signal(object)
    _recovered = Signal(object)
    _pins_known = Signal(object)

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
        self._restoring: Restoring | None = None
        self._arriving = Arriving(data_dir, self.clock, self._cost)
        self._joining: JoiningPc | StickJoining | None = None
        self.trouble: ClinicError | None = None
        """Why the window opened on an excuse instead of a lock screen."""
        self._keys = ThreadPoolExecutor(1, "clinic-keys")
        self._opening: Future[clinic.Clinic] | None = None
        self._loading = QTimer(self)
        self._loading.setSingleShot(True)
        self._loading.setInterval(LOAD_AFTER_MS)
        self._loading.timeout.connect(self._load_ahead)
        self._opened.connect(self._on_opened, Qt.ConnectionType.QueuedConnection)
        self._recovered.connect(self._on_recovered, Qt.ConnectionType.QueuedConnection)
        self._pins_known.connect(self._on_pins_known, Qt.ConnectionType.QueuedConnection)
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
        """Say why the clinic cannot be opened here; all that is left to do is to close."""
        self.trouble = error
        hint = error.hint
        if self._pack is not None and isinstance(error, InUseError):
            hint = _("Add the pack in the window that is open: Settings, Code packs.")
        words = "\n".join(part for part in (error.kept, hint, isolate(error.place)) if part)
        view = EmptyState(Icon.ALERT, error.message, words, _("Close"))
        view.setProperty("role", "page")
        view.acted.connect(self.window.close)
        self.window.show_only(view)
        log.info("Not opened: %s", error.code)

    def offer_pack(self, path: Path) -> None:
        """Ask whoever is signed in, or signs in next, whether to add this pack."""
        self._pack = path
        if self._frame is not None and self.window.shown is self._frame:
            self._ask_about_pack()

    def _ask_about_pack(self) -> None:
        from clinic_desktop.ui.settings.packs_page import PacksPage
        from clinic_desktop.ui.settings.settings_view import SettingsView

        path, self._pack = self._pack, None
        if path is None or self.context is None or self.desk is None:
            return
        self.context.navigator.open(Settings("packs"))
        shown = self.desk.shown
        if isinstance(shown, SettingsView):
            page = shown.page("packs")
            if isinstance(page, PacksPage):
                page.offer(path)

    def _show_first_run(self, opened: clinic.Clinic | None = None) -> None:
        """The first steps, or those that were left open when the program was closed."""
        from clinic_desktop.ui.first_run.first_run_view import FirstRunView

        self.clinic = opened
        view = FirstRunView(self.data_dir, self.clock, opened=opened, cost=self._cost)
        view.created.connect(self._on_created)
        view.finished.connect(self._leave_first_run)
        view.restore_wanted.connect(self.show_restore)
        view.server_restore_wanted.connect(self.show_server_restore)
        view.join_wanted.connect(self.show_join)
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
        self._lock.restore_wanted.connect(self.show_restore)
        self._lock.salvage_wanted.connect(self.save_what_can_be_read)
        self._lock.unlock_requested.connect(self.unlock)
        self._lock.sheet_wanted.connect(self.show_recovery)
        self.window.show_only(self._lock)
        self.locked.emit()
        if self.clinic is not None:
            asked = self._keys.submit(self.clinic.logins_with_pin)
            asked.add_done_callback(self._pins_known.emit)

    def _lock_for_rights(self) -> None:
        """Another PC brought that the signed-in person has other rights, or none any more."""
        if self._lock is None:
            self.show_lock()
        if self._lock is not None:
            self._lock.tell(_("Your rights were changed at another PC: sign in again."))

    def _on_pins_known(self, future: Future[frozenset[str]]) -> None:
        if self._lock is not None and future.exception() is None:
            self._lock.offer_pins(future.result())

    def _drop_lock(self) -> None:
        for view in (self._lock, self._recover):
            if view is not None:
                self.window.drop(view)
        self._lock = self._recover = None

    def unlock(self, login: str, password: str, code: str = "") -> None:
        """Derive the key off the window's thread, then show the desk."""
        known = self.clinic

        def work() -> clinic.Clinic:
            if known is not None:
                known.enter(login, password, code)
                return known
            load_desk()
            from clinic_desktop import clinic

            return clinic.open_clinic(self.data_dir, login, password, self.clock, code)

        self._submit(work, self._opened.emit)

    def _submit(
        self, work: Callable[[], clinic.Clinic], done: Callable[[Future[clinic.Clinic]], None]
    ) -> None:
        self._opening = self._keys.submit(work)
        self._opening.add_done_callback(done)

    def _on_opened(self, future: Future[clinic.Clinic]) -> None:
        error = future.exception()
        if error is not None:
            sentence = str(error)
            if not isinstance(error, ClinicError):
                log.critical("Unexpected error", exc_info=error)
                sentence = _("Something went wrong that we did not expect.")
            if self._lock is not None and isinstance(error, DeviceSecretError):
                self._lock.offer_sheet(sentence)
            elif self._lock is not None and isinstance(error, DatabaseDamagedError):
                self._lock.offer_rescue(sentence)
            elif self._lock is not None and isinstance(error, CodeNeededError):
                self._lock.ask_code(sentence)
            elif self._lock is not None and (wait := getattr(error, "seconds", 0)):
                self._lock.hold(getattr(error, "message", sentence), wait)
            elif self._lock is not None:
                self._lock.refuse(sentence)
            return
        self._go_in(future.result())

    def show_recovery(self, login: str) -> None:
        """Ask for the recovery sheet; Esc goes back to the tiles."""
        from clinic_desktop.ui.shell.recover_view import RecoverView

        self._recover = RecoverView(login)
        self._recover.left.connect(self.show_lock)
        self._recover.recover_requested.connect(self.recover)
        self.window.show_only(self._recover)

    def recover(self, recovery: RecoveryKey, login: str, password: str) -> None:
        """Open the record with the sheet off the window's thread, then show the desk."""
        known = self.clinic

        def work() -> clinic.Clinic:
            if known is not None:
                known.switch_by_recovery(recovery, login, password)
                return known
            load_desk()
            from clinic_desktop import clinic

            return clinic.recover(self.data_dir, recovery, login, password, self.clock, self._cost)

        self._submit(work, self._recovered.emit)

    def _on_recovered(self, future: Future[clinic.Clinic]) -> None:
        error = future.exception()
        if error is not None:
            if not isinstance(error, ClinicError):
                log.critical("Unexpected error", exc_info=error)
                error = ClinicError(_("Something went wrong that we did not expect."))
            if self._recover is not None:
                self._recover.refuse(error)
            return
        self._go_in(future.result())
        self._ask_for_new_sheet()

    def show_restore(self, login: str = "", path: Path | None = None) -> None:
        """Ask for a backup and the recovery sheet; Esc goes back to where the person was."""
        from clinic_desktop.ui.shell.restore_view import RestoreView

        before = self.window.shown
        view = RestoreView(login)
        if path is not None:
            view.take_file(str(path))
        self._restoring = Restoring(self._keys, view, self._arriving.bring_back, self)
        self._restoring.restored.connect(self._on_restored)
        view.left.connect(lambda: self._leave_restore(view, before))
        self.window.show_only(view)

    def show_server_restore(self) -> None:
        """Ask for the server and the recovery sheet; Esc goes back to the first steps."""
        from clinic_desktop.ui.shell.server_restore_view import ServerRestoreView

        before = self.window.shown
        view = ServerRestoreView()
        self._restoring = Restoring(self._keys, view, self._arriving.bring_from_server, self)
        self._restoring.restored.connect(self._on_restored)
        view.left.connect(lambda: self._leave_restore(view, before))
        self.window.show_only(view)

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
        self.clinic = self.context = self.desk = self._opening = None
        self.show_lock()  # where Esc leads
        self.show_restore(login, path)
        if frame is not None:
            self.window.drop(frame)

    def show_join(self) -> None:
        """Ask for an invitation of a practice; Esc goes back to the first steps."""
        from clinic_desktop.half_joining import half_joined
        from clinic_desktop.ui.shell.join_view import JoinView
        from clinic_desktop.ui.shell.joining_pc import JoiningPc

        before = self.window.shown
        view = JoinView(half_joined(self.data_dir))
        self._joining = JoiningPc(self._keys, view, self._arriving.join, self)
        self._joining.joined.connect(self._on_joined)
        view.left.connect(lambda: self._leave_restore(view, before))
        view.stick_wanted.connect(lambda: self._turn_to_stick(view, before))
        self.window.show_only(view)

    def _turn_to_stick(self, view: QWidget, before: QWidget | None) -> None:
        self._leave_restore(view, before)
        self.show_join_by_stick()

    def show_join_by_stick(self) -> None:
        """The same where no line goes: with a request that was written before, or a new one."""
        from clinic_desktop.stick_joining import asked_by
        from clinic_desktop.ui.shell.joining_pc import StickJoining
        from clinic_desktop.ui.shell.stick_join_view import StickJoinView

        before = self.window.shown
        view = StickJoinView(asked_by(self.data_dir))
        work = (self._arriving.ask_by_stick, self._arriving.join_by_stick)
        self._joining = StickJoining(self._keys, view, work, self)
        self._joining.joined.connect(self._on_joined)
        view.left.connect(lambda: self._leave_restore(view, before))
        self.window.show_only(view)

    def _on_joined(self, opened: clinic.Clinic) -> None:
        """The first steps, if they are still open, are for the PC where they were begun."""
        self._arrive(opened, self._demand_code if opened.lacks_code else self.enter)

    def _leave_restore(self, view: QWidget, before: QWidget | None) -> None:
        self._restoring = self._joining = None
        if before is not None:
            self.window.show_only(before)
        self.window.drop(view)

    def _on_restored(self, opened: clinic.Clinic) -> None:
        self._arrive(opened, self._go_in)
        self._ask_for_new_sheet()

    def _arrive(self, opened: clinic.Clinic, go_in: Callable[[clinic.Clinic], object]) -> None:
        """Leave the first steps for a practice that came from elsewhere."""
        view = self.window.shown
        self._restoring = self._joining = None
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
        from clinic_desktop.ui.core.actions import Actions
        from clinic_desktop.ui.core.context import Context
        from clinic_desktop.ui.core.print_desk import PrintDesk
        from clinic_desktop.ui.core.tasks import Tasks
        from clinic_desktop.ui.shell.desk import Desk
        from clinic_desktop.ui.shell.password_again import ask_password
        from clinic_desktop.ui.shell.rights_watch import RightsWatch
        from clinic_desktop.ui.shell.window_host import WindowHost

        language = opened.language()
        speak(language)
        this_pc.remember(self.data_dir, language=language.language)
        tasks, host = Tasks(opened.store, opened.actor, self), WindowHost(frame)
        host.halt = lambda: tasks.halt
        context = Context(
            tasks=tasks,
            navigator=Navigator(self),
            actions=Actions(self),
            host=host,
            clock=self.clock,
            language=language,
            printing=PrintDesk(tasks, host, language),
            backups=self._keepers.backups_of(opened),
            exchange=self._keepers.exchange_of(opened),
            clinic=opened,
        )
        context.navigator.rebuild_requested.connect(
            self._rebuild, Qt.ConnectionType.QueuedConnection
        )
        context.navigator.lock_after_changed.connect(self.idle.start)
        self.context = context
        tasks.ask_password = partial(ask_password, tasks, host, opened)
        rights = RightsWatch(tasks, opened, frame)
        rights.changed.connect(self._lock_for_rights)
        self.desk = Desk(context)
        self.desk.lock_requested.connect(self.show_lock)
        self.desk.switch_requested.connect(self.show_lock)
        self.desk.view_requested.connect(self.view_as, Qt.ConnectionType.QueuedConnection)
        self.desk.closing_requested.connect(self.closing_wanted)
        self.desk.restore_requested.connect(self.leave_for_restore)
        column = QVBoxLayout(frame)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.desk)
        return self.desk

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
        if self._restoring is not None:
            self._restoring.stop()
        if self._joining is not None:
            self._joining.stop()
        self._keepers.close()
        self._keys.shutdown(wait=True)
        if self.clinic is None and self._opening is not None and not self._opening.exception():
            self.clinic = self._opening.result()  # opened while the window closed
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
