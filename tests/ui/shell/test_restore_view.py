"""Bringing a backup back in the window: from the lock screen and on a bare PC."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from clinic_desktop import clinic
from clinic_desktop.app import Session
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.db.engine import connect
from clinic_desktop.i18n import ENGLISH
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.ui.core.speech import speak
from clinic_desktop.ui.first_run.first_run_view import FirstRunView
from clinic_desktop.ui.shell.lock_view import LockView
from clinic_desktop.ui.shell.question import Question
from clinic_desktop.ui.shell.restore_view import RestoreView
from clinic_desktop.ui.theme import style
from clinic_desktop.ui.theme.look import Appearance
from tests.support import screen_checks
from tests.support.records import CHEAP, NOON, PASSWORD

NEW_PASSWORD = "a whole new sentence"
SHEET = RecoveryKey(bytes(range(20)))


@pytest.fixture
def backup(clinic_dir: DataDir, tmp_path: Path) -> Path:
    """A backup of the clinic."""
    opened = clinic.open_clinic(clinic_dir, "amina", PASSWORD)
    opened.use_recovery(SHEET)
    made = opened.back_up(tmp_path / "a.clinicbackup", lambda _stage, _done, _total: None)
    opened.close()
    return made.path


@pytest.fixture
def session(clinic_dir: DataDir, backup: Path, qtbot: QtBot) -> Iterator[Session]:
    """The program on that clinic, not started yet."""
    found = Session(clinic_dir, "amina", FixedClock(NOON, seed=9000), CHEAP)
    yield found
    if found.context is not None:
        context = found.context
        qtbot.waitUntil(lambda: context.tasks.is_idle)
    found.close()
    found.window.close()
    delete(found.window)
    delete(found)
    speak(ENGLISH)


def fill(session: Session, backup: Path, sheet: RecoveryKey = SHEET) -> RestoreView:
    """Everything that is asked for."""
    view = session.window.shown
    assert isinstance(view, RestoreView)
    view.take_file(str(backup))
    view.key.setText(sheet.text)
    view.login.setText("amina")
    for field in (view.password.password, view.password.repeat):
        field.setText(NEW_PASSWORD)
    return view


def test_on_a_bare_pc_the_first_steps_offer_it(
    session: Session, clinic_dir: DataDir, backup: Path, qtbot: QtBot
) -> None:
    shutil.rmtree(clinic_dir.root)
    session.start()
    first = session.window.shown
    assert isinstance(first, FirstRunView)
    first.restore_wanted.emit()
    session.window.shown.left.emit()  # type: ignore[union-attr]
    assert session.window.shown is first
    first.restore_wanted.emit()
    with qtbot.waitSignal(session.desk_shown, timeout=60_000):
        fill(session, backup).submit()
    assert session.clinic is not None
    assert session.clinic.actor.login == "amina"
    asked = session.window.findChild(Question)
    assert asked is not None, "that the sheet is to be made anew neither fades nor is replaced"


def test_from_the_lock_screen_over_a_damaged_record(
    session: Session, clinic_dir: DataDir, backup: Path, qtbot: QtBot
) -> None:
    clinic_dir.database.write_bytes(b"\x00" * 9000)
    session.start()
    lock = session.window.shown
    assert isinstance(lock, LockView)
    assert lock.restore.isVisible()
    lock.restore.click()
    view = fill(session, backup, RecoveryKey.new())
    view.submit()
    qtbot.waitUntil(lambda: not view.progress.isVisible(), timeout=60_000)
    assert clinic_dir.database.stat().st_size == 9000
    with qtbot.waitSignal(session.desk_shown, timeout=60_000):
        fill(session, backup).submit()
    kept = next(path for path in clinic_dir.root.iterdir() if path.name.startswith("kept-"))
    assert (kept / "clinic.db").stat().st_size == 9000


@pytest.mark.parametrize("name", ["pulled-out.clinicbackup", ""])
def test_a_file_that_is_not_there_is_said_beside_the_field(
    session: Session, backup: Path, qtbot: QtBot, name: str
) -> None:
    session.start()
    session.ways.show_restore("amina")
    view = fill(session, backup.parent / name)
    view.submit()
    qtbot.waitUntil(lambda: not view.progress.isVisible(), timeout=60_000)
    assert "no such file" in view.file.accessibleDescription()
    assert not view.notice.isVisible()


def test_stopped_it_changes_nothing(
    session: Session, clinic_dir: DataDir, backup: Path, qtbot: QtBot
) -> None:
    before = clinic_dir.database.read_bytes()
    session.start()
    session.ways.show_restore("amina")
    view = fill(session, backup)
    view.submit()
    view.progress.cancel.click()
    qtbot.waitUntil(view.notice.isVisible, timeout=60_000)
    assert "stopped" in view.notice.accessibleName()
    qtbot.waitUntil(view.open.hasFocus)  # Enter tries again
    assert clinic_dir.database.read_bytes() == before
    assert not clinic_dir.arriving.exists()


def test_it_can_be_used_by_keys_and_screen_readers_at_any_size(qtbot: QtBot) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    view = RestoreView("amina")
    qtbot.addWidget(view)
    screen_checks.present(view)
    for scale in (100, 200):
        style.apply(app, Appearance(scale=scale))
        screen_checks.settle()
        assert screen_checks.problems(view) == []
        assert screen_checks.problems(view, screen_checks.ROOM) == []
        assert screen_checks.mirror_problems(view) == []


def test_a_damaged_record_offers_a_backup_or_what_can_be_read(
    session: Session, clinic_dir: DataDir, qtbot: QtBot
) -> None:
    """Its triggers are gone: such a file is refused, and salvage makes one that has them."""
    opened = clinic.open_clinic(clinic_dir, "amina", PASSWORD)
    key = opened.keys.key
    opened.close()
    with closing(connect(clinic_dir.database, key)) as cursor:
        cursor.execute("DROP TRIGGER guard_payment")
    session.start()
    lock = session.window.shown
    assert isinstance(lock, LockView)
    lock.password.setText(PASSWORD)
    lock.unlock.click()
    qtbot.waitUntil(lock.salvage.isVisible, timeout=20_000)
    lock.salvage.click()
    qtbot.waitUntil(lambda: "Sign in now" in lock.message.text(), timeout=60_000)
    with qtbot.waitSignal(session.desk_shown, timeout=20_000):
        lock.unlock.click()
