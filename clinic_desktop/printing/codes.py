"""Codes for scanners: QR and Code 128. They are never mirrored."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from clinic_desktop.errors import PrintError
from clinic_desktop.i18n import _
from clinic_desktop.printing.blocks import Block
from clinic_desktop.printing.paper import MM
from clinic_desktop.printing.pen import Align, Pen

DOT = 0.125 * MM
"""One dot of a 203 dpi label printer, in points; bars are a whole number of them wide."""
WIDEST_BAR = 3
"""Dots; wider bars do not help a scanner."""


@lru_cache(maxsize=256)
def qr_modules(content: str) -> tuple[int, tuple[tuple[int, int, int], ...]]:
    """The side in modules, and dark stretches as (column, row, length)."""
    import segno  # noqa: PLC0415 - loaded with the first code that is printed

    matrix = segno.make(content, error="m", micro=False).matrix
    stretches = []
    for row, values in enumerate(matrix):
        start: int | None = None
        for column, dark in enumerate([*values, 0]):
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                stretches.append((start, row, column - start))
                start = None
    return len(matrix), tuple(stretches)


@dataclass(frozen=True)
class Qr(Block):
    """A QR code (ISO/IEC 18004, level M), placed in its column with a quiet zone of its own."""

    content: str
    size: float
    align: Align = Align.START

    def height(self, width: float, *, rtl: bool) -> float:
        """Square."""
        del width, rtl
        return self.size

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """Dark modules, joined along each row."""
        side, stretches = qr_modules(self.content)
        step = self.size / side
        boxes = [(c * step, r * step, n * step, step) for c, r, n in stretches]
        x += (width - self.size) * self.align.value
        pen.pattern(boxes, x, y, self.size)


@lru_cache(maxsize=256)
def _bars(content: str) -> tuple[int, tuple[tuple[int, int], ...]]:
    """The length in modules, and the bars as (start, width). Raises PrintError."""
    from reportlab.graphics.barcode.code128 import Code128Auto  # noqa: PLC0415 - as above

    code: Any = Code128Auto(content, quiet=0)
    code.validate()
    if not content or not code.valid:
        raise PrintError(
            _("This number cannot be printed as a bar code: {text}").format(text=content),
            hint=_("Use Latin letters, digits and simple signs only."),
        )
    code.encode()
    code.decompose()
    bars, at = [], 0
    for letter in code.decomposed:  # capitals are bars, small letters gaps, "a" is one module
        width = ord(letter.lower()) - ord("a") + 1
        if letter.isupper():
            bars.append((at, width))
        at += width
    return at, tuple(bars)


@dataclass(frozen=True)
class Barcode(Block):
    """A Code 128 bar code (ISO/IEC 15417) across its column, with quiet zones inside it."""

    content: str
    bar_height: float

    def height(self, width: float, *, rtl: bool) -> float:
        """That of the bars."""
        del width, rtl
        return self.bar_height

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """At the start of the column, as wide as scanners like and the label allows."""
        modules, bars = _bars(self.content)
        dots = min(WIDEST_BAR, int(width / DOT / (modules + 20)))
        if dots < 1:
            raise PrintError(
                _("The bar code does not fit on this label."),
                hint=_("Choose a larger label or a shorter number."),
            )
        module = dots * DOT
        boxes = [(at * module, 0.0, bar * module, self.bar_height) for at, bar in bars]
        pen.pattern(boxes, x, y, modules * module)
