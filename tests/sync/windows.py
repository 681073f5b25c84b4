"""The real program at one PC of the practice, for tests that look through its window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from clinic_desktop.app import Session
from clinic_desktop.clinic import Clinic
from clinic_desktop.config import DataDir
from clinic_desktop.i18n import ENGLISH
from clinic_desktop.ui.core.context import Context, DrawerForm, Screen
from clinic_desktop.ui.core.exchange_keeper import ExchangeKeeper
from clinic_desktop.ui.core.navigator import Destination
from clinic_desktop.ui.core.speech import speak
from clinic_desktop.ui.shell.window_host import WindowHost
from tests.support.records import CHEAP
from tests.sync.conftest import Practice


@dataclass
class Seat:
    """One PC with somebody at its window."""

    session: Session
    opened: Clinic
    qtbot: QtBot

    @property
    def context(self) -> Context:
        assert self.session.context is not None
        return self.session.context

    @property
    def exchange(self) -> ExchangeKeeper:
        return self.context.exchange

    @property
    def host(self) -> WindowHost:
        assert isinstance(self.context.host, WindowHost)
        return self.context.host

    def until(self, done: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(done)

    def settle(self) -> None:
        self.until(lambda: self.context.tasks.is_idle and self.exchange.is_idle)

    def go(self, destination: Destination) -> Screen:
        """Go to a place; what is shown there."""
        self.context.navigator.open(destination)
        self.settle()
        desk = self.session.desk
        assert desk is not None
        assert desk.shown is not None
        return desk.shown

    def form(self, kind: type[DrawerForm]) -> DrawerForm:
        """The form in front."""
        drawer = self.host.drawer
        assert drawer is not None
        found = drawer.findChild(kind)
        assert isinstance(found, kind)
        return found

    def press(self, name: str) -> None:
        """Press the button with this name."""
        button = self.session.window.findChild(QWidget, name)
        assert button is not None, name
        button.click()  # type: ignore[attr-defined]

    def exchange_now(self) -> object:
        """One pass; what came of it."""
        with self.qtbot.waitSignal(self.exchange.ended) as ended:
            self.exchange.exchange_now()
        self.settle()
        assert ended.args is not None
        return ended.args[0]


@contextmanager
def seated(practice: Practice, name: str, qtbot: QtBot, *, alone: bool = False) -> Iterator[Seat]:
    """The program open at a PC; with ``alone`` it exchanges without being asked."""
    opened = practice.front if name == "front" else practice.open(name)
    practice.opened.remove(opened)
    session = Session(DataDir(practice.root / name), "ana", practice.clock, CHEAP)
    if alone:
        session.work_alone()
    session.window.show()
    session.enter(opened)
    seat = Seat(session, opened, qtbot)
    try:
        seat.settle()
        yield seat
    finally:
        if session.context is not None:
            qtbot.waitUntil(lambda: seat.context.tasks.is_idle)
        session.close()
        session.window.close()
        delete(session.window)
        delete(session)
        speak(ENGLISH)
