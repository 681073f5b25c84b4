"""How often a medicine is taken: read as doctors write it, kept as FHIR's ``Timing.repeat``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

from clinic_desktop.domain.folding import fold
from clinic_desktop.domain.refusals import RefusedError


class DoseError(RefusedError):
    """A dose, frequency or duration that cannot be read, or cannot be."""


class AmbiguousFrequencyError(DoseError):
    """3x1 is three at once here and one three times there; the person must choose."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__("ambiguous-frequency", first=first, second=second)


class When(StrEnum):
    """FHIR EventTiming, the parts of the day and meals that prescriptions name."""

    WAKING = "WAKE"
    MORNING = "MORN"
    NOON = "NOON"
    EVENING = "EVE"
    BEDTIME = "HS"
    BEFORE_MEALS = "AC"
    WITH_MEALS = "C"
    AFTER_MEALS = "PC"


_SLOTS = (When.MORNING, When.NOON, When.EVENING, When.BEDTIME)
_DAY_PARTS = frozenset({When.WAKING, *_SLOTS})
_HOURS = {"h": Fraction(1), "d": Fraction(24), "wk": Fraction(168), "mo": Fraction(720)}
MOST_A_DAY = 24
"""Nothing is taken more than every hour outside a hospital."""


@dataclass(frozen=True)
class Frequency:
    """So many times in a period, or fixed amounts at parts of the day."""

    times: int = 1
    """0 for "as needed" without a schedule."""
    period: int = 1
    unit: str = "d"
    """UCUM: ``h``, ``d``, ``wk`` or ``mo``."""
    times_max: int = 0
    """The upper end of "3–4 times", else 0."""
    period_max: int = 0
    """The upper end of "every 4–6 hours", else 0."""
    when: tuple[When, ...] = ()
    pattern: tuple[Decimal, ...] = ()
    """1-0-1: multiples of the dose in the morning, at noon, in the evening, at bedtime."""
    as_needed: bool = False
    max_per_day: int = 0
    once: bool = False
    """A single dose, now."""

    def __post_init__(self) -> None:
        least = 0 if self.as_needed else 1
        if self.unit not in _HOURS or self.times < least or self.period < 1:
            raise DoseError("not-a-frequency")
        if self.pattern and not any(self.pattern):
            raise DoseError("not-a-frequency")
        if self.per_day > MOST_A_DAY:
            raise DoseError("too-often", most=MOST_A_DAY)

    @property
    def per_day(self) -> Fraction:
        """Times a day at most, on average; 1/7 for once a week.

        As needed without a schedule counts as often as is allowed, or once.
        """
        if self.pattern:
            return Fraction(sum(1 for part in self.pattern if part))
        if not self.times:
            return Fraction(self.max_per_day or 1)
        most = Fraction(max(self.times, self.times_max)) * 24 / (self.period * _HOURS[self.unit])
        return min(most, Fraction(self.max_per_day)) if self.max_per_day else most

    @property
    def slots(self) -> tuple[tuple[When, Decimal], ...]:
        """The parts of the day of a pattern with their multiples, empty ones left out."""
        return tuple((slot, n) for slot, n in zip(_SLOTS, self.pattern, strict=False) if n)

    @property
    def is_told_by_parts(self) -> bool:
        """Whether the parts of the day already say how often: at bedtime, morning and evening."""
        in_day = sum(part in _DAY_PARTS for part in self.when)
        is_plain = not (self.times_max or self.period_max or self.once)
        return is_plain and (self.times, self.period, self.unit) == (in_day, 1, "d")

    def as_repeat(self) -> dict[str, Any]:
        """FHIR ``Timing.repeat``; ``pattern``, ``asNeeded`` and ``maxPerDay`` are ours."""
        repeat: dict[str, Any] = {}
        if self.once:
            repeat["count"] = 1
        elif self.times and not self.pattern:
            repeat |= {"frequency": self.times, "period": self.period, "periodUnit": self.unit}
        repeat |= {"frequencyMax": self.times_max} if self.times_max else {}
        repeat |= {"periodMax": self.period_max} if self.period_max else {}
        repeat |= {"when": [str(part) for part in self.when]} if self.when else {}
        repeat |= {"pattern": [str(n) for n in self.pattern]} if self.pattern else {}
        repeat |= {"asNeeded": True} if self.as_needed else {}
        return repeat | ({"maxPerDay": self.max_per_day} if self.max_per_day else {})

    @classmethod
    def from_repeat(cls, repeat: Mapping[str, Any]) -> Frequency:
        """Read ``as_repeat`` or an imported ``Timing.repeat``; raises ``DoseError``."""
        known = {part.value for part in When}
        try:
            return cls(
                times=int(repeat.get("frequency", 0 if repeat.get("asNeeded") else 1)),
                period=int(repeat.get("period", 1)),
                unit=str(repeat.get("periodUnit", "d")),
                times_max=int(repeat.get("frequencyMax", 0)),
                period_max=int(repeat.get("periodMax", 0)),
                when=tuple(When(part) for part in repeat.get("when", ()) if part in known),
                pattern=tuple(Decimal(amount) for amount in repeat.get("pattern", ())),
                as_needed=bool(repeat.get("asNeeded", False)),
                max_per_day=int(repeat.get("maxPerDay", 0)),
                once=repeat.get("count") == 1,
            )
        except (TypeError, ValueError, ArithmeticError) as error:
            if isinstance(error, DoseError):
                raise
            raise DoseError("not-a-frequency") from None


# ---------------------------------------------------------------- reading


@dataclass
class _Reading:
    """What has been understood so far."""

    frequency: Frequency = field(default_factory=Frequency)
    told: bool = False
    """Whether a count or a period was told; "prn" alone is not."""
    when: list[When] = field(default_factory=list)

    def tell(self, frequency: Frequency) -> None:
        """Take a count or a period; a second one contradicts it."""
        if self.told:
            raise DoseError("not-a-frequency")
        self.frequency, self.told = frequency, True


_Rule = Callable[[_Reading, "re.Match[str]"], None]


def _every(times: int, period: int, unit: str) -> _Rule:
    def rule(reading: _Reading, _: re.Match[str]) -> None:
        reading.tell(replace(reading.frequency, times=times, period=period, unit=unit))

    return rule


def _counted(unit: str, *, per: bool) -> _Rule:
    """Times per unit if ``per``, else every so many units; with an optional upper end."""

    def rule(reading: _Reading, found: re.Match[str]) -> None:
        low, high = int(found[1]), int(found[2] or 0)
        if high and high <= low:
            raise DoseError("not-a-frequency")
        now = replace(reading.frequency, unit=unit)
        if per:
            reading.tell(replace(now, times=low, times_max=high))
        else:
            reading.tell(replace(now, period=low, period_max=high))

    return rule


def _at(*parts: When) -> _Rule:
    def rule(reading: _Reading, _: re.Match[str]) -> None:
        reading.when += parts

    return rule


def _prn(reading: _Reading, _: re.Match[str]) -> None:
    reading.frequency = replace(reading.frequency, as_needed=True)


def _most(reading: _Reading, found: re.Match[str]) -> None:
    reading.frequency = replace(reading.frequency, max_per_day=int(found[1]))


def _single(reading: _Reading, _: re.Match[str]) -> None:
    reading.tell(replace(reading.frequency, once=True))


_N = r"(\d{1,2})(?:\s*[-–]\s*(\d{1,2}))?\s*"
# A count needs "times", "x" or "/": "7d" is a duration, never seven times a day.
_TIMES = r"(?:(?:x|×|\*|х|times?|раза?|р|مرات|مره)\.?\s*(?:/|per|a|в|за)?|/|per|a|в|за)\s*"
_A_DAY = _TIMES + r"(?:d|day|daily|день|д|сутки|сут|يوميا|في اليوم|باليوم)\b\.?"
_A_WEEK = _TIMES + r"(?:wk|week|weekly|неделю|нед|اسبوعيا|في الاسبوع)\b\.?"
_MAX = r"(?:max|maximum|up to|no more than|не более|макс|بحد اقصي|حد اقصي)\.?\s*"

# Longest first; every pattern is folded text. ISMP warns against QD, QOD and HS on paper: they are
# understood here, and always written out in words.
_PHRASES: list[tuple[re.Pattern[str], _Rule]] = [
    (re.compile(pattern), rule)
    for pattern, rule in (
        (_MAX + r"(\d{1,2})\s*" + _A_DAY, _most),
        (_MAX + r"(\d{1,2})(?:\s*(?:/|in)\s*24\s*h)?\b", _most),
        (_N + _A_DAY, _counted("d", per=True)),
        (_N + _A_WEEK, _counted("wk", per=True)),
        (r"(?:q|every|кажд\w*|كل)\s*" + _N + r"(?:h|hr|hrs|hours?|ч|час\w*|ساع\w*)\b\.?",
         _counted("h", per=False)),
        (_N + r"-?\s*(?:hourly|h)\b", _counted("h", per=False)),
        (r"(?:q|every|кажд\w*|كل)\s*" + _N + r"(?:d|days?|дн\w*|дней|ايام|يوم)\b\.?",
         _counted("d", per=False)),
        (r"(?:q|every|кажд\w*|كل)\s*" + _N + r"(?:w|wk|weeks?|нед\w*|اسابيع|اسبوع)\b\.?",
         _counted("wk", per=False)),
        (r"(?:q|every|кажд\w*|كل)\s*" + _N + r"(?:mo|months?|мес\w*|اشهر|شهر)\b\.?",
         _counted("mo", per=False)),
        (r"every other day|alternate days|qod|eod|через день|يوم بعد يوم|يوما بعد يوم",
         _every(1, 2, "d")),
        (r"once (?:a |per )?month(?:ly)?|monthly|раз в месяц|ежемесячно|شهريا", _every(1, 1, "mo")),
        (r"once (?:a |per )?week(?:ly)?|weekly|раз в неделю|еженедельно|اسبوعيا",
         _every(1, 1, "wk")),
        (r"twice (?:a |per )?day|twice daily|b\.?i\.?d\.?|b\.?d\.?|дважды в день|مرتين يوميا",
         _every(2, 1, "d")),
        (r"thrice daily|t\.?i\.?d\.?|t\.?d\.?s\.?|трижды в день|ثلاث مرات يوميا",
         _every(3, 1, "d")),
        (r"q\.?i\.?d\.?|q\.?d\.?s\.?|اربع مرات يوميا", _every(4, 1, "d")),
        (r"every morning|qam|o\.?m\.?|mane|по утрам|утром|صباحا|في الصباح", _at(When.MORNING)),
        (r"at noon|midday|днем|в обед|ظهرا", _at(When.NOON)),
        (r"every evening|qpm|по вечерам|вечером|مساء", _at(When.EVENING)),
        (r"on waking|after waking|натощак|علي الريق", _at(When.WAKING)),
        (r"at bedtime|at night|every night|nightly|qhs|h\.?s\.?|nocte|o\.?n\.?", _at(When.BEDTIME)),
        (r"на ночь|перед сном|قبل النوم|عند النوم", _at(When.BEDTIME)),
        (r"before (?:meals?|food)|a\.?c\.?|до еды|перед едой|قبل (?:الاكل|الطعام)",
         _at(When.BEFORE_MEALS)),
        (r"with (?:meals?|food)|во время еды|مع (?:الاكل|الطعام)", _at(When.WITH_MEALS)),
        (r"after (?:meals?|food)|p\.?c\.?|после еды|بعد (?:الاكل|الطعام)", _at(When.AFTER_MEALS)),
        (r"once daily|once a day|daily|every day|o\.?d\.?|q\.?d\.?", _every(1, 1, "d")),
        (r"раз в день|раз в сутки|ежедневно|مره يوميا|مره واحده يوميا|يوميا", _every(1, 1, "d")),
        (r"stat|once only|once|однократно|مره واحده", _single),
        (r"(?:only )?(?:if|when|as) needed|as required|p\.?r\.?n\.?|s\.?o\.?s\.?", _prn),
        (r"при необходимости|по требованию|عند اللزوم|عند الحاجه", _prn),
        (r"hourly|every hour|каждый час|كل ساعه", _every(1, 1, "h")),
    )
]  # fmt: skip
_AMOUNT = r"(\d(?:[.,/]\d)?|[½¼¾])"
_HALVES = {"½": Decimal("0.5"), "¼": Decimal("0.25"), "¾": Decimal("0.75")}
_PATTERN = re.compile(rf"{_AMOUNT}[-+–]{_AMOUNT}[-+–]{_AMOUNT}(?:[-+–]{_AMOUNT})?(?!\d)")


def amount(text: str) -> Decimal:
    """Read "1", "1,5", "1/2", "½", "1½"; raises ``DoseError("not-a-number")``."""
    digits = "".join(fold(c) if c.isdecimal() else c for c in text.strip())
    whole, part = (digits[:-1], digits[-1:]) if digits[-1:] in _HALVES else (digits, "")
    if found := re.fullmatch(r"(?:(\d+)\s+)?(\d+)/(\d+)", whole) if not part else None:
        if not int(found[3]):
            raise DoseError("not-a-number")
        return Decimal(found[1] or 0) + Decimal(found[2]) / Decimal(found[3])
    if not re.fullmatch(r"\d+(?:[.,٫]\d+)?" if not part else r"\d*", whole):
        raise DoseError("not-a-number")
    number = Decimal(re.sub("[,٫]", ".", whole) or 0)
    return number + (_HALVES[part] if part else 0)


def parse_frequency(text: str) -> Frequency:
    """Read "1x3", "3×/day", "tid", "q8h", "1-0-1", "prn max 4/d", "3 раза в день", "كل 8 ساعات".

    Raises ``DoseError("not-a-frequency")``, and ``AmbiguousFrequencyError`` for 3x1.
    """
    folded = " ".join(fold(text.replace("½", "\ue0bd")).replace("\ue0bd", "½").split()).strip(
        " ,.;"
    )
    if found := re.fullmatch(r"(\d{1,2}) ?[x×*х] ?(\d{1,2})", folded):
        dose, times = int(found[1]), int(found[2])
        if dose != 1:
            raise AmbiguousFrequencyError(dose, times)
        return Frequency(times=times)
    reading = _Reading()
    if found := _PATTERN.match(folded):
        parts = tuple(amount(part) for part in found.groups() if part is not None)
        if len(parts) == 3:  # morning, noon and evening, as 1-0-1 is read everywhere
            parts = (*parts, Decimal(0))
        reading.tell(Frequency(pattern=parts))
        folded = folded[found.end() :].strip(" ,;")
    _read_phrases(folded, reading)
    return _finished(reading)


def _read_phrases(text: str, reading: _Reading) -> None:
    while text:
        for pattern, rule in _PHRASES:
            found = pattern.match(text)
            if found and not re.match(r"\w", text[found.end() :]):
                rule(reading, found)
                text = re.sub(r"^[\s,;.]*(?:(?:and|и|و)\s)?\s*", "", text[found.end() :])
                break
        else:
            raise DoseError("not-a-frequency")


def _finished(reading: _Reading) -> Frequency:
    """Morning and evening without a count is twice a day; "prn" alone has no schedule."""
    frequency = reading.frequency
    parts = tuple(dict.fromkeys(reading.when))
    if not reading.told:
        in_day = sum(part in _DAY_PARTS for part in parts)
        if not in_day and not frequency.as_needed:
            raise DoseError("not-a-frequency")
        frequency = replace(frequency, times=in_day)
    return replace(frequency, when=parts)
