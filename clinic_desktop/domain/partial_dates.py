"""Dates known only in part, births with the precision they were told in, and ages."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import total_ordering
from typing import NamedTuple

from clinic_desktop.domain.refusals import RefusedError


class DateError(RefusedError):
    """A text that is no date, or a date that cannot be."""


@total_ordering
@dataclass(frozen=True)
class PartialDate:
    """A year, a month of a year, or a day; like FHIR's ``date``. Raises ``DateError``.

    Dates sort by their text: 1955, then 1955-01, then 1955-01-01.
    """

    year: int
    month: int | None = None
    day: int | None = None
    approximate: bool = False
    """Told as "about"; not part of the text form (EDTF, ISO 8601-2, would write ``1955~``)."""

    def __post_init__(self) -> None:
        if not date.min.year <= self.year <= date.max.year:
            raise DateError("no-such-year", year=self.year)
        if self.month is not None and not 1 <= self.month <= 12:
            raise DateError("no-such-month", month=self.month)
        if self.day is not None:
            if self.month is None:
                raise DateError("day-without-month", day=self.day)
            if not 1 <= self.day <= calendar.monthrange(self.year, self.month)[1]:
                raise DateError("no-such-day", day=self.day, month=self.month, year=self.year)

    @classmethod
    def parse(cls, text: str, *, approximate: bool = False) -> PartialDate:
        """Read ``YYYY[-MM[-DD]]``; raises ``DateError("not-a-date")``."""
        found = re.fullmatch(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", text, re.ASCII)
        if not found:
            raise DateError("not-a-date")
        year, month, day = (int(part) if part else None for part in found.groups())
        return cls(year or 0, month, day, approximate)

    @classmethod
    def of(cls, day: date, *, approximate: bool = False) -> PartialDate:
        """A whole day."""
        return cls(day.year, day.month, day.day, approximate)

    @property
    def first(self) -> date:
        """The earliest day it can mean."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def last(self) -> date:
        """The latest day it can mean."""
        month = self.month or 12
        return date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    @property
    def is_day(self) -> bool:
        """Whether the day is known."""
        return self.day is not None

    def __str__(self) -> str:
        parts = [f"{self.year:04d}"]
        parts += [f"{part:02d}" for part in (self.month, self.day) if part is not None]
        return "-".join(parts)

    def __lt__(self, other: object) -> bool:
        if not isinstance(other, PartialDate):
            return NotImplemented
        return (str(self), self.approximate) < (str(other), other.approximate)


class BirthPrecision(StrEnum):
    """How well a birth date is known."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    ESTIMATED = "estimated"
    """Somebody's guess of the date."""
    AGE = "age"
    """Worked out from an age that was told."""


OLDEST_YEARS = 130
"""No one has lived longer than 122 years (Jeanne Calment); more is a typing error."""


@dataclass(frozen=True)
class BirthDate:
    """When a person was born, and how well that is known."""

    value: PartialDate
    precision: BirthPrecision

    @classmethod
    def of(cls, value: PartialDate | date) -> BirthDate:
        """A birth told as a date: the precision is that of the date."""
        told = value if isinstance(value, PartialDate) else PartialDate.of(value)
        if told.approximate:
            return cls(told, BirthPrecision.ESTIMATED)
        if told.is_day:
            return cls(told, BirthPrecision.DAY)
        return cls(told, BirthPrecision.MONTH if told.month else BirthPrecision.YEAR)

    @classmethod
    def parse(cls, text: str, precision: str) -> BirthDate:
        """Read the two stored columns back; raises ``DateError`` or ``ValueError``."""
        kind = BirthPrecision(precision)
        vague = kind in {BirthPrecision.ESTIMATED, BirthPrecision.AGE}
        return cls(PartialDate.parse(text, approximate=vague), kind)

    def check(self, today: date) -> None:
        """Refuse a birth after today or more than 130 years ago, with ``DateError``."""
        if self.value.first > today:
            raise DateError("born-in-future")
        if today.year - self.value.year > OLDEST_YEARS:
            raise DateError("born-too-long-ago", years=OLDEST_YEARS)

    def __str__(self) -> str:
        return str(self.value)


class AgeUnit(StrEnum):
    """Units ages are told in; the values are UCUM codes."""

    YEAR = "a"
    MONTH = "mo"
    WEEK = "wk"
    DAY = "d"


class AgePart(NamedTuple):
    """A count of one unit."""

    value: int
    unit: AgeUnit


@dataclass(frozen=True)
class Age:
    """A person's age on a day, in completed years, months of the year, days of the month."""

    years: int
    months: int
    days: int
    total_days: int
    value: int
    """The age in one number: days up to 28 d, weeks up to 3 months, months up to 2 years, years."""
    unit: AgeUnit
    approximate: bool = False

    @property
    def total_months(self) -> int:
        """Completed months since birth."""
        return self.years * 12 + self.months

    @property
    def parts(self) -> tuple[AgePart, ...]:
        """The age as a banner shows it, one or two parts.

        Source: NHS Common User Interface, Patient Banner, tables 7 and 8 (days under 4 weeks;
        weeks and days under 1 year; months and days under 2; years and months under 18; years).
        An approximate age has one part.
        """
        if self.approximate or self.years >= 18:
            pair = [AgePart(self.value, self.unit)]
        elif self.total_days < 28:
            pair = [AgePart(self.total_days, AgeUnit.DAY)]
        elif self.years < 1:
            weeks, days = divmod(self.total_days, 7)
            pair = [AgePart(weeks, AgeUnit.WEEK), AgePart(days, AgeUnit.DAY)]
        elif self.years < 2:
            pair = [AgePart(self.total_months, AgeUnit.MONTH), AgePart(self.days, AgeUnit.DAY)]
        else:
            pair = [AgePart(self.years, AgeUnit.YEAR), AgePart(self.months, AgeUnit.MONTH)]
        return (pair[0], *(part for part in pair[1:] if part.value))


def add_months(day: date, months: int) -> date:
    """The same day so many months on, or the last of that month; raises ``DateError``."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    if not date.min.year <= year <= date.max.year:
        raise DateError("no-such-year", year=year)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def add_days(day: date, days: int) -> date:
    """So many days on; raises ``DateError`` beyond the calendar."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise DateError("no-such-year") from None


def age(birth: BirthDate | PartialDate | date, on: date) -> Age:
    """The age on a day; a birth known in part counts from the earliest day it can be.

    A person born on 29 February completes a year on 1 March of a common year. Raises
    ``DateError("born-in-future")``.
    """
    told = birth.value if isinstance(birth, BirthDate) else birth
    born = told if isinstance(told, PartialDate) else PartialDate.of(told)
    first = born.first
    if first > on:
        raise DateError("born-in-future")
    months = (on.year - first.year) * 12 + on.month - first.month - (on.day < first.day)
    days = (on - add_months(first, months)).days
    value, unit = _one_number(months, (on - first).days, born)
    vague = born.approximate or _years_or_months_differ(born, on, unit)
    return Age(*divmod(months, 12), days, (on - first).days, value, unit, vague)


def _one_number(months: int, total_days: int, born: PartialDate) -> AgePart:
    if born.month is None or months >= 24:
        return AgePart(months // 12, AgeUnit.YEAR)
    if born.day is None or months >= 3:
        return AgePart(months, AgeUnit.MONTH)
    if total_days >= 28:
        return AgePart(total_days // 7, AgeUnit.WEEK)
    return AgePart(total_days, AgeUnit.DAY)


def _years_or_months_differ(born: PartialDate, on: date, unit: AgeUnit) -> bool:
    """Whether the latest day it can mean gives another number."""
    if born.is_day:
        return False
    if born.last > on:
        return True
    youngest, oldest = (
        (on.year - day.year) * 12 + on.month - day.month - (on.day < day.day)
        for day in (born.last, born.first)
    )
    span = 12 if unit is AgeUnit.YEAR else 1
    return youngest // span != oldest // span
