"""A PC as far as the merge sees it: the rules of ``domain/merging.py`` and nothing else.

No file, no network, no clock of its own. What it applies, holds back and asks people is what the
database does with the same rules; who plays the PCs decides what arrives, when and how often.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from clinic_desktop.domain import causality, merging
from clinic_desktop.domain.causality import Dot, Heading, Verdict
from clinic_desktop.domain.merging import (
    WHOLE_ROW,
    Cell,
    Op,
    Policy,
    RowState,
    Version,
    Versions,
)

Row = tuple[int, bytes]
"""Table and id."""
Value = tuple[object, ...]
Policies = Mapping[int, Mapping[int, Policy]]
"""By table and group; what is missing the program of a PC does not know."""


class Commit(NamedTuple):
    """What one PC saved at once."""

    heading: Heading
    hlc: int
    ops: tuple[Op, ...]

    @property
    def dot(self) -> Dot:
        """Its name."""
        return self.heading.dot


class Pc:
    """One PC of a practice."""

    def __init__(self, device: bytes, policies: Policies, reader: int = 1) -> None:
        self.device = device
        self.policies = policies
        self.reader = reader
        self.wall = 0
        """What its clock shows, in milliseconds."""
        self.held: dict[bytes, int] = {}
        self.log: list[Commit] = []
        """All commits in the order in which they were applied here."""
        self.waiting: dict[Dot, Commit] = {}
        self.makers: dict[Row, Versions] = {}
        self.cells: dict[Row, dict[int, Versions]] = {}
        self._pasts: dict[Dot, dict[bytes, int]] = {}
        self._told: dict[bytes, int] = {}
        self._hlc = 0

    # ------------------------------------------------------------ reading

    def versions(self, cell: Cell) -> Versions:
        """All versions of a cell that hold here."""
        row = cell[:2]
        written = self.cells.get(row, {}).get(cell.group)
        return self.makers.get(row, ()) if written is None else written

    def dots(self, cell: Cell) -> frozenset[Dot]:
        """What a form that opens now shows of a cell."""
        return frozenset(each.dot for each in self.versions(cell))

    def state(self, row: Row) -> RowState:
        """Whether a row is hidden, and what people are asked about it."""
        return merging.row_state(
            *row, self.cells.get(row, {}), self.policies.get(row[0], {}), self._pasts.__getitem__
        )

    def digest(self) -> bytes:
        """Of all that this PC holds."""
        rows = ((Cell(*row, WHOLE_ROW), made) for row, made in self.makers.items())
        written = (
            (Cell(*row, group), held)
            for row, groups in self.cells.items()
            for group, held in groups.items()
        )
        entries = (*rows, *written)
        return merging.digest((cell, [each.dot for each in held]) for cell, held in entries)

    # ------------------------------------------------------------ writing

    def save(
        self,
        changes: Mapping[Cell, Value],
        shown: Mapping[Cell, frozenset[Dot]] | None = None,
        min_reader: int = 0,
    ) -> Commit:
        """Write cells at once.

        ``shown`` is what the form showed of them when it was opened: where it says nothing, what
        holds now. A cell with ``WHOLE_ROW`` makes a row.
        """
        shown = shown or {}
        self._hlc = max(self._hlc + 1, self.wall << 16)
        dot = Dot(self.device, self.held.get(self.device, 0) + 1)
        ops = [
            Op(
                cell,
                Version(dot, self._hlc, value),
                frozenset()
                if cell.group == WHOLE_ROW
                else shown[cell]
                if cell in shown
                else self.dots(cell),
            )
            for cell, value in changes.items()
        ]
        news = {device: n for device, n in self.held.items() if self._told.get(device) != n}
        news.pop(self.device, None)
        self._told = dict(self.held)
        commit = Commit(Heading(dot, news, min_reader), self._hlc, tuple(ops))
        self._apply(commit, self._past(commit))
        return commit

    # ------------------------------------------------------------ taking what others wrote

    def receive(self, commits: Iterable[Commit]) -> None:
        """Take commits in whatever order and as often as they come; keep what has to wait."""
        arrived = [*self.waiting.values(), *commits]
        found = {each.dot: each for each in arrived}
        order = causality.in_order(self.held, [each.heading for each in arrived], self.reader)
        self.waiting = {dot: found[dot] for dot in order.waiting}
        for dot in order.ready:
            commit = found[dot]
            # Again, because one before it may have been refused.
            if causality.verdict(self.held, commit.heading, self.reader) is not Verdict.APPLY:
                self.waiting[dot] = commit
                continue
            past = self._past(commit)
            if any(causality.unseen(past, op.supersedes) for op in commit.ops):
                self.waiting[dot] = commit  # replaces what its author cannot know: a fault there
            else:
                self._apply(commit, past)

    def _past(self, commit: Commit) -> dict[bytes, int]:
        device, number = commit.dot
        before = self._pasts.get(Dot(device, number - 1), {})
        return causality.past_of(before, commit.heading)

    def _apply(self, commit: Commit, past: dict[bytes, int]) -> None:
        device, number = commit.dot
        self.held[device] = number
        self._pasts[commit.dot] = past
        self.log.append(commit)
        for op in commit.ops:
            row = op.cell[:2]
            if op.cell.group == WHOLE_ROW:
                self.makers[row] = merging.fold(self.makers.get(row, ()), op)
            else:
                groups = self.cells.setdefault(row, {})
                groups[op.cell.group] = merging.fold(self.versions(op.cell), op)


def agree(pcs: Sequence[Pc]) -> bool:
    """Whether PCs that hold the same commits hold the same record."""
    return len({pc.digest() for pc in pcs}) == 1
