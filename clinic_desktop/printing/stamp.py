"""Marks a kept PDF as a copy without touching what it shows."""

from __future__ import annotations

from contextlib import ExitStack
from io import BytesIO

from clinic_desktop.i18n import Language
from clinic_desktop.printing.letterhead import ReprintMark
from clinic_desktop.printing.paper import MM
from clinic_desktop.printing.pdf import PdfWriter
from clinic_desktop.printing.reading import opened
from clinic_desktop.printing.text import Line, one_line

_SIZE, _EDGE = 7.5, 1.6 * MM
_EM = 1000
"""Widths of a line are in thousandths of the type size."""


def stamp(pdf: bytes, mark: ReprintMark, language: Language) -> bytes:
    """The same pages with the mark along their upper edge; the original bytes stay as they are."""
    line = one_line(mark.text(language), bold=True, rtl=language.rtl)
    with ExitStack() as stack:
        document = stack.enter_context(opened(pdf))
        for page in document:
            overlay = stack.enter_context(opened(_overlay(line, *page.get_size())))
            page.insert_obj(overlay.page_as_xobject(0, document).as_pageobject())
            page.gen_content()
        out = BytesIO()
        document.save(out)
        return out.getvalue()


def _overlay(line: Line, width: float, height: float) -> bytes:
    """An empty page of this size with the mark, made smaller where the paper is narrow."""
    writer = PdfWriter(title="", author="", language="")
    writer.start_page(width, height)
    size = min(_SIZE, (width - 2 * _EDGE) * _EM / max(line.width, 1))
    left = (width - line.width * size / _EM) / 2
    writer.line(line, left, height - _EDGE - size * 0.8, size)
    return writer.finish()
