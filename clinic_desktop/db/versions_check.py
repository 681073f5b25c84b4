"""Are the versions that a record holds of each group of its rows those that the log comes to?

Of a cell the versions are alive that no commit replaced, a function of the commits as a set
(``domain.merging``). ``replay`` compares values; whoever tells a record to others could still let
a version stand that somebody replaced, or leave out one that people are asked about.

Needs a few tens of bytes in memory for each change of a row, and none for rows as they were made.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clinic_desktop.db.commits import Names
from clinic_desktop.db.lists import batches, marks
from clinic_desktop.models.registry import BY_NUMBER, TABLES, TableSpec

_MANY = 2000
"""Entries that are written together."""
_Told = tuple[int, bytes, int, int]
"""Table, row, group, commit."""


class VersionsCheck:
    """Takes the commits of all PCs in any order, then compares."""

    def __init__(self, cursor: Any) -> None:
        """Part of a writing transaction."""
        self._cursor, self._names = cursor, Names(cursor)
        self._written: list[_Told] = []
        self._gone: list[_Told] = []
        cursor.execute("DROP TABLE IF EXISTS temp.told_version")
        cursor.execute(
            "CREATE TEMP TABLE told_version (tbl INTEGER, pk BLOB, grp INTEGER, ver INTEGER,"
            " gone INTEGER, PRIMARY KEY (tbl, pk, grp, ver)) WITHOUT ROWID"
        )

    def take(self, dev: int, cid: int, inserts: list[Any], updates: list[Any]) -> None:
        """One commit's body, as ``db.journal`` documents it."""
        for number, columns, rows in inserts:
            table = BY_NUMBER.get(number)
            if table is not None:
                self._made_again(table, cid, columns, [row[0] for row in rows])
        for number, pk, grp, _values, replaced in updates:
            if number in BY_NUMBER:
                self._written.append((number, pk, grp, cid))
                gone = (each for each in self._names.read(dev, replaced) if each != cid)
                self._gone += [(number, pk, grp, each) for each in gone]
        if len(self._written) + len(self._gone) >= _MANY:
            self._write()

    def _made_again(self, table: TableSpec, cid: int, columns: list[int], ids: list[bytes]) -> None:
        """Rows that two PCs made: what the second one says of each group is a version beside."""
        groups = [each.number for each in table.groups if each.columns[0][1] in columns]
        for part in batches(ids):
            again = self._cursor.execute(
                f"SELECT id FROM {table.name} WHERE sv <> ? AND id IN ({marks(part)})",
                [cid, *part],
            )
            self._written += [
                (table.number, bytes(pk), grp, cid) for (pk,) in again.fetchall() for grp in groups
            ]

    def _write(self) -> None:
        for told, is_gone in ((self._written, 0), (self._gone, 1)):
            self._cursor.executemany(
                "INSERT INTO told_version (tbl, pk, grp, ver, gone) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET gone = max(gone, excluded.gone)",
                [(*each, is_gone) for each in told],
            )
            told.clear()

    def finish(self) -> Iterator[tuple[str, bytes]]:
        """Table and row of each group with other versions than the log comes to."""
        self._write()
        for table in TABLES:  # what a row was made with is the first version of each group
            self._cursor.execute(
                "INSERT INTO told_version (tbl, pk, grp, ver, gone) SELECT DISTINCT t.tbl, t.pk,"
                f" t.grp, r.sv, 0 FROM told_version t JOIN {table.name} r ON r.id = t.pk"
                " WHERE t.tbl = ? ON CONFLICT DO NOTHING",
                (table.number,),
            )
            yield from self._differing(table)
        self._cursor.execute("DROP TABLE temp.told_version")

    def _differing(self, table: TableSpec) -> list[tuple[str, bytes]]:
        missing = self._cursor.execute(
            "SELECT t.pk FROM told_version t WHERE t.tbl = ? AND t.gone = 0 AND NOT EXISTS"
            " (SELECT 1 FROM sync_cell s WHERE (s.tbl, s.pk, s.grp, s.ver)"
            " = (t.tbl, t.pk, t.grp, t.ver)) LIMIT 1",
            (table.number,),
        ).fetchall()
        # Of a group that nobody changed the first version may be written out.
        more = self._cursor.execute(
            f"SELECT s.pk FROM sync_cell s LEFT JOIN {table.name} r ON r.id = s.pk"
            " WHERE s.tbl = ? AND NOT EXISTS (SELECT 1 FROM told_version t WHERE"
            " (t.tbl, t.pk, t.grp, t.ver) = (s.tbl, s.pk, s.grp, s.ver) AND t.gone = 0)"
            " AND (s.ver IS NOT r.sv OR EXISTS (SELECT 1 FROM told_version t WHERE"
            " (t.tbl, t.pk, t.grp, t.ver) = (s.tbl, s.pk, s.grp, s.ver))) LIMIT 1",
            (table.number,),
        ).fetchall()
        return [(table.name, bytes(row[0])) for row in (*missing, *more)]
