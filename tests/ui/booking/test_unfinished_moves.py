"""A move half typed, and why two may share a time, outlive Esc and the closed record."""

from __future__ import annotations

from datetime import date

import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from clinic_desktop import i18n
from clinic_desktop.domain.codes import AppointmentStatus
from clinic_desktop.services import drafts
from clinic_desktop.services.scheduling import bookings, flow, grid
from clinic_desktop.services.scheduling.rows import AppointmentRow
from clinic_desktop.services.unfinished import unfinished
from clinic_desktop.ui.booking.booking_view import BookingView
from clinic_desktop.ui.booking.move_view import MoveView
from clinic_desktop.ui.calendar.calendar_view import CalendarView
from clinic_desktop.ui.calendar.calendar_vm import Placing
from clinic_desktop.ui.calendar.overlap_form import OverlapForm
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.today.unfinished import _place
from tests.support.busy_day import SATURDAY, BusyDay
from tests.support.windows import RecordingHost


class Desk:
    """The appointments of a Saturday and the forms about them."""

    def __init__(self, day: BusyDay, context: Context, qtbot: QtBot) -> None:
        self.day, self.context, self.qtbot = day, context, qtbot
        i18n.use(context.language)

    @property
    def host(self) -> RecordingHost:
        assert isinstance(self.context.host, RecordingHost)
        return self.context.host

    def settle(self) -> None:
        for _turn in range(2):
            self.qtbot.waitUntil(lambda: self.context.tasks.is_idle)

    def close_record(self) -> None:
        self.context.tasks.closing.emit()
        self.settle()

    def booked(self, family: str, at: str, doctor: str = "Kamau") -> AppointmentRow:
        change = self.day.book(family, at, doctor)
        return self.day.record.read(bookings.appointment, change.appointment_id)

    def move(self, row: AppointmentRow) -> MoveView:
        form = MoveView(self.context, to.MoveAppointment(row.id))
        self.qtbot.addWidget(form)
        form.show()
        self.qtbot.waitUntil(lambda: form.vm.row is not None)
        self.settle()
        return form

    def dropped(self, row: AppointmentRow, at: int, *, copies: bool = False) -> OverlapForm:
        """The form of an appointment that was dropped into the column of Dr Njeri."""
        columns = self.day.record.read(grid.day_grid, SATURDAY).columns
        njeri = self.day.doctors["Njeri"]
        column = next(each for each in columns if each.resource.practitioner_id == njeri)
        wish = Placing(row, column, at, row.minutes, copies)
        form = OverlapForm(self.context, wish, "Somebody is booked", lambda _reason: None)
        self.qtbot.addWidget(form)
        form.show()
        return form

    def kept(self) -> list[str]:
        self.settle()
        return [row.kind for row in self.day.record.read(drafts.my_drafts)]

    def places(self) -> list[to.Destination | None]:
        self.settle()
        return [_place(row) for row in self.day.record.read(unfinished)]


@pytest.fixture
def desk(busy_day: BusyDay, ui_context: Context, qtbot: QtBot) -> Desk:
    return Desk(busy_day, ui_context, qtbot)


def test_a_move_half_typed_is_there_again_until_it_is_made(desk: Desk) -> None:
    row = desk.booked("Petrov", "10:00")
    form = desk.move(row)
    QTest.keyClicks(form.slot.line, "mon 9:15")
    desk.close_record()
    assert desk.places() == [to.MoveAppointment(row.id)]

    again = desk.move(row)
    assert again.slot.line.text() == "mon 9:15"
    assert again.vm.state.form.day == date(2026, 11, 23)
    assert again.draft.notice.isVisible()
    with desk.qtbot.waitSignal(again.close_requested):
        again.submit(print_too=False)
    assert desk.kept() == []


def test_the_doctor_of_a_free_time_and_the_reason_come_back_with_it(desk: Desk) -> None:
    row = desk.booked("Petrov", "10:00")
    desk.booked("Singh", "11:00", doctor="Njeri")
    form = desk.move(row)
    QTest.keyClicks(form.slot.line, "11:00")
    form.vm.choose(practitioner_id=desk.day.doctors["Njeri"])
    desk.qtbot.waitUntil(form.slot.reason.edit.isVisible)
    QTest.keyClicks(form.slot.reason.edit, "Family together")
    desk.close_record()

    again = desk.move(row)
    assert again.vm.state.form.practitioner_id == desk.day.doctors["Njeri"]
    desk.qtbot.waitUntil(again.slot.reason.edit.isVisible)
    assert again.slot.reason.text() == "Family together"
    with desk.qtbot.waitSignal(again.close_requested):
        again.submit(print_too=False)
    now = desk.day.record.read(bookings.appointment, row.id)
    assert (now.practitioner_id, now.overlap_reason) == (
        desk.day.doctors["Njeri"],
        "Family together",
    )


def test_esc_gives_a_move_up_and_it_can_be_brought_back(desk: Desk) -> None:
    row = desk.booked("Petrov", "10:00")
    form = desk.move(row)
    QTest.keyClicks(form.slot.line, "mon 9:15")
    assert form.may_close()
    assert desk.kept() == []
    assert desk.move(row).slot.line.text() == ""
    assert desk.host.undo is not None
    desk.host.undo()
    assert desk.kept() == ["move"]
    assert desk.context.navigator.visited[-1] == to.MoveAppointment(row.id)  # type: ignore[attr-defined]
    assert desk.move(row).slot.line.text() == "mon 9:15"


def test_a_move_of_what_was_cancelled_since_is_listed_no_more(desk: Desk) -> None:
    row = desk.booked("Petrov", "10:00")
    form = desk.move(row)
    QTest.keyClicks(form.slot.line, "mon 9:15")
    desk.close_record()
    wish = flow.ChangeStatus(row.id, AppointmentStatus.CANCELLED, reason="Ill")
    desk.day.record.write(flow.change_status, wish)
    assert desk.places() == []


def test_why_a_dropped_appointment_may_lie_there_is_given_back_where_one_moves(desk: Desk) -> None:
    row = desk.booked("Petrov", "10:00")
    desk.booked("Singh", "11:00", doctor="Njeri")
    form = desk.dropped(row, 11 * 60)
    QTest.keyClicks(form.reason.edit, "Family together")
    desk.close_record()
    assert desk.places() == [to.MoveAppointment(row.id)]

    again = desk.move(row)
    assert again.vm.state.form.practitioner_id == desk.day.doctors["Njeri"]
    desk.qtbot.waitUntil(again.slot.reason.edit.isVisible)
    assert again.slot.reason.text() == "Family together"
    with desk.qtbot.waitSignal(again.close_requested):
        again.submit(print_too=False)
    now = desk.day.record.read(bookings.appointment, row.id)
    assert desk.context.language.local(now.start_at).strftime("%H:%M") == "11:00"
    assert now.overlap_reason == "Family together"
    assert desk.kept() == []


def test_why_a_copy_may_lie_there_is_given_back_where_one_books(desk: Desk) -> None:
    row = desk.booked("Petrov", "10:00")
    desk.booked("Singh", "11:00", doctor="Njeri")
    form = desk.dropped(row, 11 * 60, copies=True)
    QTest.keyClicks(form.reason.edit, "Family together")
    desk.close_record()
    (place,) = desk.places()
    assert isinstance(place, to.BookAppointment)

    again = BookingView(desk.context, place)
    desk.qtbot.addWidget(again)
    again.show()
    desk.qtbot.waitUntil(again.slot.reason.edit.isVisible)
    assert "PETROV" in again.patient.text()
    assert again.slot.reason.text() == "Family together"
    with desk.qtbot.waitSignal(again.close_requested):
        again.submit(print_too=False)
    assert desk.kept() == []
    assert desk.day.record.read(bookings.appointment, row.id).start_at == row.start_at
    found = desk.day.record.rows("SELECT count(*) FROM appointment WHERE overlap_reason != ''")
    assert found == [(1,)]


def test_a_reason_given_up_with_esc_can_be_brought_back(desk: Desk) -> None:
    row = desk.booked("Petrov", "10:00")
    form = desk.dropped(row, 11 * 60)
    QTest.keyClicks(form.reason.edit, "Family together")
    desk.close_record()
    assert form.may_close()
    assert desk.kept() == []
    assert desk.host.undo is not None
    desk.host.undo()
    assert desk.kept() == ["move"]
    assert desk.context.navigator.visited[-1] == to.MoveAppointment(row.id)  # type: ignore[attr-defined]


def test_what_was_dropped_and_kept_leaves_no_draft(desk: Desk) -> None:
    row = desk.booked("Petrov", "10:00")
    desk.booked("Singh", "11:00")
    view = CalendarView(desk.context)
    desk.qtbot.addWidget(view)
    view.show()
    view.go_to(to.Calendar(SATURDAY))
    desk.settle()
    assert view.vm.state.grid is not None
    kamau = desk.day.doctors["Kamau"]
    column = next(
        each for each in view.vm.state.grid.columns if each.resource.practitioner_id == kamau
    )
    view.vm.place(Placing(row, column, 11 * 60, row.minutes))
    desk.qtbot.waitUntil(lambda: bool(desk.host.drawers))
    form = desk.host.drawers[-1]
    assert isinstance(form, OverlapForm)
    desk.qtbot.addWidget(form)
    QTest.keyClicks(form.reason.edit, "Family together")
    desk.close_record()
    assert desk.kept() == ["move"]
    form.submit(print_too=False)
    desk.settle()
    assert desk.kept() == []
    assert desk.day.record.read(bookings.appointment, row.id).overlap_reason == "Family together"
