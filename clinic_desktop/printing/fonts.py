"""The printed typefaces: Noto Sans per script, shaped by HarfBuzz.

Fonts come from packages, so that paper looks the same on every PC. Widths and offsets are in
thousandths of the type size.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files

import uharfbuzz as hb

from clinic_desktop.errors import SetupError
from clinic_desktop.i18n import _

EM = 1000
REGULAR, BOLD = 400.0, 700.0
ASCENT, DESCENT = 1069, 293
"""Noto Sans; the other faces are set on the same lines."""


@dataclass(frozen=True)
class Face:
    """Where a face lies: its name, the package, the file of each weight."""

    name: str
    package: str
    regular: str
    bold: str = ""
    """Empty where one variable file holds both weights."""


FACES = {
    "latin": Face("NotoSans", "fontpkg_noto_sans", "files/NotoSans[wdth,wght].ttf"),
    "arabic": Face(
        "NotoSansArabic", "fontpkg_noto_sans_arabic", "files/NotoSansArabic[wdth,wght].ttf"
    ),
    "hebrew": Face(
        "NotoSansHebrew",
        "justmytype_intl_rtl",
        "fonts/ofl/notosanshebrew/NotoSansHebrew[wdth,wght].ttf",
    ),
    "signs": Face("BitstreamVeraSans", "reportlab", "fonts/Vera.ttf", "fonts/VeraBd.ttf"),
}
"""In the order they are asked for a character. Noto Sans holds Latin, Greek, Cyrillic and
Devanagari; the last one adds ≤ ≥ ≠ ≈ ∞."""

# The glyph tables a PDF viewer needs; shaping has been done before.
_UNUSED_TABLES = ("GSUB", "GPOS", "GDEF", "BASE", "STAT", "OS/2", "cmap", "kern", "name", "post")
# Signs that steer shaping and never show: joiners, the soft hyphen, variation selectors.
_INVISIBLE = frozenset("\u00ad\u034f\u200b\u200c\u200d\u2060\ufe0e\ufe0f\ufeff")
_DIRECTION = frozenset("\u061c\u200e\u200f\u2066\u2067\u2068\u2069")


@dataclass(frozen=True)
class Glyph:
    """One drawn glyph, as HarfBuzz placed it."""

    gid: int
    advance: int
    dx: int
    dy: int

    @property
    def is_moved(self) -> bool:
        """Whether it stands beside the pen."""
        return bool(self.dx or self.dy)


@dataclass(frozen=True, eq=False)
class Cluster:
    """Characters that are drawn together, and their glyphs from left to right.

    Equal clusters are one object, so that they can be told apart without being compared.
    """

    text: str
    glyphs: tuple[Glyph, ...]
    advance: int


@dataclass(frozen=True)
class Run:
    """Text of one font and one direction, shaped; clusters go from left to right."""

    font: Font
    text: str
    clusters: tuple[Cluster, ...]
    advance: int


@dataclass(frozen=True)
class Font:
    """One face in one weight."""

    key: str
    bold: bool
    hb_font: hb.Font = field(compare=False, repr=False)

    @property
    def name(self) -> str:
        """The name inside the PDF."""
        return f"{FACES[self.key].name}-{'Bold' if self.bold else 'Regular'}"

    def has(self, character: str) -> bool:
        """Whether the face can draw the character by itself."""
        return bool(self.hb_font.get_nominal_glyph(ord(character)))

    @property
    def units(self) -> int:
        """Font units in the type size."""
        return int(self.hb_font.face.upem)

    def subset(self, gids: tuple[int, ...]) -> tuple[hb.Face, dict[int, int]]:
        """A face of these glyphs only, and the number each one has in it."""
        face = self.hb_font.face
        request = hb.SubsetInput()
        request.glyph_set.update(gids)
        flags = hb.SubsetFlags
        request.flags = flags.NOTDEF_OUTLINE | flags.NO_LAYOUT_CLOSURE | flags.NO_HINTING
        request.drop_table_tag_set.update(int.from_bytes(t.encode(), "big") for t in _UNUSED_TABLES)
        for axis in face.axis_infos if face.has_var_data else ():
            request.pin_axis_location(face, axis.tag, _axis_value(axis.tag, bold=self.bold))
        plan = hb.SubsetPlan(face, request)
        numbers = plan.old_to_new_glyph_mapping
        return plan.execute(), {gid: numbers[gid] for gid in gids}


def _axis_value(tag: str, *, bold: bool) -> float:
    weight = BOLD if bold else REGULAR
    return {"wght": weight, "wdth": 100.0}[tag]


@cache
def font(key: str, *, bold: bool = False) -> Font:
    """A face by its key in ``FACES``. Raises SetupError when its package is not installed."""
    face = FACES[key]
    path = (face.bold if bold else "") or face.regular
    try:
        data = files(face.package).joinpath(path).read_bytes()
    except (ModuleNotFoundError, OSError) as error:
        raise SetupError(
            _("A font for printing is missing: {name}.").format(name=face.package),
            kept=_("The record is complete; only paper cannot be made."),
            hint=_("Install the program again."),
        ) from error
    shaper = hb.Font(hb.Face(data))
    shaper.scale = (EM, EM)
    if shaper.face.has_var_data:
        tags = [axis.tag for axis in shaper.face.axis_infos]
        shaper.set_variations({tag: _axis_value(tag, bold=bold) for tag in tags})
    return Font(key, bold, shaper)


@lru_cache(maxsize=4096)
def _key_for(character: str) -> str | None:
    return next((key for key in FACES if font(key).has(character)), None)


def is_invisible(character: str) -> bool:
    """Whether a character only steers how its neighbours are drawn."""
    return character in _INVISIBLE or unicodedata.category(character) in {"Cc", "Cf"}


def font_keys(text: str) -> list[str]:
    """The face of each character; marks and joiners stay in the face of their base."""
    keys: list[str] = []
    previous = "latin"
    for character in text:
        if is_invisible(character) or (
            unicodedata.combining(character) and font(previous).has(character)
        ):
            keys.append(previous)
            continue
        previous = _key_for(character) or "latin"
        keys.append(previous)
    return keys


def unsupported_characters(text: str) -> tuple[str, ...]:
    """The characters that would print as a box, each once, in the order they occur."""
    missing = (c for c in text if not is_invisible(c) and not c.isspace() and _key_for(c) is None)
    return tuple(dict.fromkeys(missing))


@lru_cache(maxsize=16384)
def shape(text: str, key: str, *, bold: bool = False, rtl: bool = False) -> Run:
    """Turn text of one face and direction into placed glyphs."""
    face = font(key, bold=bold)
    buffer = hb.Buffer()
    # Marks keep clusters of their own, so that they can be found in the PDF one by one.
    buffer.cluster_level = hb.BufferClusterLevel.MONOTONE_CHARACTERS
    buffer.flags = hb.BufferFlags.REMOVE_DEFAULT_IGNORABLES
    buffer.add_str(text)
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if rtl else "ltr"
    hb.shape(face.hb_font, buffer)
    clusters = _clusters(text, buffer)
    return Run(face, text, clusters, sum(cluster.advance for cluster in clusters))


def _clusters(text: str, buffer: hb.Buffer) -> tuple[Cluster, ...]:
    starts = sorted({info.cluster for info in buffer.glyph_infos})
    ends = dict(zip(starts, [*starts, len(text)][1:], strict=True))
    grouped: dict[int, list[Glyph]] = {}
    for info, place in zip(buffer.glyph_infos, buffer.glyph_positions or [], strict=True):
        glyph = Glyph(info.codepoint, place.x_advance, place.x_offset, place.y_offset)
        grouped.setdefault(info.cluster, []).append(glyph)
    return tuple(
        _cluster(_readable(text[start : ends[start]]), tuple(glyphs))
        for start, glyphs in grouped.items()
    )


@cache
def _cluster(text: str, glyphs: tuple[Glyph, ...]) -> Cluster:
    return Cluster(text, glyphs, sum(glyph.advance for glyph in glyphs))


def _readable(text: str) -> str:
    """What a reader of the PDF copies: no isolates or marks of direction."""
    return "".join(c for c in text if c not in _DIRECTION) or text
