"""Reading a damaged file row by row, around what cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlcipher3
from sqlcipher3 import dbapi2

_STEP = 2000
Row = tuple[Any, ...]


@dataclass
class Unread:
    """The rows of one table that could not be read, by their place in it."""

    rowids: list[int] = field(default_factory=list)
    ids: dict[int, bytes] = field(default_factory=dict)
    """What an index still says of them: the row's id."""
    patients: dict[int, bytes] = field(default_factory=dict)
    """And whom it was about."""
    is_cut: bool = False
    """Rows of a table without places: nobody can say how many."""


class DamagedFile:
    """A read-only view of a damaged file. After each fault the file is opened anew.

    SQLCipher answers nothing more on a connection that met a page without its seal.
    """

    def __init__(self, path: Path, key: bytes) -> None:
        self._path, self._key = path, key
        self._connection = self._open()

    def _open(self) -> Any:
        connection = dbapi2.connect(str(self._path), isolation_level=None)
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{self._key.hex()}'\"")
        connection.execute("PRAGMA query_only = ON")
        return connection

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def ask(self, sql: str, values: tuple[Any, ...] = ()) -> list[Row] | None:
        """All rows of a question, or ``None`` if one of its pages cannot be read."""
        try:
            rows: list[Row] = self._connection.execute(sql, values).fetchall()
        except sqlcipher3.Error:
            self._connection.close()
            self._connection = self._open()
            return None
        return rows

    def tables(self) -> dict[str, str]:
        """Names and statements of the tables that keep rows; empty if not even that is readable."""
        rows = self.ask(
            "SELECT name, sql FROM sqlite_master WHERE type = 'table'"
            " AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE 'sqlite_%'"
        )
        return {str(name): str(sql) for name, sql in rows or []}

    def columns(self, table: str) -> list[str]:
        """The columns of a table, by the schema."""
        rows = self.ask("SELECT name FROM pragma_table_info(?)", (table,))
        return [str(row[0]) for row in rows or []]

    # ------------------------------------------------------------ tables with places

    def rows(self, table: str, columns: list[str], unread: Unread) -> Iterator[list[Row]]:
        """Every readable row with its place first; the places of the others go into ``unread``."""
        names = ", ".join(("rowid", *columns))
        sql = f'SELECT {names} FROM "{table}" WHERE rowid BETWEEN ? AND ? ORDER BY rowid'
        last = self._last_rowid(table, unread)
        for start in range(1, last + 1, _STEP):
            yield from self._between(sql, start, min(start + _STEP - 1, last), unread)
        if unread.rowids:
            self._name_unread(table, columns, unread)

    def _between(self, sql: str, first: int, last: int, unread: Unread) -> Iterator[list[Row]]:
        found = self.ask(sql, (first, last))
        if found is not None:
            yield found
        elif first == last:
            unread.rowids.append(first)
        else:
            middle = (first + last) // 2
            yield from self._between(sql, first, middle, unread)
            yield from self._between(sql, middle + 1, last, unread)

    def _last_rowid(self, table: str, unread: Unread) -> int:
        found = self.ask(f'SELECT max(rowid) FROM "{table}"')
        if found is not None:
            return int(found[0][0] or 0)
        # The end of the table is damaged; its indexes know the places too.
        places = [rowid for index in self._indexes(table) for rowid in self._places(table, *index)]
        unread.is_cut = not places
        return max(places, default=0)

    def _indexes(self, table: str) -> list[Row]:
        return (
            self.ask(
                "SELECT l.name, i.name FROM pragma_index_list(?) l JOIN pragma_index_info(l.name) i"
                " WHERE i.seqno = 0 AND l.partial = 0",
                (table,),
            )
            or []
        )

    def _places(self, table: str, index: str, column: str) -> Iterator[int]:
        for order in ("ASC", "DESC"):
            sql = (
                f'SELECT rowid FROM "{table}" INDEXED BY "{index}"'
                f" WHERE {column} IS NOT ? ORDER BY {column} {order}"
            )
            yield from (row[0] for row in self._as_far(sql, b"no such value"))

    def _name_unread(self, table: str, columns: list[str], unread: Unread) -> None:
        """Indexes lie on other pages than the rows: ask them what is missing."""
        missing = set(unread.rowids)
        for column, names in (("id", unread.ids), ("patient_id", unread.patients)):
            index = self._index_of(table, column) if column in columns else ""
            if index:
                for rowid, value in self._along(table, column, index):
                    if rowid in missing and value is not None:
                        names[rowid] = bytes(value)

    def _index_of(self, table: str, column: str) -> str:
        return next((str(name) for name, first in self._indexes(table) if first == column), "")

    def _along(self, table: str, column: str, index: str) -> Iterator[Row]:
        """The entries of an index from both ends, as far as each can be read."""
        for order, beyond in (("ASC", ">"), ("DESC", "<")):
            sql = (
                f'SELECT rowid, {column} FROM "{table}" INDEXED BY "{index}"'
                f" WHERE {column} {beyond}= ? ORDER BY {column} {order}"
            )
            yield from self._as_far(sql, b"" if order == "ASC" else b"\xff" * 17)

    def _as_far(self, sql: str, start: bytes) -> Iterator[Row]:
        cursor = None
        with suppress(sqlcipher3.Error):
            cursor = self._connection.execute(sql, (start,))
            while rows := cursor.fetchmany(_STEP):
                yield from rows
            return
        self._connection.close()
        self._connection = self._open()

    # ------------------------------------------------------------ tables without

    def rows_by_key(self, table: str, columns: list[str], unread: Unread) -> Iterator[list[Row]]:
        """The rows of a table without places, from both ends as far as they can be read."""
        names = ", ".join(columns)
        keys = self.ask("SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk", (table,))
        order = [str(row[0]) for row in keys or []]
        whole = self.ask(f'SELECT {names} FROM "{table}"')
        if whole is not None or not order:
            unread.is_cut = whole is None
            yield whole or []
            return
        unread.is_cut = True
        for direction in ("ASC", "DESC"):
            by = ", ".join(f"{name} {direction}" for name in order)
            yield self._gathered(f'SELECT {names} FROM "{table}" ORDER BY {by}')

    def _gathered(self, sql: str) -> list[Row]:
        found: list[Row] = []
        with suppress(sqlcipher3.Error):
            for row in self._connection.execute(sql):
                found.append(row)  # noqa: PERF402 - what was read before the fault counts
            return found
        self._connection.close()
        self._connection = self._open()
        return found
