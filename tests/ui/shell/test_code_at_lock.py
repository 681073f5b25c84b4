"""The lock screen asks for the code of the phone once the password is right."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic_desktop import clinic
from clinic_desktop.app import Session
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.security.attempts import CODE_FREE
from clinic_desktop.security.membership_entries import Rules
from clinic_desktop.security.second_factor import Offer
from clinic_desktop.services import own_code
from clinic_desktop.ui.shell.code_view import CodeView
from clinic_desktop.ui.shell.lock_view import LockView
from clinic_desktop.ui.widgets.buttons import Button
from tests.support.phone import Phone
from tests.support.records import CHEAP, NOON, PASSWORD
from tests.support.typing_keys import Keyboard
from tests.ui.shell.test_session import _end, lock_of, unlock

OFFER = Offer.new()
PHONE = Phone(OFFER.seed)


@pytest.fixture
def session(clinic_dir: DataDir, qtbot: QtBot) -> Iterator[Session]:
    """The program, started where Amina is asked for a code."""
    clock = FixedClock(NOON, seed=1000)
    opened = clinic.open_clinic(clinic_dir, "amina", PASSWORD, clock)
    code = PHONE.shows(clock.now())
    opened.store.write(opened.actor, own_code.switch_on, OFFER, code).result()
    opened.close()
    clock.advance(minutes=1)
    found = Session(clinic_dir, "amina", clock, CHEAP)
    found.start()
    qtbot.waitExposed(found.window)
    found.window.activateWindow()
    yield found
    _end(found, qtbot)


def now(session: Session) -> str:
    return PHONE.shows(session.clock.now())


def give_password(session: Session, qtbot: QtBot) -> LockView:
    lock = lock_of(session)
    qtbot.waitUntil(lambda: QApplication.focusWidget() is lock.password)
    Keyboard().type(PASSWORD)
    Keyboard().press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: QApplication.focusWidget() is lock.code)
    return lock


def test_password_then_code_and_the_desk_is_there(session: Session, qtbot: QtBot) -> None:
    lock = lock_of(session)
    assert lock.code.isHidden()
    give_password(session, qtbot)
    assert "code from your phone is needed" in lock.message.text()
    Keyboard().type("000000")
    Keyboard().press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "not the code of now" in lock.message.text())
    assert QApplication.focusWidget() is lock.code
    assert lock.password.text() == PASSWORD, "it need not be typed again"
    Keyboard().type(now(session))
    with qtbot.waitSignal(session.desk_shown):
        Keyboard().press(Qt.Key.Key_Return)
    session.show_lock()
    unlock(session, qtbot, PASSWORD)  # whoever was here is not asked again


def test_choosing_a_person_begins_anew(session: Session, qtbot: QtBot) -> None:
    lock = give_password(session, qtbot)
    Keyboard().press(Qt.Key.Key_Down)
    assert lock.code.isHidden()
    assert lock.password.text() == ""
    assert QApplication.focusWidget() is lock.password


def test_after_five_wrong_codes_it_says_how_long_to_wait(session: Session, qtbot: QtBot) -> None:
    lock = give_password(session, qtbot)
    for _time in range(CODE_FREE):
        qtbot.waitUntil(lock.code.isEnabled)
        lock.code.setText("000000")
        lock.unlock.click()
        qtbot.waitUntil(lambda: "not the code of now" in lock.message.text())
    qtbot.waitUntil(lambda: "5 minutes" in lock.message.text())
    assert not lock.code.isEnabled()
    assert "Forgotten" not in lock.message.text()
    session.clock.advance(minutes=5)  # type: ignore[attr-defined]
    lock._count_down()
    assert lock.code.isEnabled()
    lock.code.setText(now(session))
    with qtbot.waitSignal(session.desk_shown):
        lock.unlock.click()


def test_who_needs_a_code_and_has_none_switches_it_on_first(
    clinic_dir: DataDir, qtbot: QtBot
) -> None:
    clock = FixedClock(NOON, seed=1000)
    opened = clinic.open_clinic(clinic_dir, "amina", PASSWORD, clock)
    opened.set_rules(Rules(code_roles=("owner",)))
    opened.close()
    session = Session(clinic_dir, "amina", clock, CHEAP)
    session.start()
    qtbot.waitExposed(session.window)
    session.window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is lock_of(session).password)
    Keyboard().type(PASSWORD)
    Keyboard().press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: isinstance(session.window.shown, CodeView))
    view = session.window.shown
    assert isinstance(view, CodeView)
    assert session.desk is None
    view.panel.code.setText("000000")
    view.go_on.click()
    qtbot.waitUntil(lambda: "not the code of now" in view.panel.row.message.text())
    phone = Phone(view.panel.offer.seed)
    view.panel.code.setText(phone.shows(clock.now()))
    with qtbot.waitSignal(session.desk_shown):
        view.go_on.click()
    assert session.desk is not None
    _end(session, qtbot)


def test_who_does_not_want_a_code_is_back_at_the_lock(clinic_dir: DataDir, qtbot: QtBot) -> None:
    clock = FixedClock(NOON, seed=1000)
    opened = clinic.open_clinic(clinic_dir, "amina", PASSWORD, clock)
    opened.set_rules(Rules(code_roles=("owner",)))
    opened.close()
    session = Session(clinic_dir, "amina", clock, CHEAP)
    session.start()
    qtbot.waitExposed(session.window)
    lock_of(session).password.setText(PASSWORD)
    lock_of(session).unlock.click()
    qtbot.waitUntil(lambda: isinstance(session.window.shown, CodeView))
    view = session.window.shown
    assert isinstance(view, CodeView)
    leave = view.findChild(Button, "code-wanted.leave")
    assert isinstance(leave, Button)
    leave.click()
    qtbot.waitUntil(lambda: isinstance(session.window.shown, LockView))
    _end(session, qtbot)
