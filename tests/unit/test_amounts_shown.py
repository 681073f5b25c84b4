"""An amount typed, stored and shown is the same amount, in every currency."""

from __future__ import annotations

import pytest

from clinic_desktop.domain.money import parse_amount
from clinic_desktop.i18n import Language


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
