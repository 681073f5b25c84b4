"""What a newer program wrote, brought to its place once an update has made the place."""

from __future__ import annotations

from typing import Any

import msgspec

from clinic_desktop.db import search
from clinic_desktop.db.conflicts import switched_off
from clinic_desktop.db.incoming import MORE_COLUMNS, WHOLE_ROW, Rows
from clinic_desktop.db.journal import Changes
from clinic_desktop.models.registry import BY_NUMBER, TableSpec

_pack = msgspec.msgpack.Encoder().encode
_unpack = msgspec.msgpack.Decoder().decode


def replay(cursor: Any) -> int:
    """Write what has a place by now, in the order in which it came; returns how many entries.

    Part of a writing transaction.
    """
    entries = cursor.execute(
        "SELECT tbl, pk, grp, cid, op FROM sync_unknown ORDER BY cid, grp = ?, grp",
        (MORE_COLUMNS,),
    ).fetchall()
    rows, done = Rows(cursor), []
    with switched_off(cursor):
        for number, pk, grp, cid, op in entries:
            table = BY_NUMBER.get(number)
            if table is None or not _has_place(table, grp, _unpack(op)):
                continue
            # Taken away first: what still has no place is put back by the writing itself.
            cursor.execute(
                "DELETE FROM sync_unknown WHERE tbl = ? AND pk = ? AND grp = ? AND cid = ?",
                (number, pk, grp, cid),
            )
            _write(rows, table, bytes(pk), grp, cid, _unpack(op))
            done.append((number, pk))
        rows.settle()
    search.update(cursor, Changes(frozenset(rows.touched), "sync"))
    return len(done)


def _has_place(table: TableSpec, grp: int, op: list[Any]) -> bool:
    if grp == WHOLE_ROW:
        return True
    if grp == MORE_COLUMNS:
        return any(number in table.column_numbers for number in op[0])
    group = next((each for each in table.groups if each.number == grp), None)
    return group is not None and len(op[1]) <= len(group.names)


def _write(rows: Rows, table: TableSpec, pk: bytes, grp: int, cid: int, op: list[Any]) -> None:
    if grp == WHOLE_ROW:
        columns, row = op
        rows.insert(table, cid, columns, [row])
    elif grp == MORE_COLUMNS:
        rows.more_columns(table, pk, cid, *op)
    else:
        dev, values, replaced, is_folded = op
        if is_folded:
            rows.fill(table, pk, grp, cid, values)
        else:
            rows.update(table, dev, cid, {pk: [(table.number, pk, grp, values, replaced)]})
