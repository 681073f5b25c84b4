"""The body of a commit by somebody else, believed in nothing before it was looked at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import msgspec

from clinic_desktop.db import causes
from clinic_desktop.db.causes import Cause
from clinic_desktop.models import Base
from clinic_desktop.models.registry import BY_NUMBER

Insert = tuple[int, list[int], list[list[Any]]]
Update = tuple[int, bytes, int, list[Any], list[Any]]
_LONGEST = 64 << 20
"""Bytes of a body; longer ones were not written by this program."""
_PAST_INT64 = 1 << 63
_KINDS = {int, str, bytes, float, bool, type(None)}
"""What a value may be."""
_decode = msgspec.msgpack.Decoder(tuple[list[Insert], list[Update]]).decode


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
    if len(body) > _LONGEST:
        raise RefusedError("unreadable")
    try:
        inserts, updates = _decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise RefusedError("unreadable") from error
    if not all(map(_is_insert, inserts)) or not all(map(_is_update, updates)):
        raise RefusedError("unreadable")
    for parent, key in references(inserts, updates):
        if not _is_id(key):
            raise RefusedError("unreadable", parent)
    return inserts, updates


def read_deps(deps: bytes) -> dict[bytes, int]:
    """What the author of a commit had applied since his previous one: up to which of each PC.

    Raises:
        RefusedError: it is something else.
    """
    return {device: each.upto for device, each in read_causes(deps).items()}


def read_causes(deps: bytes) -> dict[bytes, Cause]:
    """The same, and which commit that was.

    Raises:
        RefusedError: it is something else.
    """
    try:
        return causes.decode(deps)
    except (msgspec.MsgspecError, ValueError) as error:
        raise RefusedError("unreadable", "deps") from error


def _is_insert(op: Insert) -> bool:
    _table, columns, rows = op
    return (
        len(set(columns)) == len(columns)
        and set(map(len, rows)) <= {len(columns) + 1}
        and _are_ids([row[0] for row in rows])
        and all(map(_are_values, zip(*rows, strict=True)))  # a column: mostly of one kind
    )


def _is_update(op: Update) -> bool:
    _table, pk, _group, values, replaced = op
    return (
        bool(values)
        and _is_id(pk)
        and _are_values(values)
        and all(_is_version(each) for each in replaced)
    )


def _is_id(value: Any) -> bool:
    return isinstance(value, bytes) and len(value) == 16


def _are_ids(values: Sequence[Any]) -> bool:
    return set(map(type, values)) <= {bytes} and set(map(len, values)) <= {16}


def _are_values(values: Sequence[Any]) -> bool:
    """Whether SQLite can keep them; MessagePack knows no number below its least one."""
    kinds = set(map(type, values))
    if not kinds <= _KINDS:
        return False
    numbers = values if kinds == {int} else [each for each in values if type(each) is int]
    return int not in kinds or max(numbers) < _PAST_INT64


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
        numbers = table.numbers
        at = [
            (columns.index(numbers[name]) + 1, parent)
            for name, parent in _targets(table.name).items()
            if numbers.get(name) in columns
        ]
        for row in rows if at else ():
            yield from ((parent, row[index]) for index, parent in at if row[index] is not None)
    for number, _pk, grp, values, _replaced in updates:
        table = BY_NUMBER.get(number)
        group = table.by_number.get(grp) if table else None
        if table is None or group is None:
            continue
        targets = _targets(table.name)
        for name, value in zip(group.names, values, strict=False):
            if name in targets and value is not None:
                yield targets[name], value


@cache
def _targets(table: str) -> dict[str, str]:
    """By column the table that it refers to."""
    return {
        column.name: key.column.table.name
        for column in Base.metadata.tables[table].columns
        for key in column.foreign_keys
    }
