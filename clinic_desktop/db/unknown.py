"""What a newer program wrote, brought to its place once an update has made the place."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterable
from itertools import groupby
from typing import Any

import msgspec
import sqlcipher3

from clinic_desktop.db import search
from clinic_desktop.db.bodies import Insert, RefusedError, Update
from clinic_desktop.db.conflicts import switched_off
from clinic_desktop.db.incoming import MORE_COLUMNS, WHOLE_ROW, Rows
from clinic_desktop.db.journal import Changes
from clinic_desktop.models.registry import BY_NUMBER, TableSpec

log = logging.getLogger(__name__)
_FAULTS = (RefusedError, sqlcipher3.Error, msgspec.MsgspecError, TypeError, ValueError,
           LookupError, OverflowError)  # fmt: skip
"""What entries raise that do not fit to their place."""
_OF_THE_ENTRY = {
    0,  # found by the driver
    sqlcipher3.SQLITE_ERROR,
    sqlcipher3.SQLITE_CONSTRAINT,
    sqlcipher3.SQLITE_MISMATCH,
    sqlcipher3.SQLITE_TOOBIG,
    sqlcipher3.SQLITE_RANGE,
}
_unpack = msgspec.msgpack.Decoder().decode
_Entry = tuple[int, bytes, int, int, bytes]
"""Table, row, group, commit, and what it says."""


def replay(cursor: Any) -> int:
    """Write what has a place by now, in the order in which it came; returns how many entries.

    Part of a writing transaction, at each opening. What one commit says and does not fit stays as
    it came, to be tried again next time: no fault of another PC may keep this record shut.
    """
    entries = cursor.execute(
        "SELECT tbl, pk, grp, cid, op FROM sync_unknown ORDER BY cid, grp = ?, grp",
        (MORE_COLUMNS,),
    ).fetchall()
    rows, done = Rows(cursor), 0
    touched: set[tuple[str, uuid.UUID]] = set()
    with switched_off(cursor):
        for cid, commit in groupby(entries, key=lambda entry: entry[3]):
            cursor.execute("SAVEPOINT unknown_commit")
            try:
                done += _replay_commit(cursor, rows, commit)
                touched |= rows.touched
            except _FAULTS as error:
                if _is_of_disk(error):
                    raise
                cursor.execute("ROLLBACK TO unknown_commit")
                rows.forget_parents()
                rows.in_dispute.clear()
                log.warning(
                    "Commit %s of a newer program does not fit: %s", cid, type(error).__name__
                )
            cursor.execute("RELEASE unknown_commit")
            rows.touched.clear()
    search.update(cursor, Changes(frozenset(touched), "sync"))
    return done


def _replay_commit(cursor: Any, rows: Rows, commit: Iterable[_Entry]) -> int:
    """Of one commit what has a place; how many entries.

    Raises:
        RefusedError: it does not fit to what is here; so do errors of the statements.
    """
    inserts: list[Insert] = []
    updates: list[Update] = []
    for number, pk, grp, cid, packed in commit:
        table, op = BY_NUMBER.get(number), _unpack(packed)
        if table is None or not _has_place(table, grp, op):
            continue
        # Taken away first: what still has no place is put back by the writing itself.
        cursor.execute(
            "DELETE FROM sync_unknown WHERE tbl = ? AND pk = ? AND grp = ? AND cid = ?",
            (number, pk, grp, cid),
        )
        _write(rows, table, bytes(pk), grp, cid, op)
        if grp == WHOLE_ROW:
            inserts.append((number, op[0], [op[1]]))
        elif grp == MORE_COLUMNS:
            inserts.append((number, op[0], [[bytes(pk), *op[1]]]))
        else:
            updates.append((number, bytes(pk), grp, op[1], []))
    # The file itself asks for them only when the whole opening is written.
    rows.check_references(inserts, updates)
    rows.settle()
    return len(inserts) + len(updates)


def _is_of_disk(error: Exception) -> bool:
    """Whether the file could not be read or written, and the entry is at no fault."""
    if not isinstance(error, sqlcipher3.OperationalError | sqlcipher3.DatabaseError):
        return False
    return getattr(error, "sqlite_errorcode", 0) & 0xFF not in _OF_THE_ENTRY


def _has_place(table: TableSpec, grp: int, op: list[Any]) -> bool:
    if grp == WHOLE_ROW:
        return True
    if grp == MORE_COLUMNS:
        return any(number in table.column_numbers for number in op[0])
    group = table.by_number.get(grp)
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
