"""Doses, durations and quantities of a prescription, and which of them cannot be right."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, ROUND_UP, Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from clinic_desktop.domain.codes import OpenCode
from clinic_desktop.domain.date_words import DUALS, ONE, UNITS
from clinic_desktop.domain.dates import Age, AgeUnit
from clinic_desktop.domain.folding import fold
from clinic_desktop.domain.frequency import (
    AmbiguousFrequencyError,
    DoseError,
    Frequency,
    When,
    amount,
    parse_frequency,
)

__all__ = ["AmbiguousFrequencyError", "Dispense", "Dose", "DoseDoubt", "DoseError", "DoseUnit"]
__all__ += ["Duration", "Frequency", "Route", "SigParts", "When", "check_dose", "dose_by_weight"]
__all__ += ["parse_dose", "parse_duration", "parse_frequency", "parse_sig", "quantity"]
__all__ += ["weight_is_old"]


class DoseUnit(OpenCode):
    """What one takes; UCUM where it has a code, our own words for forms."""

    TABLET = "tablet"
    CAPSULE = "capsule"
    ML = "mL"
    MG = "mg"
    MCG = "ug"
    G = "g"
    UNIT = "[iU]"
    DROP = "drop"
    PUFF = "puff"
    SPRAY = "spray"
    SACHET = "sachet"
    AMPOULE = "ampoule"
    SUPPOSITORY = "suppository"
    PATCH = "patch"
    APPLICATION = "application"

    @property
    def is_whole(self) -> bool:
        """Whether it cannot be cut or measured into parts."""
        return self in _WHOLE

    @property
    def is_counted(self) -> bool:
        """Whether it is a thing to count, so that ten at once are doubtful."""
        return self.is_whole or self is DoseUnit.TABLET


_WHOLE = {
    DoseUnit.CAPSULE, DoseUnit.DROP, DoseUnit.PUFF, DoseUnit.SPRAY, DoseUnit.SACHET,
    DoseUnit.SUPPOSITORY, DoseUnit.PATCH, DoseUnit.APPLICATION,
}  # fmt: skip
_UNIT_WORDS: dict[str, DoseUnit] = {
    fold(word): unit
    for unit, words in (
        (DoseUnit.TABLET, "tablet tablets tab tabs tbl t قرص أقراص حبة حبات"),
        (DoseUnit.TABLET, "т таб табл таблетка таблетки таблетке таблеток"),
        (DoseUnit.CAPSULE, "capsule capsules cap caps капс капсула капсулы капсул كبسولة كبسولات"),
        (DoseUnit.ML, "ml мл مل"),
        (DoseUnit.MG, "mg мг ملغ ملجم"),
        (DoseUnit.MCG, "mcg ug µg мкг ميكروغرام"),
        (DoseUnit.G, "g гр غرام"),
        (DoseUnit.UNIT, "iu unit units ед ме وحدة وحدات"),
        (DoseUnit.DROP, "drop drops gtt капля капли капель кап قطرة قطرات نقطة نقط"),
        (DoseUnit.PUFF, "puff puffs inh вдох вдоха вдохов доза дозы بخة بخات"),
        (DoseUnit.SPRAY, "spray sprays впрыск впрыска رشة رشات"),
        (DoseUnit.SACHET, "sachet sachets пак пакетик пакетика كيس أكياس"),
        (DoseUnit.AMPOULE, "amp ampoule ampoules vial ампула ампулы ампул أمبولة"),
        (DoseUnit.SUPPOSITORY, "supp suppository suppositories свеча свечи суппозиторий تحميلة"),
        (DoseUnit.PATCH, "patch patches пластырь لصقة"),
        (DoseUnit.APPLICATION, "application applications нанесение دهنة"),
    )
    for word in words.split()
}  # fmt: skip


class Route(OpenCode):
    """HL7 v3 RouteOfAdministration, the ones outpatients meet."""

    ORAL = "PO"
    SUBLINGUAL = "SL"
    TOPICAL = "TOPICAL"
    INHALED = "IPINHL"
    NASAL = "NASINHL"
    EYE = "OPTHALTA"
    EAR = "OTICINSTL"
    RECTAL = "PR"
    VAGINAL = "VAGINSI"
    INTRAMUSCULAR = "IM"
    INTRAVENOUS = "IV"
    SUBCUTANEOUS = "SQ"
    TRANSDERMAL = "TRNSDERM"


class Dose(NamedTuple):
    """An amount of a unit; ``unit`` may be empty when only a number was typed."""

    value: Decimal
    unit: DoseUnit | None


def parse_dose(text: str) -> Dose:
    """Read "1 tab", "½ таб", "5 мл", "2 puffs"; raises ``DoseError``."""
    found = re.fullmatch(r"\s*([\d.,٫/ ½¼¾]*[\d½¼¾])\s*([^\W\d]*)\.?\s*", text.replace("µ", "u"))
    if not found:
        raise DoseError("not-a-dose")
    word = fold(found[2])
    unit = _UNIT_WORDS.get(word) if word else None
    if word and unit is None:
        raise DoseError("unknown-unit")
    value = amount(found[1])
    if value <= 0:
        raise DoseError("dose-not-positive")
    return Dose(value, unit)


# ---------------------------------------------------------------- how long


_DAYS = {AgeUnit.DAY: 1, AgeUnit.WEEK: 7, AgeUnit.MONTH: 30, AgeUnit.YEAR: 365}


class Duration(NamedTuple):
    """How long a medicine is taken; UCUM units. A month is dispensed as 30 days."""

    value: int
    unit: AgeUnit

    @property
    def days(self) -> int:
        """In days."""
        return self.value * _DAYS[self.unit]

    def end(self, start: date) -> date:
        """The last day, when begun on ``start``."""
        return start + timedelta(self.days - 1)


def parse_duration(text: str) -> Duration:
    """Read "7d", "2w", "for 10 days", "x 5 days", "10 дней", "أسبوعين"; raises ``DoseError``."""
    folded = re.sub(r"^(?:for|x|×|в течение|на|لمده)\s*", "", fold(text).strip(" .,"))
    if folded in DUALS:
        return Duration(2, DUALS[folded])
    found = re.fullmatch(r"(\d{1,4}|[^\W\d]+)\s*([^\W\d]+)?\.?", folded)
    if not found:
        raise DoseError("not-a-duration")
    count, word = (found[1], found[2]) if found[2] else ("1", found[1])
    unit = UNITS.get(word)
    if unit is None or not (count.isdecimal() or count in ONE):
        raise DoseError("not-a-duration")
    value = int(count) if count.isdecimal() else 1
    if not 1 <= value * _DAYS[unit] <= 3660:
        raise DoseError("duration-out-of-range")
    return Duration(value, unit)


# ---------------------------------------------------------------- the whole line


@dataclass(frozen=True)
class SigParts:
    """What the patient is to do, without a word of any language."""

    dose: Decimal | None
    unit: DoseUnit | None
    frequency: Frequency
    duration: Duration | None = None
    route: Route | None = None
    reason: str = ""
    """What "as needed" is for, in the patient's words."""


_LENGTH = re.compile(
    r"(?:\s|^)(?:for|x|×|в течение|на|لمده)?\s*(\d{1,3}\s*(?:d|w|wk|mo|days?|weeks?|months?"
    r"|дн\w*|день|дней|нед\w*|мес\w*|يوم|ايام|اسبوع|اسابيع|شهر|اشهر)|اسبوعين|شهرين|يومين)\.?$"
)


def parse_sig(text: str) -> SigParts:
    """Read a whole line, "1 cap 3x/day 7d", "по 1 таб 2 раза в день 10 дней"; raises ``DoseError``.

    The dose and the duration may be left out.
    """
    folded = " ".join(_keep_halves(text).split()).strip(" .,;")
    folded = re.sub(r"^(?:take|по|خذ)\s+", "", folded)
    dose = None
    found = re.match(r"([\d.,/]*[\d½¼¾]) ?([^\W\d]+)\b\.?[\s,]*", folded)
    if found and (unit := _UNIT_WORDS.get(found[2])):
        dose = Dose(amount(found[1]), unit)
        folded = re.sub(r"^(?:x|×|х)\s*(?=\d)", "", folded[found.end() :])
    frequency, duration = _frequency_and_length(folded)
    return SigParts(dose and dose.value, dose and dose.unit, frequency, duration)


def _frequency_and_length(folded: str) -> tuple[Frequency, Duration | None]:
    """The last words are the duration, unless they belong to "every 2 weeks"."""
    found = _LENGTH.search(folded)
    if not found:
        return parse_frequency(folded), None
    try:
        return parse_frequency(folded), None
    except DoseError:
        rest = folded[: found.start()].strip(" ,;")
        return parse_frequency(rest), parse_duration(found[1])


def _keep_halves(text: str) -> str:
    return "".join(char if char in "½¼¾" else fold(char) for char in text)


# ---------------------------------------------------------------- how much to dispense


class Dispense(NamedTuple):
    """What the pharmacy gives."""

    quantity: Decimal
    packs: int = 0
    """Bottles or boxes, when a pack size was given."""


def quantity(
    dose: Decimal,
    frequency: Frequency,
    duration: Duration | None,
    *,
    pack: Decimal | None = None,
    unit: DoseUnit | None = None,
) -> Dispense:
    """Dose × times × days, rounded up to whole units, or to whole packs if ``pack`` is given.

    Half tablets are cut from whole ones; millilitres are rounded up to the next millilitre.
    Raises ``DoseError`` for a dose that is not positive or a missing duration.
    """
    if dose <= 0:
        raise DoseError("dose-not-positive")
    total = Fraction(dose) * _doses(frequency, duration)
    step = Fraction(pack) if pack else Fraction(1)
    if step <= 0:
        raise DoseError("pack-not-positive")
    if not pack and unit in {DoseUnit.MG, DoseUnit.MCG, DoseUnit.G, DoseUnit.UNIT}:
        return Dispense(_decimal(total))
    steps = -(-total // step)
    return Dispense(_decimal(steps * step), int(steps) if pack else 0)


def _doses(frequency: Frequency, duration: Duration | None) -> Fraction:
    """How many single doses, of a pattern how many multiples, in the whole time."""
    if frequency.once:
        return Fraction(1)
    if duration is None:
        raise DoseError("duration-missing")
    if frequency.pattern:
        return sum((Fraction(part) for part in frequency.pattern), Fraction(0)) * duration.days
    times = frequency.per_day * duration.days
    return Fraction(-(-times.numerator // times.denominator))


def _decimal(value: Fraction) -> Decimal:
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(Decimal("0.001"), ROUND_UP).normalize() + 0


# ---------------------------------------------------------------- what cannot be right


class DoseDoubt(StrEnum):
    """Why a line is stopped or asked about; ``stops`` tells which."""

    NOT_POSITIVE = "dose-not-positive"
    NOT_DIVISIBLE = "dose-not-divisible"
    """Half a capsule, a third of a tablet."""
    TENFOLD = "dose-tenfold"
    """Ten units or strengths at once: a decimal mark may have moved (ISMP, tenfold errors)."""
    TENTH = "dose-tenth"
    MANY = "dose-many"
    """Five and more units at once."""
    LONG = "duration-long"
    """More than a year without review."""
    MAX_BELOW_SCHEDULE = "max-below-schedule"

    @property
    def stops(self) -> bool:
        """Whether the line cannot be prescribed as it stands."""
        return self in {self.NOT_POSITIVE, self.NOT_DIVISIBLE, self.TENFOLD, self.TENTH}


def check_dose(
    dose: Decimal,
    unit: DoseUnit | None,
    frequency: Frequency,
    duration: Duration | None = None,
    *,
    strength: Decimal | None = None,
) -> tuple[DoseDoubt, ...]:
    """The doubts about a line; ``strength`` is that of one unit, in the unit of the dose."""
    if dose <= 0:
        return (DoseDoubt.NOT_POSITIVE,)
    doubts = [*_size_doubts(dose, unit, strength)]
    if unit is not None and not _can_be_measured(dose, unit, frequency):
        doubts.append(DoseDoubt.NOT_DIVISIBLE)
    if duration is not None and duration.days > 366:
        doubts.append(DoseDoubt.LONG)
    asked = Fraction(frequency.times) * 24 / frequency.period if frequency.unit == "h" else 0
    asked = Fraction(frequency.times, frequency.period) if frequency.unit == "d" else asked
    if frequency.max_per_day and not frequency.as_needed and frequency.max_per_day < asked:
        doubts.append(DoseDoubt.MAX_BELOW_SCHEDULE)
    return tuple(doubts)


def _size_doubts(
    dose: Decimal, unit: DoseUnit | None, strength: Decimal | None
) -> Iterable[DoseDoubt]:
    counted = unit is not None and unit.is_counted and unit not in {DoseUnit.DROP, DoseUnit.PUFF}
    times = dose if counted else dose / strength if strength else Decimal(1)
    if times >= 10:
        yield DoseDoubt.TENFOLD
    elif times <= Decimal("0.1"):
        yield DoseDoubt.TENTH
    elif times >= 5:
        yield DoseDoubt.MANY


def _can_be_measured(dose: Decimal, unit: DoseUnit, frequency: Frequency) -> bool:
    step = Decimal(1) if unit.is_whole else Decimal("0.25") if unit is DoseUnit.TABLET else None
    parts = [part for part in frequency.pattern if part] or [Decimal(1)]
    return step is None or all(dose * part % step == 0 for part in parts)


def dose_by_weight(
    per_kg: Decimal,
    weight_kg: Decimal,
    *,
    most: Decimal | None = None,
    step: Decimal = Decimal("0.1"),
) -> Decimal:
    """A dose per kilogram, never above ``most``, rounded down to what can be measured.

    Down, because a child's maximum is a maximum. Raises ``DoseError``.
    """
    if per_kg <= 0 or weight_kg <= 0 or step <= 0:
        raise DoseError("dose-not-positive")
    exact = per_kg * weight_kg
    if most is not None:
        exact = min(exact, most)
    dose = (exact / step).to_integral_value(ROUND_DOWN) * step
    if dose <= 0:
        raise DoseError("dose-not-measurable")
    return dose


def weight_is_old(weighed_on: date, today: date, age: Age) -> bool:
    """Whether a weight is too old to dose by: 30 days under two years, 90 under eighteen.

    Our own limits, after the growth WHO expects in that time; adults' weights keep a year.
    """
    most = 30 if age.years < 2 else 90 if age.years < 18 else 365
    return (today - weighed_on).days > most
