"""Photos and logos made anew in the confined process: only dots come back, never the file."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Final

import msgspec

from clinic_desktop.confined import reading
from clinic_desktop.confined.words import Wish

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_PIXELS: Final = 40_000_000
"""A 600 dpi scan of A4 has 35 million."""
PHOTO_SIDE: Final = 640
PHOTO_BYTES: Final = 300_000
_QUALITIES: Final = (85, 75, 65, 50, 35)


class Redrawn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A picture made small; ``data`` is empty where the file is none that can be read."""

    data: bytes
    is_too_large: bool = False


def small_photo(data: bytes) -> Redrawn:
    """A face as a small JPEG, upright and without what cameras write into their files.

    Raises:
        BadFileError: it broke the limits of the confined process.
    """
    return reading.shared.read("photo", Redrawn, data)


def small_logo(data: bytes, side: int) -> Redrawn:
    """A logo as PNG with its transparency. Raises BadFileError as above."""
    return reading.shared.read("logo", Redrawn, data, {"side": side})


def photo_task(data: bytes, _wish: Wish) -> Iterator[Redrawn]:
    """Read, make small, turn upright."""
    from PIL import ImageOps  # noqa: PLC0415 - in the confined process only

    picture = _opened(data, ("JPEG", "PNG", "WEBP", "BMP", "TIFF"))
    if picture is None:
        yield Redrawn(b"")
    elif _is_too_large(picture):
        yield Redrawn(b"", is_too_large=True)
    else:
        picture.draft("RGB", (PHOTO_SIDE * 2, PHOTO_SIDE * 2))
        picture.thumbnail((PHOTO_SIDE, PHOTO_SIDE))
        yield Redrawn(_jpeg(ImageOps.exif_transpose(picture).convert("RGB")))


def logo_task(data: bytes, wish: Wish) -> Iterator[Redrawn]:
    """Read, make small, keep what is transparent."""
    picture = _opened(data, ("PNG", "JPEG"))
    if picture is None:
        yield Redrawn(b"")
    elif _is_too_large(picture):
        yield Redrawn(b"", is_too_large=True)
    else:
        picture.thumbnail((int(wish["side"]), int(wish["side"])))
        out = BytesIO()
        picture.convert("RGBA").save(out, "PNG")
        yield Redrawn(out.getvalue())


def _opened(data: bytes, formats: tuple[str, ...]) -> Image | None:
    from PIL import Image  # noqa: PLC0415

    warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is lower
    try:
        return Image.open(BytesIO(data), formats=formats)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None


def _is_too_large(picture: Image) -> bool:
    return picture.width * picture.height > MOST_PIXELS


def _jpeg(picture: Image) -> bytes:
    for quality in _QUALITIES:
        out = BytesIO()
        picture.save(out, "JPEG", quality=quality, optimize=True)
        if out.tell() <= PHOTO_BYTES:
            break
    return out.getvalue()
