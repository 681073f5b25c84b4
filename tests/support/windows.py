"""A window's surroundings for tests of screens: a real record, a host that remembers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, cast

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from clinic_desktop.clinic import Clinic
from clinic_desktop.config import DataDir
from clinic_desktop.db.lock import FolderLock
from clinic_desktop.i18n import ENGLISH, Language
from clinic_desktop.ui.core.actions import Action, Actions
from clinic_desktop.ui.core.backup_keeper import BackupKeeper
from clinic_desktop.ui.core.context import Context, DrawerForm
from clinic_desktop.ui.core.exchange_keeper import ExchangeKeeper
from clinic_desktop.ui.core.navigator import Destination, Navigator
from clinic_desktop.ui.core.print_desk import PrintDesk
from clinic_desktop.ui.core.tasks import Tasks
from tests.support.records import Record, keys_of

LONG_MS = 30_000


@pytest.fixture
def qtbot(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> QtBot:
    """Holds the windows of a test to its end, as the program does; and waits long.

    The runner's own knows them weakly. Where a test gives its variable a second window, the first
    is destroyed, and Qt crashes if it is just being told that another one becomes active.
    Five seconds are not enough where a slow machine does much else; who waits for what never comes
    only hears of it later.
    """
    held: list[QWidget] = []
    add = qtbot.addWidget

    def add_and_hold(widget: QWidget, **options: Any) -> None:
        held.append(widget)
        add(widget, **options)

    monkeypatch.setattr(qtbot, "addWidget", add_and_hold)
    for wait in ("waitUntil", "waitSignal", "waitSignals"):
        monkeypatch.setattr(qtbot, wait, partial(getattr(qtbot, wait), timeout=LONG_MS))
    return qtbot


class RecordingHost:
    """Does nothing but remember what a screen asked for."""

    def __init__(self) -> None:
        self.drawers: list[DrawerForm] = []
        self.titles: list[str] = []
        self.toasts: list[str] = []
        self.unsaid: list[str] = []
        self.undo: Callable[[], None] | None = None
        self.errors: list[Exception] = []

    def show_drawer(self, content: DrawerForm, title: str, *, width: int = 460) -> None:  # noqa: ARG002
        """Remember the form."""
        self.drawers.append(content)
        self.titles.append(title)

    @property
    def has_drawer(self) -> bool:
        """Whether a form is open."""
        return bool(self.drawers)

    def submit_drawer(self, *, print_too: bool = False) -> bool:
        """Send the uppermost form off."""
        if self.drawers:
            self.drawers[-1].submit(print_too)
        return bool(self.drawers)

    def close_drawer(self) -> None:
        """Forget the uppermost form."""
        if self.drawers:
            self.drawers.pop()

    def leave_drawers(self) -> bool:
        """Forget every form."""
        self.drawers.clear()
        return True

    def toast(self, text: str, undo: Callable[[], None] | None = None, action: str = "") -> None:  # noqa: ARG002
        """Remember what was said."""
        self.toasts.append(text)
        self.undo = undo

    def unsay(self, text: str) -> None:
        """Remember that it is no longer said."""
        self.unsaid.append(text)

    def remember_undo(self, undo: Callable[[], None]) -> Callable[[], None]:
        """Remember the way back."""
        self.undo = undo
        return undo

    def undo_last(self) -> None:
        """Go it."""
        if self.undo is not None:
            self.undo()

    def forget(self) -> None:
        """Take all forms away, as a closed window would."""
        for form in filter(isValid, self.drawers):  # the test may have closed its own
            form.deleteLater()
        self.drawers.clear()

    def show_error(self, error: Exception) -> None:
        """Remember what went wrong."""
        self.errors.append(error)

    def show_shortcuts(self, actions: tuple[Action, ...]) -> None:
        """Nothing to show."""

    def confirm(self, title: str, text: str, verb: str, then: Callable[[], None]) -> None:  # noqa: ARG002
        """Agree."""
        then()


class VisitedNavigator(Navigator):
    """Remembers where a screen wanted to go."""

    def __init__(self) -> None:
        super().__init__()
        self.visited: list[Destination] = []
        self.requested.connect(self.visited.append)


def make_context(record: Record, language: Language = ENGLISH) -> Context:
    """A context on a real record."""
    tasks, host = Tasks(record.store, record.owner), RecordingHost()
    data_dir = DataDir(record.path.parent)
    lock, keys = FolderLock(data_dir.lock), keys_of(record)
    opened = Clinic(data_dir, record.store, keys, record.owner, lock)
    return Context(
        tasks=tasks,
        navigator=VisitedNavigator(),
        actions=Actions(),
        host=host,
        clock=record.clock,
        language=language,
        printing=PrintDesk(tasks, host, language),
        backups=BackupKeeper(opened),
        exchange=ExchangeKeeper(opened),
        clinic=opened,
    )


@pytest.fixture
def ui_context(record: Record, qtbot: QtBot) -> Iterator[Context]:
    """A context for one screen; waits for its tasks before the record closes."""
    context = make_context(record, Language("en", "KE", "Africa/Nairobi"))
    yield context
    qtbot.waitUntil(lambda: context.tasks.is_idle)
    if isinstance(context.host, RecordingHost):
        context.host.forget()
    context.backups.close()
    context.exchange.close()
    context.tasks.close()


@pytest.fixture
def host(ui_context: Context) -> RecordingHost:
    """What the screen asked the window for."""
    return cast("RecordingHost", ui_context.host)
