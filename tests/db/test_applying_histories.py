"""Real records of three PCs beside the model that ``tests/proofs/sync`` proves, step by step."""

from __future__ import annotations

import random
import uuid

import msgspec
import pytest

from clinic_desktop.domain.merging import EXISTENCE, WHOLE_ROW, Cell
from clinic_desktop.models.registry import BY_NAME, TABLES
from tests.proofs.sync import model
from tests.support.pcs import Pc, hidden, meet, new_patient, same

PATIENT = BY_NAME["patient"]
POLICIES = {t.number: {group.number: group.policy for group in t.groups} for t in TABLES}
COLUMNS = {1: "family", 6: "city"}
"""By group: one that is reviewed, and one where the later value is shown."""
STEPS = 60


class Beside:
    """A real PC, and the model that is told the same."""

    def __init__(self, pc: Pc) -> None:
        self.pc = pc
        self.model = model.Pc(pc.device_id, POLICIES)
        self.made: dict[int, model.Commit] = {}
        """The model's commits by their numbers in the real log."""

    def make(self) -> uuid.UUID:
        row = new_patient(self.pc)
        self._told({Cell(PATIENT.number, row.bytes, WHOLE_ROW): ()})
        return row

    def write(self, row: uuid.UUID, group: int, value: str) -> None:
        column = COLUMNS[group]
        self.pc.sql(f"UPDATE patient SET {column} = ? WHERE id = ?", value, row.bytes)  # noqa: S608
        changes: dict[Cell, model.Value] = {Cell(PATIENT.number, row.bytes, group): (value,)}
        if self.model.state((PATIENT.number, row.bytes)).is_hidden:
            changes[Cell(PATIENT.number, row.bytes, EXISTENCE)] = (1,)
        self._told(changes)

    def turn(self, row: uuid.UUID) -> None:
        """Delete it, or bring it back."""
        value = int(not hidden(self.pc, row))
        self.pc.sql("UPDATE patient SET is_deleted = ? WHERE id = ?", value, row.bytes)
        self._told({Cell(PATIENT.number, row.bytes, EXISTENCE): (value,)})

    def decide(self, chance: random.Random, number: int) -> None:
        asked = chance.choice(self.pc.conflicts())
        column = "is_deleted" if asked.group == EXISTENCE else COLUMNS[asked.group]
        value = chance.randrange(2) if asked.group == EXISTENCE else f"Decided {number}"
        self.pc.decide(asked, **{column: value})
        self._told({Cell(PATIENT.number, asked.row_id.bytes, asked.group): (value,)})

    def take(self, other: Beside, numbers: list[int]) -> None:
        logged = {each.dseq: each for each in other.pc.outgoing()}
        self.pc.take(other.pc, [logged[number] for number in numbers])
        self.model.receive([other.made[number] for number in numbers])

    def _told(self, changes: dict[Cell, model.Value]) -> None:
        self.made[self.pc.outgoing()[-1].dseq] = self.model.save(changes)

    def check(self, rows: list[uuid.UUID]) -> None:
        """Both hold the same versions, hide the same rows and ask the same."""
        asked = {(each.row_id.bytes, each.kind, each.group) for each in self.pc.conflicts()}
        wanted = set()
        for row in rows:
            if (PATIENT.number, row.bytes) not in self.model.makers:
                assert not self.pc.rows("SELECT 1 FROM patient WHERE id = ?", row.bytes)
                continue
            state = self.model.state((PATIENT.number, row.bytes))
            assert hidden(self.pc, row) == state.is_hidden
            wanted |= {(row.bytes, each.kind.value, each.cell.group) for each in state.conflicts}
            for group, column in COLUMNS.items():
                held = self.model.cells.get((PATIENT.number, row.bytes), {}).get(group, ())
                assert self._versions(row, group, column) == sorted(str(v.value[0]) for v in held)
        assert asked == wanted

    def _versions(self, row: uuid.UUID, group: int, column: str) -> list[str]:
        names = next(each.names for each in PATIENT.groups if each.number == group)
        (shown,) = self.pc.rows(f"SELECT {column} FROM patient WHERE id = ?", row.bytes)[0]  # noqa: S608
        kept = self.pc.rows(
            "SELECT val FROM sync_cell WHERE tbl = ? AND pk = ? AND grp = ?",
            *(PATIENT.number, row.bytes, group),
        )
        place = names.index(column)
        return sorted(shown if v is None else msgspec.msgpack.decode(v)[place] for (v,) in kept)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_records_do_as_the_model(three: tuple[Pc, Pc, Pc], seed: int) -> None:
    pcs = [Beside(pc) for pc in three]
    chance = random.Random(seed)
    rows = [pcs[0].make()]
    for number in range(STEPS):
        one = chance.choice(pcs)
        here = [row for row in rows if (PATIENT.number, row.bytes) in one.model.makers]
        what = chance.choice(("write", "write", "turn", "decide", "take", "take", "take", "make"))
        if what == "take":
            other = chance.choice([each for each in pcs if each is not one])
            numbers = sorted(other.made)
            one.take(other, chance.sample(numbers, chance.randint(0, len(numbers))))
        elif what == "make" and len(rows) < 3:
            rows.append(one.make())
        elif what == "write" and here:
            one.write(chance.choice(here), chance.choice(tuple(COLUMNS)), f"Name {number}")
        elif what == "turn" and here:
            one.turn(chance.choice(here))
        elif what == "decide" and one.pc.conflicts():
            one.decide(chance, number)
        one.check(rows)
    meet(*(each.pc for each in pcs))
    for each in pcs:
        for other in pcs:
            each.model.receive(other.model.log)
    for each in pcs:
        each.check(rows)
    assert model.agree([each.model for each in pcs])
    same(*(each.pc for each in pcs))
