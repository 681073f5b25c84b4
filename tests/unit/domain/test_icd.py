"""Diagnosis codes are understood in any keyboard layout, and the likeliest one is offered first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.domain.icd import (
    IcdError,
    category,
    code_starts,
    is_leaf_like,
    parse_icd,
    rank,
    title_tokens,
)

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
    assert code_starts(code)[0] == code
    assert code.startswith(category(code))


@given(st.text(max_size=10))
def test_any_text_is_a_code_or_an_error(typed: str) -> None:
    code_starts(typed)
    try:
        assert parse_icd(parse_icd(typed)) == parse_icd(typed)
    except IcdError:
        return


@pytest.mark.parametrize(
    ("typed", "starts"),
    [
        ("e11", ["E11"]), ("e1", ["E1"]), ("е11", ["E11", "T11"]), ("у11.9", ["Y11.9", "E11.9"]),
        ("pneu", []), ("e11.", ["E11."]), ("", []),
    ],
)  # fmt: skip
def test_the_beginning_of_a_code(typed: str, starts: list[str]) -> None:
    assert code_starts(typed) == starts


def test_categories_and_leaves() -> None:
    assert category("E11.9") == "E11"
    assert is_leaf_like("E11.9")
    assert not is_leaf_like("E11")


FOUND = [
    ("J18.9", "Pneumonia, unspecified organism"),
    ("J12.9", "Viral pneumonia, unspecified"),
    ("P23.9", "Congenital pneumonia, unspecified"),
    ("J18", "Pneumonia, unspecified organism"),
    ("A48.1", "Legionnaires' disease"),
]


def ordered(query: str, **preferred: int) -> list[str]:
    def key(row: tuple[str, str]) -> object:
        used = preferred.get(row[0].replace(".", ""), 0)
        return rank(query, *row, favourite=used > 9, used=used)

    return [code for code, _ in sorted(FOUND, key=key)]  # type: ignore[arg-type]


def test_the_title_that_begins_with_the_word_comes_first() -> None:
    assert ordered("pneu")[:2] == ["J18", "J18.9"]
    assert ordered("viral pneu")[0] == "J12.9"
    assert ordered("pneu")[-1] == "A48.1"


def test_what_the_doctor_uses_comes_before_that_and_favourites_before_all() -> None:
    assert ordered("pneu", J129=3)[0] == "J12.9"
    assert ordered("pneu", J129=3, P239=10)[:2] == ["P23.9", "J12.9"]


def test_an_exact_code_comes_before_all() -> None:
    assert ordered("j18.9", P239=10)[0] == "J18.9"


def test_titles_are_indexed_by_spelling_and_sound() -> None:
    assert title_tokens("Сахарный диабет") == "сахарный диабет saharni diabet"
