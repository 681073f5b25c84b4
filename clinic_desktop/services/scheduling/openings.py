"""The next free times, by doctor, length and part of the day."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import select

from clinic_desktop.db.session import ReadSession
from clinic_desktop.models.scheduling import Appointment
from clinic_desktop.services.access import part, query
from clinic_desktop.services.scheduling.bookings import usual_minutes
from clinic_desktop.services.scheduling.clashes import FREE_AGAIN
from clinic_desktop.services.scheduling.resources import PractitionerRow, staff
from clinic_desktop.services.scheduling.timetable import (
    DAY_MIN,
    LONGEST_MIN,
    Resource,
    Span,
    Timetable,
    at_minute,
    merged,
    midnight,
    minute_of,
    without,
)

LOOKS_AHEAD_DAYS = 90
STEP_MIN = 5
"""Free times begin at full five minutes."""


class DayPart(StrEnum):
    """When on a day somebody can come."""

    ANY = ""
    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"

    @property
    def span(self) -> Span:
        """From and to, in minutes since midnight."""
        return {
            DayPart.ANY: (0, DAY_MIN),
            DayPart.MORNING: (0, 12 * 60),
            DayPart.AFTERNOON: (12 * 60, 17 * 60),
            DayPart.EVENING: (17 * 60, DAY_MIN),
        }[self]


@dataclass(frozen=True)
class FindOpenings:
    """What is wanted; ``None`` for any doctor and the type's own length."""

    practitioner_id: uuid.UUID | None = None
    type_id: uuid.UUID | None = None
    duration_min: int | None = None
    part: DayPart = DayPart.ANY
    from_day: date | None = None
    limit: int = 10


@dataclass(frozen=True)
class Opening:
    """A free time of one doctor."""

    start_at: datetime
    end_at: datetime
    practitioner_id: uuid.UUID
    practitioner: str


@query("appointment.read")
def first_free(reads: ReadSession, wish: FindOpenings) -> tuple[Opening, ...]:
    """The next free times from now on, at most one every half hour of each doctor.

    Doctors without working hours are taken to work from 8 to 18; closed days are left out.
    """
    minutes = wish.duration_min or usual_minutes(reads, wish.type_id)
    doctors = [
        row for row in staff(reads) if row.is_active and wish.practitioner_id in {None, row.id}
    ]
    timetable = Timetable.load(reads.session)
    first = max(wish.from_day or reads.today, reads.today)
    found: list[Opening] = []
    for offset in range(LOOKS_AHEAD_DAYS):
        day = first + timedelta(days=offset)
        found += _on_day(reads, day, doctors, timetable, minutes, wish.part)
        if len(found) >= wish.limit:
            break
    return tuple(found[: wish.limit])


def _on_day(
    reads: ReadSession,
    day: date,
    doctors: list[PractitionerRow],
    timetable: Timetable,
    minutes: int,
    part: DayPart,
) -> list[Opening]:
    taken = busy(reads, day)
    from_now = -(-minute_of(reads.now, day, reads.zone) // STEP_MIN) * STEP_MIN
    found = []
    for doctor in doctors:
        spans = timetable.open(day, Resource(doctor.id))
        for start in starts(without(spans, taken[doctor.id]), minutes, part.span, from_now):
            start_at = at_minute(day, start, reads.zone)
            end_at = start_at + timedelta(minutes=minutes)
            found.append(Opening(start_at, end_at, doctor.id, doctor.name))
    return sorted(found, key=lambda each: each.start_at)


def starts(free: tuple[Span, ...], minutes: int, within: Span, from_now: int) -> list[int]:
    """Where an appointment of that length can begin, half-hourly and at the head of each gap."""
    found: list[int] = []
    for begin, end in free:
        first = max(begin, within[0], from_now)
        first = -(-first // STEP_MIN) * STEP_MIN
        while first + minutes <= min(end, within[1]):
            found.append(first)
            first = (first // 30 + 1) * 30
    return found


@part
def busy(reads: ReadSession, day: date) -> dict[uuid.UUID, tuple[Span, ...]]:
    """The minutes of a day taken by appointments, of each doctor."""
    statement = select(Appointment.practitioner_id, Appointment.start_at, Appointment.end_at).where(
        Appointment.start_at >= midnight(day, reads.zone) - timedelta(minutes=LONGEST_MIN),
        Appointment.start_at < midnight(day + timedelta(days=1), reads.zone),
        Appointment.end_at > midnight(day, reads.zone),
        Appointment.status.not_in(FREE_AGAIN),
        Appointment.is_deleted.is_(False),
    )
    spans: dict[uuid.UUID, list[Span]] = defaultdict(list)
    for practitioner_id, start_at, end_at in reads.session.execute(statement):
        if practitioner_id is None:
            continue
        start = minute_of(start_at, day, reads.zone)
        spans[practitioner_id].append((start, minute_of(end_at, day, reads.zone)))
    return defaultdict(tuple, {key: merged(value) for key, value in spans.items()})
