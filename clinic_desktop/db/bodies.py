"""The body of a commit by somebody else, believed in nothing before it was looked at."""

from __future__ import annotations

from typing import Any

import msgspec

Insert = tuple[int, list[int], list[list[Any]]]
Update = tuple[int, bytes, int, list[Any], list[Any]]
_decode = msgspec.msgpack.Decoder(tuple[list[Insert], list[Update]]).decode
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
        if not all(_is_version(each) for each in replaced):
            raise RefusedError("unreadable")
    return inserts, updates


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
