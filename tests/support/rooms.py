"""Rooms of a practice whose PCs work apart, for stories in words that a doctor can judge."""

from __future__ import annotations

from dataclasses import dataclass

from clinic_desktop.domain import merging
from clinic_desktop.domain.causality import Dot
from clinic_desktop.domain.merging import WHOLE_ROW, Cell
from clinic_desktop.models.registry import BY_NAME, TABLES
from tests.proofs.sync.model import Pc, Value

POLICIES = {t.number: {group.number: group.policy for group in t.groups} for t in TABLES}
TODAY = 1_790_000_000_000
"""Milliseconds since 1970: autumn 2026."""
TEN_YEARS = 315_360_000_000


@dataclass(frozen=True)
class Entry:
    """A row of the record: an allergy, a prescription, an appointment."""

    table: str
    id: bytes

    def cell(self, group: str) -> Cell:
        spec = BY_NAME[self.table]
        number = next(each.number for each in spec.groups if each.name == group)
        return Cell(spec.number, self.id, number)

    def value(self, group: str, **columns: object) -> Value:
        names = next(each.names for each in BY_NAME[self.table].groups if each.name == group)
        assert not columns.keys() - set(names)
        return tuple(columns.get(name) for name in names)


class Room:
    """A PC and whoever sits there."""

    def __init__(self, name: str, clock: int = TODAY) -> None:
        self.pc = Pc(name.encode().ljust(16), POLICIES)
        self.pc.wall = clock
        self.forms: dict[Cell, frozenset[Dot]] = {}

    def makes(self, table: str) -> Entry:
        own = self.pc.device[:6] + table[:6].encode()
        entry = Entry(table, (own + b"%d" % len(self.pc.log)).ljust(16))
        self.pc.save({Cell(BY_NAME[table].number, entry.id, WHOLE_ROW): ()})
        return entry

    def opens(self, entry: Entry, group: str) -> None:
        """A form that will be saved later."""
        self.forms[entry.cell(group)] = self.pc.dots(entry.cell(group))

    def writes(self, entry: Entry, group: str, **columns: object) -> None:
        """Save the form that is open, or one opened and saved now."""
        cell = entry.cell(group)
        seen = self.forms.pop(cell, self.pc.dots(cell))
        self.pc.save({cell: entry.value(group, **columns)}, {cell: seen})

    def deletes(self, entry: Entry) -> None:
        self.writes(entry, "existence", is_deleted=1)

    def restores(self, entry: Entry) -> None:
        self.writes(entry, "existence", is_deleted=0)

    def sees(self, entry: Entry) -> bool:
        """Whether the entry is in the chart."""
        return not self.pc.state(entry.cell("existence")[:2]).is_hidden

    def reads(self, entry: Entry, group: str, column: str) -> list[object]:
        """All values that hold; more than one where nobody knew of the other."""
        place = self._place(entry, group, column)
        return sorted({each.value[place] for each in self.pc.versions(entry.cell(group))}, key=str)

    def shows(self, entry: Entry, group: str, column: str) -> object:
        """The one value where there is room for one only."""
        held = self.pc.versions(entry.cell(group))
        return merging.winner(held).value[self._place(entry, group, column)]

    def is_asked(self, entry: Entry) -> list[str]:
        """What the people of this room are asked about the entry."""
        names = {each.number: each.name for each in BY_NAME[entry.table].groups}
        return [
            f"{each.severity.name.lower()}: {each.kind.value} of {names[each.cell.group]}"
            for each in self.pc.state(entry.cell("existence")[:2]).conflicts
        ]

    @staticmethod
    def _place(entry: Entry, group: str, column: str) -> int:
        names = next(each.names for each in BY_NAME[entry.table].groups if each.name == group)
        return names.index(column)


def meet(*rooms: Room) -> None:
    """The connection is back: everybody gets everything, and then all hold the same."""
    for _ in range(2):
        for room in rooms:
            for other in rooms:
                room.pc.receive(other.pc.log)
    assert len({room.pc.digest() for room in rooms}) == 1
