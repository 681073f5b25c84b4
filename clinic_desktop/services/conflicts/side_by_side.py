"""Whether a chart can hold several versions of a row, each as a row of its own."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from clinic_desktop.db.conflicts import OpenConflict
from clinic_desktop.db.disputes import Told
from clinic_desktop.domain.merging import Kind
from clinic_desktop.services.conflicts.fields import BOTH


def fit_side_by_side(asked: OpenConflict, versions: Sequence[Told]) -> bool:
    """Whether each of the versions is about another thing, so that all of them may be true."""
    columns = BOTH.get((asked.table, asked.group), ())
    if asked.kind != Kind.VALUE.value or not columns or not all(each.values for each in versions):
        return False
    return all(
        _are_two(one.values, other.values, columns)
        for one, other in itertools.combinations(versions, 2)
    )


def _are_two(one: dict[str, Any], other: dict[str, Any], columns: Sequence[str]) -> bool:
    differing = [name for name in columns if _plain(one.get(name)) != _plain(other.get(name))]
    if differing == ["display"]:  # one code in two languages is still one thing
        return not one.get("code") or _code(one) != _code(other)
    return bool(differing)


def _plain(value: Any) -> Any:
    """As a person reads it: spaces around it and capitals say nothing."""
    return value.strip().casefold() if isinstance(value, str) else value or ""


def _code(values: dict[str, Any]) -> tuple[Any, Any]:
    return values.get("system"), values.get("code")
