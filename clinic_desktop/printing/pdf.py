"""Glyph runs into a PDF: one reportlab canvas, composite fonts cut down to what was drawn.

reportlab places characters, not shaped glyphs. Here each cluster (some characters, their glyphs,
its width) gets a code of its own in a CIDFontType2 font (ISO 32000-1, 9.7), so that letters join
as HarfBuzz joined them and the text can still be searched and copied.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from io import BytesIO
from itertools import groupby
from typing import Any

from PIL import Image
from reportlab import rl_config
from reportlab.pdfbase import pdfdoc
from reportlab.pdfgen.canvas import Canvas

from clinic_desktop.printing.fonts import ASCENT, DESCENT, EM, Cluster, Font, Run
from clinic_desktop.printing.sfnt import Part, with_groups
from clinic_desktop.printing.text import Line

rl_config.useA85 = 0  # binary streams: a quarter smaller, and no time spent on encoding

Colour = tuple[float, float, float]
BLACK: Colour = (0.0, 0.0, 0.0)


@dataclass(frozen=True, eq=False)
class Artwork:
    """A picture as it stands in the file: compressed once, drawn in many documents."""

    width: int
    height: int
    colours: bytes
    """Red, green and blue of each dot, deflated."""
    opacity: bytes | None
    """One byte for each dot, deflated."""

    @classmethod
    def of(cls, picture: Image.Image) -> Artwork:
        """Made from an RGB or RGBA picture."""
        colours = zlib.compress(picture.convert("RGB").tobytes())
        has_opacity = "A" in picture.getbands()
        opacity = zlib.compress(picture.getchannel("A").tobytes()) if has_opacity else None
        return cls(picture.width, picture.height, colours, opacity)

    def stream(self, content: bytes, space: str) -> pdfdoc.PDFStream:
        """An image object of this size."""
        entries = {
            "Type": pdfdoc.PDFName("XObject"), "Subtype": pdfdoc.PDFName("Image"),
            "Width": self.width, "Height": self.height, "BitsPerComponent": 8,
            "ColorSpace": pdfdoc.PDFName(space), "Filter": pdfdoc.PDFName("FlateDecode"),
        }  # fmt: skip
        return pdfdoc.PDFStream(pdfdoc.PDFDictionary(entries), content)


class EmbeddedFont:
    """The glyphs of one face that one document uses; becomes PDF objects when it is saved."""

    def __init__(self, font: Font, tag: str) -> None:
        self.font = font
        self.tag = tag
        self._codes: dict[Cluster, int] = {}

    def codes(self, run: Run) -> str:
        """The run as hexadecimal character codes, from left to right."""
        known = self._codes
        return "".join(f"{known.setdefault(c, len(known) + 1):04x}" for c in run.clusters)

    def addObjects(self, doc: Any) -> None:  # noqa: N802 - reportlab calls it; its stubs are thin
        """Write the font into the document, when reportlab saves it."""
        data, glyph_numbers = self._file()
        name = pdfdoc.PDFName(f"{_subset_tag(self.tag)}+{self.font.name}")
        file_ = _stream(data)
        file_.dictionary["Length1"] = len(data)
        descriptor = pdfdoc.PDFDictionary({
            "Type": pdfdoc.PDFName("FontDescriptor"), "FontName": name, "Flags": 4,
            "FontBBox": pdfdoc.PDFArray([-EM, -DESCENT * 2, 2 * EM, ASCENT * 2]),
            "ItalicAngle": 0, "Ascent": ASCENT, "Descent": -DESCENT, "CapHeight": 714,
            "StemV": 140 if self.font.bold else 80,
            "FontFile2": doc.Reference(file_, f"{self.tag}File"),
        })  # fmt: skip
        mapping = b"".join(number.to_bytes(2, "big") for number in [0, *glyph_numbers])
        widths = " ".join(str(cluster.advance) for cluster in self._codes)
        descendant = pdfdoc.PDFDictionary({
            "Type": pdfdoc.PDFName("Font"), "Subtype": pdfdoc.PDFName("CIDFontType2"),
            "BaseFont": name, "DW": 0, "W": f"[1 [{widths}]]",
            "CIDSystemInfo": pdfdoc.PDFDictionary({
                "Registry": pdfdoc.PDFString("Adobe"), "Ordering": pdfdoc.PDFString("Identity"),
                "Supplement": 0,
            }),
            "FontDescriptor": doc.Reference(descriptor, f"{self.tag}Descriptor"),
            "CIDToGIDMap": doc.Reference(_stream(mapping), f"{self.tag}Glyphs"),
        })  # fmt: skip
        font = pdfdoc.PDFDictionary({
            "Type": pdfdoc.PDFName("Font"), "Subtype": pdfdoc.PDFName("Type0"), "BaseFont": name,
            "Encoding": pdfdoc.PDFName("Identity-H"),
            "DescendantFonts": pdfdoc.PDFArray([doc.Reference(descendant, f"{self.tag}Cid")]),
            "ToUnicode": doc.Reference(_stream(self._to_unicode()), f"{self.tag}Text"),
        })  # fmt: skip
        doc.idToObject[pdfdoc.BasicFonts].dict[self.tag] = doc.Reference(font, self.tag)

    def _file(self) -> tuple[bytes, list[int]]:
        """The TrueType file, and the number of the glyph in it for each code."""
        gids = tuple(sorted({glyph.gid for cluster in self._codes for glyph in cluster.glyphs}))
        face, numbers = self.font.subset(gids)
        groups = [c for c in self._codes if len(c.glyphs) > 1 or c.glyphs[0].is_moved]
        data, first = with_groups(face, [self._parts(c, numbers) for c in groups])
        added = {cluster: first + index for index, cluster in enumerate(groups)}
        return data, [added.get(c) or numbers[c.glyphs[0].gid] for c in self._codes]

    def _parts(self, cluster: Cluster, numbers: dict[int, int]) -> tuple[Part, ...]:
        scale = self.font.units / EM
        parts, pen = [], 0
        for glyph in cluster.glyphs:
            x, y = round((pen + glyph.dx) * scale), round(glyph.dy * scale)
            parts.append(Part(numbers[glyph.gid], x, y))
            pen += glyph.advance
        return tuple(parts)

    def _to_unicode(self) -> bytes:
        pairs = [
            f"<{code:04x}> <{cluster.text.encode('utf-16-be').hex()}>"
            for cluster, code in self._codes.items()
        ]
        parts = [_CMAP_HEAD]
        for start in range(0, len(pairs), 100):  # a section holds at most 100 (ISO 32000-1, 9.10.3)
            chunk = pairs[start : start + 100]
            parts += [f"{len(chunk)} beginbfchar", *chunk, "endbfchar"]
        return "\n".join([*parts, _CMAP_TAIL]).encode("ascii")


_CMAP_HEAD = """/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <ffff>
endcodespacerange"""
_CMAP_TAIL = """endcmap
CMapName currentdict /CMap defineresource pop
end
end"""


def _stream(content: bytes) -> pdfdoc.PDFStream:
    return pdfdoc.PDFStream(content=content, filters=[pdfdoc.PDFZCompress])


def _subset_tag(tag: str) -> str:
    number = int(tag[2:])
    return "".join(chr(ord("A") + number // 26**place % 26) for place in range(6))


class _Canvas(Canvas):
    """A canvas without reportlab's own start font, which would not be embedded."""

    _doc: Any
    _formsinuse: list[str]

    def _make_preamble(self) -> None:
        self._preamble = ""

    def add_font(self, font: EmbeddedFont) -> None:
        """Have the font written when the file is saved."""
        self._doc.delayedFonts.append(font)

    def add_artwork(self, name: str, artwork: Artwork) -> None:
        """Put a picture into the file."""
        stream = artwork.stream(artwork.colours, "DeviceRGB")
        if artwork.opacity is not None:
            mask = artwork.stream(artwork.opacity, "DeviceGray")
            stream.dictionary["SMask"] = self._doc.Reference(mask, f"{name}Mask")
        self._doc.addForm(name, stream)

    def draw_artwork(self, name: str, matrix: str) -> None:
        """Draw a picture of the file on this page."""
        if name not in self._formsinuse:
            self._formsinuse.append(name)
        self.addLiteral(f"q {matrix} cm /{self._doc.getXObjectName(name)} Do Q")


class PdfWriter:
    """Pages of text, lines, boxes and pictures; x from the left, y from the bottom, in points."""

    def __init__(self, *, title: str, author: str, language: str) -> None:
        self._file = BytesIO()
        self._canvas = _Canvas(self._file, invariant=1, pageCompression=1, lang=language)
        self._canvas.setTitle(title)
        self._canvas.setAuthor(author)
        self._canvas.setCreator("Clinic Desktop")
        self._canvas.setSubject("")
        self._fonts: dict[Font, EmbeddedFont] = {}
        self._artworks: dict[Artwork, str] = {}
        self._colour: Colour | None = None
        self._open = False

    def start_page(self, width: float, height: float) -> None:
        """Begin a page of this size; ends the one before."""
        self._end_page()
        self._canvas.setPageSize((width, height))
        self._colour = None
        self._open = True

    def _end_page(self) -> None:
        if self._open:
            self._canvas.showPage()

    def finish(self) -> bytes:
        """Close the file. Equal drawing gives equal bytes."""
        self._end_page()
        self._canvas.save()
        return self._file.getvalue()

    def line(self, line: Line, x: float, y: float, size: float, colour: Colour = BLACK) -> None:
        """Draw a line of text with its left end at x and its baseline at y."""
        self._fill(colour)
        for font, members in groupby(line.runs, key=lambda placed: placed[1].font):
            placed = list(members)
            embedded = self._embedded(font)
            codes = "".join(embedded.codes(run) for _, run in placed)
            if codes:
                left = x + placed[0][0] * size / EM
                self._canvas.addLiteral(
                    f"BT /{embedded.tag} {size:g} Tf {left:.2f} {y:.2f} Td <{codes}> Tj ET"
                )

    def box(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """Fill a rectangle whose lower left corner is (x, y)."""
        self._fill(colour)
        self._canvas.addLiteral(f"{x:.2f} {y:.2f} {width:.2f} {height:.2f} re f")

    def boxes(self, rectangles: list[tuple[float, float, float, float]]) -> None:
        """Fill many black rectangles as one shape, so that no seams show between them."""
        self._fill(BLACK)
        path = " ".join(f"{x:.3f} {y:.3f} {w:.3f} {h:.3f} re" for x, y, w, h in rectangles)
        self._canvas.addLiteral(f"{path} f")

    def image(self, artwork: Artwork, x: float, y: float, width: float, height: float) -> None:
        """Draw a picture into a rectangle."""
        name = self._artworks.get(artwork)
        if name is None:
            name = self._artworks[artwork] = f"Art{len(self._artworks)}"
            self._canvas.add_artwork(name, artwork)
        self._canvas.draw_artwork(name, f"{width:.2f} 0 0 {height:.2f} {x:.2f} {y:.2f}")

    def _embedded(self, font: Font) -> EmbeddedFont:
        found = self._fonts.get(font)
        if found is None:
            found = self._fonts[font] = EmbeddedFont(font, f"CF{len(self._fonts)}")
            self._canvas.add_font(found)
        return found

    def _fill(self, colour: Colour) -> None:
        if colour != self._colour:
            self._canvas.addLiteral("{:.3g} {:.3g} {:.3g} rg".format(*colour))
            self._colour = colour
