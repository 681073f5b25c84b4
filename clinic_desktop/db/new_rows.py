"""How new rows and new values that a commit brings are written: many with each statement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from operator import itemgetter
from typing import Any

from clinic_desktop.db.lists import marks
from clinic_desktop.models import Base
from clinic_desktop.models.registry import GroupSpec, TableSpec

_AT_A_TIME = 50
"""Rows of one statement: their values are fewer than any SQLite takes."""


class Plain:
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


@dataclass(frozen=True)
class Making:
    """How rows of a table come in that a commit gives these columns."""

    known: list[tuple[int, str]]
    """Place in a row of the commit, and column here."""
    more: list[int]
    """Places of columns that this program does not know."""
    names: str
    """The columns that are written, with the table."""
    width: int
    """How many they are."""
    defaults: tuple[Any, ...]
    pick: Callable[[list[Any]], tuple[Any, ...]]
    """What of a row goes into the known columns."""

    def insert(self, cursor: Any, cid: int, rows: Sequence[list[Any]]) -> int:
        """Write those that are not here yet, and say how many they were.

        Many go into one statement: what SQLite does for each statement it does once.
        """
        values = [(row[0], cid, *self.pick(row), *self.defaults) for row in rows]
        whole = len(values) // _AT_A_TIME * _AT_A_TIME
        together = [
            list(chain.from_iterable(values[start : start + _AT_A_TIME]))
            for start in range(0, whole, _AT_A_TIME)
        ]
        made = cursor.executemany(self._sql(_AT_A_TIME), together).rowcount if together else 0
        if whole < len(values):
            made += cursor.executemany(self._sql(1), values[whole:]).rowcount
        return int(made)

    def _sql(self, count: int) -> str:
        row = f"({marks(range(self.width))})"
        several = ", ".join([row] * count)
        return f"INSERT INTO {self.names} VALUES {several} ON CONFLICT (id) DO NOTHING"


def made_from(table: TableSpec, columns: tuple[int, ...]) -> Making:
    """For these columns of a commit."""
    place = table.names
    known = [(at, place[number]) for at, number in enumerate(columns, 1) if number in place]
    more = [at for at, number in enumerate(columns, 1) if number not in place]
    names = [name for _at, name in known]
    defaults = {n: v for n, v in column_defaults(table.name).items() if n not in names}
    all_names = ("id", "sv", *names, *defaults)
    place_of_all = f"{table.name} ({', '.join(all_names)})"
    places = [at for at, _name in known]
    pick = itemgetter(*places) if len(places) > 1 else lambda row: tuple(row[at] for at in places)
    return Making(known, more, place_of_all, len(all_names), tuple(defaults.values()), pick)


@cache
def column_defaults(table: str) -> dict[str, Any]:
    """What columns hold that an older program did not write and the file does not fill in."""
    found: dict[str, Any] = {}
    for column in Base.metadata.tables[table].columns:
        default: Any = column.default
        if default is not None and default.is_scalar and column.server_default is None:
            found[column.name] = default.arg
    found.pop("sv", None)
    return found
