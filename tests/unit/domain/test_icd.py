"""Diagnosis codes are understood with Cyrillic letters, without dots and in any case."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.domain.icd import IcdError, parse_icd

CODES = st.from_regex(r"[A-Z][0-9][0-9AB](\.[0-9A-Z]{1,4})?", fullmatch=True)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("e11.9", "E11.9"), ("E119", "E11.9"), ("E11,9", "E11.9"), (" e11 ", "E11"),
        ("Е11.9", "E11.9"), ("М54.5", "M54.5"), ("С50", "C50"), ("S72.001A", "S72.001A"),
        ("s72001a", "S72.001A"), ("G63.2*", "G63.2"), ("A18.0+", "A18.0"), ("M1A.0", "M1A.0"),
        ("К29.5", "K29.5"),
    ],
)  # fmt: skip
def test_typed_codes(typed: str, code: str) -> None:
    assert parse_icd(typed) == code


@pytest.mark.parametrize("typed", ["", "E", "E1", "11.9", "E11.", "E11.99999", "ЖЖ1", "E1.19"])
def test_what_is_no_code_is_refused(typed: str) -> None:
    with pytest.raises(IcdError):
        parse_icd(typed)


@given(CODES)
def test_a_code_is_read_back_however_it_is_typed(code: str) -> None:
    for typed in (code, code.lower(), code.replace(".", ""), f" {code} "):
        assert parse_icd(typed) == code


@given(st.text(max_size=10))
def test_any_text_is_a_code_or_an_error(typed: str) -> None:
    try:
        assert parse_icd(parse_icd(typed)) == parse_icd(typed)
    except IcdError:
        return
