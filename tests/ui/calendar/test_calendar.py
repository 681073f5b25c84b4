"""The calendar with the pointer, and each drag once more with keys alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QAccessible, QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic_desktop import i18n
from clinic_desktop.domain.codes import AppointmentStatus
from clinic_desktop.i18n import Language
from clinic_desktop.services.scheduling import grid, hours, waitlist
from clinic_desktop.services.scheduling.grid import ColumnsBy, GridTile
from clinic_desktop.services.scheduling.timetable import PRACTICE
from clinic_desktop.ui.calendar.calendar_view import CalendarView
from clinic_desktop.ui.calendar.calendar_vm import Mode
from clinic_desktop.ui.calendar.overlap_form import OverlapForm
from clinic_desktop.ui.calendar.tile import Tile
from clinic_desktop.ui.calendar.waitlist_form import WaitlistForm
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.scheduling.words import name_of
from tests.support.busy_day import SATURDAY, BusyDay
from tests.support.windows import RecordingHost, VisitedNavigator

S = AppointmentStatus
CONTROL = Qt.KeyboardModifier.ControlModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def view(busy_morning: BusyDay, ui_context: Context, qtbot: QtBot) -> Iterator[CalendarView]:
    """The calendar of a busy Saturday."""
    i18n.use(ui_context.language)
    made = CalendarView(ui_context)
    qtbot.addWidget(made)
    made.resize(1200, 800)
    made.show()
    made.go_to(to.Calendar())
    qtbot.waitUntil(lambda: len(made.canvas.tiles()) == 10)
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)
    yield made
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)


def test_a_wait_list_entry_that_was_begun_opens_where_it_was_typed(
    busy_morning: BusyDay, ui_context: Context, qtbot: QtBot
) -> None:
    """Also where the calendar is opened by it and has read nothing yet."""
    i18n.use(ui_context.language)
    made = CalendarView(ui_context)
    qtbot.addWidget(made)
    made.show()
    made.go_to(to.Calendar(add_waiting=True))
    host = host_of(made)
    qtbot.waitUntil(lambda: bool(host.drawers))
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)
    assert [type(form) for form in host.drawers] == [WaitlistForm]


@pytest.mark.parametrize("code", ["en", "ar"])
def test_the_bar_of_a_week_is_one_line_in_a_small_window(
    view: CalendarView, qtbot: QtBot, code: str
) -> None:
    i18n.use(Language(code, "KE", "Africa/Nairobi"))
    made = CalendarView(view.context)
    qtbot.addWidget(made)
    made.resize(1200, 800)  # a window of 1280 with the rail
    made.show()
    made.go_to(to.Calendar(SATURDAY))
    made.vm.set_mode(Mode.WEEK)
    qtbot.waitUntil(lambda: made.bar.whose.isVisible() and made.context.tasks.is_idle)
    assert abs(made.bar.book.geometry().center().y() - made.bar.title.geometry().center().y()) < 9
    i18n.use(view.context.language)


def tile_of(view: CalendarView, family: str) -> Tile:
    return next(tile for tile in view.canvas.tiles() if family in name_of(tile.row))


def stored(day: BusyDay, family: str) -> tuple[str, GridTile]:
    """Column and tile as they are in the record."""
    found = day.record.read(grid.day_grid, SATURDAY)
    return next(
        (column.title, tile)
        for column in found.columns
        for tile in column.tiles
        if family in name_of(tile.row)
    )


def drag(qtbot: QtBot, tile: Tile, by: QPoint, *, grip: QPoint | None = None,
         modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:  # fmt: skip
    start = grip or QPoint(20, 6)
    QTest.mousePress(tile, LEFT, modifier, start)
    QTest.mouseMove(tile, start + by / 2)
    QTest.mouseMove(tile, start + by)
    QTest.mouseRelease(tile, LEFT, modifier, start + by)


def host_of(view: CalendarView) -> RecordingHost:
    host = view.context.host
    assert isinstance(host, RecordingHost)
    return host


def booking_of(view: CalendarView) -> to.BookAppointment:
    navigator = view.context.navigator
    assert isinstance(navigator, VisitedNavigator)
    wanted = navigator.visited[-1]
    assert isinstance(wanted, to.BookAppointment)
    return wanted


# ------------------------------------------------------------ pointer


def test_dragging_moves_to_another_time_and_doctor_and_undo_brings_back(
    view: CalendarView, busy_morning: BusyDay, qtbot: QtBot
) -> None:
    tile = tile_of(view, "PETROV")
    hour, column = view.canvas.geo.hour_px, view.canvas.geo.column_px
    drag(qtbot, tile, QPoint(column, 2 * hour))
    qtbot.waitUntil(lambda: stored(busy_morning, "PETROV")[0] == "Dr Njeri")
    assert stored(busy_morning, "PETROV")[1].start_min == 14 * 60 + 10
    qtbot.waitUntil(lambda: tile_of(view, "PETROV").column == 1)
    undo = host_of(view).undo
    assert undo is not None
    undo()
    qtbot.waitUntil(lambda: stored(busy_morning, "PETROV")[1].start_min == 12 * 60 + 10)


def test_dragging_with_control_copies(
    view: CalendarView, busy_morning: BusyDay, qtbot: QtBot
) -> None:
    drag(qtbot, tile_of(view, "PETROV"), QPoint(0, 3 * view.canvas.geo.hour_px), modifier=CONTROL)
    qtbot.waitUntil(lambda: len(view.canvas.tiles()) == 11)
    both = [tile for tile in view.canvas.tiles() if "PETROV" in name_of(tile.row)]
    assert [tile.tile.start_min for tile in both] == [12 * 60 + 10, 15 * 60 + 10]


def test_dragging_the_lower_edge_changes_the_length(
    view: CalendarView, busy_morning: BusyDay, qtbot: QtBot
) -> None:
    tile = tile_of(view, "NGUYEN")
    edge = QPoint(20, tile.height() - 2)
    drag(qtbot, tile, QPoint(0, view.canvas.geo.hour_px // 2), grip=edge)
    qtbot.waitUntil(lambda: stored(busy_morning, "NGUYEN")[1].row.minutes == 40)


def test_a_drop_on_another_appointment_asks_why_before_it_is_kept(
    view: CalendarView, busy_morning: BusyDay, qtbot: QtBot
) -> None:
    hour = view.canvas.geo.hour_px
    drag(qtbot, tile_of(view, "PETROV"), QPoint(0, -hour // 4))
    qtbot.waitUntil(lambda: bool(host_of(view).drawers))
    assert stored(busy_morning, "PETROV")[1].start_min == 12 * 60 + 10
    form = host_of(view).drawers[-1]
    assert isinstance(form, OverlapForm)
    qtbot.addWidget(form)
    QTest.keyClicks(form.reason.edit, "Urgent")
    form.submit(print_too=False)
    qtbot.waitUntil(lambda: stored(busy_morning, "PETROV")[1].row.overlap_reason == "Urgent")
    qtbot.waitUntil(lambda: tile_of(view, "PETROV").crowded)


def test_a_tile_dropped_on_the_wait_list_waits(
    view: CalendarView, busy_morning: BusyDay, qtbot: QtBot
) -> None:
    tile, card = tile_of(view, "ABARA"), view.panel.waiting
    place = tile.mapFromGlobal(card.mapToGlobal(card.rect().center()))
    drag(qtbot, tile, place - QPoint(20, 6))
    qtbot.waitUntil(lambda: len(busy_morning.record.read(waitlist.waitlist)) == 1)
    qtbot.waitUntil(lambda: len(view.canvas.tiles()) == 9)


# ------------------------------------------------------------ keys


def test_control_and_arrows_move_even_when_pressed_quickly(
    view: CalendarView, busy_morning: BusyDay, qtbot: QtBot
) -> None:
    tile = tile_of(view, "PETROV")
    tile.setFocus()
    for _press in range(4):
        QTest.keyClick(tile, Qt.Key.Key_Down, CONTROL)
    qtbot.waitUntil(lambda: stored(busy_morning, "PETROV")[1].start_min == 12 * 60 + 30)
    qtbot.waitUntil(lambda: view.context.tasks.is_idle)
    tile = tile_of(view, "PETROV")
    assert tile.hasFocus()
    QTest.keyClick(tile, Qt.Key.Key_Right, CONTROL)
    qtbot.waitUntil(lambda: len(host_of(view).drawers) == 1)  # ABARA is there at 12:40


def test_many_presses_are_one_move_with_one_way_back(
    view: CalendarView, busy_morning: BusyDay, qtbot: QtBot
) -> None:
    """Nobody is asked about those a tile passes, and one undo takes the whole way back."""
    tile = tile_of(view, "SINGH")
    start = tile.tile.start_min
    tile.setFocus()
    for _press in range(10):  # over the head of PETROV
        QTest.keyClick(tile, Qt.Key.Key_Down, CONTROL)
    qtbot.waitUntil(lambda: stored(busy_morning, "SINGH")[1].start_min == start + 50)
    qtbot.waitUntil(lambda: view.context.tasks.is_idle)
    assert host_of(view).drawers == []
    undo = host_of(view).undo
    assert undo is not None
    undo()
    qtbot.waitUntil(lambda: stored(busy_morning, "SINGH")[1].start_min == start)


def test_a_move_is_taken_back_before_it_is_written(
    view: CalendarView, busy_morning: BusyDay, qtbot: QtBot
) -> None:
    tile = tile_of(view, "NGUYEN")
    start = tile.tile.start_min
    tile.setFocus()
    QTest.keyClick(tile, Qt.Key.Key_Down, CONTROL)
    host_of(view).undo_last()
    assert not view.canvas._rest.isActive()
    assert tile_of(view, "NGUYEN").tile.start_min == start


def test_going_away_ends_a_move_at_once(
    view: CalendarView, busy_morning: BusyDay, qtbot: QtBot
) -> None:
    tile = tile_of(view, "NGUYEN")
    start = tile.tile.start_min
    tile.setFocus()
    QTest.keyClick(tile, Qt.Key.Key_Down, CONTROL)
    view.hide()
    assert not view.canvas._rest.isActive()
    qtbot.waitUntil(lambda: stored(busy_morning, "NGUYEN")[1].start_min == start + 5)


def test_plus_and_minus_change_the_length(
    view: CalendarView, busy_morning: BusyDay, qtbot: QtBot
) -> None:
    tile = tile_of(view, "NGUYEN")
    tile.setFocus()
    QTest.keyClicks(tile, "++")
    qtbot.waitUntil(lambda: stored(busy_morning, "NGUYEN")[1].row.minutes == 20)
    QTest.keyClicks(tile, "-")
    qtbot.waitUntil(lambda: stored(busy_morning, "NGUYEN")[1].row.minutes == 15)


def test_cut_and_paste_move_to_another_day(
    view: CalendarView, busy_morning: BusyDay, qtbot: QtBot
) -> None:
    tile = tile_of(view, "NGUYEN")
    tile.setFocus()
    QTest.keyClick(tile, Qt.Key.Key_X, CONTROL)
    assert view.panel.clipboard.isVisible()
    view.vm.step(2)
    qtbot.waitUntil(lambda: len(view.canvas.tiles()) == 0)
    view.canvas.go_to_minute(2, 10 * 60)
    QTest.keyClick(view.canvas, Qt.Key.Key_V, CONTROL)
    qtbot.waitUntil(lambda: len(view.canvas.tiles()) == 1)
    (moved,) = view.canvas.tiles()
    assert (moved.column, moved.tile.start_min) == (2, 600)
    assert not view.panel.clipboard.isVisible()


def test_arrows_go_from_tile_to_tile_and_escape_to_the_sheet(
    view: CalendarView, qtbot: QtBot
) -> None:
    tile = tile_of(view, "SINGH")
    tile.setFocus()
    QTest.keyClick(tile, Qt.Key.Key_Down)
    assert tile_of(view, "PETROV").hasFocus()
    QTest.keyClick(tile_of(view, "PETROV"), Qt.Key.Key_Right)
    assert tile_of(view, "ABARA").hasFocus()
    QTest.keyClick(tile_of(view, "ABARA"), Qt.Key.Key_Escape)
    assert view.canvas.hasFocus()


def test_letters_on_a_tile_take_the_steps_of_the_day(view: CalendarView, qtbot: QtBot) -> None:
    tile = tile_of(view, "ABARA")
    tile.setFocus()
    QTest.keyClick(tile, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: tile_of(view, "ABARA").row.status == S.ARRIVED)
    assert tile_of(view, "ABARA").hasFocus()


def test_typing_on_a_free_slot_books_there_with_what_was_typed(
    view: CalendarView, busy_morning: BusyDay, qtbot: QtBot
) -> None:
    view.canvas.go_to_minute(1, 15 * 60)
    QTest.keyClick(view.canvas, Qt.Key.Key_Down)
    QTest.keyClicks(view.canvas, "s")
    wanted = booking_of(view)
    assert (wanted.day, wanted.text) == (SATURDAY, "s")
    assert wanted.at is not None
    assert (wanted.at.hour, wanted.at.minute) == (15, 15)
    assert wanted.practitioner_id == busy_morning.doctors["Njeri"]


@pytest.mark.parametrize("letter", ["С", "س", "s", "а", "f"])
def test_a_name_may_begin_in_any_script(view: CalendarView, letter: str) -> None:
    view.canvas.go_to_minute(1, 15 * 60)
    none = Qt.KeyboardModifier.NoModifier
    event = QKeyEvent(QEvent.Type.KeyPress, ord(letter.upper()), none, letter)
    QApplication.sendEvent(view.canvas, event)
    assert booking_of(view).text == letter


@pytest.mark.parametrize(("letter", "layout"), [("ф", "Russian"), ("ش", "Arabic")])
def test_letters_on_a_tile_work_in_every_layout(
    view: CalendarView, qtbot: QtBot, letter: str, layout: str
) -> None:
    tile = tile_of(view, "ABARA")
    tile.setFocus()
    none = Qt.KeyboardModifier.NoModifier
    event = QKeyEvent(QEvent.Type.KeyPress, ord(letter.upper()), none, letter)
    QApplication.sendEvent(tile, event)
    qtbot.waitUntil(lambda: tile_of(view, "ABARA").row.status == S.ARRIVED)


def test_f_goes_to_the_first_free_time(view: CalendarView, qtbot: QtBot) -> None:
    view.canvas.setFocus()
    QTest.keyClick(view.canvas, Qt.Key.Key_F)
    qtbot.waitUntil(lambda: view.canvas.marked and view.canvas.slot()[1] == 12 * 60)
    QTest.keyClicks(view.canvas, "f")
    assert booking_of(view).text == "f", "on a slot a letter begins a name"
    QTest.keyClick(view.canvas, Qt.Key.Key_Escape)
    assert not view.canvas.marked


def test_a_typed_day_is_gone_to(view: CalendarView, qtbot: QtBot) -> None:
    QTest.keyClicks(view.bar.jump, "in 2w")
    QTest.keyClick(view.bar.jump, Qt.Key.Key_Return)
    assert view.vm.state.day == SATURDAY + timedelta(days=14)
    QTest.keyClicks(view.bar.jump, "gibberish")
    QTest.keyClick(view.bar.jump, Qt.Key.Key_Return)
    assert view.vm.state.day == SATURDAY + timedelta(days=14)
    view.go_today()
    assert view.vm.state.day == SATURDAY


# ------------------------------------------------------------ what is shown


def test_each_tile_is_a_named_button_for_screen_readers(view: CalendarView) -> None:
    found = QAccessible.queryAccessibleInterface(tile_of(view, "MENSAH"))
    assert found.role() == QAccessible.Role.Button
    name = found.text(QAccessible.Text.Name)
    for word in ("11:40–12:00", "MENSAH Kofi", "Wound dressing", "Arrived", "Nurse Lena"):
        assert word in name


def test_week_and_rooms_have_their_columns(
    view: CalendarView, busy_morning: BusyDay, qtbot: QtBot
) -> None:
    view.vm.set_mode(Mode.WEEK)
    qtbot.waitUntil(lambda: view.canvas.geo.columns == 7)
    assert {tile.column for tile in view.canvas.tiles()} == {5}
    view.vm.set_mode(Mode.DAY)
    view.vm.set_columns(ColumnsBy.ROOM)
    qtbot.waitUntil(lambda: view.canvas.geo.columns == 3)


def test_a_free_slot_is_offered_to_whom_it_suits(
    view: CalendarView, busy_morning: BusyDay, qtbot: QtBot
) -> None:
    wish = waitlist.AddToWaitlist(busy_morning.people["Okafor"], preference="afternoon")
    entry = busy_morning.record.write(waitlist.add, wish)
    qtbot.waitUntil(lambda: len(view.vm.state.waiting) == 1)
    view.canvas.go_to_minute(0, 15 * 60)
    qtbot.waitUntil(view.panel.waiting.offer.isVisible)
    view.panel.waiting.offer.click()
    assert booking_of(view).waitlist_id == entry


def test_a_closed_day_says_why(view: CalendarView, busy_morning: BusyDay, qtbot: QtBot) -> None:
    shut = hours.AddClosure(SATURDAY, SATURDAY, "Stock taking")
    busy_morning.record.write(hours.add_closure, shut)
    qtbot.waitUntil(lambda: view.vm.state.grid is not None
                    and view.vm.state.grid.columns[0].is_closed)  # fmt: skip
    assert view.vm.state.grid is not None
    assert view.vm.state.grid.columns[0].closed == "Stock taking"
    week = hours.WeekHours(PRACTICE, (((480, 720),),) * 7)
    busy_morning.record.write(hours.save_week_hours, week)


def test_right_to_left_mirrors_the_sheet(view: CalendarView) -> None:
    before = {name_of(tile.row): tile.geometry() for tile in view.canvas.tiles()}
    width = view.canvas.width()
    view.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    for tile in view.canvas.tiles():
        box = before[name_of(tile.row)]
        assert abs(tile.x() - (width - box.x() - box.width())) <= 2


def test_an_appointment_named_by_another_screen_has_the_focus(
    view: CalendarView, busy_morning: BusyDay, qtbot: QtBot
) -> None:
    monday = SATURDAY + timedelta(days=2)
    change = busy_morning.book("Singh", "15:00", day=monday)
    view.go_to(to.Calendar(monday, change.appointment_id))
    qtbot.waitUntil(lambda: view.canvas.focused_tile() is not None)
    focused = view.canvas.focused_tile()
    assert focused is not None
    assert focused.row.id == change.appointment_id


# ------------------------------------------------------------ over midnight


def test_the_rest_of_a_night_is_seen_on_the_next_day_and_moved_only_where_it_begins(
    view: CalendarView, busy_morning: BusyDay, qtbot: QtBot
) -> None:
    sunday = SATURDAY + timedelta(days=1)
    busy_morning.book("Singh", "23:30", "Njeri", duration_min=90)
    view.go_to(to.Calendar(sunday))
    qtbot.waitUntil(lambda: [tile.tile.is_rest for tile in view.canvas.tiles()] == [True])
    (rest,) = view.canvas.tiles()
    assert rest.y() <= 1
    assert "began on the day before" in rest.accessibleName()
    rest.setFocus()
    QTest.keyClick(rest, Qt.Key.Key_Down, CONTROL)
    QTest.keyClick(rest, Qt.Key.Key_Plus)
    drag(qtbot, rest, QPoint(0, view.canvas.geo.hour_px))
    assert "Move it there" in host_of(view).toasts[-1]
    view.go_to(to.Calendar(SATURDAY))
    qtbot.waitUntil(lambda: len(view.canvas.tiles()) == 11)
    begin = next(t for t in view.canvas.tiles() if t.tile.start_min == 23 * 60 + 30)
    assert begin.geometry().bottom() <= view.canvas.height()
    begin.setFocus()
    QTest.keyClick(begin, Qt.Key.Key_Down, CONTROL)
    QTest.keyClick(begin, Qt.Key.Key_Minus)
    view.canvas.end_move()
    qtbot.waitUntil(lambda: view.context.tasks.is_idle)
    moved = busy_morning.record.rows(
        "SELECT (end_at - start_at) / 60000, start_at / 60000 % 1440 FROM appointment WHERE id = ?",
        begin.row.id.bytes,
    )
    assert moved == [(85, 20 * 60 + 35)]
