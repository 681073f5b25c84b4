"""A line's structure in the shorthand it could have been typed in, to be prescribed once more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from clinic_desktop.domain.dates import AgeUnit
from clinic_desktop.domain.dosing import (
    DoseError,
    DoseUnit,
    Duration,
    Frequency,
    SigParts,
    When,
    parse_sig,
)

_UNITS = {DoseUnit.UNIT: "units", DoseUnit.MCG: "mcg"}
"""Where the code is no word that anybody types."""
_PARTS = {
    When.WAKING: "on waking",
    When.MORNING: "qam",
    When.NOON: "at noon",
    When.EVENING: "qpm",
    When.BEDTIME: "at bedtime",
    When.BEFORE_MEALS: "before meals",
    When.WITH_MEALS: "with meals",
    When.AFTER_MEALS: "after meals",
}
_PERIODS = {"h": "h", "d": "d", "wk": "w", "mo": "mo"}
_LENGTHS = {AgeUnit.DAY: "d", AgeUnit.WEEK: "w", AgeUnit.MONTH: "mo", AgeUnit.YEAR: "y"}
_OF_FHIR = {"frequency", "period", "periodUnit"}
_KNOWN = {*_OF_FHIR, "frequencyMax", "periodMax", "when", "count"}
_KNOWN |= {"pattern", "asNeeded", "maxPerDay"}


def shorthand(parts: SigParts) -> str:
    """What ``parse_sig`` reads as exactly these parts; empty if nothing says the same.

    Each shorthand is read back first: what is prescribed again must not come to mean more.
    """
    pieces = (_dose(parts), _often(parts.frequency), _how_long(parts.duration))
    text = " ".join(piece for piece in pieces if piece)
    try:
        again = parse_sig(text)
    except DoseError:
        return ""
    return text if again == replace(parts, route=None, reason="") else ""


def stored_frequency(repeat: Mapping[str, Any], *, as_needed: bool = False) -> Frequency | None:
    """A stored ``Timing.repeat``, ours or an imported one; none if it says more than we know.

    An empty one, days of the week and times of the day are not "once a day".
    """
    scheduled = "pattern" in repeat or repeat.get("count") == 1 or "asNeeded" in repeat
    is_whole = scheduled or repeat.keys() >= _OF_FHIR
    if not is_whole or repeat.keys() - _KNOWN or repeat.get("count", 1) != 1:
        return None
    try:
        found = Frequency.from_repeat(repeat)
        return replace(found, as_needed=found.as_needed or as_needed)
    except DoseError:
        return None


def _dose(parts: SigParts) -> str:
    if parts.dose is None or parts.unit is None:
        return ""
    return f"{parts.dose:f} {_UNITS.get(parts.unit, str(parts.unit))}"


def _often(frequency: Frequency) -> str:
    pieces = [_scheduled(frequency), *(_PARTS[part] for part in frequency.when)]
    pieces += ["prn"] if frequency.as_needed else []
    pieces += [f"max {frequency.max_per_day}/d"] if frequency.max_per_day else []
    return " ".join(piece for piece in pieces if piece)


def _scheduled(frequency: Frequency) -> str:
    if frequency.once:
        return "once"
    if frequency.pattern:
        return "-".join(f"{part:f}" for part in frequency.pattern)
    if not frequency.times or (frequency.when and frequency.is_told_by_parts):
        return ""
    unit = _PERIODS[frequency.unit]
    if frequency.times == 1 and (frequency.period > 1 or unit != "d") and not frequency.times_max:
        return f"every {_range(frequency.period, frequency.period_max)}{unit}"
    week = "week" if frequency.unit == "wk" else unit
    return f"{_range(frequency.times, frequency.times_max)}x/{week}"


def _range(low: int, high: int) -> str:
    return f"{low}-{high}" if high else str(low)


def _how_long(duration: Duration | None) -> str:
    return f"{duration.value}{_LENGTHS[duration.unit]}" if duration else ""
