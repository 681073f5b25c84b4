"""Hours, closures, holidays, free times and the grids of the calendar."""

from __future__ import annotations

from datetime import date, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.errors import PermissionDeniedError, ValidationError
from clinic_desktop.services.scheduling import grid, hours, openings, resources
from clinic_desktop.services.scheduling.grid import ColumnsBy
from clinic_desktop.services.scheduling.hours import AddClosure, WeekHours
from clinic_desktop.services.scheduling.openings import DayPart, FindOpenings, starts
from clinic_desktop.services.scheduling.timetable import (
    PRACTICE,
    Hours,
    Resource,
    Span,
    Timetable,
    merged,
    without,
)
from tests.support.busy_day import SATURDAY, BusyDay

MONDAY = SATURDAY + timedelta(days=2)
SPANS = st.lists(st.tuples(st.integers(0, 1440), st.integers(0, 1440)), max_size=8)
WORK = ((8 * 60, 12 * 60), (13 * 60, 17 * 60))


def minutes(spans: tuple[Span, ...] | list[Span]) -> set[int]:
    return {minute for start, end in spans for minute in range(start, end)}


@given(SPANS)
def test_merging_spans_keeps_every_minute_in_order_and_apart(spans: list[Span]) -> None:
    found = merged(spans)
    assert minutes(found) == minutes(spans)
    assert all(one[1] < two[0] for one, two in pairwise(found))


@given(SPANS, SPANS)
def test_free_minutes_are_the_open_ones_that_nobody_took(
    open_: list[Span], taken: list[Span]
) -> None:
    assert minutes(without(open_, taken)) == minutes(open_) - minutes(taken)


@given(SPANS, SPANS, st.integers(5, 120), st.integers(0, 1440))
def test_a_free_time_never_touches_a_taken_minute(
    open_: list[Span], taken: list[Span], length: int, now: int
) -> None:
    for start in starts(without(open_, taken), length, (0, 1440), now):
        span = minutes([(start, start + length)])
        assert span <= minutes(open_) - minutes(taken)
        assert start >= now
        assert start % openings.STEP_MIN == 0


@given(st.dates(date(2026, 1, 1), date(2028, 12, 31)))
def test_hours_of_a_period_replace_the_usual_ones_of_their_weekday(day: date) -> None:
    usual = [Hours(PRACTICE, weekday, (480, 960)) for weekday in range(7)]
    ramadan = Hours(PRACTICE, 1, (600, 840), date(2027, 2, 8), date(2027, 3, 9))
    inside = day.weekday() == 1 and date(2027, 2, 8) <= day <= date(2027, 3, 9)
    found = Timetable([*usual, ramadan], []).open(day, PRACTICE)
    assert found == (((600, 840),) if inside else ((480, 960),))


# ------------------------------------------------------------ hours and closures


def work_weekdays(day: BusyDay, resource: Resource = PRACTICE) -> None:
    week = WeekHours(resource, (*(WORK for _day in range(5)), (), ()))
    day.record.write(hours.save_week_hours, week)


def test_a_practice_without_hours_can_be_booked_at_any_time(busy_day: BusyDay) -> None:
    assert not busy_day.book("Singh", "22:00").after.overlap_reason


def test_outside_the_hours_a_reason_is_asked(busy_day: BusyDay) -> None:
    work_weekdays(busy_day)
    for at in ("12:30", "07:50", "16:50"):
        with pytest.raises(ValidationError, match="working hours"):
            busy_day.book("Singh", at, day=MONDAY)
    with pytest.raises(ValidationError, match="working hours"):
        busy_day.book("Singh", "09:00")  # a Saturday
    late = busy_day.book("Singh", "16:50", day=MONDAY, overlap_reason="Works late")
    assert late.after.overlap_reason == "Works late"


def test_own_hours_of_a_doctor_go_before_those_of_the_practice(busy_day: BusyDay) -> None:
    work_weekdays(busy_day)
    njeri = Resource(busy_day.doctors["Njeri"])
    evening = WeekHours(njeri, (((17 * 60, 20 * 60),), (), (), (), (), (), ()))
    busy_day.record.write(hours.save_week_hours, evening)
    assert not busy_day.book("Singh", "18:00", "Njeri", day=MONDAY).after.overlap_reason
    with pytest.raises(ValidationError):
        busy_day.book("Singh", "09:00", "Njeri", day=MONDAY)
    busy_day.record.write(hours.save_week_hours, WeekHours(njeri, ((),) * 7))
    assert busy_day.book("Petrov", "09:00", "Njeri", day=MONDAY)


def test_saved_hours_are_read_back_for_each_resource_and_period(busy_day: BusyDay) -> None:
    work_weekdays(busy_day)
    week = ((((9 * 60, 13 * 60)),),) * 7
    special = WeekHours(PRACTICE, week, date(2027, 2, 8), date(2027, 3, 9))
    busy_day.record.write(hours.save_week_hours, special)
    usual, exception = busy_day.record.read(hours.week_hours)
    assert usual.spans[0] == WORK
    assert exception == special


@pytest.mark.parametrize("span", [(600, 600), (700, 600), (-5, 60), (0, 1441)])
def test_hours_that_end_before_they_begin_are_refused(busy_day: BusyDay, span: Span) -> None:
    with pytest.raises(ValidationError, match="end before"):
        busy_day.record.write(hours.save_week_hours, WeekHours(PRACTICE, ((span,), *((),) * 6)))


def test_leave_closes_one_person_and_a_closure_everybody(busy_day: BusyDay) -> None:
    record, njeri = busy_day.record, busy_day.doctors["Njeri"]
    leave = AddClosure(MONDAY, MONDAY + timedelta(days=4), "Annual leave", njeri)
    record.write(hours.add_closure, leave)
    with pytest.raises(ValidationError, match="does not work on this day"):
        busy_day.book("Singh", "09:00", "Njeri", day=MONDAY)
    assert busy_day.book("Singh", "09:00", "Kamau", day=MONDAY)
    shut = record.write(hours.add_closure, AddClosure(MONDAY, MONDAY, "Painting the rooms"))
    with pytest.raises(ValidationError):
        busy_day.book("Petrov", "10:00", "Kamau", day=MONDAY)
    record.write(hours.remove_closure, shut)
    assert busy_day.book("Petrov", "10:00", "Kamau", day=MONDAY)


def test_public_holidays_of_the_country_become_closures_once(busy_day: BusyDay) -> None:
    record = busy_day.record
    found = record.read(hours.public_holidays, 2026, "en")
    jamhuri = next(each for each in found if each.day == date(2026, 12, 12))
    assert jamhuri.name == "Jamhuri Day"
    assert record.write(hours.close_on_holidays, found) == len(found)
    assert record.write(hours.close_on_holidays, found) == 0
    again = record.read(hours.public_holidays, 2026, "ar")
    assert all(each.is_closed for each in again)
    with pytest.raises(ValidationError):
        busy_day.book("Singh", "09:00", day=jamhuri.day)


def test_only_who_runs_the_practice_changes_its_hours(busy_day: BusyDay) -> None:
    clerk = busy_day.record.as_role("receptionist")
    with pytest.raises(PermissionDeniedError):
        busy_day.record.store.write(
            clerk, hours.save_week_hours, WeekHours(PRACTICE, ((),) * 7)
        ).result(10)


# ------------------------------------------------------------ free times


def test_the_next_openings_come_from_every_doctor_after_now(busy_morning: BusyDay) -> None:
    record = busy_morning.record
    found = record.read(openings.first_free, FindOpenings(limit=6))
    assert len(found) == 6
    assert all(each.start_at >= record.clock.now() for each in found)
    assert {each.practitioner for each in found} == {"Dr Amina Kamau", "Dr Njeri", "Nurse Lena"}
    busy_morning.book("Singh", "12:00", overlap_reason="Of the test")
    njeri = busy_morning.doctors["Njeri"]
    wish = FindOpenings(njeri, busy_morning.types["New patient"], part=DayPart.AFTERNOON)
    first = record.read(openings.first_free, wish)[0]
    assert first.start_at.astimezone(tz=None).hour == 9  # 12:00 in Nairobi
    assert (first.end_at - first.start_at) == timedelta(minutes=30)


def test_openings_leave_out_closed_days_and_nights(busy_day: BusyDay) -> None:
    work_weekdays(busy_day)
    shut = AddClosure(MONDAY, MONDAY, "Painting the rooms")
    busy_day.record.write(hours.add_closure, shut)
    found = busy_day.record.read(openings.first_free, FindOpenings(limit=1))
    local = found[0].start_at + timedelta(hours=3)
    assert (local.date(), local.time()) == (MONDAY + timedelta(days=1), time(8))


# ------------------------------------------------------------ grids


def test_a_day_has_a_column_for_each_doctor_with_its_tiles(busy_morning: BusyDay) -> None:
    found = busy_morning.record.read(grid.day_grid, SATURDAY)
    assert [column.title for column in found.columns] == [
        "Dr Amina Kamau",
        "Dr Njeri",
        "Nurse Lena",
    ]
    singh = next(
        tile
        for tile in found.columns[0].tiles
        if tile.row.person and tile.row.person.name.family == "Singh"
    )
    assert (singh.start_min, singh.end_min) == (11 * 60 + 50, 12 * 60 + 5)
    assert found.span == (8 * 60, 18 * 60)
    assert found.columns[0].load == round(100 * (20 + 15 + 20 + 15 + 15) / 600)


def test_appointments_of_nobody_stand_in_a_column_of_their_own(busy_day: BusyDay) -> None:
    busy_day.book("Singh", "14:00", practitioner_id=None)
    found = busy_day.record.read(grid.day_grid, SATURDAY)
    assert (found.columns[-1].title, len(found.columns[-1].tiles)) == ("", 1)
    by_room = busy_day.record.read(grid.day_grid, SATURDAY, ColumnsBy.ROOM)
    assert [column.title for column in by_room.columns] == ["Room 1", "Ultrasound", ""]


def test_a_week_shows_one_doctor_on_seven_days(busy_morning: BusyDay) -> None:
    first = SATURDAY - timedelta(days=5)
    kamau = Resource(busy_morning.doctors["Kamau"])
    found = busy_morning.record.read(grid.week_grid, first, kamau)
    assert [len(column.tiles) for column in found.columns] == [0, 0, 0, 0, 0, 5, 0]
    everyone = busy_morning.record.read(grid.week_grid, first, Resource())
    assert len(everyone.columns[5].tiles) == 10


def test_a_room_or_doctor_out_of_use_leaves_the_calendar(busy_day: BusyDay) -> None:
    room = busy_day.rooms["Ultrasound"]
    wish = resources.SaveRoom("Ultrasound", is_active=False, room_id=room)
    busy_day.record.write(resources.save_room, wish)
    offered = busy_day.record.read(resources.bookable)
    assert [each.name for each in offered.rooms] == ["Room 1"]
    assert [each.name for each in busy_day.record.read(resources.rooms)] == [
        "Room 1",
        "Ultrasound",
    ]


def test_two_types_cannot_share_a_shortcut(busy_day: BusyDay) -> None:
    with pytest.raises(ValidationError) as caught:
        busy_day.record.write(resources.save_type, resources.SaveType("Funds", shortcut="FU"))
    assert caught.value.field == "shortcut"


@pytest.mark.parametrize("shortcut", ["م", "pm", "ч", "tue"])
def test_letters_that_mean_a_time_are_no_shortcut(busy_day: BusyDay, shortcut: str) -> None:
    """Such as "10:30 م", which is half past ten in the evening."""
    with pytest.raises(ValidationError):
        busy_day.record.write(resources.save_type, resources.SaveType("Follow", shortcut=shortcut))


# ------------------------------------------------------------ over midnight


def test_what_passes_midnight_stands_on_both_days_in_day_and_week(busy_day: BusyDay) -> None:
    record, njeri = busy_day.record, Resource(busy_day.doctors["Njeri"])
    busy_day.book("Singh", "23:30", "Njeri", duration_min=60)
    wanted = {
        SATURDAY: [(23 * 60 + 30, 1440, False)],
        SATURDAY + timedelta(days=1): [(0, 30, True)],
    }
    week = record.read(grid.week_grid, SATURDAY - timedelta(days=5), njeri)
    for day, spans in wanted.items():
        for found in (record.read(grid.day_grid, day), week):
            (column,) = (c for c in found.columns if c.day == day and c.resource == njeri)
            assert [(t.start_min, t.end_min, t.is_rest) for t in column.tiles] == spans
    sunday = SATURDAY + timedelta(days=1)
    assert record.read(grid.day_grid, sunday).span[0] == 0
    alone = record.read(grid.week_grid, sunday, njeri, days=1)
    assert [tile.is_rest for tile in alone.columns[0].tiles] == [True]
    after = record.read(grid.day_grid, SATURDAY + timedelta(days=2))
    assert not any(column.tiles for column in after.columns)


def test_the_hours_after_midnight_count_against_a_second_booking(busy_day: BusyDay) -> None:
    sunday = SATURDAY + timedelta(days=1)
    busy_day.book("Singh", "23:30", "Njeri", duration_min=60)
    with pytest.raises(ValidationError, match="booked at this time"):
        busy_day.book("Petrov", "00:20", "Njeri", day=sunday)
    assert not busy_day.book("Petrov", "00:30", "Njeri", day=sunday).after.overlap_reason
    night = (((0, 1440),),) * 7
    njeri = Resource(busy_day.doctors["Njeri"])
    busy_day.record.write(hours.save_week_hours, WeekHours(njeri, night))
    wish = FindOpenings(njeri.practitioner_id, duration_min=20, from_day=sunday, limit=1)
    (first,) = busy_day.record.read(openings.first_free, wish)
    local = first.start_at.astimezone(busy_day.record.read(lambda reads: reads.zone))
    assert (local.date(), local.time()) == (sunday, time(0, 50))


def test_a_night_shift_may_pass_midnight_but_not_into_a_day_that_is_closed(
    busy_day: BusyDay,
) -> None:
    record, sunday = busy_day.record, SATURDAY + timedelta(days=1)
    night = (((0, 6 * 60), (20 * 60, 1440)),) * 7
    record.write(hours.save_week_hours, WeekHours(PRACTICE, night))
    assert not busy_day.book("Singh", "23:30", duration_min=60).after.overlap_reason
    with pytest.raises(ValidationError, match="working hours"):
        busy_day.book("Petrov", "23:00", "Njeri", duration_min=8 * 60)
    record.write(hours.add_closure, AddClosure(sunday, sunday, "Stocktaking"))
    with pytest.raises(ValidationError, match="does not work on this day"):
        busy_day.book("Petrov", "23:30", "Njeri", duration_min=60)
