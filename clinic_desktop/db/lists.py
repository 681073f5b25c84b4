"""Lists of values in SQL: their question marks, and how many are asked for at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

BATCH = 400
"""Twice so many are still fewer than any SQLite takes in one statement."""


def marks(values: Collection[object]) -> str:
    """The question marks of a list of values."""
    return ",".join("?" * len(values))


def batches(values: Sequence[T]) -> Iterator[list[T]]:
    """A long list in parts that one statement takes."""
    for start in range(0, len(values), BATCH):
        yield list(values[start : start + BATCH])
