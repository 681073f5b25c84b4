"""Bidirectional order, against the Unicode algorithm as another program implements it."""

from __future__ import annotations

import pytest
from bidi import get_display
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic_desktop.i18n import FSI, PDI
from clinic_desktop.printing import bidi

ALPHABET = "abאבجد15١٢ -+.,:/%$()[]!\u2066\u2067\u2068\u2069\u0300\u064e\u00a0"
ISOLATES = "\u2066\u2067\u2068\u2069"


def shown(text: str, base: int) -> str:
    """The characters from left to right, as one line."""
    levels = bidi.levels(text, base)
    end = len(text)
    while end and text[end - 1] in f" \u00a0{ISOLATES}":  # L1: what ends a line takes its level
        if text[end - 1] == "\u00a0":
            break
        end -= 1
        levels[end] = base
    return "".join(text[i] for i in bidi.visual_order(levels))


@settings(max_examples=600, deadline=None)
@given(text=st.text(ALPHABET, max_size=24), base=st.sampled_from([0, 1]))
def test_order_equals_that_of_the_rust_implementation(text: str, base: int) -> None:
    assert shown(text, base) == get_display(text, base_dir="R" if base else "L")


@pytest.mark.parametrize(
    ("text", "base", "expected"),
    [
        ("abc", 0, "abc"),
        ("אבג", 1, "גבא"),
        ("abc אבג", 0, "abc גבא"),
        ("אבג 12.5", 1, "12.5 גבא"),
        (f"א {FSI}a 1{PDI} ב", 1, f"ב {PDI}a 1{FSI} א"),
    ],
)
def test_simple_lines(text: str, base: int, expected: str) -> None:
    assert shown(text, base) == expected


def test_first_strong_ignores_what_is_isolated() -> None:
    assert bidi.first_strong(f"{FSI}אבג{PDI} abc") == 0
    assert bidi.first_strong("12 אבג") == 1
    assert bidi.first_strong("12 - 3") is None


@given(st.lists(st.integers(0, 6), max_size=30))
def test_visual_order_is_a_permutation(levels: list[int]) -> None:
    assert sorted(bidi.visual_order(levels)) == list(range(len(levels)))


def test_very_deep_isolates_end_somewhere() -> None:
    deep = "\u2067" * 200 + "א1a" + "\u2069" * 200
    assert len(bidi.levels(deep, 0)) == len(deep)
    assert max(bidi.levels(deep, 0)) <= 127
