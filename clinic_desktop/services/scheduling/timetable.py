"""When doctors and rooms can be booked: hours by weekday, periods with other hours, closures."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinic_desktop.models.scheduling import Closure, WorkingHours

Span = tuple[int, int]
"""From and to, in minutes since midnight on the clinic's wall clock."""

USUAL: Span = (8 * 60, 18 * 60)
"""Where a calendar and a search for free time look while no hours were entered."""
DAY_MIN = 24 * 60
SHORTEST_MIN = 5
LONGEST_MIN = 12 * 60
"""No appointment lasts longer, so older ones need not be looked at."""


def instant(day: date, at: time, zone: ZoneInfo) -> datetime | None:
    """The instant of a wall-clock time; ``None`` for one that summer time skips.

    Of an hour that comes twice the first is meant, unless ``at.fold`` says the second.
    """
    local = datetime.combine(day, at, zone)
    found = local.astimezone(UTC)
    return (
        found if found.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None) else None
    )


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a day begins, also where its first hour is skipped."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def at_minute(day: date, minute: int, zone: ZoneInfo) -> datetime:
    """The instant of a minute since midnight; a skipped time gives the one after the gap."""
    local = datetime.combine(day, time()) + timedelta(minutes=minute)
    return local.replace(tzinfo=zone).astimezone(UTC)


def minute_of(moment: datetime, day: date, zone: ZoneInfo) -> int:
    """Minutes since midnight of ``day`` on the wall clock; may lie before or after the day."""
    local = moment.astimezone(zone).replace(tzinfo=None)
    return int((local - datetime.combine(day, time())).total_seconds()) // 60


def days_of(start_at: datetime, end_at: datetime, zone: ZoneInfo) -> list[tuple[date, Span]]:
    """The days that a time touches and its minutes on each: two when it passes midnight."""
    day = start_at.astimezone(zone).date()
    start = minute_of(start_at, day, zone)
    left = start + int((end_at - start_at).total_seconds()) // 60
    found: list[tuple[date, Span]] = []
    while not found or left > 0:
        found.append((day, (start, min(left, DAY_MIN))))
        day, start, left = day + timedelta(days=1), 0, left - DAY_MIN
    return found


@dataclass(frozen=True)
class Resource:
    """A doctor or a room; neither is the practice as a whole."""

    practitioner_id: uuid.UUID | None = None
    location_id: uuid.UUID | None = None


PRACTICE = Resource()


@dataclass(frozen=True)
class Hours:
    """One line of working hours."""

    resource: Resource
    weekday: int
    span: Span
    valid_from: date | None = None
    valid_to: date | None = None

    def applies(self, day: date) -> bool:
        """Whether the line is about this day."""
        return (
            self.weekday == day.weekday()
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_to is None or day <= self.valid_to)
        )

    @property
    def is_exception(self) -> bool:
        """Whether it replaces the usual hours for a period."""
        return self.valid_to is not None


@dataclass(frozen=True)
class ClosedDays:
    """Days without work, of one person or of all."""

    practitioner_id: uuid.UUID | None
    start_on: date
    end_on: date
    kind: str
    reason: str


class Timetable:
    """All hours and closures at hand, to be asked about many days and resources."""

    def __init__(self, hours: Iterable[Hours], closures: Iterable[ClosedDays]) -> None:
        self._hours: dict[Resource, list[Hours]] = {}
        for line in hours:
            self._hours.setdefault(line.resource, []).append(line)
        self._closures = tuple(closures)

    @classmethod
    def load(cls, session: Session) -> Timetable:
        """Read it from the record."""
        hours = session.scalars(select(WorkingHours).where(WorkingHours.is_deleted.is_(False)))
        closures = session.scalars(select(Closure).where(Closure.is_deleted.is_(False)))
        return cls(
            [
                Hours(
                    Resource(row.practitioner_id, row.location_id),
                    row.weekday,
                    (row.start_min, row.end_min),
                    row.valid_from,
                    row.valid_to,
                )
                for row in hours
            ],
            [
                ClosedDays(row.practitioner_id, row.start_on, row.end_on, row.kind, row.reason)
                for row in closures
            ],
        )

    def is_set(self, resource: Resource) -> bool:
        """Whether hours were entered for it, or for the practice as a whole."""
        return resource in self._hours or PRACTICE in self._hours

    def closure(self, day: date, practitioner_id: uuid.UUID | None) -> ClosedDays | None:
        """Why nobody, or this person, works on a day."""
        for closed in self._closures:
            whose = closed.practitioner_id is None or closed.practitioner_id == practitioner_id
            if whose and closed.start_on <= day <= closed.end_on:
                return closed
        return None

    def open(self, day: date, resource: Resource) -> tuple[Span, ...]:
        """The bookable spans of a day, in order and without overlap.

        Hours of a limited period replace the usual ones of their weekday. A doctor or room
        without hours of its own keeps those of the practice; a practice without any is taken to
        work all days from 8 to 18.
        """
        if self.closure(day, resource.practitioner_id) is not None:
            return ()
        if not self.is_set(resource):
            return (USUAL,)
        lines = self._hours.get(resource) or self._hours[PRACTICE]
        today = [line for line in lines if line.applies(day)]
        special = [line for line in today if line.is_exception]
        return merged([line.span for line in special or today])

    def is_open(self, day: date, resource: Resource, span: Span) -> bool:
        """Whether a span lies inside the hours; always where no hours were entered."""
        if not self.is_set(resource):
            return self.closure(day, resource.practitioner_id) is None
        return any(start <= span[0] and span[1] <= end for start, end in self.open(day, resource))


def merged(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The same minutes in the fewest spans, in order."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        elif start < end:
            found.append((start, end))
    return tuple(found)


def without(spans: Sequence[Span], taken: Sequence[Span]) -> tuple[Span, ...]:
    """The minutes of ``spans`` that ``taken`` leaves free."""
    free: list[Span] = []
    busy = merged(taken)
    for start, end in merged(spans):
        left = start
        for from_, to in busy:
            if to <= left or from_ >= end:
                continue
            if from_ > left:
                free.append((left, from_))
            left = max(left, to)
        if left < end:
            free.append((left, end))
    return tuple(free)
