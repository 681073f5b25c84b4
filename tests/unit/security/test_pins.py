"""A PIN brings somebody back for a while, and nobody else."""

from __future__ import annotations

import uuid

import pytest

from clinic_desktop.errors import ValidationError, WrongPasswordError
from clinic_desktop.security.pins import LASTS_S, TRIES, Returning, make
from clinic_desktop.security.primitives import Identity

ANN, HERS = uuid.UUID(int=1), Identity.new()
PIN, KEPT = "274916", make("274916")


@pytest.fixture
def returning() -> Returning:
    found = Returning()
    found.remember(ANN, HERS, 100.0)
    return found


def test_the_pin_brings_back_who_was_here(returning: Returning) -> None:
    assert returning.come_back(ANN, PIN, KEPT, 200.0) == HERS
    with pytest.raises(WrongPasswordError, match="password"):
        returning.come_back(uuid.UUID(int=2), PIN, KEPT, 200.0)


def test_after_five_wrong_ones_only_the_password_helps(returning: Returning) -> None:
    for number in range(TRIES):
        with pytest.raises(WrongPasswordError, match="not the PIN" if number < 4 else "Too many"):
            returning.come_back(ANN, "111222", KEPT, 200.0)
    with pytest.raises(WrongPasswordError, match="password"):
        returning.come_back(ANN, PIN, KEPT, 200.0)
    returning.remember(ANN, HERS, 300.0)
    assert returning.come_back(ANN, PIN, KEPT, 300.0) == HERS


def test_the_fifth_try_may_still_be_right_and_begins_anew(returning: Returning) -> None:
    for _round in range(2):
        for _number in range(TRIES - 1):
            with pytest.raises(WrongPasswordError):
                returning.come_back(ANN, "111222", KEPT, 200.0)
        assert returning.come_back(ANN, PIN, KEPT, 200.0) == HERS


def test_it_lasts_twelve_hours_after_the_password(returning: Returning) -> None:
    assert returning.come_back(ANN, PIN, KEPT, 100.0 + LASTS_S - 1) == HERS
    with pytest.raises(WrongPasswordError, match="password"):
        returning.come_back(ANN, PIN, KEPT, 100.0 + LASTS_S)


@pytest.mark.parametrize("pin", ["", "12345", "1234567", "abcdef", "٢٧٤٩١٦", "111111", "123456",
                                 "654321", "890123", "274274"])  # fmt: skip
def test_what_is_no_pin(pin: str) -> None:
    with pytest.raises(ValidationError):
        make(pin)
