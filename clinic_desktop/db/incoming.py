"""The rows that another PC's commit wrote, brought into the tables of this one.

Runs while capture is switched off. What a newer program wrote and this one has no place for is kept
as it came in ``sync_unknown`` and written when an update has brought the place.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import takewhile
from typing import Any

import msgspec

from clinic_desktop.db.answers import rows_asked_again
from clinic_desktop.db.bodies import Insert, RefusedError, Update, references
from clinic_desktop.db.commits import Names
from clinic_desktop.db.conflicts import SEALS, Settler, put
from clinic_desktop.db.lists import batches, marks
from clinic_desktop.db.new_rows import Making, Plain, made_from
from clinic_desktop.db.pasts import Pasts
from clinic_desktop.models.registry import BY_NAME, BY_NUMBER, GroupSpec, TableSpec

WHOLE_ROW, MORE_COLUMNS = -1, -2
"""In place of a group in ``sync_unknown``."""
_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder().decode
_Cells = dict[int, list[tuple[int, bytes | None]]]
"""By group its versions: commit and, where there are several, the values."""


class Rows:
    """Writes what commits say; one for a whole batch, so that look-ups are made once."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor
        self.names = Names(cursor)
        self.pasts = Pasts(cursor, self.names)
        self.settler = Settler(cursor, self.names, self.pasts)
        self.touched: set[tuple[str, uuid.UUID]] = set()
        self.in_dispute: set[tuple[int, bytes]] = set()
        self._parents: set[tuple[str, bytes]] = set()
        self._makings: dict[tuple[int, tuple[int, ...]], Making] = {}

    def write(self, dev: int, cid: int, inserts: list[Insert], updates: list[Update]) -> None:
        """One commit.

        Raises:
            RefusedError: it does not fit to what is here.
        """
        for number, columns, rows in inserts:
            table = BY_NUMBER.get(number)
            if table is None:
                self._keep(number, WHOLE_ROW, cid, [(row[0], [columns, row]) for row in rows])
            else:
                self.insert(table, cid, columns, rows)
        by_row: dict[int, dict[bytes, list[Update]]] = defaultdict(lambda: defaultdict(list))
        for update in updates:
            by_row[update[0]][update[1]].append(update)
        for number, rows_of_table in by_row.items():
            table = BY_NUMBER.get(number)
            if table is not None:
                self.update(table, dev, cid, rows_of_table)
                continue
            for pk, ops in rows_of_table.items():
                for op in ops:
                    self._keep(number, op[2], cid, [(pk, [dev, op[3], op[4], False])])
        self.check_references(inserts, updates)

    def insert(self, table: TableSpec, cid: int, columns: list[int], rows: list[list[Any]]) -> None:
        """New rows of one table; one that is here already gets further versions instead."""
        making = self._making(table, tuple(columns))
        if making.more:
            numbers = [columns[at - 1] for at in making.more]
            left = [(row[0], [numbers, [row[at] for at in making.more]]) for row in rows]
            self._keep(table.number, MORE_COLUMNS, cid, left)
        made = making.insert(self._cursor, cid, rows)
        ids = [row[0] for row in rows]
        self.touched |= {(table.name, uuid.UUID(bytes=pk)) for pk in ids}
        here = self._present(table, ids, cid) if made < len(rows) else set[bytes]()
        second = [row for row in rows if row[0] in here]
        if made + len(second) != len(rows):
            raise RefusedError("file", f"{table.name} twice in a commit")
        self._parents |= {(table.name, pk) for pk in ids if pk not in here}
        for row in second:
            self._second_making(table, row, cid, making.known)

    def _making(self, table: TableSpec, columns: tuple[int, ...]) -> Making:
        key = table.number, columns
        if key not in self._makings:
            self._makings[key] = made_from(table, columns)
        return self._makings[key]

    def _second_making(
        self, table: TableSpec, row: list[Any], cid: int, known: list[tuple[int, str]]
    ) -> None:
        """Two PCs made a row of one id: each group has two versions."""
        held = {name: row[at] for at, name in known}
        ops: list[Update] = [
            # An older program may leave out the last ones.
            (table.number, row[0], group.number,
             [held[name] for name in takewhile(held.__contains__, group.names)], [])
            for group in table.groups
            if group.names[0] in held
        ]  # fmt: skip
        self.update(table, 0, cid, {row[0]: ops})

    def _present(self, table: TableSpec, ids: Sequence[bytes], cid: int) -> set[bytes]:
        """Those of these rows that another commit made."""
        found: set[bytes] = set()
        for part in batches(ids):
            found |= {
                bytes(row[0])
                for row in self._cursor.execute(
                    f"SELECT id FROM {table.name} WHERE sv <> ? AND id IN ({marks(part)})",
                    [cid, *part],
                ).fetchall()
            }
        return found

    def update(
        self, table: TableSpec, dev: int, cid: int, changed: Mapping[bytes, Sequence[Update]]
    ) -> None:
        """Changed groups of rows of one table.

        Raises:
            RefusedError: there is no such row.
        """
        plain = Plain(table, cid)
        for part in batches(list(changed)):
            made, cells = self._versions(table, part)
            for pk in part:
                if pk not in made:
                    raise RefusedError("no row", f"{table.name} {pk.hex()}")
                held = cells[pk]
                several = 0 in held or any(len(each) > 1 for each in held.values())
                for _number, _pk, grp, values, replaced in changed[pk]:
                    gone = {cid, *self.names.read(dev, replaced)}
                    before = held.get(grp) or [(made[pk], None)]
                    left = [each for each in before if each[0] not in gone]
                    group = table.by_number.get(grp)
                    if group is None or len(values) > len(group.names):
                        self._keep(table.number, grp, cid, [(pk, [dev, values, replaced, True])])
                    if left or group is None:
                        self._write_cell(table, pk, grp, group, left, (cid, values))
                    else:
                        plain.add(pk, group, values)
                    several = several or bool(left) or grp == 0
                self._touch(table, pk)
                if several:
                    self.in_dispute.add((table.number, pk))
        plain.write(self._cursor)

    def _versions(
        self, table: TableSpec, ids: Sequence[bytes]
    ) -> tuple[dict[bytes, int], dict[bytes, _Cells]]:
        """Of these rows the commit that made each, and the versions of groups written since."""
        which = marks(ids)
        made = {
            bytes(pk): sv
            for pk, sv in self._cursor.execute(
                f"SELECT id, sv FROM {table.name} WHERE id IN ({which})", ids
            ).fetchall()
        }
        cells: dict[bytes, _Cells] = defaultdict(lambda: defaultdict(list))
        for pk, grp, ver, val in self._cursor.execute(
            f"SELECT pk, grp, ver, val FROM sync_cell WHERE tbl = ? AND pk IN ({which})"
            " ORDER BY ver",
            [table.number, *ids],
        ).fetchall():
            cells[bytes(pk)][grp].append((ver, val))
        return made, cells

    def _write_cell(
        self,
        table: TableSpec,
        pk: bytes,
        grp: int,
        group: GroupSpec | None,
        left: list[tuple[int, bytes | None]],
        new: tuple[int, list[Any]],
    ) -> None:
        """The versions of a cell that has several, or no place in the row; see ``settle``."""
        cursor, key = self._cursor, (table.number, pk, grp)
        shown = self.settler.columns(table, pk, group.names) if group is not None else []
        held = [(ver, val if val is not None else _pack(shown)) for ver, val in left]
        cursor.execute("DELETE FROM sync_cell WHERE tbl = ? AND pk = ? AND grp = ?", key)
        cursor.executemany(
            "INSERT INTO sync_cell (tbl, pk, grp, ver, val) VALUES (?, ?, ?, ?, ?)",
            [(*key, ver, val) for ver, val in [*held, (new[0], _pack(new[1]))]],
        )
        if group is not None:
            # Tried in the row now, while a commit that does not fit can still be kept out.
            put(cursor, table, pk, group, new[1])
            put(cursor, table, pk, group, shown)

    def more_columns(
        self, table: TableSpec, pk: bytes, cid: int, numbers: list[int], values: list[Any]
    ) -> None:
        """Columns that were written with a new row, as far as they were not written again since."""
        place, groups = table.names, _group_of(table)
        written = {
            row[0]
            for row in self._cursor.execute(
                "SELECT grp FROM sync_cell WHERE tbl = ? AND pk = ?", (table.number, pk)
            ).fetchall()
        }
        for number, value in zip(numbers, values, strict=True):
            if number in place and groups[number] not in written:
                self._cursor.execute(
                    f"UPDATE {table.name} SET {place[number]} = ? WHERE id = ?", (value, pk)
                )
        left = [pair for pair in zip(numbers, values, strict=True) if pair[0] not in place]
        if left:
            op = [[number for number, _value in left], [value for _number, value in left]]
            self._keep(table.number, MORE_COLUMNS, cid, [(pk, op)])
        self._touch(table, pk)

    def fill(self, table: TableSpec, pk: bytes, grp: int, cid: int, values: list[Any]) -> None:
        """Values of a version whose place is known only now; none if it was replaced since."""
        key = (table.number, pk, grp)
        cells = [
            row[0]
            for row in self._cursor.execute(
                "SELECT ver FROM sync_cell WHERE tbl = ? AND pk = ? AND grp = ?", key
            ).fetchall()
        ]
        if cid not in cells:
            return
        self._cursor.execute(
            "UPDATE sync_cell SET val = ? WHERE tbl = ? AND pk = ? AND grp = ? AND ver = ?",
            (None if len(cells) == 1 else _pack(values), *key, cid),
        )
        if len(cells) == 1:
            put(self._cursor, table, pk, table.by_number[grp], values)
        else:
            self.in_dispute.add((table.number, pk))
        self._touch(table, pk)

    def settle(self) -> None:
        """Say of rows with several versions what is shown and what people are asked."""
        rows = self.in_dispute | self._asked_about() | self._asked_again()
        fixing = {each for each in rows if BY_NUMBER[each[0]].name in SEALS}
        for number, pk in sorted(fixing):
            self.settler.settle(BY_NUMBER[number], pk)
        # Only now do bills show whether they were issued.
        for number, pk in sorted((rows - fixing) | self._lines_of_issued()):
            self.settler.settle(BY_NUMBER[number], pk)
        self.in_dispute.clear()

    def _lines_of_issued(self) -> set[tuple[int, bytes]]:
        """Lines that came to an issued bill, and those of bills that were issued elsewhere."""
        touched: dict[str, list[bytes]] = {"invoice_line": [], "invoice": []}
        for table, row in self.touched:
            if table in touched:
                touched[table].append(row.bytes)
        number, found = BY_NAME["invoice_line"].number, set()
        for column, ids in (("l.id", touched["invoice_line"]), ("i.id", touched["invoice"])):
            for part in batches(ids):
                rows = self._cursor.execute(
                    "SELECT l.id FROM invoice_line l JOIN invoice i ON i.id = l.invoice_id"
                    f" WHERE i.status = 'issued' AND {column} IN ({marks(part)})",
                    part,
                )
                found |= {(number, bytes(row[0])) for row in rows.fetchall()}
        return found

    def _asked_about(self) -> set[tuple[int, bytes]]:
        """Touched rows that a question is open about."""
        rows = self._cursor.execute("SELECT DISTINCT tbl, pk FROM sync_conflict").fetchall()
        return {
            (tbl, bytes(pk))
            for tbl, pk in rows
            if tbl in BY_NUMBER
            and (BY_NUMBER[tbl].name, uuid.UUID(bytes=bytes(pk))) in self.touched
        }

    def _asked_again(self) -> set[tuple[int, bytes]]:
        events = [row.bytes for table, row in self.touched if table == "audit_event"]
        found = rows_asked_again(self._cursor, events)
        return {(tbl, pk) for tbl, pk in found if tbl in BY_NUMBER}

    def _touch(self, table: TableSpec, pk: bytes) -> None:
        self.touched.add((table.name, uuid.UUID(bytes=pk)))

    def _keep(self, number: int, grp: int, cid: int, ops: list[tuple[bytes, Any]]) -> None:
        self._cursor.executemany(
            "INSERT INTO sync_unknown (tbl, pk, grp, cid, op) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            [(number, pk, grp, cid, _pack(op)) for pk, op in ops],
        )

    def check_references(self, inserts: list[Insert], updates: list[Update]) -> None:
        """What rows refer to must be there at the end of the commit that wrote them.

        Raises:
            RefusedError: something is not.
        """
        wanted: dict[str, set[bytes]] = defaultdict(set)
        for parent, pk in references(inserts, updates):
            if (parent, pk) not in self._parents:
                wanted[parent].add(pk)
        for parent, ids in wanted.items():
            for part in batches(sorted(ids)):
                found = {
                    bytes(row[0])
                    for row in self._cursor.execute(
                        f"SELECT id FROM {parent} WHERE id IN ({marks(part)})", part
                    ).fetchall()
                }
                missing = set(part) - found
                if missing:
                    raise RefusedError("reference", f"{parent} {min(missing).hex()}")
                self._parents |= {(parent, pk) for pk in found}

    def forget_parents(self) -> None:
        """After a commit was taken back."""
        self._parents.clear()


@cache
def _group_of(table: TableSpec) -> dict[int, int]:
    return {number: group.number for group in table.groups for _name, number in group.columns}
