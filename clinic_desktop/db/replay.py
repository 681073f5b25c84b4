"""Do the tables hold what the log says? Finds a row edited behind the triggers, or an old page.

A page of the file that is put back as it once was carries a right seal of its time, and the file's
own checks call it sound. So every value that the log calls the newest is compared with the table.
Only counts and the entries of a few thousand commits' rows are held at a time.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import msgspec

from clinic_desktop.db import journal
from clinic_desktop.db.lists import marks
from clinic_desktop.models.registry import BY_NUMBER, TABLES, TableSpec

_ROWS = 4000
_CHUNK = 500
_MOST = 20
UNREADABLE = (zlib.error, msgspec.DecodeError, ValueError, TypeError, IndexError)
"""What a body that was tampered with raises."""
_Cells = dict[int, dict[int, bytes | None]]
"""By group its versions, each with its values where there are several."""
_unpack = msgspec.msgpack.Decoder().decode
Report = Callable[[int, str, bytes], None]
"""Hears of a difference: commit (0 if none), table, row."""


class Replay:
    """Takes the commits of all PCs in any order, then counts."""

    def __init__(self, cursor: Any, report: Report) -> None:
        self._cursor = cursor
        self._report = report
        self._inserts: dict[int, list[tuple[bytes, int, list[int], list[Any]]]] = defaultdict(list)
        self._updates: dict[int, list[tuple[bytes, int, int, list[Any]]]] = defaultdict(list)
        self._held = 0
        self._rows_found: dict[int, int] = defaultdict(int)
        self._cells_found: dict[int, int] = defaultdict(int)

    def take(self, cid: int, inserts: list[Any], updates: list[Any]) -> None:
        """One commit's body."""
        for table, numbers, rows in inserts:
            self._inserts[table] += [(row[0], cid, numbers, row) for row in rows]
            self._held += len(rows)
        for table, pk, grp, values, _replaced in updates:
            self._updates[table].append((pk, grp, cid, values))
        self._held += len(updates)
        if self._held >= _ROWS:
            self._compare()

    def finish(self) -> None:
        """Compare the rest, and look for rows and versions that no commit made."""
        self._compare()
        for table in TABLES:
            self._unknown_rows(table)
        self._unknown_cells()

    def _compare(self) -> None:
        for number in self._inserts.keys() | self._updates.keys():
            table = BY_NUMBER.get(number)
            if table is not None:  # of a newer program: kept, not yet in a table
                inserted, updated = self._inserts[number], self._updates[number]
                ids = {entry[0] for entry in inserted} | {entry[0] for entry in updated}
                rows, cells = self._state(table, sorted(ids))
                self._check_inserts(table, inserted, rows, cells)
                self._check_updates(table, updated, rows, cells)
        self._inserts.clear()
        self._updates.clear()
        self._held = 0

    def _state(
        self, table: TableSpec, ids: list[bytes]
    ) -> tuple[dict[bytes, Any], dict[bytes, _Cells]]:
        """The rows as they are, and the versions of each group that was ever changed."""
        rows: dict[bytes, Any] = {}
        cells: dict[bytes, _Cells] = defaultdict(lambda: defaultdict(dict))
        columns = ", ".join(("id", "sv", *table.columns))
        for start in range(0, len(ids), _CHUNK):
            part = ids[start : start + _CHUNK]
            which = marks(part)
            for row in self._cursor.execute(
                f"SELECT {columns} FROM {table.name} WHERE id IN ({which})", part
            ):
                rows[row[0]] = row
            for pk, grp, version, value in self._cursor.execute(
                f"SELECT pk, grp, ver, val FROM sync_cell WHERE tbl = ? AND pk IN ({which})",
                [table.number, *part],
            ):
                cells[pk][grp][version] = value
        return rows, cells

    def _check_inserts(
        self,
        table: TableSpec,
        entries: list[tuple[bytes, int, list[int], list[Any]]],
        rows: dict[bytes, Any],
        cells: dict[bytes, _Cells],
    ) -> None:
        place = {name: position for position, name in enumerate(table.columns, start=2)}
        at = {number: place[name] for each in table.groups for name, number in each.columns}
        group_of = {number: each.number for each in table.groups for _name, number in each.columns}
        whole = [number for _place, number in sorted((p, n) for n, p in at.items())]
        for pk, cid, numbers, logged in entries:
            row, later = rows.get(pk), cells.get(pk)
            if row is not None and row[1] != cid and _is_second(later, cid):
                # Two PCs made a row of this id: its groups have a version of each.
                self._cells_found[table.number] += sum(cid in e for e in (later or {}).values())
                continue
            if row is None or row[1] != cid:
                self._report(cid, table.name, pk)
                continue
            self._rows_found[table.number] += 1
            # A first version that had to be told apart from others, see ``conflicts``.
            self._cells_found[table.number] += sum(cid in each for each in (later or {}).values())
            if later is None and numbers == whole:
                same = list(row[2:]) == logged[1:]
            else:
                same = all(
                    row[at[number]] == value
                    for number, value in zip(numbers, logged[1:], strict=True)
                    if number in at and group_of[number] not in (later or ())
                )
            if not same:
                self._report(cid, table.name, pk)

    def _check_updates(
        self,
        table: TableSpec,
        entries: list[tuple[bytes, int, int, list[Any]]],
        rows: dict[bytes, Any],
        cells: dict[bytes, _Cells],
    ) -> None:
        place = {name: position for position, name in enumerate(table.columns, start=2)}
        at = {each.number: [place[name] for name in each.names] for each in table.groups}
        for pk, grp, cid, values in entries:
            row, versions = rows.get(pk), cells.get(pk, {}).get(grp, {})
            if row is None or max(versions, default=0) < cid:
                self._report(cid, table.name, pk)
            elif cid in versions:
                self._cells_found[table.number] += 1
                # Columns that were added to the group later are not in the log of then.
                shown = [row[p] for p in at.get(grp, ())[: len(values)]]
                if versions[cid] is not None:
                    is_whole = _unpack(versions[cid] or b"\x90")[: len(values)] == values
                    # What the row shows is one of the versions, or what they come to.
                    kept = [_unpack(each) for each in versions.values() if each is not None]
                    is_shown = grp == 0 or any(each[: len(shown)] == shown for each in kept)
                    is_whole = is_whole and (is_shown or grp not in at)
                else:
                    is_whole = grp not in at or shown == values[: len(shown)]
                if not is_whole:
                    self._report(cid, table.name, pk)

    def _unknown_rows(self, table: TableSpec) -> None:
        count = self._cursor.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0]
        if count > self._rows_found[table.number]:
            for pk in islice(self._strangers(table), _MOST):
                self._report(0, table.name, pk)

    def _strangers(self, table: TableSpec) -> Iterator[bytes]:
        """Rows that the commit they claim did not make; slow, but only walked when there are."""
        claims = self._cursor.execute(
            f"SELECT sv, body FROM (SELECT DISTINCT sv FROM {table.name})"
            " LEFT JOIN sync_commit ON cid = sv"
        ).fetchall()
        for cid, body in claims:
            known = _inserted(table.number, body)
            rows = self._cursor.execute(f"SELECT id FROM {table.name} WHERE sv = ?", (cid,))
            yield from (pk for (pk,) in rows.fetchall() if pk not in known)

    def _unknown_cells(self) -> None:
        for number, count in self._cursor.execute(
            "SELECT tbl, count(*) FROM sync_cell GROUP BY tbl"
        ).fetchall():
            if number in BY_NUMBER and count > self._cells_found[number]:
                self._report(0, BY_NUMBER[number].name, b"")


def _is_second(cells: _Cells | None, cid: int) -> bool:
    return bool(cells) and any(max(each, default=0) >= cid for each in (cells or {}).values())


def _inserted(table: int, body: bytes | None) -> set[bytes]:
    """Ids of the rows of one table that a commit made; none where it cannot be read."""
    try:
        made = journal.read_body(body)[0] if body is not None else []
        return {row[0] for number, _columns, rows in made if number == table for row in rows}
    except UNREADABLE:
        return set()
