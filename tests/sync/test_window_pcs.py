"""Who belongs to the practice, in the window: a PC is let in, works, and is taken out again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from clinic_desktop.app import Session
from clinic_desktop.clinic import Clinic
from clinic_desktop.config import DataDir
from clinic_desktop.errors import RevokedError
from clinic_desktop.i18n import ENGLISH
from clinic_desktop.services import devices
from clinic_desktop.services.people import NewPerson
from clinic_desktop.sync.passes import Passed
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.speech import speak
from clinic_desktop.ui.first_run.first_run_view import FirstRunView
from clinic_desktop.ui.settings.exchange_forms import InviteForm, ServerForm
from clinic_desktop.ui.settings.exchange_page import ExchangePage
from clinic_desktop.ui.settings.settings_view import SettingsView
from clinic_desktop.ui.shell.join_view import JoinView
from clinic_desktop.ui.shell.lock_view import LockView
from clinic_desktop.ui.shell.password_again import PasswordForm
from clinic_desktop.ui.shell.question import Question
from tests.support.records import CHEAP, PASSWORD
from tests.sync.conftest import Practice, add_patient, patients, rows, sync
from tests.sync.windows import Seat, seated


def page_of(seat: Seat) -> ExchangePage:
    shown = seat.go(to.Settings("exchange"))
    assert isinstance(shown, SettingsView)
    page = shown.page("exchange")
    assert isinstance(page, ExchangePage)
    return page


@contextmanager
def empty_pc(practice: Practice, name: str) -> Iterator[Session]:
    """The program started on a PC that has nothing yet."""
    session = Session(DataDir(practice.root / name), clock=practice.clock, cost=CHEAP)
    session.start()
    try:
        yield session
    finally:
        session.close()
        session.window.close()
        delete(session.window)
        delete(session)
        speak(ENGLISH)


def joining(session: Session, code: str, login: str = "ana") -> JoinView:
    """Choose to join, and type everything."""
    first = session.window.shown
    assert isinstance(first, FirstRunView)
    first.join_wanted.emit()
    view = session.window.shown
    assert isinstance(view, JoinView)
    view.code.setText(code)
    view.code.textEdited.emit(code)
    view.login.setText(login)
    for name in ("password.new", "password.repeat"):
        edit = view.findChild(QLineEdit, name)
        assert edit is not None
        edit.setText(PASSWORD)
    view.submit()
    return view


def give_password(seat: Seat) -> None:
    """The actions on PCs want it again."""
    seat.until(lambda: bool(seat.host.drawer and seat.host.drawer.findChild(PasswordForm)))
    form = seat.form(PasswordForm)
    assert isinstance(form, PasswordForm)
    form.password.setText(PASSWORD)
    form.submit(False)


def test_a_pc_joins_works_and_is_taken_out(practice: Practice, qtbot: QtBot) -> None:
    add_patient(practice.front, "Ada")
    sync(practice.front)
    with seated(practice, "front", qtbot) as front, empty_pc(practice, "third") as session:
        page = page_of(front)
        page.invite.click()
        form = front.form(InviteForm)
        assert isinstance(form, InviteForm)
        front.until(lambda: bool(form.code))
        view = joining(session, form.code)
        assert view.server.text() == practice.server.url
        qtbot.waitUntil(view.compare.isVisible)
        practice.clock.advance(minutes=6)  # since the password was given
        form.digits.setText("000000" if "000 000" not in view.digits.text() else "111111")
        form.submit(False)
        front.until(lambda: "not the digits" in form.row.message.text())
        form.digits.setText("".join(each for each in view.digits.text() if each.isdigit()))
        form.submit(False)
        give_password(front)
        with qtbot.waitSignal(session.desk_shown):
            front.until(lambda: not front.host.has_drawer)
        assert session.clinic is not None
        assert session.context is not None
        joined = Seat(session, session.clinic, qtbot)
        joined.settle()
        assert [row[1] for row in patients(joined.opened)] == ["Ada"]
        add_patient(joined.opened, "Bea")
        joined.exchange_now()
        front.exchange_now()
        assert [row[1] for row in patients(front.opened)] == ["Ada", "Bea"]
        take_out(front, page, joined)


def take_out(front: Seat, page: ExchangePage, lost: Seat) -> None:
    found = front.opened.store.read(front.opened.actor, devices.pcs).result()
    newest = next(pc for pc in found if pc.id.bytes == _device(lost.opened))
    page._on_revoke(newest)
    front.form(Question).submit(False)
    front.settle()
    found = front.opened.store.read(front.opened.actor, devices.pcs).result()
    assert [pc.is_active for pc in found if pc.id == newest.id] == [False]
    assert isinstance(lost.exchange_now(), RevokedError)
    assert lost.host.error is not None
    lost_page = page_of(lost)
    assert "taken out" in lost_page.state.accessibleName()


def _device(opened: Clinic) -> bytes:
    (row,) = rows(opened, "SELECT device_id FROM sync_device WHERE dev = 1")
    return bytes(row[0])  # type: ignore[call-overload,no-any-return]


def test_joining_stopped_leaves_the_pc_as_empty_as_it_was(practice: Practice, qtbot: QtBot) -> None:
    with seated(practice, "front", qtbot) as front, empty_pc(practice, "third") as session:
        page = page_of(front)
        page.invite.click()
        form = front.form(InviteForm)
        assert isinstance(form, InviteForm)
        front.until(lambda: bool(form.code))
        view = joining(session, form.code)
        qtbot.waitUntil(view.compare.isVisible)
        view.progress.cancel.click()
        qtbot.waitUntil(view.notice.isVisible)
        assert view.join.isEnabled()
        assert not DataDir(practice.root / "third").database.exists()
        front.host.close_drawer()  # and with it the invitation ends
        front.until(lambda: not front.host.has_drawer)
        front.settle()


def test_what_cannot_be_taken_is_said_beside_its_field(practice: Practice, qtbot: QtBot) -> None:
    with empty_pc(practice, "third") as session:
        view = joining(session, "ABCDE-FGHJK")
        assert "six groups of five" in view._code_row.message.text()
        view.code.setText("H04Y0-7M1CR-2MG40-17G1A-02C02-867V2")
        view.server.setText("ftp://example.org")
        view.submit()
        assert "https://" in view._server_row.message.text()
        view.server.setText("http://127.0.0.1:9")
        view.submit()
        qtbot.waitUntil(view.notice.isVisible)
        assert "cannot be reached" in view.notice.accessibleName()


def test_an_owner_sets_a_server_up_in_the_window(
    practice: Practice, back: Clinic, qtbot: QtBot
) -> None:
    with seated(practice, "front", qtbot) as front:
        page = page_of(front)
        page.change.click()
        form = front.form(ServerForm)
        assert isinstance(form, ServerForm)
        form.url.setText("http://example.org")
        form.submit(False)
        front.until(lambda: "example.org" in form.row.message.text())
        form.url.setText(practice.server.url)
        form.submit(False)
        front.until(lambda: not front.host.has_drawer)
        front.settle()
        assert front.exchange.standing is not None
        assert practice.server.url in page.server.text()


def test_pause_and_budget_hold_what_goes_by_itself_and_nothing_asked_for(
    practice: Practice, qtbot: QtBot
) -> None:
    with seated(practice, "front", qtbot) as front:
        page = page_of(front)
        page.pause.click()
        front.until(lambda: front.exchange.is_held)
        assert "Paused until" in page.state.accessibleName()
        assert "Paused until" in front.session.desk.status.place.text()  # type: ignore[union-attr]
        add_patient(front.opened, "Ada")
        front.exchange_now()
        assert front.exchange.to_send == 0
        page.pause.click()
        front.until(lambda: not front.exchange.is_held)
        front.exchange.syncing.limit(1)
        front.exchange.look()
        front.settle()
        assert front.exchange.is_held
        assert "used up" in page.state.accessibleName()


def test_whose_rights_were_changed_at_another_pc_signs_in_again(
    practice: Practice, back: Clinic, qtbot: QtBot
) -> None:
    other = back.add_person(NewPerson("olga", "Dr Olga", ("owner",)), "another owner of all this")
    ana = practice.front.actor.user_id
    assert ana is not None
    sync(back, practice.front)
    with seated(practice, "front", qtbot) as front:
        back.switch_user("olga", "another owner of all this")
        assert back.actor.user_id == other
        back.change_roles(ana, ("doctor",))
        sync(back)
        with qtbot.waitSignal(front.session.locked):
            front.exchange_now()
        lock = front.session.window.shown
        assert isinstance(lock, LockView)
        assert "rights were changed" in lock.message.text()
        with qtbot.waitSignal(front.session.desk_shown):
            front.session.unlock("ana", PASSWORD)
        front.settle()
        assert front.context.actor.roles == ("doctor",)


def test_the_palette_leads_to_the_page_and_exchanges(practice: Practice, qtbot: QtBot) -> None:
    with seated(practice, "front", qtbot) as front:
        (action,) = (each for each in front.context.actions.all() if each.name == "exchange.now")
        with qtbot.waitSignal(front.exchange.ended) as ended:
            action.run()
        front.settle()
        assert ended.args is not None
        assert isinstance(ended.args[0], Passed)
        desk = front.session.desk
        assert desk is not None
        assert isinstance(desk.shown, SettingsView)
        assert desk.shown.shown == "exchange"
