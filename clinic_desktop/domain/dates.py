"""Dates as people type them: 14.3.55, 140355, 71y, ~1955, завтра, بعد أسبوعين, fri."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum
from typing import Literal, NamedTuple

from clinic_desktop.domain import date_words as words
from clinic_desktop.domain.folding import fold
from clinic_desktop.domain.partial_dates import (
    Age,
    AgePart,
    AgeUnit,
    BirthDate,
    BirthPrecision,
    DateError,
    PartialDate,
    add_days,
    add_months,
    age,
)

__all__ = ["Age", "AgePart", "AgeUnit", "AmbiguousDateError", "BirthDate", "BirthPrecision"]
__all__ += ["DateError", "DateKind", "DateOrder", "PartialDate", "SmartDate", "When"]
__all__ += ["add_days", "add_months", "age", "parse_date", "parse_when"]

DateOrder = Literal["dmy", "mdy", "ymd"]
FARTHEST_YEARS = 150
"""A year farther from today than this is a typing error."""


class AmbiguousDateError(DateError):
    """A date with two readings (03/04); the person must choose one of ``readings``."""

    def __init__(self, readings: tuple[PartialDate, ...]) -> None:
        super().__init__("ambiguous-date")
        self.readings = readings


class DateKind(StrEnum):
    """How a date was told."""

    CALENDAR = "calendar"
    AGE = "age"
    RELATIVE = "relative"


@dataclass(frozen=True)
class SmartDate:
    """What a typed text means."""

    value: PartialDate
    kind: DateKind = DateKind.CALENDAR

    @property
    def day(self) -> date:
        """The day; raises ``DateError("day-needed")`` if only month or year is known."""
        if not self.value.is_day:
            raise DateError("day-needed")
        return self.value.first

    @property
    def birth(self) -> BirthDate:
        """The text as a birth date, with its precision."""
        if self.kind is DateKind.AGE:
            return BirthDate(self.value, BirthPrecision.AGE)
        return BirthDate.of(self.value)


def parse_date(
    text: str, *, today: date, order: DateOrder | None = None, past: bool = False
) -> SmartDate:
    """Read a typed date.

    With ``past`` a bare span is an age (``71y`` → about 1955), a two-digit year lies behind us and
    a date after today is refused; without it ``2w`` is in two weeks. ``order`` is the clinic's;
    without one, 03/04 raises ``AmbiguousDateError``. Raises ``DateError`` with the codes
    ``not-a-date``, ``no-such-day``, ``no-such-month``, ``year-out-of-range``, ``in-future``.
    """
    folded = _normal(text)
    if not folded:
        raise DateError("not-a-date")
    rough, folded = _about(folded)
    reader = _Reader(today, order, past)
    found = next(iter(reader.readings(folded)), None)
    if found is None:
        raise DateError("not-a-date")
    if abs(found.value.year - today.year) > FARTHEST_YEARS:
        raise DateError("year-out-of-range", year=found.value.year)
    if past and found.value.first > today:
        raise DateError("in-future")
    if rough and not found.value.approximate:
        value = found.value
        vague = PartialDate(value.year, value.month, value.day, approximate=True)
        return SmartDate(vague, found.kind)
    return found


def _normal(text: str) -> str:
    folded = re.sub(r"\s+", " ", fold(text).replace("−", "-").replace("،", ",")).strip(" ,")
    for two, one in words.TWO_WORDS.items():
        folded = folded.replace(two, one)
    return folded


def _about(folded: str) -> tuple[bool, str]:
    first = re.match(r"([~≈]|[^\W\d_]+)\.?\s*", folded)
    if first and (first[1] in "~≈" or first[1] in words.ABOUT) and len(folded) > first.end():
        return True, folded[first.end() :]
    return False, folded


@dataclass(frozen=True)
class _Reader:
    today: date
    order: DateOrder | None
    past: bool

    def readings(self, text: str) -> Iterator[SmartDate]:
        """Each way of reading that fits; the first one is meant."""
        for read in (self._word, self._span, self._year, self._digits, self._numbers, self._named):
            if found := read(text):
                yield found

    # ------------------------------------------------------------ words and spans

    def _word(self, text: str) -> SmartDate | None:
        if (offset := words.DAYS_FROM_TODAY.get(text)) is not None:
            return _relative(add_days(self.today, offset))
        if (wanted := words.weekday(text.rstrip("."))) is None:
            return None
        if self.past:
            return _relative(self.today - timedelta((self.today.weekday() - wanted - 1) % 7 + 1))
        return _relative(self.today + timedelta((wanted - self.today.weekday() - 1) % 7 + 1))

    def _span(self, text: str) -> SmartDate | None:
        if re.fullmatch(r"\d{4}\D*", text):
            return None
        sign, rest = _direction(text)
        amounts = _amounts(rest, counted=sign == 0)
        if not amounts:
            return None
        forward = sign or (-1 if self.past else 1)
        day = self.today
        for count, unit in amounts:
            if unit is AgeUnit.YEAR or unit is AgeUnit.MONTH:
                day = add_months(day, forward * count * (12 if unit is AgeUnit.YEAR else 1))
            else:
                day = add_days(day, forward * count * (7 if unit is AgeUnit.WEEK else 1))
        if sign or not self.past:
            return _relative(day)
        return SmartDate(_as_told(day, {unit for _, unit in amounts}), DateKind.AGE)

    def _year(self, text: str) -> SmartDate | None:
        found = re.fullmatch(r"(\d{4})\s*([^\W\d_]*)\.?", text)
        if not found or (found[2] and found[2] not in words.YEAR_WORDS):
            return None
        return SmartDate(PartialDate(int(found[1])))

    # ------------------------------------------------------------ numbers

    def _digits(self, text: str) -> SmartDate | None:
        """140355 or 14031955, without separators."""
        if not re.fullmatch(r"\d{6}|\d{8}", text):
            return None
        year = len(text) - 4
        cuts = {
            "dmy": (text[4:], text[2:4], text[:2]),
            "mdy": (text[4:], text[:2], text[2:4]),
            "ymd": (text[:year], text[year : year + 2], text[year + 2 :]),
        }
        orders = [self.order] if self.order else ["dmy", "mdy", "ymd"]
        if year == 4 and "ymd" not in orders:
            orders.append("ymd")
        readings = self._valid([cuts[order] for order in orders])
        return self._one(readings[:1] if self.order else readings)

    def _numbers(self, text: str) -> SmartDate | None:
        found = re.fullmatch(r"(\d{1,4}) ?[./-] ?(\d{1,4})(?: ?[./-] ?(\d{1,4}))?\.?", text)
        if not found:
            return None
        a, b, c = found.groups()
        if len(a) == 4:  # ISO, or year first with other separators
            return SmartDate(self._date(a, b, c))
        if c is None and len(b) == 4:
            return SmartDate(self._date(b, a, None))
        if max(len(a), len(b), len(c or "")) == 3 or len(b) == 4:
            raise DateError("not-a-date")
        readings = {"dmy": (c, b, a), "mdy": (c, a, b), "ymd": (a, b, c) if c else (None, a, b)}
        order = None if self.order == "ymd" and c and len(c) == 4 else self.order
        possible = list(readings) if c and len(c) == 2 else ["dmy", "mdy"]
        return self._one(self._valid([readings[o] for o in ([order] if order else possible)]))

    def _valid(self, cuts: list[tuple[str | None, str, str]]) -> list[PartialDate]:
        """The readings that are dates; if none is, the first one's error."""
        dates, errors = [], []
        for year, month, day in cuts:
            try:
                value = self._date(year, month, day)
            except DateError as error:
                errors.append(error)
                continue
            if abs(value.year - self.today.year) > FARTHEST_YEARS:
                errors.append(DateError("year-out-of-range", year=value.year))
            else:
                dates.append(value)
        if not dates:
            raise errors[0]
        return list(dict.fromkeys(dates))

    def _one(self, readings: list[PartialDate]) -> SmartDate:
        if self.past:
            readings = [value for value in readings if value.first <= self.today] or readings
        if len(readings) > 1:
            raise AmbiguousDateError(tuple(readings))
        return SmartDate(readings[0])

    def _named(self, text: str) -> SmartDate | None:
        """14 Mar 1955, марта 14, 14 مارس: a month by its name."""
        parts = re.findall(r"\d+|[^\W\d_]+", text)
        months = [number for part in parts if (number := words.month(part))]
        numbers = [part for part in parts if part.isdecimal()]
        known = {*words.YEAR_WORDS, "st", "nd", "rd", "th", "of"}
        others = [p for p in parts if not p.isdecimal() and not words.month(p) and p not in known]
        if len(months) != 1 or others or not 1 <= len(numbers) <= 2:
            return None
        month = str(months[0])
        if len(numbers) == 1:
            only = numbers[0]
            return SmartDate(
                self._date(only, month, None) if len(only) == 4 else self._date(None, month, only)
            )
        day, year = numbers if len(numbers[0]) < 3 else reversed(numbers)
        if len(day) > 2 or len(year) not in {2, 4}:
            return None
        return SmartDate(self._date(year, month, day))

    def _date(self, year: str | None, month: str, day: str | None) -> PartialDate:
        """Put a date together; a missing or short year is the nearest on the meant side."""
        number = (int(month), int(day) if day else None)
        if year is None:
            return self._nearest(number[0], number[1] or 0)
        full = int(year)
        if len(year) < 3:
            full = self._century(full, number)
        return PartialDate(full, *number)

    def _century(self, short: int, rest: tuple[int, int | None]) -> int:
        full = self.today.year // 100 * 100 + short % 100
        if self.past:
            now = (self.today.year, self.today.month, self.today.day)
            return full - 100 if (full, rest[0], rest[1] or 0) > now else full
        # 80 years back to 20 ahead, as java.text.SimpleDateFormat and POSIX-like readers do.
        if full > self.today.year + 20:
            return full - 100
        return full + 100 if full <= self.today.year - 80 else full

    def _nearest(self, month: int, day: int) -> PartialDate:
        """The next such day, or the last one with ``past``; today is both."""
        PartialDate(2000, month, day)  # refuses what is in no year, with its reason
        step = -1 if self.past else 1
        near = (self._in_year(self.today.year + step * far, month, day) for far in range(9))
        return next(found for found in near if found and self._is_ahead(found.first))

    def _in_year(self, year: int, month: int, day: int) -> PartialDate | None:
        # Only 29 February is missing in some years, never in more than seven in a row.
        has_day = (month, day) != (2, 29) or calendar.isleap(year)
        return PartialDate(year, month, day) if has_day else None

    def _is_ahead(self, day: date) -> bool:
        return day <= self.today if self.past else day >= self.today


def _relative(day: date) -> SmartDate:
    return SmartDate(PartialDate.of(day), DateKind.RELATIVE)


def _as_told(day: date, units: set[AgeUnit]) -> PartialDate:
    """A birth day worked out from an age, no finer than the age was told."""
    if units == {AgeUnit.YEAR}:
        return PartialDate(day.year, approximate=True)
    if units <= {AgeUnit.YEAR, AgeUnit.MONTH}:
        return PartialDate(day.year, day.month, approximate=True)
    return PartialDate.of(day, approximate=True)


def _direction(text: str) -> tuple[int, str]:
    """+1 for "in 2w" and "+2w", -1 for "-3d" and "3d ago", 0 for a bare span; and the rest."""
    if text[0] in "+-":
        return (1 if text[0] == "+" else -1), text[1:].strip()
    first, _, after = text.partition(" ")
    if after and first in words.AHEAD:
        return 1, after
    if after and first in words.BACK_BEFORE:
        return -1, after
    before, _, last = text.rpartition(" ")
    if before and last in words.BACK_AFTER:
        return -1, before
    return 0, text


def _amounts(text: str, *, counted: bool) -> list[tuple[int, AgeUnit]]:
    """Counts and units of "1y 6m"; empty if it is something else.

    Without ``counted`` a lone unit is one of it ("через неделю").
    """
    parts = re.findall(r"\d+|[^\W\d_]+|[^\w\s.,]", text)
    amounts: list[tuple[int, AgeUnit]] = []
    count: int | None = None
    for part in parts:
        if part.isdecimal() and count is None and len(part) <= 3:
            count = int(part)
        elif part in words.ONE and count is None and not counted:
            count = 1
        elif part in words.DUALS and count is None:
            amounts.append((2, words.DUALS[part]))
        elif part in words.UNITS and (count is not None or not counted):
            amounts.append((1 if count is None else count, words.UNITS[part]))
            count = None
        elif part not in words.AND | words.AGED or count is not None:
            return []
    return amounts if count is None else []


# ---------------------------------------------------------------- appointments


class When(NamedTuple):
    """A typed appointment: day and time if told, and the words that are neither."""

    day: date | None
    time: time | None
    rest: str


_TIME = re.compile(r"(\d{1,2})(?:[:.h](\d\d)|(\d\d))?([^\W\d_]*)\.?")


def parse_when(text: str, *, today: date, order: DateOrder | None = None) -> When:
    """Read "tue 10:30 fu", "fri 9:15", "завтра в 14", "10:30 بعد غد".

    A bare hour counts as a time only beside a day or with am/pm. Raises ``AmbiguousDateError``
    for 03/04 without an order, ``DateError("no-such-time")`` for 25:00.
    """
    left = text.split()
    clock, left = _take_time(left, beside_day=False)
    day, left = _take_day(left, today, order)
    if clock is None:
        clock, left = _take_time(left, beside_day=day is not None)
    return When(day, clock, " ".join(left))


def _take_day(
    left: list[str], today: date, order: DateOrder | None
) -> tuple[date | None, list[str]]:
    start = 1 if len(left) > 1 and fold(left[0]) in words.ON else 0
    for end in range(min(len(left), start + 4), start, -1):
        try:
            found = parse_date(" ".join(left[start:end]), today=today, order=order)
        except AmbiguousDateError:
            raise
        except DateError:
            continue
        if found.value.is_day:
            return found.day, left[end:]
    return None, left


def _take_time(left: list[str], *, beside_day: bool) -> tuple[time | None, list[str]]:
    start = 1 if len(left) > 1 and fold(left[0]) in words.AT else 0
    found = _TIME.fullmatch(fold(left[start])) if start < len(left) else None
    if not found:
        return None, left
    hour, after, joined, half = found.groups()
    end = start + 1
    if not half and end < len(left) and fold(left[end]).strip(".") in _HALVES:
        half, end = fold(left[end]).strip("."), end + 1
    sure = ":" in left[start] or half in _HALVES or beside_day or start
    if not sure or (half and half not in _HALVES):
        return None, left
    return _clock(int(hour), int(after or joined or 0), half), left[end:]


_HALVES = words.MORNING | words.EVENING | words.CLOCK


def _clock(hour: int, minute: int, half: str) -> time:
    if half in words.EVENING and hour < 12:
        hour += 12
    if half in words.MORNING and hour == 12:
        hour = 0
    if hour > 23 or minute > 59:
        raise DateError("no-such-time", hour=hour, minute=minute)
    return time(hour, minute)
