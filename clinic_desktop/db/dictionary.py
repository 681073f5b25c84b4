"""Writes ``docs/data-dictionary.md`` from the models and the registry."""

from __future__ import annotations

import ast
import inspect
import itertools
import sys
from pathlib import Path

from clinic_desktop.models import Base
from clinic_desktop.models.registry import BY_NAME

TARGET = Path(__file__).resolve().parents[2] / "docs" / "data-dictionary.md"


_HEAD = """# Data dictionary

Generated from the models and `models/registry.toml` by `python -m clinic_desktop.db.dictionary`;
do not edit.

Ids are UUIDv7 in 16 bytes. Instants (`_at`) are milliseconds since 1970 UTC, days (`_on`) ISO text,
money (`_minor`) integer minor units. *Group* names the columns that merge as one; tables without
groups stay on one PC. The number after a table's name, that before a column and that after a group
are what commits name them by; column 0 is `is_deleted`, group 0 `existence`."""


def models_by_table() -> dict[str, type[Base]]:
    """Every mapped class by the name of its table."""
    return {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}


def _attribute_words(model: type) -> dict[str, str]:
    """The sentences that stand below a model's attributes."""
    words: dict[str, str] = {}
    for base in (model, *model.__mro__[1:3]):
        try:
            tree = ast.parse(inspect.getsource(base))
        except (OSError, TypeError):
            continue
        body = tree.body[0].body if isinstance(tree.body[0], ast.ClassDef) else []
        for statement, following in itertools.pairwise(body):
            if (
                isinstance(statement, ast.AnnAssign)
                and isinstance(statement.target, ast.Name)
                and isinstance(following, ast.Expr)
                and isinstance(following.value, ast.Constant)
            ):
                words.setdefault(statement.target.id, str(following.value.value))
    return words


def dictionary() -> str:
    """The data dictionary as Markdown."""
    lines = [_HEAD]
    for name, model in sorted(models_by_table().items()):
        lines += _table(model, name)
    return "\n".join(lines) + "\n"


def _table(model: type, name: str) -> list[str]:
    spec = BY_NAME.get(name)
    groups = {
        column: f"{group.name} {group.number} ({group.policy.value})"
        for group in (spec.groups if spec else ())
        for column in group.names
    }
    words = _attribute_words(model)
    number = f" · {spec.number}" if spec else " · this PC only"
    lines = ["", f"## {name}{number}", "", " ".join((model.__doc__ or "").split()), ""]
    lines += [
        "| no. | column | type | refers to | group | |",
        "| --: | --- | --- | --- | --- | --- |",
    ]
    numbers = spec.numbers if spec else {}
    for column in Base.metadata.tables[name].columns:
        target = next(iter(column.foreign_keys), None)
        kind = type(column.type).__name__ + ("" if column.nullable else " ·")
        refers = target.target_fullname.split(".")[0] if target else ""
        text = " ".join(words.get(column.name, "").split())
        lines.append(
            f"| {numbers.get(column.name, '')} | {column.name} | {kind} | {refers}"
            f" | {groups.get(column.name, '')} | {text} |"
        )
    return lines


if __name__ == "__main__":
    TARGET.write_text(dictionary(), "utf-8")
    sys.stdout.write(f"{TARGET}\n")
