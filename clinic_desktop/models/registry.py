"""What is synced and how it merges, as written in ``registry.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from clinic_desktop.domain.merging import Policy


@dataclass(frozen=True)
class GroupSpec:
    """Columns that merge as one unit."""

    number: int
    name: str
    policy: Policy
    columns: tuple[tuple[str, int], ...]
    """Names with their numbers, which are unique within the table."""
    reader: int = 0
    """The oldest schema version that understands what is written here: older ones wait with it."""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The column names."""
        return tuple(name for name, _ in self.columns)


@dataclass(frozen=True)
class TableSpec:
    """A synced table."""

    number: int
    name: str
    own_groups: tuple[GroupSpec, ...]

    @cached_property
    def groups(self) -> tuple[GroupSpec, ...]:
        """All groups, existence first."""
        return (EXISTENCE, *self.own_groups)

    @cached_property
    def by_number(self) -> Mapping[int, GroupSpec]:
        """All groups by their numbers."""
        return {each.number: each for each in self.groups}

    @cached_property
    def names(self) -> Mapping[int, str]:
        """All captured columns by their numbers."""
        return {number: name for each in self.groups for name, number in each.columns}

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The number of each captured column."""
        return dict(pair for each in self.groups for pair in each.columns)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """All captured columns in the order of their numbers."""
        return tuple(name for _number, name in sorted(self.names.items()))

    @cached_property
    def column_numbers(self) -> tuple[int, ...]:
        """Their numbers."""
        return tuple(sorted(self.names))

    @cached_property
    def insert_only(self) -> bool:
        """Whether rows of this table never change."""
        return all(each.policy is Policy.INSERT_ONLY for each in self.own_groups)


EXISTENCE = GroupSpec(0, "existence", Policy.REVIEW_CLINICAL, (("is_deleted", 0),))

SCHEMA_VERSION = 12
"""Goes into every commit; raised with each migration that adds to the registry.

A change of what a group means gives it this number as its ``reader``, too.
"""


def _columns(text: str) -> tuple[tuple[str, int], ...]:
    pairs = (entry.split(":") for entry in text.split())
    return tuple((column, int(number)) for column, number in pairs)


def _load() -> tuple[TableSpec, ...]:
    tables = tomllib.loads(Path(__file__).with_name("registry.toml").read_text("utf-8"))
    return tuple(
        TableSpec(
            table["number"],
            name,
            tuple(
                GroupSpec(
                    each["number"],
                    group,
                    Policy(each["policy"]),
                    _columns(each["columns"]),
                    each.get("reader", 0),
                )
                for group, each in table["groups"].items()
            ),
        )
        for name, table in tables.items()
    )


TABLES = _load()
BY_NAME = {table.name: table for table in TABLES}
BY_NUMBER = {table.number: table for table in TABLES}
