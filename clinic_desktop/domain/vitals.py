"""Vital signs: their codes and units, reading what is typed, and whether it can be true."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import NamedTuple

from clinic_desktop.domain.dates import Age
from clinic_desktop.domain.folding import fold
from clinic_desktop.domain.refusals import RefusedError
from clinic_desktop.domain.vital_limits import limits


class VitalError(RefusedError):
    """A text that is no measurement, or a measurement that cannot be."""


class VitalKind(StrEnum):
    """The vital signs a visit asks for."""

    SYSTOLIC = "systolic"
    DIASTOLIC = "diastolic"
    PULSE = "pulse"
    RESPIRATION = "respiration"
    TEMPERATURE = "temperature"
    SPO2 = "spo2"
    WEIGHT = "weight"
    HEIGHT = "height"
    BMI = "bmi"
    HEAD = "head"
    GLUCOSE = "glucose"


class Conversion(NamedTuple):
    """To the stored unit: ``value × factor + offset``."""

    factor: Decimal
    offset: Decimal = Decimal(0)


@dataclass(frozen=True)
class Vital:
    """One vital sign: LOINC code, stored UCUM unit, decimals, and units it may be typed in."""

    kind: VitalKind
    loinc: str
    unit: str
    decimals: int
    units: Mapping[str, Conversion]
    also_loinc: str = ""
    """A second code that FHIR's vital-signs profile asks for."""

    def stored(self, value: Decimal, unit: str) -> Decimal:
        """A value in the stored unit, rounded to its decimals."""
        rule = self.units[unit]
        return _rounded(value * rule.factor + rule.offset, self.decimals)

    def shown(self, value: Decimal, unit: str) -> Decimal:
        """A stored value in another unit, rounded to its decimals."""
        rule = self.units[unit]
        return _rounded((value - rule.offset) / rule.factor, self.decimals)


_ONE = Conversion(Decimal(1))
_CELSIUS = {"Cel": _ONE, "[degF]": Conversion(Decimal(5) / 9, Decimal(-160) / 9)}
_KG = {"kg": _ONE, "g": Conversion(Decimal("0.001")), "[lb_av]": Conversion(Decimal("0.45359237"))}
_CM = {"cm": _ONE, "m": Conversion(Decimal(100)), "[in_i]": Conversion(Decimal("2.54"))}
GLUCOSE_MG_PER_MMOL = Decimal("18.016")
"""mg/dL in a mmol/L: molar mass of glucose, 180.16 g/mol."""
_GLUCOSE = {"mmol/L": _ONE, "mg/dL": Conversion(1 / GLUCOSE_MG_PER_MMOL)}

VITALS: dict[VitalKind, Vital] = {
    vital.kind: vital
    for vital in (
        Vital(VitalKind.SYSTOLIC, "8480-6", "mm[Hg]", 0, {"mm[Hg]": _ONE}),
        Vital(VitalKind.DIASTOLIC, "8462-4", "mm[Hg]", 0, {"mm[Hg]": _ONE}),
        Vital(VitalKind.PULSE, "8867-4", "/min", 0, {"/min": _ONE}),
        Vital(VitalKind.RESPIRATION, "9279-1", "/min", 0, {"/min": _ONE}),
        Vital(VitalKind.TEMPERATURE, "8310-5", "Cel", 1, _CELSIUS),
        Vital(VitalKind.SPO2, "2708-6", "%", 0, {"%": _ONE}, also_loinc="59408-5"),
        Vital(VitalKind.WEIGHT, "29463-7", "kg", 2, _KG),
        Vital(VitalKind.HEIGHT, "8302-2", "cm", 1, _CM),
        Vital(VitalKind.BMI, "39156-5", "kg/m2", 1, {"kg/m2": _ONE}),
        Vital(VitalKind.HEAD, "9843-4", "cm", 1, _CM),
        Vital(VitalKind.GLUCOSE, "14743-9", "mmol/L", 1, _GLUCOSE),
    )
}
BLOOD_PRESSURE_PANEL = "85354-9"
"""LOINC panel of which systolic and diastolic pressure are the components."""
BMI_FROM_MONTHS = 24
HEAD_UNTIL_MONTHS = 24
"""AAP Bright Futures: head circumference at each visit up to two years; BMI from then on."""

_ALIASES: dict[str, str] = {
    fold(alias): unit
    for unit, aliases in (
        ("Cel", "c °c cel с °с ц م °م"),
        ("[degF]", "f °f [degf] ф °ф ف °ف"),
        ("kg", "kg kgs кг كجم كغ كغم"),
        ("g", "g gr гр г جم غ"),
        ("[lb_av]", "lb lbs [lb_av] pound pounds фунт фунтов رطل"),
        ("cm", "cm см سم"),
        ("m", "m м متر"),
        ("[in_i]", 'in " inch inches [in_i] дюйм дюймов بوصة'),
        ("mmol/L", "mmol/l mmol ммоль/л ммоль ممول/ل"),
        ("mg/dL", "mg/dl mg% мг/дл мг% ملغ/دل"),
        ("%", "% ٪"),
        ("mm[Hg]", "mmhg mm[hg] ммртст"),
        ("/min", "/min bpm уд/мин /мин"),
    )
    for alias in aliases.split()
}


class Reading(NamedTuple):
    """A measurement in its stored unit."""

    kind: VitalKind
    value: Decimal

    @property
    def unit(self) -> str:
        """UCUM code of the stored unit."""
        return VITALS[self.kind].unit


def parse_vital(kind: VitalKind, text: str, *, unit: str = "") -> Reading:
    """Read "37,9", "98.6F", "184 lb"; ``unit`` (UCUM) is meant when none is typed.

    Raises ``VitalError``: ``not-a-number``, ``unknown-unit``. Whether the value can be true is
    ``check``'s business.
    """
    vital = VITALS[kind]
    folded = fold(text).replace("٫", ".").strip()
    if kind is VitalKind.HEIGHT and (feet := _feet_and_inches(text)):
        return Reading(kind, vital.stored(feet, "[in_i]"))
    found = re.fullmatch(r"(\d+(?:[.,]\d+)?)\s*(\D.*)?", folded)
    if not found:
        raise VitalError("not-a-number")
    named = re.sub(r"\s|\.", "", found[2] or "")
    typed_unit = _ALIASES.get(named, "") if named else unit or vital.unit
    if typed_unit not in vital.units:
        raise VitalError("unknown-unit", units=tuple(vital.units))
    return Reading(kind, vital.stored(_decimal(found[1]), typed_unit))


def _decimal(text: str) -> Decimal:
    number = Decimal(text.replace(",", "."))
    if number > 10_000:
        raise VitalError("not-a-number")
    return number


def _feet_and_inches(text: str) -> Decimal | None:
    found = re.fullmatch(r"\s*(\d)\s*(?:['’′]|ft)\s*(\d{1,2})?\s*(?:[\"”″]|''|in)?\s*", text)
    return Decimal(int(found[1]) * 12 + int(found[2] or 0)) if found else None


def parse_blood_pressure(text: str) -> tuple[Reading, Reading]:
    """Read "138/84", "138 84", "138 на 84"; raises ``VitalError``."""
    found = re.fullmatch(r"\s*(\d{2,3})\s*(?:[/\\-]|\s|на|على)\s*(\d{1,3})\s*", fold(text))
    if not found:
        raise VitalError("not-a-blood-pressure")
    systolic, diastolic = Decimal(found[1]), Decimal(found[2])
    if systolic <= diastolic:
        raise VitalError("systolic-not-above-diastolic")
    return Reading(VitalKind.SYSTOLIC, systolic), Reading(VitalKind.DIASTOLIC, diastolic)


# ---------------------------------------------------------------- can it be true?


class Plausibility(StrEnum):
    """What to do with a value."""

    USUAL = "usual"
    UNUSUAL = "unusual"
    """Ask whether it is right."""
    IMPOSSIBLE = "impossible"
    """Do not accept it."""


class Verdict(NamedTuple):
    """A judgement with the limits it was made by, in the stored unit."""

    plausibility: Plausibility
    low: Decimal
    high: Decimal


def check(reading: Reading, age: Age | None) -> Verdict:
    """Judge a value by the limits for the age (``vital_limits``)."""
    row = limits(reading.kind, age.total_months if age else None)
    if not row.refuse_low <= reading.value <= row.refuse_high:
        return Verdict(Plausibility.IMPOSSIBLE, row.refuse_low, row.refuse_high)
    usual = row.ask_low <= reading.value <= row.ask_high
    kind = Plausibility.USUAL if usual else Plausibility.UNUSUAL
    return Verdict(kind, row.ask_low, row.ask_high)


def bmi(weight_kg: Decimal, height_cm: Decimal) -> Decimal:
    """Body mass index, kg/m² (Quetelet; WHO TRS 894), one decimal; raises ``VitalError``."""
    if weight_kg <= 0 or height_cm <= 0:
        raise VitalError("not-a-number")
    return _rounded(weight_kg * 10_000 / (height_cm * height_cm), 1)


class WeightDoubt(StrEnum):
    """Why a weight does not fit the one before."""

    POUNDS = "pounds"
    """The two differ as pounds and kilograms do."""
    TENFOLD = "tenfold"
    """A decimal mark seems to have moved."""
    LARGE_CHANGE = "large-change"


_POUNDS_PER_KG = 1 / Decimal("0.45359237")


def weight_doubt(
    weight_kg: Decimal, on: date, before_kg: Decimal, before_on: date, age: Age | None
) -> WeightDoubt | None:
    """Compare a weight with the last one.

    A large change is more than 10 % within six months or 20 % beyond (GLIM 2019, severe
    malnutrition); a growing child may gain, but not lose that much.
    """
    if weight_kg <= 0 or before_kg <= 0:
        raise VitalError("not-a-number")
    ratio = max(weight_kg / before_kg, before_kg / weight_kg)
    days = abs((on - before_on).days)
    grows = age is not None and age.years < 18 and weight_kg > before_kg
    if abs(ratio / 10 - 1) < Decimal("0.15"):
        return WeightDoubt.TENFOLD
    if abs(ratio / _POUNDS_PER_KG - 1) < Decimal("0.05") and not (grows and days > 180):
        return WeightDoubt.POUNDS
    most = Decimal("0.10") if days <= 183 else Decimal("0.20")
    if abs(weight_kg - before_kg) > most * before_kg and not grows:
        return WeightDoubt.LARGE_CHANGE
    return None


def _rounded(value: Decimal, decimals: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
