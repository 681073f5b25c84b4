"""Rows between a session and the file, by plain statements that are made once per table.

The mapper's own flush and look-up serve much that we do not use (relationships, inheritance,
columns that the database fills), and took half of the time of a short transaction.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import inspect
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_state

from clinic_desktop.db.writing_order import place
from clinic_desktop.models.base import Base

Row = TypeVar("Row", bound=Base)
_Process = Callable[[Any], Any]
_DIALECT = sqlite.dialect()


class WritingSession(Session):
    """A session that writes what is referred to before what refers to it."""

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Send new and changed rows to the file: one statement for all new rows of a table."""
        new, changed = self.new, self.dirty
        if new or changed:
            self._write(_by_model(new), _by_model(changed))
            # What the mapper does after its own flush; it has no public name.
            self._register_persistent({instance_state(row) for row in (*new, *changed)})
        super().flush(objects)

    def _write(
        self, new: dict[type[Base], list[Base]], changed: dict[type[Base], list[Base]]
    ) -> None:
        cursor: Any = self.connection().connection.dbapi_connection
        for model in sorted({*new, *changed}, key=lambda each: place(each.__tablename__)):
            table = _table(model)
            for row in changed[model]:
                table.update(cursor, row)
            if model in new:
                cursor.executemany(table.insert, [table.values(row) for row in new[model]])


def load(session: Session, model: type[Row], row_id: uuid.UUID) -> Row | None:
    """The row of an id, if any; one that the session holds is not read again."""
    table = _table(model)
    held = cast("Row | None", session.identity_map.get(table.identity((row_id,))))
    if held is not None:
        return held
    cursor: Any = session.connection().connection.dbapi_connection
    found = cursor.execute(table.select, (row_id.bytes,)).fetchone()
    if found is None:
        return None
    row = model(**table.read(found))
    make_transient_to_detached(row)
    session.add(row)
    return row


class _Table:
    """The statements of one table, and how its values are spelled in the file."""

    def __init__(self, model: type[Base]) -> None:
        mapper = inspect(model)
        columns = mapper.local_table.columns.items()
        types = {name: column.type.dialect_impl(_DIALECT) for name, column in columns}
        self.identity = mapper.identity_key_from_primary_key
        self._table = str(mapper.local_table.description)
        self._keys = [column.name for column in mapper.primary_key]
        self._names = list(types)
        self._defaults = {name: _default(column) for name, column in columns}
        self._writes = _processes({n: each.bind_processor(_DIALECT) for n, each in types.items()})
        self._reads = _processes(
            {name: each.result_processor(_DIALECT, None) for name, each in types.items()}
        )
        names, marks = ", ".join(types), ", ".join("?" * len(types))
        self._which = " AND ".join(f"{name} = ?" for name in self._keys)
        self.insert = f"INSERT INTO {self._table} ({names}) VALUES ({marks})"
        self.select = f"SELECT {names} FROM {self._table} WHERE {self._which}"

    def values(self, row: Base) -> list[Any]:
        """A new row for the file; what was never set takes its default."""
        held = row.__dict__
        for name in self._defaults.keys() - held.keys():
            held[name] = self._defaults[name]()
        return self._spelled(held, self._names)

    def update(self, cursor: Any, row: Base) -> None:
        """Write what was changed in a row of the file."""
        held, before = row.__dict__, instance_state(row).committed_state
        names = [name for name, value in before.items() if held[name] != value]
        if names:
            wanted = ", ".join(f"{name} = ?" for name in names)
            values = self._spelled(held, [*names, *self._keys])
            cursor.execute(f"UPDATE {self._table} SET {wanted} WHERE {self._which}", values)

    def _spelled(self, held: dict[str, Any], names: list[str]) -> list[Any]:
        writes = self._writes
        return [writes[name](held[name]) if name in writes else held[name] for name in names]

    def read(self, found: Sequence[Any]) -> dict[str, Any]:
        """The values of a row of the file."""
        values = dict(zip(self._names, found, strict=True))
        for name, process in self._reads.items():
            values[name] = process(values[name])
        return values


def _processes(found: dict[str, _Process | None]) -> dict[str, _Process]:
    return {name: process for name, process in found.items() if process is not None}


@cache
def _table(model: type[Base]) -> _Table:
    return _Table(model)


def _default(column: Any) -> Callable[[], Any]:
    default = column.default
    if default is None:
        return lambda: None
    if default.is_callable:
        return lambda: default.arg(None)
    return lambda: default.arg


def _by_model(rows: Iterable[Any]) -> dict[type[Base], list[Base]]:
    found: dict[type[Base], list[Base]] = defaultdict(list)
    for row in rows:
        found[type(row)].append(row)
    return found
