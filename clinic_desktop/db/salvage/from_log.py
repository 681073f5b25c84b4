"""Rows that cannot be read any more, made again from what the log says of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import sqlcipher3

from clinic_desktop.db import collisions, journal
from clinic_desktop.db.answers import close_answered
from clinic_desktop.db.commits import Names
from clinic_desktop.db.conflicts import Settler
from clinic_desktop.db.lists import marks
from clinic_desktop.db.pasts import Pasts
from clinic_desktop.db.replay import UNREADABLE
from clinic_desktop.models.registry import BY_NUMBER, TABLES, TableSpec

_Cell = tuple[int, bytes, int]
_pack = msgspec.msgpack.Encoder().encode


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
        for number, values in self.updates:
            group = self.table.by_number.get(number)
            found |= dict(zip(group.names if group else (), values, strict=False))
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
    names = Names(cursor)
    live = _live_versions(cursor, names)
    several = {key for key, versions in live.items() if len(versions) > 1}
    values = _values_of(cursor, live, several)
    before = cursor.execute("SELECT count(*) FROM sync_cell").fetchone()[0]
    cursor.executemany(
        "INSERT INTO sync_cell (tbl, pk, grp, ver) SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS"
        " (SELECT 1 FROM sync_cell WHERE tbl = ?1 AND pk = ?2 AND grp = ?3)",
        [(*key, versions[0]) for key, versions in live.items() if key not in several],
    )
    cursor.executemany(
        "INSERT INTO sync_cell (tbl, pk, grp, ver, val) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET val = excluded.val",
        [(*key, cid, values.get((key, cid))) for key in several for cid in live[key]],
    )
    after = cursor.execute("SELECT count(*) FROM sync_cell").fetchone()[0]
    settler = Settler(cursor, names, Pasts(cursor, names))
    for number, pk in sorted({(key[0], key[1]) for key in several}):
        if number in BY_NUMBER and pk in _ids(cursor, BY_NUMBER[number]):
            settler.settle(BY_NUMBER[number], pk)
    collisions.ask_all(cursor)
    close_answered(cursor)
    return int(after - before)


def _live_versions(cursor: Any, names: Names) -> dict[_Cell, list[int]]:
    """Of each changed group the commits that no later one replaced."""
    live: dict[_Cell, list[int]] = defaultdict(list)
    read: set[int] = set()
    for cid, dev, updates in _updates(cursor):
        read.add(cid)
        for number, pk, group, _values, replaced in updates:
            key, gone = (number, pk, group), set(names.read(dev, replaced))
            # A commit that is lost may have replaced whatever was there before it.
            is_whole = len(gone) == len(replaced) and gone <= read
            left = [each for each in live[key] if each not in gone] if is_whole else []
            live[key] = [*left, cid]
    return live


def _values_of(
    cursor: Any, live: dict[_Cell, list[int]], several: set[_Cell]
) -> dict[tuple[_Cell, int], bytes]:
    if not several:
        return {}
    return {
        ((number, pk, group), cid): _pack(values)
        for cid, _dev, updates in _updates(cursor)
        for number, pk, group, values, _replaced in updates
        if (number, pk, group) in several and cid in live[number, pk, group]
    }


def _updates(cursor: Any) -> Iterator[tuple[int, int, list[Any]]]:
    """By commit of any PC, in the order in which they came here."""
    for cid, dev, body in cursor.execute("SELECT cid, dev, body FROM sync_commit ORDER BY cid"):
        try:
            yield cid, dev, journal.read_body(body)[1]
        except UNREADABLE:
            continue
