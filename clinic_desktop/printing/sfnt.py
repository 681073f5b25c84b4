"""A cut-down TrueType file, with one added glyph for each group of glyphs drawn together.

Arabic letters come from the shaper as body and dots, Devanagari syllables as several signs. In a
PDF each drawn code stands for one piece of text, so such groups become composite glyphs
(OpenType 1.9, ``glyf``), and searching and copying find letters, not dots.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise

import uharfbuzz as hb

_HINTING = frozenset({"gasp", "cvt ", "fpgm", "prep"})
_WORDS_XY = 0x0001 | 0x0002  # ARG_1_AND_2_ARE_WORDS, ARGS_ARE_XY_VALUES
_MORE = 0x0020


@dataclass(frozen=True)
class Part:
    """A glyph of the file and where it stands, in font units."""

    glyph: int
    x: int
    y: int


def with_groups(face: hb.Face, groups: list[tuple[Part, ...]]) -> tuple[bytes, int]:
    """The face as a TrueType file with the groups appended; the number of the first group."""
    tables = {tag: bytes(face.reference_table(tag).data) for tag in face.table_tags}
    tables = {tag: data for tag, data in tables.items() if tag not in _HINTING}
    count = face.glyph_count
    if groups:
        _append(tables, count, groups)
    return _file(tables), count


def _append(tables: dict[str, bytes], count: int, groups: list[tuple[Part, ...]]) -> None:
    glyphs = _glyphs(tables, count)
    metrics = _metrics(tables, count)
    for group in groups:
        data, x_min = _composite(glyphs, group)
        glyphs.append(data)
        metrics.append((0, x_min))  # the width a PDF viewer uses stands in the PDF
    total = len(glyphs)
    offsets = [0]
    for data in glyphs:
        offsets.append(offsets[-1] + len(data))
    tables["glyf"] = b"".join(glyphs)
    tables["loca"] = struct.pack(f">{total + 1}I", *offsets)
    tables["hmtx"] = b"".join(struct.pack(">Hh", *metric) for metric in metrics)
    tables["head"] = tables["head"][:50] + struct.pack(">h", 1) + tables["head"][52:]
    tables["hhea"] = tables["hhea"][:34] + struct.pack(">H", total)
    tables["maxp"] = _larger_maxp(tables["maxp"], total, max(len(group) for group in groups))


def _glyphs(tables: dict[str, bytes], count: int) -> list[bytes]:
    is_long = struct.unpack_from(">h", tables["head"], 50)[0]
    form, step = ("I", 1) if is_long else ("H", 2)
    offsets = [at * step for at in struct.unpack_from(f">{count + 1}{form}", tables["loca"])]
    glyf = tables["glyf"]
    return [_even(glyf[a:b]) for a, b in pairwise(offsets)]


def _even(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


def _metrics(tables: dict[str, bytes], count: int) -> list[tuple[int, int]]:
    # After the counted metrics the last width repeats and only bearings follow.
    counted = struct.unpack_from(">H", tables["hhea"], 34)[0]
    hmtx = tables["hmtx"]
    metrics = [struct.unpack_from(">Hh", hmtx, 4 * index) for index in range(counted)]
    width = metrics[-1][0]
    bearings = struct.unpack_from(f">{count - counted}h", hmtx, 4 * counted)
    return metrics + [(width, bearing) for bearing in bearings]


def _composite(glyphs: list[bytes], group: tuple[Part, ...]) -> tuple[bytes, int]:
    parts = [part for part in group if glyphs[part.glyph]]
    if not parts:
        return b"", 0
    boxes = []
    for part in parts:
        left, low, right, high = struct.unpack_from(">4h", glyphs[part.glyph], 2)
        boxes.append((left + part.x, low + part.y, right + part.x, high + part.y))
    lefts, lows, rights, highs = zip(*boxes, strict=True)
    out = [struct.pack(">5h", -1, min(lefts), min(lows), max(rights), max(highs))]
    for index, part in enumerate(parts):
        flags = _WORDS_XY | (_MORE if index < len(parts) - 1 else 0)
        out.append(struct.pack(">HHhh", flags, part.glyph, part.x, part.y))
    return _even(b"".join(out)), min(lefts)


def _larger_maxp(maxp: bytes, total: int, components: int) -> bytes:
    # numGlyphs; maxCompositePoints/Contours are upper bounds; maxComponentElements and -Depth.
    elements, depth = struct.unpack_from(">2H", maxp, 28)
    tail = struct.pack(">2H", max(elements, components), depth + 1)
    return maxp[:4] + struct.pack(">H", total) + maxp[6:10] + b"\x10\0\x02\0" + maxp[14:28] + tail


def _file(tables: dict[str, bytes]) -> bytes:
    power = len(tables).bit_length() - 1
    search = 16 << power
    header = struct.pack(">I4H", 0x10000, len(tables), search, power, 16 * len(tables) - search)
    entries, bodies = [], []
    at = len(header) + 16 * len(tables)
    for tag in sorted(tables):
        data = tables[tag]
        padded = _even(data)
        checksum = sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF
        entries.append(struct.pack(">4s3I", tag.encode("ascii"), checksum, at, len(data)))
        bodies.append(padded)
        at += len(padded)
    return b"".join([header, *entries, *bodies])
