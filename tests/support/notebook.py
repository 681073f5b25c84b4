"""The writers of printed documents, remembering what they drew where."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from clinic_desktop.printing import pdf
from clinic_desktop.printing.fonts import EM
from clinic_desktop.printing.paper import MM, Paper
from clinic_desktop.printing.pdf import Colour, PdfWriter
from clinic_desktop.printing.text import Line


@dataclass(frozen=True)
class Box:
    """Where a line of text was drawn, in points from the lower left corner."""

    page: int
    text: str
    left: float
    right: float
    bottom: float
    top: float


class Notebook(PdfWriter):
    """A writer that remembers where text and pictures went."""

    pages = 0
    drawn: list[Box]
    sizes: list[tuple[float, float]]

    def start_page(self, width: float, height: float) -> None:
        self.__dict__.setdefault("drawn", [])
        self.__dict__.setdefault("sizes", []).append((width, height))
        self.pages += 1
        super().start_page(width, height)

    def line(self, line: Line, x: float, y: float, size: float, colour: Colour = pdf.BLACK) -> None:
        if line.width:
            right = x + line.width * size / EM
            low, high = y - 0.1 * size, y + 0.6 * size
            self.drawn.append(Box(self.pages - 1, line.text, x, right, low, high))
        super().line(line, x, y, size, colour)


@pytest.fixture
def notebooks(monkeypatch: pytest.MonkeyPatch) -> list[Notebook]:
    """The writers of all documents rendered in a test."""
    made: list[Notebook] = []

    def make(**arguments: str) -> Notebook:
        made.append(Notebook(**arguments))
        return made[-1]

    for module in ("page", "labels"):
        monkeypatch.setattr(f"clinic_desktop.printing.{module}.PdfWriter", make)
    return made


def lies_well(book: Notebook, paper: Paper) -> None:
    """Assert that every line is inside the margins and none lies on another."""
    margin = paper.margin * MM - 0.6
    for box in book.drawn:
        width, height = book.sizes[box.page]
        assert width == pytest.approx(paper.width * MM)
        assert box.left >= margin, box
        assert box.right <= width - margin, box
        assert box.bottom >= 0, box
        assert box.top <= height, box
    lines = sorted(book.drawn, key=lambda box: (box.page, box.bottom))
    for index, one in enumerate(lines):
        for other in lines[index + 1 :]:
            if other.page != one.page or other.bottom >= one.top:
                break
            apart = one.right <= other.left + 0.01 or other.right <= one.left + 0.01
            assert apart, (one, other)
