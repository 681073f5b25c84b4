"""Writing many rows at once: one statement per table, values as the file stores them."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import Table

from clinic_desktop.db.writing_order import place
from clinic_desktop.models.base import Base
from clinic_desktop.models.types import to_json

Row = dict[str, Any]


class Rows:
    """Rows of one slice, gathered and written together."""

    def __init__(self, cursor: Any, cid: int) -> None:
        self._cursor = cursor
        self._cid = cid
        self._new: dict[str, list[Row]] = {}
        self._changed: list[tuple[str, bytes, Row]] = []

    def add(self, model: type[Base], row: Row) -> None:
        """Write a new row; columns not given take their defaults."""
        self._new.setdefault(model.__tablename__, []).append(row)

    def change(self, model: type[Base], row_id: bytes, row: Row) -> None:
        """Write other values into a row that is there."""
        self._changed.append((model.__tablename__, row_id, row))

    def write(self) -> None:
        """Send everything to the file."""
        for table, rows in sorted(self._new.items(), key=lambda item: place(item[0])):
            statement, defaults = _insert_of(table)
            # The commit's number at once: it spares the journal a second write of every row.
            defaults["sv"] = self._cid
            self._cursor.executemany(statement, [defaults | row for row in rows])
        for table, row_id, row in self._changed:
            wanted = ", ".join(f"{column} = :{column}" for column in row)
            statement = f"UPDATE {table} SET {wanted} WHERE id = :id"  # noqa: S608 - our names
            self._cursor.execute(statement, row | {"id": row_id})
        self._new.clear()
        self._changed.clear()


def _insert_of(table: str) -> tuple[str, Row]:
    made = _inserts.get(table)
    if made is None:
        columns = Base.metadata.tables[table].columns
        names = ", ".join(columns.keys())
        marks = ", ".join(f":{name}" for name in columns.keys())  # noqa: SIM118 - a collection
        statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - our names
        made = _inserts[table] = statement, _defaults(Base.metadata.tables[table])
    return made


_inserts: dict[str, tuple[str, Row]] = {}


def _defaults(table: Table) -> Row:
    found: Row = {}
    for name, column in table.columns.items():
        default = cast("Any", column.default)
        if default is None:
            found[name] = None if column.server_default is None else ""
        elif default.is_callable:
            found[name] = to_json(default.arg(None))
        else:
            found[name] = default.arg
    return found
