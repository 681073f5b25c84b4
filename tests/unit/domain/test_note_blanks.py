"""Blanks and slash words of a note."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.domain.note_blanks import (
    blanks,
    is_shortcut,
    next_blank,
    previous_blank,
    slash_word,
)

PLAIN = st.text(alphabet=st.characters(blacklist_characters="⟦⟧", max_codepoint=0x2100))
PIECES = st.lists(st.tuples(PLAIN, PLAIN), max_size=6)


def written(pieces: list[tuple[str, str]]) -> str:
    return "".join(f"{words}⟦{prompt}⟧" for words, prompt in pieces)


@given(PIECES, PLAIN)
def test_every_prompt_is_found_in_order(pieces: list[tuple[str, str]], tail: str) -> None:
    assert blanks(written(pieces) + tail) == [prompt for _words, prompt in pieces]


@given(PIECES, PLAIN)
def test_filling_in_blank_after_blank_ends_with_none(
    pieces: list[tuple[str, str]], tail: str
) -> None:
    text, position, filled = written(pieces) + tail, 0, 0
    while (span := next_blank(text, position)) is not None:
        text = text[: span[0]] + "x" + text[span[1] :]
        position, filled = span[0] + 1, filled + 1
    assert filled == len(pieces)
    assert blanks(text) == []


@given(PIECES, st.integers(0, 50))
def test_a_step_back_from_a_step_forward_is_no_blank_after_it(
    pieces: list[tuple[str, str]], position: int
) -> None:
    text = written(pieces)
    span = next_blank(text, position)
    back = previous_blank(text, position)
    assert (span is None) == (back is None) == (not pieces)
    if span and back and back[1] <= position:
        assert back[1] <= span[0] or span[0] < position


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("/", (0, "", "")),
        ("/ur", (0, "ur", "")),
        ("Cough. /FU 2w", (7, "fu", "2w")),
        ("first line\n/rx amox", (11, "rx", "amox")),
        ("BP 138/84", None),
        ("and/or", None),
        ("done /fu 2w\n", None),
        ("", None),
        ("سعال /مر", (5, "مر", "")),
    ],
)
def test_a_slash_begins_a_word_only_at_the_start_of_one(
    typed: str, expected: tuple[int, str, str] | None
) -> None:
    found = slash_word(typed)
    assert (found and (found.start, found.name, found.rest)) == expected


@pytest.mark.parametrize(
    ("text", "yes"), [("uri", True), ("dm-2", True), ("ор", True), ("a b", False), ("", False)]
)
def test_a_shortcut_is_one_word(text: str, yes: bool) -> None:
    assert is_shortcut(text) is yes
