"""Fields understand what is typed and say what they do not."""

from __future__ import annotations

from datetime import date

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from clinic_desktop.domain.money import Money
from clinic_desktop.ui.widgets.choices import Select
from clinic_desktop.ui.widgets.combo_search import ComboSearch
from clinic_desktop.ui.widgets.form import Form
from clinic_desktop.ui.widgets.overlay import focus_stops
from clinic_desktop.ui.widgets.parsed import date_parser, money_parser
from clinic_desktop.ui.widgets.search_field import SearchField
from clinic_desktop.ui.widgets.segmented import Option, SegmentedControl
from clinic_desktop.ui.widgets.suggestions import Suggestion, Suggestions
from clinic_desktop.ui.widgets.value_edits import (
    MoneyEdit,
    NumberUnitEdit,
    PhoneEdit,
    SmartDateEdit,
)
from tests.support import screen_checks
from tests.ui.widgets.conftest import Place

TODAY = date(2026, 11, 21)


def test_a_date_is_echoed_with_its_weekday(place: Place, qtbot: QtBot) -> None:
    field = SmartDateEdit(date_parser(TODAY, past=True))
    place(field)
    QTest.keyClicks(field.edit, "14.3.1955")
    assert field.value().day == date(1955, 3, 14)
    assert "Mon" in field.echo.text()
    assert "14-Mar-1955" in field.echo.text()


def test_a_date_stands_where_an_arabic_field_begins(place: Place) -> None:
    field, amount = SmartDateEdit(date_parser(TODAY)), MoneyEdit(money_parser("KES"))
    window = place(field, amount)
    left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
    assert (field.edit.alignment() & left, amount.edit.alignment() & right) == (left, right)
    window.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    assert (field.edit.alignment() & right, amount.edit.alignment() & right) == (right, right)


def test_a_date_with_two_readings_asks_which(place: Place, qtbot: QtBot) -> None:
    field = SmartDateEdit(date_parser(TODAY))
    place(field)
    QTest.keyClicks(field.edit, "03/04/2027")
    assert field.value() is None
    screen_checks.settle()
    labels = {b.accessibleName() for b in focus_stops(field) if b is not field.edit}
    assert len(labels) == 2
    choice = next(b for b in focus_stops(field) if b is not field.edit)
    QTest.mouseClick(choice, Qt.MouseButton.LeftButton)
    assert field.value() is not None


def test_an_error_shows_on_leaving_not_while_typing(place: Place, qtbot: QtBot) -> None:
    field, other = SmartDateEdit(date_parser(TODAY)), QLineEdit()
    place(field, other)
    field.edit.setFocus()
    QTest.keyClicks(field.edit, "31.2.2026")
    assert not field.message.isVisible()
    other.setFocus()
    assert field.message.isVisible()
    field.edit.clear()
    assert not field.message.isVisible()


@pytest.mark.parametrize(("text", "minor"), [("1200.50", 120050), ("EUR 7", 700), ("0,5", None)])
def test_an_amount_is_read_in_the_clinics_currency(
    place: Place, qtbot: QtBot, text: str, minor: int | None
) -> None:
    field = MoneyEdit(money_parser("EUR"))
    place(field)
    QTest.keyClicks(field.edit, text)
    assert field.value() == (None if minor is None else Money(minor, "EUR"))
    assert bool(field.error()) == (minor is None)


def test_a_phone_drops_what_cannot_be_dialled_and_is_tidied(place: Place, qtbot: QtBot) -> None:
    field, other = PhoneEdit(format_number=lambda text: text.replace(" ", "-")), QLineEdit()
    place(field, other)
    field.setFocus()
    QTest.keyClicks(field, "tel 030 12")
    assert field.text() == " 030 12"
    other.setFocus()
    assert field.text() == "-030-12"


def test_a_number_keeps_its_unit_at_its_right_in_arabic(place: Place, qapp: QApplication) -> None:
    field = NumberUnitEdit("kg")
    place(field)
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    screen_checks.settle()
    assert field.unit.mapTo(field, field.unit.rect().center()).x() > field.edit.x()


def test_a_search_waits_for_a_pause_and_clears_at_once(place: Place, qtbot: QtBot) -> None:
    field = SearchField("Find")
    place(field)
    heard: list[str] = []
    field.searched.connect(heard.append)
    field.edit.setFocus()
    QTest.keyClicks(field.edit, "iva")
    assert heard == []
    qtbot.waitUntil(lambda: heard == ["iva"])
    QTest.keyClick(field.edit, Qt.Key.Key_Escape)
    assert heard == ["iva", ""]


def test_one_letter_takes_a_segment(place: Place, qtbot: QtBot) -> None:
    options = [Option("f", "Female", "F"), Option("m", "Male", "M"), Option("x", "Other", "X")]
    sex = SegmentedControl(options, "Sex")
    place(sex)
    assert sex.value() is None
    first = sex.buttons()[0]
    first.setFocus()
    with qtbot.waitSignal(sex.changed) as changed:
        QTest.keyClick(first, Qt.Key.Key_M)
    assert changed.args == ["m"]
    QTest.keyClick(sex.buttons()[1], Qt.Key.Key_Right)
    assert sex.value() == "x"
    stops = [b for b in sex.buttons() if b.focusPolicy() == Qt.FocusPolicy.StrongFocus]
    assert stops == [sex.buttons()[2]]


def _open(combo: ComboSearch, qtbot: QtBot, text: str) -> Suggestions:
    combo.wanted.connect(
        lambda wanted: combo.show_suggestions(
            wanted, [Suggestion("J18.9", "Pneumonia", "J18.9"), Suggestion("J20.9", "Bronchitis")]
        )
    )
    combo.edit.setFocus()
    with qtbot.waitSignal(combo.wanted):
        QTest.keyClicks(combo.edit, text)
    popup = combo.window().findChild(Suggestions)
    assert isinstance(popup, Suggestions)
    return popup


def test_a_choice_is_taken_with_the_keys(place: Place, qtbot: QtBot) -> None:
    combo = ComboSearch("Diagnosis")
    place(combo)
    popup = _open(combo, qtbot, "pneu")
    assert popup.isVisible()
    QTest.keyClick(combo.edit, Qt.Key.Key_Down)
    with qtbot.waitSignal(combo.changed) as changed:
        QTest.keyClick(combo.edit, Qt.Key.Key_Return)
    assert changed.args == ["J20.9"]
    assert (combo.text(), combo.value(), popup.isVisible()) == ("Bronchitis", "J20.9", False)


def test_an_answer_to_an_older_question_is_dropped(place: Place, qtbot: QtBot) -> None:
    combo = ComboSearch("Diagnosis")
    place(combo)
    combo.edit.setFocus()
    QTest.keyClicks(combo.edit, "ab")
    combo.show_suggestions("a", [Suggestion(1, "One")])
    assert combo.window().findChild(Suggestions) is None


def test_enter_takes_nothing_from_the_list_of_an_older_text(place: Place, qtbot: QtBot) -> None:
    combo = ComboSearch("Diagnosis", free=True)
    place(combo)
    popup = _open(combo, qtbot, "pneu")
    QTest.keyClicks(combo.edit, "mo")
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
        QTest.keyClick(combo.edit, key)
    assert (combo.value(), combo.text(), popup.current()) == (None, "pneumo", None)
    with qtbot.waitSignal(combo.wanted):
        pass
    QTest.keyClick(combo.edit, Qt.Key.Key_Return)
    assert combo.value() == "J18.9"


def test_escape_closes_the_list_and_text_that_is_no_choice_goes(place: Place, qtbot: QtBot) -> None:
    combo, other = ComboSearch("Diagnosis"), QLineEdit()
    place(combo, other)
    popup = _open(combo, qtbot, "pneu")
    QTest.keyClick(combo.edit, Qt.Key.Key_Escape)
    assert not popup.isVisible()
    other.setFocus()
    assert combo.text() == ""


def test_the_wheel_passes_over_a_drop_down(place: Place) -> None:
    select = Select([("a", "A"), ("b", "B"), ("c", "C")], "b")
    window = place(QLineEdit(), select)
    focus_stops(window)[0].setFocus()
    assert not screen_checks.wheel_problems(window)
    assert select.value() == "b"


def test_a_form_names_its_fields_and_shows_their_errors(place: Place) -> None:
    form = Form(2)
    family = form.add("&Family name", QLineEdit(), required=True)
    form.add("&Born", SmartDateEdit(date_parser(TODAY)))
    window = place(form)
    assert family.field.accessibleName() == "Family name, required"
    assert not screen_checks.problems(window)
    family.set_error("Enter a family name.")
    assert family.message.isVisible()
    assert family.field.accessibleDescription() == "Enter a family name."
    assert form.first_error() is family
    family.set_error("")
    assert form.first_error() is None


def test_a_form_becomes_one_column_when_it_is_narrow(place: Place) -> None:
    form = Form(3)
    for name in ("One", "Two", "Three"):
        form.add(name, QLineEdit())
    window = place(form)
    assert len({row.y() for row in form.rows}) == 1
    window.resize(300, 600)
    screen_checks.settle()
    assert len({row.x() for row in form.rows}) == 1


def test_a_field_without_a_name_leaves_no_gap_unless_it_stands_beside_one(place: Place) -> None:
    form, beside = Form(columns=2), Form(columns=2)
    above = form.add("Folder", QLineEdit(), span=2)
    below = form.add("", QLineEdit(), span=2)
    named, nameless = beside.add("Since", QLineEdit()), beside.add("", QLineEdit())
    place(form, beside)
    assert below.field.y() == 0 < above.field.y()
    assert nameless.field.y() == named.field.y()
