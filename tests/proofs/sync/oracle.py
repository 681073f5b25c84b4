"""What must hold after a history, worked out from what people did, without the program's rules.

Commits are numbered as they were made; sets of them are the bits of a number. What a person saw is
written down when the form opens, not taken from what the PC says that it replaces.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from clinic_desktop.domain import merging
from clinic_desktop.domain.causality import Dot
from clinic_desktop.domain.merging import EXISTENCE, WHOLE_ROW, Cell, Kind, Policy, RowState
from tests.proofs.sync.model import Commit, Pc, Row, Value

SAME = (("5 mg", "5 mg "), ("5 Mg",), ("10 mg",), ("", None), ("für", "fu\u0308r"))
"""Texts that mean the same to a person, together."""
MEANING: Mapping[object, int] = {
    text: meaning for meaning, texts in enumerate(SAME) for text in texts
}
"""Of all that is ever written into groups other than existence."""
ASKED = {
    Policy.REVIEW_SAFETY: 3,
    Policy.REVIEW_CLINICAL: 2,
    Policy.REVIEW_ADMIN: 1,
    Policy.LEDGER: 1,
}


class Written(NamedTuple):
    """A commit and what its author knew."""

    commit: Commit
    saw: int
    """All commits that its PC had applied, itself included."""
    cells: tuple[tuple[Cell, Value, int], ...]
    """Each cell with its value and the commits whose versions the form showed."""
    is_sound: bool
    """Whether a PC of today can apply it at all."""


class Oracle:
    """Keeps all that was written, and says what a PC must come to."""

    def __init__(self) -> None:
        self.written: list[Written] = []
        self.bit: dict[Dot, int] = {}

    def bits(self, dots: Iterable[Dot]) -> int:
        """A set of commits."""
        return sum(self.bit[dot] for dot in dots)

    def note(self, commit: Commit, saw: int, shown: Mapping[Cell, int], *, is_sound: bool) -> int:
        """Write a commit down; returns its bit."""
        bit = 1 << len(self.written)
        self.bit[commit.dot] = bit
        cells = tuple((op.cell, op.version.value, shown.get(op.cell, 0)) for op in commit.ops)
        self.written.append(Written(commit, saw | bit, cells, is_sound))
        return bit

    def applicable(self, reader: int) -> int:
        """Everything that a program can apply: the rest is broken, newer, or builds on such."""
        found = 0
        for number, each in enumerate(self.written):
            before = each.saw & ~(1 << number)
            if each.is_sound and each.commit.heading.min_reader <= reader and not before & ~found:
                found |= 1 << number
        return found

    def live(self, held: int) -> tuple[dict[Cell, int], dict[Row, int]]:
        """Per written cell, and per row for its making, the commits whose versions must be there.

        A version is gone only when somebody who wrote had it on the screen.
        """
        wrote: dict[Cell, int] = {}
        gone: dict[Cell, int] = {}
        made: dict[Row, int] = {}
        for number, each in enumerate(self.written):
            bit = 1 << number
            if held & bit:
                for cell, _value, shown in each.cells:
                    if cell.group == WHOLE_ROW:
                        made[cell[:2]] = bit
                    else:
                        wrote[cell] = wrote.get(cell, 0) | bit
                        gone[cell] = gone.get(cell, 0) | shown
        everything = {
            cell: (bits | made.get(cell[:2], 0)) & ~gone[cell] for cell, bits in wrote.items()
        }
        return everything, made

    def fault(self, pc: Pc, held: int) -> str:
        """What is wrong with what a PC holds; empty when nothing is."""
        live, made = self.live(held)
        if {row: self.bits(each.dot for each in have) for row, have in pc.makers.items()} != made:
            return "a row is missing, or one is there that nobody made"
        have = {
            Cell(*row, group): versions
            for row, groups in pc.cells.items()
            for group, versions in groups.items()
        }
        if have.keys() != live.keys():
            return "a cell is missing, or one is there that nobody wrote"
        for cell, versions in have.items():
            if self.bits(each.dot for each in versions) != live[cell]:
                return "a version is lost, or one is there that a person replaced"
            if any(self._value(cell, each.dot) != each.value for each in versions):
                return "a value is not what was written"
            late = max((each.hlc, each.dot.device, each.value) for each in versions)
            if merging.winner(versions).value != late[2]:
                return "not the version of the latest clock is shown"
        for row in made:
            wrong = self._fault_of_row(pc, row, {c: b for c, b in live.items() if c[:2] == row})
            if wrong:
                return wrong
        return ""

    def _value(self, cell: Cell, dot: Dot) -> Value:
        cells = self.written[self.bit[dot].bit_length() - 1].cells
        return next(value for each, value, _ in cells if each == cell or each.group == WHOLE_ROW)

    def _each(self, bits: int) -> Iterable[Written]:
        while bits:
            low = bits & -bits
            yield self.written[low.bit_length() - 1]
            bits ^= low

    def _fault_of_row(self, pc: Pc, row: Row, live: Mapping[Cell, int]) -> str:
        existence = live.get(Cell(*row, EXISTENCE), 0)
        edits = 0
        for cell, bits in live.items():
            edits |= bits if cell.group != EXISTENCE else 0
        known_to_deleters = deleters = 0
        for each in self._each(existence):
            if self._value(Cell(*row, EXISTENCE), each.commit.dot) == (1,):
                deleters |= self.bit[each.commit.dot]
                known_to_deleters |= each.saw
        hidden = bool(deleters) and deleters == existence and not edits & ~known_to_deleters
        state = pc.state(row)
        if state.is_hidden != hidden:
            return "a deleted row is seen, or an edited one is hidden"
        asked = set() if hidden else self._questions(pc, row, live)
        if deleters and not hidden:
            asked.add((Kind.DELETE_EDIT, EXISTENCE, existence | edits & ~known_to_deleters))
        return self._fault_of_questions(pc, row, state, asked)

    def _questions(self, pc: Pc, row: Row, live: Mapping[Cell, int]) -> set[tuple[Kind, int, int]]:
        found = set()
        for cell, bits in live.items():
            if pc.policies.get(row[0], {}).get(cell.group) in ASKED and cell.group != EXISTENCE:
                values = [self._value(cell, each.commit.dot) for each in self._each(bits)]
                if len({MEANING[value[0]] for value in values}) > 1:
                    found.add((Kind.VALUE, cell.group, bits))
        return found

    def _fault_of_questions(
        self, pc: Pc, row: Row, state: RowState, asked: set[tuple[Kind, int, int]]
    ) -> str:
        found = {
            (each.kind, each.cell.group, self.bits(each.dots)): each for each in state.conflicts
        }
        if found.keys() != asked or len(state.conflicts) != len(asked):
            return "a conflict is not shown, or one is shown that is none"
        if len({each.id for each in state.conflicts}) != len(asked):
            return "two conflicts have one name"
        for each in state.conflicts:
            policy = pc.policies.get(row[0], {}).get(each.cell.group, Policy.LATEST)
            if each.kind is Kind.VALUE and each.severity.value != ASKED[policy]:
                return "a conflict is not as urgent as its group"
        return ""
