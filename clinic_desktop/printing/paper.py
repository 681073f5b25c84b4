"""The papers a clinic prints on, and the type sizes that suit them."""

from __future__ import annotations

from dataclasses import dataclass

from clinic_desktop.printing.pdf import BLACK, Colour

MM = 72 / 25.4
GREY: Colour = (0.36, 0.40, 0.45)
HAIRLINE: Colour = (0.80, 0.83, 0.86)
TINT: Colour = (0.955, 0.965, 0.97)


@dataclass(frozen=True)
class LabelGrid:
    """How labels lie on a sheet, in millimetres."""

    columns: int
    rows: int
    width: float
    height: float
    left: float
    top: float
    gap: float = 0.0


@dataclass(frozen=True)
class Paper:
    """A paper in millimetres. ``height`` None is a roll: as long as what stands on it."""

    key: str
    name: str
    width: float
    height: float | None
    margin: float
    body: float
    """The size of running text, in points."""
    labels: LabelGrid | None = None

    @property
    def is_roll(self) -> bool:
        """Whether the page is cut to its content."""
        return self.height is None

    @property
    def is_small(self) -> bool:
        """Whether there is room for one narrow column only."""
        return self.width < 120


A4 = Paper("a4", "A4", 210, 297, 16, 10)
LETTER = Paper("letter", "Letter", 215.9, 279.4, 16, 10)
A5 = Paper("a5", "A5", 148, 210, 12, 9)
A6 = Paper("a6", "A6", 105, 148, 8, 8)
ROLL_80 = Paper("roll-80", "80 mm", 80, None, 4.5, 9)
ROLL_58 = Paper("roll-58", "58 mm", 58, None, 5.5, 8)
LABEL_50X25 = Paper("label-50x25", "50 × 25 mm", 50, 25, 2, 8)
LABEL_89X36 = Paper("label-89x36", "89 × 36 mm", 89, 36, 3, 11)
LABEL_ROLL_62 = Paper("label-roll-62", "62 mm", 62, None, 3, 9)
LABEL_SHEET_A4 = Paper(
    "label-sheet-a4", "A4, 3 × 7", 210, 297, 2.5, 9.5, LabelGrid(3, 7, 63.5, 38.1, 7.2, 15.1, 2.5)
)
PAPERS = {
    paper.key: paper
    for paper in (
        A4, LETTER, A5, A6, ROLL_80, ROLL_58,
        LABEL_50X25, LABEL_89X36, LABEL_ROLL_62, LABEL_SHEET_A4,
    )
}  # fmt: skip
"""Every paper by its key, as settings store it."""


@dataclass(frozen=True)
class Style:
    """How text looks: size in points, weight, colour."""

    size: float
    bold: bool = False
    colour: Colour = BLACK
    leading: float = 1.4

    @property
    def line_height(self) -> float:
        """From one baseline to the next, in points."""
        return self.size * self.leading


@dataclass(frozen=True)
class Look:
    """The type scale of one document."""

    body_size: float
    accent: Colour

    def _style(self, factor: float, *, bold: bool = False, colour: Colour = BLACK) -> Style:
        return Style(round(self.body_size * factor, 2), bold=bold, colour=colour)

    @property
    def body(self) -> Style:
        """Running text."""
        return self._style(1)

    @property
    def strong(self) -> Style:
        """What the eye must find first in running text."""
        return self._style(1, bold=True)

    @property
    def label(self) -> Style:
        """The small word over a value."""
        return self._style(0.8, colour=GREY)

    @property
    def muted(self) -> Style:
        """Text of second rank."""
        return self._style(0.9, colour=GREY)

    @property
    def heading(self) -> Style:
        """The head of a section."""
        return self._style(1.05, bold=True, colour=self.accent)

    @property
    def lead(self) -> Style:
        """A medicine, a name: one step above the text."""
        return self._style(1.2, bold=True)

    @property
    def title(self) -> Style:
        """The name of the document."""
        return self._style(1.7, bold=True)

    @property
    def practice(self) -> Style:
        """The name of the practice in the letterhead."""
        return self._style(1.45, bold=True, colour=self.accent)

    @property
    def total(self) -> Style:
        """The amount that counts."""
        return self._style(1.4, bold=True)

    @property
    def gap(self) -> float:
        """The space between two sections, in points."""
        return self.body_size * 1.1
