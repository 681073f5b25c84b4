"""Exchange by a stick, in the window."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from clinic_desktop.app import Session
from clinic_desktop.bundle_taking import import_bundle
from clinic_desktop.bundle_writing import export_bundle
from clinic_desktop.clinic import Clinic
from clinic_desktop.errors import StoppedError
from clinic_desktop.ui.settings.exchange_page import ExchangePage
from clinic_desktop.ui.settings.stick_invite_form import StickInviteForm
from clinic_desktop.ui.shell.join_view import JoinView
from clinic_desktop.ui.shell.stick_join_view import StickJoinView
from tests.support.records import PASSWORD
from tests.sync.conftest import Practice, add_patient, patients, sync
from tests.sync.test_window_pcs import empty_pc, page_of
from tests.sync.windows import Seat, seated


def words_of(page: ExchangePage) -> str:
    """What the page complains of."""
    return page.notice._title.text()


def test_a_stick_is_written_and_read_in_the_window(
    practice: Practice, back: Clinic, qtbot: QtBot
) -> None:
    there, here = practice.root / "there.clinicbundle", practice.root / "here.clinicbundle"
    with seated(practice, "front", qtbot) as front:
        page = page_of(front)
        add_patient(front.opened, "Ada")
        page.stick.load()
        front.settle()
        assert page.stick.files.text().startswith("\u20680")
        assert not page.stick.files.isEnabled()
        with qtbot.waitSignal(page.stick.said) as said:
            page.stick.write_to(str(there))
        assert "may be removed" in str(said.args)
        assert import_bundle(back, there).received > 0
        add_patient(back, "Bea")
        export_bundle(back, here)
        with qtbot.waitSignal(page.stick.received):
            page.stick.read_from(str(here))
        front.settle()
        assert patients(front.opened) == patients(back)
        here.write_bytes(here.read_bytes()[:-1])
        with qtbot.waitSignal(page.stick.refused):
            page.stick.read_from(str(here))
        assert "not whole" in words_of(page)
        assert page.stick.read.isEnabled()


def test_what_is_taken_from_a_stick_can_be_broken_off_and_taken_again(
    practice: Practice, back: Clinic, qtbot: QtBot
) -> None:
    there = practice.root / "there.clinicbundle"
    sync(practice.front, back)
    for name in ("Ada", "Bea"):
        add_patient(back, name)
    export_bundle(back, there)
    asked: list[int] = []

    def stopped() -> bool:
        asked.append(1)
        return len(asked) > 3

    with pytest.raises(StoppedError, match="stopped") as caught:
        import_bundle(practice.front, there, stopped)
    assert caught.value.kept
    with pytest.raises(StoppedError):
        export_bundle(practice.front, practice.root / "no.clinicbundle", stopped=lambda: True)
    assert not list(practice.root.glob("no.clinicbundle*"))
    with seated(practice, "front", qtbot) as front:
        page = page_of(front)
        is_cancelled = page.stick._stopped()
        page.stick.progress.cancel.click()
        assert is_cancelled()
        front.exchange.over.set()  # as when the window closes
        with qtbot.waitSignal(page.stick.refused) as refused:
            page.stick.read_from(str(there))
        assert "stopped" in str(refused.args)
        front.exchange.over.clear()
        with qtbot.waitSignal(page.stick.received):
            page.stick.read_from(str(there))
        front.settle()
        assert patients(front.opened) == patients(back)


def test_a_pc_joins_by_a_stick_in_the_window(practice: Practice, qtbot: QtBot) -> None:
    asked, answer = practice.root / "a.clinicjoin", practice.root / "a.clinicbundle"
    add_patient(practice.front, "Ada")
    with seated(practice, "front", qtbot) as front, empty_pc(practice, "third") as session:
        view = by_stick(session)
        view.submit()
        assert "sign-in name" in view._login_row.message.text()
        view.login.setText("ana")
        for edit in (view.new_password.password, view.new_password.repeat):
            edit.setText(PASSWORD)
        with qtbot.waitSignal(view.ask_requested):
            view.write_to(str(asked))
        qtbot.waitUntil(view.code.isVisible)
        code = view.shown_code
        form = invited(front)
        form.file.edit.setText(str(asked))
        form.submit(False)
        assert "six groups" in form.row.message.text()
        form.code.setText("H04Y0-7M1CR-2MG40-17G1A-02C02-867V2")
        form.write_to(str(answer))
        front.until(lambda: "not written by the PC" in form.row.message.text())
        form.code.setText(code)
        form.write_to(str(answer))
        front.until(lambda: not front.host.has_drawer)
        # Days later: the program was closed in between.
        view.left.emit()
        view = by_stick(session)
        assert view.login.text() == "ana"
        view.password.setText(PASSWORD + "?")
        view.read_from(str(answer))
        qtbot.waitUntil(lambda: "not the password" in view._password_row.message.text())
        view.password.setText(PASSWORD)
        view.read_from(str(asked))
        qtbot.waitUntil(view.notice.isVisible)
        assert "no answer" in view.notice.accessibleName()
        with qtbot.waitSignal(session.desk_shown, timeout=60_000):
            view.read_from(str(answer))
        assert session.clinic is not None
        joined = Seat(session, session.clinic, qtbot)
        joined.settle()
        assert [row[1] for row in patients(joined.opened)] == ["Ada"]
        front.settle()


def by_stick(session: Session) -> StickJoinView:
    session.ways.show_join()
    view = session.window.shown
    assert isinstance(view, JoinView)
    view.stick.click()
    found = session.window.shown
    assert isinstance(found, StickJoinView)
    return found


def invited(seat: Seat) -> StickInviteForm:
    page_of(seat).invite_stick.click()
    form = seat.form(StickInviteForm)
    assert isinstance(form, StickInviteForm)
    return form
