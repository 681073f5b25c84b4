"""Names and words made comparable: without case, diacritics, script or keyboard layout.

The index (``patient_index_text``) and the query (``fts_query``) go through the same functions, so
that ``ivanova``, ``Ива́нова`` and ``bdfyjdf`` (the right keys in the wrong layout) find the same
person. The FTS5 table must be made with ``FTS_TOKENIZE``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from enum import IntEnum
from functools import lru_cache
from itertools import chain

from anyascii import anyascii

# Letters that Unicode does not decompose but people type without their stroke, dot or ligature;
# Arabic and Persian forms of one letter; Hebrew final letters.
_SAME = str.maketrans(
    {
        "ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d",
        "ё": "е", "ґ": "г",
        "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ٱ": "ا", "ء": None, "\u0640": None,
        "ך": "כ", "ם": "מ", "ן": "נ", "ף": "פ", "ץ": "צ",
        "'": None, "’": None, "ʼ": None, "ʻ": None, "`": None, "´": None, "׳": None, "״": None,
        "\u200c": None, "\u200d": None, "\u200e": None, "\u200f": None, "\u061c": None,
        "\u2066": None, "\u2067": None, "\u2068": None, "\u2069": None, "\u00ad": None,
    }
)  # fmt: skip


def fold(text: str) -> str:
    """Fold case, diacritics and letter variants; spacing and punctuation stay as they are.

    >>> fold("Ёлкина Müller الإمام")
    'елкина muller الامام'
    """
    composed = unicodedata.normalize("NFC", text.translate(_SAME)).casefold().translate(_SAME)
    return "".join(map(_fold_char, composed)).translate(_SAME)


def _fold_char(char: str) -> str:
    if char.isascii() or "\u0400" <= char <= "\u052f":  # й, ї and ў are letters, not accents
        return char
    decimal = unicodedata.decimal(char, None)
    if decimal is not None:
        return str(decimal)
    return "".join(c for c in unicodedata.normalize("NFKD", char).casefold() if not _is_mark(c))


def _is_mark(char: str) -> bool:
    # By canonical combining class (Unicode 3.11): nukta, Hebrew points, Arabic vowel signs, and
    # everything from 200 on. Indic vowel signs have class 0, Thai ones 103: those are letters.
    kind = unicodedata.combining(char)
    return kind == 7 or 10 <= kind <= 36 or kind >= 200


def latin(text: str) -> str:
    """The text in plain lower-case Latin letters, as a passport office would spell it.

    >>> latin("Хасанов Юсуп")
    'khasanov yusup'
    """
    return re.sub(r"['`\"]", "", anyascii(fold(text))).casefold()


# One spelling for the usual Latin spellings of the same sound (ICAO 9303, GOST R 7.0.34, BGN/PCGN
# and what people type), most specific first. Both sides are reduced, so the result is not a
# transliteration: it is a key.
_SPELLINGS = [
    (re.compile(pattern), plain)
    for pattern, plain in (
        (r"shch|sch|stch|šč", "sh"),
        (r"dzh|dj", "j"),
        (r"kh", "h"),
        (r"ph", "f"),
        (r"gh", "g"),
        (r"th", "t"),
        (r"tz|cz", "ts"),
        (r"ck|c(?!h)|q", "k"),
        (r"x", "ks"),
        (r"w", "v"),
        (r"oo|ou", "u"),
        (r"ee", "i"),
        (r"[yj]", "i"),
        (r"ie|io", "e"),
        (r"(.)\1+", r"\1"),
        (r"(?<=d)er$", "r"),  # Alexander, Александр
        (r"(?<=.)h$", ""),
    )
]


def sound_key(word: str) -> str:
    """A key that is equal for the usual Latin spellings of one name.

    >>> {sound_key(name) for name in ("Юсупов", "yusupov", "iusupov", "jusupow")}
    {'iusupov'}
    """
    key = latin(word)
    for pattern, plain in _SPELLINGS:
        key = pattern.sub(plain, key)
    return key


# Consonants only, because Arabic script leaves out what Latin spellings vary in most. Sounds that
# countries spell differently share a letter (Jamal, Gamal; Zainab; Tariq, Tarek).
_ARABIC_CONSONANTS = dict(zip("بتثجحخدذرزسشصضطظغفقكلمنه", "bttjhxdzrzscsdtzjfkklmnh", strict=True))
_LATIN_CONSONANTS = (
    ("sh", "c"), ("ch", "c"), ("kh", "x"), ("gh", "j"), ("dh", "z"), ("th", "t"), ("ph", "f"),
    ("g", "j"), ("q", "k"), ("ck", "k"), ("p", "b"), ("v", "f"),
)  # fmt: skip


def consonants(word: str) -> str:
    """The consonants of a name in Arabic or Latin script, one letter per sound.

    >>> consonants("محمد") == consonants("Mohammed") == consonants("Muhamad")
    True
    """
    word = fold(word)
    if re.search(r"[\u0620-\u064a]", word):
        bones = "".join(
            _ARABIC_CONSONANTS.get(char, "w" if char == "و" and not place else "")
            for place, char in enumerate(word)
        )
    else:
        bones = latin(word)
        first = "w" if bones.startswith("w") else ""
        # "c" is free as a letter of its own only after the digraphs are gone.
        bones = bones.replace("ck", "k")
        for spelling, sound in _LATIN_CONSONANTS:
            bones = bones.replace(spelling, sound)
        bones = first + re.sub(r"[^bcdfhjklmnrstxz]", "", bones)
    return re.sub(r"(?<=.)h$", "", re.sub(r"(.)\1+", r"\1", bones))


# The same physical keys, row by row, on the US, Russian (ЙЦУКЕН) and Arabic (101) layouts.
_US = "`qwertyuiop[]asdfghjkl;'zxcvbnm,./"
_RUSSIAN = "ёйцукенгшщзхъфывапролджэячсмитьбю."
_ARABIC = "ذضصثقفغعهخحجدشسيبلاتنمكطئءؤر\0ىةوزظ"
_US_SHIFT = '~QWERTYUIOP{}ASDFGHJKL:"ZXCVBNM<>?'
_TO_RUSSIAN = str.maketrans(_US + _US_SHIFT, _RUSSIAN + _RUSSIAN.upper())
_FROM_RUSSIAN = str.maketrans(_RUSSIAN[:-1] + _RUSSIAN[:-1].upper(), _US[:-1] + _US_SHIFT[:-1])
_TO_ARABIC = str.maketrans(dict(zip(_US, _ARABIC, strict=True)) | {"b": "لا"})
_FROM_ARABIC = str.maketrans({a: u for u, a in zip(_US, _ARABIC, strict=True) if a != "\0"})


def other_layout(text: str) -> list[str]:
    """What the same keys would have typed in the other layouts (English, Russian, Arabic).

    >>> other_layout("bdfyjdf")[0]
    'иванова'
    """
    if re.search(r"[А-яЁё]", text):
        return [text.translate(_FROM_RUSSIAN)]
    if re.search(r"[\u0620-\u064a]", text):
        return [text.replace("لا", "b").translate(_FROM_ARABIC)]
    if re.search(r"[A-Za-z]", text):
        return [text.translate(_TO_RUSSIAN), text.casefold().translate(_TO_ARABIC)]
    return []


# ---------------------------------------------------------------- what is indexed and asked

FTS_TOKENIZE = "unicode61 remove_diacritics 0 categories 'L* N* M* Co'"
"""The FTS5 tokenizer both sides count on: text comes folded, and Indic vowel signs are letters."""

_ASCII_WORD, _NO_DIGIT = re.compile("[a-z0-9]+"), re.compile(r"\D")
_SOUND, _BONES, _NUMBER_MARK = "\ue000", "\ue001", "\ue002"
"""Open a token of a sound key, of consonants, and of a number with letters in it.

Nobody types these, so nothing clashes: ``a`` does not find every chart of the PC ``A1``.
"""


class Reach(IntEnum):
    """How freely a typed text is taken; each finds whom those before it find, and more."""

    WHOLE = 0
    """Every word is a whole one, as it is written or in Latin letters."""
    BEGUN = 1
    """Every word begins one."""
    LAYOUT = 2
    """The same keys on another keyboard layout begin one."""
    SOUND = 3
    """Another usual spelling of the same sound begins one."""
    CONSONANTS = 4
    """The same consonants begin one."""


def words_of(text: str) -> list[str]:
    """Split at everything that is not a letter, digit or mark, then fold; empty words vanish."""
    if text.isascii():
        return _ASCII_WORD.findall(text.lower())
    kept = (c if unicodedata.category(c)[0] in "LNM" else " " for c in text)
    return [word for word in map(fold, "".join(kept).split()) if word]


@lru_cache(maxsize=20_000)  # names come again and again
def search_tokens(text: str) -> tuple[str, ...]:
    """The tokens under which a text is found: its words, their Latin spellings, their sound."""
    return tuple(dict.fromkeys(chain.from_iterable(map(_chunk_tokens, text.split()))))


@lru_cache(maxsize=20_000)  # names come again and again
def _chunk_tokens(chunk: str) -> tuple[str, ...]:
    parts = words_of(chunk)
    if len(parts) > 1:
        parts.append("".join(parts))
    if re.search("[äöüÄÖÜ]", chunk):  # Müller is also Mueller
        parts += words_of(re.sub("[äöüÄÖÜ]", lambda umlaut: fold(umlaut[0]) + "e", chunk))
    return tuple(dict.fromkeys(token for part in parts for token in _word_tokens(part)))


@lru_cache(maxsize=50_000)
def _word_tokens(word: str) -> tuple[str, ...]:
    spelled = latin(word)
    key = sound_key(word)
    tokens = [word]
    tokens += [spelled] if spelled.isalnum() else []
    tokens += [_SOUND + key] if key.isalpha() else []
    if _has_bones(word):
        stem = word.removeprefix("ال") if len(word) > 4 else word
        bones = filter(None, (consonants(word), consonants(stem)))
        tokens += [stem, *(_BONES + letters for letters in bones)]
    return tuple(tokens)


def _has_bones(word: str) -> bool:
    return bool(re.search(r"[a-z]{3}|[\u0620-\u064a]{2}", word))


def patient_index_text(
    names: Iterable[str], identifiers: Iterable[str], phones: Iterable[str], birth: str = ""
) -> str:
    """All tokens of a patient for the FTS5 table; ``birth`` is ISO ``YYYY[-MM[-DD]]``."""
    tokens: list[str] = []
    for name in filter(None, names):
        tokens += search_tokens(name)
    for identifier in identifiers:
        parts = words_of(identifier)
        tokens += map(_marked, [*parts, "".join(parts)])
        tokens += _tails(identifier)
    for phone in phones:
        tokens += _tails(phone)
    tokens += _birth_tokens(birth)
    return " ".join(filter(None, dict.fromkeys(tokens)))


def _marked(number: str) -> str:
    """A part of an identifier, marked where letters and digits meet in it."""
    return _NUMBER_MARK + number if _is_mixed(number) else number


def _is_mixed(word: str) -> bool:
    return not word.isalpha() and not word.isdecimal()


def _tails(number: str) -> list[str]:
    digits = _NO_DIGIT.sub("", number if number.isascii() else fold(number))
    # The last four digits are what people ask for.
    return [digits, *(digits[start:] for start in range(1, len(digits) - 3))]


@lru_cache(maxsize=40_000)  # as many days as people were born on
def _birth_tokens(birth: str) -> tuple[str, ...]:
    match birth.split("-"):
        case [year, month, day]:
            short = year[-2:]
            full = (year + month + day, day + month + year, month + day + year)
            return (year, month + year, *full, day + month + short, month + day + short)
        case [year, month]:
            return (year, month + year, year + month)
    return (birth,)


# A number as people type it: digits with spaces, brackets, dots and dashes.
_NUMBER = re.compile(r"(?<!\S)\+?[(\d][\d ()./-]*\d(?!\S)")
_DATE = re.compile(
    r"(\d{1,2})[./-](?:(\d{1,2})[./-])?(\d{4}|\d{2})|(\d{4})-(\d{1,2})(?:-(\d{1,2}))?"
)


def fts_query(text: str, *, today: date | None = None, reach: Reach = Reach.CONSONANTS) -> str:
    """An FTS5 MATCH expression for what a person typed; empty if there is nothing to look for.

    Words stand in any order, each is a prefix unless only whole ones are wanted, all must be
    found. A one- or two-digit number is also an age when ``today`` is given (``iva 71``).
    """
    normal = "".join(fold(c) if c.isdecimal() else c for c in text)
    asked = _Asked(today, reach)
    numbers = [asked.number(found[0]) for found in _NUMBER.finditer(normal)]
    words = [asked.word(chunk) for chunk in _NUMBER.sub(" ", normal).split()]
    return " AND ".join(part for part in (*words, *numbers) if part)


def any_number_query(identifiers: Iterable[str]) -> str:
    """An FTS5 MATCH expression for whoever has one of these identifiers; empty without any."""
    joined = ("".join(words_of(identifier)) for identifier in identifiers)
    return _any(*(_exact(_marked(number)) for number in joined if number))


class _Asked:
    """Makes the terms of one query."""

    def __init__(self, today: date | None, reach: Reach) -> None:
        self._today, self._reach = today, reach
        self._term = _exact if reach is Reach.WHOLE else _prefix

    def number(self, typed: str) -> str:
        if dated := _DATE.fullmatch(typed):
            return self._term("".join(part.zfill(2) for part in dated.groups() if part))
        groups = re.findall(r"\d+", typed)
        whole = self._digits("".join(groups))
        if len(groups) == 1:
            return _any(*whole)
        return _any(*whole, " AND ".join(_any(*self._digits(group)) for group in groups))

    def word(self, chunk: str) -> str:
        parts = words_of(chunk)
        typed = [
            _any(*(self._digits(part) if part.isdecimal() else self._spellings(part)))
            for part in parts
        ]
        meant = " AND ".join(typed)
        return _any(f"({meant})" if len(typed) > 1 else meant, *self._mistyped(chunk))

    def _digits(self, digits: str) -> list[str]:
        if len(digits) < 3:
            year = self._today.year - int(digits) if self._today else 0
            years = (year, year - 1) if year else ()
            return [_exact(digits), *(_exact(str(each)) for each in years)]
        terms = [self._term(digits)]
        if digits.startswith("0") and len(digits.lstrip("0")) > 2:
            terms.append(self._term(digits.lstrip("0")))  # trunk prefix: 0712… is +254 712…
        if len(digits) > 9:
            terms.append(self._term(digits[-9:]))  # +7 921… and 8 921… are one number
        return terms

    def _spellings(self, word: str) -> list[str]:
        """The terms of which one must match for a folded word to be found."""
        terms = [self._term(word), *([self._term(_marked(word))] if _is_mixed(word) else [])]
        if self._reach >= Reach.SOUND:
            terms += _sound_terms(word)
            if "x" in word:  # х as chats write it: xasanov
                terms += _sound_terms(word.replace("x", "kh"))
        bones = consonants(word) if self._reach >= Reach.CONSONANTS and _has_bones(word) else ""
        if bones:
            # Two consonants open half of all names: so few must be the whole name.
            terms.append(_prefix(_BONES + bones) if len(bones) > 2 else _exact(_BONES + bones))
        return terms

    def _mistyped(self, chunk: str) -> list[str]:
        if self._reach < Reach.LAYOUT:
            return []
        terms = []
        for variant in other_layout(chunk):
            meant = words_of(variant)
            if len(meant) == 1 and meant[0].isalpha():
                terms.append(_prefix(meant[0]))
                if self._reach >= Reach.SOUND and re.fullmatch(r"[а-я]{4,}", meant[0]):
                    terms += _sound_terms(meant[0])
        return terms


def _sound_terms(word: str) -> list[str]:
    key = sound_key(word)
    return [_prefix(_SOUND + key)] if key.isalpha() else []


def _exact(token: str) -> str:
    return '"' + token.replace('"', '""') + '"'


def _prefix(token: str) -> str:
    return _exact(token) + "*"


def _any(*terms: str) -> str:
    found = list(dict.fromkeys(term for term in terms if term))
    return found[0] if len(found) == 1 else f"({' OR '.join(found)})" if found else ""
