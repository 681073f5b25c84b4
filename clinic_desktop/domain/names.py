"""Names of persons: which parts a country's form asks, and how a name is shown.

Sources: W3C, "Personal names around the world"; NHS Common User Interface, Patient Banner
(FAMILY NAME in capitals, then the given name).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache


class NamePart(StrEnum):
    """What a registration form can ask; several kinds share one field of ``HumanName``."""

    FAMILY = "family"
    GIVEN = "given"
    MIDDLE = "middle"
    PATRONYMIC = "patronymic"
    FATHER = "father"
    GRANDFATHER = "grandfather"
    SINGLE = "single"
    SUFFIX = "suffix"

    @property
    def field(self) -> str:
        """The field of ``HumanName`` that holds this part."""
        return _FIELDS.get(self, self.value)


_FIELDS = {
    NamePart.PATRONYMIC: "middle",
    NamePart.FATHER: "middle",
    NamePart.GRANDFATHER: "family",
    NamePart.SINGLE: "family",
}

_WESTERN = (NamePart.FAMILY, NamePart.GIVEN)
_FORMS: dict[str, tuple[NamePart, ...]] = {
    region: form
    for regions, form in (
        (
            "RU BY UA KZ KG UZ TJ TM AM AZ MD BG",
            (NamePart.FAMILY, NamePart.GIVEN, NamePart.PATRONYMIC),
        ),
        (
            "AE SA EG IQ JO SY LB KW QA BH OM YE SD LY PS DZ MA TN MR SO DJ KM",
            (NamePart.GIVEN, NamePart.FATHER, NamePart.FAMILY),
        ),
        ("ET ER", (NamePart.GIVEN, NamePart.FATHER, NamePart.GRANDFATHER)),
        ("US CA PH", (NamePart.FAMILY, NamePart.GIVEN, NamePart.MIDDLE, NamePart.SUFFIX)),
        ("ID MM BT", (NamePart.SINGLE,)),
    )
    for region in regions.split()
}
_FAMILY_FIRST = "RU BY UA KZ KG UZ TJ TM AM AZ CN TW HK MO JP KR KP VN KH HU MN"


def name_form(region: str) -> tuple[NamePart, ...]:
    """The parts asked in a country, in the order of typing; ``region`` is ISO 3166-1 alpha-2."""
    return _FORMS.get(region.upper(), _WESTERN)


@dataclass(frozen=True)
class HumanName:
    """A person's name; ``middle`` holds a patronymic, a father's name or further given names.

    A person with one name has it in ``family``.
    """

    family: str = ""
    given: str = ""
    middle: str = ""
    prefix: str = ""
    suffix: str = ""
    preferred: str = ""

    def __bool__(self) -> bool:
        return bool(self.family or self.given)

    def banner(self, language: str = "") -> str:
        """The name as "IVANOVA Maria Petrovna"; the order and case that its script asks for.

        Scripts with capitals and East Asian ones put the family name first, others last.
        ``language`` matters for Turkish and Azerbaijani capitals only.
        """
        rest = [self.given, self.middle]
        if _has_case(self.family):
            return _join(capitals(self.family, language), *rest, self.suffix)
        if _is_east_asian(self.family):
            return _join(self.family, *rest)
        return _join(*rest, self.family, self.suffix)

    def listed(self, language: str = "") -> str:
        """The banner form without middle names, for lists."""
        return HumanName(self.family, self.given, suffix=self.suffix).banner(language)

    def short(self) -> str:
        """Family name and initials; a script without capitals keeps the given name instead."""
        if not self.family:
            return _join(self.given, self.middle)
        if not _has_case(self.family):
            return self.listed()
        return _join(self.family, initials(self.given), initials(self.middle))

    def full(self, region: str = "") -> str:
        """The name in running text and on letters, in the order usual in the country."""
        names = [self.given, self.middle, self.family]
        if (region and region.upper() in _FAMILY_FIRST) or _is_east_asian(self.family):
            names = [self.family, self.given, self.middle]
        return _join(self.prefix, *names, self.suffix)


def baby_of(mother: HumanName, given: str) -> HumanName:
    """A newborn without a name yet: the mother's family name, and words for the given name.

    ``given`` is the translated "Baby of {mother}" ("Baby 2 of {mother}" for a twin).
    """
    return HumanName(mother.family, given.replace("{mother}", mother.given or mother.family))


def unknown_person(label: str, came_on: date, number: int) -> HumanName:
    """Somebody who cannot say the name: a translated "Unknown", the day and a counter."""
    return HumanName(label, f"{came_on.isoformat()} {number}")


@lru_cache(maxsize=2048)  # a board asks for the same few names at every look
def capitals(text: str, language: str = "") -> str:
    """Upper case where readers expect it: not Georgian, whose capitals most fonts lack."""
    if language[:2] in {"tr", "az"}:
        text = text.replace("i", "İ")
    return "".join(char.upper() if _is_cased(char) else char for char in text)


def initials(names: str) -> str:
    """The initials: "М." (Мария), "A.-M." (Anna-Maria), "J. R."; none without capitals."""
    if not _has_case(names):
        return ""
    return re.sub(r"[^\W\d_][^\s-]*", lambda name: f"{capitals(name[0][0])}.", names)


def tidy(typed: str) -> str:
    """A typed name without stray spaces and control characters; "анна-мария" gets its capitals.

    Anything typed with a capital is kept as it is: nobody can guess McDonald or van der Berg.
    """
    clean = "".join(c for c in unicodedata.normalize("NFC", typed) if c == " " or c.isprintable())
    clean = " ".join(clean.split())
    if not clean.islower():
        return clean
    return re.sub(r"(?<![^\s-])\w", lambda first: capitals(first[0]), clean)


def _is_cased(char: str) -> bool:
    # Latin, Greek, Cyrillic and Armenian; the second range is Latin and Greek with two accents.
    return (char < "\u0590" or "\u1e00" <= char < "\u2000") and char.lower() != char.upper()


def _has_case(text: str) -> bool:
    return any(map(_is_cased, text))


def _is_east_asian(text: str) -> bool:
    return any(unicodedata.east_asian_width(char) == "W" for char in text)


def _join(*parts: str) -> str:
    return " ".join(part for part in parts if part)
