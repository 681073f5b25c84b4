"""Pictures of a document: its small one for the list, its pages to read."""

from __future__ import annotations

import io
from dataclasses import dataclass

THUMBNAIL = 44
"""Longer side of a small picture, in pixels at 100 %."""


@dataclass(frozen=True)
class PagePicture:
    """One page as RGB bytes, row after row without padding."""

    rgb: bytes
    width: int
    height: int
    pages: int


def draw_page(data: bytes, mime: str, number: int, width: int) -> PagePicture:
    """Draw a page so wide, in pixels; slow, so off the window's thread.

    The bytes were checked when they were added (``services/documents_checks``).
    """
    from PIL import Image

    pages = 1
    if mime == "application/pdf":
        from clinic_desktop.printing import reading

        with reading.opened(data) as document:
            pages = len(document)
            page = document[min(number, pages - 1)]
            drawn = page.render(scale=width / max(page.get_width(), 1))
            picture = drawn.to_pil().convert("RGB")
            drawn.close()
            page.close()
    else:
        with Image.open(io.BytesIO(data)) as opened:
            opened.draft("RGB", (width, width * 2))
            picture = opened.convert("RGB")
        height = max(1, round(picture.height * width / picture.width))
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    return PagePicture(picture.tobytes(), picture.width, picture.height, pages)
