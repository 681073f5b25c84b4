"""The window of a PC that joins opens with the near charts; later everything can be written."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.first_run.first_run_view import FirstRunView
from clinic_desktop.ui.patients.patients_view import PatientsView
from clinic_desktop.ui.settings.exchange_forms import InviteForm
from clinic_desktop.ui.shell.join_view import JoinView
from tests.support.records import PASSWORD
from tests.sync.conftest import Practice, add_patient, patients, sync
from tests.sync.test_arrival import given_names, long_ago
from tests.sync.test_joining_goes_on import killed
from tests.sync.test_window_pcs import empty_pc, give_password, joining, page_of
from tests.sync.windows import Seat, seated

__all__ = ["long_ago"]


def test_it_opens_by_itself_is_looked_at_and_then_written(long_ago: Practice, qtbot: QtBot) -> None:
    with seated(long_ago, "front", qtbot) as front, empty_pc(long_ago, "new") as session:
        page = page_of(front)
        page.invite.click()
        form = front.form(InviteForm)
        assert isinstance(form, InviteForm)
        front.until(lambda: bool(form.code))
        view = joining(session, form.code)
        qtbot.waitUntil(view.compare.isVisible)
        long_ago.clock.advance(minutes=6)
        form.digits.setText("".join(each for each in view.digits.text() if each.isdigit()))
        form.submit(False)
        give_password(front)
        with qtbot.waitSignal(session.desk_shown):
            front.until(lambda: not front.host.has_drawer)
        assert session.clinic is not None
        new = Seat(session, session.clinic, qtbot)
        new.settle()
        assert session.desk is not None
        assert session.desk.gate.isVisible()
        assert "still coming" in session.desk.gate.accessibleName()
        assert not session.desk.gate.again.isVisible()
        assert given_names(new.opened) == ["Near"]
        says_that_older_charts_come(new)
        with qtbot.waitSignal(session.desk_shown):
            new.exchange.exchange_now()
        new.settle()
        assert not session.desk.gate.isVisible()
        assert given_names(new.opened) == ["Far", "Near"]
        add_patient(new.opened, "Written")
        new.exchange_now()
        front.exchange_now()
        assert patients(front.opened) == patients(new.opened)


def says_that_older_charts_come(new: Seat) -> None:
    shown = new.go(to.Patients("Qwxyz"))
    assert isinstance(shown, PatientsView)
    new.until(lambda: "Older charts are still coming" in str(shown.table._empty))


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX's")
def test_a_joining_that_was_broken_off_is_offered_and_goes_on(
    long_ago: Practice, qtbot: QtBot
) -> None:
    killed(long_ago, "new", 1)
    with empty_pc(long_ago, "new") as session:
        first = session.window.shown
        assert isinstance(first, FirstRunView)
        first.join_wanted.emit()
        view = session.window.shown
        assert isinstance(view, JoinView)
        assert "broken off" in view.notice.accessibleName()
        for name in ("password.new", "password.repeat"):
            edit = view.findChild(QLineEdit, name)
            assert edit is not None
            edit.setText(PASSWORD)
        with qtbot.waitSignal(session.desk_shown):
            view.submit()
        assert session.clinic is not None
        Seat(session, session.clinic, qtbot).settle()
        assert given_names(session.clinic) == ["Near"]
    new = long_ago.open("new")
    sync(new)
    assert given_names(new) == ["Far", "Near"]
