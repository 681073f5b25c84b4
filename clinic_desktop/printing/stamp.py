"""Marks a kept PDF as a copy without touching what it shows."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING

from clinic_desktop.i18n import Language
from clinic_desktop.printing.fonts import ASCENT, EM
from clinic_desktop.printing.paper import MM
from clinic_desktop.printing.pdf import PdfWriter
from clinic_desktop.printing.reading import opened
from clinic_desktop.printing.text import Line, lines, one_line, value

if TYPE_CHECKING:
    import pypdfium2 as pdfium

_SIZE, _LINE_HEIGHT = 7.5, 10.5
_ROLL_WIDTH, _ROLL_SIDE = 85 * MM, 5.5 * MM
"""The heads of receipt printers leave this much white on both sides of a roll."""
_PAGE_EDGE, _PAGE_SIDE = 4.3 * MM, 8 * MM
"""Other printers leave a sixth of an inch; the margins of our papers begin at 8 mm."""


@dataclass(frozen=True)
class ReprintMark:
    """What tells a copy from the first print."""

    copy: int
    printed_at: datetime
    printed_by: str = ""

    def text(self, language: Language) -> str:
        """The mark in words."""
        template = (
            language.gettext("COPY {number} · printed {when} by {who}")
            if self.printed_by
            else language.gettext("COPY {number} · printed {when}")
        )
        return template.format(
            number=language.number(self.copy),
            when=value(language.datetime(self.printed_at)),
            who=value(self.printed_by),
        )


def stamp(pdf: bytes, mark: ReprintMark, language: Language) -> bytes:
    """The same pages with the mark above what they show; the original bytes stay as they are."""
    with ExitStack() as stack:
        document = stack.enter_context(opened(pdf))
        for page in document:
            overlay = stack.enter_context(opened(_marked(page, mark.text(language), language)))
            page.insert_obj(overlay.page_as_xobject(0, document).as_pageobject())
            page.gen_content()
        out = BytesIO()
        document.save(out)
        return out.getvalue()


def _marked(page: pdfium.PdfPage, words: str, language: Language) -> bytes:
    """An empty page with the mark for the upper edge of a page, which grows if it is a roll."""
    width, height = page.get_size()
    if width > _ROLL_WIDTH:
        line = one_line(words, bold=True, rtl=language.rtl)
        size = min(_SIZE, (width - 2 * _PAGE_SIDE) * EM / max(line.width, 1))
        return _overlay((line,), size, width, height, height - _PAGE_EDGE)
    room = (width - 2 * _ROLL_SIDE) * EM / _SIZE
    broken = lines(words, width=room, bold=True, rtl=language.rtl)
    top = height + _LINE_HEIGHT * len(broken)
    page.set_mediabox(0, 0, width, top)
    return _overlay(broken, _SIZE, width, top, top)


def _overlay(mark: tuple[Line, ...], size: float, width: float, height: float, top: float) -> bytes:
    writer = PdfWriter(title="", author="", language="")
    writer.start_page(width, height)
    for line in mark:
        left = (width - line.width * size / EM) / 2
        writer.line(line, left, top - ASCENT * size / EM, size)
        top -= _LINE_HEIGHT
    return writer.finish()
