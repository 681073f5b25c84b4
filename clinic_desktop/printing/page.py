"""Blocks onto pages: letterhead, running head, foot, page numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from clinic_desktop.errors import PrintError
from clinic_desktop.i18n import _
from clinic_desktop.printing.blocks import Block, Closing, Row, Rule, Space, Stack, Text
from clinic_desktop.printing.letterhead import Stationery, head
from clinic_desktop.printing.paper import MM, Look
from clinic_desktop.printing.pdf import PdfWriter
from clinic_desktop.printing.pen import Align, Pen
from clinic_desktop.printing.text import value

Placed = tuple[Block, float]
MAX_PAGES = 500


@dataclass(frozen=True)
class Sheet(Stationery):
    """Everything about a document but its content."""

    title: str
    """For the file's own title: the kind and number, never a patient's name."""
    running: str
    """At the head of the second page on, so that pages can be told apart."""
    body_size: float | None = None
    """The size of running text where it is not the paper's, as in large print."""

    @property
    def look(self) -> Look:
        """The type scale."""
        return Look(self.body_size or self.paper.body, self.letterhead.accent)

    @property
    def width(self) -> float:
        """Between the margins, in points."""
        return (self.paper.width - 2 * self.paper.margin) * MM


def render(sheet: Sheet, blocks: list[Block]) -> bytes:
    """The document as PDF bytes; equal input gives equal bytes."""
    maker = _Maker(sheet)
    if sheet.paper.is_roll:
        maker.place_roll(blocks)
    else:
        maker.place(blocks)
    return maker.write()


@dataclass
class _Maker:
    sheet: Sheet
    pages: list[list[Placed]] = field(default_factory=list)
    heads: int = 0
    """How many blocks of the page being filled are its head."""
    roll_height: float = 0.0

    @property
    def _rtl(self) -> bool:
        return self.sheet.language.rtl

    def _top(self, page: int) -> list[Block]:
        """What stands over the content of a page, counted from 0."""
        sheet, look = self.sheet, self.sheet.look
        if page:
            running = Text(sheet.running, look.muted)
            return [running, Space(3), Rule(), Space(look.gap * 0.7)]
        own = sheet.letterhead
        if own.preprinted or not (own.practice or own.logo):
            return []
        top = head(sheet.letterhead, sheet.paper, look, sheet.language)
        return [top, Space(look.gap * 0.8)]

    def _margins(self) -> tuple[float, float]:
        paper, letterhead = self.sheet.paper, self.sheet.letterhead
        if letterhead.preprinted and not paper.is_roll:
            return letterhead.preprinted_top_mm * MM, letterhead.preprinted_bottom_mm * MM
        return paper.margin * MM, paper.margin * MM * 0.8

    def _foot(self, page: int, pages: int) -> Block:
        sheet, style = self.sheet, self.sheet.look.label
        words = "" if sheet.letterhead.preprinted else sheet.letterhead.footer
        number = sheet.language.gettext("Page {page} of {pages}").format(
            page=sheet.language.number(page), pages=sheet.language.number(pages)
        )
        counter = Text(number, style, Align.END)
        return Row((Text(value(words), style), counter), (None, style.size * 9))

    @cached_property
    def _bottom(self) -> float:
        """The bottom of the content area, from the top of the page."""
        foot = self._foot(1, 1).height(self.sheet.width, rtl=self._rtl)
        return (self.sheet.paper.height or 0) * MM - self._margins()[1] - foot - 6

    def place(self, blocks: list[Block]) -> None:
        """Fill pages from top to bottom."""
        waiting = list(blocks)
        width, rtl = self.sheet.width, self._rtl
        y = self._start_page()
        is_fresh = True
        while waiting:
            block = waiting.pop(0)
            is_gap = isinstance(block, Space | Rule)
            if is_gap and (is_fresh or y + block.height(width, rtl=rtl) > self._bottom):
                continue  # nothing to keep apart
            fits, rest = block.split(width, self._bottom - y, rtl=rtl)
            if fits is None and is_fresh:
                loose = block.loosened()
                fits, rest = loose.split(width, self._bottom - y, rtl=rtl)
                fits, rest = (fits, rest) if fits else (loose, None)
            if fits is not None:
                self.pages[-1].append((fits, y))
                y += fits.height(width, rtl=rtl)
                is_fresh = False
            if rest is not None:
                taken = self._company() if isinstance(rest, Closing) else []
                waiting[:0] = [*taken, rest]
                y, is_fresh = self._start_page(), True

    def _company(self) -> list[Block]:
        """The end of this page, taken back so that what comes next does not stand alone."""
        placed = self.pages[-1]
        last = len(placed) - 1
        while last > self.heads and isinstance(placed[last][0], Space | Rule):
            last -= 1
        if last <= self.heads:
            return []
        taken = [block for block, _y in placed[last:]]
        del placed[last:]
        return taken

    def _start_page(self) -> float:
        if len(self.pages) >= MAX_PAGES:
            raise PrintError(
                _("This document would be longer than {pages} pages.").format(pages=MAX_PAGES),
                hint=_("Print it in parts, or on larger paper."),
            )
        y = self._margins()[0] if not self.pages else self.sheet.paper.margin * MM
        self.pages.append([])
        for block in self._top(len(self.pages) - 1):
            self.pages[-1].append((block, y))
            y += block.height(self.sheet.width, rtl=self._rtl)
        self.heads = len(self.pages[-1])
        return y

    def place_roll(self, blocks: list[Block]) -> None:
        """One page as long as its content."""
        sheet = self.sheet
        footer = sheet.letterhead.footer
        tail = [Space(8), Text(value(footer), sheet.look.muted, Align.CENTRE)] if footer else []
        stack = Stack((*self._top(0), *blocks, *tail))
        y = sheet.paper.margin * MM
        self.pages.append([(stack, y)])
        self.roll_height = y * 2 + stack.height(sheet.width, rtl=self._rtl)

    def write(self) -> bytes:
        """Draw every page."""
        sheet, paper = self.sheet, self.sheet.paper
        author, language = sheet.letterhead.practice, sheet.language.language.replace("_", "-")
        writer = PdfWriter(title=sheet.title, author=author, language=language)
        width, height = paper.width * MM, (paper.height or 0) * MM or self.roll_height
        x = paper.margin * MM
        for number, placed in enumerate(self.pages, 1):
            writer.start_page(width, height)
            pen = Pen(writer, width, height, rtl=self._rtl)
            for block, y in placed:
                block.draw(pen, x, y, sheet.width)
            if not paper.is_roll:
                foot = self._foot(number, len(self.pages))
                foot.draw(pen, x, self._bottom + 6, sheet.width)
        return writer.finish()
