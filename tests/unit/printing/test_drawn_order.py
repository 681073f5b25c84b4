"""Right-to-left papers, glyph by glyph as their PDF draws them, against Qt's Unicode algorithm.

A viewer only guesses how mixed lines read, so the glyphs' places are taken from the file. Qt lays
the same words out knowing nothing of our order, our runs or our fonts; both must agree.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextLayout, QTextOption
from PySide6.QtWidgets import QApplication

from clinic_desktop.i18n import PAPER_LANGUAGES
from clinic_desktop.printing import text
from clinic_desktop.printing.catalogue import KINDS, render_document
from clinic_desktop.printing.fonts import font, shape
from clinic_desktop.printing.invoice import amount
from clinic_desktop.printing.paper import Paper
from clinic_desktop.printing.pdf import BLACK, Colour, PdfWriter
from clinic_desktop.printing.text import Line
from tests.support.hard_papers import HARD_SAMPLES, hard_letterhead
from tests.support.paper_samples import SAMPLES, letterhead, paper_language
from tests.support.paper_texts import TEXTS
from tests.support.pdf_drawing import drawn_lines

BRACKETS = "()[]{}<>«»≤≥"
"""Each beside its mirror image."""


def render(kind: str, paper: Paper, code: str, is_hard: bool) -> bytes:
    """A sample as a PDF."""
    head = hard_letterhead(code) if is_hard else letterhead(code)
    doc = (HARD_SAMPLES if is_hard else SAMPLES)[kind](code)
    return render_document(kind, doc, paper=paper, language=paper_language(code), letterhead=head)


def visible(characters: str) -> str:
    """Without spaces, marks and signs that only steer: what has a place of its own on a line."""
    return "".join(c for c in characters if unicodedata.category(c)[0] not in "MZC")


@cache
def as_qt_shows(words: str, rtl: bool, start: int, end: int) -> str:
    """A line of a paragraph from left to right."""
    layout = QTextLayout(words)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAnywhere)
    direction = Qt.LayoutDirection.RightToLeft if rtl else Qt.LayoutDirection.LeftToRight
    option.setTextDirection(direction)
    layout.setTextOption(option)
    layout.beginLayout()
    for length in (start, end - start) if start else (end,):
        line, columns = layout.createLine(), length
        line.setNumColumns(columns)
        while line.textLength() > length:  # a ligature is one column
            columns -= 1
            line.setNumColumns(columns)
    places = []
    for index in range(start, end):
        glyphs = [p.x() for run in line.glyphRuns(index, 1) for p in run.positions()]
        if glyphs and visible(words[index]):
            # The letters of a ligature share its place; those of Arabic run to the left.
            is_rtl = unicodedata.bidirectional(words[index]) in {"R", "AL"}
            places.append((min(glyphs), -index if is_rtl else index, words[index]))
    layout.endLayout()
    return "".join(character for *_, character in sorted(places))


@pytest.fixture
def expected(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], str]]:
    """What each line drawn in a test should show, in the order of drawing."""
    del qapp
    places: dict[int, tuple[str, bool, int, int]] = {}
    kept: list[Line] = []  # an id stands for its line as long as that lives
    expected: list[Callable[[], str]] = []
    make, draw = text._line, PdfWriter.line

    def noted(paragraph: text._Paragraph, start: int, end: int) -> Line:
        kept.append(make(paragraph, start, end))
        places[id(kept[-1])] = (paragraph.text, bool(paragraph.base), start, end)
        return kept[-1]

    def drawn(
        self: PdfWriter, line: Line, x: float, y: float, size: float, colour: Colour = BLACK
    ) -> None:
        if line.width:
            expected.append(lambda: as_qt_shows(*places[id(line)]))
        draw(self, line, x, y, size, colour)

    text.lines.cache_clear()
    monkeypatch.setattr(text, "_line", noted)
    monkeypatch.setattr(PdfWriter, "line", drawn)
    return expected


def as_drawn(clusters: tuple[str, ...]) -> str:
    """Clusters from left to right; a ligature of Arabic letters is read from its right."""
    return "".join(
        visible(each[::-1] if unicodedata.bidirectional(each[0]) in {"R", "AL"} else each)
        for each in clusters
    )


@pytest.mark.parametrize("is_hard", [False, True])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("code", ["ar", "he"])
def test_every_line_is_drawn_in_the_order_of_the_unicode_standard(
    kind: str, code: str, is_hard: bool, expected: list[Callable[[], str]]
) -> None:
    for paper in KINDS[kind].papers:
        lines = drawn_lines(render(kind, paper, code, is_hard))
        assert [as_drawn(line.clusters) for line in lines] == [line() for line in expected]
        expected.clear()


WHOLE = {
    "prescription": ["875 mg/125 mg", "875/125 mg", "4 g/24 h", "7–10", "-3.5 kg", "<7.0%",
                     "≥ 60 mL/min/1.73 m²", "1,000 mg", "01-10-2026", "A3-2026-000124"],
    "invoice": ["-1,851,851.84", "1,234,567.89", "-123.45", "20%", "3.5–5 MHz", "A3-2026-000124"],
    "receipt": ["-9,876,543.21", "-1,851,851.84", "1,500.00", "3.5–5 MHz", "A3-2026-000412"],
    "appointment-slip": ["9:15", "3.5–5 MHz", "K7Q2"],
    "visit-summary": ["148/92 mmHg", "-36.6 °C", "98 %", "27.4 kg/m²", "180/110", "-3.5 kg"],
    "referral": ["875 mg/125 mg", "875/125 mg", "2.4 MB", "<7.0%", "R-2026-0031"],
    "sick-note": ["S-2026-0007", "S-2026-0006", "10-4471"],
    "consent": ["10-4471"],
    "person-label": ["10-4471", "10:41"],
    "drug-label": ["875 mg/125 mg", "875/125 mg", "4 g/24 h", "LOT 88A1"],
}  # fmt: skip
"""What nobody may find torn or turned round, whatever the words beside it."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("code", ["ar", "he"])
def test_numbers_stay_with_their_units(kind: str, code: str) -> None:
    for paper in KINDS[kind].papers:
        lines = drawn_lines(render(kind, paper, code, is_hard=True))
        found = ["".join(line.clusters) for line in lines]
        phone = [] if kind == "person-label" else [TEXTS[code].phones[1]]
        for whole in (*WHOLE[kind], *phone):
            assert any(whole in line for line in found), (whole, paper.key, found)


@pytest.mark.parametrize("code", PAPER_LANGUAGES)
@pytest.mark.parametrize(
    ("kind", "minor"), [("invoice", (-185185184, -12345)), ("receipt", (-987654321, -185185184))]
)
def test_no_amount_loses_its_sign_or_a_digit(kind: str, minor: tuple[int, ...], code: str) -> None:
    language, currency = paper_language(code), TEXTS[code].currency
    for paper in KINDS[kind].papers:
        lines = drawn_lines(render(kind, paper, code, is_hard=True))
        found = ["".join(line.clusters) for line in lines]
        for each in minor:
            number = re.escape(amount(-each, currency, language))
            assert any(re.search(rf"-\D?{number}(?!\d)", line) for line in found), each


@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.parametrize("pair", [BRACKETS[i : i + 2] for i in range(0, len(BRACKETS), 2)])
def test_brackets_turn_round_in_right_to_left_text(pair: str, bold: bool) -> None:
    for character, mirrored in ((pair[0], pair[1]), (pair[1], pair[0])):
        key = next(key for key in ("latin", "signs") if font(key).has(character))
        (cluster,) = shape(character, key, bold=bold, rtl=True).clusters
        (plain,) = shape(mirrored, key, bold=bold).clusters
        assert cluster.glyphs[0].gid == plain.glyphs[0].gid
