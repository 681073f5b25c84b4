"""A new PC, the recovery sheet and the server's address bring the practice back, in the window."""

from __future__ import annotations

from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from clinic_desktop.app import Session
from clinic_desktop.config import DataDir
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.ui.first_run.first_run_view import FirstRunView
from clinic_desktop.ui.shell.server_restore_view import ServerRestoreView
from tests.sync.conftest import Practice, add_patient, patients, sync
from tests.sync.test_incarnations import close
from tests.sync.test_window_pcs import empty_pc

NEW = "Umbrella-Ostrich-7"


def typed(session: Session, practice: Practice, sheet: RecoveryKey) -> ServerRestoreView:
    first = session.window.shown
    assert isinstance(first, FirstRunView)
    first.server_restore_wanted.emit()
    view = session.window.shown
    assert isinstance(view, ServerRestoreView)
    view.server.setText(practice.server.url)
    view.key.setText(sheet.text)
    view.login.setText("ana")
    for name in ("password.new", "password.repeat"):
        edit = view.findChild(QLineEdit, name)
        assert edit is not None
        edit.setText(NEW)
    return view


def test_it_comes_back_with_all_that_was_sent(practice: Practice, qtbot: QtBot) -> None:
    add_patient(practice.front, "Ada")
    sync(practice.front)
    close(practice, practice.front)
    with empty_pc(practice, "fresh") as session:
        view = typed(session, practice, practice.sheet)
        view.submit()
        qtbot.waitUntil(lambda: session.context is not None)
        context = session.context
        assert context is not None
        assert session.clinic is not None
        assert [row[1] for row in patients(session.clinic)] == ["Ada"]
        qtbot.waitUntil(lambda: context.tasks.is_idle and context.exchange.is_idle)


def test_stopped_or_refused_the_pc_stays_empty(practice: Practice, qtbot: QtBot) -> None:
    with empty_pc(practice, "fresh") as session:
        view = typed(session, practice, RecoveryKey.new())
        view.submit()
        qtbot.waitUntil(view.notice.isVisible)  # a sheet of nobody
        assert "no practice" in view.notice.accessibleName()
        assert view.server.text() == practice.server.url
        view.key.setText(practice.sheet.text)
        view.submit()
        view.progress.cancel.click()
        qtbot.waitUntil(view.notice.isVisible)
        assert view.notice.accessibleName() == "It was stopped."
        view.server.setText("https://127.0.0.1:1")
        view.submit()
        qtbot.waitUntil(view.notice.isVisible)
        assert "server" in view.notice.accessibleName()
        view.server.setText("clinic.example.org")  # no address of a server
        view.submit()
        assert view.server.isEnabled()
        assert not view.progress.isVisible()
        assert not DataDir(practice.root / "fresh").database.exists()
