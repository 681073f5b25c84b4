"""When the record is closed altogether behind the lock screen."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from clinic_desktop import cli
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.ui.shell import vault_lock
from clinic_desktop.ui.shell.vault_lock import VaultLock, restart
from tests.support.records import NOON


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def parent(qtbot: QtBot) -> QObject:
    assert qtbot
    return QObject()


def test_a_window_locked_for_long_closes_its_record(
    tmp_path: Path, clock: FixedClock, parent: QObject, qtbot: QtBot
) -> None:
    lock = VaultLock(DataDir(tmp_path), clock, parent, locked_ms=1)
    lock.on_locked()
    assert not lock._locked.isActive()
    lock.on_opened()
    with qtbot.waitSignal(lock.due):
        lock.on_locked()
    assert lock.was_due
    lock.stop()


def test_who_comes_back_in_time_finds_it_open(
    tmp_path: Path, clock: FixedClock, parent: QObject
) -> None:
    lock = VaultLock(DataDir(tmp_path), clock, parent)
    lock.on_opened()
    lock.on_locked()
    lock.on_opened()
    assert not lock._locked.isActive()
    lock.beat()
    assert not lock.was_due
    lock.stop()


def test_sleep_closes_it(tmp_path: Path, clock: FixedClock, parent: QObject, qtbot: QtBot) -> None:
    lock = VaultLock(DataDir(tmp_path), clock, parent)
    lock.on_opened()
    clock.advance(seconds=11)
    lock.beat()
    assert not lock.was_due
    clock.advance(hours=3)
    with qtbot.waitSignal(lock.due):
        lock.beat()


def test_after_twelve_hours_whoever_is_there_signs_in_anew(
    tmp_path: Path, clock: FixedClock, parent: QObject, qtbot: QtBot
) -> None:
    lock = VaultLock(DataDir(tmp_path), clock, parent)
    lock.on_opened()
    for _minute in range(12 * 60 - 1):
        clock.advance(minutes=1)
        lock.beat()
    lock.on_locked()
    lock.on_opened()
    assert not lock.was_due
    clock.advance(minutes=1)
    with qtbot.waitSignal(lock.due):
        lock.beat()


def test_the_command_line_closes_it_and_only_an_open_one(
    tmp_path: Path, clock: FixedClock, parent: QObject, qtbot: QtBot
) -> None:
    data_dir = DataDir(tmp_path)
    lock = VaultLock(data_dir, clock, parent)
    data_dir.lock_wanted.write_bytes(b"")
    qtbot.waitUntil(lambda: not data_dir.lock_wanted.exists())
    assert not lock.was_due
    lock.on_opened()
    with qtbot.waitSignal(lock.due):
        data_dir.lock_wanted.write_bytes(b"")


def test_the_program_becomes_itself_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    name = "subprocess.Popen" if sys.platform == "win32" else "os.execv"
    monkeypatch.setattr(f"{vault_lock.__name__}.{name}", lambda *words: seen.append(words[-1]))
    restart(DataDir(tmp_path), "amina")
    assert seen[0][1:] == ["-m", "clinic_desktop", "--data-dir", str(tmp_path), "--user", "amina"]


def test_nothing_to_lock(clinic_dir: DataDir, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["--data-dir", str(clinic_dir.root), "lock", "--json"]) == 0
    assert '"was_open": false' in capsys.readouterr().out
