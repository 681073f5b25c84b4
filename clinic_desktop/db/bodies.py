"""The body of a commit by somebody else, believed in nothing before it was looked at."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from clinic_desktop.models import Base
from clinic_desktop.models.registry import BY_NUMBER, TableSpec

Insert = tuple[int, list[int], list[list[Any]]]
Update = tuple[int, bytes, int, list[Any], list[Any]]
_decode = msgspec.msgpack.Decoder(tuple[list[Insert], list[Update]]).decode
_Id = Annotated[bytes, Meta(min_length=16, max_length=16)]
_decode_deps = msgspec.msgpack.Decoder(dict[_Id, Annotated[int, Meta(ge=1, le=2**53)]]).decode
_LONGEST = 64 << 20
"""Bytes of a value; longer ones were not written by this program."""


class RefusedError(Exception):
    """A commit that must not be applied: a stable word, and where. Never content."""

    def __init__(self, why: str, detail: str = "") -> None:
        super().__init__(why, detail)
        self.why, self.detail = why, detail


def read_foreign(body: bytes) -> tuple[list[Insert], list[Update]]:
    """A body by somebody else, of the right shape.

    Raises:
        RefusedError: it is something else.
    """
    try:
        inserts, updates = _decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise RefusedError("unreadable") from error
    for _table, columns, rows in inserts:
        if len(set(columns)) != len(columns):
            raise RefusedError("unreadable")
        for row in rows:
            _check_row(row, len(columns) + 1)
    for _table, pk, _group, values, replaced in updates:
        _check_row([pk, *values], len(values) + 1)
        if not values or not all(_is_version(each) for each in replaced):
            raise RefusedError("unreadable")
    for parent, key in references(inserts, updates):
        if not isinstance(key, bytes) or len(key) != 16:
            raise RefusedError("unreadable", parent)
    return inserts, updates


def read_deps(deps: bytes) -> dict[bytes, int]:
    """What the author of a commit had applied since his previous one.

    Raises:
        RefusedError: it is something else.
    """
    try:
        return _decode_deps(deps)
    except (msgspec.MsgspecError, ValueError) as error:
        raise RefusedError("unreadable", "deps") from error


def _check_row(row: list[Any], length: int) -> None:
    whole = len(row) == length and isinstance(row[0], bytes) and len(row[0]) == 16
    if not whole or not all(_is_value(each) for each in row):
        raise RefusedError("unreadable")


def _is_value(value: Any) -> bool:
    if isinstance(value, int):
        return -(1 << 63) <= value < 1 << 63
    if isinstance(value, str | bytes):
        return len(value) <= _LONGEST
    return value is None or isinstance(value, float)


def _is_version(named: Any) -> bool:
    if isinstance(named, list):
        return len(named) == 2 and isinstance(named[0], bytes) and isinstance(named[1], int)
    return isinstance(named, int)


def references(inserts: list[Insert], updates: list[Update]) -> Iterator[tuple[str, Any]]:
    """Which rows of which tables rows of a body refer to."""
    for number, columns, rows in inserts:
        table = BY_NUMBER.get(number)
        if table is None:
            continue
        place, targets = places_of(table), _targets(table.name)
        at = [
            (index, targets[place[column]])
            for index, column in enumerate(columns, 1)
            if place.get(column) in targets
        ]
        for row in rows if at else ():
            yield from ((parent, row[index]) for index, parent in at if row[index] is not None)
    for number, _pk, grp, values, _replaced in updates:
        table = BY_NUMBER.get(number)
        group = next((g for g in table.groups if g.number == grp), None) if table else None
        if table is None or group is None:
            continue
        targets = _targets(table.name)
        for name, value in zip(group.names, values, strict=False):
            if name in targets and value is not None:
                yield targets[name], value


@cache
def places_of(table: TableSpec) -> dict[int, str]:
    """The columns of a table by number."""
    return {number: name for group in table.groups for name, number in group.columns}


@cache
def _targets(table: str) -> dict[str, str]:
    """By column the table that it refers to."""
    return {
        column.name: key.column.table.name
        for column in Base.metadata.tables[table].columns
        for key in column.foreign_keys
    }
