"""The comparison of two texts in words."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.domain.word_diff import MOST_WORDS, Piece, pieces


def test_words_that_only_one_has_are_told() -> None:
    assert pieces("rest, then 5 mg twice", "rest, then 10 mg twice") == (
        Piece("rest, then ", is_different=False),
        Piece("5", is_different=True),
        Piece(" mg twice", is_different=False),
    )


def test_scripts_without_capitals() -> None:
    found = pieces("راحة ثم دواء", "راحة ثم عملية")
    assert [each.text for each in found if each.is_different] == ["دواء"]


def test_endless_texts_are_told_as_a_whole() -> None:
    assert pieces("a " * MOST_WORDS, "b") == (Piece("a " * MOST_WORDS, is_different=True),)


@given(st.text(), st.text())
def test_nothing_of_the_text_is_lost(text: str, other: str) -> None:
    assert "".join(each.text for each in pieces(text, other)) == text
    assert all(not each.is_different for each in pieces(text, text))
