"""Each page changes what it says, in the record, in the key file or on this PC."""

from __future__ import annotations

import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QWidget

from clinic_desktop import clinic, this_pc
from clinic_desktop.domain.permissions import Actor
from clinic_desktop.errors import ValidationError, WrongPasswordError
from clinic_desktop.practice_language import LATIN_DIGITS
from clinic_desktop.services import note_templates, people, practice
from clinic_desktop.services.billing import catalogue
from clinic_desktop.services.papers import printers
from clinic_desktop.services.papers.printers import FOLDER
from clinic_desktop.ui.core.navigator import Settings
from clinic_desktop.ui.core.preview import PreviewForm
from clinic_desktop.ui.settings.appearance_page import AppearancePage
from clinic_desktop.ui.settings.backups_page import BackupsPage
from clinic_desktop.ui.settings.data_page import DataPage
from clinic_desktop.ui.settings.language_page import LanguagePage
from clinic_desktop.ui.settings.lock_page import LockPage
from clinic_desktop.ui.settings.packs_page import PacksPage
from clinic_desktop.ui.settings.people_page import AccountsPage, NewPersonForm, PersonForm
from clinic_desktop.ui.settings.practice_page import PracticePage
from clinic_desktop.ui.settings.prices_page import ServiceLine, ServicesPage, TaxesPage, TaxLine
from clinic_desktop.ui.settings.printers_page import PrintersPage
from clinic_desktop.ui.settings.setup_page import SetupPage
from clinic_desktop.ui.settings.templates_page import TemplateLine, TemplatesPage
from clinic_desktop.ui.theme import style
from clinic_desktop.ui.theme.look import Appearance, look
from clinic_desktop.ui.theme.remembered import appearance_of
from clinic_desktop.ui.theme.tokens import Density, Theme
from clinic_desktop.ui.widgets.page import LowWindow
from tests.support import screen_checks
from tests.support.records import PASSWORD, opens
from tests.support.windows import VisitedNavigator
from tests.ui.settings.conftest import Desk

JOSE_PASSWORD = "blue bicycle bell"


def choose(select: QComboBox, value: object) -> None:
    """Choose a line as a person does: by the arrow keys and Enter."""
    place = next(place for place in range(select.count()) if select.itemData(place) == value)
    select.setCurrentIndex(place)
    select.activated.emit(place)


def retype(field: QWidget, text: str) -> None:
    """Put another text into a field and leave it."""
    field.setFocus()
    field.selectAll()  # type: ignore[attr-defined]
    if text:
        QTest.keyClicks(field, text)
    else:
        QTest.keyClick(field, Qt.Key.Key_Delete)
    QTest.keyClick(field, Qt.Key.Key_Return)


# ------------------------------------------------------------------ finding pages


def test_a_page_is_found_by_any_of_its_words(desk: Desk) -> None:
    desk.view.go_to(Settings())
    for typed, key in (("font", "appearance"), ("roles", "people"), ("paper cop", "printers")):
        desk.view.search.set_text(typed)
        titles = [desk.view.list.item(row).text() for row in range(desk.view.list.count())]
        assert titles == [desk.view._specs[key].title], typed
    desk.view.search.set_text("zebra")
    assert not desk.view._nothing.isHidden()
    desk.view.search.set_text("")
    assert desk.view.list.count() == len(desk.view._specs)


def test_the_line_of_the_open_page_is_whole_at_any_text_size(
    desk: Desk, qapp: QApplication
) -> None:
    """And the page scrolls, not the whole screen around it."""
    window = LowWindow(desk.view)
    desk.qtbot.addWidget(window)
    try:
        for scale, key in ((200, "audit"), (200, "data"), (100, "audit")):
            style.apply(qapp, Appearance(Theme.LIGHT, scale=scale, reduced_motion=True))
            desk.view.go_to(Settings(key))
            screen_checks.present(window, 1300, 640)
            desk.idle()
            screen_checks.settle()
            assert window.verticalScrollBar().maximum() == 0
            titles = desk.view.list
            line = titles.visualItemRect(titles.currentItem())
            assert titles.viewport().rect().contains(line), key
    finally:
        style.apply(qapp, Appearance(Theme.LIGHT, reduced_motion=True))
        desk.view.setParent(None)


def test_arrow_keys_go_from_page_to_page(desk: Desk) -> None:
    desk.open("appearance", AppearancePage)
    QTest.keyClick(desk.view.list, Qt.Key.Key_Down)
    assert desk.view.shown == "language"


def test_every_page_can_be_used_by_keys_and_screen_readers(desk: Desk) -> None:
    for key in desk.view._specs:
        desk.view.go_to(Settings(key))
        desk.idle()
        assert screen_checks.problems(desk.view) == [], key


def test_every_page_has_room_in_a_small_window_with_large_text(desk: Desk) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    style.apply(app, Appearance(scale=200))
    desk.view.resize(1280, 700)
    for key in desk.view._specs:
        desk.view.go_to(Settings(key))
        desk.idle()
        assert screen_checks.problems(desk.view, screen_checks.ROOM) == [], key


def test_every_page_mirrors(desk: Desk) -> None:
    for key in desk.view._specs:
        desk.view.go_to(Settings(key))
        desk.idle()
        assert screen_checks.mirror_problems(desk.view) == [], key


# ------------------------------------------------------------------ appearance


def test_the_look_changes_at_once_and_is_kept_on_this_pc(desk: Desk) -> None:
    page = desk.open("appearance", AppearancePage)
    choose(page.theme, Theme.HC_DARK)
    choose(page.scale, 200)
    choose(page.density, Density.COMPACT)
    page.calm.click()
    wanted = Appearance(Theme.HC_DARK, Density.COMPACT, 200, reduced_motion=True)
    assert look().appearance == wanted
    assert look().theme is Theme.HC_DARK
    assert appearance_of(this_pc.remembered(desk.context.clinic.data_dir)) == wanted
    desk.undo()
    assert not look().appearance.reduced_motion
    assert not page.calm.isChecked()
    page.reset.click()
    assert look().appearance == Appearance()


@pytest.mark.parametrize("rubbish", [{"theme": "pink", "scale": "big"}, {"scale": 9000}, {}])
def test_a_look_that_cannot_be_read_is_the_usual_one(rubbish: dict[str, object]) -> None:
    found = appearance_of(rubbish)
    assert found.theme is Theme.SYSTEM
    assert 80 <= found.scale <= 200


# ------------------------------------------------------------------ language and formats


def test_another_language_asks_for_a_new_desk_at_this_page(desk: Desk) -> None:
    page = desk.open("language", LanguagePage)
    with desk.qtbot.waitSignal(desk.context.navigator.rebuild_requested) as asked:
        choose(page.mine, "ar")
    assert asked.args == [Settings("language")]
    assert desk.context.clinic.language().language == "ar"
    with desk.qtbot.waitSignal(desk.context.navigator.rebuild_requested):
        choose(page.digits, value=False)
    assert desk.record.read(practice.setting, LATIN_DIGITS) is False


def test_the_practice_moves_to_another_country(desk: Desk) -> None:
    page = desk.open("language", LanguagePage)
    with desk.qtbot.waitSignal(desk.context.navigator.rebuild_requested):
        page.region._take_country("KZ")
    own = desk.record.read(practice.details)
    assert (own.country, own.currency, own.time_zone) == ("KZ", "KZT", "Asia/Almaty")


def test_prices_hold_their_currency(desk: Desk) -> None:
    desk.record.write(catalogue.save_service, catalogue.ServiceForm("Consultation", 200_000))
    page = desk.open("language", LanguagePage)
    assert not page.region.currency.isEnabled()


# ------------------------------------------------------------------ practice


def test_a_field_of_the_practice_is_kept_when_it_is_left(desk: Desk) -> None:
    page = desk.open("practice", PracticePage)
    retype(page.fields._fields["city"], "Nairobi")
    desk.until(lambda: desk.record.read(practice.details).city == "Nairobi")
    desk.undo()
    desk.until(lambda: desk.record.read(practice.details).city == "")


def test_a_practice_without_a_name_is_refused_beside_the_field(desk: Desk) -> None:
    page = desk.open("practice", PracticePage)
    retype(page.fields._fields["name"], "")
    row = page.fields._rows["name"]
    desk.until(lambda: row.message.text() == "The practice needs a name.")
    assert desk.record.read(practice.details).name == "Kilimani Family Clinic"
    retype(page.fields._fields["name"], "Kilimani Clinic")
    desk.until(lambda: desk.context.clinic.keys.vault.name == "Kilimani Clinic")


def test_a_detail_of_the_practice_is_never_written_over_one_that_was_not_shown(
    desk: Desk,
) -> None:
    page, record = desk.open("practice", PracticePage), desk.record

    def kept(name: str) -> object:
        return getattr(record.read(practice.details), name)

    def elsewhere(**values: object) -> None:
        known = record.read(practice.details)
        record.write(practice.change_details, replace(known, **values))  # type: ignore[arg-type]

    elsewhere(city="Mombasa", phone="+254700000001")
    retype(page.fields._fields["city"], "Kisumu")
    row = page.fields._rows["city"]
    desk.until(lambda: "Mombasa" in row.message.text())
    assert (kept("city"), page.fields.values()["city"]) == ("Mombasa", "Kisumu")
    QTest.keyClick(page.fields._fields["city"], Qt.Key.Key_Return)
    desk.until(lambda: kept("city") == "Kisumu")
    assert kept("phone") == "+254700000001", "what was left alone stays as others made it"
    undo = desk.host.undo
    assert undo is not None
    elsewhere(city="Nakuru")
    undo()
    desk.until(lambda: "Nakuru" in row.message.text())
    assert kept("city") == "Nakuru"


def test_letterhead_and_logo_are_kept_and_shown_on_a_sample(desk: Desk, tmp_path: Path) -> None:
    page = desk.open("practice", PracticePage)
    retype(page.footer, "Thank you")
    desk.until(lambda: desk.record.read(practice.details).letterhead.get("footer") == "Thank you")
    page.preprinted.click()
    desk.until(lambda: bool(desk.record.read(practice.details).letterhead.get("preprinted")))
    picture = tmp_path / "logo.png"
    Image.new("RGB", (300, 100), "teal").save(picture)
    page.logo.take_file(str(picture))
    desk.until(lambda: bool(desk.record.read(practice.details).logo))
    desk.undo()
    desk.until(lambda: not desk.record.read(practice.details).logo)
    page.look.click()
    desk.idle()
    assert isinstance(desk.host.drawers[-1], PreviewForm)


# ------------------------------------------------------------------ people and passwords


def test_a_person_added_here_signs_in(desk: Desk) -> None:
    page = desk.open("people", AccountsPage)
    page.open_line(None)
    form = desk.drawer(NewPersonForm)
    form.name.setText("José Otieno")
    form.login.setText("jose")
    form.password.password.setText(JOSE_PASSWORD)
    form.password.repeat.setText(JOSE_PASSWORD)
    form.submit(print_too=False)
    desk.until(lambda: form.rows["roles"].message.text() == "Choose at least one role.")
    form.roles.ticks["receptionist"].click()
    with desk.qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)
    desk.idle()
    data_dir = desk.context.clinic.data_dir
    assert opens(desk.context.clinic.keys, "jose", JOSE_PASSWORD) == desk.record.key
    assert len(page._rows) == 2
    desk.record.store.close()
    again = clinic.open_clinic(data_dir, "jose", JOSE_PASSWORD)
    assert again.actor.roles == ("receptionist",)
    again.close()


def test_roles_password_and_end_of_a_person(desk: Desk) -> None:
    keys = desk.context.clinic.keys
    user = desk.context.clinic.add_person(
        people.NewPerson("jose", "José", ("nurse",)), JOSE_PASSWORD
    )
    page = desk.open("people", AccountsPage)
    page.open_line(page._rows[user])
    form = desk.drawer(PersonForm)
    form.roles.ticks["doctor"].click()
    with desk.qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)
    form.password.password.setText("green garden gate")
    form.password.repeat.setText("green garden gate")
    with desk.qtbot.waitSignal(form.close_requested):
        form.give.click()
    assert opens(keys, "jose", "green garden gate") == keys.key == desk.record.key
    with desk.qtbot.waitSignal(form.close_requested):
        form.retire.click()
    desk.idle()
    found = {person.login: person for person in desk.record.read(people.everybody)}
    assert found["jose"].roles == ("doctor", "nurse")
    assert not found["jose"].is_active
    assert keys.vault.slot("jose") is None
    assert keys.key != desk.record.key  # which José may have seen


def test_the_last_owner_cannot_leave(desk: Desk) -> None:
    page = desk.open("people", AccountsPage)
    owner = next(iter(page._rows.values()))
    page.open_line(owner)
    form = desk.drawer(PersonForm)
    form.retire.click()
    desk.until(lambda: not form.notice.isHidden())
    assert desk.context.clinic.keys.vault.slot("amina") is not None


def test_the_own_password_changes_with_the_old_one(desk: Desk) -> None:
    page = desk.open("lock", LockPage)
    page.old.setText("wrong")
    page.new.password.setText("a whole new sentence")
    page.new.repeat.setText("a whole new sentence")
    page.change.click()
    desk.until(lambda: "not the password" in page.old_row.message.text())
    page.old.setText(PASSWORD)
    page.change.click()
    desk.until(lambda: page.old.text() == "")
    keys = desk.context.clinic.keys
    with pytest.raises(WrongPasswordError):
        opens(keys, "amina", PASSWORD)
    assert opens(keys, "amina", "a whole new sentence") == desk.record.key


def test_the_minutes_until_the_lock_are_told_to_the_window(desk: Desk) -> None:
    page = desk.open("lock", LockPage)
    with desk.qtbot.waitSignal(desk.context.navigator.lock_after_changed) as told:
        choose(page.minutes, 15)
    assert told.args == [15]
    assert this_pc.remembered(desk.context.clinic.data_dir)["lock_minutes"] == 15
    desk.undo()
    assert page.minutes.value() == 5


# ------------------------------------------------------------------ prices, taxes, templates


def test_a_service_gets_price_and_tax(desk: Desk) -> None:
    tax = desk.record.write(catalogue.save_tax_rate, "VAT", 1600)
    page = desk.open("prices", ServicesPage)
    page.open_line(None)
    form = desk.drawer(ServiceLine)
    assert any("KES" in row.label.text() for row in form.fields.rows)
    form.price.set_text("two hundred")
    form.submit(print_too=False)
    assert form.price.message.text(), "letters are no price"
    form.price.set_text("200.50")
    form.submit(print_too=False)
    desk.until(lambda: "name" in form.rows["name"].message.text())
    form.name.setText("Suture")
    choose(form.tax, tax)
    with desk.qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)
    desk.idle()
    rows = desk.record.read(catalogue.services)
    assert [(row.name, row.amount_minor, row.tax_bp) for row in rows] == [("Suture", 20_050, 1600)]
    page.open_line(next(iter(page._rows.values())))
    again = desk.drawer(ServiceLine)
    again.price.set_text(str(Decimal(250)))
    again.active.click()
    with desk.qtbot.waitSignal(again.close_requested):
        again.submit(print_too=False)
    assert desk.record.read(catalogue.services) == ()
    assert desk.record.read(catalogue.services, all_=True)[0].amount_minor == 25_000


def test_a_tax_comes_and_goes(desk: Desk) -> None:
    page = desk.open("taxes", TaxesPage)
    page.open_line(None)
    form = desk.drawer(TaxLine)
    form.name.setText("VAT")
    form.rate.set_text("sixteen")
    form.submit(print_too=False)
    assert form.rows["rate_bp"].message.text()
    form.rate.set_text("7.5")
    with desk.qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)
    desk.idle()
    found = desk.record.read(catalogue.tax_rates)
    assert [(row.name, row.rate_bp) for row in found] == [("VAT", 750)]
    page.open_line(next(iter(page._rows.values())))
    known = desk.drawer(TaxLine)
    with desk.qtbot.waitSignal(known.close_requested):
        known.retire.click()
    assert desk.record.read(catalogue.tax_rates) == ()


def test_a_template_is_written_and_taken_out_of_use(desk: Desk) -> None:
    page = desk.open("templates", TemplatesPage)
    page.open_line(None)
    form = desk.drawer(TemplateLine)
    form.name.setText("Cough")
    form.shortcut.setText("two words")
    form.parts["plan"].setPlainText("Fluids")
    form.submit(print_too=False)
    desk.until(lambda: "one word" in form.rows["shortcut"].message.text())
    form.shortcut.setText("/uri")
    with desk.qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)
    desk.idle()
    page.open_line(next(iter(page._rows.values())))
    again = desk.drawer(TemplateLine)
    with desk.qtbot.waitSignal(again.close_requested):
        again._on_retire()
    assert desk.record.read(note_templates.templates) == []
    desk.undo()
    assert [row.shortcut for row in desk.record.read(note_templates.templates)] == ["uri"]


# ------------------------------------------------------------------ printers, packs, data


def test_papers_go_into_a_folder_and_a_test_page_comes_out(desk: Desk, tmp_path: Path) -> None:
    page = desk.open("printers", PrintersPage)
    desk.until(lambda: bool(page.map.rows))
    folder = tmp_path / "papers"
    page.map.send_all_to(f"{FOLDER}{folder}")
    desk.idle()
    assert {each.printer for each in desk.record.read(printers.choices)} == {f"{FOLDER}{folder}"}
    row = page.map.rows["receipt"]
    choose(row.paper, "roll-58")
    choose(row.copies, 2)
    row.preview.click()
    desk.idle()
    kept = desk.record.read(printers.choice, "receipt")
    assert (kept.paper, kept.copies, kept.preview) == ("roll-58", 2, True)
    for kind in page.map.rows.values():
        with desk.qtbot.waitSignal(page.map.said):
            kind.test.click()
    assert len(list(folder.glob("*.pdf"))) == len(page.map.rows)


def test_a_printer_that_is_gone_is_said(desk: Desk) -> None:
    page = desk.open("printers", PrintersPage)
    desk.until(lambda: bool(page.map.rows))
    row = page.map.rows["invoice"]
    row.send_to("Nobody's printer")
    desk.idle()
    row.test.click()
    desk.until(lambda: "no printer" in page.map._notice.accessibleName())


def test_a_file_that_is_no_pack_is_refused(desk: Desk, tmp_path: Path) -> None:
    page = desk.open("packs", PacksPage)
    bad = tmp_path / "codes.clinicpack"
    bad.write_text("no pack")
    page.add_file(str(bad))
    desk.until(lambda: not page.notice.isHidden())
    assert page.add.isEnabled()
    assert list(desk.context.clinic.data_dir.packs.glob("*")) == []


def test_a_pack_is_added_from_a_file(desk: Desk, tmp_path: Path) -> None:
    page = desk.open("packs", PacksPage)
    shipped = page.list.facts
    if not shipped:
        pytest.skip("the program's own pack has not been made")
    from clinic_desktop.config import resource

    copy = tmp_path / "mine.clinicpack"
    shutil.copyfile(resource("packs", "icd10cm.clinicpack"), copy)
    page.add_file(str(copy))
    desk.until(page.progress.isHidden)
    assert desk.host.toasts, page.notice.accessibleName()
    assert len(list(desk.context.clinic.data_dir.packs.glob("*.clinicpack"))) == 1


def test_the_record_is_checked(desk: Desk) -> None:
    page = desk.open("data", DataPage)
    page.check.click()
    desk.until(lambda: bool(page.found.facts))
    assert {fact.sub for fact in page.found.facts} == {""}


def test_backups_go_to_every_place_and_are_told(desk: Desk, tmp_path: Path) -> None:
    page = desk.open("backups", BackupsPage)
    keeper = desk.context.backups
    page.add_place(str(tmp_path / "stick"))
    desk.until(lambda: len(page.places.facts) == 2)
    assert [fact.pill.text for fact in page.places.facts if fact.pill] == ["still empty"] * 2
    with desk.qtbot.waitSignal(keeper.ended, timeout=60_000) as made:
        page.now.click()
    assert made.args is not None
    assert len(list((tmp_path / "stick").glob("*.clinicbackup"))) == 1
    desk.until(lambda: len(page.results.facts) == 2)
    assert page.age.text().startswith("Last verified backup")
    page.places.facts[0].actions[0].run()
    desk.until(lambda: len(page.places.facts) == 1)
    shutil.rmtree(tmp_path / "stick")
    with desk.qtbot.waitSignal(keeper.ended):
        page.now.click()
    assert "None of the places" in page.notice.accessibleName()


def test_the_checklist_leads_to_the_page(desk: Desk) -> None:
    page = desk.open("setup", SetupPage)
    assert [fact.pill.text for fact in page.list.facts if fact.pill] == ["to do"] * 6
    page.list.facts[2].actions[0].run()
    assert isinstance(desk.context.navigator, VisitedNavigator)
    assert desk.context.navigator.visited[-1] == Settings("prices")


# ------------------------------------------------------------------ rights


def test_who_is_no_owner_can_look_and_not_change(desk: Desk, qtbot: object) -> None:
    clerk: Actor = desk.record.as_role("receptionist")
    desk.context.tasks.actor = clerk
    page = PracticePage(desk.context)
    desk.qtbot.addWidget(page)
    assert not page.fields.isEnabled()
    with pytest.raises(ValidationError):
        desk.record.write(practice.change_logo, b"x")
