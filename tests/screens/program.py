"""The whole program, open on a small clinic in a temporary folder, for its screens to be drawn."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QWidget
from shiboken6 import delete

from clinic_desktop import clinic, viewing
from clinic_desktop.app import Session
from clinic_desktop.clock import Clock, FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.db.writing_gate import WritingGate
from clinic_desktop.errors import ServerError
from clinic_desktop.i18n import ENGLISH, _
from clinic_desktop.services import setup
from clinic_desktop.ui.core.context import Context, Screen
from clinic_desktop.ui.core.navigator import Destination, Settings
from clinic_desktop.ui.core.speech import speak
from clinic_desktop.ui.first_run.first_run_view import FirstRunView
from clinic_desktop.ui.first_run.state import BEFORE, Answers, StepKey, keep_answers
from clinic_desktop.ui.settings.recovery_page import RecoveryPage
from clinic_desktop.ui.settings.settings_view import SettingsView
from clinic_desktop.ui.shell.closing_view import ClosingView
from clinic_desktop.ui.shell.code_view import CodeView
from clinic_desktop.ui.shell.lock_view import LockView
from clinic_desktop.ui.shell.window_host import WindowHost
from tests.screens.sample import Sample, fill
from tests.support import screen_checks
from tests.support.records import CHEAP, NOON, PASSWORD

WAIT_MS = 10_000


@dataclass
class Program:
    """The opened program and what is in it to look at."""

    session: Session
    sample: Sample
    _first_run: FirstRunView | None = None
    _new: clinic.Clinic | None = None

    @property
    def window(self) -> QWidget:
        """The one window."""
        return self.session.window

    @property
    def context(self) -> Context:
        """What the screens work with."""
        assert self.session.context is not None
        return self.session.context

    @property
    def _host(self) -> WindowHost:
        assert isinstance(self.context.host, WindowHost)
        return self.context.host

    @property
    def screen(self) -> Screen:
        """The screen of the place shown."""
        assert self.session.desk is not None
        assert self.session.desk.shown is not None
        return self.session.desk.shown

    @property
    def gate(self) -> WritingGate:
        """What closes the record when the disk is full."""
        assert self.session.clinic is not None
        return self.session.clinic.store.gate

    def go(self, destination: Destination) -> QWidget:
        """Show a place and wait until it is filled."""
        assert self.session.clinic is not None
        viewing.end(self.session.clinic)
        self.session.enter(self.session.clinic)  # from behind the lock screen, if it was there
        self._end_first_run()
        if self.gate.halt is not None:
            self.gate.look()
        for drawer in self._host._drawers:
            drawer.may_close = lambda: True  # whatever is typed there was for the picture
        self._host.leave_drawers()
        for overlay in (self._host.error, self._host._toast):
            if overlay is not None:
                overlay.hide()
        self.context.exchange.heard()  # what was pretended of it
        self.context.navigator.open(destination)
        self.settle()
        return self.window

    def view_as(self, role: str) -> QWidget:
        """Show the window of a role."""
        opened = self.session.clinic
        assert opened is not None
        viewing.end(opened)
        viewing.begin(opened, role)
        self.session.enter(opened)
        self.settle()
        return self.window

    def as_insurer(self, insurer: str) -> QWidget:
        """Show the window of an insurer's agent."""
        opened = self.session.clinic
        assert opened is not None
        viewing.end(opened)
        owner = opened.actor
        until = NOON + timedelta(days=9)
        opened.actor = replace(owner, roles=("insurer",), engaged_until=until, insurer=insurer)
        self.session.enter(opened)
        opened.actor = owner  # whose the next place is again
        self.settle()
        return self.window

    def first_run(self, key: StepKey) -> QWidget:
        """Show a step of the first run."""
        opened = self.session.clinic
        assert opened is not None
        self._end_first_run()
        if key in BEFORE:
            data_dir = self._beside("none")
            keep_answers(data_dir, Answers(step=key))
            self._first_run = FirstRunView(data_dir, self.session.clock, cost=CHEAP)
            speak(opened.language())  # which need not be one that can be chosen
            self._first_run._rebuild()
        else:
            new = self._new_clinic()
            new.store.write(new.actor, setup.reach_step, key.value).result(60)
            self._first_run = FirstRunView(new.data_dir, self.session.clock, opened=new)
            speak(opened.language())
            self._first_run._rebuild()
        self.session.window.show_only(self._first_run)
        self.settle()
        return self.window

    def _beside(self, name: str) -> DataDir:
        return DataDir(self.session.data_dir.root.parent / name)

    def _new_clinic(self) -> clinic.Clinic:
        """A clinic that has nothing yet."""
        if self._new is None:
            language = self.context.language.language
            self._new = _make(self._beside("new"), self.session.clock, language)
        return self._new

    def close(self) -> None:
        """Let go of everything."""
        self._end_first_run()
        if self._new is not None:
            self._new.close()

    def _end_first_run(self) -> None:
        if self._first_run is not None:
            self._first_run.close_work()
            self.session.window.drop(self._first_run)
            self._first_run = None

    def in_front(self) -> QWidget:
        """What lies over all else: a drawer, an error, a toast; or the window."""
        host = self._host
        overlays = (host.drawer, host.error, host._toast)
        shown = (each for each in overlays if each is not None and each.isVisible())
        return next(shown, self.window)

    def lock(self) -> QWidget:
        """Show the lock screen."""
        self.session.show_lock()
        self.settle()
        return self.window

    def lock_waiting(self) -> QWidget:
        """Show the lock screen after too many wrong passwords."""
        shown = self.lock()
        lock = self.session.window.shown
        assert isinstance(lock, LockView)
        lock.hold(_("Too many wrong passwords."), 832)
        return shown

    def lock_code(self) -> QWidget:
        """Show the lock screen when the password was right and the code is wanted."""
        shown = self.lock()
        lock = self.session.window.shown
        assert isinstance(lock, LockView)
        lock.password.setText(PASSWORD)
        lock.ask_code(_("The code from your phone is needed."))
        return shown

    def code_wanted(self) -> QWidget:
        """Show what comes before the desk where the practice wants a code."""
        assert self.session.clinic is not None
        self.session.window.show_only(CodeView(self.session.clinic))
        self.settle()
        return self.window

    def recover(self) -> QWidget:
        """Show the way in with the recovery sheet."""
        self.lock()
        self.session.show_recovery("amina")
        self.settle()
        return self.window

    def restore(self) -> QWidget:
        """Show how a backup is brought back."""
        self.lock()
        self.session.ways.show_restore("amina")
        self.settle()
        return self.window

    def restore_from_server(self) -> QWidget:
        """Show how the practice comes back when every PC is lost."""
        self.session.ways.show_server_restore()
        self.settle()
        return self.window

    def join_by_stick(self) -> QWidget:
        """Show how it does where no line goes."""
        self.session.ways.show_join_by_stick()
        self.settle()
        return self.window

    def join(self) -> QWidget:
        """Show how this PC joins a practice."""
        self.session.ways.show_join()
        self.settle()
        return self.window

    def closing_with_left(self) -> QWidget:
        """Show what is said at closing of changes that could not be sent."""
        view = ClosingView()
        view.begin(backs_up=True, to_send=3)
        view.saved()
        view.say_left(3, ServerError(_("The server cannot be reached.")))
        self.session.window.show_only(view)
        self.settle()
        return self.window

    def closing(self) -> QWidget:
        """Show what is shown while the day's backup is made."""
        view = ClosingView()
        view.show_step("copy", 30, 100)
        self.session.window.show_only(view)
        self.settle()
        return self.window

    def new_sheet(self) -> QWidget:
        """Show the drawer with a new recovery sheet."""
        self.go(Settings("recovery"))
        settings = self.session.desk.shown if self.session.desk else None
        assert isinstance(settings, SettingsView)
        page = settings.page("recovery")
        assert isinstance(page, RecoveryPage)
        page.make.click()
        self.settle()
        return self.window

    def settle(self) -> None:
        """Wait until everything asked of the record has arrived."""
        screen_checks.settle()
        while not self._is_idle():  # rows are asked for when they are first painted
            _wait(self._is_idle)
            screen_checks.settle()

    def until(self, done: Callable[[], bool]) -> None:
        """Run the window until something is so."""
        _wait(done)
        self.settle()

    def _is_idle(self) -> bool:
        first_run = self._first_run
        theirs = first_run is None or first_run._tasks is None or first_run._tasks.is_idle
        keepers = self.context.backups.is_idle and self.context.exchange.is_idle
        return theirs and self.context.tasks.is_idle and keepers


@contextmanager
def open_program(language: str) -> Iterator[Program]:
    """A clinic that speaks a language, with a morning of appointments and one long chart."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        clock = FixedClock(NOON, seed=1000)
        opened = _make(DataDir(Path(folder) / "clinic"), clock, language)
        sample = fill(opened)
        session = Session(opened.data_dir, clock=clock)
        session.window.show()
        session.enter(opened)
        program = Program(session, sample)
        program.settle()
        try:
            yield program
        finally:
            program.close()
            session.close()
            session.window.close()
            delete(session.window)
            delete(session)
            speak(ENGLISH)


def _make(data_dir: DataDir, clock: Clock, language: str) -> clinic.Clinic:
    new = clinic.NewClinic(
        practice="Kilimani Family Clinic",
        owner_login="amina",
        owner_name="Dr Amina Kamau",
        password=PASSWORD,
        language=language,
        country="KE",
        currency="KES",
        time_zone="Africa/Nairobi",
    )
    return clinic.create(data_dir, new, clock, CHEAP)


def _wait(done: Callable[[], bool]) -> None:
    """Run the window until something is so."""
    loop, asking, enough = QEventLoop(), QTimer(), QTimer()
    asking.timeout.connect(lambda: loop.exit(0) if done() else None)
    enough.timeout.connect(lambda: loop.exit(1))
    asking.start(2)
    enough.start(WAIT_MS)
    assert loop.exec() == 0, "the screen is still waiting for the record"
