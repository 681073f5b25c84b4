"""Sleep and locks of the system, heard from a bus of the test's own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
from PySide6.QtCore import ClassInfo, Property, QObject
from pytestqt.qtbot import QtBot

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or shutil.which("dbus-daemon") is None,
    reason="there is no D-Bus here",
)
if sys.platform.startswith("linux"):
    from PySide6.QtDBus import QDBusConnection, QDBusMessage

    from clinic_desktop.ui.shell.system_watch import LOGIND, MANAGER, Logind, escaped

PATH = "/org/freedesktop/login1/session/_33a"


@ClassInfo({"D-Bus Interface": "org.freedesktop.login1.Session"})  # type: ignore[call-arg]
class Account(QObject):  # type: ignore[operator]
    """A session as logind shows it."""

    locked, active = False, True

    def _locked(self) -> bool:
        return self.locked

    def _active(self) -> bool:
        return self.active

    LockedHint, Active = Property(bool, _locked), Property(bool, _active)


@pytest.fixture
def address() -> Iterator[str]:
    """A bus that nobody else is on."""
    words = ["dbus-daemon", "--session", "--nofork", "--print-address"]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdout=pipe, stderr=pipe, text=True) as daemon:
        assert daemon.stdout is not None
        yield daemon.stdout.readline().strip()
        daemon.terminate()


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def system(address: str, account: Account, qtbot: QtBot) -> Iterator[QDBusConnection]:
    """What answers to the name of logind on it."""
    assert qtbot
    bus = QDBusConnection.connectToBus(address, "system")
    assert bus.registerService(LOGIND)
    contents = QDBusConnection.RegisterOption.ExportAllContents
    assert bus.registerObject(PATH, account, contents)
    yield bus
    QDBusConnection.disconnectFromBus("system")


@pytest.fixture
def logind(address: str, system: QDBusConnection) -> Iterator[Logind]:
    assert system
    parent = QObject()
    yield Logind("3a", parent, QDBusConnection.connectToBus(address, "ours"))
    QDBusConnection.disconnectFromBus("ours")


def signal(path: str, interface: str, name: str, *arguments: object) -> QDBusMessage:
    made = QDBusMessage.createSignal(path, interface, name)
    made.setArguments(list(arguments))
    return made


def changed() -> QDBusMessage:
    session = "org.freedesktop.login1.Session"
    return signal(PATH, "org.freedesktop.DBus.Properties", "PropertiesChanged", session, {}, [])


def test_sleep_and_lock_are_heard(logind: Logind, system: QDBusConnection, qtbot: QtBot) -> None:
    assert logind.hears
    with qtbot.waitSignal(logind.away):
        system.send(signal(MANAGER, f"{LOGIND}.Manager", "PrepareForSleep", True))
    with qtbot.waitSignal(logind.away):
        system.send(signal(PATH, f"{LOGIND}.Session", "Lock"))


@pytest.mark.parametrize("name", ["locked", "active"])
def test_a_screen_locked_by_the_desktop_and_another_account_are_heard(
    logind: Logind, system: QDBusConnection, account: Account, name: str, qtbot: QtBot
) -> None:
    setattr(account, name, name == "locked")
    with qtbot.waitSignal(logind.away):
        system.send(changed())


def test_waking_up_and_other_sessions_are_not(
    logind: Logind, system: QDBusConnection, qtbot: QtBot
) -> None:
    heard: list[None] = []
    logind.away.connect(lambda: heard.append(None))
    system.send(signal(MANAGER, f"{LOGIND}.Manager", "PrepareForSleep", False))
    system.send(signal(PATH[:-1], f"{LOGIND}.Session", "Lock"))
    system.send(changed())
    with qtbot.waitSignal(logind.away):
        system.send(signal(PATH, f"{LOGIND}.Session", "Lock"))
    qtbot.waitUntil(lambda: not logind.children())
    assert len(heard) == 1


def test_without_a_bus_the_program_goes_on(qtbot: QtBot) -> None:
    assert qtbot
    nowhere = QDBusConnection.connectToBus("unix:path=/nonexistent", "nowhere")
    parent = QObject()
    assert not Logind("3", parent, nowhere).hears
    QDBusConnection.disconnectFromBus("nowhere")


@pytest.mark.parametrize(("session", "path"), [("2", "_32"), ("c1", "c1"), ("3a", "_33a")])
def test_a_session_is_named_as_logind_names_it(session: str, path: str) -> None:
    assert escaped(session) == path
