"""No amount gains or loses a cent, and no typed amount is misread."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.domain.money import (
    Money,
    MoneyError,
    allocate,
    cash_rounded,
    change,
    currency_digits,
    half_up,
    parse_amount,
    ratio,
    share,
)

MINOR = st.integers(-(10**12), 10**12)


def kes(amount: int) -> Money:
    return Money(amount, "KES")


@given(MINOR, MINOR)
def test_adding_and_taking_away_gives_the_same_amount(a: int, b: int) -> None:
    assert kes(a) + kes(b) - kes(b) == kes(a)
    assert -kes(-a) == kes(a)
    assert (kes(a) < kes(b)) == (kes(b) > kes(a)) == (not kes(a) >= kes(b)) == (a < b)
    assert (kes(a) <= kes(b)) == (a <= b)


def test_two_currencies_never_mix() -> None:
    with pytest.raises(MoneyError, match="other-currency"):
        kes(1) + Money(1, "USD")
    with pytest.raises(MoneyError, match="other-currency"):
        assert kes(1) < Money(1, "USD")


def test_an_amount_is_a_whole_number_in_a_real_currency() -> None:
    with pytest.raises(TypeError):
        Money(1.5, "KES")  # type: ignore[arg-type]
    with pytest.raises(MoneyError, match="no-such-currency"):
        Money(1, "kes")
    assert not kes(0)
    assert kes(-1)


@given(MINOR, st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any))
def test_parts_add_up_and_stay_within_a_cent_of_their_share(
    amount: int, weights: list[int]
) -> None:
    parts = allocate(amount, weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - amount * weight) < sum(weights)


def test_the_odd_cent_goes_to_the_largest_remainder() -> None:
    assert allocate(100, [1, 1, 1]) == [34, 33, 33]
    assert allocate(-100, [1, 1, 1]) == [-34, -33, -33]
    assert kes(5).allocate([3, 7]) == [kes(2), kes(3)]
    with pytest.raises(MoneyError, match="no-weights"):
        allocate(1, [0, 0])


@given(MINOR, st.integers(0, 20_000))
def test_a_share_is_rounded_half_up_and_mirrors(amount: int, points: int) -> None:
    exact = Decimal(amount) * points / 10_000
    assert share(amount, points) == half_up(exact)
    assert share(-amount, points) == -share(amount, points)


def test_shares_and_products() -> None:
    assert kes(1250).share(2000) == kes(250)
    assert share(25, 1000) == 3
    assert ratio(25, -1, 10) == -3
    assert kes(333).times(Decimal("1.5")) == kes(500)
    assert kes(-333).times(Decimal("1.5")) == kes(-500)


@pytest.mark.parametrize(("code", "digits"), [("RUB", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)])
def test_currencies_have_their_own_decimals(code: str, digits: int) -> None:
    assert currency_digits(code) == digits
    assert Money(12345, code).major == Decimal(12345) / 10**digits


@pytest.mark.parametrize(
    ("currency", "minor", "rounded"),
    [
        ("CHF", 1002, 1000), ("CHF", 1003, 1005), ("CHF", -1003, -1005), ("SEK", 1050, 1100),
        ("SEK", 1049, 1000), ("HUF", 1200, 1000), ("HUF", 1250, 1500), ("RUB", 1003, 1003),
    ],
)  # fmt: skip
def test_cash_is_rounded_to_what_coins_can_pay(currency: str, minor: int, rounded: int) -> None:
    assert cash_rounded(Money(minor, currency)) == Money(rounded, currency)
    assert cash_rounded(Money(minor, currency), step_minor=1) == Money(minor, currency)


def test_change_is_given_or_the_missing_sum_told() -> None:
    assert change(kes(2100), kes(2500)) == kes(400)
    with pytest.raises(MoneyError, match="not-enough") as refused:
        change(kes(2100), kes(2000))
    assert refused.value.details == {"missing_minor": 100}


@pytest.mark.parametrize(
    ("typed", "decimal", "group", "minor"),
    [
        ("1 200,50", ",", "\u00a0", 120050),
        ("1\u00a0200,50", ",", "\u00a0", 120050),
        ("1200.50", ",", "\u00a0", 120050),
        ("1,200.50", ".", ",", 120050),
        ("1.200,50", ",", ".", 120050),
        ("1'200.50", ".", "’", 120050),
        ("12,34,567", ".", ",", 123456700),
        ("1200", ".", ",", 120000),
        ("0.5", ".", ",", 50),
        (".5", ".", ",", 50),
        ("5.", ".", ",", 500),
        ("٧٫٥٠", "٫", "٬", 750),
        (" 1500 KES", ".", ",", 150000),
        ("KES 1500", ".", ",", 150000),
        ("₽1500", ".", ",", 150000),
        ("1500₽", ".", ",", 150000),
    ],
)
def test_typed_amounts(typed: str, decimal: str, group: str, minor: int) -> None:
    assert parse_amount(typed, "KES", decimal=decimal, group=group) == kes(minor)


@pytest.mark.parametrize(
    ("typed", "code", "position"),
    [
        ("", "no-amount", 0),
        ("KES", "no-amount", 3),
        ("12O", "not-a-digit", 2),
        ("l2", "not-a-digit", 0),
        ("1,50", "grouping", 1),
        (",500", "grouping", 0),
        ("1.5,000", "not-a-digit", 3),
        ("1,5.00", "grouping", 1),
        ("1.2.3", "two-decimal-marks", 3),
        ("1.505", "too-many-decimals", 4),
        ("-5", "negative", 0),
        ("99999999999999", "too-large", 0),
    ],
)
def test_what_is_no_amount_is_refused_where_it_goes_wrong(
    typed: str, code: str, position: int
) -> None:
    with pytest.raises(MoneyError, match=code) as refused:
        parse_amount(typed, "KES")
    assert refused.value.details["position"] == position


def test_negative_amounts_are_read_where_they_are_meant() -> None:
    assert parse_amount("-5.00", "KES", negative=True) == kes(-500)
    assert parse_amount("−5", "KES", negative=True) == kes(-500)


def test_a_currency_without_decimals_takes_none() -> None:
    assert parse_amount("1,500", "JPY") == Money(1500, "JPY")
    with pytest.raises(MoneyError, match="too-many-decimals"):
        parse_amount("1500.5", "JPY")


@given(st.integers(0, 10**12), st.sampled_from([(".", ","), (",", "."), (",", "\u00a0")]))
def test_a_written_amount_is_read_back(minor: int, marks: tuple[str, str]) -> None:
    decimal, group = marks
    written = f"{minor // 100:,}.{minor % 100:02d}"
    written = written.replace(",", "g").replace(".", decimal).replace("g", group)
    assert parse_amount(written, "KES", decimal=decimal, group=group) == kes(minor)


@given(st.text(max_size=15))
def test_any_text_is_an_amount_or_an_error_with_a_place_in_it(typed: str) -> None:
    try:
        parse_amount(typed, "KES", negative=True)
    except MoneyError as refused:
        position = refused.details["position"]
        assert isinstance(position, int)
        assert 0 <= position <= len(typed)
