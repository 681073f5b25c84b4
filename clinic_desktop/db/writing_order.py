"""Rows are written in the order in which they refer to each other, whoever added them first.

References are checked at the end of a transaction, so any order is right, but not any is fast:
while one waits for its row, SQLite searches at each further row everything that might wait for it,
and where that has no index, it reads whole tables. In a large clinic a new colleague took 13 s.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

from sqlalchemy import event
from sqlalchemy.orm import Mapper, Session
from sqlalchemy.orm.unitofwork import UOWTransaction, _SaveUpdateAll

from clinic_desktop.models import Base


class WritingSession(Session):
    """A session that writes what is referred to before what refers to it."""


@event.listens_for(WritingSession, "before_flush")
def _parents_first(session: Session, flush: UOWTransaction, _rows: object) -> None:
    # The mapper orders classes by relationships, which we do not use, and then by their names.
    mappers: set[Mapper[Base]] = {row.__mapper__ for row in session.new}
    ordered = sorted(mappers, key=lambda mapper: place(str(mapper.local_table.description)))
    steps = [_save(flush, mapper) for mapper in ordered]
    flush.dependencies.update(pairwise(steps))


def _save(flush: UOWTransaction, mapper: Mapper[Base]) -> _SaveUpdateAll:
    return _SaveUpdateAll(flush, mapper)  # type: ignore[no-untyped-call]  # it has no public name


def place(table: str) -> int:
    """Where a table stands among all: after every other that it refers to."""
    return _places()[table]


@cache
def _places() -> dict[str, int]:
    return {table.name: place for place, table in enumerate(Base.metadata.sorted_tables)}
