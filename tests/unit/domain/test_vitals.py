"""Vital signs are read in any unit, refused when impossible and asked about when unusual."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.domain.dates import age
from clinic_desktop.domain.vital_limits import CURVES, STEPS, limits
from clinic_desktop.domain.vitals import (
    BLOOD_PRESSURE_PANEL,
    BMI_FROM_MONTHS,
    HEAD_UNTIL_MONTHS,
    VITALS,
    Plausibility,
    Reading,
    Vital,
    VitalError,
    VitalKind,
    WeightDoubt,
    bmi,
    check,
    parse_blood_pressure,
    parse_vital,
    weight_doubt,
)

TODAY = date(2026, 11, 21)
ADULT = age(date(1980, 1, 1), TODAY)


@pytest.mark.parametrize(
    ("kind", "typed", "unit", "value"),
    [
        ("temperature", "37,9", "", "37.9"),
        ("temperature", "98.6F", "", "37.0"),
        ("temperature", "98.6", "[degF]", "37.0"),
        ("temperature", "37.9 °C", "[degF]", "37.9"),
        ("temperature", "٣٧٫٩", "", "37.9"),
        ("weight", "184 lb", "", "83.46"),
        ("weight", "82", "", "82.00"),
        ("weight", "3450 г", "", "3.45"),
        ("weight", "12 кг", "[lb_av]", "12.00"),
        ("height", "1.80 m", "", "180.0"),
        ("height", "71 in", "", "180.3"),
        ("height", "5'11\"", "", "180.3"),
        ("height", "6 ft", "", "182.9"),
        ("height", "180 سم", "", "180.0"),
        ("glucose", "97 mg/dl", "", "5.4"),
        ("glucose", "5,4", "", "5.4"),
        ("spo2", "97%", "", "97"),
        ("pulse", "72", "", "72"),
        ("pulse", "72 bpm", "", "72"),
    ],
)
def test_typed_measurements(kind: str, typed: str, unit: str, value: str) -> None:
    reading = parse_vital(VitalKind(kind), typed, unit=unit)
    assert str(reading.value) == value
    assert reading.unit == VITALS[reading.kind].unit


@pytest.mark.parametrize(
    ("kind", "typed", "code"),
    [
        ("pulse", "", "not-a-number"),
        ("pulse", "7O", "unknown-unit"),
        ("pulse", "fast", "not-a-number"),
        ("pulse", "-5", "not-a-number"),
        ("weight", "1,2,3", "unknown-unit"),
        ("weight", "99999999", "not-a-number"),
        ("weight", "82 cm", "unknown-unit"),
        ("temperature", "37 K", "unknown-unit"),
    ],
)
def test_what_is_no_measurement_is_refused(kind: str, typed: str, code: str) -> None:
    with pytest.raises(VitalError, match=code):
        parse_vital(VitalKind(kind), typed)


@pytest.mark.parametrize(
    "typed", ["138/84", "138 84", "138-84", " 138 / 84 ", "138 на 84", "١٣٨/٨٤"]
)
def test_typed_blood_pressure(typed: str) -> None:
    assert [reading.value for reading in parse_blood_pressure(typed)] == [138, 84]


@pytest.mark.parametrize(
    ("typed", "code"),
    [("84/138", "systolic-not-above"), ("138", "not-a-blood"), ("138/84/2", "not-a-blood")],
)
def test_what_is_no_blood_pressure_is_refused(typed: str, code: str) -> None:
    with pytest.raises(VitalError, match=code):
        parse_blood_pressure(typed)


@given(st.sampled_from(list(VITALS.values())), st.integers(100, 20_000))
def test_units_convert_there_and_back(vital: Vital, hundredths: int) -> None:
    value = Decimal(hundredths) / 100
    for unit, rule in vital.units.items():
        back = vital.stored(vital.shown(value, unit), unit)
        step = Decimal(1).scaleb(-vital.decimals)
        assert abs(back - value) <= (step + step * rule.factor)


@given(st.text(max_size=12), st.sampled_from(list(VitalKind)))
def test_any_text_is_a_measurement_or_an_error(typed: str, kind: VitalKind) -> None:
    try:
        assert parse_vital(kind, typed).value >= -18
    except VitalError:
        return


# ---------------------------------------------------------------- plausibility


@pytest.mark.parametrize(
    ("kind", "value", "years", "verdict"),
    [
        ("systolic", "138", 46, "usual"),
        ("systolic", "190", 46, "unusual"),
        ("systolic", "380", 46, "impossible"),
        ("systolic", "150", 5, "unusual"),
        ("pulse", "150", 0, "usual"),
        ("pulse", "150", 46, "unusual"),
        ("pulse", "700", 46, "impossible"),
        ("respiration", "50", 0, "usual"),
        ("respiration", "50", 46, "unusual"),
        ("temperature", "36.6", 46, "usual"),
        ("temperature", "38.0", 0, "unusual"),
        ("temperature", "38.0", 2, "usual"),
        ("temperature", "98.6", 46, "impossible"),
        ("spo2", "97", 46, "usual"),
        ("spo2", "91", 46, "unusual"),
        ("spo2", "101", 46, "impossible"),
        ("weight", "3.4", 0, "usual"),
        ("weight", "82", 0, "impossible"),
        ("weight", "82", 46, "usual"),
        ("weight", "820", 46, "impossible"),
        ("weight", "10", 2, "usual"),
        ("weight", "22", 2, "unusual"),
        ("height", "180", 46, "usual"),
        ("height", "1.8", 46, "impossible"),
        ("height", "18", 46, "impossible"),
        ("head", "35", 0, "usual"),
        ("glucose", "5.4", 46, "usual"),
        ("glucose", "18", 46, "unusual"),
        ("glucose", "0", 46, "impossible"),
        ("bmi", "27", 46, "usual"),
    ],
)
def test_values_are_judged_by_age(kind: str, value: str, years: int, verdict: str) -> None:
    person = age(date(TODAY.year - years, 11, 1), TODAY)
    assert check(Reading(VitalKind(kind), Decimal(value)), person).plausibility == verdict


def test_without_an_age_only_the_impossible_is_refused() -> None:
    assert check(Reading(VitalKind.WEIGHT, Decimal(3)), None).plausibility == "usual"
    assert check(Reading(VitalKind.WEIGHT, Decimal(700)), None).plausibility == "impossible"


@given(st.sampled_from([*STEPS, *CURVES]), st.integers(0, 1400))
def test_limits_are_in_order_at_every_age(kind: str, months: int) -> None:
    row = limits(kind, months)
    assert row.refuse_low <= row.ask_low < row.ask_high <= row.refuse_high


@given(st.sampled_from(list(CURVES)), st.integers(0, 300))
def test_growing_limits_do_not_jump(kind: str, months: int) -> None:
    now, later = limits(kind, months), limits(kind, months + 1)
    assert all(b <= a * Decimal("1.5") + 1 for a, b in zip(now[1:], later[1:], strict=True))


def test_every_vital_sign_has_limits_and_a_verdict() -> None:
    assert {*STEPS, *CURVES} == {kind.value for kind in VitalKind}
    assert {Plausibility(check(Reading(kind, Decimal(1)), ADULT).plausibility)
            for kind in VitalKind} <= set(Plausibility)  # fmt: skip
    assert (BLOOD_PRESSURE_PANEL, BMI_FROM_MONTHS, HEAD_UNTIL_MONTHS) == ("85354-9", 24, 24)


def test_body_mass_index() -> None:
    assert bmi(Decimal(82), Decimal(168)) == Decimal("29.1")
    with pytest.raises(VitalError):
        bmi(Decimal(82), Decimal(0))


@pytest.mark.parametrize(
    ("before", "now", "days", "doubt"),
    [
        ("82", "82.5", 30, None),
        ("82", "180.8", 30, WeightDoubt.POUNDS),
        ("82", "37.2", 30, WeightDoubt.POUNDS),
        ("82", "8.2", 30, WeightDoubt.TENFOLD),
        ("8.2", "82", 30, WeightDoubt.TENFOLD),
        ("82", "92", 30, WeightDoubt.LARGE_CHANGE),
        ("82", "73", 30, WeightDoubt.LARGE_CHANGE),
        ("82", "92", 300, None),
        ("82", "65", 300, WeightDoubt.LARGE_CHANGE),
    ],
)
def test_a_weight_is_compared_with_the_last(
    before: str, now: str, days: int, doubt: WeightDoubt | None
) -> None:
    then = TODAY - timedelta(days)
    assert weight_doubt(Decimal(now), TODAY, Decimal(before), then, ADULT) is doubt


def test_a_baby_may_double_its_weight_but_not_halve_it() -> None:
    baby = age(date(2026, 5, 1), TODAY)
    then = date(2026, 5, 1)
    assert weight_doubt(Decimal("7.0"), TODAY, Decimal("3.5"), then, baby) is None
    assert (
        weight_doubt(Decimal("5.0"), TODAY, Decimal("7.0"), then, baby) is WeightDoubt.LARGE_CHANGE
    )
    with pytest.raises(VitalError):
        weight_doubt(Decimal(0), TODAY, Decimal(7), then, baby)
