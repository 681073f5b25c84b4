"""The way in with the recovery sheet, before anything is asked of the record."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.ui.shell.recover_view import RecoverView
from clinic_desktop.ui.theme import style
from clinic_desktop.ui.theme.look import Appearance
from tests.support import screen_checks
from tests.support.typing_keys import Keyboard

KEY = RecoveryKey(bytes(range(60, 80)))


def opened(qtbot: QtBot, login: str = "") -> RecoverView:
    view = RecoverView(login)
    qtbot.addWidget(view)
    screen_checks.present(view)
    return view


def test_it_can_be_used_by_keys_and_screen_readers_at_any_size(qtbot: QtBot) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    view = opened(qtbot)
    for scale in (100, 200):
        style.apply(app, Appearance(scale=scale))
        screen_checks.settle()
        assert screen_checks.problems(view) == []
        assert screen_checks.problems(view, screen_checks.ROOM) == []
        assert screen_checks.mirror_problems(view) == []


def test_what_is_missing_is_said_beside_its_field(qtbot: QtBot) -> None:
    view, keyboard, asked = opened(qtbot), Keyboard(), []
    view.recover_requested.connect(lambda *words: asked.append(words))
    keyboard.type(KEY.text[:20])
    keyboard.press(Qt.Key.Key_Return)
    assert "eight" not in view._key_row.message.text()
    assert "17 letters" in view._key_row.message.text()
    keyboard.type(KEY.text[20:])
    assert view.key.property("error") == "false"
    keyboard.press(Qt.Key.Key_Return)
    assert QApplication.focusWidget() is view.login
    keyboard.type("amina")
    keyboard.press(Qt.Key.Key_Return)
    assert QApplication.focusWidget() is view.password.password
    assert asked == []
