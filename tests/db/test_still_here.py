"""Midnight empties no waiting room: who is still here stays on the board."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from clinic_desktop.domain.codes import AppointmentStatus
from clinic_desktop.services import encounters
from clinic_desktop.services.scheduling import board, bookings, rows, walk_ins
from tests.support.busy_day import SATURDAY, BusyDay
from tests.support.records import Record

S = AppointmentStatus
EVENING = datetime(2026, 11, 21, 20, 45, tzinfo=UTC)
"""23:45 in Nairobi."""
LATE = {"duration_min": 60, "overlap_reason": "Night duty"}


def shown(day: BusyDay) -> set[uuid.UUID]:
    return {row.id for row in day.record.read(board.today_board).rows}


def through(
    day: BusyDay, family: str, doctor: str, at: str, *steps: AppointmentStatus
) -> uuid.UUID:
    """An appointment that went so far."""
    change = day.book(family, at, doctor, **LATE)
    for status in steps:
        day.step(change, status)
    return change.appointment_id


@pytest.mark.parametrize("days", [1, 90])
def test_whoever_is_still_here_stays_on_the_board_until_they_are_done(
    busy_day: BusyDay, days: int
) -> None:
    here = {
        through(busy_day, "Singh", "Kamau", "14:00", S.ARRIVED),
        through(busy_day, "Petrov", "Njeri", "14:00", S.ARRIVED, S.IN_ROOM),
    }
    billed = busy_day.book("Abara", "14:00", "Lena")
    for status in (S.ARRIVED, S.IN_ROOM, S.TO_BILL):
        busy_day.step(billed, status)
    through(busy_day, "Moreau", "Kamau", "16:00", S.NO_SHOW)
    through(busy_day, "Nguyen", "Kamau", "18:00")  # never came, and nobody said so
    busy_day.record.clock.advance(days=days)
    day = SATURDAY + timedelta(days=days)
    here.add(busy_day.book("Haddad", "14:00", day=day).appointment_id)
    assert shown(busy_day) == here | {billed.appointment_id}
    assert not busy_day.record.read(board.today_board, day + timedelta(days=1)).rows
    busy_day.step(billed, S.DONE)
    assert shown(busy_day) == here


def test_whoever_is_expected_over_midnight_is_on_both_boards(busy_day: BusyDay) -> None:
    expected = through(busy_day, "Singh", "Kamau", "23:40")
    done = through(busy_day, "Petrov", "Njeri", "23:40", S.ARRIVED, S.IN_ROOM, S.DONE)
    for hours, ids in ((0, {expected, done}), (1, {expected}), (25, set())):
        busy_day.stand_at(EVENING + timedelta(hours=hours))
        assert shown(busy_day) == ids, hours


def test_a_visit_begun_after_midnight_is_of_the_appointment_before_it(busy_day: BusyDay) -> None:
    booked = through(busy_day, "Singh", "Kamau", "23:40", S.ARRIVED)
    record = busy_day.record
    busy_day.stand_at(EVENING + timedelta(minutes=30))
    assert sum(queue.waiting for queue in record.read(walk_ins.queues)) == 1
    begun = record.write(encounters.start_visit, patient_id=busy_day.people["Singh"])
    assert record.read(bookings.appointment, booked).encounter_id == begun.encounter_id


def test_who_is_still_here_is_found_without_reading_every_appointment(record: Record) -> None:
    sql, values = rows._still_here()
    found = values | {"first": 0}
    plan = record.read(
        lambda reads: reads.cursor.execute(f"EXPLAIN QUERY PLAN {sql}", found).fetchall()
    )
    assert any("ix_appointment_present" in step[-1] for step in plan)
