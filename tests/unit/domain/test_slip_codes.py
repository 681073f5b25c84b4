"""A slip's code survives the telephone, and a slip of the tongue is noticed."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.domain.slip_codes import (
    LENGTH,
    SIGNS,
    SlipCodeError,
    parse_slip_code,
    slip_code,
)


@given(st.uuids())
def test_a_code_is_read_back_however_it_is_typed(source: uuid.UUID) -> None:
    code = slip_code(source)
    assert len(code) == LENGTH
    assert parse_slip_code(f" {code[:3].lower()}-{code[3:]} ") == code


@given(st.uuids(), st.integers(0, LENGTH - 2), st.sampled_from(SIGNS))
def test_every_wrong_sign_is_noticed(source: uuid.UUID, place: int, sign: str) -> None:
    code = slip_code(source)
    mistyped = code[:place] + sign + code[place + 1 :]
    if mistyped != code:
        with pytest.raises(SlipCodeError, match="wrong-check-digit"):
            parse_slip_code(mistyped)


@given(st.uuids(), st.integers(0, LENGTH - 3))
def test_every_swap_of_two_neighbours_is_noticed(source: uuid.UUID, place: int) -> None:
    code = slip_code(source)
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    if swapped != code:
        with pytest.raises(SlipCodeError, match="wrong-check-digit"):
            parse_slip_code(swapped)


@pytest.mark.parametrize("typed", ["", "AB", "A0CDEF", "ЖЖЖЖЖЖ", "ABCDEFG"])
def test_what_is_no_code_is_refused(typed: str) -> None:
    with pytest.raises(SlipCodeError, match="not-a-code"):
        parse_slip_code(typed)
