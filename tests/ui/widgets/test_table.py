"""The list: pages on demand, selection that stays, keys, overlays."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest
from PySide6.QtCore import QEvent, QModelIndex, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from clinic_desktop.ui.core.paged_model import PAGE_ROWS, Cell, CellKind, Column, PagedModel
from clinic_desktop.ui.theme import style
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.look import Appearance
from clinic_desktop.ui.theme.tokens import SPACE_3
from clinic_desktop.ui.widgets.cells import needed_width, wanted_width
from clinic_desktop.ui.widgets.data_table import DataTable
from clinic_desktop.ui.widgets.empty_state import EmptyState
from tests.support.screen_checks import settle
from tests.ui.widgets.conftest import Place


@dataclass(frozen=True)
class Person:
    """A row."""

    name: str
    balance: str = ""


COLUMNS = [
    Column("name", "Name", lambda row: Cell(row.name, "second line"), stretch=True, sortable=True),
    Column("balance", "Balance", lambda row: Cell(row.balance), CellKind.NUMBER, drop=1),
]


def _rows(count: int) -> dict[int, Person]:
    return {number: Person(f"Person {number}", str(number)) for number in range(count)}


def test_the_model_keeps_qts_rules(qtmodeltester: ModelTester) -> None:
    model = PagedModel(COLUMNS)
    model.set_ids(range(250))
    model.put_rows(_rows(100))
    qtmodeltester.check(model)  # type: ignore[no-untyped-call]


def test_a_page_is_asked_for_once_when_it_is_first_needed(qtbot: QtBot) -> None:
    model = PagedModel(COLUMNS)
    model.set_ids(range(1000))
    asked: list[tuple[int, ...]] = []
    model.page_wanted.connect(asked.append)
    for row in (205, 210):
        assert model.index(row, 0).data() is None
    qtbot.waitUntil(lambda: len(asked) == 1)
    assert asked[0] == tuple(range(200, 300))
    model.put_rows({number: Person(f"P{number}") for number in asked[0]})
    assert model.index(205, 0).data() == "P205, second line"
    assert model.index(205, 0).data(Qt.ItemDataRole.AccessibleTextRole).startswith("Name: ")


def test_old_pages_of_a_long_list_are_dropped_and_fetched_again(qtbot: QtBot) -> None:
    model = PagedModel(COLUMNS)
    model.set_ids(range(100 * PAGE_ROWS))
    model.page_wanted.connect(
        lambda ids: model.put_rows({number: Person(str(number)) for number in ids})
    )
    for page in range(100):
        model.index(page * PAGE_ROWS, 0).data()
    qtbot.waitUntil(lambda: model.index(99 * PAGE_ROWS, 0).data() is not None)
    held = sum(model.row_at(place * PAGE_ROWS) is not None for place in range(100))
    assert held <= 40


def test_refreshed_rows_are_fetched_again(qtbot: QtBot) -> None:
    model = PagedModel(COLUMNS)
    model.set_rows(_rows(3))
    with qtbot.waitSignal(model.page_wanted) as asked:
        model.refresh([1, 99])
        assert model.index(1, 0).data() is None
    assert asked.args == [(1,)]


def test_only_rows_that_look_different_are_drawn_anew(qtbot: QtBot) -> None:
    model = PagedModel(COLUMNS)
    model.set_rows(_rows(5))
    for place in range(4):
        assert model.index(place, 0).data()
    changed: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda first, last: changed.append((first.row(), last.row())))
    with qtbot.assertNotEmitted(model.modelReset):
        model.set_rows(_rows(5))
        model.set_ids(range(5))
        assert not changed
        model.set_rows(_rows(5) | {2: Person("Somebody else"), 4: Person("Nobody looked")})
    assert changed == [(2, 2)]
    assert str(model.index(2, 0).data()).startswith("Somebody else")
    assert str(model.index(4, 0).data()).startswith("Nobody looked")


def test_a_row_is_worded_once_however_often_it_is_drawn(place: Place) -> None:
    worded: list[str] = []

    def cell(person: Person) -> Cell:
        worded.append(person.name)
        return Cell(person.name)

    table = DataTable([Column("name", "Name", cell, stretch=True)], "People")
    place(table)
    table.model_.set_rows(_rows(3))
    first, second = table.viewport().grab().toImage(), table.viewport().grab().toImage()
    assert first == second
    assert sorted(worded) == ["Person 0", "Person 1", "Person 2"]
    table.model_.put_rows({1: Person("Married name")})
    assert table.viewport().grab().toImage() != first


def test_sorting_is_asked_for_not_done(qtbot: QtBot) -> None:
    model = PagedModel(COLUMNS)
    with qtbot.waitSignal(model.sort_wanted) as wanted:
        model.sort(0, Qt.SortOrder.DescendingOrder)
    assert wanted.args == ["name", True]
    with qtbot.assertNotEmitted(model.sort_wanted):
        model.sort(1)


@pytest.fixture
def table(place: Place) -> DataTable:
    made = DataTable(COLUMNS, "People", tall=True)
    place(made)
    made.model_.set_rows(_rows(5))
    return made


def test_the_selection_stays_on_its_row_when_the_list_changes(table: DataTable) -> None:
    table.select_id(3)
    table.model_.set_rows({3: Person("c"), 1: Person("a")})
    assert table.current_id() == 3
    assert table.currentIndex().row() == 0


def test_the_selection_stays_at_its_height_when_its_row_is_gone(table: DataTable) -> None:
    table.select_id(3)
    table.model_.set_rows({0: Person("a"), 1: Person("b")})
    assert table.current_id() == 1
    table.model_.set_rows({})
    assert table.current_id() is None


def test_enter_opens_and_end_goes_to_the_last_row(table: DataTable, qtbot: QtBot) -> None:
    table.select_id(0)
    QTest.keyClick(table, Qt.Key.Key_End)
    assert table.current_id() == 4
    with qtbot.waitSignal(table.opened) as opened:
        QTest.keyClick(table, Qt.Key.Key_Return)
    assert opened.args == [4]


@pytest.mark.parametrize(
    ("key", "text"), [(Qt.Key.Key_A, "a"), (0x424, "ф"), (0x0634, "ش"), (0x05E9, "ש")]
)
def test_letters_act_with_any_keyboard_layout(table: DataTable, key: int, text: str) -> None:
    done: list[str] = []
    table.letters.bind("A", "Mark as arrived", lambda: done.append("arrived"))
    table.setFocus()
    event = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier, text)
    QApplication.sendEvent(table, event)
    assert done == ["arrived"]
    table.letters.enabled = False
    QApplication.sendEvent(table, event)
    assert done == ["arrived"]


def test_a_letter_with_ctrl_is_no_bare_letter(table: DataTable, qtbot: QtBot) -> None:
    done: list[str] = []
    table.letters.bind("A", "Mark as arrived", lambda: done.append("arrived"))
    QTest.keyClick(table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert not done


def test_an_empty_list_says_what_to_do(table: DataTable, qtbot: QtBot) -> None:
    table.set_empty(Icon.PATIENTS, "No patients yet", action="Register patient")
    overlay = table.findChild(EmptyState)
    assert isinstance(overlay, EmptyState)
    assert not overlay.isVisible()
    table.model_.set_rows({})
    assert overlay.isVisible()
    with qtbot.waitSignal(table.empty_acted):
        overlay.button.click()


def test_a_failed_list_says_so_and_can_be_tried_again(table: DataTable, qtbot: QtBot) -> None:
    table.set_error("The list could not be read.")
    overlay = table.findChild(EmptyState)
    assert isinstance(overlay, EmptyState)
    assert overlay.isVisible()
    assert overlay.accessibleName() == "The list could not be read."
    with qtbot.waitSignal(table.retry_wanted):
        overlay.button.click()
    table.set_error("")
    assert not overlay.isVisible()


def test_a_skeleton_shows_only_when_loading_takes_a_moment(table: DataTable, qtbot: QtBot) -> None:
    table.model_.set_rows({})
    table.set_loading(True)
    assert not table.findChild(EmptyState).isVisible()  # type: ignore[union-attr]
    before = table.viewport().grab().toImage()
    qtbot.waitUntil(lambda: table.viewport().grab().toImage() != before)
    table.set_loading(False)
    assert table.findChild(EmptyState).isVisible()  # type: ignore[union-attr]


def test_columns_give_way_when_the_table_is_narrow(table: DataTable) -> None:
    assert not table.isColumnHidden(1)
    table.window().resize(120, 400)
    settle()
    assert table.isColumnHidden(1)
    assert not table.isColumnHidden(0)


def test_columns_left_out_take_no_room_and_stay_out_at_every_text_size(place: Place) -> None:
    many = [COLUMNS[0], *(replace(COLUMNS[1], key=f"b{n}", letters=20, drop=0) for n in range(6))]
    table = DataTable(many, "Vaccines")
    place(table)
    table.window().resize(640, 300)
    table.leave_out(range(2, 7))
    settle()
    whole = table.columnWidth(0)
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    for scale in (200, 100):
        style.apply(app, Appearance(scale=scale))
        settle()
        assert [table.isColumnHidden(at) for at in range(7)] == [False] * 2 + [True] * 5
    assert table.columnWidth(0) == whole
    assert sum(table.columnWidth(at) for at in range(2)) <= table.viewport().width()


def test_a_hundred_thousand_rows_read_only_what_is_seen(place: Place) -> None:
    table = DataTable(COLUMNS, "People")
    asked: list[tuple[int, ...]] = []
    table.model_.page_wanted.connect(asked.append)
    place(table)
    table.model_.set_ids(range(100_000))
    table.viewport().grab()
    settle()
    table.scrollToBottom()
    table.viewport().grab()
    QApplication.sendPostedEvents()
    assert len(asked) <= 3


def test_hovering_lights_the_whole_row(table: DataTable, qtbot: QtBot) -> None:
    before = table.viewport().grab().toImage()
    index: QModelIndex = table.model_.index(2, 0)
    QTest.mouseMove(table.viewport(), table.visualRect(index).center())
    qtbot.waitUntil(lambda: table.viewport().grab().toImage() != before)


def test_a_column_takes_the_room_that_its_rows_need_and_others_leave_empty(place: Place) -> None:
    columns = [
        Column("name", "Name", lambda row: Cell(row.name), letters=20, stretch=True),
        Column("balance", "Roles", lambda row: Cell(row.balance), letters=5),
    ]
    table = DataTable(columns, "People")
    place(table)
    narrow = table.columnWidth(1)
    table.model_.set_rows({1: Person("Ann", "Owner, doctor, cashier")})
    needed = needed_width(CellKind.TEXT, Cell("Owner, doctor, cashier")) + 2 * SPACE_3
    assert narrow < needed == table.columnWidth(1)
    assert table.columnWidth(0) + needed == table.viewport().width()
    table.model_.set_rows({1: Person("Ann", "Own")})
    assert table.columnWidth(1) == narrow


def test_a_column_that_somebody_dragged_stays_as_it_is(place: Place) -> None:
    columns = [
        Column("name", "Name", lambda row: Cell(row.name), stretch=True),
        Column("balance", "Roles", lambda row: Cell(row.balance), letters=5),
    ]
    table = DataTable(columns, "People")
    place(table)
    table.setColumnWidth(1, 90)
    table.model_.set_rows({1: Person("Ann", "Owner, doctor, cashier")})
    assert table.columnWidth(1) == 90


def test_widths_come_to_rest_where_a_scroll_bar_covers_the_widest_row(place: Place) -> None:
    """What the bar hides is not what it comes and goes by."""
    columns = [
        Column("name", "Name", lambda row: Cell(row.name), letters=30, stretch=True),
        Column("balance", "Roles", lambda row: Cell(row.balance), letters=20),
    ]
    table = DataTable(columns, "People")
    place(table)
    table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    high = table.verticalHeader().defaultSectionSize()
    table.setFixedHeight(table.horizontalHeader().height() + 3 * high)
    table.setFixedWidth(sum(wanted_width(column) for column in columns) - 20)
    moved: list[int] = []
    table.horizontalHeader().sectionResized.connect(lambda place, *_px: moved.append(place))
    table.model_.set_rows(_rows(3) | {3: Person("A name that needs all of its column " * 2)})
    QApplication.processEvents()
    settle()
    moved.clear()
    for _turn in range(5):
        QApplication.processEvents()
        settle()
    assert moved == []
    assert table.horizontalScrollBar().isVisible()


def test_rows_read_anew_move_no_column(place: Place, qtbot: QtBot) -> None:
    columns = [
        Column("name", "Name", lambda row: Cell(row.name), letters=20, stretch=True),
        Column("balance", "Roles", lambda row: Cell(row.balance), letters=5),
    ]
    table = DataTable(columns, "People")
    place(table)
    rows = {number: Person(f"P{number}", "Owner, doctor, cashier") for number in range(5)}
    table.model_.set_ids(rows)
    table.model_.put_rows(rows)
    wide = table.columnWidth(1)
    assert wide >= needed_width(CellKind.TEXT, Cell("Owner, doctor, cashier"))
    moved: list[int] = []
    table.horizontalHeader().sectionResized.connect(lambda place, *_px: moved.append(place))
    with qtbot.waitSignal(table.model_.page_wanted) as asked:
        table.model_.refresh(rows)
        table.viewport().grab()
    table.model_.put_rows({key: rows[key] for key in asked.args[0]})
    assert moved == []
    table.model_.put_rows({3: Person("P3", "Owner, doctor, cashier, driver")})
    assert table.columnWidth(1) > wide


def test_a_state_further_down_is_not_cut_when_it_is_scrolled_to(place: Place) -> None:
    state = Column("balance", "State", lambda row: Cell(row.balance), CellKind.PILL, 5)
    table = DataTable([COLUMNS[0], state], "People")
    place(table)
    table.model_.set_rows(_rows(80) | {70: Person("Ann", "Waiting for somebody else")})
    assert table.rowAt(table.viewport().height() - 1) < 70
    least = needed_width(CellKind.PILL, Cell("Waiting for somebody else")) + 2 * SPACE_3
    assert table.columnWidth(1) >= least
