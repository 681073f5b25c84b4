"""The window asks for the password again, then does what was wanted; nothing typed is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from clinic_desktop.app import Session
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.services import people
from clinic_desktop.services.access import PASSWORD_LASTS_S
from clinic_desktop.ui.settings.people_page import NewPersonForm
from clinic_desktop.ui.shell.password_again import PasswordForm
from clinic_desktop.ui.shell.window_host import WindowHost
from tests.support.records import CHEAP, NOON, PASSWORD
from tests.support.typing_keys import Keyboard
from tests.ui.shell.test_session import _end, unlock


@pytest.fixture
def session(clinic_dir: DataDir, qtbot: QtBot) -> Iterator[Session]:
    """Amina signed in some time ago."""
    clock = FixedClock(NOON, seed=1000)
    found = Session(clinic_dir, "amina", clock, CHEAP)
    found.start()
    qtbot.waitExposed(found.window)
    found.window.activateWindow()
    unlock(found, qtbot, PASSWORD)
    clock.advance(seconds=PASSWORD_LASTS_S + 1)
    yield found
    _end(found, qtbot)


@pytest.fixture
def form(session: Session, qtbot: QtBot) -> NewPersonForm:
    """A new person, filled in and sent off; the password is asked for over it."""
    assert session.context is not None
    found = NewPersonForm(session.context)
    session.context.host.show_drawer(found, "Add a person")
    found.name.setText("José Otieno")
    found.login.setText("jose")
    found.roles.ticks["doctor"].setChecked(True)
    found.password.password.setText("blue bicycle bell")
    found.password.repeat.setText("blue bicycle bell")
    found.submit(False)
    qtbot.waitUntil(lambda: isinstance(asked(session), PasswordForm))
    return found


def host_of(session: Session) -> WindowHost:
    assert session.context is not None
    host = session.context.host
    assert isinstance(host, WindowHost)
    return host


def asked(session: Session) -> PasswordForm | None:
    drawer = host_of(session).drawer
    return drawer.findChild(PasswordForm) if drawer is not None else None


def logins(session: Session) -> list[str]:
    assert session.clinic is not None
    found = session.clinic.store.read(session.clinic.actor, people.everybody).result()
    return [each.login for each in found]


def test_what_was_wanted_is_done_once_the_password_is_given(
    session: Session, form: NewPersonForm, qtbot: QtBot
) -> None:
    again = asked(session)
    assert again is not None
    qtbot.waitUntil(again.password.hasFocus)
    keyboard = Keyboard()
    keyboard.type("not the password")
    keyboard.press(Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "do not fit" in again.row.message.text())
    assert logins(session) == ["amina"]
    keyboard.type(PASSWORD)
    with qtbot.waitSignal(form.close_requested):
        keyboard.press(Qt.Key.Key_Return)
    assert sorted(logins(session)) == ["amina", "jose"]
    qtbot.waitUntil(lambda: not host_of(session).has_drawer)


def test_leaving_the_question_does_nothing_and_keeps_what_was_typed(
    session: Session, form: NewPersonForm, qtbot: QtBot
) -> None:
    again = asked(session)
    assert again is not None
    qtbot.waitUntil(again.password.hasFocus)
    Keyboard().press(Qt.Key.Key_Escape)
    qtbot.waitUntil(form.notice.isVisible)
    assert "password again" in form.notice.accessibleName()
    assert form.name.text() == "José Otieno"
    assert logins(session) == ["amina"]
    form.submit(False)
    qtbot.waitUntil(lambda: isinstance(asked(session), PasswordForm))
    Keyboard().type(PASSWORD)
    with qtbot.waitSignal(form.close_requested):
        Keyboard().press(Qt.Key.Key_Return)
    assert sorted(logins(session)) == ["amina", "jose"]


def test_the_question_waits_behind_the_lock(
    session: Session, form: NewPersonForm, qtbot: QtBot
) -> None:
    session.show_lock()
    unlock(session, qtbot, PASSWORD)
    again = asked(session)
    assert again is not None
    again.password.setText(PASSWORD)
    with qtbot.waitSignal(form.close_requested):
        again.submit(False)
    assert sorted(logins(session)) == ["amina", "jose"]
