"""Rows are written in the order in which they refer to each other, whoever added them first.

References are checked at the end of a transaction, so any order is right, but not any is fast:
while one waits for its row, SQLite searches at each further row everything that might wait for it,
and where that has no index, it reads whole tables. In a large clinic a new colleague took 13 s.
"""

from __future__ import annotations

from functools import cache

from clinic_desktop.models import Base


def place(table: str) -> int:
    """Where a table stands among all: after every other that it refers to."""
    return _places()[table]


@cache
def _places() -> dict[str, int]:
    return {table.name: place for place, table in enumerate(Base.metadata.sorted_tables)}
