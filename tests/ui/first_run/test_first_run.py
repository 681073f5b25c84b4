"""From nothing to a practice, by keys alone; and what happens when one leaves midway."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit

from clinic_desktop import clinic, i18n, this_pc
from clinic_desktop.clinic import Clinic
from clinic_desktop.domain.permissions import SINGLE_DOCTOR
from clinic_desktop.security import keys
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.services import drafts, people, practice, setup
from clinic_desktop.services.billing import catalogue
from clinic_desktop.services.papers import printers
from clinic_desktop.services.papers.printers import FOLDER
from clinic_desktop.ui.first_run.early_steps import OwnerStep, PracticeStep, RegionStep
from clinic_desktop.ui.first_run.later_steps import (
    BackupStep,
    PricesStep,
    PrintersStep,
    RecoveryStep,
)
from clinic_desktop.ui.first_run.state import StepKey, kept_answers
from clinic_desktop.ui.setup.region import Region
from clinic_desktop.ui.theme import style
from clinic_desktop.ui.theme.look import Appearance
from clinic_desktop.ui.widgets.pill import Glyph
from tests.support import screen_checks
from tests.support.records import NOON, PASSWORD
from tests.ui.first_run.conftest import ALT, CTRL, ENTER, Pc

TAB = Qt.Key.Key_Tab


def step_to_owner(
    pc: Pc, name: str = "Kilimani Family Clinic", *, begun: bool = False
) -> OwnerStep:
    if not begun:
        pc.start()
    pc.press(ENTER, CTRL)
    pc.reach(StepKey.PRACTICE)
    pc.type(name)
    pc.press(ENTER)
    pc.reach(StepKey.OWNER)
    owner = pc.view.step(StepKey.OWNER)
    assert isinstance(owner, OwnerStep)
    return owner


def make_practice(pc: Pc, *, begun: bool = False) -> Clinic:
    step_to_owner(pc, begun=begun)
    pc.type("Dr Amina Kamau")
    pc.tab_to("password.new")
    pc.type(PASSWORD)
    pc.press(TAB)
    pc.type(PASSWORD)
    with pc.qtbot.waitSignal(pc.view.created) as made:
        pc.press(ENTER)
    pc.reach(StepKey.RECOVERY)
    assert made.args is not None
    opened = made.args[0]
    assert isinstance(opened, Clinic)
    return opened


def leave_sheet_for_later(pc: Pc) -> None:
    pc.tab_to("first-run.later")
    pc.press(ENTER)
    pc.reach(StepKey.PRICES)


def put_sheet_on_paper(pc: Pc, opened: Clinic) -> RecoveryKey:
    """Type the two groups that are asked for."""
    step, key = pc.view.step(StepKey.RECOVERY), opened.recovery
    assert isinstance(step, RecoveryStep)
    assert key is not None
    for place, number in enumerate(step.panel.asked, 1):
        pc.tab_to(f"recovery.group-{place}")
        pc.type(key.groups[number].lower())
    return key


def test_a_practice_begins_by_keys_alone(pc: Pc, tmp_path: Path) -> None:
    opened = make_practice(pc)
    sheet = put_sheet_on_paper(pc, opened)
    pc.press(ENTER)
    pc.reach(StepKey.PRICES)
    prices = pc.view.step(StepKey.PRICES)
    assert isinstance(prices, PricesStep)
    focus = QApplication.focusWidget()
    assert isinstance(focus, QLineEdit)
    focus.selectAll()
    pc.type("2500")
    pc.tab_to("prices.tax-rate")
    pc.type("16")
    pc.press(ENTER)
    pc.reach(StepKey.PRINTERS)
    pages = pc.view.step(StepKey.PRINTERS)
    assert isinstance(pages, PrintersStep)
    pc.qtbot.waitUntil(lambda: bool(pages.map.rows))
    pages.map.send_all_to(f"{FOLDER}{tmp_path / 'papers'}")
    pc.press(ENTER, CTRL)
    pc.reach(StepKey.BACKUP)
    focus = QApplication.focusWidget()
    assert isinstance(focus, QLineEdit)
    focus.selectAll()
    pc.type(str(tmp_path / "stick"))
    pc.tab_to("backup.copy")
    last = pc.view.step(StepKey.BACKUP)
    assert isinstance(last, BackupStep)
    with pc.qtbot.waitSignal(last.panel.made, timeout=60_000):
        pc.press(ENTER)
    with pc.qtbot.waitSignal(pc.view.finished):
        pc.press(ENTER, CTRL)
    pc.quit()
    keys.check_sheet(pc.data_dir, sheet)
    assert opened.actor.login == "amina"
    assert len(list((tmp_path / "stick").glob("*.clinicbackup"))) == 1
    check_practice(pc)


def check_practice(pc: Pc) -> None:
    """Everything that was said is in the record, and nothing of it beside it."""
    again = clinic.open_clinic(pc.data_dir, "amina", PASSWORD)
    read = again.store.read
    own = read(again.actor, practice.details).result()
    rows = read(again.actor, catalogue.services).result()
    assert (own.name, own.country, own.currency) == ("Kilimani Family Clinic", "KE", "KES")
    assert own.time_zone == "Africa/Nairobi"
    assert rows[0].amount_minor == 250_000
    assert {row.tax_bp for row in rows} == {1600}
    assert again.actor.roles == SINGLE_DOCTOR
    assert read(again.actor, printers.choice, "receipt").result().printer.startswith(FOLDER)
    assert read(again.actor, setup.open_step).result() == ""
    assert read(again.actor, people.recovery_sheet_day).result() == NOON.date()
    assert "first_run" not in filter(None, this_pc.remembered(again.data_dir).values())
    again.close()


def test_another_language_rewords_the_wizard_at_once(pc: Pc) -> None:
    pc.start()
    pc.press(Qt.Key.Key_Right)
    pc.press(Qt.Key.Key_Right)

    def country() -> str:
        first = pc.view.step(StepKey.REGION)
        assert isinstance(first, RegionStep)
        return first.fields.country.text()

    pc.qtbot.waitUntil(lambda: country() == "كينيا")
    assert i18n.current().language == "ar"
    assert QApplication.layoutDirection() == Qt.LayoutDirection.RightToLeft
    assert kept_answers(pc.data_dir).language == "ar"


def choose_country(pc: Pc, beginning: str) -> None:
    """Start the program and take the first country that begins so."""
    pc.start()
    first = pc.view.step(StepKey.REGION)
    assert isinstance(first, RegionStep)
    popup = first.fields.country
    popup.edit.setFocus()
    popup.edit.selectAll()
    pc.type(beginning)
    pc.qtbot.waitUntil(lambda: popup._popup is not None and popup._popup.isVisible())
    pc.press(ENTER)


def test_a_country_brings_currency_and_zone(pc: Pc) -> None:
    choose_country(pc, "kaz")
    assert pc.view.answers.region == Region("KZ", "KZT", "Asia/Almaty")
    assert pc.view.here is StepKey.REGION, "Enter took the line and did not go on"


def test_prices_are_typed_as_in_the_country_that_was_chosen(pc: Pc) -> None:
    choose_country(pc, "germ")
    opened = make_practice(pc, begun=True)
    leave_sheet_for_later(pc)
    focus = QApplication.focusWidget()
    assert isinstance(focus, QLineEdit)
    focus.selectAll()
    pc.type("55,5")
    pc.press(ENTER)
    pc.reach(StepKey.PRINTERS)
    rows = opened.store.read(opened.actor, catalogue.services).result()
    assert rows[0].amount_minor == 5550


def test_nothing_is_made_without_name_or_password(pc: Pc) -> None:
    owner = step_to_owner(pc)
    pc.press(ENTER)
    assert owner._name_row.message.text() == "Write your name."
    pc.type("Dr Amina Kamau")
    assert owner.login.text() == "amina"
    pc.press(ENTER)
    assert QApplication.focusWidget() is owner.password.password
    pc.type("short")
    pc.press(ENTER)
    owner.password.password.selectAll()
    pc.type(PASSWORD)
    pc.press(TAB)
    pc.type("something else")
    pc.press(ENTER)
    assert owner.password._second.message.text() == "The two passwords are not the same."
    assert not this_pc.exists(pc.data_dir)


def test_a_weak_password_is_called_so(pc: Pc) -> None:
    owner = step_to_owner(pc)
    pc.type("Amina")
    owner.password.password.setFocus()
    words = (("tea garden", "At least 15"), ("amina1234amina1234", "Easy"), (PASSWORD, "strong"))
    for text, word in words:
        owner.password.password.clear()
        pc.type(text)
        assert word in owner.password.words.text(), text


def test_what_was_said_is_there_after_quitting(pc: Pc) -> None:
    owner = step_to_owner(pc)
    pc.type("Dr Amina Kamau")
    pc.press(Qt.Key.Key_Left, ALT)
    pc.reach(StepKey.PRACTICE)
    pc.press(ENTER)
    pc.reach(StepKey.OWNER)
    owner.password.password.setFocus()
    pc.type(PASSWORD)
    pc.quit()
    assert PASSWORD not in pc.data_dir.local_settings.read_text("utf-8")
    pc.start()
    assert pc.view.here is StepKey.OWNER
    again = pc.view.step(StepKey.OWNER)
    assert isinstance(again, OwnerStep)
    assert (again.name.text(), again.login.text()) == ("Dr Amina Kamau", "amina")
    assert pc.view.answers.practice["name"] == "Kilimani Family Clinic"


def test_half_a_step_is_there_after_quitting(pc: Pc) -> None:
    pc.start()
    pc.press(ENTER, CTRL)
    pc.reach(StepKey.PRACTICE)
    pc.type("Hill Clinic")
    pc.quit()
    again = pc.start()
    assert again.here is StepKey.PRACTICE
    assert again.answers.practice["name"] == "Hill Clinic"
    assert [edit.text() for edit in again.findChildren(QLineEdit, "practice.name")] == [
        "Hill Clinic"
    ]


def test_what_is_typed_is_kept_without_going_on(pc: Pc) -> None:
    """A kill asks nobody."""
    pc.start()
    pc.press(ENTER, CTRL)
    pc.reach(StepKey.PRACTICE)
    pc.type("Hill")
    pc.qtbot.waitUntil(lambda: kept_answers(pc.data_dir).practice.get("name") == "Hill")


def test_a_step_put_off_is_not_shown_as_done(pc: Pc) -> None:
    pc.start()
    pc.press(ENTER, CTRL)
    pc.reach(StepKey.PRACTICE)
    pc.view.later.click()
    pc.reach(StepKey.OWNER)
    glyphs = [pill._spec.glyph for pill in pc.view.stepper._pills[:3]]
    assert glyphs == [Glyph.FULL, Glyph.EMPTY, Glyph.HALF]


def test_rubbish_in_the_kept_answers_begins_anew(pc: Pc) -> None:
    pc.data_dir.root.mkdir()
    for rubbish in ("{", "[]", '{"language": 7}', '{"language": "xx", "region": []}'):
        this_pc.remember(pc.data_dir, first_run=rubbish)
        assert kept_answers(pc.data_dir).step is StepKey.REGION


def test_the_later_steps_are_resumed_after_signing_in(pc: Pc) -> None:
    make_practice(pc)
    leave_sheet_for_later(pc)
    pc.press(ENTER)
    pc.reach(StepKey.PRINTERS)
    pc.quit()
    opened = clinic.open_clinic(pc.data_dir, "amina", PASSWORD)
    pc.start(opened)
    assert pc.view.here is StepKey.PRINTERS
    pc.press(Qt.Key.Key_Left, ALT)
    pc.reach(StepKey.PRICES)
    prices = pc.view.step(StepKey.PRICES)
    assert isinstance(prices, PricesStep)
    assert not prices.known.isHidden(), "the list is not entered twice"
    pc.press(ENTER, CTRL)
    pc.reach(StepKey.PRINTERS)
    assert len(opened.store.read(opened.actor, catalogue.services).result()) == 7


def test_prices_half_corrected_are_there_again_after_a_power_cut(pc: Pc) -> None:
    make_practice(pc)
    leave_sheet_for_later(pc)
    prices = pc.view.step(StepKey.PRICES)
    assert isinstance(prices, PricesStep)
    first, count = prices.rows.rows()[0].name.text(), len(prices.rows.rows())
    pc.type("2500")
    prices.rows.rows()[1].remove.click()
    pc.tab_to("prices.tax-rate")
    pc.type("16")
    pc.quit()
    opened = clinic.open_clinic(pc.data_dir, "amina", PASSWORD)
    pc.start(opened)
    again = pc.view.step(StepKey.PRICES)
    assert isinstance(again, PricesStep)
    pc.qtbot.waitUntil(again.restored.isVisible)
    assert len(again.rows.rows()) == count - 1
    assert again.rows.rows()[0].name.text() == first
    assert again.rows.rows()[0].price.text().startswith("2500")
    assert again.rows.tax_rate.text() == "16"
    pc.settle()
    pc.press(ENTER, CTRL)
    pc.reach(StepKey.PRINTERS)
    assert len(opened.store.read(opened.actor, catalogue.services).result()) == count - 1
    assert opened.store.read(opened.actor, drafts.my_drafts).result() == []


def test_steps_can_be_left_for_later(pc: Pc) -> None:
    pc.start()
    pc.press(ENTER, CTRL)
    pc.reach(StepKey.PRACTICE)
    pc.tab_to("first-run.later")
    pc.press(ENTER)
    pc.reach(StepKey.OWNER)
    assert pc.view.later.isHidden(), "without a password there is no record"


def test_a_practice_needs_a_name_unless_it_is_left_for_later(pc: Pc) -> None:
    pc.start()
    pc.press(ENTER, CTRL)
    pc.reach(StepKey.PRACTICE)
    pc.press(ENTER)
    found = pc.view.step(StepKey.PRACTICE)
    assert isinstance(found, PracticeStep)
    assert found.fields._rows["name"].message.text() == "The practice needs a name."
    assert pc.view.here is StepKey.PRACTICE


def test_a_logo_is_shown_and_kept_and_a_bad_one_refused(pc: Pc, tmp_path: Path) -> None:
    good, bad = tmp_path / "logo.png", tmp_path / "logo.jpg"
    Image.new("RGB", (300, 100), "teal").save(good)
    bad.write_text("not a picture")
    pc.start()
    pc.press(ENTER, CTRL)
    pc.reach(StepKey.PRACTICE)
    found = pc.view.step(StepKey.PRACTICE)
    assert isinstance(found, PracticeStep)
    found.logo.take_file(str(bad))
    pc.qtbot.waitUntil(lambda: "not a picture" in found.logo.message.text())
    assert not pc.view.answers.logo_path
    with pc.qtbot.waitSignal(found.logo.picked):
        found.logo.take_file(str(good))
    pc.type("Kilimani")
    pc.press(ENTER)
    pc.reach(StepKey.OWNER)
    pc.type("Dr Amina Kamau")
    pc.tab_to("password.new")
    pc.type(PASSWORD)
    pc.press(TAB)
    pc.type(PASSWORD)
    with pc.qtbot.waitSignal(pc.view.created) as made:
        pc.press(ENTER)
    pc.reach(StepKey.RECOVERY)
    assert made.args is not None
    opened = made.args[0]
    assert opened.store.read(opened.actor, practice.details).result().logo


def test_an_occupied_folder_is_refused_with_all_that_was_typed(
    pc: Pc, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program made a clinic meanwhile."""
    owner = step_to_owner(pc)
    pc.type("Dr Amina Kamau")
    pc.tab_to("password.new")
    pc.type(PASSWORD)
    pc.press(TAB)
    pc.type(PASSWORD)
    pc.data_dir.vault.write_text("{}")
    pc.press(ENTER)
    pc.qtbot.waitUntil(lambda: not owner.notice.isHidden())
    assert owner.name.text() == "Dr Amina Kamau"
    assert pc.view.next.isEnabled()
    pc.data_dir.vault.unlink()


def test_closing_the_window_while_the_record_is_made_leaves_it_whole(pc: Pc) -> None:
    step_to_owner(pc)
    pc.type("Dr Amina Kamau")
    pc.tab_to("password.new")
    pc.type(PASSWORD)
    pc.press(TAB)
    pc.type(PASSWORD)
    pc.press(ENTER)
    pc.view.close_work()
    opened = clinic.open_clinic(pc.data_dir, "amina", PASSWORD)
    assert opened.store.read(opened.actor, setup.open_step).result() == StepKey.RECOVERY
    opened.close()


def test_the_answers_kept_on_this_pc_are_plain_json(pc: Pc) -> None:
    step_to_owner(pc)
    kept = json.loads(str(this_pc.remembered(pc.data_dir)["first_run"]))
    assert kept["region"]["country"] == "KE"
    assert "password" not in json.dumps(kept)


def test_every_step_can_be_used_by_keys_and_screen_readers_at_any_size(pc: Pc) -> None:
    make_practice(pc)
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    pc.view.resize(1280, 740)
    for scale in (100, 200):
        style.apply(app, Appearance(scale=scale))
        for key in StepKey:
            pc.view._show(key)
            pc.reach(key)
            wrong = screen_checks.problems(pc.view)
            wrong += screen_checks.problems(pc.view, screen_checks.ROOM)
            wrong += screen_checks.mirror_problems(pc.view)
            assert wrong == [], (scale, key)


def test_a_sheet_that_is_not_on_paper_is_not_taken(pc: Pc) -> None:
    opened = make_practice(pc)
    step, key = pc.view.step(StepKey.RECOVERY), opened.recovery
    assert isinstance(step, RecoveryStep)
    assert key is not None
    pc.press(ENTER, CTRL)
    assert [row.message.text() for row in step.panel.rows] == [
        "Type this group from your paper."
    ] * 2
    first, second = step.panel.asked
    pc.tab_to("recovery.group-1")
    assert not any(key.groups[first] in each.text() for each in step.findChildren(QLabel))
    pc.type("00000" if key.groups[first] != "00000" else "11111")
    assert step.panel.rows[0].field.property("error") == "true"
    pc.tab_to("recovery.group-2")
    pc.type(" ".join(key.groups[second].lower()))
    assert step.panel.rows[1].field.property("error") == "false"
    pc.press(ENTER)
    assert pc.view.here is StepKey.RECOVERY
    assert opened.store.read(opened.actor, people.recovery_sheet_day).result() is None


def test_the_wizard_come_back_to_asks_for_no_second_sheet(pc: Pc) -> None:
    put_sheet_on_paper(pc, make_practice(pc))
    pc.press(ENTER)
    pc.reach(StepKey.PRICES)
    pc.quit()
    pc.start(clinic.open_clinic(pc.data_dir, "amina", PASSWORD))
    pc.press(Qt.Key.Key_Left, ALT)
    pc.reach(StepKey.RECOVERY)
    step = pc.view.step(StepKey.RECOVERY)
    assert isinstance(step, RecoveryStep)
    pc.qtbot.waitUntil(lambda: not step.known.isHidden())
    pc.press(ENTER)
    pc.reach(StepKey.PRICES)


@pytest.mark.slow
def test_the_sample_clinic_lives_beside_the_real_one(pc: Pc) -> None:
    pc.start()
    pc.tab_to("first-run.sample")
    with pc.qtbot.waitSignal(pc.view.finished, timeout=120_000):
        pc.press(ENTER)
    sample = pc.finished[0]
    assert sample.data_dir.root != pc.data_dir.root
    assert sample.store.read(sample.actor, practice.details).result().is_sample
    assert not this_pc.exists(pc.data_dir)
