"""Paragraphs into lines: bidirectional order, breaks by measured width, shaped runs.

Lines are broken in reading order and only then put in visual order, so that a value such as
"500 mg" stays whole and stays beside its neighbours in every script.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from clinic_desktop.i18n import FSI, PDI
from clinic_desktop.printing import bidi
from clinic_desktop.printing.fonts import Run, font_keys, shape

LRI = "\u2066"
_DROPPED = re.compile("[\u202a-\u202e\ufeff]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_JOINERS = frozenset("\u00ad\u200c\u200d\u2060\ufe0e\ufe0f")
_OPENING = frozenset("\u2066\u2067\u2068")
_ISOLATES = re.compile("([\u2066-\u2069])")
_LETTER = (
    "A-Za-z0-9\u00aa\u00b2\u00b3\u00b5\u00b9\u00ba\u00bc-\u00be"
    "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0370-\u052f\u1e00-\u1fff\u2070-\u209c"
)
# A number with its unit, a phone, a date: letters and digits of left-to-right scripts in a row.
_VALUE = re.compile(
    rf"(?:(?<!\w)[+±≤≥<>−-])?[{_LETTER}]"
    rf"(?:[{_LETTER}.,:;/×*·'’^_+=<>≤≥≈±~%° \u00a0\u202f–−-]*[{_LETTER}%°])?"
)
_LISTED = re.compile(r"([+±≤≥<>−-]?\d[^,;]*(?:[,;](?! )[^,;]*)*)([,;] +)(.+)")
_COMPARING = frozenset("<>=≤≥≈±~×")
_NUMBER = re.compile(r"[\d.,:/×+–−-]*\d[\d.,:/×+–−-]*%?")

WORDS, INSIDE, GLUED = range(3)
"""Ranks of places to break a line, best first: between words, between words of one isolated
value, between a number and what it counts or is compared with. Inside a word only when there is
no such place."""


@dataclass(frozen=True)
class Item:
    """Characters of one font and one direction between two places to break."""

    start: int
    end: int
    level: int
    key: str
    is_space: bool


@dataclass(frozen=True)
class Line:
    """One line in visual order; ``width`` and offsets in thousandths of the type size."""

    text: str
    runs: tuple[tuple[int, Run], ...]
    width: int


@dataclass(frozen=True)
class _Paragraph:
    text: str
    bold: bool
    base: int
    levels: tuple[int, ...]
    items: tuple[Item, ...]
    ranks: dict[int, int]


def clean(text: str) -> str:
    """The text without control characters; tabs become spaces, all line ends become one."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return _DROPPED.sub("", text.replace("\u2028", "\n").replace("\u2029", "\n"))


@lru_cache(maxsize=8192)
def protect(text: str, base: int) -> str:
    """Isolate numbers with their units where right-to-left text would tear them apart.

    Without it «أموكسيسيلين 500 mg» shows "mg 500": after an Arabic letter a number follows the
    Arabic order (UAX #9, W2).
    """
    if not bidi.has_rtl(text) and not base:
        return text
    return "".join(
        part if part in "\u2066\u2067\u2068\u2069" else _VALUE.sub(_isolated_value, part)
        for part in _ISOLATES.split(text)
        if part
    )


def _isolated_value(match: re.Match[str]) -> str:
    return _isolated(match[0], match.string[match.end() :].lstrip())


def _isolated(value: str, following: str) -> str:
    listed = _LISTED.fullmatch(value)
    if listed:  # "500 mg, 250 mg مساءً": each quantity stands beside the word it belongs to
        return _isolate_if_mixed(listed[1]) + listed[2] + _isolated(listed[3], following)
    head, space, last = value.rpartition(" ")
    apart = space and (head[-1].isalpha() or ":" in last) and _NUMBER.fullmatch(last)
    if apart and following and bidi.is_rtl_character(following[0]):
        # "500 mg 3 مرات", "2026 10:41 ص": the last number belongs to the word after it.
        return f"{_isolate_if_mixed(head.rstrip())} {_isolate_if_mixed(last)}"
    return _isolate_if_mixed(value)


def _isolate_if_mixed(value: str) -> str:
    if not any(c.isdigit() for c in value) or value.isdigit():
        return value
    return f"{LRI}{value}{PDI}"


@lru_cache(maxsize=8192)
def _paragraph(text: str, *, bold: bool, rtl: bool) -> _Paragraph:
    base = int(rtl)
    text = protect(text, base)
    plain = not (base or bidi.has_rtl(text) or _ISOLATES.search(text))
    levels = [0] * len(text) if plain else bidi.levels(text, base)
    ranks = _break_ranks(text)
    return _Paragraph(
        text, bold, base, tuple(levels), tuple(_items(text, levels, set(ranks))), ranks
    )


def _items(text: str, levels: list[int], breaks: set[int]) -> list[Item]:
    keys = font_keys(text)
    items: list[Item] = []
    group = 0
    marks = []
    for index, character in enumerate(text):
        group += index in breaks
        marks.append((group, levels[index], keys[index], character == " "))
    start = 0
    for (_, level, key, is_space), members in groupby(marks):
        end = start + len(list(members))
        items.append(Item(start, end, level, key, is_space))
        start = end
    return items


def _break_ranks(text: str) -> dict[int, int]:
    """Where a line may end (before which index), and how good a place it is."""
    ranks: dict[int, int] = {}
    depth = 0
    for index, character in enumerate(text):
        if character == PDI:
            depth = max(depth - 1, 0)
        elif character in _OPENING:
            depth += 1
        following = text[index + 1 : index + 2]
        if not following or following == " ":
            continue
        if character == " ":
            before = text[:index].rstrip(f"{PDI} ")[-1:]
            if before.isdigit() or before in _COMPARING:
                ranks[index + 1] = GLUED
            else:
                ranks[index + 1] = INSIDE if depth else WORDS
        elif (
            character in "-/–—"
            and text[index - 1 : index].isalnum()  # a minus stays with its number
            and following not in f"{PDI}-/–—"
        ):
            ranks[index + 1] = GLUED
    return ranks


def _shaped(paragraph: _Paragraph, item: Item, start: int, end: int) -> Run:
    piece = paragraph.text[max(item.start, start) : min(item.end, end)]
    return shape(piece, item.key, bold=paragraph.bold, rtl=bool(item.level % 2))


def _width(paragraph: _Paragraph, start: int, end: int) -> int:
    return sum(
        _shaped(paragraph, item, start, end).advance
        for item in paragraph.items
        if item.end > start and item.start < end
    )


def _line_end(paragraph: _Paragraph, first: int, start: int, limit: float) -> int:
    """Where the line that starts at ``start`` ends; item ``first`` holds that place."""
    best: dict[int, int] = {}
    total = spaces = 0
    for item in paragraph.items[first:]:
        advance = _shaped(paragraph, item, start, len(paragraph.text)).advance
        total += advance
        spaces = spaces + advance if item.is_space else 0
        if total - spaces > limit:
            break
        if item.end in paragraph.ranks:
            best[paragraph.ranks[item.end]] = item.end
    else:
        return len(paragraph.text)
    return min(best.items())[1] if best else _forced_end(paragraph, start, limit)


def _forced_end(paragraph: _Paragraph, start: int, limit: float) -> int:
    """The last whole character that fits; at least one, however narrow the column."""
    text = paragraph.text
    ends = [i for i in range(start + 1, len(text)) if _may_split(text, i)] + [len(text)]
    low, high = 0, len(ends) - 1
    while low < high:
        middle = (low + high + 1) // 2
        if _width(paragraph, start, ends[middle]) <= limit:
            low = middle
        else:
            high = middle - 1
    return ends[low]


def _may_split(text: str, index: int) -> bool:
    before, after = text[index - 1], text[index]
    if before in _JOINERS or after in _JOINERS or before in _OPENING or after == PDI:
        return False
    # Marks stay with their letter; a Devanagari virama binds the next consonant.
    return not unicodedata.category(after).startswith("M") and unicodedata.combining(before) != 9


@lru_cache(maxsize=8192)
def lines(text: str, *, width: float, bold: bool = False, rtl: bool = False) -> tuple[Line, ...]:
    """Break text into lines no wider than ``width`` thousandths of the type size."""
    result: list[Line] = []
    for piece in clean(text).split("\n"):
        paragraph = _paragraph(piece, bold=bold, rtl=rtl)
        start = first = 0
        while True:
            end = _line_end(paragraph, first, start, width)
            result.append(_line(paragraph, start, end))
            if end >= len(paragraph.text):
                break
            while paragraph.items[first].end <= end:
                first += 1
            start = end
    return tuple(result)


def one_line(text: str, *, bold: bool = False, rtl: bool = False) -> Line:
    """The text on a single line, however long."""
    return lines(text.replace("\n", " "), width=float("inf"), bold=bold, rtl=rtl)[0]


def _line(paragraph: _Paragraph, start: int, end: int) -> Line:
    while end > start and paragraph.text[end - 1] == " ":
        end -= 1
    items = [i for i in paragraph.items if i.end > start and i.start < end]
    runs: list[tuple[int, Run]] = []
    x = 0
    for index in bidi.visual_order([item.level for item in items]):
        run = _shaped(paragraph, items[index], start, end)
        runs.append((x, run))
        x += run.advance
    return Line(paragraph.text[start:end], tuple(runs), x)


def value(text: str) -> str:
    """A value typed by a person, kept in its own direction inside any sentence or column."""
    return "\n".join(f"{FSI}{line}{PDI}" if line else "" for line in clean(text).split("\n"))
