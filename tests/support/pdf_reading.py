"""What a reader of a PDF finds in it."""

from __future__ import annotations

from dataclasses import dataclass

import pypdfium2 as pdfium


@dataclass(frozen=True)
class PdfPage:
    """One page: its size in points, its text, the box of each visible character."""

    width: float
    height: float
    text: str
    boxes: tuple[tuple[str, float, float, float, float], ...]


def read_pdf(data: bytes) -> list[PdfPage]:
    """Every page of a PDF; line ends and odd spaces of the reader become spaces."""
    document = pdfium.PdfDocument(data)
    try:
        return [_page(page) for page in document]
    finally:
        document.close()


def _page(page: pdfium.PdfPage) -> PdfPage:
    found = page.get_textpage()
    count = found.count_chars()
    raw = found.get_text_range() if count else ""
    boxes = []
    for index in range(count):
        left, bottom, right, top = found.get_charbox(index)
        if right > left and top > bottom:
            boxes.append(("", left, bottom, right, top))
    width, height = page.get_size()
    return PdfPage(width, height, " ".join(raw.split()), tuple(boxes))


def text_of(data: bytes) -> str:
    """The text of all pages."""
    return " ".join(page.text for page in read_pdf(data))
