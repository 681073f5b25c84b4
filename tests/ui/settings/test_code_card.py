"""A code from the phone: scanned, tried, switched on, and off again."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from clinic_desktop.security.second_factor import Offer
from clinic_desktop.services import own_code
from clinic_desktop.services.own_code import OwnCode
from clinic_desktop.services.people import everybody
from clinic_desktop.ui.core import spool
from clinic_desktop.ui.settings.code_card import CodesForm, SwitchOnForm
from clinic_desktop.ui.settings.lock_page import LockPage
from clinic_desktop.ui.settings.people_page import PersonForm
from clinic_desktop.ui.theme import style
from clinic_desktop.ui.theme.look import Appearance
from clinic_desktop.ui.widgets.qr_code import QrCode
from tests.support import screen_checks
from tests.support.phone import Phone
from tests.support.typing_keys import Keyboard
from tests.ui.settings.conftest import Desk


@pytest.fixture
def page(desk: Desk) -> LockPage:
    return desk.open("lock", LockPage)


@pytest.fixture
def form(desk: Desk, page: LockPage) -> SwitchOnForm:
    page.code.switch_on.click()
    found = desk.drawer(SwitchOnForm)
    desk.qtbot.waitExposed(found)
    found.activateWindow()
    return found


def phone_of(form: SwitchOnForm) -> Phone:
    return Phone(form.panel.offer.seed)


def shown(widget: QWidget) -> str:
    return " ".join(label.text() for label in widget.findChildren(QLabel) if label.isVisible())


def state(desk: Desk) -> OwnCode:
    return desk.record.read(own_code.own_code)


def test_a_code_is_asked_for_once_the_phone_showed_a_right_one(
    desk: Desk, page: LockPage, form: SwitchOnForm
) -> None:
    form.submit(False)
    assert "six digits" in form.panel.row.message.text()
    form.panel.code.setFocus()
    Keyboard().type("000000")
    form.submit(False)
    desk.until(lambda: "not the code of now" in form.panel.row.message.text())
    assert not state(desk).is_on
    form.panel.code.clear()
    Keyboard().type(phone_of(form).shows(desk.record.clock.now()))
    with desk.qtbot.waitSignal(form.close_requested):
        form.submit(False)
    desk.idle()
    assert state(desk) == OwnCode(is_on=True, codes_left=10)
    assert "10 recovery codes are left" in page.code.known.facts[0].sub
    assert page.code.switch_on.isHidden()


def test_what_is_scanned_names_practice_and_person(form: SwitchOnForm) -> None:
    practice, login = "Kilimani Family Clinic", "amina"
    assert Phone.scan(form.panel.offer.address(practice, login)) == phone_of(form)
    code = form.findChild(QrCode)
    assert isinstance(code, QrCode)
    picture = code.grab().toImage()
    assert picture.pixelColor(1, 1) == QColor("white"), "the quiet zone, in dark themes too"


def test_the_form_says_honestly_what_a_code_is(form: SwitchOnForm) -> None:
    assert "no server to ask" in shown(form)


def test_other_recovery_codes_are_shown_once(
    desk: Desk, page: LockPage, form: SwitchOnForm, tmp_path: Path
) -> None:
    switch_on(desk, form.panel.offer)
    page.load()
    desk.idle()
    page.code.renew.click()
    desk.until(lambda: isinstance(desk.host.drawers[-1], CodesForm))
    codes = desk.drawer(CodesForm)
    assert not any(code in shown(codes) for code in form.panel.offer.codes)
    paper = codes.codes
    paper.save_to(str(tmp_path / "codes.pdf"))
    desk.until(lambda: "Saved" in paper.notice.accessibleName())
    assert (tmp_path / "codes.pdf").stat().st_mode & 0o077 == 0
    assert desk.record.rows("select count(*) from printed_document") == [(0,)]


def test_the_codes_go_to_the_printer(
    desk: Desk, form: SwitchOnForm, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed: list[str] = []
    monkeypatch.setattr(spool, "target", lambda _choice: "Laser")
    monkeypatch.setattr(spool, "_to_printer", lambda _pdf, name, _how: printed.append(name))
    form.panel.codes.print.setFocus()
    Keyboard().press(Qt.Key.Key_Return)
    desk.until(lambda: "Laser" in form.panel.codes.notice.accessibleName())
    assert printed == ["Laser"]


def test_it_is_switched_off_again(desk: Desk, page: LockPage, form: SwitchOnForm) -> None:
    switch_on(desk, form.panel.offer)
    page.load()
    desk.idle()
    page.code.switch_off.click()
    desk.until(lambda: not state(desk).is_on)
    assert "password alone" in page.code.known.facts[0].text


def switch_on(desk: Desk, offer: Offer) -> None:
    desk.record.write(own_code.switch_on, offer, Phone(offer.seed).shows(desk.record.clock.now()))


def test_the_owner_switches_it_off_for_somebody(desk: Desk) -> None:
    person = desk.record.read(everybody)[0]
    without = PersonForm(desk.context, person)
    desk.qtbot.addWidget(without)
    desk.idle()
    assert without.code_off.isHidden()
    switch_on(desk, Offer.new())
    form = PersonForm(desk.context, person)
    desk.qtbot.addWidget(form)
    desk.until(lambda: not form.code_off.isHidden())
    form.code_off.click()
    desk.until(lambda: not state(desk).is_on)
    assert "no code" in desk.host.toasts[-1]


def test_the_form_can_be_used_by_keys_and_screen_readers_at_any_size(form: SwitchOnForm) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    for scale, width in ((100, 560), (200, 1000)):
        style.apply(app, Appearance(scale=scale))
        screen_checks.present(form, width, 1300)
        assert screen_checks.problems(form) == []
        assert screen_checks.mirror_problems(form) == []
