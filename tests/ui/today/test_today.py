"""The board by keys: each step of the day is one key, in any keyboard layout."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from clinic_desktop import i18n
from clinic_desktop.domain.codes import AppointmentStatus
from clinic_desktop.services import drafts
from clinic_desktop.services.scheduling import board, flow
from clinic_desktop.ui.booking.move_view import MoveView
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.scheduling.cancel_form import CancelForm
from clinic_desktop.ui.scheduling.words import name_of
from clinic_desktop.ui.shell.palette_vm import PaletteVM
from clinic_desktop.ui.today.today_view import TodayView
from clinic_desktop.ui.today.today_vm import Tab
from tests.support.busy_day import BusyDay
from tests.support.windows import RecordingHost, VisitedNavigator

S = AppointmentStatus


@pytest.fixture
def view(busy_morning: BusyDay, ui_context: Context, qtbot: QtBot) -> Iterator[TodayView]:
    """The board of a busy morning, shown, with the keys on its list."""
    i18n.use(ui_context.language)
    made = TodayView(ui_context)
    qtbot.addWidget(made)
    made.resize(1200, 700)
    made.show()
    made.go_to(to.Today())
    qtbot.waitUntil(lambda: made.table.model_.rowCount() == 10)
    yield made
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)


def choose(view: TodayView, family: str) -> None:
    """Go to a person's line."""
    state = view.vm.state
    row = next(row for row in state.rows() if family in name_of(row.appointment))
    view.table.select_id(row.id)


def status_of(view: TodayView, family: str) -> AppointmentStatus:
    data = view.vm.state.board
    assert data is not None
    return next(row.appointment.status for row in data.rows if family in name_of(row.appointment))


def host_of(view: TodayView) -> RecordingHost:
    host = view.context.host
    assert isinstance(host, RecordingHost)
    return host


def visited(view: TodayView) -> list[to.Destination]:
    navigator = view.context.navigator
    assert isinstance(navigator, VisitedNavigator)
    return navigator.visited


def test_check_in_is_one_key(view: TodayView, qtbot: QtBot) -> None:
    choose(view, "ABARA")
    QTest.keyClick(view.table, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: status_of(view, "ABARA") == S.ARRIVED)
    assert "ABARA" in host_of(view).toasts[-1]
    row = view.vm.row(view.table.current_id())
    assert row is not None
    assert "ABARA" in name_of(row.appointment), "the selection stays on the person"


@pytest.mark.parametrize(("text", "layout"), [("ф", "Russian"), ("ش", "Arabic"), ("a", "Latin")])
def test_letters_work_in_every_keyboard_layout(
    view: TodayView, qtbot: QtBot, text: str, layout: str
) -> None:
    choose(view, "NGUYEN")
    key = Qt.Key.Key_A if layout == "Latin" else ord(text.upper())
    none = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(view.table, QKeyEvent(QEvent.Type.KeyPress, key, none, text))
    qtbot.waitUntil(lambda: status_of(view, "NGUYEN") == S.ARRIVED)


def test_the_undo_of_a_check_in_restores_the_board(view: TodayView, qtbot: QtBot) -> None:
    choose(view, "PETROV")
    QTest.keyClick(view.table, Qt.Key.Key_A)
    qtbot.waitUntil(lambda: status_of(view, "PETROV") == S.ARRIVED)
    undo = host_of(view).undo
    assert undo is not None
    undo()
    qtbot.waitUntil(lambda: status_of(view, "PETROV") == S.CONFIRMED)


def test_start_of_a_visit_is_one_key_and_opens_the_editor(view: TodayView, qtbot: QtBot) -> None:
    choose(view, "SINGH")
    QTest.keyClick(view.table, Qt.Key.Key_V)
    qtbot.waitUntil(lambda: any(isinstance(each, to.Visit) for each in visited(view)))
    qtbot.waitUntil(lambda: status_of(view, "SINGH") == S.IN_ROOM)


def test_a_move_is_one_key_a_line_and_enter(view: TodayView, qtbot: QtBot) -> None:
    choose(view, "ABARA")
    QTest.keyClick(view.table, Qt.Key.Key_M)
    wanted = visited(view)[-1]
    assert isinstance(wanted, to.MoveAppointment)
    form = MoveView(view.context, wanted)
    qtbot.addWidget(form)
    form.show()
    qtbot.waitUntil(lambda: form.vm.row is not None)
    QTest.keyClicks(form.slot.line, "mon 9:15")
    with qtbot.waitSignal(form.close_requested):
        QTest.keyClick(form.slot.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.table.model_.rowCount() == 9)
    assert "Mon 23 Nov" in host_of(view).toasts[-1]


def test_who_moves_what_another_changed_meanwhile_is_told_both(
    view: TodayView, busy_morning: BusyDay, qtbot: QtBot
) -> None:
    choose(view, "ABARA")
    row = view.vm.row(view.table.current_id())
    assert row is not None
    form = MoveView(view.context, to.MoveAppointment(row.id))
    qtbot.addWidget(form)
    form.show()
    qtbot.waitUntil(lambda: form.vm.row is not None)
    QTest.keyClicks(form.slot.line, "mon 9:15")
    before = form.vm.row
    assert before is not None
    busy_morning.record.write(
        flow.change_status, flow.ChangeStatus(row.id, AppointmentStatus.CONFIRMED)
    )
    qtbot.waitUntil(form.notice.isVisible)
    assert form.slot.line.text() == "mon 9:15"
    told = form.notice.accessibleDescription()
    assert "It was" in told
    assert "Confirmed" in told
    assert form.vm.row is not None
    assert form.vm.row.version > before.version
    with qtbot.waitSignal(form.close_requested):
        QTest.keyClick(form.slot.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.table.model_.rowCount() == 9)


def test_bill_opens_the_checkout_and_moves_the_person_on(view: TodayView, qtbot: QtBot) -> None:
    choose(view, "HADDAD")
    QTest.keyClick(view.table, Qt.Key.Key_B)
    assert isinstance(visited(view)[-1], to.Billing)
    qtbot.waitUntil(lambda: status_of(view, "HADDAD") == S.TO_BILL)


def test_enter_opens_the_chart(view: TodayView, qtbot: QtBot) -> None:
    choose(view, "OKAFOR")
    QTest.keyClick(view.table, Qt.Key.Key_Return)
    assert isinstance(visited(view)[-1], to.Chart)


def test_a_cancellation_asks_why_and_one_click_answers(view: TodayView, qtbot: QtBot) -> None:
    choose(view, "NGUYEN")
    QTest.keyClick(view.table, Qt.Key.Key_X)
    form = host_of(view).drawers[-1]
    assert isinstance(form, CancelForm)
    qtbot.addWidget(form)
    form.show()
    QTest.keyClicks(form.reason.edit, "ill")
    with qtbot.waitSignal(form.close_requested):
        QTest.keyClick(form.reason.edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.table.model_.rowCount() == 9)


def test_tabs_count_and_filter(view: TodayView) -> None:
    counts = view.vm.state.counts()
    assert counts == {Tab.ALL: 10, Tab.WAITING: 2, Tab.IN_ROOM: 1, Tab.TO_BILL: 1, Tab.TOMORROW: 0}
    view.tabs.buttons()[1].click()
    assert view.table.model_.rowCount() == 2
    view.tabs.buttons()[0].click()
    assert view.table.model_.rowCount() == 10


def test_the_one_who_has_waited_longest_is_selected_and_needs_attention(view: TodayView) -> None:
    row = view.vm.row(view.table.current_id())
    assert row is not None
    assert "MENSAH" in name_of(row.appointment)
    assert view.attention.isVisible()


def wait_of(view: TodayView, family: str) -> str:
    model = view.table.model_
    shown = {str(model.index(place, 1).data()): place for place in range(model.rowCount())}
    place = next(place for words, place in shown.items() if family in words)
    return str(model.index(place, 5).data())


def test_waiting_time_runs_on_without_reading_the_board_again(view: TodayView) -> None:
    view.context.clock.advance(minutes=5)  # type: ignore[attr-defined]
    view.vm.tick()
    assert "29" in wait_of(view, "MENSAH")


def test_waiting_time_runs_on_when_the_same_board_is_read_again(
    view: TodayView, qtbot: QtBot
) -> None:
    assert "24" in wait_of(view, "MENSAH")
    view.context.clock.advance(minutes=5)  # type: ignore[attr-defined]
    with qtbot.assertNotEmitted(view.table.model_.modelReset), qtbot.waitSignal(view.vm.changed):
        view.go_to(to.Today())
    assert "29" in wait_of(view, "MENSAH")


def test_what_a_colleague_does_shows_at_once(
    view: TodayView, busy_morning: BusyDay, qtbot: QtBot
) -> None:
    choose(view, "OKAFOR")
    kept = view.table.current_id()
    busy_morning.book("Singh", "15:00")
    qtbot.waitUntil(lambda: view.table.model_.rowCount() == 11)
    assert view.table.current_id() == kept


def test_the_next_step_is_the_primary_button(view: TodayView, qtbot: QtBot) -> None:
    choose(view, "ABARA")
    assert view.inspector.primary.accessibleName() == "Mark arrived"
    view.inspector.primary.click()
    qtbot.waitUntil(lambda: status_of(view, "ABARA") == S.ARRIVED)
    assert view.inspector.primary.accessibleName() == "Start visit"


def test_after_midnight_the_board_is_of_the_new_day_and_of_who_is_still_here(
    view: TodayView, qtbot: QtBot
) -> None:
    before = view.vm.state.day
    view.context.clock.advance(hours=13)  # type: ignore[attr-defined]
    view.vm.tick()
    qtbot.waitUntil(lambda: view.vm.state.day > before)
    qtbot.waitUntil(lambda: view.table.model_.rowCount() == 4)
    shown = {name_of(row.appointment).split()[0] for row in view.vm.state.rows()}
    assert shown == {"HADDAD", "ИВАНОВА", "MENSAH", "SINGH"}
    cells = view.table.model_.cells_at(0)
    assert cells is not None
    assert cells[0].sub == "Sat 21 Nov", "a time alone would be read as one of today"
    choose(view, "HADDAD")
    QTest.keyClick(view.table, Qt.Key.Key_B)
    qtbot.waitUntil(lambda: status_of(view, "HADDAD") == S.TO_BILL)


def test_the_tab_of_tomorrow_shows_tomorrow(
    view: TodayView, busy_morning: BusyDay, qtbot: QtBot
) -> None:
    tomorrow = busy_morning.record.read(board.today_board).day.replace(day=22)
    busy_morning.book("Singh", "09:00", day=tomorrow)
    view.tabs.buttons()[4].click()
    qtbot.waitUntil(lambda: view.table.model_.rowCount() == 1)


def test_the_code_of_a_slip_leads_to_its_line(
    view: TodayView, busy_morning: BusyDay, qtbot: QtBot
) -> None:
    """Scanned into the palette, on any tab of the board."""
    data = view.vm.state.board
    assert data is not None
    last = data.rows[-1].appointment
    view.tabs.buttons()[1].click()
    palette = PaletteVM(view.context)
    palette.ask(last.code.lower())
    qtbot.waitUntil(lambda: any("Appointment of" in line.title for line in palette.state.lines))
    run = palette.state.lines[0].run
    assert run is not None
    run()
    wanted = visited(view)[-1]
    assert wanted == to.Today(last.id)
    view.go_to(wanted)
    qtbot.waitUntil(lambda: view.table.current_id() == last.id)


@pytest.mark.parametrize("key", [Qt.Key.Key_A, Qt.Key.Key_R, Qt.Key.Key_C, Qt.Key.Key_N])
def test_a_slip_of_the_finger_opens_nothing_again(
    view: TodayView, qtbot: QtBot, key: Qt.Key
) -> None:
    choose(view, "OKAFOR")
    QTest.keyClick(view.table, key)
    qtbot.waitUntil(lambda: "is done" in " ".join(host_of(view).toasts))
    qtbot.waitUntil(lambda: view.context.tasks.is_idle)
    assert status_of(view, "OKAFOR") == S.DONE


def test_what_is_not_finished_is_a_key_away(
    view: TodayView, busy_morning: BusyDay, qtbot: QtBot
) -> None:
    record = busy_morning.record
    record.write(drafts.save_draft, "patient", "", {"fields": {"family": "Otieno"}})
    record.write(drafts.save_draft, "appointment", "", {"text": "tue 10:30", "patient_id": ""})
    view.go_to(to.Today(unfinished=True))
    qtbot.waitUntil(lambda: QApplication.focusWidget() in view.unfinished.lines)
    names = [line.accessibleName() for line in view.unfinished.lines]
    assert names[0].startswith("Appointment, ")
    assert "OTIENO, New patient · " in names[1]
    QTest.keyClick(view.unfinished.lines[0], Qt.Key.Key_Space)
    QTest.keyClick(view.unfinished.lines[1], Qt.Key.Key_Space)
    assert visited(view) == [to.BookAppointment(unfinished=""), to.RegisterPatient()]
    record.write(drafts.discard_draft, "patient", "")
    record.write(drafts.discard_draft, "appointment", "")
    view.context.tasks.drafts_changed.emit()
    qtbot.waitUntil(lambda: not view.unfinished.isVisible())
