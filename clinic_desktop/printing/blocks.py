"""The pieces documents are made of: text, rules, columns, panels, pictures.

A block knows its height for a width, draws itself, and may be split at a page's end. Sizes in
points.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from clinic_desktop.printing.fonts import EM
from clinic_desktop.printing.paper import HAIRLINE, Style
from clinic_desktop.printing.pdf import BLACK, Artwork, Colour
from clinic_desktop.printing.pen import Align, Pen
from clinic_desktop.printing.text import Line, lines, one_line


class Block:
    """A piece of a page."""

    def height(self, width: float, *, rtl: bool) -> float:
        """How much it takes of a column this wide."""
        raise NotImplementedError

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """Draw it with its start corner at (x, y)."""
        raise NotImplementedError

    def split(self, width: float, room: float, *, rtl: bool) -> tuple[Block | None, Block | None]:
        """The part that fits into ``room`` and the rest; by default it stays whole."""
        return (self, None) if self.height(width, rtl=rtl) <= room else (None, self)

    def loosened(self) -> Block:
        """The block ready to be split anywhere, for when it is higher than a whole page."""
        return self


def set_lines(text: str, style: Style, width: float, *, rtl: bool) -> tuple[Line, ...]:
    """The lines of a text in a column of this width in points."""
    return lines(text, width=max(width, 1.0) * EM / style.size, bold=style.bold, rtl=rtl)


def natural_width(text: str, style: Style, *, rtl: bool) -> float:
    """The width of the longest line of a text, unbroken."""
    parts = text.split("\n")
    widths = (one_line(part, bold=style.bold, rtl=rtl).width for part in parts)
    return max(widths) * style.size / EM


def widest_word(text: str, style: Style, *, rtl: bool) -> float:
    """The width of the widest word; in a narrower column it would be torn."""
    return max(natural_width(word, style, rtl=rtl) for word in text.split(" "))


@dataclass(frozen=True)
class Text(Block):
    """A paragraph, or the lines of it that stand on this page."""

    text: str
    style: Style
    align: Align = Align.START
    first: int = 0
    last: int | None = None

    def _lines(self, width: float, *, rtl: bool) -> tuple[Line, ...]:
        return set_lines(self.text, self.style, width, rtl=rtl)[self.first : self.last]

    def height(self, width: float, *, rtl: bool) -> float:
        """Lines times line height."""
        return len(self._lines(width, rtl=rtl)) * self.style.line_height

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """Line by line."""
        for line in self._lines(width, rtl=pen.rtl):
            pen.text(line, x, y, width, self.style, self.align)
            y += self.style.line_height

    def split(self, width: float, room: float, *, rtl: bool) -> tuple[Block | None, Block | None]:
        """Between lines."""
        fitting = int((room + 0.01) / self.style.line_height)
        if fitting >= len(self._lines(width, rtl=rtl)):
            return self, None
        if fitting < 1:
            return None, self
        cut = self.first + fitting
        return replace(self, last=cut), replace(self, first=cut)


@dataclass(frozen=True)
class Space(Block):
    """Nothing, this high; dropped at the top of a page."""

    size: float

    def height(self, width: float, *, rtl: bool) -> float:
        """Its size."""
        del width, rtl
        return self.size

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """Nothing."""


@dataclass(frozen=True)
class Rule(Block):
    """A line across the column."""

    thickness: float = 0.6
    colour: Colour = HAIRLINE
    dashed: bool = False

    def height(self, width: float, *, rtl: bool) -> float:
        """Its thickness."""
        del width, rtl
        return self.thickness

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """A thin box, or a row of them."""
        if not self.dashed:
            pen.box(x, y, width, self.thickness, self.colour)
            return
        at = 0.0
        while at < width:
            pen.box(x + at, y, min(3.0, width - at), self.thickness, self.colour)
            at += 5.5


@dataclass(frozen=True)
class Stack(Block):
    """Blocks under each other; breaks between or inside them."""

    blocks: tuple[Block, ...]

    def height(self, width: float, *, rtl: bool) -> float:
        """The sum."""
        return sum(block.height(width, rtl=rtl) for block in self.blocks)

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """From top to bottom."""
        for block in self.blocks:
            block.draw(pen, x, y, width)
            y += block.height(width, rtl=pen.rtl)

    def split(self, width: float, room: float, *, rtl: bool) -> tuple[Block | None, Block | None]:
        """Before the first block that does not fit, or inside it."""
        for index, block in enumerate(self.blocks):
            height = block.height(width, rtl=rtl)
            if height <= room + 0.01:
                room -= height
                continue
            head, rest = block.split(width, room, rtl=rtl)
            kept = (*self.blocks[:index], *([head] if head else []))
            left = (*([rest] if rest else []), *self.blocks[index + 1 :])
            return (replace(self, blocks=kept) if kept else None), replace(self, blocks=left)
        return self, None

    def loosened(self) -> Block:
        """With every block loosened."""
        return replace(self, blocks=tuple(block.loosened() for block in self.blocks))


@dataclass(frozen=True)
class Whole(Block):
    """A block that goes to the next page rather than being split, if it fits there."""

    block: Block

    def height(self, width: float, *, rtl: bool) -> float:
        """That of the block."""
        return self.block.height(width, rtl=rtl)

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """The block."""
        self.block.draw(pen, x, y, width)

    def loosened(self) -> Block:
        """The block itself."""
        return self.block.loosened()


@dataclass(frozen=True)
class Closing(Whole):
    """What never stands alone on a page, such as a signature: it takes what is before it along."""


@dataclass(frozen=True)
class Section(Block):
    """A heading that never stands alone at a page's end, and what follows it."""

    head: Block
    body: Block

    def height(self, width: float, *, rtl: bool) -> float:
        """Both."""
        return self.head.height(width, rtl=rtl) + self.body.height(width, rtl=rtl)

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """Heading, then body."""
        self.head.draw(pen, x, y, width)
        self.body.draw(pen, x, y + self.head.height(width, rtl=pen.rtl), width)

    def split(self, width: float, room: float, *, rtl: bool) -> tuple[Block | None, Block | None]:
        """Inside the body."""
        left = room - self.head.height(width, rtl=rtl)
        head, rest = self.body.split(width, left, rtl=rtl) if left > 0 else (None, self.body)
        return (replace(self, body=head) if head else None), rest if head else self

    def loosened(self) -> Block:
        """With a loosened body."""
        return replace(self, body=self.body.loosened())


@dataclass(frozen=True)
class Row(Block):
    """Blocks side by side; a width of None takes an equal share of what is left."""

    cells: tuple[Block, ...]
    widths: tuple[float | None, ...]
    gap: float = 12.0

    def _columns(self, width: float) -> list[tuple[float, float]]:
        fixed = sum(given for given in self.widths if given is not None)
        free = width - fixed - self.gap * (len(self.cells) - 1)
        share = free / max(self.widths.count(None), 1)
        places, x = [], 0.0
        for given in self.widths:
            own = share if given is None else given
            places.append((x, own))
            x += own + self.gap
        return places

    def height(self, width: float, *, rtl: bool) -> float:
        """That of the highest cell."""
        columns = zip(self.cells, self._columns(width), strict=True)
        return max(cell.height(own, rtl=rtl) for cell, (_, own) in columns)

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """Every cell from the top."""
        for cell, (at, own) in zip(self.cells, self._columns(width), strict=True):
            cell.draw(pen, x + at, y, own)

    def loosened(self) -> Block:
        """The cells under each other."""
        return Stack(tuple(cell.loosened() for cell in self.cells))


@dataclass(frozen=True)
class Panel(Block):
    """A tinted or framed box around a block."""

    block: Block
    fill: Colour | None = None
    frame: Colour | None = None
    padding: float = 7.0

    def height(self, width: float, *, rtl: bool) -> float:
        """The block and its padding."""
        return self.block.height(width - 2 * self.padding, rtl=rtl) + 2 * self.padding

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """Box first, block upon it."""
        height = self.height(width, rtl=pen.rtl)
        if self.fill:
            pen.box(x, y, width, height, self.fill)
        if self.frame:
            pen.frame(x, y, width, height, self.frame)
        self.block.draw(pen, x + self.padding, y + self.padding, width - 2 * self.padding)

    def split(self, width: float, room: float, *, rtl: bool) -> tuple[Block | None, Block | None]:
        """Inside, each part with its own box."""
        inner = room - 2 * self.padding
        if inner <= 0:
            return None, self
        head, rest = self.block.split(width - 2 * self.padding, inner, rtl=rtl)
        return (
            replace(self, block=head) if head else None,
            replace(self, block=rest) if rest else None,
        )

    def loosened(self) -> Block:
        """With a loosened block."""
        return replace(self, block=self.block.loosened())


@dataclass(frozen=True)
class Picture(Block):
    """A picture scaled into a box."""

    image: Artwork
    max_width: float
    max_height: float

    def size(self) -> tuple[float, float]:
        """Width and height as drawn."""
        width, height = self.image.width, self.image.height
        factor = min(self.max_width / width, self.max_height / height)
        return width * factor, height * factor

    def height(self, width: float, *, rtl: bool) -> float:
        """As drawn."""
        del width, rtl
        return self.size()[1]

    def draw(self, pen: Pen, x: float, y: float, width: float) -> None:
        """At the start of the column."""
        del width
        pen.image(self.image, x, y, *self.size())


BLACK_RULE = Rule(1.0, BLACK)
