"""ICD-10 codes as people type them, and the order in which found diagnoses are offered.

One form serves ICD-10 (WHO), ICD-10-CM and МКБ-10: a letter, two characters, and after a dot up to
four more (ICD-10-CM Official Guidelines, section I.A; WHO ICD-10 volume 2, 2.4).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from clinic_desktop.domain.folding import fold, sound_key, words_of
from clinic_desktop.domain.refusals import RefusedError


class IcdError(RefusedError):
    """A text that is no ICD-10 code."""


_CODE = re.compile(r"[A-Z]\d[0-9AB](?:\.[0-9A-Z]{1,4})?")

# Cyrillic letters that look like Latin ones, and those on the same key as a Latin one of a code.
_LOOK_ALIKES = str.maketrans("АВЕКМНОРСТУХІЅЈ", "ABEKMHOPCTYXISJ")
_SAME_KEY = str.maketrans("ФИСВУАПРШОЛДЬТЩЗЙКЫЕГМЦЧНЯ", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")


def parse_icd(text: str) -> str:
    """The code in its usual form: ``e119``, ``E11,9``, ``Е11.9`` (Cyrillic) are ``E11.9``.

    The dagger and asterisk of WHO's dual coding are left out. Raises ``IcdError``.
    """
    typed = re.sub(r"[\s†*+]", "", text).upper().replace(",", ".")
    for candidate in (typed, typed.translate(_LOOK_ALIKES)):
        code = _dotted(candidate)
        if _CODE.fullmatch(code):
            return code
    raise IcdError("not-an-icd-code")


def _dotted(typed: str) -> str:
    plain = typed[:3] + typed[4:] if typed[3:4] == "." and len(typed) > 4 else typed
    return f"{plain[:3]}.{plain[3:]}" if len(plain) > 3 else plain


def code_starts(text: str) -> list[str]:
    """What a search could mean as the beginning of a code: ``e11``, ``Е11``, ``у11`` → ``E11``.

    The last is E typed in the Russian layout; both readings are given where a letter is both.
    Empty if the text does not look like a code.
    """
    typed = re.sub(r"\s", "", text).upper().replace(",", ".")
    candidates = (typed, typed.translate(_LOOK_ALIKES), typed.translate(_SAME_KEY))
    found = [
        candidate if candidate.endswith(".") else _dotted(candidate)
        for candidate in candidates
        if re.fullmatch(r"[A-Z]\d(?:[0-9AB]\.?[0-9A-Z]{0,4})?", candidate)
    ]
    return list(dict.fromkeys(found))


def category(code: str) -> str:
    """The three characters before the dot."""
    return code[:3]


def is_leaf_like(code: str) -> bool:
    """Whether a code has a fourth character; categories alone are rarely enough to bill."""
    return len(code) > 3


# ---------------------------------------------------------------- the order of what was found


def rank(query: str, code: str, title: str, *, favourite: bool = False, used: int = 0) -> tuple[
    int, int, int, int, str
]:  # fmt: skip
    """A sort key for a found diagnosis, smaller is better.

    The exact code, favourites, what this doctor uses, how well the title fits (all words at the
    beginning, then at word beginnings), the shorter title, the code.
    """
    starts = code_starts(query)
    exact = 0 if code in starts else 1
    return exact, 0 if favourite else 1, -used, _title_rank(query, code, title, starts), code


def _title_rank(query: str, code: str, title: str, starts: Sequence[str]) -> int:
    if any(code.startswith(start) for start in starts):
        return len(code)
    asked, words = words_of(query), words_of(title)
    places = [_place(word, words) for word in asked]
    missing = sum(place is None for place in places)
    first = min((place for place in places if place is not None), default=len(words))
    return 10 + missing * 1000 + first * 20 + len(words)


def _place(word: str, words: Sequence[str]) -> int | None:
    """Where in a title a word begins another, by spelling or by sound."""
    sound = sound_key(word)
    for place, other in enumerate(words):
        if other.startswith(word) or sound_key(other).startswith(sound):
            return place
    return None


def title_tokens(title: str) -> str:
    """A title as an index of diagnoses should hold it: folded words, with their Latin sound."""
    folded = words_of(fold(title))
    tokens = [*folded, *(sound_key(word) for word in folded)]
    return " ".join(dict.fromkeys(token for token in tokens if token))
