"""How easily a password is guessed: a rough and honest judgement, for a sentence beside the field.

The rules follow NIST SP 800-63B (2017), 5.1.1.2 and appendix A: length counts, classes of
characters do not, and passwords made of the person's own words or of runs are weak.
"""

from __future__ import annotations

import re
from enum import StrEnum

LEAST, GOOD_LENGTH, STRONG_LENGTH = 8, 12, 16
_KNOWN = (
    "password", "passwort", "qwerty", "qwertz", "azerty", "letmein", "welcome", "iloveyou",
    "admin", "clinic", "doctor", "пароль", "йцукен", "клиника", "доктор",
)  # fmt: skip
_AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_RUNS = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "йцукенгшщз")


class Strength(StrEnum):
    """What can be said of a password."""

    TOO_SHORT = "too-short"
    WEAK = "weak"
    FAIR = "fair"
    GOOD = "good"


def strength(password: str, own_words: tuple[str, ...] = ()) -> Strength:
    """Judge a password; ``own_words`` are names that others know: login, person, practice."""
    if len(password) < LEAST:
        return Strength.TOO_SHORT
    left = _without(password.casefold(), own_words)
    if len(left) < LEAST or len(set(left)) < 5:
        return Strength.WEAK
    if len(left) >= STRONG_LENGTH or (len(left) >= GOOD_LENGTH and len(set(left)) >= 8):
        return Strength.GOOD
    return Strength.FAIR


def core(text: str) -> str:
    """What is left of a password without digits and signs around it."""
    return _AROUND.sub("", text)


def _without(text: str, own_words: tuple[str, ...]) -> str:
    """What is left when everything that a guesser tries first is taken out."""
    words = {part for word in own_words for part in word.casefold().split() if len(part) > 2}
    for known in sorted({*words, *_KNOWN}, key=len, reverse=True):
        text = text.replace(known, "")
    return _without_runs(text)


def _without_runs(text: str) -> str:
    kept: list[str] = []
    for char in text:
        pair = (kept[-1] if kept else "") + char
        backwards = pair[::-1]
        if len(pair) == 2 and any(pair in run or backwards in run for run in _RUNS):
            kept[-1] = char  # a run counts as its last letter
        else:
            kept.append(char)
    return "".join(kept)
