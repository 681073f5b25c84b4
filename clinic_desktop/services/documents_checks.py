"""What a file from outside really is: told by its content, never by its name.

A PDF is opened and its first page drawn; a picture is decoded whole. What cannot be drawn here
would not be seen in the chart either.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Annotated

import msgspec

from clinic_desktop.confined import reading
from clinic_desktop.confined.steps import at_most
from clinic_desktop.confined.words import Wish
from clinic_desktop.errors import BadFileError
from clinic_desktop.i18n import _
from clinic_desktop.services import pictures

LARGEST_BYTES = 25 * 1024 * 1024
MOST_PAGES = 500
PAGE_SECONDS = 1.5
"""Of the processor, to take a page apart before it is drawn: 60 MB of lines on a quick PC. A page
whose forms draw each other without end would fill the memory first, which takes longer."""
THUMBNAIL = 160
"""Longer side of the small picture, in pixels."""
_MAGIC = {
    b"%PDF-": "application/pdf",
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
}
_PILLOW = {"image/jpeg": "JPEG", "image/png": "PNG"}
KINDS = tuple(_MAGIC.values())
_LONGEST_NAME = 120


@dataclass(frozen=True)
class CheckedFile:
    """A file that was opened and found to be what it says."""

    filename: str
    mime: str
    data: bytes
    sha256: str
    pages: int


class Pages(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the confined process says of a file that can be shown."""

    pages: Annotated[int, msgspec.Meta(ge=1, le=MOST_PAGES)]


def check_file(data: bytes, filename: str) -> CheckedFile:
    """Open a file and see that it is a PDF, JPEG or PNG that can be shown.

    Raises:
        BadFileError: it is something else, broken, locked with a password, or too large.
    """
    name = _clean_name(filename)
    if len(data) > LARGEST_BYTES:
        raise _refused(
            name,
            _("This file is too large: at most {size} MB fit into the chart.").format(
                size=LARGEST_BYTES // (1024 * 1024)
            ),
        )
    mime = next((kind for magic, kind in _MAGIC.items() if data.startswith(magic)), "")
    if not mime:
        raise _refused(name, _("Only PDF, JPEG and PNG files can be kept in the chart."))
    checked = reading.shared.read("document", Pages, data, {"mime": mime}, name)
    return CheckedFile(name, mime, data, hashlib.sha256(data).hexdigest(), checked.pages)


def check_task(data: bytes, wish: Wish) -> Iterator[Pages]:
    """Open the file; in the confined process."""
    mime = str(wish["mime"])
    yield Pages(_pdf_pages(data) if mime == "application/pdf" else _picture(data, mime))


def _pdf_pages(data: bytes) -> int:
    from pypdfium2 import PdfiumError  # noqa: PLC0415 - loaded by those who add a file

    from clinic_desktop.printing.reading import opened  # noqa: PLC0415 - as above

    try:
        with opened(data) as document:
            pages = len(document)
            if 0 < pages <= MOST_PAGES:
                with at_most(PAGE_SECONDS):
                    page = document[0]
                page.render(scale=0.2).close()
                page.close()
    except PdfiumError as error:
        raise _refused("", _("This PDF is damaged or locked with a password.")) from error
    if not pages:
        raise _refused("", _("This PDF has no pages."))
    if pages > MOST_PAGES:
        raise _refused("", _("This PDF has more than {most} pages.").format(most=MOST_PAGES))
    return pages


def _picture(data: bytes, mime: str) -> int:
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415 - as above

    try:
        with Image.open(io.BytesIO(data), formats=[_PILLOW[mime]]) as picture:
            if picture.width * picture.height > pictures.MOST_PIXELS:
                raise _refused("", _("This picture has too many pixels."))
            picture.load()
    except (
        UnidentifiedImageError,
        Image.DecompressionBombError,
        OSError,
        SyntaxError,
        ValueError,
    ) as error:
        raise _refused("", _("This picture is damaged.")) from error
    return 1


def _clean_name(filename: str) -> str:
    """The last part of a path without control signs; names of files may hold anything."""
    last = PurePath(filename.replace("\\", "/")).name
    return "".join(ch for ch in last if ch.isprintable())[:_LONGEST_NAME]


def _refused(name: str, message: str) -> BadFileError:
    return BadFileError(
        message,
        kept=_("Nothing was added to the chart."),
        hint=_("Scan or save it again as PDF, JPEG or PNG."),
        place=name,
    )
