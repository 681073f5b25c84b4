"""What a PDF of ours draws, read from its bytes: every line with its characters from left to right.

A PDF viewer's own text is of no use for this: it puts mixed lines into an order that it guesses.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

_OBJECT = re.compile(rb"(\d+) 0 obj\s(.*?)endobj", re.DOTALL)
_SHOWN = re.compile(rb"BT /(\w+) ([\d.]+) Tf ([-\d.]+) ([-\d.]+) Td <([0-9a-f]+)> Tj ET")
_TOUCHING = 0.02
"""Points; places are written with two decimals."""


@dataclass(frozen=True)
class DrawnLine:
    """Characters that were drawn side by side, from left to right."""

    page: int
    left: float
    right: float
    baseline: float
    clusters: tuple[str, ...]
    """What is drawn as one piece: a character, or a ligature in reading order."""


@dataclass(frozen=True)
class _Font:
    texts: dict[int, str]
    widths: list[int]


def drawn_lines(pdf: bytes) -> list[DrawnLine]:
    """Every line of every page in the order it was drawn."""
    objects = {int(found[1]): found[2] for found in _OBJECT.finditer(pdf)}
    pages = next(body for body in objects.values() if b"/Type /Pages" in body)
    kids = re.search(rb"/Kids \[(.*?)\]", pages, re.DOTALL)
    assert kids
    lines: list[DrawnLine] = []
    for page, number in enumerate(re.findall(rb"(\d+) 0 R", kids[1])):
        fonts = {}
        body = objects[int(number)]
        for name, font in re.findall(rb"/(CF\d+) (\d+) 0 R", objects[_reference(body, b"Font")]):
            fonts[name] = _font(objects, int(font))
        content = _content(objects[_reference(body, b"Contents")])
        lines += _joined(_pieces(content, page, fonts))
    return lines


def _reference(body: bytes, key: bytes) -> int:
    found = re.search(rb"/%s \[? ?(\d+) 0 R" % key, body)
    assert found, key
    return int(found[1])


def _content(body: bytes) -> bytes:
    stream = re.search(rb"stream\r?\n(.*)endstream", body, re.DOTALL)
    assert stream
    return zlib.decompressobj().decompress(stream[1])  # a line end follows the data


def _font(objects: dict[int, bytes], number: int) -> _Font:
    texts = {
        int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be")
        for code, text in re.findall(
            rb"<([0-9a-f]{4})> <([0-9a-f]+)>",
            _content(objects[_reference(objects[number], b"ToUnicode")]),
        )
    }
    below = objects[_reference(objects[number], b"DescendantFonts")]
    widths = re.search(rb"/W \[1 \[([-\d\s]*)\]\]", below)
    assert widths
    return _Font(texts, [0, *map(int, widths[1].split())])


def _pieces(content: bytes, page: int, fonts: dict[bytes, _Font]) -> Iterator[DrawnLine]:
    for name, size, x, y, codes in _SHOWN.findall(content):
        font = fonts[name]
        shown = [int(codes[i : i + 4], 16) for i in range(0, len(codes), 4)]
        width = sum(font.widths[code] for code in shown) * float(size) / 1000
        clusters = tuple(font.texts[code] for code in shown)
        yield DrawnLine(page, float(x), float(x) + width, float(y), clusters)


def _joined(pieces: Iterator[DrawnLine]) -> list[DrawnLine]:
    """Pieces of several fonts that touch on one baseline are one line."""
    lines: list[DrawnLine] = []
    for piece in pieces:
        before = lines[-1] if lines else None
        if (
            before
            and before.baseline == piece.baseline
            and abs(before.right - piece.left) < _TOUCHING
        ):
            clusters = before.clusters + piece.clusters
            lines[-1] = DrawnLine(piece.page, before.left, piece.right, piece.baseline, clusters)
        else:
            lines.append(piece)
    return lines
