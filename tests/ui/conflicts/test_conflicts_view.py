"""The screen of questions between PCs: by keys, on two real records."""

from __future__ import annotations

import uuid

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from clinic_desktop.services import allergies
from clinic_desktop.services.allergies import RecordAllergy
from clinic_desktop.services.conflicts import listing
from clinic_desktop.services.conflicts.words import value_words
from clinic_desktop.services.encounters import sign, start_visit
from clinic_desktop.services.notes import NoteText, save_note
from clinic_desktop.services.prescribing import prescriptions
from clinic_desktop.services.prescribing.lines import LineForm
from clinic_desktop.services.unfinished import unfinished
from clinic_desktop.ui.chart.chart_view import ChartView
from clinic_desktop.ui.chart.tables import MedicinesSection
from clinic_desktop.ui.conflicts.conflicts_view import ConflictsView
from clinic_desktop.ui.conflicts.third_form import ThirdForm
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.settings.exchange_page import ExchangePage
from clinic_desktop.ui.settings.settings_view import SettingsView
from clinic_desktop.ui.shell.desk import Desk
from clinic_desktop.ui.shell.questions import LongAsked
from clinic_desktop.ui.today.unfinished import _place
from clinic_desktop.ui.widgets.diff_text import DiffText
from tests.support.pcs import Pc, meet, new_patient, set_family
from tests.support.records import Record
from tests.support.windows import RecordingHost, VisitedNavigator


@pytest.fixture
def pcs(two: tuple[Pc, Pc], record: Record) -> tuple[Pc, Pc]:
    """The window stands at the first."""
    assert two[0].store is record.store
    return two


def two_names(first: Pc, second: Pc, *names: str) -> uuid.UUID:
    row = new_patient(first)
    meet(first, second)
    set_family(first, row, names[0])
    second.clock.advance(minutes=1)
    set_family(second, row, names[1])
    meet(first, second)
    return row


def prescribed(first: Pc, second: Pc) -> uuid.UUID:
    patient = new_patient(first)
    first.write(
        prescriptions.prescribe,
        prescriptions.Prescribe(patient, (LineForm("Digoxin", "1 tab 1x/day 30d"),)),
    )
    meet(first, second)
    return patient


def open_view(context: Context, qtbot: QtBot, rows: int) -> ConflictsView:
    view = ConflictsView(context)
    qtbot.addWidget(view)
    view.resize(1280, 800)
    view.show()
    view.go_to(to.Conflicts())
    qtbot.waitUntil(lambda: view.table.model_.rowCount() == rows)
    return view


def choose_next(view: ConflictsView, qtbot: QtBot) -> None:
    before = view.panel
    QTest.keyClick(view.table, Qt.Key.Key_J)
    qtbot.waitUntil(lambda: view.panel is not None and view.panel is not before)


def press(view: ConflictsView, name: str) -> None:
    assert view.panel is not None
    button = view.panel.findChild(type(view.panel.cards.buttons[0]), name)
    assert button is not None
    button.click()


def test_a_question_is_read_and_decided_by_keys(
    pcs: tuple[Pc, Pc], ui_context: Context, host: RecordingHost, qtbot: QtBot
) -> None:
    row = two_names(*pcs, "Kamau", "Otieno")
    view = open_view(ui_context, qtbot, 1)
    assert view.panel is None  # nothing is decided about what nobody opened
    choose_next(view, qtbot)
    assert view.panel
    shown = [each.text() for each in view.panel.cards.buttons]
    assert len(shown) == 2
    item = view.panel.item
    place = [each.values["family"] for each in item.versions].index("Kamau")
    press(view, f"conflicts.keep.{place + 1}")
    qtbot.waitUntil(lambda: view.table.model_.rowCount() == 0)
    assert pcs[0].rows("SELECT family FROM patient WHERE id = ?", row.bytes) == [("Kamau",)]
    assert view.panel is None
    qtbot.waitUntil(lambda: host.undo is not None)
    host.undo_last()
    qtbot.waitUntil(lambda: view.table.model_.rowCount() == 1)
    qtbot.waitUntil(lambda: host.toasts[-1] == "It is asked again.")
    assert not host.errors


def test_what_another_pc_decides_leaves_the_screen(
    pcs: tuple[Pc, Pc], ui_context: Context, qtbot: QtBot
) -> None:
    two_names(*pcs, "Kamau", "Otieno")
    view = open_view(ui_context, qtbot, 1)
    choose_next(view, qtbot)
    first, second = pcs
    second.decide(second.conflicts()[0], family="Otieno")
    first.pull(second)
    qtbot.waitUntil(lambda: view.table.model_.rowCount() == 0)
    assert view.panel is None
    assert view.side.currentIndex() == 2


def test_words_are_put_together(
    pcs: tuple[Pc, Pc], ui_context: Context, host: RecordingHost, qtbot: QtBot
) -> None:
    first, second = pcs
    patient = new_patient(first)
    visit = first.write(start_visit, patient_id=patient).encounter_id
    first.write(save_note, visit, NoteText(plan="Rest and fluids"))
    meet(first, second)
    first.write(save_note, visit, NoteText(plan="Rest and water"))
    second.clock.advance(minutes=1)
    second.write(save_note, visit, NoteText(plan="Rest and tea"))
    meet(first, second)
    view = open_view(ui_context, qtbot, 1)
    choose_next(view, qtbot)
    assert view.panel
    words = {each.toPlainText() for each in view.panel.findChildren(DiffText)}
    assert {"Rest and water", "Rest and tea"} <= words
    QTest.keyClick(view, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: bool(host.drawers))
    form = host.drawers[-1]
    assert isinstance(form, ThirdForm)
    assert form.fields["plan"].text() == "Rest and water\n\nRest and tea"
    form.fields["plan"].set_text("Rest, water and tea")
    assert not form.may_close()
    form.submit(print_too=False)
    qtbot.waitUntil(lambda: view.table.model_.rowCount() == 0)
    assert first.rows("SELECT plan FROM note") == [("Rest, water and tea",)]


def overtaken(
    pcs: tuple[Pc, Pc], context: Context, host: RecordingHost, qtbot: QtBot
) -> tuple[ConflictsView, ThirdForm]:
    """Words of two are being put together when the other PC writes them a third way."""
    first, second = pcs
    visit = first.write(start_visit, patient_id=new_patient(first)).encounter_id
    first.write(save_note, visit, NoteText(plan="Rest"))
    meet(first, second)
    first.write(save_note, visit, NoteText(plan="Rest and water"))
    second.clock.advance(minutes=1)
    second.write(save_note, visit, NoteText(plan="Rest and tea"))
    first.pull(second)
    view = open_view(context, qtbot, 1)
    choose_next(view, qtbot)
    QTest.keyClick(view, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: bool(host.drawers))
    form = host.drawers[-1]
    assert isinstance(form, ThirdForm)
    qtbot.addWidget(form)
    form.show()
    form.fields["plan"].set_text("Rest, water and tea")
    second.write(save_note, visit, NoteText(plan="Rest and milk"))
    first.pull(second)
    qtbot.waitUntil(form._notice.isVisible)
    return view, form


def test_words_being_put_together_outlive_what_another_pc_writes_or_decides(
    pcs: tuple[Pc, Pc], ui_context: Context, host: RecordingHost, qtbot: QtBot
) -> None:
    first, second = pcs
    _view, form = overtaken(pcs, ui_context, host, qtbot)
    assert "Rest and milk" in form._rows["plan"].message.text()
    assert form.fields["plan"].text() == "Rest, water and tea"
    second.pull(first)
    asked = second.conflicts()[0]
    second.decide(asked, plan="Rest and milk")
    first.pull(second)
    qtbot.waitUntil(lambda: "not open any more" in form._notice.accessibleName())
    form.submit(print_too=False)
    qtbot.waitUntil(lambda: bool(host.errors))
    assert form.fields["plan"].text() == "Rest, water and tea"
    assert not form.may_close()


def test_words_of_three_versions_are_put_together(
    pcs: tuple[Pc, Pc], ui_context: Context, host: RecordingHost, qtbot: QtBot
) -> None:
    view, form = overtaken(pcs, ui_context, host, qtbot)
    form.submit(print_too=False)
    qtbot.waitUntil(lambda: view.table.model_.rowCount() == 0)
    assert pcs[0].rows("SELECT plan FROM note") == [("Rest, water and tea",)]


def asked_again(context: Context, record: Record, qtbot: QtBot) -> ThirdForm:
    """The form opened anew, by its line on Today."""
    (line,) = record.read(unfinished)
    place = _place(line)
    assert isinstance(place, to.Conflicts)
    assert place.conflict_id is not None
    item = record.read(listing.item, place.conflict_id)
    again = ThirdForm(context, item, lambda _done: None)
    qtbot.addWidget(again)
    again.show()
    qtbot.waitUntil(again.draft.notice.isVisible)
    return again


def close_record(context: Context, qtbot: QtBot) -> None:
    context.tasks.closing.emit()
    qtbot.waitUntil(lambda: context.tasks.is_idle)


def test_words_half_put_together_are_there_again_when_the_record_was_closed(
    pcs: tuple[Pc, Pc], ui_context: Context, host: RecordingHost, qtbot: QtBot, record: Record
) -> None:
    overtaken(pcs, ui_context, host, qtbot)
    close_record(ui_context, qtbot)
    again = asked_again(ui_context, record, qtbot)
    assert again.fields["plan"].text() == "Rest, water and tea"
    assert not again._notice.isVisible(), "all versions were known when it was typed"
    with qtbot.waitSignal(again.close_requested):
        again.submit(print_too=False)
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)
    assert pcs[0].rows("SELECT plan FROM note") == [("Rest, water and tea",)]
    assert pcs[0].rows("SELECT count(*) FROM draft") == [(0,)]


def test_a_version_that_came_while_the_record_was_closed_is_told_beside_the_words(
    pcs: tuple[Pc, Pc], ui_context: Context, host: RecordingHost, qtbot: QtBot, record: Record
) -> None:
    first, second = pcs
    _view, form = overtaken(pcs, ui_context, host, qtbot)
    close_record(ui_context, qtbot)
    form.hide()
    visit = uuid.UUID(bytes=first.rows("SELECT id FROM encounter")[0][0])
    second.write(save_note, visit, NoteText(plan="Rest and coffee"))
    first.pull(second)
    again = asked_again(ui_context, record, qtbot)
    assert again.fields["plan"].text() == "Rest, water and tea"
    assert "Rest and coffee" in again._rows["plan"].message.text()
    assert again._notice.isVisible()
    again.draft.start_afresh()
    assert again.fields["plan"].text() == "Rest and water\n\nRest and coffee"
    assert again._rows["plan"].message.text() == ""
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)
    assert record.read(unfinished) == ()


def test_words_for_a_question_that_was_decided_elsewhere_are_listed_no_more(
    pcs: tuple[Pc, Pc], ui_context: Context, host: RecordingHost, qtbot: QtBot, record: Record
) -> None:
    first, second = pcs
    overtaken(pcs, ui_context, host, qtbot)
    close_record(ui_context, qtbot)
    assert len(record.read(unfinished)) == 1
    second.pull(first)
    second.decide(second.conflicts()[0], plan="Rest and milk")
    first.pull(second)
    assert record.read(unfinished) == ()


def test_both_allergies_are_kept(pcs: tuple[Pc, Pc], ui_context: Context, qtbot: QtBot) -> None:
    first, second = pcs
    patient = new_patient(first)
    first.write(allergies.record_allergy, RecordAllergy(patient, "Nuts"))
    meet(first, second)
    first.sql("UPDATE allergy_intolerance SET display = 'Peanut'")
    second.sql("UPDATE allergy_intolerance SET display = 'Penicillin'")
    meet(first, second)
    view = open_view(ui_context, qtbot, 1)
    choose_next(view, qtbot)
    press(view, "conflicts.both")
    qtbot.waitUntil(lambda: view.table.model_.rowCount() == 0)
    assert sorted(first.rows("SELECT display FROM allergy_intolerance")) == [
        ("Peanut",), ("Penicillin",),
    ]  # fmt: skip


def test_what_was_signed_is_asked_twice_and_cannot_be_taken_back(
    pcs: tuple[Pc, Pc], ui_context: Context, host: RecordingHost, qtbot: QtBot
) -> None:
    first, second = pcs
    patient = new_patient(first)
    visit = first.write(start_visit, patient_id=patient).encounter_id
    first.write(save_note, visit, NoteText(plan="rest"))
    meet(first, second)
    second.write(save_note, visit, NoteText(plan="surgery"))
    first.write(sign, visit)
    meet(first, second)
    count = len(first.conflicts())
    view = open_view(ui_context, qtbot, count)
    choose_next(view, qtbot)
    assert view.panel
    assert view.panel.item.is_fixed
    press(view, "conflicts.keep.1")
    qtbot.waitUntil(lambda: view.table.model_.rowCount() == count - 1)
    assert host.undo is None


def test_the_chart_says_that_something_is_not_decided(
    pcs: tuple[Pc, Pc], ui_context: Context, qtbot: QtBot
) -> None:
    first, second = pcs
    patient = prescribed(first, second)
    view = ChartView(ui_context)
    qtbot.addWidget(view)
    view.show()
    view.go_to(to.Chart(patient, "medicines"))
    qtbot.waitUntil(lambda: bool(view.banner.card().name))
    assert view.undecided.isHidden()
    first.sql("UPDATE medication_request SET instructions = '1 a day'")
    second.sql("UPDATE medication_request SET instructions = '3 a day'")
    first.pull(second)
    qtbot.waitUntil(lambda: not view.undecided.isHidden())
    section = view.sections["medicines"]
    assert isinstance(section, MedicinesSection)
    table = section.table
    qtbot.waitUntil(lambda: table.model_.rowCount() == 2)
    assert any("not decided" in each.text for each in view.banner.card().marks)
    view.undecided.findChildren(type(view.book))[0].click()
    navigator = ui_context.navigator
    assert isinstance(navigator, VisitedNavigator)
    assert navigator.visited[-1] == to.Conflicts(patient)
    first.decide(first.conflicts()[0], instructions="1 a day")
    qtbot.waitUntil(view.undecided.isHidden)
    qtbot.waitUntil(lambda: table.model_.rowCount() == 1)


def test_the_rail_has_the_place_while_there_is_something_to_decide(
    pcs: tuple[Pc, Pc], ui_context: Context, host: RecordingHost, qtbot: QtBot
) -> None:
    desk = Desk(ui_context)
    qtbot.addWidget(desk)
    desk.show()
    button = desk.rail.findChild(type(desk.rail._buttons[0]), "rail.conflicts")
    assert button is not None
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)
    assert button.isHidden()
    two_names(*pcs, "Kamau", "Otieno")
    qtbot.waitUntil(lambda: not button.isHidden())
    assert any("more question" in each for each in host.toasts)
    button.click()
    qtbot.waitUntil(lambda: isinstance(desk.shown, ConflictsView))
    pcs[0].decide(pcs[0].conflicts()[0], family="Kamau")
    qtbot.waitUntil(button.isHidden)
    assert host.unsaid == [each for each in host.toasts if "more question" in each]
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)


def test_what_waits_for_a_day_comes_up_again(
    pcs: tuple[Pc, Pc], ui_context: Context, qtbot: QtBot
) -> None:
    two_names(*pcs, "Kamau", "Otieno")
    desk = Desk(ui_context)
    qtbot.addWidget(desk)
    desk.show()
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle and desk.questions.open is not None)
    notice = desk.findChild(LongAsked, "questions.long")
    assert notice is not None
    assert notice.isHidden()
    pcs[0].clock.advance(minutes=60 * 24 + 1)
    ui_context.exchange.changed.emit()  # as once a minute
    assert notice.isVisible()
    notice.later.click()
    assert notice.isHidden()
    pcs[0].clock.advance(minutes=60 * 24)
    ui_context.exchange.changed.emit()
    assert notice.isVisible()
    notice.decide.click()
    navigator = ui_context.navigator
    assert isinstance(navigator, VisitedNavigator)
    assert navigator.visited[-1] == to.Conflicts(
        conflict_id=uuid.UUID(bytes=pcs[0].conflicts()[0].id)
    )
    pcs[0].decide(pcs[0].conflicts()[0], family="Kamau")
    qtbot.waitUntil(notice.isHidden)
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)


def test_the_line_below_leads_to_the_exchange(
    pcs: tuple[Pc, Pc], ui_context: Context, qtbot: QtBot
) -> None:
    two_names(*pcs, "Kamau", "Otieno")
    desk = Desk(ui_context)
    qtbot.addWidget(desk)
    desk.show()
    QTest.mouseClick(desk.status.place, Qt.MouseButton.LeftButton)
    next(each for each in desk._global_actions() if each.name == "go.exchange").run()
    navigator = ui_context.navigator
    assert isinstance(navigator, VisitedNavigator)
    assert navigator.visited[-2:] == [to.Settings("exchange")] * 2
    shown = desk.shown
    assert isinstance(shown, SettingsView)
    page = shown.page("exchange")
    assert isinstance(page, ExchangePage)
    qtbot.waitUntil(lambda: not page.asked.isHidden())
    page.asked.click()
    assert navigator.visited[-1] == to.Conflicts()
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)


def test_a_dose_is_never_shown_without_its_unit(
    pcs: tuple[Pc, Pc], ui_context: Context, qtbot: QtBot
) -> None:
    first, second = pcs
    prescribed(first, second)
    first.sql("UPDATE medication_request SET dose_value = '2'")
    second.sql("UPDATE medication_request SET dose_value = '3'")
    first.pull(second)
    view = open_view(ui_context, qtbot, 1)
    choose_next(view, qtbot)
    assert view.panel
    item = view.panel.item
    assert item.fields == ("dose_value",)
    shown = {value_words(item, "dose_value", each.values) for each in item.versions}
    assert {each.strip("\u2068\u2069") for each in shown} == {"2\xa0tabs.", "3\xa0tabs."}
