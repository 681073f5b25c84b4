"""Blanks of a note template, ``⟦how long⟧``, and the ``/`` words that a note understands."""

from __future__ import annotations

import re
from dataclasses import dataclass

OPEN, CLOSE = "⟦", "⟧"
_BLANK = re.compile(f"{OPEN}[^{OPEN}{CLOSE}]*{CLOSE}")
_SLASH = re.compile(r"(?:^|(?<=\s))/(\w*)(?:[ \t]+([^\n/]*))?$")
_SHORTCUT = re.compile(r"[\w-]{1,20}")


def next_blank(text: str, position: int = 0) -> tuple[int, int] | None:
    """Where the first blank at or after a position begins and ends; the search goes round."""
    found = _BLANK.search(text, position) or _BLANK.search(text)
    return None if found is None else found.span()


def previous_blank(text: str, position: int) -> tuple[int, int] | None:
    """Where the last blank before a position begins and ends; the search goes round."""
    spans = [found.span() for found in _BLANK.finditer(text)]
    before = [span for span in spans if span[1] <= position]
    return before[-1] if before else spans[-1] if spans else None


def blanks(text: str) -> list[str]:
    """The prompts still to be filled in, in their order."""
    return [found.group()[1:-1] for found in _BLANK.finditer(text)]


@dataclass(frozen=True)
class SlashWord:
    """A ``/`` word being typed: ``/fu 2w`` has the name ``fu`` and the rest ``2w``."""

    start: int
    name: str
    rest: str


def slash_word(text_before_cursor: str) -> SlashWord | None:
    """The ``/`` word that ends at the cursor; a slash inside a word or a date is none."""
    line_start = text_before_cursor.rfind("\n") + 1
    found = _SLASH.search(text_before_cursor[line_start:])
    if found is None:
        return None
    rest = (found.group(2) or "").strip()
    return SlashWord(line_start + found.start(), found.group(1).casefold(), rest)


def is_shortcut(text: str) -> bool:
    """Whether a text can be typed after the slash: letters, digits, ``-`` and ``_``."""
    return _SHORTCUT.fullmatch(text) is not None
