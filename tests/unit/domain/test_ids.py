"""Numbers survive being read out, and a mistyped one is found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.domain.ids import (
    IdError,
    luhn_digit,
    luhn_ok,
    mrn,
    paper_number,
    parse_mrn,
    parse_snils,
)

DEVICES = st.from_regex(r"[A-Z]{1,2}[0-9]", fullmatch=True)


@given(st.text("0123456789", min_size=1), st.data())
def test_luhn_finds_every_wrong_digit(digits: str, data: st.DataObject) -> None:
    whole = digits + luhn_digit(digits)
    assert luhn_ok(whole)
    place = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != whole[place]]))
    assert not luhn_ok(whole[:place] + other + whole[place + 1 :])


@pytest.mark.parametrize(
    ("digits", "right"),
    [("79927398713", True), ("79927398710", False), ("", False), ("7", False), ("7x", False)],
)
def test_luhn(digits: str, right: bool) -> None:
    assert luhn_ok(digits) is right


@given(DEVICES, st.integers(1, 10**8))
def test_a_chart_number_is_read_back_however_it_is_typed(device: str, number: int) -> None:
    made = mrn(device, number)
    assert parse_mrn(made) == made
    assert parse_mrn(f" {made.lower()} ") == made
    assert parse_mrn(made.replace("-", " ")) == made


def test_chart_numbers() -> None:
    assert mrn("A3", 124).startswith("A3-000124-")
    assert paper_number("A3", 2026, 124) == "A3-2026-000124"


@pytest.mark.parametrize("typed", ["", "A3", "A3-000124-", "Я-1-1", "A3_000124_5", "A3-0-0"])
def test_what_is_no_chart_number_is_refused(typed: str) -> None:
    with pytest.raises(IdError):
        parse_mrn(typed)


def test_a_wrong_check_digit_is_refused() -> None:
    right = mrn("A3", 124)
    wrong = right[:-1] + str((int(right[-1]) + 1) % 10)
    with pytest.raises(IdError, match="wrong-check-digit"):
        parse_mrn(wrong)


@pytest.mark.parametrize(("device", "number"), [("", 1), ("A", 1), ("ABCD", 1), ("A3", 0)])
def test_impossible_numbers_are_not_made(device: str, number: int) -> None:
    with pytest.raises(IdError):
        mrn(device, number)
    with pytest.raises(IdError):
        paper_number("A3", 2026, 0)


@pytest.mark.parametrize("typed", ["112-233-445 95", "11223344595", " 112 233 445 95 "])
def test_snils(typed: str) -> None:
    assert parse_snils(typed) == "112-233-445 95"


def test_snils_without_a_check_sum_are_the_oldest() -> None:
    assert parse_snils("001-001-998 99") == "001-001-998 99"


@pytest.mark.parametrize(
    ("typed", "code"),
    [("112-233-445 96", "wrong-check-digit"), ("1122334459", "not-a-snils"), ("", "not-a-snils")],
)
def test_wrong_snils_are_refused(typed: str, code: str) -> None:
    with pytest.raises(IdError, match=code):
        parse_snils(typed)


def test_a_sum_of_one_hundred_counts_as_none() -> None:
    assert parse_snils("200-007-999 00") == "200-007-999 00"
