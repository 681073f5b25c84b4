"""What is said of a password."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.domain.passwords import LEAST, STRONG_LENGTH, Strength, strength

OWN = ("amina", "Dr Amina Kamau", "Kilimani Family Clinic")


@pytest.mark.parametrize(
    ("password", "wanted"),
    [
        ("", Strength.TOO_SHORT),
        ("kamau12", Strength.TOO_SHORT),
        ("aaaaaaaaaaaaaaaaaaaa", Strength.WEAK),
        ("12345678901234567890", Strength.WEAK),
        ("87654321", Strength.WEAK),
        ("Password123", Strength.WEAK),
        ("пароль12345", Strength.WEAK),
        ("amina.kamau.1980", Strength.WEAK),
        ("kilimani family clinic", Strength.WEAK),
        ("tea garden", Strength.FAIR),
        ("correct horse battery", Strength.GOOD),
        ("мой кот любит дождь", Strength.GOOD),
        ("بيتنا قرب البحر الأزرق", Strength.GOOD),
    ],
)
def test_length_counts_and_known_words_do_not(password: str, wanted: Strength) -> None:
    assert strength(password, OWN) is wanted


@given(st.text())
def test_any_text_is_judged_and_short_ones_are_too_short(password: str) -> None:
    found = strength(password, OWN)
    assert (found is Strength.TOO_SHORT) == (len(password) < LEAST)
    if found is Strength.GOOD:
        assert len(password) < STRONG_LENGTH or len(set(password.casefold())) >= 5
