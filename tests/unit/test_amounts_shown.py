"""An amount typed, stored and shown is the same amount, in every currency; so is a number."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop import i18n
from clinic_desktop.domain.money import parse_amount
from clinic_desktop.i18n import Language
from clinic_desktop.services.observations_words import reported_words


@pytest.mark.parametrize(
    ("language", "region", "minor", "currency", "shown"),
    [
        ("en", "US", 123450, "USD", "$1,234.50"),
        ("ru", "RU", 120050, "RUB", "1\u00a0200,50\u00a0₽"),
        ("en", "JP", 1500, "JPY", "¥1,500"),
        ("en", "KW", 1500, "KWD", "KWD1.500"),
        ("sr", "RS", 123400, "RSD", "1.234\u00a0RSD"),
        ("sr", "RS", 123456, "RSD", "1.234,56\u00a0RSD"),
    ],
)
def test_minor_units_are_those_of_iso_4217_whatever_the_language_shows(
    language: str, region: str, minor: int, currency: str, shown: str
) -> None:
    assert Language(language, region).money(minor, currency) == shown


@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD", "RSD", "IQD", "LBP", "CLF"])
def test_a_shown_amount_can_be_typed_again(currency: str) -> None:
    shown = Language("en", "US").money(1234500, currency)
    assert parse_amount(shown, currency).amount_minor == 1234500


@given(st.decimals("-99999999", "99999999", allow_nan=False, places=9))
def test_a_number_shows_every_digit_it_has(number: Decimal) -> None:
    assert Decimal(Language("en", "US").number(number).replace(",", "")) == number


@pytest.mark.parametrize(
    ("language", "number", "decimals", "shown"),
    [
        ("en", Decimal("0.0625"), None, "0.0625"),
        ("ru", Decimal("5.5"), None, "5,5"),
        ("ru", Decimal("1234567.5"), 2, "1\u00a0234\u00a0567,50"),
        ("hi", Decimal("1234567.5"), 2, "12,34,567.50"),
        ("hi", Decimal(-1234567), 0, "-12,34,567"),
        ("ar", Decimal("1234567.5"), 2, "1,234,567.50"),
        ("en", 1 / 3, None, "0.333"),
    ],
)
def test_numbers_are_grouped_as_the_language_groups_them(
    language: str, number: Decimal | float, decimals: int | None, shown: str
) -> None:
    assert Language(language, latin_digits=True).number(number, decimals) == shown


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("5.50", "5,50"),
        ("<0.01", "<0,01"),
        ("250000", "250\u00a0000"),
        ("-2.5", "-2,5"),
        ("007", "007"),
        ("1.2.3", "1.2.3"),
        ("Negative (qualifier value)", "Negative"),
    ],
)
def test_a_result_shows_the_digits_that_were_reported(stored: str, shown: str) -> None:
    i18n.use(Language("ru", "RU"))
    assert reported_words(stored) == shown


def test_the_minus_of_a_debt_stands_before_its_number_in_arabic() -> None:
    """As CLDR writes it: without the mark the minus of Latin digits is shown behind them."""
    words = Language("ar", "EG", "UTC").money(-12_345, "USD")
    assert "\u200e-123.45" in words


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Tuesday 24 November"),
        ("ru", "вторник, 24 ноября"),
        ("ar", "الثلاثاء، 24 نوفمبر"),
        ("hi", "मंगलवार, 24 नवंबर"),
    ],
)
def test_a_weekday_is_set_off_as_its_language_does(language: str, words: str) -> None:
    shown = Language(language)
    assert shown.date(date(2026, 11, 24), "EEEE d MMMM") == words
    mark = words.partition(" ")[0].removeprefix(shown.date(date(2026, 11, 24), "EEEE"))
    assert shown.date(date(2026, 11, 24), "weekday").partition(" ")[0].endswith(mark)
