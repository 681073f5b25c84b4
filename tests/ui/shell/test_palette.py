"""The palette by keys alone, on a real record."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.names import HumanName
from clinic_desktop.domain.slip_codes import slip_code
from clinic_desktop.models.scheduling import Appointment
from clinic_desktop.services import patients
from clinic_desktop.services.patients import PatientEntry, Phone, RegisterPatient
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.actions import Action
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.shell.palette import Palette
from clinic_desktop.ui.shell.palette_help import HelpView
from clinic_desktop.ui.shell.palette_vm import Kind
from clinic_desktop.ui.widgets.search_field import SearchField
from tests.support.records import Record
from tests.support.typing_keys import Keyboard
from tests.support.windows import RecordingHost, VisitedNavigator


class Bench:
    """A window with the palette's field, and the keys of a person."""

    def __init__(self, qtbot: QtBot, context: Context) -> None:
        self.qtbot, self.context = qtbot, context
        self.window = QWidget()
        self.window.resize(1000, 700)
        self.field = SearchField("Find")
        column = QVBoxLayout(self.window)
        column.addWidget(self.field)
        column.addStretch(1)
        self.palette = Palette(context, self.field)
        qtbot.addWidget(self.window)
        self.window.show()
        self.field.edit.setFocus()
        self.settle()

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: self.context.tasks.is_idle)

    def type(self, text: str) -> None:
        Keyboard().type(text)
        self.qtbot.waitUntil(lambda: self.palette.vm.state.text == self.field.text())

    def key(
        self, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
    ) -> None:
        Keyboard().press(key, modifier)
        self.settle()

    def titles(self, kind: Kind) -> list[str]:
        return [line.title for line in self.palette.model.lines if line.kind is kind]

    @property
    def visited(self) -> list[to.Destination]:
        navigator = self.context.navigator
        assert isinstance(navigator, VisitedNavigator)
        return navigator.visited


@pytest.fixture
def maria(record: Record) -> uuid.UUID:
    """Мария Иванова, who comes today; and two others."""
    for family in ("Otieno", "Ivanenko"):
        record.write(patients.register, RegisterPatient(PatientEntry(HumanName(family, "B"))))
    entry = PatientEntry(HumanName("Иванова", "Мария"), phones=(Phone("0712345678"),))
    made = record.write(patients.register, RegisterPatient(entry))
    at = record.clock.now() + timedelta(hours=1)

    def book(uow: UnitOfWork) -> None:
        uow.add(Appointment(patient_id=made, start_at=at, end_at=at, code=slip_code(made)))

    record.write(book)
    return made


@pytest.fixture
def bench(qtbot: QtBot, ui_context: Context, maria: uuid.UUID) -> Iterator[Bench]:
    """The palette of a desk with two actions."""
    ran: list[str] = []
    ui_context.actions.set_global(
        (
            Action("day.close", "Close the day", lambda: ran.append("close"), "Ctrl+D"),
            Action("go.today", "Go to Today", lambda: ran.append("today")),
        )
    )
    made = Bench(qtbot, ui_context)
    made.ran = ran  # type: ignore[attr-defined]
    yield made
    made.settle()


@pytest.mark.parametrize("typed", ["ivanova", "Иванова", "bdfyjdf", "5678", "мария ив"])
def test_a_patient_is_found_however_typed(bench: Bench, typed: str) -> None:
    bench.type(typed)
    assert bench.titles(Kind.PATIENT)[0] == "ИВАНОВА Мария"


def test_finding_takes_letters_and_one_key(bench: Bench, maria: uuid.UUID) -> None:
    bench.type("иван")
    bench.key(Qt.Key.Key_Return)
    assert bench.visited == [to.Chart(maria)]
    assert not bench.palette.isVisible()
    assert bench.field.text() == ""


def test_control_and_enter_open_a_chart_too(bench: Bench, maria: uuid.UUID) -> None:
    bench.type("иванова")
    bench.key(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert bench.visited == [to.Chart(maria)]


def test_enter_waits_for_the_answer_to_what_was_typed(bench: Bench, maria: uuid.UUID) -> None:
    bench.type("ivanenko")
    bench.field.edit.selectAll()
    Keyboard().type("иванова")  # and Enter at once, while somebody else still stands on top
    bench.key(Qt.Key.Key_Return)
    assert bench.visited == [to.Chart(maria)]
    assert not bench.palette.isVisible()


@pytest.mark.parametrize("typed", ["иван", "iwanowa"])
def test_an_early_enter_opens_nobody_unless_one_alone_bears_the_name(
    bench: Bench, record: Record, typed: str
) -> None:
    record.write(patients.register, RegisterPatient(PatientEntry(HumanName("Иваненко", "А"))))
    Keyboard().type(typed)
    bench.key(Qt.Key.Key_Return)
    assert bench.visited == []
    assert bench.palette.isVisible()
    bench.key(Qt.Key.Key_Return)
    assert len(bench.visited) == 1


def test_an_early_enter_is_forgotten_when_more_is_typed(bench: Bench) -> None:
    Keyboard().type("ivane")
    Keyboard().press(Qt.Key.Key_Return)
    bench.type("nko")
    bench.settle()
    assert bench.visited == []


def test_a_scanned_slip_opens_its_appointment(bench: Bench, maria: uuid.UUID) -> None:
    Keyboard().type(slip_code(maria))
    bench.key(Qt.Key.Key_Return)
    bench.settle()
    (place,) = bench.visited
    assert isinstance(place, to.Today)


def test_who_only_sounds_like_it_stands_below_and_says_so(bench: Bench, record: Record) -> None:
    for family in ("Okafor", "Kafi"):
        record.write(patients.register, RegisterPatient(PatientEntry(HumanName(family, "C"))))
    bench.type("okaf")
    meant, alike = (line for line in bench.palette.model.lines if line.kind is Kind.PATIENT)
    assert (meant.title, alike.title) == ("OKAFOR C", "KAFI C")
    assert "sounds alike" not in meant.spoken
    assert "sounds alike" in alike.spoken


def test_another_letter_draws_only_the_lines_that_it_changes(bench: Bench) -> None:
    resets, changes = [], []
    bench.type("иванов")
    bench.palette.model.modelReset.connect(lambda: resets.append(1))
    bench.palette.model.dataChanged.connect(lambda first, *_: changes.append(first.row()))
    bench.type("а")
    changed = [bench.palette.model.lines[place].kind for place in changes]
    assert changed == [Kind.REGISTER]
    assert resets == []
    bench.type("г")
    assert resets == [1]


def test_a_line_says_sex_age_number_phone_and_next_appointment(bench: Bench) -> None:
    bench.type("иванова")
    line = bench.palette.current()
    assert line is not None
    assert "-000003-" in line.sub
    assert "5678" in line.sub
    assert line.note.startswith("today")


def test_who_is_not_there_can_be_registered(bench: Bench) -> None:
    bench.type("Zuma 34")
    assert bench.titles(Kind.PATIENT) == []
    bench.key(Qt.Key.Key_Return)
    assert bench.visited == [to.RegisterPatient("Zuma 34")]


def test_actions_are_found_by_the_start_of_their_words_and_show_their_key(bench: Bench) -> None:
    bench.type("clo")
    (line,) = [line for line in bench.palette.model.lines if line.kind is Kind.ACTION]
    assert (line.title, line.note) == ("Close the day", "Ctrl+D")
    while bench.palette.current() is not line:
        bench.key(Qt.Key.Key_Down)
    bench.key(Qt.Key.Key_Return)
    assert bench.ran == ["close"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("typed", ["clo", "Close", "close the d"])
def test_an_action_stands_before_register_when_its_name_is_typed(bench: Bench, typed: str) -> None:
    bench.type(typed)
    kinds = [line.kind for line in bench.palette.model.lines][:3]
    assert kinds == [Kind.HEADING, Kind.ACTION, Kind.REGISTER]
    bench.key(Qt.Key.Key_Return)
    assert bench.ran == ["close"]  # type: ignore[attr-defined]


def test_an_action_that_only_holds_the_word_leaves_register_first(bench: Bench) -> None:
    bench.type("day")
    assert bench.palette.model.lines[0].kind is Kind.REGISTER
    assert bench.titles(Kind.ACTION) == ["Close the day"]


def test_actions_are_found_in_the_wrong_layout(bench: Bench) -> None:
    bench.type("сдщыу")
    assert bench.titles(Kind.ACTION) == ["Close the day"]


def test_help_is_found_and_opens_beside_the_work(bench: Bench) -> None:
    bench.type("merge")
    assert bench.titles(Kind.HELP) == ["How to join two charts of one person"]
    bench.key(Qt.Key.Key_Up)
    bench.key(Qt.Key.Key_Return)
    host = bench.context.host
    assert isinstance(host, RecordingHost)
    (drawer,) = host.drawers
    assert isinstance(drawer, HelpView)
    bench.qtbot.addWidget(drawer)


def test_the_right_arrow_lists_what_can_be_done_for_a_person(
    bench: Bench, maria: uuid.UUID
) -> None:
    bench.type("иванова")
    bench.key(Qt.Key.Key_Right)
    bench.key(Qt.Key.Key_Down)
    bench.key(Qt.Key.Key_Return)
    assert bench.visited == [to.BookAppointment(maria)]
    bench.field.edit.setFocus()
    bench.settle()
    bench.type("иванова")
    bench.key(Qt.Key.Key_Right)
    bench.key(Qt.Key.Key_Escape)
    assert bench.titles(Kind.PATIENT)[0] == "ИВАНОВА Мария"
    bench.key(Qt.Key.Key_Escape)
    assert not bench.palette.isVisible()


def test_nothing_typed_offers_the_charts_opened_lately(
    bench: Bench, record: Record, maria: uuid.UUID
) -> None:
    record.write(patients.look, maria)
    bench.key(Qt.Key.Key_Down)
    bench.key(Qt.Key.Key_Down)
    assert bench.titles(Kind.PATIENT) == ["ИВАНОВА Мария"]


def test_only_the_answer_to_the_last_question_is_shown(bench: Bench) -> None:
    for text in ("o", "ot", "iv", "иванова"):
        bench.palette.vm.ask(text)
    bench.settle()
    bench.qtbot.waitUntil(lambda: bench.palette.vm.state.text == "иванова")
    assert bench.titles(Kind.PATIENT) == ["ИВАНОВА Мария"]


def test_the_rows_are_exposed_to_screen_readers(bench: Bench) -> None:
    bench.type("иванова")
    exposed = QAccessible.queryAccessibleInterface(bench.palette.view)
    assert exposed.text(QAccessible.Text.Name)
    names = [
        exposed.child(place).text(QAccessible.Text.Name) for place in range(exposed.childCount())
    ]
    assert any(name.startswith("ИВАНОВА Мария, ") and "5678" in name for name in names)
