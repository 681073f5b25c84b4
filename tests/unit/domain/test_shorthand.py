"""A medicine prescribed again means what it meant, or is left to the prescriber."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.domain.dosing import DoseError, Frequency, parse_sig
from clinic_desktop.domain.shorthand import shorthand, stored_frequency

DOSES = st.sampled_from(
    ["", "1 tab", "½ tab", "2 cap", "10 units", "100 mcg", "2,5 мл", "0.0625 mg", "1 patch"]
)
OFTEN = st.sampled_from(
    ["1x/d", "2x/d", "3 раза в день", "1-2x/d", "2x/week", "3 раза в неделю", "weekly", "monthly",
     "every 3 days", "через день", "q8h", "q4-6h", "every 2-3 weeks", "once", "1-0-1", "½-0-0-1",
     "كل 8 ساعات", ""]
)  # fmt: skip
WHEN = st.sampled_from(["", "at bedtime", "утром и вечером", "after meals", "натощак", "qam, noon"])
MORE = st.sampled_from(["", "prn", "max 4/d", "prn max 3/d", "при необходимости"])
LONG = st.sampled_from(["", "7d", "2w", "10 дней", "3mo", "أسبوعين"])


@given(st.tuples(DOSES, OFTEN, WHEN, MORE, LONG))
def test_whatever_was_typed_is_prescribed_again_as_the_same(pieces: tuple[str, ...]) -> None:
    try:
        parts = parse_sig(" ".join(filter(None, pieces)))
    except DoseError:
        return  # nothing was prescribed
    again = shorthand(parts)
    assert again
    assert parse_sig(again) == parts


@pytest.mark.parametrize(
    ("typed", "again"),
    [
        ("1 tab 2x/week 4w", "1 tablet 2x/week 4w"),
        ("10 units 2x/d 30d", "10 units 2x/d 30d"),
        ("1 tab q4-6h prn max 4/d 3d", "1 tablet every 4-6h prn max 4/d 3d"),
        ("1 tab at bedtime 30d", "1 tablet at bedtime 30d"),
    ],
)
def test_shorthand_is_what_a_doctor_types(typed: str, again: str) -> None:
    assert shorthand(parse_sig(typed)) == again


@pytest.mark.parametrize(
    "repeat",
    [
        {},
        {"frequency": 3, "period": 1, "periodUnit": "d", "dayOfWeek": ["mon", "wed"]},
        {"frequency": 1, "period": 1, "periodUnit": "d", "timeOfDay": ["08:00"]},
        {"frequency": 3},
        {"when": ["MORN", "EVE"]},
        {"count": 14, "frequency": 1, "period": 1, "periodUnit": "d"},
        {"frequency": 1, "period": "1.5", "periodUnit": "d"},
        {"frequency": 1, "period": 30, "periodUnit": "min"},
    ],
)
def test_a_schedule_that_says_more_or_less_is_left_to_the_prescriber(
    repeat: dict[str, Any],
) -> None:
    assert stored_frequency(repeat) is None


def test_as_needed_may_stand_beside_the_schedule() -> None:
    repeat = {"frequency": 4, "period": 1, "periodUnit": "d"}
    assert stored_frequency(repeat, as_needed=True) == Frequency(times=4, as_needed=True)
