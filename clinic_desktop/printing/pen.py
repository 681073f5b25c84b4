"""Drawing in reading direction: x from the edge where reading starts, y from the top, in points.

In right-to-left languages every x is mirrored here and nowhere else.
"""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from clinic_desktop.printing.fonts import ASCENT, DESCENT, EM
from clinic_desktop.printing.paper import Style
from clinic_desktop.printing.pdf import Artwork, Colour
from clinic_desktop.printing.text import Line


class Align(Enum):
    """Where text stands in its column, seen from where reading starts."""

    START = 0.0
    CENTRE = 0.5
    END = 1.0
    NUMBER = 2.0
    """Flush at the last digit: at the right in every script, as digits run from left to right."""


class Writer(Protocol):
    """What a pen draws on; ``PdfWriter`` or a test's notebook."""

    def line(self, line: Line, x: float, y: float, size: float, colour: Colour) -> None:
        """Draw a line of text."""

    def box(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """Fill a rectangle."""

    def boxes(self, rectangles: list[tuple[float, float, float, float]]) -> None:
        """Fill black rectangles."""

    def image(self, image: Artwork, x: float, y: float, width: float, height: float) -> None:
        """Draw a picture."""


class Pen:
    """A page being drawn, or a part of one whose lower left corner is (left, bottom)."""

    def __init__(
        self,
        writer: Writer,
        width: float,
        height: float,
        *,
        rtl: bool,
        left: float = 0.0,
        bottom: float = 0.0,
    ) -> None:
        self._writer = writer
        self._width = width
        self._edge = left
        self._height = bottom + height
        self.rtl = rtl

    def _left(self, x: float, width: float) -> float:
        return self._edge + (self._width - x - width if self.rtl else x)

    def text(
        self, line: Line, x: float, y: float, width: float, style: Style, align: Align = Align.START
    ) -> None:
        """Draw one line into a column whose line box starts at (x, y)."""
        own = line.width * style.size / EM
        if align is Align.NUMBER:
            left = self._left(x, width) + width - own
        else:
            left = self._left(x + (width - own) * align.value, own)
        # The line's ascent and descent stand in the middle of its height.
        spare = style.line_height - (ASCENT + DESCENT) * style.size / EM
        baseline = y + spare / 2 + ASCENT * style.size / EM
        self._writer.line(line, left, self._height - baseline, style.size, style.colour)

    def box(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """Fill a rectangle, or draw a line as a thin one."""
        self._writer.box(self._left(x, width), self._height - y - height, width, height, colour)

    def frame(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """Draw the four sides of a rectangle."""
        line = 0.7
        self.box(x, y, width, line, colour)
        self.box(x, y + height - line, width, line, colour)
        self.box(x, y, line, height, colour)
        self.box(x + width - line, y, line, height, colour)

    def pattern(
        self,
        rectangles: list[tuple[float, float, float, float]],
        x: float,
        y: float,
        width: float,
    ) -> None:
        """Draw a code of (x, y, width, height) measured from its own upper left corner.

        Codes are never mirrored: a mirrored QR code cannot be read.
        """
        left, top = self._left(x, width), self._height - y
        self._writer.boxes([(left + bx, top - by - bh, bw, bh) for bx, by, bw, bh in rectangles])

    def image(self, image: Artwork, x: float, y: float, width: float, height: float) -> None:
        """Draw a picture, not mirrored."""
        self._writer.image(image, self._left(x, width), self._height - y - height, width, height)
