"""A nurse's own way in goes to another PC, and an owner lets her in there, both in the window."""

from __future__ import annotations

import uuid

from pytestqt.qtbot import QtBot

from clinic_desktop.clinic import Clinic
from clinic_desktop.services import devices
from clinic_desktop.services.devices import Pc
from clinic_desktop.services.people import NewPerson
from clinic_desktop.ui.settings.ways_in import AdmitForm
from clinic_desktop.ui.shell.password_again import PasswordForm
from clinic_desktop.ui.shell.question import Question
from tests.support.records import PASSWORD
from tests.sync.conftest import Practice, rows, sync
from tests.sync.test_window_pcs import page_of
from tests.sync.windows import Seat, seated

NURSE = "a nurse of another PC"
HERE = "another word for the back"


def test_a_nurse_takes_her_way_in_along(practice: Practice, back: Clinic, qtbot: QtBot) -> None:
    practice.front.add_person(NewPerson("nora", "Nora Night", ("nurse",)), NURSE)
    sync(practice.front, back)
    [(here,)] = rows(back, "SELECT device_id FROM sync_device WHERE dev = 1")
    assert isinstance(here, bytes)
    back.close()
    practice.opened.remove(back)
    practice.front.switch_user("nora", NURSE)
    practice.clock.advance(minutes=6)  # since the password was given
    with seated(practice, "front", qtbot) as front:
        page = page_of(front)
        assert not page.admit.isVisible()  # she lets nobody in
        (other,) = (each for each in _pcs(front) if each.id == uuid.UUID(bytes=here))
        (send,) = page._actions(other, other.name)  # she takes nobody out either
        send.run()
        front.form(Question).submit(False)
        _give(front, NURSE)
        front.until(lambda: "waits for" in page.notice.accessibleName())
    with seated(practice, "back", qtbot) as there:
        practice.clock.advance(minutes=6)
        page = page_of(there)
        page.admit.click()
        form = there.form(AdmitForm)
        assert isinstance(form, AdmitForm)
        for edit in (form.new_password.password, form.new_password.repeat):
            edit.setText(HERE)
        form.login.setText("nobody")
        form.submit(False)
        _give(there, PASSWORD)
        there.until(lambda: "no such person" in form.row.message.text())
        form.login.setText("nora")
        form.submit(False)
        there.until(lambda: not there.host.has_drawer)
        assert "Nora Night" in there.host._toast.label.text()
        assert there.opened.switch_user("nora", HERE).roles == ("nurse",)


def _pcs(seat: Seat) -> tuple[Pc, ...]:
    return seat.opened.store.read(seat.opened.actor, devices.pcs).result()


def _give(seat: Seat, password: str) -> None:
    """The own password is wanted again."""
    seat.until(lambda: bool(seat.host.drawer and seat.host.drawer.findChild(PasswordForm)))
    form = seat.form(PasswordForm)
    assert isinstance(form, PasswordForm)
    form.password.setText(password)
    form.submit(False)
