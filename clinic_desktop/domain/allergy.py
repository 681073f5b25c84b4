"""Does a medicine touch a recorded allergy? Substance, group and side chain, in any spelling.

The answer also says what could not be judged: an allergy the table does not know is compared by
name only, and a product it does not know is said to be unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from clinic_desktop.domain.allergy_groups import DISTANT, GROUPS, SIDE_CHAINS, SYNONYMS, Group
from clinic_desktop.domain.codes import AllergyKind, System
from clinic_desktop.domain.folding import latin, words_of


@dataclass(frozen=True)
class RecordedAllergy:
    """An allergy or intolerance as the chart holds it; refuted ones are left out by the caller."""

    display: str
    system: str = ""
    code: str = ""
    kind: str = AllergyKind.ALLERGY


@dataclass(frozen=True)
class Medicine:
    """What is to be prescribed: product name, ingredients as text, a code if there is one."""

    product: str
    ingredient: str = ""
    system: str = ""
    code: str = ""


class MatchKind(StrEnum):
    """How a medicine and an allergy come together, the surest first."""

    SAME_CODE = "same-code"
    SAME_SUBSTANCE = "same-substance"
    SAME_NAME = "same-name"
    """The allergy's words stand in the product's name; the table knows neither."""
    SAME_GROUP = "same-group"
    SIDE_CHAIN = "side-chain"
    DISTANT_GROUP = "distant-group"


class Level(StrEnum):
    """What to do: stop the line, ask for a reason, or mention it."""

    STOP = "stop"
    ASK = "ask"
    NOTE = "note"


@dataclass(frozen=True)
class AllergyMatch:
    """One allergy that the medicine touches."""

    allergy: RecordedAllergy
    kind: MatchKind
    level: Level
    shared: str = ""
    """The substance (INN) or the group both have in common."""


@dataclass(frozen=True)
class AllergyCheck:
    """The answer, and its limits."""

    matches: tuple[AllergyMatch, ...]
    by_name_only: tuple[RecordedAllergy, ...]
    """Allergies the table does not know: only their words were compared."""
    medicine_known: bool
    """Whether the table knows a substance or group of the medicine."""

    @property
    def level(self) -> Level | None:
        """The gravest level."""
        order = list(Level)
        return min((match.level for match in self.matches), key=order.index, default=None)


def check_allergies(medicine: Medicine, allergies: Iterable[RecordedAllergy]) -> AllergyCheck:
    """Compare a medicine with every recorded allergy."""
    wanted = _profile(f"{medicine.product} {medicine.ingredient}", medicine.system, medicine.code)
    matches, by_name_only = [], []
    for allergy in allergies:
        feared = _profile(allergy.display, allergy.system, allergy.code)
        if not feared.is_known:
            by_name_only.append(allergy)
        if match := _match(medicine, wanted, allergy, feared):
            matches.append(match)
    order = list(MatchKind)
    matches.sort(key=lambda match: order.index(match.kind))
    return AllergyCheck(tuple(matches), tuple(by_name_only), wanted.is_known)


def _match(
    medicine: Medicine, wanted: _Profile, allergy: RecordedAllergy, feared: _Profile
) -> AllergyMatch | None:
    """The gravest way the two come together."""
    found = [
        AllergyMatch(allergy, kind, _level(kind, allergy), shared)
        for kind, shared in _touches(medicine, wanted, allergy, feared)
    ]
    return min(found, key=lambda match: list(Level).index(match.level), default=None)


def _level(kind: MatchKind, allergy: RecordedAllergy) -> Level:
    if kind is MatchKind.DISTANT_GROUP:
        return Level.NOTE
    unsure = kind in {MatchKind.SIDE_CHAIN, MatchKind.SAME_NAME}
    return Level.ASK if unsure or allergy.kind == AllergyKind.INTOLERANCE else Level.STOP


def _touches(
    medicine: Medicine, wanted: _Profile, allergy: RecordedAllergy, feared: _Profile
) -> Iterator[tuple[MatchKind, str]]:
    """Every way the two come together, the surest first."""
    if allergy.code and (allergy.system, allergy.code) == (medicine.system, medicine.code):
        yield MatchKind.SAME_CODE, allergy.display
    for substance in sorted(wanted.substances & feared.substances):
        yield MatchKind.SAME_SUBSTANCE, substance
    if feared.words and not feared.substances:
        if feared.words <= _names_in(medicine.ingredient):
            yield MatchKind.SAME_SUBSTANCE, allergy.display
        elif feared.words <= wanted.words:
            yield MatchKind.SAME_NAME, allergy.display
    for group in sorted(wanted.groups & feared.groups):
        yield MatchKind.SAME_GROUP, group
    yield from _relatives(wanted, feared)


def _relatives(wanted: _Profile, feared: _Profile) -> Iterator[tuple[MatchKind, str]]:
    """Groups and substances that are not the same, but may cross-react."""
    for chain in SIDE_CHAINS:
        ours, theirs = wanted.substances & set(chain), feared.substances & set(chain)
        if ours and theirs:
            yield MatchKind.SIDE_CHAIN, min(ours)
    for pair in DISTANT:
        ours, theirs = wanted.groups & pair, feared.groups & pair
        if ours and theirs and ours != theirs:
            yield MatchKind.DISTANT_GROUP, min(theirs)


# ---------------------------------------------------------------- what a text means


@dataclass(frozen=True)
class _Profile:
    substances: frozenset[str]
    groups: frozenset[str]
    words: frozenset[str]

    @property
    def is_known(self) -> bool:
        return bool(self.substances or self.groups)


def _profile(text: str, system: str, code: str) -> _Profile:
    keys = [drug_key(word) for word in words_of(text)]
    names, groups = _names(), _group_names()
    substances, found = set(), set()
    for size in (3, 2, 1):
        for start in range(len(keys) - size + 1):
            phrase = " ".join(keys[start : start + size])
            substances |= {names[phrase]} if phrase in names else set()
            found |= {groups[phrase]} if phrase in groups else set()
    for key in [*keys, *(drug_key(name) for name in substances)]:
        found |= {group.key for group in GROUPS if _has_stem(key, group)}
    found |= {group for name in substances for group in _members().get(name, ())}
    if system == System.ATC and code:
        found |= {group.key for group in GROUPS if code.upper().startswith(group.atc)}
    return _Profile(frozenset(substances), frozenset(found), _names_in(text))


def _names_in(text: str) -> frozenset[str]:
    """The words of a text that may be names of substances."""
    keys = (drug_key(word) for word in words_of(text))
    return frozenset(key for key in keys if len(key) > 2 and key not in _NO_NAME)


_NO_NAME = frozenset({"alerg", "alergi", "alergii", "alergiia", "drug", "medikation", "lekarstv"})
"""Words of a record that name nothing: "allergy to …"."""

_INN_SOUNDS = [
    (re.compile(pattern), plain)
    for pattern, plain in (
        (r"ae|oe", "e"),
        (r"ph", "f"),
        (r"th", "t"),
        (r"rh", "r"),
        (r"kh|ch", "h"),
        (r"c(?=[eiy])", "ts"),
        (r"[cq]", "k"),
        (r"x", "ks"),
        (r"y|j", "i"),
        (r"w", "v"),
        (r"(.)\1+", r"\1"),
        (r"(?:um|us|ov|[aeiou]+)$", ""),
    )
]


@cache
def drug_key(word: str) -> str:
    """A key equal for the English, Latin and Russian spelling of one INN, in any case ending.

    >>> {drug_key(name) for name in ("amoxicillin", "Amoxicillini", "амоксициллина")}
    {'amoksitsilin'}
    """
    key = latin(word)
    for pattern, plain in _INN_SOUNDS:
        key = pattern.sub(plain, key)
    return key


def _key_of(name: str) -> str:
    return " ".join(drug_key(word) for word in words_of(name))


@cache
def _names() -> dict[str, str]:
    """Key to INN, for every substance the table names."""
    single = {name for group in GROUPS for name in group.members}
    single |= {name for chain in SIDE_CHAINS for name in chain} | set(SYNONYMS)
    known = {_key_of(name): name for name in single}
    for name, others in SYNONYMS.items():
        known |= {_key_of(other): name for other in others}
    return known


@cache
def _group_names() -> dict[str, str]:
    return {_key_of(name): group.key for group in GROUPS for name in group.names}


@cache
def _members() -> dict[str, tuple[str, ...]]:
    known = _names()
    return {
        known[_key_of(name)]: (group.key,) for group in GROUPS for name in group.members
    }  # fmt: skip


@cache
def _has_stem(key: str, group: Group) -> bool:
    """Whether a name carries one of the group's INN stems, with at least two letters beside it."""
    for stem in group.stems:
        part = drug_key(stem.strip("-"))
        rest = len(key) - len(part)
        if rest > 1 and (key.endswith(part) if stem.startswith("-") else key.startswith(part)):
            return True
    return False
