"""What the calendar draws: columns of a day, or of a week, with their open hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from clinic_desktop.db.session import ReadSession
from clinic_desktop.services.access import query
from clinic_desktop.services.scheduling.resources import rooms, staff
from clinic_desktop.services.scheduling.rows import AppointmentRow, between, with_questions
from clinic_desktop.services.scheduling.timetable import (
    DAY_MIN,
    USUAL,
    Resource,
    Span,
    Timetable,
    merged,
    midnight,
    minute_of,
)


class ColumnsBy(StrEnum):
    """What the columns of a calendar are."""

    PRACTITIONER = "practitioner"
    ROOM = "room"


@dataclass(frozen=True)
class GridTile:
    """An appointment at its place on the wall clock of its column's day.

    One that passes midnight has a tile on each of its days, cut where the day ends.
    """

    row: AppointmentRow
    start_min: int
    end_min: int
    """Start plus the real length, also on the days on which the clocks change."""
    is_rest: bool = False
    """It began on the day before."""

    @classmethod
    def at(cls, row: AppointmentRow, start: int, minutes: int) -> GridTile:
        """Its part of a day, when it begins that many minutes after midnight, or before."""
        return cls(row, max(start, 0), min(start + minutes, DAY_MIN), start < 0)


@dataclass(frozen=True)
class GridColumn:
    """One doctor or room on one day."""

    day: date
    resource: Resource
    title: str
    open: tuple[Span, ...]
    closed: str
    """Why nobody works, in the words that were entered; empty for a day of work."""
    is_closed: bool
    tiles: tuple[GridTile, ...]

    @property
    def load(self) -> int:
        """Percent of the open minutes that are booked; walk-ins can bring it over 100."""
        minutes = sum(end - start for start, end in self.open)
        taken = merged(
            [(each.start_min, each.end_min) for each in self.tiles if each.row.status.takes_time]
        )
        booked = sum(end - start for start, end in taken)
        return round(100 * booked / minutes) if minutes else 0


@dataclass(frozen=True)
class Grid:
    """The columns of a calendar, in the order of reading."""

    first_day: date
    by: ColumnsBy
    columns: tuple[GridColumn, ...]

    @property
    def span(self) -> Span:
        """The hours worth showing: those of work and of every appointment, in full hours."""
        spans = [span for column in self.columns for span in column.open] or [USUAL]
        spans += [
            (tile.start_min, tile.end_min) for column in self.columns for tile in column.tiles
        ]
        first = min(start for start, _end in spans)
        last = max(end for _start, end in spans)
        return max(first // 60 * 60, 0), min(-(-last // 60) * 60, DAY_MIN)


@query("appointment.read")
def day_grid(reads: ReadSession, day: date, by: ColumnsBy = ColumnsBy.PRACTITIONER) -> Grid:
    """A day with a column for each doctor or room.

    Appointments of nobody, or of somebody who has left, stand in a last column without a name.
    """
    timetable, found = Timetable.load(reads.session), _between(reads, day, 1)
    names = _names(reads, by)
    columns = [
        _column(reads, timetable, day, resource, title, found) for resource, title in names.items()
    ]
    others = tuple(row for row in found if _resource(row, by) not in names)
    if others or not columns:
        columns.append(_column(reads, timetable, day, Resource(), "", others))
    return Grid(day, by, tuple(columns))


@query("appointment.read")
def week_grid(reads: ReadSession, first_day: date, resource: Resource, *, days: int = 7) -> Grid:
    """The days of a week for one doctor or room, or for all with an empty resource."""
    timetable, found = Timetable.load(reads.session), _between(reads, first_day, days)
    by = ColumnsBy.ROOM if resource.location_id else ColumnsBy.PRACTITIONER
    mine = tuple(row for row in found if resource in {Resource(), _resource(row, by)})
    columns = [
        _column(reads, timetable, first_day + timedelta(days=number), resource, "", mine)
        for number in range(days)
    ]
    return Grid(first_day, by, tuple(columns))


def _names(reads: ReadSession, by: ColumnsBy) -> dict[Resource, str]:
    if by is ColumnsBy.ROOM:
        return {Resource(location_id=row.id): row.name for row in rooms(reads) if row.is_active}
    return {Resource(row.id): row.name for row in staff(reads) if row.is_active}


def _resource(row: AppointmentRow, by: ColumnsBy) -> Resource:
    if by is ColumnsBy.ROOM:
        return Resource(location_id=row.location_id)
    return Resource(row.practitioner_id)


def _between(reads: ReadSession, first: date, days: int) -> tuple[AppointmentRow, ...]:
    end = midnight(first + timedelta(days=days), reads.zone)
    return with_questions(reads, between(reads, midnight(first, reads.zone), end, begun=True))


def _column(
    reads: ReadSession,
    timetable: Timetable,
    day: date,
    resource: Resource,
    title: str,
    found: tuple[AppointmentRow, ...],
) -> GridColumn:
    closure = timetable.closure(day, resource.practitioner_id)
    by = ColumnsBy.ROOM if resource.location_id else ColumnsBy.PRACTITIONER
    tiles = []
    for row in found:
        start = minute_of(row.start_at, day, reads.zone)
        in_day = start < DAY_MIN and start + row.minutes > 0
        if in_day and (resource == Resource() or _resource(row, by) == resource):
            tiles.append(GridTile.at(row, start, row.minutes))
    return GridColumn(
        day,
        resource,
        title,
        timetable.open(day, resource),
        closure.reason if closure else "",
        closure is not None,
        tuple(tiles),
    )
