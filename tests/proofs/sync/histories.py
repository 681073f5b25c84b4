"""P1-P5: whatever several PCs write, and however it travels, they agree and nothing is lost.

A history is two to seven PCs with clocks that are up to ten years wrong, some with an older
program. People open forms and save them later, over what arrived meanwhile; they delete, restore,
decide conflicts. Commits travel in any order, some often, some late, over other PCs or a server.
At moments, and at the end when everybody has everything, each PC is compared with an oracle that
wrote down what people saw (``oracle.py``), and with the others.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor

from clinic_desktop.domain import merging
from clinic_desktop.domain.causality import Dot
from clinic_desktop.domain.merging import EXISTENCE, WHOLE_ROW, Cell, Op, Policy
from tests.proofs.result import Result, progress
from tests.proofs.sync.model import Commit, Pc, Policies, Row, Value
from tests.proofs.sync.oracle import MEANING, Oracle

NAME = "P1-P5"
OLD, NEW = 1, 2
"""Versions of the program."""
KNOWN: dict[int, Policies] = {
    OLD: {
        1: {
            EXISTENCE: Policy.REVIEW_CLINICAL,
            1: Policy.REVIEW_SAFETY,
            2: Policy.REVIEW_ADMIN,
            3: Policy.LATEST,
        }
    },
    NEW: {
        1: {
            EXISTENCE: Policy.REVIEW_CLINICAL,
            1: Policy.REVIEW_SAFETY,
            2: Policy.REVIEW_ADMIN,
            3: Policy.LATEST,
            4: Policy.REVIEW_CLINICAL,
        },
        2: {EXISTENCE: Policy.REVIEW_CLINICAL, 1: Policy.REVIEW_CLINICAL, 2: Policy.LATEST},
    },
}
"""The newer one knows a group and a table more."""
PCS = (2, 2, 2, 3, 3, 3, 4, 4, 5, 7)
STEPS = (20, 30, 40, 60, 80)
VALUES: tuple[Value, ...] = tuple((text,) for text in MEANING)
SKEWS = (0, 0, 0, 1_000, -1_000, 600_000, 315_360_000_000, -315_360_000_000)
"""Milliseconds; the last are ten years."""
TODAY = 1_790_000_000_000
REPORT = 20_000
WRONG_ORDER = "a commit was applied before what its author had seen"


class Seat:
    """A PC, who sits there, and what the history knows of it."""

    def __init__(self, pc: Pc, skew: int) -> None:
        self.pc = pc
        self.skew = skew
        self.is_offline = False
        self.is_broken = False
        """Its program made a commit that no sound program can make."""
        self.applied = 0
        """What it had applied, as a set of the oracle."""
        self.read = 0
        """How many commits of its log are in that set."""
        self.forms: list[tuple[dict[Cell, frozenset[Dot]], dict[Cell, int]]] = []


class History:
    """One history; the same number gives the same."""

    def __init__(self, number: int) -> None:
        self._chance = random.Random(number)
        self._oracle = Oracle()
        self._rows: list[Row] = []
        self._now = TODAY
        self._seats = [self._seat(place) for place in range(self._chance.choice(PCS))]
        self._seats[0].pc.reader, self._seats[0].pc.policies = NEW, KNOWN[NEW]
        self._all: list[Commit] = []
        """What a server would hold."""

    def _seat(self, place: int) -> Seat:
        version = OLD if self._chance.random() < 0.25 else NEW
        pc = Pc(bytes([self._chance.randrange(256), place]) * 8, KNOWN[version], version)
        return Seat(pc, self._chance.choice(SKEWS))

    def play(self) -> str:
        """What went wrong, empty when nothing did."""
        self._make_row(self._seats[0])
        for seat in self._seats[1:]:
            if self._chance.random() < 0.8:
                self._take(seat, self._all)
        steps = (self._form, self._form, self._save, self._save, self._save, self._save,
                 self._send, self._send, self._send, self._send, self._remove, self._decide,
                 self._decide, self._odd)  # fmt: skip
        for _ in range(self._chance.choice(STEPS)):
            self._now += self._chance.randrange(100_000)
            seat = self._chance.choice(self._seats)
            wrong = self._chance.choice(steps)(seat)
            if wrong:
                return wrong
        return self._end()

    # ------------------------------------------------------------ what people do

    def _write(
        self,
        seat: Seat,
        changes: dict[Cell, Value],
        shown: dict[Cell, frozenset[Dot]] | None = None,
        seen: dict[Cell, int] | None = None,
    ) -> None:
        """Save, and tell the oracle what was on the screen: by default, what holds now."""
        seen = dict(seen or {})
        for cell in changes:
            if cell not in seen and cell.group != WHOLE_ROW:
                seen[cell] = self._oracle.bits(seat.pc.dots(cell))
        seat.pc.wall = max(0, self._now + seat.skew)
        newer = seat.pc.reader == NEW and self._chance.random() < 0.03
        commit = seat.pc.save(changes, shown, NEW if newer else OLD)
        bit = self._oracle.note(commit, seat.applied, seen, is_sound=not seat.is_broken)
        seat.applied |= bit
        seat.read += 1
        self._all.append(commit)

    def _make_row(self, seat: Seat) -> str:
        table = self._chance.choice(tuple(seat.pc.policies))
        row = (table, bytes([len(self._rows)]) * 16)
        self._rows.append(row)
        self._write(seat, {Cell(*row, WHOLE_ROW): self._chance.choice(VALUES)})
        return ""

    def _cells(self, seat: Seat) -> list[Cell]:
        """Some cells of one row that this PC has and its program knows."""
        known = [row for row in seat.pc.makers if row[0] in seat.pc.policies]
        if not known:
            return []
        row = self._chance.choice(known)
        groups = len(seat.pc.policies[row[0]]) - 1
        first = self._chance.randrange(groups)
        count = 2 if self._chance.random() < 0.3 else 1
        return [Cell(*row, 1 + (first + place) % groups) for place in range(count)]

    def _form(self, seat: Seat) -> str:
        """A form opens and stays open while others write."""
        shown = {cell: seat.pc.dots(cell) for cell in self._cells(seat)}
        if shown:
            seat.forms.append((shown, {c: self._oracle.bits(dots) for c, dots in shown.items()}))
        return ""

    def _save(self, seat: Seat) -> str:
        if seat.forms and self._chance.random() < 0.7:
            shown, seen = seat.forms.pop(self._chance.randrange(len(seat.forms)))
            self._write(seat, {c: self._chance.choice(VALUES) for c in shown}, shown, seen)
        elif cells := self._cells(seat):
            changes = {cell: self._chance.choice(VALUES) for cell in cells}
            row = cells[0][:2]
            if seat.pc.state(row).is_hidden:
                changes[Cell(*row, EXISTENCE)] = (1,)  # as ``db.journal`` does: it stays deleted
            self._write(seat, changes)
        return ""

    def _remove(self, seat: Seat) -> str:
        """Delete a row, or bring back one that is deleted."""
        for cell in self._cells(seat)[:1]:
            row = cell[:2]
            hidden = seat.pc.state(row).is_hidden
            self._write(seat, {Cell(*row, EXISTENCE): (0 if hidden else 1,)})
        return ""

    def _decide(self, seat: Seat) -> str:
        """Somebody decides the first conflict of a row."""
        for cell in self._cells(seat)[:1]:
            for conflict in seat.pc.state(cell[:2]).conflicts[:1]:
                if conflict.cell.group == EXISTENCE:
                    value: Value = (self._chance.randrange(2),)
                else:
                    value = self._chance.choice(seat.pc.versions(conflict.cell)).value
                self._write(seat, {conflict.cell: value})
        return ""

    def _odd(self, seat: Seat) -> str:
        """What happens now and then."""
        which = self._chance.randrange(8)
        if which == 0:
            seat.skew = self._chance.choice(SKEWS)
        elif which <= 2:
            seat.is_offline = not seat.is_offline
        elif which == 3:
            return self._update(seat)
        elif which == 4:
            self._break(seat)
        elif which == 5:
            self._make_row(seat)
        elif not seat.is_broken:
            return self._oracle.fault(seat.pc, seat.applied)
        return ""

    def _update(self, seat: Seat) -> str:
        """The newer program is installed; what waited for it is applied."""
        seat.pc.reader, seat.pc.policies = NEW, KNOWN[NEW]
        return self._take(seat, ())

    def _break(self, seat: Seat) -> None:
        """A program with a fault replaces a version that it never had."""
        unknown = [each for each in self._all if not seat.applied & self._oracle.bit[each.dot]]
        if len(self._seats) > 2 and seat is not self._seats[0] and unknown:
            target = self._chance.choice(unknown)
            op: Op = target.ops[0]
            if op.cell.group != WHOLE_ROW:
                seat.is_broken = True
                self._write(seat, {op.cell: ("5 mg",)}, {op.cell: frozenset({target.dot})})

    # ------------------------------------------------------------ how it travels

    def _send(self, seat: Seat) -> str:
        """A PC takes some of what another or the server has: any, in any order, some twice."""
        if seat.is_offline:
            return ""
        sources = [other.pc.log for other in self._seats if not other.is_offline]
        source = self._chance.choice([*sources, self._all])
        batch = self._chance.sample(source, self._chance.randint(0, len(source)))
        return self._take(seat, batch + batch[:: self._chance.randint(2, 5)])

    def _take(self, seat: Seat, batch: Iterable[Commit]) -> str:
        seat.pc.receive(batch)
        for commit in seat.pc.log[seat.read :]:
            bit = self._oracle.bit[commit.dot]
            saw = self._oracle.written[bit.bit_length() - 1].saw
            if bit & seat.applied or saw & ~bit & ~seat.applied:
                return WRONG_ORDER if not bit & seat.applied else "a commit was applied twice"
            seat.applied |= bit
        seat.read = len(seat.pc.log)
        return ""

    # ------------------------------------------------------------ the end

    def _end(self) -> str:
        """Everybody gets everything, and half of the old programs are replaced."""
        for seat in self._seats:
            rest = self._chance.sample(self._all, len(self._all))
            cut = self._chance.randint(0, len(rest))
            for batch in (rest[:cut], rest[cut // 2 :], rest[: cut // 2]):
                if wrong := self._take(seat, batch):
                    return wrong
            old = seat.pc.reader == OLD
            if old and self._chance.random() < 0.5 and (wrong := self._update(seat)):
                return wrong
        sound = [seat for seat in self._seats if not seat.is_broken]
        return self._unequal(sound) or next(
            filter(None, (self._oracle.fault(seat.pc, seat.applied) for seat in sound)), ""
        )

    def _unequal(self, sound: list[Seat]) -> str:
        """What two PCs do not agree on, or what somebody still waits for."""
        pictures: dict[tuple[int, int], object] = {}
        digests: dict[int, bytes] = {}
        for seat in sound:
            pc = seat.pc
            if seat.applied != self._oracle.applicable(pc.reader):
                return "a commit that can be applied still waits, or one was that must not be"
            if digests.setdefault(seat.applied, pc.digest()) != pc.digest():
                return "two PCs with the same commits have different digests"
            seen = {row: (pc.state(row), self._shown(pc, row)) for row in pc.makers}
            if pictures.setdefault((seat.applied, pc.reader), seen) != seen:
                return "two PCs with the same commits show different things"
        if len(set(digests.values())) != len(digests):
            return "two PCs with different commits have the same digest"
        return ""

    def _shown(self, pc: Pc, row: Row) -> dict[int, Value]:
        """The value that each known cell of a row shows."""
        return {
            group: merging.winner(held).value
            for group, held in pc.cells.get(row, {}).items()
            if group in pc.policies.get(row[0], {})
        }


def _failures(first: int, count: int) -> list[str]:
    found = ((number, History(number).play()) for number in range(first, first + count))
    return [f"history {number}: {wrong}" for number, wrong in found if wrong]


def prove(size: int, seed: int, jobs: int = 1) -> Result:
    """``size`` histories, numbered from ``seed`` on."""
    failures: list[str] = []
    starts = range(seed, seed + size, REPORT)
    counts = [min(REPORT, seed + size - start) for start in starts]
    found: Iterable[list[str]] = map(_failures, starts, counts)
    if jobs > 1:
        found = ProcessPoolExecutor(jobs).map(_failures, starts, counts)
    done = 0
    for count, wrong in zip(counts, found, strict=True):
        failures += wrong
        done += count
        if size > REPORT:
            progress(NAME, done, size, failures)
    return Result(NAME, size - len(failures), failures, seed)
