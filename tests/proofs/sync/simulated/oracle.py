"""What people wrote, seen from outside: which versions must be live where, and who knew what.

An operation is live in a record that holds it unless another operation there replaced it. Replaced
is what the person who wrote had on the screen. Nothing else takes a version away.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

PATIENT = 8
COLUMNS = {1: "family", 9: "note", 6: "city", 0: "is_deleted"}
"""By group of the patient: what the history writes."""
ASKED = {1, 9}
"""Groups whose different values people are asked about; every value is written once only."""
Value = str | int | None


class Cell(NamedTuple):
    """A group of a row."""

    row: uuid.UUID
    group: int


@dataclass(frozen=True)
class Op:
    """One save."""

    number: int
    line: str
    """Of the PC where it was made."""
    values: dict[Cell, Value]
    replaces: dict[Cell, frozenset[int]]
    saw: frozenset[int]
    """All operations that were in that record."""
    is_new: bool = False


class Oracle:
    """All operations there ever were."""

    def __init__(self, first: Op) -> None:
        self.ops: dict[int, Op] = {}
        self.told = {first.number}
        """Those that somebody was told are saved."""
        self._of: dict[Cell, list[Op]] = defaultdict(list)
        self.next = first.number + 1
        self.keep(first)

    def draft(
        self,
        line: str,
        applied: set[int],
        values: dict[Cell, Value],
        *,
        shown: Mapping[Cell, Value] | None = None,
        is_new: bool = False,
    ) -> Op:
        """A save that is about to be tried; ``shown`` where a form showed one of several values."""
        number, self.next = self.next, self.next + 1
        replaces = {cell: self.live(applied, cell) for cell in values}
        for cell, value in (shown or {}).items():
            seen = {op for op in replaces[cell] if self.ops[op].values[cell] == value}
            replaces[cell] = frozenset(seen)
        return Op(number, line, values, replaces, frozenset(applied), is_new)

    def keep(self, op: Op) -> None:
        """It is in a record."""
        self.ops[op.number] = op
        for cell in op.values:
            self._of[cell].append(op)

    def live(self, applied: Iterable[int], cell: Cell) -> frozenset[int]:
        """The operations whose values of the cell count in a record that holds these."""
        held = applied if isinstance(applied, set | frozenset) else set(applied)
        here = [op for op in self._of[cell] if op.number in held]
        gone: set[int] = set()
        for op in here:
            gone |= op.replaces[cell]
        return frozenset(op.number for op in here if op.number not in gone)

    def fate(self, applied: set[int], row: uuid.UUID) -> tuple[bool, bool]:
        """Whether a record hides a row, and whether it asks about its being deleted.

        Hidden only where everybody who says anything says deleted, and each edit that counts was
        known to one of those who deleted.
        """
        existence = self.live(applied, Cell(row, 0))
        deleters = [self.ops[each] for each in existence if self.ops[each].values[Cell(row, 0)]]
        known = frozenset[int]().union(*(each.saw | {each.number} for each in deleters))
        edits = frozenset[int]().union(
            *(self.live(applied, Cell(row, group)) for group in COLUMNS if group)
        )
        is_hidden = bool(deleters) and len(deleters) == len(existence) and edits <= known
        return is_hidden, bool(deleters) and not is_hidden

    def rows(self, applied: Iterable[int]) -> list[uuid.UUID]:
        """The rows that a record has."""
        found = (self.ops[number] for number in sorted(applied))
        return [next(iter(op.values)).row for op in found if op.is_new]

    def values(self, numbers: Iterable[int], cell: Cell) -> list[Value]:
        """What these operations wrote into the cell."""
        return [self.ops[number].values[cell] for number in sorted(numbers)]
