"""PDF pages as dots: for thermal printers, which know neither Unicode nor shaping."""

from __future__ import annotations

from PIL import Image

from clinic_desktop.printing.paper import ROLL_58, ROLL_80
from clinic_desktop.printing.reading import opened

DOTS_PER_MM = 8
"""203 dpi, as nearly all receipt printers have."""
DOTS_80_MM, DOTS_58_MM = 576, 384
"""What the print head covers of the paper's width."""
HEADS = {ROLL_80.key: DOTS_80_MM, ROLL_58.key: DOTS_58_MM}
"""The print head for a roll."""
DARK_BELOW = 190
"""Grey values that print as black: small grey type stays readable, tints vanish."""
BAND_ROWS = 128
"""Rows sent at a time; simple printers hold no more."""

_START = b"\x1b@"  # ESC @
_CUT = b"\x1dV\x42\x03"  # GS V 66 n: feed past the knife, partial cut
_KICK = b"\x1bp\x00\x19\xfa"  # ESC p m t1 t2: pulse to the drawer, 50 ms on, 500 ms off


def page_images(pdf: bytes, dots_per_mm: float = DOTS_PER_MM) -> list[Image.Image]:
    """Every page as a picture."""
    scale = dots_per_mm * 25.4 / 72
    with opened(pdf) as document:
        return [page.render(scale=scale).to_pil().convert("RGB") for page in document]


def raster_receipt(pdf: bytes, dots: int = DOTS_80_MM) -> Image.Image:
    """A receipt as black and white dots, as wide as the print head."""
    pages = page_images(pdf)
    strip = Image.new("L", (dots, sum(page.height for page in pages)), 255)
    top = 0
    for page in pages:
        strip.paste(page.convert("L"), ((dots - page.width) // 2, top))
        top += page.height
    return strip.point(lambda grey: 255 if grey >= DARK_BELOW else 0).convert("1")


def escpos_raster(image: Image.Image, *, cut: bool = True, kick_drawer: bool = False) -> bytes:
    """The dots as ESC/POS (GS v 0). Source: Epson ESC/POS command reference."""
    dark = image.convert("L").point(lambda grey: 0 if grey >= 128 else 255).convert("1")
    width, height = dark.size
    row_bytes = (width + 7) // 8
    parts = [_START, _KICK] if kick_drawer else [_START]
    for top in range(0, height, BAND_ROWS):
        rows = min(BAND_ROWS, height - top)
        header = b"\x1dv0\x00" + row_bytes.to_bytes(2, "little") + rows.to_bytes(2, "little")
        parts += [header, dark.crop((0, top, width, top + rows)).tobytes()]
    if cut:
        parts.append(_CUT)
    return b"".join(parts)
