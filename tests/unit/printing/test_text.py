"""Lines: nothing lost, values whole, right-to-left order right."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic_desktop.i18n import FSI, PDI
from clinic_desktop.printing.text import LRI, Line, clean, lines, one_line, protect, value

WIDE = 1e9
ISOLATES = dict.fromkeys(map(ord, "\u2066\u2067\u2068\u2069"))
LETTERS = "abcXYZ 019.,-/()×%жЯאבגםأبيتن١٢ñ कखिी्😀\u064e\u0300\n"


def shown(line: Line) -> str:
    """Runs from left to right; a right-to-left run stands in brackets, in reading order."""
    parts = []
    for _, run in line.runs:
        text = run.text.translate(ISOLATES)
        parts.append(text)
    return "|".join(part for part in parts if part.strip())


def visible(text: str) -> str:
    """Without isolates and the spaces at line ends."""
    return "".join(text.translate(ISOLATES).split())


@settings(max_examples=400, deadline=None)
@given(
    text=st.text(LETTERS, max_size=120),
    width=st.floats(300, 20000),
    rtl=st.booleans(),
    bold=st.booleans(),
)
def test_breaking_loses_and_reorders_nothing(
    text: str, width: float, rtl: bool, bold: bool
) -> None:
    found = lines(text, width=width, bold=bold, rtl=rtl)
    assert visible("".join(line.text for line in found)) == visible(clean(text))


@settings(max_examples=300, deadline=None)
@given(text=st.text("abc 123éжאبक", max_size=100), width=st.floats(1500, 20000))
def test_no_line_is_wider_than_its_column(text: str, width: float) -> None:
    assert all(line.width <= width + 1 for line in lines(text, width=width))


@settings(max_examples=200, deadline=None)
@given(text=st.text(LETTERS, max_size=80), rtl=st.booleans())
def test_runs_stand_side_by_side(text: str, rtl: bool) -> None:
    for line in lines(text, width=8000, rtl=rtl):
        x = 0
        for at, run in line.runs:
            assert at == x
            x += run.advance
        assert line.width == x


def test_lines_end_between_words() -> None:
    found = lines("one two three four", width=5000)
    assert [line.text for line in found] == ["one two", "three four"]


def test_a_number_keeps_its_unit() -> None:
    for width in range(4500, 16000, 250):
        texts = [line.text for line in lines("take 500 mg twice", width=float(width))]
        assert any("500 mg" in text for text in texts), texts


@pytest.mark.parametrize("rtl", [False, True])
def test_a_minus_is_never_left_behind(rtl: bool) -> None:
    for amount in ("-1,234,567.89", "\u200f\u200e-1,234,567.89\u00a0ج.م.", "−120,00"):
        for width in range(1200, 9000, 100):
            first, *_ = lines(value(f"{amount} x"), width=float(width), rtl=rtl)
            assert any(c.isdigit() for c in first.text), (amount, width)


def test_an_isolated_value_moves_to_the_next_line_whole() -> None:
    found = lines(f"call {FSI}+7 912 345-67-89{PDI} now", width=9500)
    assert any("+7 912 345-67-89" in line.text for line in found)


def test_a_long_word_is_broken() -> None:
    found = lines("pneumonoultramicroscopicsilicovolcanoconiosis", width=4000)
    assert len(found) > 3
    assert all(line.width <= 4000 for line in found)


def test_a_column_narrower_than_a_letter_still_ends() -> None:
    assert "".join(line.text for line in lines("abc", width=1)) == "abc"


def test_line_ends_are_kept_and_empty_text_is_one_empty_line() -> None:
    assert [line.text for line in lines("a\n\nb", width=WIDE)] == ["a", "", "b"]
    assert [line.text for line in lines("", width=WIDE)] == [""]


def test_control_characters_are_dropped() -> None:
    assert clean("a\x00b\tc\r\nd\u202ee\u2028f") == "ab c\nde\nf"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("أموكسيسيلين 500 mg 1×3 لمدة 7 أيام", "أيام|7|لمدة|1×3|500|mg|أموكسيسيلين"),
        ("אמוקסיצילין 500 mg ל־7 ימים", "ימים|7|ל־|500|mg|אמוקסיצילין"),
        ("هاتف +7 912 345-67-89", "+7|912|345-|67-|89|هاتف"),
        ("من 2026-11-21 إلى", "إلى|2026-|11-|21|من"),
        ("Paracetamol 500 mg 3 مرات", "مرات|3|Paracetamol|500|mg"),
        ("خصم 50%", "50%|خصم"),
        ("الضغط 148/92 mmHg", "148/|92|mmHg|الضغط"),
        ("الحرارة -5 °C", "-5|°C|الحرارة"),
        ("21 نوفمبر 2026 10:41 ص", "ص|10:41|2026|نوفمبر|21"),
        ("ן־88412", "88412|ן־"),
        ("الجرعة 500 mg, 250 mg مساء", "مساء|250|mg|,|500|mg|الجرعة"),
        ("من 12/2026; eGFR ≥ 60 mL/min", "eGFR|≥|60|mL/|min|;|12/|2026|من"),
        ("كريات 4.5×10⁹/L عالية", "عالية|4.5×10⁹/|L|كريات"),
        ("ערך: Take with water, 2 times a day", "Take|with|water,|2|times|a|day|:|ערך"),
    ],
)
def test_right_to_left_lines_keep_values_whole(text: str, expected: str) -> None:
    """Read from the left: a number stands left of its unit, and neither leaves the other."""
    assert shown(one_line(text, rtl=True)) == expected


def test_arabic_inside_english_does_not_tear_the_dose() -> None:
    assert shown(one_line("Take أموكسيسيلين 500 mg daily")) == "Take|أموكسيسيلين|500|mg|daily"


def test_values_keep_their_own_direction() -> None:
    assert shown(one_line(value("Dr. Smith (GP)."), rtl=True)) == "Dr.|Smith|(GP)."


def test_brackets_around_right_to_left_text() -> None:
    line = one_line("البنسلين (طفح)", rtl=True)
    assert line.runs[-1][1].text == "البنسلين"


def test_plain_numbers_need_no_isolation() -> None:
    assert protect("غرفة 3", 1) == "غرفة 3"
    assert protect("room 3 mg", 0) == "room 3 mg"
    assert LRI in protect("غرفة 3 m", 1)


def test_empty_values_stay_empty() -> None:
    assert value("") == ""
    assert value("a\n\nb").translate(ISOLATES) == "a\n\nb"
