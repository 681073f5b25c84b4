"""Blanks and slash words of a note."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.domain.note_blanks import blanks, is_shortcut, slash_parts

PLAIN = st.text(alphabet=st.characters(exclude_characters="⟦⟧", max_codepoint=0x2100))
PIECES = st.lists(st.tuples(PLAIN, PLAIN), max_size=6)


@given(PIECES, PLAIN)
def test_every_prompt_is_found_in_order(pieces: list[tuple[str, str]], tail: str) -> None:
    text = "".join(f"{words}⟦{prompt}⟧" for words, prompt in pieces) + tail
    assert blanks(text) == [prompt for _words, prompt in pieces]


@given(PLAIN)
def test_text_without_brackets_has_no_blanks(text: str) -> None:
    assert blanks(text + "⟦") == blanks("⟧" + text) == []


@pytest.mark.parametrize(
    ("word", "parts"),
    [("", ("", "")), ("URI", ("uri", "")), ("fu  2w ", ("fu", "2w")), (" мр", ("мр", ""))],
)
def test_a_slash_word_has_a_name_and_an_argument(word: str, parts: tuple[str, str]) -> None:
    assert slash_parts(word) == parts


@pytest.mark.parametrize(
    ("text", "yes"), [("uri", True), ("dm-2", True), ("ор", True), ("a b", False), ("", False)]
)
def test_a_shortcut_is_one_word(text: str, yes: bool) -> None:
    assert is_shortcut(text) is yes
