"""Tables: wrapped cells, numbers in line, rows kept whole, the head repeated on every page."""

from __future__ import annotations

from dataclasses import dataclass, replace

from clinic_desktop.printing.blocks import Block, Rule, Stack, Text, natural_width
from clinic_desktop.printing.paper import GREY, HAIRLINE, Look, Style
from clinic_desktop.printing.pen import Align, Pen

GAP = 9.0
PADDING = 3.5
TALL_ROW = 120.0
"""Rows up to this height, in points, are never cut at a page's end."""
MOST_FIXED = 0.66
"""Columns of numbers may take this part of a table where others share the rest."""
_SHRUNK = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7)
"""Type sizes tried, as parts of the usual one, before a number is torn."""


@dataclass(frozen=True)
class Column:
    """A column; ``weight`` 0 makes it as wide as its longest text."""

    title: str
    weight: float = 0.0
    align: Align = Align.START
    bold: bool = False


Cells = tuple[Stack, ...]


@dataclass(frozen=True)
class Table(Block):
    """Rows of cells under a head; made by ``table``."""

    head: Cells
    rows: tuple[Cells, ...]
    natural: tuple[float, ...]
    """Column widths unbroken, in points; 0 for columns that share the rest by weight."""
    weights: tuple[float, ...]

    def _widths(self, width: float) -> tuple[float, ...]:
        fixed, total = sum(self.natural), sum(self.weights)
        squeeze = min(1.0, self._most(width) / fixed) if fixed else 1.0
        free = width - GAP * (len(self.weights) - 1) - fixed * squeeze
        return tuple(
            free * weight / total if weight else own * squeeze
            for own, weight in zip(self.natural, self.weights, strict=True)
        )

    def _most(self, width: float) -> float:
        """The room for columns that do not share the rest; beyond it they wrap."""
        free = width - GAP * (len(self.weights) - 1)
        return free * MOST_FIXED if any(self.weights) else free

    def fits(self, width: float) -> bool:
        """Whether no number is torn in a table this wide."""
        return sum(self.natural) <= self._most(width)

    @staticmethod
    def _row_height(cells: Cells, widths: tuple[float, ...], *, rtl: bool) -> float:
        heights = (c.height(own, rtl=rtl) for c, own in zip(cells, widths, strict=True))
        return max(heights) + 2 * PADDING

    def height(self, width: float, *, rtl: bool) -> float:
        """Head and rows."""
        widths = self._widths(width)
        return sum(self._row_height(cells, widths, rtl=rtl) for cells in (self.head, *self.rows))

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """A rule under the head, hairlines between rows."""
        widths = self._widths(width)
        y = self._draw_row(pen, self.head, widths, x, y)
        Rule(0.9, GREY).draw(pen, x, y - 0.9, width)
        for cells in self.rows:
            y = self._draw_row(pen, cells, widths, x, y)
            Rule(0.5, HAIRLINE).draw(pen, x, y - 0.5, width)

    def _draw_row(
        self, pen: Pen, cells: Cells, widths: tuple[float, ...], x: float, y: float
    ) -> float:
        at = x
        for cell, own in zip(cells, widths, strict=True):
            cell.draw(pen, at, y + PADDING, own)
            at += own + GAP
        return y + self._row_height(cells, widths, rtl=pen.rtl)

    def split(self, width: float, room: float, *, rtl: bool) -> tuple[Block | None, Block | None]:
        """Between rows; very tall ones are cut inside their cells."""
        widths = self._widths(width)
        room -= self._row_height(self.head, widths, rtl=rtl)
        for index, cells in enumerate(self.rows):
            height = self._row_height(cells, widths, rtl=rtl)
            if height <= room + 0.01:
                room -= height
                continue
            upper, lower = self.rows[:index], self.rows[index:]
            if height > TALL_ROW and room > TALL_ROW / 2:
                above, below = _cut(cells, widths, room - 2 * PADDING, rtl=rtl)
                upper, lower = (*upper, above), (below, *lower[1:])
            return (replace(self, rows=upper) if upper else None), replace(self, rows=lower)
        return self, None


def _cut(cells: Cells, widths: tuple[float, ...], room: float, *, rtl: bool) -> tuple[Cells, Cells]:
    halves = [c.split(own, room, rtl=rtl) for c, own in zip(cells, widths, strict=True)]
    empty = Stack(())
    above = tuple(head if isinstance(head, Stack) else empty for head, _ in halves)
    return above, tuple(rest if isinstance(rest, Stack) else empty for _, rest in halves)


def table(
    columns: tuple[Column, ...],
    rows: list[tuple[str, ...]],
    look: Look,
    *,
    width: float,
    rtl: bool,
) -> Table:
    """A table of texts; what follows a line end in a cell is printed muted under it.

    In smaller type where numbers would be torn in a table this wide.
    """
    for part in _SHRUNK:
        smaller = replace(look, body_size=look.body_size * part)
        made = _table(columns, rows, smaller, rtl=rtl)
        if made.fits(width):
            break
    return made


def _table(
    columns: tuple[Column, ...], rows: list[tuple[str, ...]], look: Look, *, rtl: bool
) -> Table:
    head_style = replace(look.label, bold=True)
    body = [replace(look.body, bold=column.bold) for column in columns]
    natural = []
    for index, column in enumerate(columns):
        widths = [natural_width(row[index], body[index], rtl=rtl) for row in rows]
        title = natural_width(column.title, head_style, rtl=rtl)
        natural.append(0.0 if column.weight else max([title, *widths]) + 0.5)
    head = tuple(Stack((Text(c.title, head_style, c.align),)) for c in columns)
    cells = tuple(
        tuple(
            _cell(text, style, look.muted, column.align)
            for text, style, column in zip(row, body, columns, strict=True)
        )
        for row in rows
    )
    return Table(head, cells, tuple(natural), tuple(column.weight for column in columns))


def _cell(text: str, style: Style, muted: Style, align: Align) -> Stack:
    first, _, more = text.partition("\n")
    return Stack(tuple(Text(t, s, align) for t, s in ((first, style), (more, muted)) if t))
