"""Fonts: fallback per character, joined and stacked letters, what cannot be printed."""

from __future__ import annotations

import pytest

from clinic_desktop.errors import SetupError
from clinic_desktop.printing import fonts
from clinic_desktop.printing.fonts import font_keys, shape, unsupported_characters


def gids(text: str, key: str, *, rtl: bool = False) -> list[int]:
    """The glyphs of a text from left to right."""
    return [glyph.gid for c in shape(text, key, rtl=rtl).clusters for glyph in c.glyphs]


def test_every_script_finds_its_face() -> None:
    assert font_keys("aЖα न") == ["latin"] * 5
    assert font_keys("عש") == ["arabic", "hebrew"]
    assert font_keys("≤") == ["signs"]


def test_marks_and_joiners_stay_with_their_letter() -> None:
    assert set(font_keys("مُحَمَّد")) == {"arabic"}
    assert set(font_keys("שָׁלוֹם")) == {"hebrew"}
    assert set(font_keys("ن\u200cا")) == {"arabic"}


def test_arabic_letters_join() -> None:
    """In a word a letter has another shape than alone."""
    word = gids("بيت", "arabic", rtl=True)
    alone = [gid for letter in "بيت" for gid in gids(letter, "arabic", rtl=True)]
    assert word != alone[::-1]
    body = {gids("ا", "arabic", rtl=True)[0]}
    assert gids("لا", "arabic", rtl=True)[0] not in body


def test_devanagari_conjuncts_and_matras() -> None:
    assert len(gids("क्ष", "latin")) == 1, "ka + virama + ssa is one conjunct"
    first, *_ = gids("कि", "latin")
    assert first != gids("क", "latin")[0], "the i matra is drawn before its consonant"


def test_hebrew_points_stand_on_their_letter() -> None:
    glyphs = [g for c in shape("שׁ", "hebrew", rtl=True).clusters for g in c.glyphs]
    assert min(g.advance for g in glyphs) == 0 or len(glyphs) == 1


def test_bold_is_wider_than_regular_and_digits_are_tabular() -> None:
    assert shape("Amoxicillin", "latin", bold=True).advance > shape("Amoxicillin", "latin").advance
    widths = {shape(digit, "latin").advance for digit in "0123456789"}
    assert len(widths) == 1


def test_unsupported_characters_are_named_once() -> None:
    assert unsupported_characters("a😀b😀中\n\u200d\ufe0f≤") == ("😀", "中")
    assert unsupported_characters("Иванова أحمد שרה सुनीता ₽€₪₹") == ()


def test_an_unsupported_character_prints_as_a_box() -> None:
    (cluster,) = shape("😀", "latin").clusters
    assert cluster.glyphs[0].gid == 0
    assert cluster.advance > 0


def test_a_missing_font_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(fonts.FACES, "gone", fonts.Face("Gone", "no_such_font_package", "x.ttf"))
    with pytest.raises(SetupError, match="no_such_font_package"):
        fonts.font("gone")


def test_text_of_only_invisible_signs_has_no_glyphs() -> None:
    assert shape("\u2068", "latin").clusters == ()
    assert shape("", "latin").advance == 0
