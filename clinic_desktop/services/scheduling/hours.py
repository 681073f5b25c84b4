"""Working hours, closures and public holidays: what the settings edit."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.errors import NotFoundError, StaleError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.practice import Practice, Practitioner
from clinic_desktop.models.scheduling import Closure, WorkingHours
from clinic_desktop.services.access import command, query
from clinic_desktop.services.scheduling.timetable import DAY_MIN, Resource, Span, merged

CLOSURE, HOLIDAY, LEAVE = "closure", "holiday", "leave"


@dataclass(frozen=True)
class WeekHours:
    """The hours of one doctor, room or of the practice; ``spans[0]`` is Monday.

    With a last day they replace the usual hours for that period.
    """

    resource: Resource
    spans: tuple[tuple[Span, ...], ...]
    valid_from: date | None = None
    valid_to: date | None = None
    seen: tuple[tuple[Span, ...], ...] | None = None
    """The hours that were shown while these were typed."""


@dataclass(frozen=True)
class ClosureRow:
    """Days without work."""

    id: uuid.UUID
    practitioner_id: uuid.UUID | None
    practitioner: str
    start_on: date
    end_on: date
    kind: str
    reason: str


@dataclass(frozen=True)
class AddClosure:
    """Days without work: of one person, or of all without one."""

    start_on: date
    end_on: date
    reason: str
    practitioner_id: uuid.UUID | None = None


@dataclass(frozen=True)
class PublicHoliday:
    """A public holiday of the practice's country."""

    day: date
    name: str
    is_closed: bool
    """Whether the calendar has the day as closed already."""


@query("appointment.read")
def week_hours(reads: ReadSession) -> tuple[WeekHours, ...]:
    """All hours entered, those of the practice first, usual hours before exceptions."""
    found: dict[tuple[Resource, date | None, date | None], list[list[Span]]] = {}
    for row in reads.session.scalars(_hours()):
        key = (Resource(row.practitioner_id, row.location_id), row.valid_from, row.valid_to)
        week = found.setdefault(key, [[] for _day in range(7)])
        week[row.weekday].append((row.start_min, row.end_min))
    return tuple(
        WeekHours(resource, tuple(merged(spans) for spans in week), start, end)
        for (resource, start, end), week in sorted(found.items(), key=_order)
    )


def _order(item: tuple[tuple[Resource, date | None, date | None], object]) -> tuple[str, ...]:
    (resource, _start, end), _week = item
    return str(resource.practitioner_id or ""), str(resource.location_id or ""), str(end or "")


def _hours() -> Select[WorkingHours]:
    return (
        select(WorkingHours)
        .where(WorkingHours.is_deleted.is_(False))
        .order_by(WorkingHours.weekday, WorkingHours.start_min)
    )


@command("practice.write")
def save_week_hours(uow: UnitOfWork, wish: WeekHours) -> None:
    """Replace the hours of one doctor, room or of the practice, for one period.

    A week without any hours takes the period away: the hours of the practice count again.

    Raises:
        ValidationError: not seven days, a span that ends before it begins, or a period that does.
        StaleError: the hours are not those that were ``seen``.
    """
    if len(wish.spans) != 7:
        raise ValidationError("hours", _("A week has seven days."))
    for start, end in (span for spans in wish.spans for span in spans):
        if not 0 <= start < end <= DAY_MIN:
            raise ValidationError("hours", _("These hours end before they begin."))
    if wish.valid_from and wish.valid_to and wish.valid_to < wish.valid_from:
        raise ValidationError("valid_to", _("The last day comes before the first."))
    for row in _replaced(uow, wish):
        row.is_deleted = True
    uow.add(
        *(
            WorkingHours(
                practitioner_id=wish.resource.practitioner_id,
                location_id=wish.resource.location_id,
                weekday=weekday,
                start_min=start,
                end_min=end,
                valid_from=wish.valid_from,
                valid_to=wish.valid_to,
            )
            for weekday, spans in enumerate(wish.spans)
            for start, end in merged(spans)
        )
    )


def _replaced(uow: UnitOfWork, wish: WeekHours) -> list[WorkingHours]:
    """The lines that these hours replace."""
    before = [
        row
        for row in uow.session.scalars(_hours())
        if Resource(row.practitioner_id, row.location_id) == wish.resource
        and (row.valid_from, row.valid_to) == (wish.valid_from, wish.valid_to)
    ]
    held: list[list[Span]] = [[] for _day in range(7)]
    for row in before:
        held[row.weekday].append((row.start_min, row.end_min))
    if wish.seen is not None and tuple(merged(spans) for spans in held) != wish.seen:
        raise StaleError(
            _("Somebody changed these hours while you were editing."),
            kept=_("What you typed is still here; nothing was saved over the other change."),
            hint=_("Compare the days that are marked, and save again."),
        )
    return before


@query("appointment.read")
def closures(reads: ReadSession, from_on: date) -> tuple[ClosureRow, ...]:
    """Closures that end on this day or later, in order."""
    statement = (
        select(Closure, Practitioner.name)
        .outerjoin(Practitioner, Practitioner.id == Closure.practitioner_id)
        .where(Closure.is_deleted.is_(False), Closure.end_on >= from_on)
        .order_by(Closure.start_on, Closure.id)
    )
    return tuple(
        ClosureRow(
            row.id,
            row.practitioner_id,
            name or "",
            row.start_on,
            row.end_on,
            row.kind,
            row.reason,
        )
        for row, name in reads.session.execute(statement)
    )


@command("practice.write")
def add_closure(uow: UnitOfWork, wish: AddClosure) -> uuid.UUID:
    """Close the practice, or note one person's leave.

    Raises:
        ValidationError: the last day comes before the first, or no reason was given.
    """
    if wish.end_on < wish.start_on:
        raise ValidationError("end_on", _("The last day comes before the first."))
    if not wish.reason.strip():
        raise ValidationError("reason", _("Say why, for those who will see an empty day."))
    row = Closure(
        id=uow.new_id(),
        practitioner_id=wish.practitioner_id,
        start_on=wish.start_on,
        end_on=wish.end_on,
        kind=LEAVE if wish.practitioner_id else CLOSURE,
        reason=wish.reason.strip(),
    )
    uow.add(row)
    return row.id


@command("practice.write")
def remove_closure(uow: UnitOfWork, closure_id: uuid.UUID, *, restore: bool = False) -> None:
    """Work on these days after all; ``restore`` takes that back.

    Raises:
        NotFoundError: there is no such closure.
    """
    row = uow.session.get(Closure, closure_id)
    if row is None:
        raise NotFoundError(_("There is no such closure."))
    row.is_deleted = not restore


@query("appointment.read")
def public_holidays(reads: ReadSession, year: int, language: str = "") -> tuple[PublicHoliday, ...]:
    """The public holidays of the practice's country in a year, named in a language if known.

    Empty for a country whose holidays the package ``holidays`` does not know.
    """
    country = reads.session.scalar(select(Practice.country).limit(1)) or ""
    closed = {
        row.start_on for row in closures(reads, date(year, 1, 1)) if row.practitioner_id is None
    }
    return tuple(
        PublicHoliday(day, name, day in closed)
        for day, name in sorted(_calendar(country, year, language).items())
    )


def _calendar(country: str, year: int, language: str) -> dict[date, str]:
    import holidays  # noqa: PLC0415 - every calendar of the world, for whoever closes on them

    if country.upper() not in holidays.list_supported_countries(include_aliases=False):
        return {}
    # A language the country's calendar was not translated into falls back to the country's own.
    found = holidays.country_holidays(country.upper(), years=year, language=language or None)
    return {day: name for day, name in found.items() if day.year == year}


@command("practice.write")
def close_on_holidays(uow: UnitOfWork, days: tuple[PublicHoliday, ...]) -> int:
    """Close the practice on these public holidays; days closed already are left as they are.

    Returns how many days were added.
    """
    known = {
        row.start_on
        for row in closures(uow, min((each.day for each in days), default=uow.today))
        if row.practitioner_id is None
    }
    fresh = [each for each in days if each.day not in known]
    uow.add(
        *(
            Closure(start_on=each.day, end_on=each.day, kind=HOLIDAY, reason=each.name)
            for each in fresh
        )
    )
    return len(fresh)
