"""Codes of slips: one wrong sign or two swapped ones are noticed."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clinic_desktop.domain.slip_codes import (
    LENGTH,
    SIGNS,
    SlipCodeError,
    parse_slip_code,
    slip_code,
)

CODES = st.uuids(version=4).map(slip_code)


@given(CODES)
def test_a_code_is_read_back_however_it_is_written(code: str) -> None:
    assert len(code) == LENGTH
    assert parse_slip_code(f" {code[:3].lower()}-{code[3:]} ") == code


@given(CODES, st.integers(0, LENGTH - 1), st.sampled_from(SIGNS))
def test_one_wrong_sign_is_noticed(code: str, place: int, sign: str) -> None:
    assume(code[place] != sign)
    with pytest.raises(SlipCodeError):
        parse_slip_code(code[:place] + sign + code[place + 1 :])


@given(CODES, st.integers(0, LENGTH - 3))
def test_two_swapped_signs_are_noticed(code: str, place: int) -> None:
    assume(code[place] != code[place + 1])
    with pytest.raises(SlipCodeError):
        parse_slip_code(code[:place] + code[place + 1] + code[place] + code[place + 2 :])


@pytest.mark.parametrize("text", ["", "ABC", "0IL1O0", "ABCDEFGH", "Привет"])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(SlipCodeError):
        parse_slip_code(text)


def test_codes_differ() -> None:
    codes = {slip_code(uuid.UUID(int=number)) for number in range(2000)}
    assert len(codes) == 2000
