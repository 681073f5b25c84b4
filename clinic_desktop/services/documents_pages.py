"""Pages of a document as dots, to look at; drawn in the confined process."""

from __future__ import annotations

import io
from collections.abc import Iterator

import msgspec

from clinic_desktop.confined import reading
from clinic_desktop.confined.steps import at_most
from clinic_desktop.confined.words import Wish
from clinic_desktop.services.documents_checks import PAGE_SECONDS


class PagePicture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One page as RGB bytes, row after row without padding."""

    rgb: bytes
    width: int
    height: int
    pages: int

    def __post_init__(self) -> None:
        """A picture shorter than it says would be read beyond its end."""
        if min(self.width, self.height) < 1 or len(self.rgb) != self.width * self.height * 3:
            raise ValueError("not the dots of a page")


def draw_page(data: bytes, mime: str, number: int, width: int) -> PagePicture:
    """Draw a page so wide, in pixels; slow, so off the window's thread.

    Raises:
        BadFileError: it cannot be drawn, or not within the limits.
    """
    wish: Wish = {"mime": mime, "number": number, "width": width}
    return reading.shared.read("page", PagePicture, data, wish)


def page_task(data: bytes, wish: Wish) -> Iterator[PagePicture]:
    """The same in the confined process."""
    from PIL import Image  # noqa: PLC0415 - only there

    number, width, pages = int(wish["number"]), int(wish["width"]), 1
    if wish["mime"] == "application/pdf":
        from clinic_desktop.printing.reading import opened  # noqa: PLC0415

        with opened(data) as document:
            pages = len(document)
            with at_most(PAGE_SECONDS):
                page = document[min(number, pages - 1)]
            drawn = page.render(scale=width / max(page.get_width(), 1))
            picture = drawn.to_pil().convert("RGB")
            drawn.close()
            page.close()
    else:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as original:
            original.draft("RGB", (width, width * 2))
            picture = original.convert("RGB")
        height = max(1, round(picture.height * width / picture.width))
        picture = picture.resize((width, height), Image.Resampling.LANCZOS)
    yield PagePicture(picture.tobytes(), picture.width, picture.height, pages)
