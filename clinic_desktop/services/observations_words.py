"""Vital signs in words: their names, their units, and what is said about a doubtful value."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache

from clinic_desktop.domain.codes import Interpretation, ObservationCategory
from clinic_desktop.domain.terms import plain_term
from clinic_desktop.domain.vitals import VITALS, Verdict, VitalError, VitalKind, WeightDoubt
from clinic_desktop.i18n import Language, _, current, isolate

BLOOD_PRESSURE = "bp"
"""The field in which both pressures are typed; every other field is a ``VitalKind``."""
_REPORTED = re.compile(r"([<>≤≥]=?)?(-?(?:0|[1-9]\d*)(?:\.(\d+))?)")


def vital_name(field: str, language: Language | None = None) -> str:
    """What a vital sign is called, in the window's language or another."""
    return _names(language or current())[field]


@cache
def _names(words: Language) -> dict[str, str]:
    return {
        BLOOD_PRESSURE: words.pgettext("vital sign", "BP"),
        VitalKind.SYSTOLIC: words.pgettext("vital sign", "Systolic pressure"),
        VitalKind.DIASTOLIC: words.pgettext("vital sign", "Diastolic pressure"),
        VitalKind.PULSE: words.pgettext("vital sign", "Pulse"),
        VitalKind.RESPIRATION: words.pgettext("vital sign", "Breathing"),
        VitalKind.TEMPERATURE: words.pgettext("vital sign", "Temperature"),
        VitalKind.SPO2: words.pgettext("vital sign", "SpO₂"),
        VitalKind.WEIGHT: words.pgettext("vital sign", "Weight"),
        VitalKind.HEIGHT: words.pgettext("vital sign", "Height"),
        VitalKind.BMI: words.pgettext("vital sign", "BMI"),
        VitalKind.HEAD: words.pgettext("vital sign", "Head"),
        VitalKind.GLUCOSE: words.pgettext("vital sign", "Glucose"),
    }


def unit_words(ucum: str, language: Language | None = None) -> str:
    """A UCUM unit as people write it; an unknown one as it is."""
    known = _units(language or current())
    return known.get(ucum, ucum.replace("{score}", "").replace("{", "").replace("}", ""))


@cache
def _units(words: Language) -> dict[str, str]:
    return {
        "mm[Hg]": words.pgettext("unit", "mmHg"),
        "/min": words.pgettext("unit", "/min"),
        "{beats}/min": words.pgettext("unit", "/min"),
        "Cel": "°C",
        "[degF]": "°F",
        "kg": words.pgettext("unit", "kg"),
        "g": words.pgettext("unit", "g"),
        "[lb_av]": words.pgettext("unit", "lb"),
        "cm": words.pgettext("unit", "cm"),
        "m": words.pgettext("unit", "m"),
        "[in_i]": words.pgettext("unit", "in"),
        "kg/m2": words.pgettext("unit", "kg/m²"),
        "mmol/L": words.pgettext("unit", "mmol/L"),
        "mg/dL": words.pgettext("unit", "mg/dL"),
        "umol/L": words.pgettext("unit", "µmol/L"),
        "10*3/uL": "10³/µL",
        "10*6/uL": "10⁶/µL",
    }


def value_words(value: Decimal, ucum: str) -> str:
    """A value with its unit, kept in one piece in text of either direction."""
    unit, number = unit_words(ucum), current().number(value)
    return isolate(f"{number} {unit}" if unit else number)


def reported_words(value: str) -> str:
    """A result as it was reported, to the digit, with the language's decimal mark."""
    found = _REPORTED.fullmatch(value)
    if found is None:
        return plain_term(value)
    comparator, number, fraction = found.groups(default="")
    return comparator + current().number(Decimal(number), len(fraction))


def refusal(field: str, error: VitalError) -> str:
    """Why a typed vital sign cannot be read."""
    if error.code == "systolic-not-above-diastolic":
        return _("The upper pressure must be above the lower one.")
    if error.code == "unknown-unit":
        known = ", ".join(isolate(unit_words(unit)) for unit in VITALS[VitalKind(field)].units)
        return _("{name} is measured in {units}.").format(name=vital_name(field), units=known)
    if field == BLOOD_PRESSURE:
        return _("Write the blood pressure as {example}.").format(example=isolate("138/84"))
    return _("{name} needs a number.").format(name=vital_name(field))


def impossible(kind: str, verdict: Verdict, ucum: str) -> str:
    """That a value cannot be true of anybody this age."""
    return _("{name} can only be between {low} and {high}.").format(
        name=vital_name(kind),
        low=value_words(verdict.low, ucum),
        high=value_words(verdict.high, ucum),
    )


def unusual(kind: str, value: Decimal, ucum: str) -> str:
    """The question asked before a rare value is stored."""
    return _("{name} {value} is unusual. Is it right?").format(
        name=vital_name(kind), value=value_words(value, ucum)
    )


def doubtful_weight(doubt: WeightDoubt, before: Decimal) -> str:
    """The question asked when a weight does not fit the one before."""
    last = value_words(before, "kg")
    if doubt is WeightDoubt.POUNDS:
        return _("Last time it was {last}. Was this typed in pounds?").format(last=last)
    if doubt is WeightDoubt.TENFOLD:
        return _("Last time it was {last}. Is the decimal point in its place?").format(last=last)
    return _("Last time it was {last}. Is the change right?").format(last=last)


def flag_words(interpretation: str) -> str:
    """An interpretation flag as a word; empty for normal and unknown ones."""
    return _flags(current()).get(interpretation, "")


@cache
def _flags(words: Language) -> dict[str, str]:
    return {
        Interpretation.ABNORMAL: words.pgettext("result", "abnormal"),
        Interpretation.CRITICAL: words.pgettext("result", "critical"),
        Interpretation.LOW: words.pgettext("result", "low"),
        Interpretation.CRITICAL_LOW: words.pgettext("result", "critically low"),
        Interpretation.HIGH: words.pgettext("result", "high"),
        Interpretation.CRITICAL_HIGH: words.pgettext("result", "critically high"),
        Interpretation.POSITIVE: words.pgettext("result", "positive"),
    }


def category_words(category: str) -> str:
    """A category of results; an unknown one as it is."""
    categories: dict[str, str] = {
        ObservationCategory.LABORATORY: _("Laboratory"),
        ObservationCategory.VITAL_SIGNS: _("Vital signs"),
        ObservationCategory.IMAGING: _("Imaging"),
        ObservationCategory.SURVEY: _("Questionnaires"),
        ObservationCategory.EXAM: _("Examination"),
        ObservationCategory.SOCIAL_HISTORY: _("Life and habits"),
        ObservationCategory.PROCEDURE: _("Procedures"),
        ObservationCategory.THERAPY: _("Therapy"),
    }
    return categories.get(category, category)
