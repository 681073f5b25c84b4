"""What a doctor writes is understood or refused; what is dispensed lasts exactly long enough."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.domain.dates import AgeUnit, age
from clinic_desktop.domain.dosing import (
    AmbiguousFrequencyError,
    Dispense,
    Dose,
    DoseDoubt,
    DoseError,
    DoseUnit,
    Duration,
    Frequency,
    Route,
    SigParts,
    When,
    check_dose,
    dose_by_weight,
    parse_dose,
    parse_duration,
    parse_frequency,
    parse_sig,
    quantity,
    weight_is_old,
)

ONE = Decimal(1)
WEEK = Duration(7, AgeUnit.DAY)

FREQUENCIES = st.one_of(
    st.builds(Frequency, st.integers(1, 24)),
    st.builds(Frequency, st.just(1), st.integers(1, 24), st.sampled_from(["h", "d", "wk", "mo"])),
    st.builds(
        Frequency,
        when=st.lists(st.sampled_from(When), unique=True).map(tuple),
        as_needed=st.booleans(),
        max_per_day=st.integers(0, 10),
    ),
    st.lists(st.sampled_from([Decimal(0), Decimal("0.5"), ONE, Decimal(2)]), min_size=4, max_size=4)
    .filter(any)
    .map(lambda parts: Frequency(pattern=tuple(parts))),
    st.just(Frequency(once=True)),
)


# ---------------------------------------------------------------- frequency


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("1x3", Frequency(3)),
        ("1×1", Frequency(1)),
        ("3×/day", Frequency(3)),
        ("3 times a day", Frequency(3)),
        ("tid", Frequency(3)),
        ("b.d.", Frequency(2)),
        ("QDS", Frequency(4)),
        ("od", Frequency(1)),
        ("3-4 times a day", Frequency(3, times_max=4)),
        ("q8h", Frequency(1, 8, "h")),
        ("every 4-6 hours", Frequency(1, 4, "h", period_max=6)),
        ("8 hourly", Frequency(1, 8, "h")),
        ("every 2 weeks", Frequency(1, 2, "wk")),
        ("weekly", Frequency(1, 1, "wk")),
        ("2 times a week", Frequency(2, 1, "wk")),
        ("every 3 months", Frequency(1, 3, "mo")),
        ("monthly", Frequency(1, 1, "mo")),
        ("qod", Frequency(1, 2, "d")),
        ("stat", Frequency(once=True)),
        ("1-0-1", Frequency(pattern=(ONE, Decimal(0), ONE, Decimal(0)))),
        ("½-0-0-2", Frequency(pattern=(Decimal("0.5"), Decimal(0), Decimal(0), Decimal(2)))),
        ("1+1+1 after meals",
         Frequency(pattern=(ONE, ONE, ONE, Decimal(0)), when=(When.AFTER_MEALS,))),
        ("bid ac", Frequency(2, when=(When.BEFORE_MEALS,))),
        ("nocte", Frequency(1, when=(When.BEDTIME,))),
        ("prn max 4/d", Frequency(0, as_needed=True, max_per_day=4)),
        ("q6h prn", Frequency(1, 6, "h", as_needed=True)),
        ("3 раза в день", Frequency(3)),
        ("3 р/д", Frequency(3)),
        ("3р/сут.", Frequency(3)),
        ("каждые 8 часов", Frequency(1, 8, "h")),
        ("раз в неделю", Frequency(1, 1, "wk")),
        ("через день", Frequency(1, 2, "d")),
        ("утром и вечером", Frequency(2, when=(When.MORNING, When.EVENING))),
        ("1 раз в день на ночь", Frequency(1, when=(When.BEDTIME,))),
        ("2 раза в день после еды", Frequency(2, when=(When.AFTER_MEALS,))),
        ("при необходимости, не более 4 в сутки",
         Frequency(0, as_needed=True, max_per_day=4)),
        ("однократно", Frequency(once=True)),
        ("3 مرات يوميا", Frequency(3)),
        ("مرتين يومياً", Frequency(2)),
        ("كل ٨ ساعات", Frequency(1, 8, "h")),
        ("عند اللزوم", Frequency(0, as_needed=True)),
    ],
)  # fmt: skip
def test_typed_frequencies(typed: str, expected: Frequency) -> None:
    assert parse_frequency(typed) == expected


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "not-a-frequency"),
        ("foo", "not-a-frequency"),
        ("3", "not-a-frequency"),
        ("1x0", "not-a-frequency"),
        ("0-0-0", "not-a-frequency"),
        ("q0h", "not-a-frequency"),
        ("4-3 times a day", "not-a-frequency"),
        ("tidy", "not-a-frequency"),
        ("7d", "not-a-frequency"),
        ("tid bd", "not-a-frequency"),
        ("25x/day", "too-often"),
        ("after meals", "not-a-frequency"),
    ],
)
def test_what_is_no_frequency_is_refused(typed: str, code: str) -> None:
    with pytest.raises(DoseError, match=code):
        parse_frequency(typed)


def test_three_times_one_and_one_times_three_are_never_mixed_up() -> None:
    with pytest.raises(AmbiguousFrequencyError) as asked:
        parse_frequency("3x1")
    assert asked.value.details == {"first": 3, "second": 1}


@given(FREQUENCIES)
def test_a_frequency_survives_being_stored(frequency: Frequency) -> None:
    assert Frequency.from_repeat(frequency.as_repeat()) == frequency


@pytest.mark.parametrize(
    "repeat", [{"frequency": "x"}, {"period": 0}, {"periodUnit": "a"}, {"pattern": ["x"]}]
)
def test_a_broken_stored_frequency_is_refused(repeat: dict[str, object]) -> None:
    with pytest.raises(DoseError):
        Frequency.from_repeat(repeat)


def test_an_imported_frequency_keeps_what_we_know() -> None:
    read = Frequency.from_repeat({"frequency": 2, "period": 1, "periodUnit": "d", "when": ["CM"]})
    assert read == Frequency(2)


@given(st.text(max_size=25))
def test_any_text_is_a_frequency_or_an_error(typed: str) -> None:
    try:
        assert parse_frequency(typed).per_day > 0
    except DoseError:
        return


@pytest.mark.parametrize(
    ("typed", "per_day"),
    [
        ("tid", Fraction(3)), ("q4-6h prn, max 4/d", Fraction(4)), ("weekly", Fraction(1, 7)),
        ("1-0-1", Fraction(2)), ("prn", Fraction(1)), ("3-4x/d", Fraction(4)),
    ],
)  # fmt: skip
def test_times_a_day(typed: str, per_day: Fraction) -> None:
    assert parse_frequency(typed).per_day == per_day


def test_slots_of_a_pattern() -> None:
    slots = parse_frequency("1-0-2").slots
    assert slots == ((When.MORNING, ONE), (When.EVENING, Decimal(2)))


# ---------------------------------------------------------------- dose and duration


@pytest.mark.parametrize(
    ("typed", "value", "unit"),
    [
        ("1 tab", "1", DoseUnit.TABLET),
        ("½ таб.", "0.5", DoseUnit.TABLET),
        ("1½ tabs", "1.5", DoseUnit.TABLET),
        ("1/2 tablet", "0.5", DoseUnit.TABLET),
        ("2,5 мл", "2.5", DoseUnit.ML),
        ("500 mg", "500", DoseUnit.MG),
        ("50 µg", "50", DoseUnit.MCG),
        ("٢ بخة", "2", DoseUnit.PUFF),
        ("1.5", "1.5", None),
    ],
)
def test_typed_doses(typed: str, value: str, unit: DoseUnit | None) -> None:
    assert parse_dose(typed) == Dose(Decimal(value), unit)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "not-a-dose"), ("tab", "not-a-dose"), ("1 elephant", "unknown-unit"),
        ("0 tab", "dose-not-positive"), ("1/0", "not-a-number"), ("1,2,3", "not-a-number"),
        ("-1 tab", "not-a-dose"),
    ],
)  # fmt: skip
def test_what_is_no_dose_is_refused(typed: str, code: str) -> None:
    with pytest.raises(DoseError, match=code):
        parse_dose(typed)


@pytest.mark.parametrize(
    ("typed", "days"),
    [
        ("7d", 7), ("2w", 14), ("10 дней", 10), ("for 10 days", 10), ("x 5 days", 5),
        ("أسبوعين", 14), ("месяц", 30), ("a week", 7), ("لمدة 7 أيام", 7), ("1 year", 365),
    ],
)  # fmt: skip
def test_typed_durations(typed: str, days: int) -> None:
    assert parse_duration(typed).days == days


@pytest.mark.parametrize("typed", ["", "0d", "x", "7", "7 elephants", "99 years", "7d 2w"])
def test_what_is_no_duration_is_refused(typed: str) -> None:
    with pytest.raises(DoseError):
        parse_duration(typed)


def test_a_course_ends_on_its_last_day() -> None:
    assert WEEK.end(date(2026, 11, 21)) == date(2026, 11, 27)


@pytest.mark.parametrize(
    ("typed", "dose", "unit", "frequency", "days"),
    [
        ("1 cap 3x/day 7d", "1", DoseUnit.CAPSULE, "tid", 7),
        ("Take 1 tab x 3 times a day x 5 days", "1", DoseUnit.TABLET, "tid", 5),
        ("½ tab bd for 2 weeks", "0.5", DoseUnit.TABLET, "bd", 14),
        ("1 tab every 2 weeks", "1", DoseUnit.TABLET, "every 2 weeks", None),
        ("1 tab every 2 weeks for 8 weeks", "1", DoseUnit.TABLET, "every 2 weeks", 56),
        ("1 tab 1-0-1", "1", DoseUnit.TABLET, "1-0-1", None),
        ("1x3 5d", None, None, "tid", 5),
        ("по 1 таб 2 раза в день 10 дней", "1", DoseUnit.TABLET, "bd", 10),
        ("1 قرص 3 مرات يوميا لمدة 7 أيام", "1", DoseUnit.TABLET, "tid", 7),
        ("2 puffs qid prn max 8/d", "2", DoseUnit.PUFF, "qid prn max 8/d", None),
    ],
)
def test_a_whole_line(
    typed: str, dose: str | None, unit: DoseUnit | None, frequency: str, days: int | None
) -> None:
    read = parse_sig(typed)
    assert read.dose == (Decimal(dose) if dose else None)
    assert (read.unit, read.frequency) == (unit, parse_frequency(frequency))
    assert (read.duration.days if read.duration else None) == days


@given(st.text(max_size=30))
def test_any_text_is_a_line_or_an_error(typed: str) -> None:
    try:
        parse_sig(typed)
    except DoseError:
        return


# ---------------------------------------------------------------- quantity


@pytest.mark.parametrize(
    ("dose", "frequency", "days", "given_out"),
    [
        ("1", "tid", 7, "21"),
        ("0.5", "od", 7, "4"),
        ("1.5", "bd", 5, "15"),
        ("1", "weekly", 10, "2"),
        ("1", "qod", 7, "4"),
        ("1", "1-0-2", 10, "30"),
        ("1", "q6h", 3, "12"),
        ("1", "stat", 1, "1"),
        ("1", "prn max 4/d", 5, "20"),
        ("0.1", "tid", 7, "3"),
    ],
)
def test_quantities(dose: str, frequency: str, days: int, given_out: str) -> None:
    duration = Duration(days, AgeUnit.DAY)
    assert quantity(Decimal(dose), parse_frequency(frequency), duration) == Dispense(
        Decimal(given_out)
    )


def test_syrup_comes_in_whole_bottles() -> None:
    given_out = quantity(Decimal(5), Frequency(3), WEEK, pack=Decimal(100), unit=DoseUnit.ML)
    assert given_out == Dispense(Decimal(200), 2)
    assert quantity(Decimal("2.5"), Frequency(3), WEEK, unit=DoseUnit.ML).quantity == 53
    assert quantity(Decimal("2.5"), Frequency(3), WEEK, unit=DoseUnit.MG).quantity == Decimal(
        "52.5"
    )


@given(st.decimals("0.25", 20, places=2), FREQUENCIES, st.integers(1, 365), st.integers(1, 200))
def test_what_is_dispensed_lasts_and_is_less_than_one_pack_too_much(
    dose: Decimal, frequency: Frequency, days: int, pack: int
) -> None:
    duration = Duration(days, AgeUnit.DAY)
    given_out = quantity(dose, frequency, duration, pack=Decimal(pack))
    needed = Fraction(dose) * (
        1 if frequency.once
        else sum((Fraction(part) for part in frequency.pattern), Fraction(0)) * days
        if frequency.pattern
        else frequency.per_day * days
    )  # fmt: skip
    assert given_out.quantity >= needed
    assert given_out.quantity < needed + pack + Fraction(dose)
    assert given_out.quantity == given_out.packs * pack


def test_a_quantity_needs_a_dose_and_a_duration() -> None:
    with pytest.raises(DoseError, match="dose-not-positive"):
        quantity(Decimal(0), Frequency(3), WEEK)
    with pytest.raises(DoseError, match="duration-missing"):
        quantity(ONE, Frequency(3), None)
    with pytest.raises(DoseError, match="pack-not-positive"):
        quantity(ONE, Frequency(3), WEEK, pack=Decimal(-1))


# ---------------------------------------------------------------- doubts


@pytest.mark.parametrize(
    ("dose", "unit", "frequency", "strength", "doubts"),
    [
        ("1", DoseUnit.TABLET, "tid", None, []),
        ("0.5", DoseUnit.TABLET, "tid", None, []),
        ("0", DoseUnit.TABLET, "tid", None, ["dose-not-positive"]),
        ("-1", DoseUnit.TABLET, "tid", None, ["dose-not-positive"]),
        ("10", DoseUnit.TABLET, "tid", None, ["dose-tenfold"]),
        ("5", DoseUnit.TABLET, "tid", None, ["dose-many"]),
        ("0.5", DoseUnit.CAPSULE, "tid", None, ["dose-not-divisible"]),
        ("0.33", DoseUnit.TABLET, "tid", None, ["dose-not-divisible"]),
        ("1", DoseUnit.CAPSULE, "½-0-1", None, ["dose-not-divisible"]),
        ("20", DoseUnit.DROP, "tid", None, []),
        ("5000", DoseUnit.MG, "tid", "500", ["dose-tenfold"]),
        ("50", DoseUnit.MG, "tid", "500", ["dose-tenth"]),
        ("500", DoseUnit.MG, "tid", "500", []),
        ("5", DoseUnit.ML, "tid", None, []),
        ("1", DoseUnit.TABLET, "qid max 2/d", None, ["max-below-schedule"]),
        ("1", DoseUnit.TABLET, "q6h max 2/d", None, ["max-below-schedule"]),
        ("1", DoseUnit.TABLET, "q6h prn max 2/d", None, []),
    ],
)
def test_impossible_doses_are_doubted(
    dose: str, unit: DoseUnit, frequency: str, strength: str | None, doubts: list[str]
) -> None:
    found = check_dose(
        Decimal(dose), unit, parse_frequency(frequency),
        strength=Decimal(strength) if strength else None,
    )  # fmt: skip
    assert list(found) == doubts


def test_a_course_of_more_than_a_year_is_doubted() -> None:
    doubts = check_dose(ONE, DoseUnit.TABLET, Frequency(1), Duration(2, AgeUnit.YEAR))
    assert doubts == (DoseDoubt.LONG,)
    assert not DoseDoubt.LONG.stops
    assert DoseDoubt.TENFOLD.stops


def test_doses_by_weight_never_exceed_what_is_allowed() -> None:
    assert dose_by_weight(Decimal(15), Decimal("8.2")) == Decimal("123.0")
    assert dose_by_weight(Decimal(15), Decimal(80), most=Decimal(1000)) == Decimal(1000)
    assert dose_by_weight(Decimal(15), Decimal("8.2"), step=Decimal(25)) == Decimal(100)
    with pytest.raises(DoseError, match="dose-not-positive"):
        dose_by_weight(Decimal(15), Decimal(0))
    with pytest.raises(DoseError, match="dose-not-measurable"):
        dose_by_weight(Decimal(1), Decimal(2), step=Decimal(5))


@given(st.decimals("0.01", 50, places=2), st.decimals("0.5", 150, places=2), st.integers(1, 5000))
def test_a_dose_by_weight_is_within_a_step_of_the_exact_one(
    per_kg: Decimal, weight: Decimal, most: int
) -> None:
    try:
        dose = dose_by_weight(per_kg, weight, most=Decimal(most))
    except DoseError:
        assert per_kg * weight < Decimal("0.1")
        return
    exact = min(per_kg * weight, Decimal(most))
    assert exact - Decimal("0.1") < dose <= exact


@pytest.mark.parametrize(("years", "days", "old"), [(1, 31, True), (1, 30, False), (5, 31, False),
                                                    (5, 91, True), (40, 91, False)])  # fmt: skip
def test_a_childs_weight_grows_old(years: int, days: int, old: bool) -> None:
    today = date(2026, 11, 21)
    person = age(date(2026 - years, 1, 1), today)
    assert weight_is_old(today - timedelta(days), today, person) is old


def test_unknown_units_and_routes_are_kept() -> None:
    assert DoseUnit("teaspoon") == "teaspoon"
    assert not DoseUnit("teaspoon").is_whole
    assert Route("SWISHSWAL") == "SWISHSWAL"
    assert SigParts(ONE, DoseUnit("teaspoon"), Frequency(3)).route is None
