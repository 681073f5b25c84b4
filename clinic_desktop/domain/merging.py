"""How writes of several PCs become one record: a pure function of the set of writes.

A *cell* is a group of columns of one row. Each write of a cell names the versions that its form
showed; those and only those it takes the place of. So the versions of a cell are

    S(O) = the writes in O that no other write in O replaces

whatever order, route or repetition they came in; :func:`versions` is this form, :func:`fold` the
same one write at a time, for writes in causal order (``causality.py``). More than one version
means that people wrote without knowing of each other. No clock takes part in what is kept.

The making of a row is a version of each of its groups, also of those that the maker's program did
not know. Writes to groups or tables that this program does not know are folded like all others,
with values nobody looks at: they keep a deleted row alive, count in the digest, and are whole after
an update.
"""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from hashlib import blake2b
from typing import NamedTuple

from clinic_desktop.domain.causality import Dot, Past, has_seen

EXISTENCE = 0
"""The group of every table that says whether a row is deleted; its only value is true or false."""
WHOLE_ROW = -1
"""In place of a group: the making of a row."""


class Policy(Enum):
    """What happens when two PCs changed the same group without knowing of each other."""

    REVIEW_SAFETY = "review-safety"
    """A person decides; until then every version is shown and checked."""
    REVIEW_CLINICAL = "review-clinical"
    """A person decides; listed with a reminder."""
    REVIEW_ADMIN = "review-admin"
    """A person decides; listed."""
    LATEST = "latest"
    """The later version is shown, the other stays in the history."""
    INSERT_ONLY = "insert-only"
    """Rows are never changed, so there is nothing to merge."""
    LEDGER = "ledger"
    """Money: corrected by further rows, never by changing one. Where two PCs wrote into one row all
    the same (a draft, its number, a decision), a person decides; listed."""


class Severity(Enum):
    """How urgently a person is asked; higher numbers first."""

    ADMIN = 1
    CLINICAL = 2
    SAFETY = 3


class Kind(Enum):
    """What a person is asked."""

    VALUE = "value"
    """Which of these values holds?"""
    DELETE_EDIT = "delete_edit"
    """Deleted there, changed or restored here without knowing: is it to be kept?"""
    TOO_LATE = "too_late"
    """Added to what was issued elsewhere meanwhile, and so left out: is it to be billed anew?"""


_REVIEWED = {
    Policy.REVIEW_SAFETY: Severity.SAFETY,
    Policy.REVIEW_CLINICAL: Severity.CLINICAL,
    Policy.REVIEW_ADMIN: Severity.ADMIN,
    Policy.LEDGER: Severity.ADMIN,
}


class Cell(NamedTuple):
    """A group of columns of one row, by the numbers of the registry."""

    table: int
    row: bytes
    group: int


class Version(NamedTuple):
    """What one commit made of a cell."""

    dot: Dot
    hlc: int
    """For display and for a choice that must fall somehow; never decides what is kept."""
    value: tuple[object, ...]
    """As the file keeps the columns of the group. An older program may leave out the last ones."""


class Op(NamedTuple):
    """One write of one cell; a commit writes a cell at most once."""

    cell: Cell
    version: Version
    supersedes: frozenset[Dot]
    """The versions that the form showed; empty for the making of a row."""


Versions = tuple[Version, ...]
"""Of one cell, in the order of their dots: equal on all PCs that hold the same writes."""


# ---------------------------------------------------------------- what is kept


def versions(ops: Collection[Op]) -> Versions:
    """S(O) of one cell, from all writes of it and the making of its row, in any order."""
    replaced = {dot for op in ops for dot in op.supersedes if dot != op.version.dot}
    return tuple(sorted({op.version for op in ops if op.version.dot not in replaced}))


def fold(held: Versions, op: Op) -> Versions:
    """The versions of a cell after one more write, which nothing that was folded replaces."""
    version, supersedes = op.version, op.supersedes
    left = [each for each in held if each.dot not in supersedes and each.dot != version.dot]
    return tuple(sorted([*left, version])) if left else (version,)


def winner(held: Versions) -> Version:
    """The version that is shown where only one can be: of the latest clock, then of the PC.

    Which one this is makes nothing lost: the others stay, and under review people see them.
    """
    return max(held, key=lambda each: (each.hlc, each.dot))


# ---------------------------------------------------------------- what people are asked


@dataclass(frozen=True)
class Conflict:
    """A question to a person; derived, and the same on every PC that holds the same writes."""

    kind: Kind
    severity: Severity
    cell: Cell
    """Of ``DELETE_EDIT``: the existence of the row."""
    dots: tuple[Dot, ...]
    """The versions in dispute; whoever decides writes one that replaces those of the cell."""

    @property
    def id(self) -> bytes:
        """16 bytes: the same question has the same name everywhere."""
        return fingerprint(self.cell, self.dots)


def normal(value: Sequence[object]) -> tuple[object, ...]:
    """What makes two values the same to a person: no blank ends, no difference of encoding."""
    plain = [
        unicodedata.normalize("NFC", each).strip() or None if isinstance(each, str) else each
        for each in value
    ]
    while plain and plain[-1] is None:
        plain.pop()
    return tuple(plain)


def in_dispute(policy: Policy, held: Versions) -> bool:
    """Whether a person has to choose between the versions of a cell (not of its existence)."""
    if len(held) < 2 or policy not in _REVIEWED:
        return False
    first = normal(held[0].value)
    return any(normal(each.value) != first for each in held[1:])


@dataclass(frozen=True)
class RowState:
    """What the versions of a row come to."""

    is_hidden: bool
    """What its column ``is_deleted`` must hold, on every PC."""
    conflicts: tuple[Conflict, ...]


def row_state(
    table: int,
    row: bytes,
    cells: Mapping[int, Versions],
    policies: Mapping[int, Policy],
    past: Callable[[Dot], Past],
) -> RowState:
    """Whether a row is hidden, and what people must be asked about it.

    Edit wins: a row is hidden only if all say that it is deleted and each version of its other
    groups was known to one of those who deleted it. This holds for writes after a deletion too:
    somebody was still writing there, or went on where an edit had won. So a program that writes
    into a row and means it to stay deleted deletes it again in the same commit.

    Args:
        table: its number.
        row: its id.
        cells: by group, those that were written since the row was made; unknown groups included.
        policies: by group, of the groups that this program knows.
        past: ``causality.past_of`` of a commit; only asked for commits that deleted the row.
    """
    existence = cells.get(EXISTENCE, ())
    deleters = [past(each.dot) for each in existence if any(each.value)]
    edits = [
        (each.dot, group)
        for group, held in cells.items()
        for each in held
        if deleters and group != EXISTENCE and not any(has_seen(one, each.dot) for one in deleters)
    ]
    if deleters and len(deleters) == len(existence) and not edits:
        return RowState(is_hidden=True, conflicts=())
    found = [
        Conflict(Kind.VALUE, _REVIEWED[policies[group]], Cell(table, row, group), _dots(held))
        for group, held in sorted(cells.items())
        if group != EXISTENCE and group in policies and in_dispute(policies[group], held)
    ]
    if deleters:
        groups = {group for _dot, group in edits} or {EXISTENCE}
        disputed = {*_dots(existence), *(dot for dot, _group in edits)}
        found.append(
            Conflict(
                Kind.DELETE_EDIT,
                _worst(policies.get(group, Policy.REVIEW_CLINICAL) for group in groups),
                Cell(table, row, EXISTENCE),
                tuple(sorted(disputed)),
            )
        )
    return RowState(is_hidden=False, conflicts=tuple(found))


def _dots(held: Versions) -> tuple[Dot, ...]:
    return tuple(each.dot for each in held)


def _worst(policies: Iterable[Policy]) -> Severity:
    found = (_REVIEWED.get(policy, Severity.ADMIN) for policy in policies)
    return max(found, key=lambda each: each.value)


# ---------------------------------------------------------------- do two PCs agree


def fingerprint(cell: Cell, dots: Iterable[Dot]) -> bytes:
    """16 bytes of a cell with its versions, given in the order of their dots."""
    parts = [struct.pack(">iiH", cell.table, cell.group, len(cell.row)), cell.row]
    parts += [struct.pack(">HQ", len(dot.device), dot.number) + dot.device for dot in dots]
    return blake2b(b"".join(parts), digest_size=16).digest()


def digest(entries: Iterable[tuple[Cell, Iterable[Dot]]]) -> bytes:
    """16 bytes of a whole record; equal pasts must give equal digests.

    One entry for each row (its cell with ``WHOLE_ROW``, and who made it), and one for each cell
    whose versions are not just these; so programs that know different groups agree. The order of
    entries does not matter, and XOR with an old and a new entry follows a change.
    """
    total = 0
    for cell, dots in entries:
        total ^= int.from_bytes(fingerprint(cell, dots), "big")
    return total.to_bytes(16, "big")
