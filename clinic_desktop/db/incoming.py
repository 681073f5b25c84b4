"""The rows that another PC's commit wrote, brought into the tables of this one.

Runs while capture is switched off. What a newer program wrote and this one has no place for is kept
as it came in ``sync_unknown`` and written when an update has brought the place.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec

from clinic_desktop.db.bodies import Insert, RefusedError, Update
from clinic_desktop.db.commits import Names
from clinic_desktop.db.conflicts import SEALS, Settler
from clinic_desktop.db.lists import batches, marks
from clinic_desktop.db.pasts import Pasts
from clinic_desktop.models import Base
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
        place = _places(table)
        known = [(at, place[number]) for at, number in enumerate(columns, 1) if number in place]
        more = [at for at, number in enumerate(columns, 1) if number not in place]
        if more:
            numbers = [columns[at - 1] for at in more]
            left = [(row[0], [numbers, [row[at] for at in more]]) for row in rows]
            self._keep(table.number, MORE_COLUMNS, cid, left)
        here = self._present(table, [row[0] for row in rows])
        names = [name for _at, name in known]
        defaults = {n: v for n, v in _defaults(table.name).items() if n not in names}
        all_names = ", ".join(("id", "sv", *names, *defaults))
        self._cursor.executemany(
            f"INSERT INTO {table.name} ({all_names}) VALUES ({marks(all_names.split(', '))})",
            [
                [row[0], cid, *(row[at] for at, _name in known), *defaults.values()]
                for row in rows
                if row[0] not in here
            ],
        )
        for row in rows:
            self._touch(table, row[0])
            if row[0] in here:
                self._second_making(table, row, cid, known)
            else:
                self._parents.add((table.name, row[0]))

    def _second_making(
        self, table: TableSpec, row: list[Any], cid: int, known: list[tuple[int, str]]
    ) -> None:
        """Two PCs made a row of one id: each group has two versions."""
        held = {name: row[at] for at, name in known}
        ops: list[Update] = [
            (table.number, row[0], group.number, [held.get(name) for name in group.names], [])
            for group in table.groups
            if group.names[0] in held
        ]
        self.update(table, 0, cid, {row[0]: ops})

    def _present(self, table: TableSpec, ids: Sequence[bytes]) -> set[bytes]:
        found: set[bytes] = set()
        for part in batches(ids):
            found |= {
                bytes(row[0])
                for row in self._cursor.execute(
                    f"SELECT id FROM {table.name} WHERE id IN ({marks(part)})", part
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
        plain = _Plain(table, cid)
        groups = {group.number: group for group in table.groups}
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
                    group = groups.get(grp)
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

    def more_columns(
        self, table: TableSpec, pk: bytes, cid: int, numbers: list[int], values: list[Any]
    ) -> None:
        """Columns that were written with a new row, as far as they were not written again since."""
        place, groups = _places(table), _group_of(table)
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
            group = next(each for each in table.groups if each.number == grp)
            pairs = list(zip(group.names, values, strict=False))
            wanted = ", ".join(f"{name} = ?" for name, _value in pairs)
            self._cursor.execute(
                f"UPDATE {table.name} SET {wanted} WHERE id = ?", (*(v for _n, v in pairs), pk)
            )
        else:
            self.in_dispute.add((table.number, pk))
        self._touch(table, pk)

    def settle(self) -> None:
        """Say of rows with several versions what is shown and what people are asked."""
        rows = self.in_dispute | self._asked_about()
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
        for parent, pk in _referred(inserts, updates):
            if (parent, pk) not in self._parents:
                wanted[parent].add(pk)
        for parent, ids in wanted.items():
            column = "id"
            for part in batches(sorted(ids)):
                found = {
                    bytes(row[0])
                    for row in self._cursor.execute(
                        f"SELECT {column} FROM {parent} WHERE id IN ({marks(part)})", part
                    ).fetchall()
                }
                missing = set(part) - found
                if missing:
                    raise RefusedError("reference", f"{parent} {min(missing).hex()}")
                self._parents |= {(parent, pk) for pk in found}

    def forget_parents(self) -> None:
        """After a commit was taken back."""
        self._parents.clear()


class _Plain:
    """Cells of one table that have one version after a commit: most of all, written together."""

    def __init__(self, table: TableSpec, cid: int) -> None:
        self._table, self._cid = table, cid
        self._keys: list[tuple[int, bytes, int]] = []
        self._values: dict[bytes, dict[str, Any]] = defaultdict(dict)

    def add(self, pk: bytes, group: GroupSpec, values: list[Any]) -> None:
        """One more."""
        self._keys.append((self._table.number, pk, group.number))
        self._values[pk] |= zip(group.names, values, strict=False)

    def write(self, cursor: Any) -> None:
        """The versions, and in the rows what they say."""
        cursor.executemany("DELETE FROM sync_cell WHERE tbl = ? AND pk = ? AND grp = ?", self._keys)
        cursor.executemany(
            "INSERT INTO sync_cell (tbl, pk, grp, ver) VALUES (?, ?, ?, ?)",
            [(*key, self._cid) for key in self._keys],
        )
        alike: dict[tuple[str, ...], list[list[Any]]] = defaultdict(list)
        for pk, values in self._values.items():
            alike[tuple(values)].append([*values.values(), pk])
        for names, rows in alike.items():
            wanted = ", ".join(f"{name} = ?" for name in names)
            cursor.executemany(f"UPDATE {self._table.name} SET {wanted} WHERE id = ?", rows)


def _referred(inserts: list[Insert], updates: list[Update]) -> Iterator[tuple[str, bytes]]:
    for number, columns, rows in inserts:
        table = BY_NUMBER.get(number)
        if table is None:
            continue
        place, targets = _places(table), _targets(table.name)
        at = [
            (index, targets[place[column]])
            for index, column in enumerate(columns, 1)
            if place.get(column) in targets
        ]
        for row in rows if at else ():
            yield from ((parent, row[index]) for index, parent in at if row[index] is not None)
    for number, _pk, grp, values, _replaced in updates:
        table = BY_NUMBER.get(number)
        group = next((g for g in table.groups if g.number == grp), None) if table else None
        if table is None or group is None:
            continue
        targets = _targets(table.name)
        for name, value in zip(group.names, values, strict=False):
            if name in targets and value is not None:
                yield targets[name], value


@cache
def _places(table: TableSpec) -> dict[int, str]:
    return {number: name for group in table.groups for name, number in group.columns}


@cache
def _group_of(table: TableSpec) -> dict[int, int]:
    return {number: group.number for group in table.groups for _name, number in group.columns}


@cache
def _targets(table: str) -> dict[str, str]:
    """By column the table that it refers to."""
    return {
        column.name: key.column.table.name
        for column in Base.metadata.tables[table].columns
        for key in column.foreign_keys
    }


@cache
def _defaults(table: str) -> dict[str, Any]:
    """What columns hold that an older program did not write and the file does not fill in."""
    found: dict[str, Any] = {}
    for column in Base.metadata.tables[table].columns:
        default: Any = column.default
        if default is not None and default.is_scalar and column.server_default is None:
            found[column.name] = default.arg
    found.pop("sv", None)
    return found
