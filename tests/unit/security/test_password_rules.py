"""What a new password has to be."""

from __future__ import annotations

import pytest

from clinic_desktop.errors import ValidationError
from clinic_desktop.security.password_rules import LEAST_ALONE, check_new, is_common

OWN = ("amina", "Dr Amina Kamau", "Kilimani Clinic", "Nairobi")


@pytest.mark.parametrize(
    "password", ["tea garden", "blue bike 7", "correct horse battery", "мой кот любит дождь"]
)
def test_a_few_words_are_enough_with_a_key_store(password: str) -> None:
    check_new(password, OWN)


@pytest.mark.parametrize(
    ("password", "least", "why"),
    [
        ("tea gar", 8, "at least 8"),
        ("tea garden", LEAST_ALONE, "at least 15"),
        ("password1!", 8, "guess"),
        ("!!Sunshine2024", 8, "guess"),
        ("iloveyou", 8, "guess"),
        ("nairobi2026", 8, "guess"),
        ("aminaaminaamina", LEAST_ALONE, "guess"),
        ("123456789012345", LEAST_ALONE, "guess"),
    ],
)
def test_short_and_often_tried_ones_are_refused(password: str, least: int, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        check_new(password, OWN, least)


def test_ten_thousand_are_known() -> None:
    from clinic_desktop.security import password_rules

    assert len(password_rules._common()) > 10_000
    assert is_common("Trustno1trustno1") is False
    assert is_common("baseball1")
