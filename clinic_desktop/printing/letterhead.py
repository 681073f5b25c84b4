"""The head and foot of the practice's paper."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

from PIL import Image, UnidentifiedImageError

from clinic_desktop.i18n import Language
from clinic_desktop.printing.blocks import (
    Block,
    Picture,
    Row,
    Rule,
    Space,
    Stack,
    Text,
    natural_width,
)
from clinic_desktop.printing.paper import GREY, MM, Look, Paper
from clinic_desktop.printing.pdf import Artwork, Colour
from clinic_desktop.printing.pen import Align
from clinic_desktop.printing.text import value

ACCENT: Colour = (0.043, 0.42, 0.45)
LOGO_PIXELS = 480
"""Logos are kept at most this wide or high: 300 dpi at 40 mm."""


@dataclass(frozen=True)
class Letterhead:
    """What every document says about the practice."""

    practice: str = ""
    address: str = ""
    """Lines are separated by line ends."""
    phones: tuple[str, ...] = ()
    email: str = ""
    tax_id: str = ""
    registration: str = ""
    """The licence or registration number of the practice."""
    logo: bytes = b""
    """PNG or JPEG; a picture that cannot be read is left out, paper does not wait for it."""
    footer: str = ""
    accent: Colour = ACCENT
    preprinted: bool = False
    """The paper already carries head and foot: keep the space, print nothing there."""
    preprinted_top_mm: float = 45.0
    preprinted_bottom_mm: float = 20.0


@dataclass(frozen=True)
class Stationery:
    """What a document is written on, and in which language."""

    paper: Paper
    language: Language
    letterhead: Letterhead


@lru_cache(maxsize=8)
def _logo(data: bytes) -> Artwork | None:
    try:
        with Image.open(BytesIO(data), formats=("PNG", "JPEG")) as picture:
            picture.thumbnail((LOGO_PIXELS, LOGO_PIXELS))
            has_alpha = "A" in picture.getbands() or "transparency" in picture.info
            return Artwork.of(picture.convert("RGBA" if has_alpha else "RGB"))
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return None


def head(letterhead: Letterhead, paper: Paper, look: Look, language: Language) -> Block:
    """The block at the top of the first page."""
    if paper.is_roll or paper.is_small:
        return _narrow_head(letterhead, paper, look, language)
    contact = [Text(text, look.muted) for text in _contact(letterhead, language)]
    name = Stack((Text(value(letterhead.practice), look.practice), *contact))
    cells: list[Block] = [name]
    widths: list[float | None] = [None]
    logo = _logo(letterhead.logo) if letterhead.logo else None
    if logo:
        picture = Picture(logo, 36 * MM, 20 * MM if paper.width > 160 else 15 * MM)
        cells.insert(0, picture)
        widths.insert(0, picture.size()[0])
    numbers = _numbers(letterhead, language)
    if numbers:
        cells.append(Stack(tuple(Text(text, look.muted, Align.END) for text in numbers)))
        natural = (natural_width(text, look.muted, rtl=language.rtl) + 1 for text in numbers)
        widths.append(min(max(natural), (paper.width - 2 * paper.margin) * MM * 0.36))
    row = Row(tuple(cells), tuple(widths))
    return Stack((row, Space(8), Rule(1.4, letterhead.accent)))


def _narrow_head(letterhead: Letterhead, paper: Paper, look: Look, language: Language) -> Block:
    align = Align.CENTRE if paper.is_roll else Align.START
    texts = [*_contact(letterhead, language), *_numbers(letterhead, language)]
    lines: list[Block] = [Text(value(letterhead.practice), look.practice, align)]
    lines += [Text(text, look.muted, align) for text in texts]
    rule = Rule(0.8, GREY, dashed=True) if paper.is_roll else Rule(1.2, letterhead.accent)
    return Stack((*lines, Space(5), rule))


def _contact(letterhead: Letterhead, language: Language) -> list[str]:
    found = [value(letterhead.address), "", value(letterhead.email)]
    if letterhead.phones:
        phones = ", ".join(value(phone) for phone in letterhead.phones)
        found[1] = language.pgettext("letterhead", "Tel. {phones}").format(phones=phones)
    return [text for text in found if text]


def _numbers(letterhead: Letterhead, language: Language) -> list[str]:
    pairs = [
        (language.gettext("Tax ID {number}"), letterhead.tax_id),
        (language.gettext("Registration no. {number}"), letterhead.registration),
    ]
    return [template.format(number=value(number)) for template, number in pairs if number]
