"""Typed dates, ages and appointment times mean what the person meant, or are asked about."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.domain.dates import (
    AgeUnit,
    AmbiguousDateError,
    BirthDate,
    BirthPrecision,
    DateError,
    DateKind,
    DateOrder,
    PartialDate,
    add_days,
    add_months,
    age,
    parse_date,
    parse_when,
)

TODAY = date(2026, 11, 21)  # a Saturday
DAYS = st.dates(date(1880, 1, 1), date(2150, 12, 31))


# ---------------------------------------------------------------- partial dates


@given(DAYS)
def test_text_and_back_is_the_same_date(day: date) -> None:
    for partial in (
        PartialDate.of(day), PartialDate(day.year, day.month), PartialDate(day.year)
    ):  # fmt: skip
        assert PartialDate.parse(str(partial)) == partial
        assert partial.first <= day <= partial.last


@given(st.lists(DAYS.map(PartialDate.of)))
def test_dates_sort_by_their_text(days: list[PartialDate]) -> None:
    assert [str(day) for day in sorted(days)] == sorted(str(day) for day in days)


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ((2026, 2, 29), "no-such-day"),
        ((2026, 13, None), "no-such-month"),
        ((0, None, None), "no-such-year"),
        ((2026, None, 3), "day-without-month"),
    ],
)
def test_impossible_parts_are_refused(parts: tuple[int, int | None, int | None], code: str) -> None:
    with pytest.raises(DateError, match=code):
        PartialDate(*parts)


@pytest.mark.parametrize("text", ["", "55", "1955-3", "1955-03-14T10:00", "٢٠٢٠", "1955-03-14 "])
def test_only_the_stored_form_is_read_back(text: str) -> None:
    with pytest.raises(DateError):
        PartialDate.parse(text)


def test_partial_dates_do_not_compare_with_other_things() -> None:
    with pytest.raises(TypeError):
        assert PartialDate(1955) < date(1955, 1, 1)


@pytest.mark.parametrize(
    ("value", "precision"),
    [
        (PartialDate(1955, 3, 14), BirthPrecision.DAY),
        (PartialDate(1955, 3), BirthPrecision.MONTH),
        (PartialDate(1955), BirthPrecision.YEAR),
        (PartialDate(1955, approximate=True), BirthPrecision.ESTIMATED),
    ],
)
def test_a_birth_keeps_its_precision(value: PartialDate, precision: BirthPrecision) -> None:
    birth = BirthDate.of(value)
    assert birth.precision is precision
    assert BirthDate.parse(str(birth), birth.precision) == birth


def test_a_birth_after_today_or_too_long_ago_is_refused() -> None:
    BirthDate.of(TODAY).check(TODAY)
    with pytest.raises(DateError, match="born-in-future"):
        BirthDate.of(TODAY + timedelta(1)).check(TODAY)
    with pytest.raises(DateError, match="born-too-long-ago"):
        BirthDate.of(PartialDate(1895)).check(TODAY)


# ---------------------------------------------------------------- ages


@pytest.mark.parametrize(
    ("birth", "value", "unit", "parts"),
    [
        ("2026-11-21", 0, "d", [(0, "d")]),
        ("2026-10-30", 22, "d", [(22, "d")]),
        ("2026-10-24", 4, "wk", [(4, "wk")]),
        ("2026-10-20", 4, "wk", [(4, "wk"), (4, "d")]),
        ("2026-03-20", 8, "mo", [(35, "wk"), (1, "d")]),
        ("2025-05-20", 18, "mo", [(18, "mo"), (1, "d")]),
        ("2021-06-01", 5, "a", [(5, "a"), (5, "mo")]),
        ("2008-11-22", 17, "a", [(17, "a"), (11, "mo")]),
        ("2008-11-21", 18, "a", [(18, "a")]),
        ("1955-03-14", 71, "a", [(71, "a")]),
    ],
)
def test_ages_are_told_as_clinicians_tell_them(
    birth: str, value: int, unit: str, parts: list[tuple[int, str]]
) -> None:
    found = age(PartialDate.parse(birth), TODAY)
    assert (found.value, found.unit, found.approximate) == (value, unit, False)
    assert list(found.parts) == parts


@pytest.mark.parametrize(
    ("birth", "value", "unit", "approximate"),
    [
        ("1955", 71, "a", True),
        ("1955-12", 70, "a", False),
        ("1955-11", 71, "a", True),
        ("2026", 0, "a", True),
        ("2026-03", 8, "mo", True),
        ("2026-11", 0, "mo", True),
        ("1955-03", 71, "a", False),
    ],
)
def test_an_age_is_approximate_when_the_birth_leaves_it_open(
    birth: str, value: int, unit: str, approximate: bool
) -> None:
    found = age(BirthDate.of(PartialDate.parse(birth)), TODAY)
    assert (found.value, found.unit, found.approximate) == (value, unit, approximate)


def test_nobody_has_an_age_before_birth() -> None:
    with pytest.raises(DateError, match="born-in-future"):
        age(date(2026, 11, 22), TODAY)


def test_a_leap_day_child_completes_the_year_on_the_first_of_march() -> None:
    assert age(date(2024, 2, 29), date(2025, 2, 28)).years == 0
    assert age(date(2024, 2, 29), date(2025, 3, 1)).years == 1


@given(DAYS, st.integers(0, 60_000))
def test_years_months_and_days_add_up_to_the_age(birth: date, days: int) -> None:
    on = birth + timedelta(days)
    found = age(birth, on)
    assert add_months(birth, found.total_months) + timedelta(found.days) == on
    assert 0 <= found.months < 12
    assert 0 <= found.days <= 31


@given(DAYS, st.integers(1, 40_000))
def test_nobody_grows_younger(birth: date, days: int) -> None:
    on = birth + timedelta(days)
    assert age(birth, on).total_months >= age(birth, on - timedelta(1)).total_months


# ---------------------------------------------------------------- typed dates


@pytest.mark.parametrize(
    ("typed", "iso", "kind"),
    [
        ("14.3.55", "1955-03-14", "calendar"),
        ("140355", "1955-03-14", "calendar"),
        ("14031955", "1955-03-14", "calendar"),
        ("19550314", "1955-03-14", "calendar"),
        ("14/3/1955", "1955-03-14", "calendar"),
        ("14 . 3 . 1955", "1955-03-14", "calendar"),
        ("1955", "1955", "calendar"),
        ("1955 г.", "1955", "calendar"),
        ("3.1955", "1955-03", "calendar"),
        ("1955-03", "1955-03", "calendar"),
        ("1955-03-14", "1955-03-14", "calendar"),
        ("14-Mar-1955", "1955-03-14", "calendar"),
        ("mar 14, 1955", "1955-03-14", "calendar"),
        ("14 марта 1955 г.", "1955-03-14", "calendar"),
        ("14 آذار 1955", "1955-03-14", "calendar"),
        ("3 كانون الثاني 1955", "1955-01-03", "calendar"),
        ("sept 2020", "2020-09", "calendar"),
        ("١٤/٣/١٩٥٥", "1955-03-14", "calendar"),
        ("14.3", "2026-03-14", "calendar"),
        ("14.12", "2025-12-14", "calendar"),
        ("29.2", "2024-02-29", "calendar"),
        ("21.11.26", "2026-11-21", "calendar"),
        ("22.11.26", "1926-11-22", "calendar"),
        ("~1955", "1955", "calendar"),
        ("около 1955", "1955", "calendar"),
        ("حوالي 1955", "1955", "calendar"),
        ("71y", "1955", "age"),
        ("71л", "1955", "age"),
        ("71 год", "1955", "age"),
        ("٧١ سنة", "1955", "age"),
        ("8m", "2026-03", "age"),
        ("8 мес", "2026-03", "age"),
        ("1y 6m", "2025-05", "age"),
        ("2 года и 3 мес", "2024-08", "age"),
        ("3w", "2026-10-31", "age"),
        ("5 yrs old", "2021", "age"),
        ("today", "2026-11-21", "relative"),
        ("вчера", "2026-11-20", "relative"),
        ("-3d", "2026-11-18", "relative"),
        ("3 дня назад", "2026-11-18", "relative"),
        ("a week ago", "2026-11-14", "relative"),
        ("قبل 3 أيام", "2026-11-18", "relative"),
        ("fri", "2026-11-20", "relative"),
        ("sat", "2026-11-14", "relative"),
    ],
)
def test_typed_past_dates(typed: str, iso: str, kind: str) -> None:
    found = parse_date(typed, today=TODAY, order="dmy", past=True)
    assert (str(found.value), found.kind) == (iso, kind)


@pytest.mark.parametrize(
    ("typed", "iso"),
    [
        ("tomorrow", "2026-11-22"),
        ("завтра", "2026-11-22"),
        ("غداً", "2026-11-22"),
        ("بعد غد", "2026-11-23"),
        ("послезавтра", "2026-11-23"),
        ("in 2w", "2026-12-05"),
        ("2w", "2026-12-05"),
        ("+10d", "2026-12-01"),
        ("через 2 нед", "2026-12-05"),
        ("через неделю", "2026-11-28"),
        ("через месяц", "2026-12-21"),
        ("بعد أسبوعين", "2026-12-05"),
        ("بعد 3 أشهر", "2027-02-21"),
        ("fri", "2026-11-27"),
        ("пт", "2026-11-27"),
        ("пятницу", "2026-11-27"),
        ("الجمعة", "2026-11-27"),
        ("sat", "2026-11-28"),
        ("14.3", "2027-03-14"),
        ("21.11", "2026-11-21"),
        ("29.2", "2028-02-29"),
        ("1.2.46", "2046-02-01"),
        ("1.2.47", "1947-02-01"),
        ("-3d", "2026-11-18"),
    ],
)
def test_typed_coming_dates(typed: str, iso: str) -> None:
    assert str(parse_date(typed, today=TODAY, order="dmy").value) == iso


def test_two_digit_years_follow_the_century_turn() -> None:
    assert parse_date("1.2.05", today=date(2095, 1, 1), order="dmy").value.year == 2105
    assert parse_date("1.2.05", today=date(2095, 1, 1), order="dmy", past=True).value.year == 2005


@pytest.mark.parametrize(
    ("typed", "precision", "approximate"),
    [
        ("71y", "age", True),
        ("3w", "age", True),
        ("~1955", "estimated", True),
        ("1955", "year", False),
        ("14.3.1955", "day", False),
    ],
)
def test_a_typed_birth_says_how_it_was_told(typed: str, precision: str, approximate: bool) -> None:
    birth = parse_date(typed, today=TODAY, order="dmy", past=True).birth
    assert (birth.precision, birth.value.approximate) == (precision, approximate)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "not-a-date"),
        ("12O", "not-a-date"),
        ("abc", "not-a-date"),
        ("55", "not-a-date"),
        ("1.2.3.4", "not-a-date"),
        ("123.4.55", "not-a-date"),
        ("14 foo 1955", "not-a-date"),
        ("1955 mar 14 3", "not-a-date"),
        ("5 6", "not-a-date"),
        ("14 mar 055", "not-a-date"),
        ("29.2.55", "no-such-day"),
        ("31.4.2020", "no-such-day"),
        ("30.2", "no-such-day"),
        ("13.13.2020", "no-such-month"),
        ("14.3.1203", "year-out-of-range"),
        ("999y", "year-out-of-range"),
        ("22.11.2026", "in-future"),
        ("tomorrow", "in-future"),
        ("2027", "in-future"),
    ],
)
def test_what_is_no_past_date_is_refused_with_its_reason(typed: str, code: str) -> None:
    with pytest.raises(DateError, match=code):
        parse_date(typed, today=TODAY, order="dmy", past=True)


def test_without_an_order_two_readings_are_asked_about() -> None:
    with pytest.raises(AmbiguousDateError) as asked:
        parse_date("03/04/1955", today=TODAY)
    assert [str(day) for day in asked.value.readings] == ["1955-04-03", "1955-03-04"]


@pytest.mark.parametrize(
    ("typed", "iso"),
    [
        ("25/12/1955", "1955-12-25"), ("12/25/1955", "1955-12-25"), ("03/03/1955", "1955-03-03"),
        ("19551225", "1955-12-25"), ("25121955", "1955-12-25"), ("03/12/2026", "2026-03-12"),
    ],
)  # fmt: skip
def test_without_an_order_the_only_reading_is_taken(typed: str, iso: str) -> None:
    assert str(parse_date(typed, today=TODAY, past=True).value) == iso


@given(DAYS.filter(lambda day: day <= TODAY), st.sampled_from(["dmy", "mdy", "ymd"]))
def test_every_day_typed_in_the_clinics_order_is_that_day(day: date, order: DateOrder) -> None:
    by_letter = {"d": f"{day.day}", "m": f"{day.month}", "y": f"{day.year}"}
    typed = "/".join(by_letter[letter] for letter in order)
    assert parse_date(typed, today=TODAY, order=order, past=True).day == day
    assert parse_date(f"{day:%Y%m%d}", today=TODAY, order="ymd", past=True).day == day


@given(st.text(max_size=20), st.booleans(), st.sampled_from(["dmy", "mdy", "ymd", None]))
def test_any_text_is_a_date_or_a_date_error(
    typed: str, past: bool, order: DateOrder | None
) -> None:
    try:
        found = parse_date(typed, today=TODAY, past=past, order=order)
    except DateError:
        return
    assert not (past and found.value.first > TODAY)


@given(st.integers(0, 120), st.sampled_from("ymwd"), DAYS)
def test_an_age_told_is_the_age_shown(count: int, unit: str, today: date) -> None:
    birth = parse_date(f"{count}{unit}", today=today, past=True).birth
    assert birth.precision is BirthPrecision.AGE
    shown = age(birth, today)
    told_months = {"y": shown.years, "m": shown.total_months}
    if unit in told_months:
        assert told_months[unit] == count
    else:
        assert shown.total_days == count * (7 if unit == "w" else 1)


def test_a_day_is_needed_where_a_day_is_meant() -> None:
    with pytest.raises(DateError, match="day-needed"):
        _ = parse_date("1955", today=TODAY).day


def test_an_error_never_shows_what_was_typed() -> None:
    with pytest.raises(DateError) as refused:
        parse_date("31.4.2020", today=TODAY, order="dmy")
    assert "31" not in repr(refused.value) + str(refused.value)
    assert refused.value.details == {"day": 31, "month": 4, "year": 2020}


# ---------------------------------------------------------------- appointments


@pytest.mark.parametrize(
    ("typed", "day", "clock", "rest"),
    [
        ("tue 10:30 fu", date(2026, 11, 24), time(10, 30), "fu"),
        ("fri 9:15", date(2026, 11, 27), time(9, 15), ""),
        ("tomorrow 14", date(2026, 11, 22), time(14), ""),
        ("tue 2pm new patient", date(2026, 11, 24), time(14), "new patient"),
        ("tue 12 am", date(2026, 11, 24), time(0), ""),
        ("10:30 tue", date(2026, 11, 24), time(10, 30), ""),
        ("on tue at 9", date(2026, 11, 24), time(9), ""),
        ("tue 1030", date(2026, 11, 24), time(10, 30), ""),
        ("14 mar 10:30 fu", date(2027, 3, 14), time(10, 30), "fu"),
        ("10.12 11 x", date(2026, 12, 10), time(11), "x"),
        ("2w fu", date(2026, 12, 5), None, "fu"),
        ("10:30 fu", None, time(10, 30), "fu"),
        ("fu", None, None, "fu"),
        ("2027 fu", None, None, "2027 fu"),
        ("", None, None, ""),
        ("3 teeth", None, None, "3 teeth"),
        ("завтра в 14", date(2026, 11, 22), time(14), ""),
        ("в пт в 9.15 повтор", date(2026, 11, 27), time(9, 15), "повтор"),
        ("вт 3 дня", date(2026, 11, 24), time(15), ""),
        ("10:30 بعد غد", date(2026, 11, 23), time(10, 30), ""),
        ("يوم الثلاثاء الساعة ١٠:٣٠ متابعة", date(2026, 11, 24), time(10, 30), "متابعة"),
    ],
)
def test_typed_appointments(typed: str, day: date | None, clock: time | None, rest: str) -> None:
    assert parse_when(typed, today=TODAY, order="dmy") == (day, clock, rest)


def test_an_hour_that_is_none_is_refused() -> None:
    with pytest.raises(DateError, match="no-such-time"):
        parse_when("tue 25:00", today=TODAY, order="dmy")


def test_an_appointment_with_two_readings_is_asked_about() -> None:
    with pytest.raises(AmbiguousDateError):
        parse_when("03/04 10:30", today=TODAY)


@given(DAYS, st.times())
def test_a_typed_day_and_time_come_back(day: date, clock: time) -> None:
    found = parse_when(f"{day.isoformat()} {clock:%H:%M} fu", today=TODAY)
    in_range = abs(day.year - TODAY.year) <= 150
    assert not in_range or found == (day, clock.replace(second=0, microsecond=0), "fu")


@given(st.text(max_size=30))
def test_any_text_is_an_appointment_text_or_a_date_error(typed: str) -> None:
    try:
        parse_when(typed, today=TODAY, order="dmy")
    except DateError:
        return


def test_the_calendar_has_an_end() -> None:
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    with pytest.raises(DateError, match="no-such-year"):
        add_months(date(9999, 12, 31), 1)
    with pytest.raises(DateError, match="no-such-year"):
        add_days(date(9999, 12, 31), 1)


@pytest.mark.parametrize(("today", "iso"), [(date(1896, 3, 1), "1904-02-29"),
                                            (date(2096, 3, 1), "2104-02-29")])  # fmt: skip
def test_a_leap_day_is_found_across_a_century_without_one(today: date, iso: str) -> None:
    assert str(parse_date("29.2", today=today, order="dmy").value) == iso


def test_units_are_ucum_codes() -> None:
    assert [unit.value for unit in AgeUnit] == ["a", "mo", "wk", "d"]
    assert DateKind("age") is DateKind.AGE
