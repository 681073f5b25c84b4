"""Booking with the keyboard, and the line that says everything."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from clinic_desktop import i18n
from clinic_desktop.domain.names import HumanName
from clinic_desktop.i18n import Language
from clinic_desktop.services import drafts, patients
from clinic_desktop.services.patients import PatientEntry, RegisterPatient
from clinic_desktop.services.scheduling import board, resources, walk_ins
from clinic_desktop.services.scheduling.board import BoardRow
from clinic_desktop.ui.booking.booking_view import BookingView
from clinic_desktop.ui.booking.walk_in_view import WalkInView
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.scheduling.when_line import date_order, read_when
from tests.support.busy_day import SATURDAY, BusyDay
from tests.support.windows import RecordingHost, VisitedNavigator

TUESDAY = SATURDAY + timedelta(days=3)
Open = Callable[..., BookingView]


@pytest.fixture
def open_form(busy_day: BusyDay, ui_context: Context, qtbot: QtBot) -> Open:
    """Opens the booking form as Ctrl+B does."""

    def open_(**wish: object) -> BookingView:
        i18n.use(ui_context.language)
        form = BookingView(ui_context, to.BookAppointment(**wish))  # type: ignore[arg-type]
        qtbot.addWidget(form)
        form.resize(460, 800)
        form.show()
        form.patient.combo.edit.setFocus()
        qtbot.waitUntil(lambda: bool(form.vm.state.offered.types))
        return form

    return open_


def shown(qtbot: QtBot, form: BookingView) -> None:
    """Wait until everything asked for is shown."""
    qtbot.waitUntil(lambda: form._context.tasks.is_idle)


def half_booked(open_form: Open, qtbot: QtBot) -> BookingView:
    """A booking of which all but the last Enter is done."""
    form = open_form()
    edit = form.patient.combo.edit
    QTest.keyClicks(edit, "singh")
    qtbot.waitUntil(lambda: has_suggestions(form))
    QTest.keyClick(edit, Qt.Key.Key_Return)
    QTest.keyClicks(form.slot.line, "tue 10:30 fu")
    return form


@pytest.mark.parametrize(
    ("make", "to_where"),
    [
        (BookingView, lambda singh: to.BookAppointment(patient_id=singh)),
        (WalkInView, to.WalkIn),
    ],
)
def test_whoever_is_typed_before_the_patient_is_read_is_meant(
    busy_day: BusyDay,
    ui_context: Context,
    qtbot: QtBot,
    make: type[BookingView | WalkInView],
    to_where: Callable[[uuid.UUID], Any],
) -> None:
    i18n.use(ui_context.language)
    form = make(ui_context, to_where(busy_day.people["Singh"]))
    qtbot.addWidget(form)
    form.show()
    QTest.keyClicks(form.patient.combo.edit, "nguyen")
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)
    assert form.patient.text() == "nguyen"
    assert form.patient.value() is None
    if isinstance(form, BookingView):
        assert form.vm.state.form.patient_id is None


def test_an_answer_to_an_older_text_neither_takes_enter_nor_what_is_typed_since(
    open_form: Open, qtbot: QtBot
) -> None:
    form = open_form()
    edit = form.patient.combo.edit
    QTest.keyClicks(edit, "sin")
    form.patient.combo.wanted.emit("sin")
    QTest.keyClicks(edit, "gh")
    QTest.keyClick(edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: form.patient.text() == "SINGH Harpreet")
    edit.selectAll()
    QTest.keyClicks(edit, "singh")
    QTest.keyClick(edit, Qt.Key.Key_Return)
    QTest.keyClicks(edit, "x")
    shown(qtbot, form)
    assert form.patient.text() == "singhx"


def test_a_booking_half_typed_outlives_the_window(
    open_form: Open, busy_day: BusyDay, ui_context: Context, qtbot: QtBot
) -> None:
    """What a kill or a change of person leaves is there at the next Ctrl+B, and can be booked."""
    first = half_booked(open_form, qtbot)
    first.draft.flush()
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)  # kept, before somebody looks for it
    first.draft.rest()
    form = open_form()
    qtbot.waitUntil(lambda: form.slot.line.text() == "tue 10:30 fu")
    shown(qtbot, form)
    assert form.patient.text() == "SINGH Harpreet"
    assert form._restored.isVisible()
    with qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)
    shown(qtbot, form)
    (row,) = rows(busy_day, TUESDAY)
    assert row.appointment.person is not None
    assert row.appointment.person.name.family == "Singh"
    assert busy_day.record.read(drafts.my_drafts) == []


def test_a_booking_given_up_can_be_brought_back(
    open_form: Open, busy_day: BusyDay, ui_context: Context, qtbot: QtBot
) -> None:
    """Esc leaves nothing to tidy up; for ten seconds it is one press away."""
    form = half_booked(open_form, qtbot)
    assert form.may_close()
    shown(qtbot, form)
    assert busy_day.record.read(drafts.my_drafts) == []
    host = ui_context.host
    assert isinstance(host, RecordingHost)
    assert host.undo is not None
    host.undo()
    shown(qtbot, form)
    assert visited(ui_context) == [to.BookAppointment(unfinished="")]
    assert len(busy_day.record.read(drafts.my_drafts)) == 1


def test_somebody_new_is_registered_from_within_the_booking(
    open_form: Open, busy_day: BusyDay, ui_context: Context, qtbot: QtBot
) -> None:
    """The slot chosen before is still there, and the person stands in the form."""
    form = open_form(day=TUESDAY, at=time(10, 30))
    edit = form.patient.combo.edit
    QTest.keyClicks(edit, "wanjala")
    qtbot.waitUntil(lambda: has_suggestions(form))
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert visited(ui_context) == [to.RegisterPatient("wanjala", for_form=True)]
    new = RegisterPatient(PatientEntry(HumanName("Wanjala", "Peter")))
    ui_context.navigator.registered.emit(busy_day.record.write(patients.register, new))
    qtbot.waitUntil(lambda: form.patient.text() == "WANJALA Peter")
    with qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)
    shown(qtbot, form)
    (row,) = rows(busy_day, TUESDAY)
    assert row.appointment.start_at.hour == 7  # half past ten in Nairobi


def test_a_slot_that_was_only_looked_at_leaves_no_draft(
    open_form: Open, busy_day: BusyDay, ui_context: Context, qtbot: QtBot
) -> None:
    form = open_form(day=TUESDAY, at=time(10, 30))
    form.draft.save()
    assert form.may_close()
    shown(qtbot, form)
    assert busy_day.record.read(drafts.my_drafts) == []
    host = ui_context.host
    assert isinstance(host, RecordingHost)
    assert host.toasts == []


def visited(context: Context) -> list[to.Destination]:
    navigator = context.navigator
    assert isinstance(navigator, VisitedNavigator)
    return navigator.visited


def rows(day: BusyDay, on: date) -> tuple[BoardRow, ...]:
    return day.record.read(board.today_board, on).rows


def has_suggestions(form: BookingView) -> bool:
    popup = form.patient.combo._popup
    return popup is not None and popup.current() is not None


def test_a_known_slot_is_booked_with_four_keys_besides_the_words(
    open_form: Open, busy_day: BusyDay, qtbot: QtBot
) -> None:
    """Ctrl+B, name ⏎, "tue 10:30 fu" ⏎⏎."""
    acts = 1  # Ctrl+B opened the form
    form = open_form()
    edit = form.patient.combo.edit
    QTest.keyClicks(edit, "singh")
    qtbot.waitUntil(lambda: has_suggestions(form))
    QTest.keyClick(edit, Qt.Key.Key_Return)
    acts += 1
    assert form.slot.line.hasFocus()
    QTest.keyClicks(form.slot.line, "tue 10:30 fu")
    qtbot.waitUntil(lambda: form.vm.state.check is not None)
    assert "Tuesday 24 November 2026" in form.slot.line.accessibleDescription()
    assert "free" in form.slot.line.accessibleDescription()
    QTest.keyClick(form.slot.line, Qt.Key.Key_Return)
    acts += 1
    with qtbot.waitSignal(form.close_requested):
        QTest.keyClick(form.slot.line, Qt.Key.Key_Return)
    acts += 1
    assert acts <= 5
    (row,) = rows(busy_day, TUESDAY)
    assert row.appointment.person is not None
    assert row.appointment.person.name.family == "Singh"
    assert (row.appointment.type_name, row.appointment.minutes) == ("Follow-up", 15)
    host = form._context.host
    assert isinstance(host, RecordingHost)
    assert "Tue 24 Nov" in host.toasts[-1]
    assert host.undo is not None
    host.undo()
    qtbot.waitUntil(lambda: not rows(busy_day, TUESDAY))


def test_enter_before_the_list_is_there_takes_the_only_match(
    open_form: Open, busy_day: BusyDay, qtbot: QtBot
) -> None:
    form = open_form()
    form.patient.combo.edit.setText("harpreet")
    QTest.keyClick(form.patient.combo.edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: form.patient.value() == busy_day.people["Singh"])


def test_enter_before_the_list_is_there_takes_nobody_who_only_sounds_like_it(
    open_form: Open, busy_day: BusyDay, qtbot: QtBot
) -> None:
    form = open_form()
    form.patient.combo.edit.setText("harprit")
    QTest.keyClick(form.patient.combo.edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: has_suggestions(form))
    assert form.patient.value() is None
    found = busy_day.record.read(patients.search, "harprit")
    assert [row.id for row in found] == [busy_day.people["Singh"]]


def test_letters_typed_on_a_slot_begin_the_name(
    open_form: Open, busy_day: BusyDay, qtbot: QtBot
) -> None:
    form = open_form(text="s", day=TUESDAY, at=time(10, 30))
    edit = form.patient.combo.edit
    qtbot.waitUntil(lambda: edit.hasFocus() and edit.cursorPosition() == 1)
    QTest.keyClicks(edit, "ingh")
    qtbot.waitUntil(lambda: has_suggestions(form))
    QTest.keyClick(edit, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: form.vm.state.check is not None)
    for _press in range(2):
        QTest.keyClick(form.slot.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(rows(busy_day, TUESDAY)) == 1)


def test_an_overlap_is_shown_and_booked_only_with_a_reason(
    open_form: Open, busy_day: BusyDay, qtbot: QtBot
) -> None:
    busy_day.book("Petrov", "10:30", day=TUESDAY)
    form = open_form(patient_id=busy_day.people["Singh"])
    QTest.keyClicks(form.slot.line, "tue 10:35")
    qtbot.waitUntil(lambda: form.vm.state.wants_reason)
    assert "PETROV" in form.slot.over.message.text()
    QTest.keyClick(form.slot.line, Qt.Key.Key_Return)
    assert form.slot.reason.edit.hasFocus()
    QTest.keyClicks(form.slot.reason.edit, "Urgent")
    with qtbot.waitSignal(form.close_requested):
        QTest.keyClick(form.slot.reason.edit, Qt.Key.Key_Return)
    assert rows(busy_day, TUESDAY)[1].appointment.overlap_reason == "Urgent"


def test_a_wrong_time_says_so_and_nothing_is_booked(
    open_form: Open, busy_day: BusyDay, qtbot: QtBot
) -> None:
    form = open_form(patient_id=busy_day.people["Singh"])
    QTest.keyClicks(form.slot.line, "tue 25:00")
    form.submit(print_too=False)
    assert form.slot.when.message.text()
    assert not rows(busy_day, TUESDAY)


def test_nobody_and_nothing_is_refused_in_words(open_form: Open, qtbot: QtBot) -> None:
    form = open_form()
    QTest.keyClicks(form.slot.line, "tue 10:30")
    form.submit(print_too=False)
    assert "who comes" in form.who.message.text()


def test_a_free_time_fills_the_line(open_form: Open, busy_day: BusyDay, qtbot: QtBot) -> None:
    form = open_form(patient_id=busy_day.people["Singh"])
    qtbot.waitUntil(lambda: bool(form.vm.state.found))
    form.slot._take(form.vm.state.found[0])
    assert form.vm.state.form.day == SATURDAY
    assert form.vm.state.form.at == time(12, 0)


def test_a_walk_in_is_a_name_and_enter(
    busy_day: BusyDay, ui_context: Context, qtbot: QtBot
) -> None:
    form = WalkInView(ui_context, to.WalkIn())
    qtbot.addWidget(form)
    form.show()
    edit = form.patient.combo.edit
    edit.setFocus()
    QTest.keyClicks(edit, "okafor")
    QTest.keyClick(edit, Qt.Key.Key_Return)
    qtbot.waitUntil(form.reason.hasFocus)
    with qtbot.waitSignal(form.close_requested):
        QTest.keyClick(form.reason, Qt.Key.Key_Return)
    (row,) = rows(busy_day, SATURDAY)
    assert row.appointment.is_walk_in
    assert row.appointment.practitioner == busy_day.record.read(walk_ins.queues)[-1].practitioner


# ------------------------------------------------------------ the line


@pytest.mark.parametrize(
    ("text", "day", "at", "kind", "doctor", "minutes", "reason"),
    [
        ("tue 10:30 fu", TUESDAY, time(10, 30), "Follow-up", "", None, ""),
        ("tomorrow 9:15 njeri 45m", SATURDAY + timedelta(1), time(9, 15), "", "Njeri", 45, ""),
        ("3.12. 14:00 tooth ache", date(2026, 12, 3), time(14), "", "", None, "tooth ache"),
        ("вт 10:30", TUESDAY, time(10, 30), "", "", None, ""),
        ("vac 11:00", None, time(11), "Vaccine", "", None, ""),
        ("ear ache fri 9:15", date(2026, 11, 27), time(9, 15), "", "", None, "ear ache"),
        ("", None, None, "", "", None, ""),
    ],
)
def test_the_line_is_read(
    busy_day: BusyDay,
    text: str,
    day: date | None,
    at: time | None,
    kind: str,
    doctor: str,
    minutes: int | None,
    reason: str,
) -> None:
    offered = busy_day.record.read(resources.bookable)
    plan = read_when(text, offered, today=SATURDAY, order="dmy")
    assert (plan.day, plan.at, plan.duration_min, plan.reason) == (day, at, minutes, reason)
    assert plan.type_id == busy_day.types.get(kind)
    assert plan.practitioner_id == busy_day.doctors.get(doctor)


def test_a_date_with_two_readings_is_asked_about_by_country() -> None:
    assert date_order(Language("en", "US").locale) == "mdy"
    assert date_order(Language("en", "KE").locale) == "dmy"
    assert date_order(Language("ru", "RU").locale) == "dmy"
