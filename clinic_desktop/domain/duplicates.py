"""How likely two records are one person, across scripts and spellings, and why.

Points for what agrees and against what differs, as in probabilistic linkage (Fellegi & Sunter
1969, J Am Stat Assoc 64:1183); the weights are ours, set on pairs as a reception meets them (see
the tests). The result advises; nothing is ever merged by it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import jellyfish
from rapidfuzz.distance import JaroWinkler, Levenshtein

from clinic_desktop.domain.dates import BirthDate, BirthPrecision
from clinic_desktop.domain.folding import (
    Reach,
    consonants,
    fts_query,
    latin,
    sound_key,
    words_of,
)
from clinic_desktop.domain.names import HumanName


@dataclass(frozen=True)
class Person:
    """What is compared; anything may be missing."""

    name: HumanName
    name_latin: str = ""
    sex: str = ""
    birth: BirthDate | None = None
    phones: frozenset[str] = frozenset()
    """Digits only."""
    identifiers: frozenset[str] = frozenset()
    """Values without spaces and dashes."""


class Reason(StrEnum):
    """What speaks for, or against, one person."""

    SAME_IDENTIFIER = "same-identifier"
    SAME_NAME = "same-name"
    SOUNDS_ALIKE = "sounds-alike"
    SIMILAR_NAME = "similar-name"
    SWAPPED_NAMES = "swapped-names"
    SAME_BIRTH = "same-birth"
    BIRTH_TYPO = "birth-typo"
    BIRTH_YEAR = "birth-year"
    """The year is one or two off: told from memory, or another calendar's new year."""
    BIRTH_FITS = "birth-fits"
    SAME_PHONE = "same-phone"
    TWINS = "twins"
    OTHER_NAME = "other-name"
    OTHER_BIRTH = "other-birth"
    OTHER_SEX = "other-sex"


class Likeness(StrEnum):
    """The verdict."""

    DIFFERENT = "different"
    SIMILAR = "similar"
    """Worth a look while registering."""
    LIKELY_SAME = "likely-same"


SIMILAR_FROM, LIKELY_FROM = 38, 60


@dataclass(frozen=True)
class Similarity:
    """A score of about -60 … 150, its reasons, and what they come to."""

    score: int
    reasons: tuple[Reason, ...]
    likeness: Likeness


class _Match(StrEnum):
    MISSING = "missing"
    SAME = "same"
    ALIKE = "alike"
    BEGINS = "begins"
    CLOSE = "close"
    OTHER = "other"


_FAMILY = {
    _Match.SAME: 20,
    _Match.ALIKE: 20,
    _Match.BEGINS: 14,
    _Match.CLOSE: 14,
    _Match.OTHER: -15,
}
_GIVEN = {_Match.SAME: 18, _Match.ALIKE: 18, _Match.BEGINS: 18, _Match.CLOSE: 10, _Match.OTHER: -20}
_MIDDLE = {_Match.SAME: 5, _Match.ALIKE: 5, _Match.OTHER: -8}
_SURE = frozenset({_Match.SAME, _Match.ALIKE})
_YEARS_OFF = 2


@dataclass
class _Tally:
    score: int = 0
    reasons: list[Reason] = field(default_factory=list)

    def add(self, points: int, reason: Reason | None = None) -> None:
        self.score += points
        if reason is not None:
            self.reasons.append(reason)


def similarity(one: Person, other: Person) -> Similarity:
    """Compare two records; the order does not matter."""
    tally = _Tally()
    identified = bool(one.identifiers & other.identifiers)
    if identified:
        tally.add(60, Reason.SAME_IDENTIFIER)
    family, given = _compare_names(one, other, tally)
    same_birth = _compare_births(one.birth, other.birth, tally)
    if one.phones & other.phones:
        tally.add(12, Reason.SAME_PHONE)
    other_sex = {one.sex, other.sex} == {"male", "female"}
    if other_sex:
        tally.add(-20, Reason.OTHER_SEX)
    elif one.sex == other.sex and one.sex in {"male", "female"}:
        tally.add(2)
    unlike = given is _Match.OTHER or (given is _Match.CLOSE and other_sex)
    if same_birth and unlike and family is not _Match.OTHER and not identified:
        tally.add(0, Reason.TWINS)
        return Similarity(tally.score, tuple(tally.reasons), Likeness.DIFFERENT)
    found = _verdict(tally, sure=identified or given in _SURE)
    if identified and found.likeness is Likeness.DIFFERENT:
        # Another name under one number: a slip, or a child on the mother's. Worth a look.
        return Similarity(found.score, found.reasons, Likeness.SIMILAR)
    return found


def _verdict(tally: _Tally, *, sure: bool) -> Similarity:
    likeness = Likeness.DIFFERENT
    if tally.score >= LIKELY_FROM and sure:
        likeness = Likeness.LIKELY_SAME
    elif tally.score >= SIMILAR_FROM:
        likeness = Likeness.SIMILAR
    return Similarity(tally.score, tuple(tally.reasons), likeness)


# ---------------------------------------------------------------- names


def _compare_names(one: Person, other: Person, tally: _Tally) -> tuple[_Match, _Match]:
    """Score the names; returns how the family and the given names compare."""
    family = _match(one.name.family, other.name.family)
    given = _match(one.name.given, other.name.given)
    straight = _FAMILY.get(family, 0) + _GIVEN.get(given, 0)
    crossed = (
        _match(one.name.family, other.name.given),
        _match(one.name.given, other.name.family),
    )
    if straight < 30 and _swapped(*crossed):
        tally.add(38, Reason.SWAPPED_NAMES)
        tally.add(_MIDDLE.get(_match(one.name.middle, other.name.middle), 0))
        return _Match.ALIKE, _Match.ALIKE if set(crossed) <= _SURE else _Match.BEGINS
    if straight < 30 and _same_latin(one, other):
        tally.add(38, Reason.SOUNDS_ALIKE)
        return _Match.ALIKE, _Match.ALIKE
    tally.add(straight, _name_reason(family, given))
    tally.add(_MIDDLE.get(_match(one.name.middle, other.name.middle), 0))
    return family, given


def _swapped(*crossed: _Match) -> bool:
    """Whether family and given name stand in each other's place; one may not be whole yet.

    Both only begun is nothing: Petrov Ivan is not Ivanov Pyotr.
    """
    return any(each in _SURE for each in crossed) and set(crossed) <= _SURE | {_Match.BEGINS}


def _name_reason(family: _Match, given: _Match) -> Reason | None:
    pair = {family, given} - {_Match.MISSING}
    if not pair:
        return None
    if _Match.OTHER in pair:
        return Reason.OTHER_NAME
    if pair == {_Match.SAME}:
        return Reason.SAME_NAME
    return Reason.SOUNDS_ALIKE if pair <= _SURE else Reason.SIMILAR_NAME


def _same_latin(one: Person, other: Person) -> bool:
    """Whether a passport spelling of one is the name, or the passport spelling, of the other."""
    spellings = [
        {_keys(text) for text in (person.name_latin, f"{person.name.family} {person.name.given}")}
        for person in (one, other)
    ]
    return bool(one.name_latin or other.name_latin) and any(
        len(key) > 1 for key in spellings[0] & spellings[1]
    )


def _keys(text: str) -> frozenset[str]:
    return frozenset(sound_key(word) for word in words_of(text))


def _match(one: str, other: str) -> _Match:
    """Compare one part of two names."""
    ours, theirs = words_of(one), words_of(other)
    if not ours or not theirs:
        return _Match.MISSING
    if ours == theirs:
        return _Match.SAME
    keys = [sound_key(word) for word in ours], [sound_key(word) for word in theirs]
    if _alike(*keys) or _same_bones(ours, theirs):
        return _Match.ALIKE
    left, right = "".join(keys[0]), "".join(keys[1])
    if min(len(left), len(right)) > 1 and (left.startswith(right) or right.startswith(left)):
        return _Match.BEGINS
    return _Match.CLOSE if _close(left, right) else _Match.OTHER


def _alike(left: list[str], right: list[str]) -> bool:
    """The same words in any order, or one name more: Anna Maria, Anna."""
    return set(left) <= set(right) or set(right) <= set(left)


def _same_bones(ours: list[str], theirs: list[str]) -> bool:
    """Across Arabic and Latin script only the consonants can agree."""
    arabic = [
        any("\u0620" <= char <= "\u064a" for char in "".join(words)) for words in (ours, theirs)
    ]
    bones = ["".join(consonants(word.removeprefix("ال")) for word in words)
             for words in (ours, theirs)]  # fmt: skip
    return any(arabic) and len(bones[0]) > 1 and bones[0] == bones[1].removeprefix("l")


def _close(left: str, right: str) -> bool:
    """A slip of the keyboard or the ear: one letter, or much the same sound."""
    if min(len(left), len(right)) < 4:
        return False
    if Levenshtein.distance(left, right, score_cutoff=1) <= 1:
        return True
    sounds = jellyfish.metaphone(latin(left)), jellyfish.metaphone(latin(right))
    likeness = JaroWinkler.similarity(left, right)
    return likeness >= 0.93 or (sounds[0] == sounds[1] and likeness >= 0.8)


# ---------------------------------------------------------------- birth


def _compare_births(one: BirthDate | None, other: BirthDate | None, tally: _Tally) -> bool:
    """Score the births; returns whether both are the same known day."""
    if one is None or other is None:
        return False
    both_exact = one.precision is BirthPrecision.DAY and other.precision is BirthPrecision.DAY
    if both_exact and one.value == other.value:
        tally.add(30, Reason.SAME_BIRTH)
        return True
    if both_exact and _year_off(one, other):
        tally.add(18, Reason.BIRTH_YEAR)
    elif both_exact and _one_slip(str(one), str(other)):
        tally.add(18, Reason.BIRTH_TYPO)
    elif not both_exact and _fits(one, other):
        tally.add(10, Reason.BIRTH_FITS)
    elif not both_exact and _year_off(one, other):
        tally.add(0, Reason.BIRTH_YEAR)
    else:
        tally.add(-25, Reason.OTHER_BIRTH)
    return False


def _year_off(one: BirthDate, other: BirthDate) -> bool:
    """Whether only the year differs, by one or two, as far as both are known."""
    (year, *rest), (year_, *rest_) = str(one).split("-"), str(other).split("-")
    both = min(len(rest), len(rest_))
    return 0 < abs(int(year) - int(year_)) <= _YEARS_OFF and rest[:both] == rest_[:both]


def _one_slip(one: str, other: str) -> bool:
    """One digit wrong, two neighbours swapped, or day and month swapped."""
    (year, month, day), (year_, month_, day_) = one.split("-"), other.split("-")
    if year == year_ and (month, day) == (day_, month_):
        return True
    ours, theirs = year + month + day, year_ + month_ + day_
    wrong = [place for place in range(8) if ours[place] != theirs[place]]
    if len(wrong) == 1:
        return True
    a, b = wrong[0], wrong[-1]
    return len(wrong) == 2 and b == a + 1 and (ours[a], ours[b]) == (theirs[b], theirs[a])


def _fits(one: BirthDate, other: BirthDate) -> bool:
    """Whether the spans two births can mean meet; two years of grace for guesses and ages."""
    vague = {BirthPrecision.AGE, BirthPrecision.ESTIMATED}
    grace = 2 if vague & {one.precision, other.precision} else 0
    return (
        one.value.first.year - grace <= other.value.last.year
        and other.value.first.year - grace <= one.value.last.year
        and (grace > 0 or (one.value.first <= other.value.last
                           and other.value.first <= one.value.last))
    )  # fmt: skip


# ---------------------------------------------------------------- whom to compare with


_REACHES = (Reach.BEGUN, Reach.CONSONANTS)


def candidate_queries(person: Person) -> tuple[str, ...]:
    """FTS5 expressions that find whom to compare with, the most telling first.

    By number, by phone, by name, by birth with either name (the other may be misspelt), by name
    with a birth a year or two off (such a namesake is not among the newest ones); as it is
    spelled before as it sounds, or newer sound-alikes would hide who bears the very name.
    """
    name, birth = person.name, str(person.birth or "")
    texts: tuple[str, ...] = (
        *sorted(person.identifiers),
        *sorted(phone for phone in person.phones if len(phone) > 5),
        f"{name.family} {name.given}" if name.family and name.given else "",
        f"{name.family} {name.given[:2]}" if name.family else "",
        person.name_latin,
        f"{name.family} {birth}" if birth and name.family else "",
        f"{name.given} {birth}" if birth and name.given else "",
    )
    queries = [fts_query(text, reach=reach) for reach in _REACHES for text in texts]
    years = " OR ".join(fts_query(each) for each in _years_beside(person.birth))
    if years and name.family and name.given:
        namesakes = fts_query(f"{name.family} {name.given}", reach=_REACHES[0])
        queries.insert(0, f"{namesakes} AND ({years})")
    return tuple(dict.fromkeys(query for query in queries if query))


def _years_beside(birth: BirthDate | None) -> tuple[str, ...]:
    """The same birth in the years just before and after."""
    if birth is None:
        return ()
    year, *rest = str(birth).split("-")
    offs = (off for off in range(-_YEARS_OFF, _YEARS_OFF + 1) if off)
    return tuple("-".join((f"{int(year) + off:04d}", *rest)) for off in offs)
