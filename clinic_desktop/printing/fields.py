"""Words with their values: pairs on a line, facts in columns, a line to sign on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from clinic_desktop.printing.blocks import (
    Block,
    Stack,
    Text,
    natural_width,
    set_lines,
    widest_word,
)
from clinic_desktop.printing.paper import GREY, Style
from clinic_desktop.printing.pen import Align, Pen


@dataclass(frozen=True)
class Signature(Block):
    """A line to sign on, with words under it."""

    words: str
    style: Style
    room: float = 30.0
    """The free height above the line."""

    def height(self, width: float, *, rtl: bool) -> float:
        """Room, line and words."""
        count = len(set_lines(self.words, self.style, width, rtl=rtl))
        return self.room + 3 + count * self.style.line_height

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """A line, and the words under it."""
        pen.box(x, y + self.room, width, 0.7, GREY)
        Text(self.words, self.style).draw(pen, x, y + self.room + 3, width)


@dataclass(frozen=True)
class Pair(Block):
    """A word at the start of a line and its value at the end, as in totals.

    Where side by side a word or an amount would be torn, the value stands under the word.
    """

    label: str
    value: str
    style: Style
    label_style: Style | None = None
    room: float = 0.0
    """Width of a column of amounts, in points; 0 for a value that ends where the line ends."""

    def _value_width(self, width: float, *, rtl: bool) -> float:
        natural = self.room or natural_width(self.value, self.style, rtl=rtl)
        return min(natural + 1, width * 0.7)

    def _texts(self, width: float, *, rtl: bool) -> tuple[Text, float, Text, float, float]:
        """Label and value with their widths, and how far the value stands below the label."""
        own = self._value_width(width, rtl=rtl)
        style, beside = self.label_style or self.style, width - own - 6
        label = Text(self.label, style)
        align = Align.NUMBER if self.room else Align.END
        torn = widest_word(self.value, self.style, rtl=rtl) > own
        if not torn and widest_word(self.label, style, rtl=rtl) <= beside:
            return label, beside, Text(self.value, self.style, align), own, 0.0
        if torn:
            own, align = width, Align.END
        below = label.height(width, rtl=rtl)
        return label, width, Text(self.value, self.style, align), own, below

    def height(self, width: float, *, rtl: bool) -> float:
        """The higher of the two, or both."""
        label, label_width, value, own, below = self._texts(width, rtl=rtl)
        return max(label.height(label_width, rtl=rtl), below + value.height(own, rtl=rtl))

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """Both on the first line if they fit there."""
        label, label_width, value, own, below = self._texts(width, rtl=pen.rtl)
        label.draw(pen, x, y, label_width)
        value.draw(pen, x + width - own, y + below, own)


def amounts(blocks: list[Block], *, rtl: bool) -> list[Block]:
    """The pairs among these with their values in one column, flush at the last digit."""
    pairs = [block for block in blocks if isinstance(block, Pair)]
    room = max(natural_width(pair.value, pair.style, rtl=rtl) for pair in pairs)
    return [replace(b, room=room) if isinstance(b, Pair) else b for b in blocks]


@dataclass(frozen=True)
class Facts(Block):
    """Values under their small labels, in columns; a long value takes several columns."""

    pairs: tuple[tuple[str, str], ...]
    columns: int
    label: Style
    value: Style

    gap = 10.0
    row_gap = 4.0

    def _rows(self, width: float, *, rtl: bool) -> list[list[tuple[Stack, int]]]:
        share = (width - self.gap * (self.columns - 1)) / self.columns
        rows: list[list[tuple[Stack, int]]] = []
        free = 0
        for name, text in self.pairs:
            needed = natural_width(text, self.value, rtl=rtl)
            span = next(
                (n for n in range(1, self.columns) if needed <= n * (share + self.gap) - self.gap),
                self.columns,
            )
            if span > free:
                rows.append([])
                free = self.columns
            free -= span
            rows[-1].append((Stack((Text(name, self.label), Text(text, self.value))), span))
        return rows

    def _places(
        self, row: list[tuple[Stack, int]], width: float
    ) -> Iterator[tuple[Stack, float, float]]:
        step = (width + self.gap) / self.columns
        x = 0.0
        for cell, span in row:
            yield cell, x, span * step - self.gap
            x += span * step

    def _row_height(self, row: list[tuple[Stack, int]], width: float, *, rtl: bool) -> float:
        return max(cell.height(own, rtl=rtl) for cell, _, own in self._places(row, width))

    def height(self, width: float, *, rtl: bool) -> float:
        """Rows and the gaps between them."""
        rows = self._rows(width, rtl=rtl)
        heights = sum(self._row_height(row, width, rtl=rtl) for row in rows)
        return heights + self.row_gap * max(len(rows) - 1, 0)

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """Row by row."""
        for row in self._rows(width, rtl=pen.rtl):
            for cell, at, own in self._places(row, width):
                cell.draw(pen, x + at, y, own)
            y += self._row_height(row, width, rtl=pen.rtl) + self.row_gap

    def loosened(self) -> Block:
        """One under the other, over the whole width."""
        texts = [(Text(name, self.label), Text(text, self.value)) for name, text in self.pairs]
        return Stack(tuple(block for pair in texts for block in pair))


def facts(pairs: list[tuple[str, str]], columns: int, label: Style, value: Style) -> Facts:
    """Facts without those that have no value."""
    return Facts(tuple(pair for pair in pairs if pair[1]), columns, label, value)
