"""What differs between two texts, word by word."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

_WORDS = re.compile(r"\s+|[\w’'-]+|[^\w\s]")
MOST_WORDS = 6000
"""Longer texts are not compared: it would take as long as the square of it."""


@dataclass(frozen=True)
class Piece:
    """A run of words."""

    text: str
    is_different: bool


def pieces(text: str, other: str) -> tuple[Piece, ...]:
    """A text in runs of words that stand in the other too, and of words that do not."""
    ours, theirs = _WORDS.findall(text), _WORDS.findall(other)
    if len(ours) > MOST_WORDS or len(theirs) > MOST_WORDS:
        return (Piece(text, text != other),)
    match = difflib.SequenceMatcher(None, ours, theirs, autojunk=False)
    found = [
        Piece("".join(ours[start:end]), tag != "equal")
        for tag, start, end, _from, _to in match.get_opcodes()
        if end > start
    ]
    return tuple(found)
