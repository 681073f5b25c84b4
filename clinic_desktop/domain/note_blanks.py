"""Blanks of a note template, ``⟦how long⟧``, and the ``/`` words that a note understands."""

from __future__ import annotations

import re

_BLANK = re.compile("⟦([^⟦⟧]*)⟧")
_SHORTCUT = re.compile(r"[\w-]{1,20}")


def blanks(text: str) -> list[str]:
    """The prompts still to be filled in, in their order."""
    return _BLANK.findall(text)


def is_shortcut(text: str) -> bool:
    """Whether a text can be typed after the slash: letters, digits, ``-`` and ``_``."""
    return _SHORTCUT.fullmatch(text) is not None


def slash_parts(word: str) -> tuple[str, str]:
    """Name and argument of what stands behind a slash: ``fu 2w`` is ``("fu", "2w")``."""
    name, _, rest = word.strip().partition(" ")
    return name.casefold(), rest.strip()
