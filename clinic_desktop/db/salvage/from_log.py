"""Rows that cannot be read any more, made again from what the log says of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import sqlcipher3

from clinic_desktop.db import journal
from clinic_desktop.db.lists import marks
from clinic_desktop.db.replay import UNREADABLE
from clinic_desktop.models.registry import BY_NUMBER, TABLES, TableSpec


@dataclass
class Lost:
    """A row that the log knows and the tables do not have."""

    table: TableSpec
    values: dict[str, Any]
    updates: list[tuple[int, list[Any]]] = field(default_factory=list)
    """Group and values, oldest first."""

    @property
    def newest(self) -> dict[str, Any]:
        """The row as the log's last word makes it."""
        found = dict(self.values)
        names = {group.number: group.names for group in self.table.groups}
        for group, values in self.updates:
            found |= dict(zip(names.get(group, ()), values, strict=False))
        return found


def lost_rows(cursor: Any) -> list[Lost]:
    """Every row that a readable commit made and that is not in its table."""
    present = {table.number: _ids(cursor, table) for table in TABLES}
    lost: dict[tuple[int, bytes], Lost] = {}
    for cid, body in cursor.execute("SELECT cid, body FROM sync_commit ORDER BY cid"):
        try:
            inserts, updates = journal.read_body(body)
        except UNREADABLE:
            continue
        for number, columns, rows in inserts:
            table = BY_NUMBER.get(number)
            if table is None:
                continue
            for pk, *values in rows:
                if pk not in present[number]:
                    lost[number, pk] = Lost(table, _named(table, pk, cid, columns, values))
        for number, pk, group, values, _replaced in updates:
            if (number, pk) in lost:
                lost[number, pk].updates.append((group, values))
    return list(lost.values())


def _ids(cursor: Any, table: TableSpec) -> set[bytes]:
    return {row[0] for row in cursor.execute(f"SELECT id FROM {table.name}")}


def _named(
    table: TableSpec, pk: bytes, cid: int, columns: list[int], values: list[Any]
) -> dict[str, Any]:
    names = {number: name for group in table.groups for name, number in group.columns}
    known = {
        names[number]: value
        for number, value in zip(columns, values, strict=True)
        if number in names
    }
    return {"id": pk, "sv": cid} | known


def put_back(cursor: Any, lost: list[Lost]) -> list[Lost]:
    """Write these rows; returns those that the file would not take."""
    refused = []
    for row in lost:
        values = row.newest
        names = ", ".join(values)
        try:
            cursor.execute(
                f"INSERT INTO {row.table.name} ({names}) VALUES ({marks(list(values))})",
                list(values.values()),
            )
        except sqlcipher3.Error:
            refused.append(row)
    return refused


def put_back_versions(cursor: Any) -> int:
    """Make the missing versions of changed groups again; returns how many."""
    newest: dict[tuple[int, bytes, int], int] = defaultdict(int)
    for cid, body in cursor.execute("SELECT cid, body FROM sync_commit ORDER BY cid"):
        try:
            updates = journal.read_body(body)[1]
        except UNREADABLE:
            continue
        for number, pk, group, _values, _replaced in updates:
            newest[number, pk, group] = cid
    before = cursor.execute("SELECT count(*) FROM sync_cell").fetchone()[0]
    cursor.executemany(
        "INSERT INTO sync_cell (tbl, pk, grp, ver) SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS"
        " (SELECT 1 FROM sync_cell WHERE tbl = ?1 AND pk = ?2 AND grp = ?3)",
        [(*key, cid) for key, cid in newest.items()],
    )
    after = cursor.execute("SELECT count(*) FROM sync_cell").fetchone()[0]
    return int(after - before)
