"""Booking, moving, the way through the day, and taking each step back."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.codes import AppointmentStatus
from clinic_desktop.errors import (
    NotFoundError,
    PermissionDeniedError,
    RuleError,
    StaleError,
    ValidationError,
)
from clinic_desktop.models.practice import Setting
from clinic_desktop.services import patients
from clinic_desktop.services.papers.slip import slip_doc
from clinic_desktop.services.patients import UpdatePatient
from clinic_desktop.services.scheduling import (
    board,
    bookings,
    changes,
    clashes,
    flow,
    slip,
    waitlist,
    walk_ins,
)
from clinic_desktop.services.scheduling.bookings import BookAppointment, PlaceAppointment
from clinic_desktop.services.scheduling.clashes import Slot
from clinic_desktop.services.scheduling.rows import AppointmentRow
from clinic_desktop.services.scheduling.waitlist import AddToWaitlist
from tests.support.busy_day import SATURDAY, BusyDay

S = AppointmentStatus


def row_of(day: BusyDay, change: changes.AppointmentChange) -> AppointmentRow:
    return day.record.read(bookings.appointment, change.appointment_id)


def placed(change: changes.AppointmentChange, at: str, **more: object) -> PlaceAppointment:
    after = change.after
    wish = {
        "appointment_id": change.appointment_id,
        "day": SATURDAY,
        "at": time.fromisoformat(at),
        "duration_min": 20,
        "practitioner_id": after.practitioner_id,
        "location_id": after.location_id,
    } | more
    return PlaceAppointment(**wish)  # type: ignore[arg-type]


def test_a_booking_has_the_length_of_its_type_and_a_code_that_finds_it(busy_day: BusyDay) -> None:
    change = busy_day.book("Singh", "14:00", type_id=busy_day.types["New patient"], reason=" BP ")
    row = row_of(busy_day, change)
    assert (row.minutes, row.status, row.reason) == (30, S.BOOKED, "BP")
    assert row.start_at == datetime(2026, 11, 21, 11, 0, tzinfo=UTC)  # 14:00 in Nairobi
    assert row.person is not None
    assert row.person.name.family == "Singh"
    spoken = f"{row.code[:3]} {row.code[3:].lower()}"
    found = busy_day.record.read(slip.by_code, spoken)
    assert found is not None
    assert found.id == row.id
    assert busy_day.record.read(slip.by_code, "999999") is None


def test_a_slot_can_be_held_without_a_name_if_it_says_for_what(busy_day: BusyDay) -> None:
    record = busy_day.record
    with pytest.raises(ValidationError) as caught:
        record.write(bookings.book, BookAppointment(SATURDAY, time(14)))
    assert caught.value.field == "patient"
    held = record.write(bookings.book, BookAppointment(SATURDAY, time(14), reason="Team meeting"))
    assert row_of(busy_day, held).person is None


@pytest.mark.parametrize("minutes", [0, 4, 721, -20])
def test_an_impossible_length_is_refused(busy_day: BusyDay, minutes: int) -> None:
    change = busy_day.book("Singh", "14:00")
    with pytest.raises(ValidationError, match="minutes"):
        busy_day.record.write(bookings.place, placed(change, "14:00", duration_min=minutes))


def test_an_unknown_doctor_room_or_type_is_refused_and_nothing_is_booked(
    busy_day: BusyDay,
) -> None:
    for name in ("practitioner_id", "location_id", "type_id", "patient_id"):
        with pytest.raises(NotFoundError):
            busy_day.book("Singh", "14:00", "Kamau", **{name: uuid.UUID(int=5)})
    assert not busy_day.record.read(board.today_board).rows


# ------------------------------------------------------------ overlaps


def test_an_overlap_asks_for_a_reason_and_keeps_it(busy_day: BusyDay) -> None:
    busy_day.book("Singh", "14:00")
    with pytest.raises(ValidationError) as caught:
        busy_day.book("Petrov", "14:10")
    assert caught.value.field == "overlap_reason"
    over = busy_day.book("Petrov", "14:10", overlap_reason="Urgent")
    assert row_of(busy_day, over).overlap_reason == "Urgent"


def test_a_booking_for_somebody_who_has_died_asks_why(busy_day: BusyDay) -> None:
    record, singh = busy_day.record, busy_day.people["Singh"]
    known = record.read(patients.record_of, singh).entry
    record.write(patients.update, UpdatePatient(singh, known, replace(known, deceased=True)))
    with pytest.raises(ValidationError, match="has died") as caught:
        busy_day.book("Singh", "14:00")
    assert caught.value.field == "overlap_reason"
    visit = busy_day.book("Singh", "14:00", overlap_reason="The family comes")
    assert row_of(busy_day, visit).overlap_reason == "The family comes"


@pytest.mark.parametrize(
    ("name", "at", "doctor", "counts"),
    [
        ("the end of the one is the start of the other", "14:20", "Kamau", False),
        ("another doctor", "14:00", "Njeri", False),
        ("a minute into it", "14:19", "Kamau", True),
        ("around it", "13:50", "Kamau", True),
    ],
)
def test_appointments_overlap_only_while_both_last(
    busy_day: BusyDay, name: str, at: str, doctor: str, counts: bool
) -> None:
    busy_day.book("Singh", "14:00")
    start = datetime.combine(SATURDAY, time.fromisoformat(at), tzinfo=UTC) - timedelta(hours=3)
    slot = Slot(start, start + timedelta(minutes=40), busy_day.doctors[doctor])
    check = busy_day.record.read(clashes.check_slot, slot)
    assert bool(check.overlaps) is counts, name


def test_the_same_patient_and_the_same_room_count_as_overlaps(busy_day: BusyDay) -> None:
    room = busy_day.rooms["Ultrasound"]
    first = busy_day.book("Singh", "14:00", location_id=room)
    start = row_of(busy_day, first).start_at
    end = start + timedelta(minutes=20)
    njeri = busy_day.doctors["Njeri"]
    for slot in (
        Slot(start, end, njeri, patient_id=busy_day.people["Singh"]),
        Slot(start, end, njeri, location_id=room),
    ):
        found = busy_day.record.read(clashes.check_slot, slot).overlaps
        assert [each.id for each in found] == [first.appointment_id]


def test_whoever_did_not_come_or_cancelled_leaves_the_time_free(busy_day: BusyDay) -> None:
    for family, status in (("Singh", S.NO_SHOW), ("Petrov", S.CANCELLED)):
        busy_day.step(busy_day.book(family, "14:00"), status)
    assert not row_of(busy_day, busy_day.book("Abara", "14:00")).overlap_reason


# ------------------------------------------------------------ moving


def test_moving_checks_the_new_place_but_not_the_appointment_itself(busy_day: BusyDay) -> None:
    change = busy_day.book("Singh", "14:00")
    busy_day.book("Petrov", "15:00")
    moved = busy_day.record.write(bookings.place, placed(change, "14:10"))
    assert row_of(busy_day, moved).start_at == change.after.start_at + timedelta(minutes=10)
    with pytest.raises(ValidationError, match="booked at this time"):
        busy_day.record.write(bookings.place, placed(change, "14:50"))


def test_a_move_from_an_old_screen_is_refused(busy_day: BusyDay) -> None:
    change = busy_day.book("Singh", "14:00")
    base = row_of(busy_day, change).version
    busy_day.record.write(bookings.place, placed(change, "15:00", base=base))
    with pytest.raises(StaleError):
        busy_day.record.write(bookings.place, placed(change, "16:00", base=base))
    assert row_of(busy_day, change).version > base


def test_a_confirmed_appointment_that_moves_must_be_confirmed_again(busy_day: BusyDay) -> None:
    change = busy_day.step(busy_day.book("Singh", "14:00"), S.CONFIRMED)
    longer = busy_day.record.write(bookings.place, placed(change, "14:00", duration_min=40))
    assert longer.after.status == S.CONFIRMED
    moved = busy_day.record.write(bookings.place, placed(change, "15:00"))
    assert moved.after.status == S.BOOKED


def test_who_came_on_the_wrong_day_is_expected_again_on_the_right_one(busy_day: BusyDay) -> None:
    change = busy_day.step(busy_day.book("Singh", "14:00"), S.ARRIVED)
    later = placed(change, "14:00", day=SATURDAY + timedelta(days=6))
    moved = busy_day.record.write(bookings.place, later)
    assert (moved.after.status, moved.after.arrived_at) == (S.BOOKED, None)
    busy_day.record.write(changes.undo, moved)
    assert row_of(busy_day, change).status == S.ARRIVED


@pytest.mark.parametrize("status", [S.NO_SHOW, S.CANCELLED])
def test_what_is_over_stays_on_its_day(busy_day: BusyDay, status: AppointmentStatus) -> None:
    change = busy_day.step(busy_day.book("Singh", "14:00"), status)
    with pytest.raises(RuleError, match="over"):
        busy_day.record.write(
            bookings.place, placed(change, "14:00", day=SATURDAY + timedelta(days=6))
        )


def test_a_copy_is_a_new_booking_of_the_same_patient(busy_day: BusyDay) -> None:
    change = busy_day.step(busy_day.book("Singh", "10:00", reason="Dressing"), S.ARRIVED)
    wish = placed(change, "10:00", day=SATURDAY + timedelta(days=7))
    copied = row_of(busy_day, busy_day.record.write(bookings.copy, wish))
    assert (copied.status, copied.reason) == (S.BOOKED, "Dressing")
    assert copied.code != change.code


def test_the_form_of_an_appointment_saves_place_and_content_at_once(busy_day: BusyDay) -> None:
    change = busy_day.book("Singh", "14:00")
    wish = bookings.ChangeAppointment(
        placed(change, "16:00"), busy_day.people["Petrov"], reason="Results"
    )
    saved = busy_day.record.write(bookings.change, wish)
    row = row_of(busy_day, saved)
    assert row.person is not None
    assert (row.person.name.family, row.reason) == ("Petrov", "Results")
    busy_day.record.write(changes.undo, saved)
    back = row_of(busy_day, saved)
    assert back.person is not None
    assert (back.person.name.family, back.start_at) == ("Singh", change.after.start_at)


# ------------------------------------------------------------ summer time

LONDON = "UPDATE practice SET time_zone = 'Europe/London'"


@pytest.fixture
def london(busy_day: BusyDay) -> BusyDay:
    busy_day.record.write(_to_london)
    return busy_day


def _to_london(uow: UnitOfWork) -> None:
    uow.cursor.execute(LONDON)


def test_a_time_that_summer_time_skips_is_refused(london: BusyDay) -> None:
    spring = date(2027, 3, 28)
    with pytest.raises(ValidationError, match="clocks go forward"):
        london.book("Singh", "01:30", day=spring, overlap_reason="Night duty")
    change = london.book("Singh", "02:00", day=spring, overlap_reason="Night duty")
    assert change.after.start_at == datetime(2027, 3, 28, 1, 0, tzinfo=UTC)


def test_an_hour_that_comes_twice_means_the_first_and_lasts_its_length(london: BusyDay) -> None:
    autumn = date(2027, 10, 31)
    change = london.book("Singh", "01:50", day=autumn, duration_min=30, overlap_reason="Night duty")
    assert change.after.start_at == datetime(2027, 10, 31, 0, 50, tzinfo=UTC)
    assert change.after.end_at - change.after.start_at == timedelta(minutes=30)
    again = BookAppointment(
        autumn, time(1, 50, fold=1), reason="Night duty", overlap_reason="Night duty"
    )
    later = london.record.write(bookings.book, again)
    assert later.after.start_at - change.after.start_at == timedelta(hours=1)


@pytest.mark.parametrize(("day", "hours"), [(date(2027, 3, 28), 23), (date(2027, 10, 31), 25)])
def test_the_board_of_a_day_is_as_long_as_the_day(london: BusyDay, day: date, hours: int) -> None:
    reason = {"overlap_reason": "Night duty"}
    first = london.book("Singh", "00:00", day=day, **reason)
    last = london.book("Petrov", "23:55", day=day, **reason)
    london.book("Abara", "00:00", day=day + timedelta(days=1), **reason)
    shown = london.record.read(board.today_board, day).rows
    assert [row.id for row in shown] == [first.appointment_id, last.appointment_id]
    assert last.after.start_at - first.after.start_at == timedelta(hours=hours, minutes=-5)


# ------------------------------------------------------------ the way through the day


def test_each_step_keeps_its_moment_and_undo_restores_the_ones_before(busy_day: BusyDay) -> None:
    record = busy_day.record
    booked = busy_day.book("Singh", "12:10")
    arrived = busy_day.step(booked, S.ARRIVED)
    record.clock.advance(minutes=22)
    roomed = busy_day.step(booked, S.IN_ROOM)
    row = row_of(busy_day, booked)
    assert row.roomed_at == record.clock.now()
    assert row.arrived_at == arrived.after.arrived_at
    record.write(changes.undo, roomed)
    waiting = row_of(busy_day, booked)
    assert (waiting.status, waiting.roomed_at) == (S.ARRIVED, None)
    assert waiting.waited(record.clock.now()) == 22
    record.write(changes.undo, arrived)
    assert row_of(busy_day, booked).arrived_at is None
    record.write(changes.undo, booked)
    with pytest.raises(NotFoundError):
        row_of(busy_day, booked)


def test_a_step_can_be_undone_at_whatever_microsecond_it_was_taken(busy_day: BusyDay) -> None:
    """The file keeps milliseconds; a real clock has finer ones."""
    busy_day.record.clock.advance(microseconds=590_045)
    booked = busy_day.book("Singh", "12:10")
    arrived = busy_day.step(booked, S.ARRIVED)
    busy_day.record.write(changes.undo, arrived)
    assert row_of(busy_day, booked).status == S.BOOKED


def test_an_undo_never_wipes_out_what_somebody_did_since(busy_day: BusyDay) -> None:
    booked = busy_day.book("Singh", "12:10")
    arrived = busy_day.step(booked, S.ARRIVED)
    busy_day.step(booked, S.IN_ROOM)
    with pytest.raises(StaleError):
        busy_day.record.write(changes.undo, arrived)
    assert row_of(busy_day, booked).status == S.IN_ROOM


def test_a_step_that_cannot_follow_is_refused(busy_day: BusyDay) -> None:
    done = busy_day.book("Singh", "12:10")
    for status in (S.ARRIVED, S.IN_ROOM, S.DONE):
        busy_day.step(done, status)
    with pytest.raises(RuleError):
        busy_day.step(done, S.NO_SHOW)


def test_two_people_at_two_desks_cannot_take_the_same_step_unseen(busy_day: BusyDay) -> None:
    booked = busy_day.book("Singh", "12:10")
    wish = flow.ChangeStatus(booked.appointment_id, S.ARRIVED, seen=S.BOOKED)
    busy_day.record.write(flow.change_status, wish)
    with pytest.raises(StaleError):
        busy_day.record.write(flow.change_status, wish)


def test_a_cancellation_says_why_and_can_be_taken_back(busy_day: BusyDay) -> None:
    booked = busy_day.book("Singh", "14:00")
    with pytest.raises(ValidationError, match="why"):
        busy_day.record.write(
            flow.change_status, flow.ChangeStatus(booked.appointment_id, S.CANCELLED)
        )
    cancelled = busy_day.step(booked, S.CANCELLED)
    assert cancelled.after.cancel_reason == "Asked to"
    assert not busy_day.record.read(board.today_board).rows
    busy_day.record.write(changes.undo, cancelled)
    assert busy_day.record.read(board.today_board).count(S.BOOKED) == 1


def test_a_walk_in_arrives_now_with_the_doctor_who_has_the_shortest_queue(
    busy_morning: BusyDay,
) -> None:
    record = busy_morning.record
    wish = walk_ins.WalkIn(busy_morning.people["Moreau"], next_free=True, reason="Cut finger")
    row = row_of(busy_morning, record.write(walk_ins.take_walk_in, wish))
    assert (row.practitioner, row.status, row.is_walk_in) == ("Dr Njeri", S.ARRIVED, True)
    assert row.arrived_at == record.clock.now()


# ------------------------------------------------------------ the board


def test_the_board_counts_names_waits_and_flags(busy_morning: BusyDay) -> None:
    record = busy_morning.record
    data = record.read(board.today_board)
    assert [data.count(status) for status in (S.ARRIVED, S.IN_ROOM, S.TO_BILL, S.DONE)] == [
        2, 1, 1, 1,
    ]  # fmt: skip
    assert data.count() == 10
    assert data.longest_wait(record.clock.now()) == 24
    assert [row.appointment.start_at for row in data.rows] == sorted(
        row.appointment.start_at for row in data.rows
    )
    assert not any(row.same_name or row.doubled for row in data.rows)


@pytest.mark.parametrize(("chosen", "minutes"), [(35, 35), (0, 20), ("soon", 20)])
def test_the_practice_says_when_a_wait_is_long(
    busy_morning: BusyDay, chosen: object, minutes: int
) -> None:
    def choose(uow: UnitOfWork) -> None:
        uow.add(Setting(key=board.WAIT_ALARM_KEY, value=chosen))
        uow.add(Setting(key=board.WAIT_ALARM_KEY, value=7, user_id=uow.actor.user_id))

    record = busy_morning.record
    assert record.read(board.today_board).wait_alarm_min == board.WAIT_ALARM_MIN
    record.write(choose)
    assert record.read(board.today_board).wait_alarm_min == minutes


def test_tomorrow_is_counted_without_what_was_cancelled(busy_day: BusyDay) -> None:
    tomorrow = SATURDAY + timedelta(days=1)
    for at in ("09:00", "10:00"):
        kept = busy_day.book("Singh", at, day=tomorrow, overlap_reason="Open house")
    busy_day.step(kept, S.CANCELLED)
    assert busy_day.record.read(board.today_board).tomorrow == 1


def test_two_people_of_one_name_are_marked_but_one_person_twice_is_not(
    busy_day: BusyDay,
) -> None:
    from clinic_desktop.domain.names import HumanName
    from clinic_desktop.services import patients

    entry = patients.PatientEntry(HumanName("PETROV", "Oleg"))
    busy_day.people["PETROV"] = busy_day.record.write(
        patients.register, patients.RegisterPatient(entry)
    )
    for family, at in (("Petrov", "13:00"), ("PETROV", "14:00")):
        busy_day.book(family, at)
    for at in ("15:00", "16:00"):
        busy_day.book("Singh", at)
    marked = [row.same_name for row in busy_day.record.read(board.today_board).rows]
    assert marked == [True, True, False, False]


def test_an_appointment_of_a_joined_chart_shows_the_chart_it_leads_to(busy_day: BusyDay) -> None:
    from clinic_desktop.services import patients

    change = busy_day.book("Petrov", "13:00")
    people = busy_day.people
    busy_day.record.write(patients.merge, people["Singh"], people["Petrov"], reason="One person")
    row = row_of(busy_day, change)
    assert row.person is not None
    assert (row.person.patient_id, row.person.name.family) == (people["Singh"], "Singh")


def _run(uow: UnitOfWork, sql: str, *values: str) -> None:
    uow.cursor.execute(sql, values)


def test_the_card_of_a_patient_holds_what_the_desk_asks(busy_day: BusyDay) -> None:
    card = busy_day.record.read(board.desk_card, busy_day.people["Singh"])
    assert card.patient.name.family == "Singh"
    assert card.patient.phone
    assert card.allergies is not None
    desk = busy_day.record.as_role("receptionist")
    seen = busy_day.record.store.read(desk, board.desk_card, busy_day.people["Singh"])
    assert seen.result(10).allergies is None
    asked = "UPDATE patient SET allergy_status = ?"
    for status, is_asked in (("not-asked", False), ("none-known", True)):
        busy_day.record.write(_run, asked, status)
        seen = busy_day.record.store.read(desk, board.desk_card, busy_day.people["Singh"])
        assert seen.result(30).is_asked == is_asked


def test_the_slip_says_when_where_with_whom_and_what_to_bring(busy_day: BusyDay) -> None:
    room = busy_day.rooms["Ultrasound"]
    change = busy_day.book("Singh", "14:00", location_id=room)
    doc = busy_day.record.read(slip_doc, change.appointment_id)
    assert (doc.doctor, doc.room, doc.code) == ("Dr Amina Kamau", "Ultrasound", change.code)
    assert doc.qr == change.code


# ------------------------------------------------------------ the wait list


def test_a_freed_slot_finds_whom_it_suits_the_urgent_first(busy_day: BusyDay) -> None:
    record, people = busy_day.record, busy_day.people
    freed = busy_day.book("Singh", "09:40", day=SATURDAY + timedelta(days=2))
    wishes = {
        "Petrov": AddToWaitlist(people["Petrov"], preference="morning"),
        "Abara": AddToWaitlist(people["Abara"], preference="evening"),
        "Nguyen": AddToWaitlist(people["Nguyen"], practitioner_id=busy_day.doctors["Njeri"]),
        "Moreau": AddToWaitlist(people["Moreau"], preference=waitlist.URGENT),
        "Mensah": AddToWaitlist(people["Mensah"], to_on=SATURDAY + timedelta(days=1)),
        "Haddad": AddToWaitlist(people["Haddad"], type_id=busy_day.types["New patient"]),
    }
    for wish in wishes.values():
        record.write(waitlist.add, wish)
    slot = freed.after
    found = record.read(waitlist.matches, slot.start_at, slot.end_at, slot.practitioner_id)
    assert [row.person.name.family for row in found] == ["Moreau", "Petrov"]


def test_booking_from_the_wait_list_takes_the_person_off_it_and_undo_puts_back(
    busy_day: BusyDay,
) -> None:
    record = busy_day.record
    entry = record.write(waitlist.add, AddToWaitlist(busy_day.people["Singh"]))
    change = busy_day.book("Singh", "14:00", waitlist_id=entry)
    assert record.read(waitlist.waitlist) == ()
    record.write(changes.undo, change)
    assert [row.id for row in record.read(waitlist.waitlist)] == [entry]


def test_an_appointment_sent_to_the_wait_list_comes_back_with_undo(busy_day: BusyDay) -> None:
    record = busy_day.record
    booked = busy_day.book("Singh", "14:00")
    sent = record.write(waitlist.send_to_waitlist, booked.appointment_id)
    assert len(record.read(waitlist.waitlist)) == 1
    assert row_of(busy_day, booked).status == S.CANCELLED
    record.write(changes.undo, sent)
    assert record.read(waitlist.waitlist) == ()
    assert row_of(busy_day, booked).status == S.BOOKED


# ------------------------------------------------------------ rights


@pytest.mark.parametrize("role", ["cashier", "nobody"])
def test_only_those_who_may_book_can_book(busy_day: BusyDay, role: str) -> None:
    actor = busy_day.record.as_role(role)
    wish = BookAppointment(SATURDAY, time(14), reason="Held")
    with pytest.raises(PermissionDeniedError):
        busy_day.record.store.write(actor, bookings.book, wish).result(10)
