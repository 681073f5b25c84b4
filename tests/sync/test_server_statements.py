"""Every statement of the server names its practice, so one shard of a database serves it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from clinic_desktop.sync import server
from clinic_desktop.sync.server import tables

OVER_ALL = {"SELECT count(*) FROM practice"}
"""Asked once in a while for the bound on practices and for monitoring."""
AT_START = {
    "SELECT pg_advisory_xact_lock(%s)",
    "SELECT to_regclass('relay')",
    "SELECT version FROM relay",
    "UPDATE relay SET version = 5",
    tables.MOVED,
}


def statements() -> list[str]:
    """Every string in the server's code that is SQL on its tables."""
    verb = re.compile(r"(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH)\s")
    found = []
    for path in sorted(Path(server.__path__[0]).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and verb.match(text) and "sqlite_master" not in text:
                found.append(" ".join(text.split()))
    return found


@pytest.mark.parametrize("sql", sorted(set(statements())))
def test_a_statement_names_its_practice(sql: str) -> None:
    if sql in OVER_ALL | AT_START:
        return
    names = re.findall(r"(?:FROM|JOIN|UPDATE|INTO)\s+([a-z]+)", sql.replace("DO UPDATE", ""))
    assert names, sql
    assert set(names) <= {*tables.PRACTICE, *tables.LETTERS}
    key = "box" if set(names) <= set(tables.LETTERS) else "clinic"
    if sql.startswith("INSERT"):
        assert re.match(rf"[A-Z ]+ [a-z]+ \({key}\b.*\) VALUES \(:{key}\b", sql), sql
    else:
        assert len(names) == sql.count(f"WHERE {key} = :{key}"), sql
    assert "?" not in sql


def test_there_are_statements_on_every_table() -> None:
    """The list above is no empty one."""
    text = " ".join(statements())
    for table in (*tables.PRACTICE, *tables.LETTERS):
        assert f" {table} " in text, table


def test_the_paper_for_operators_has_these_tables(repository: Path) -> None:
    paper = (repository / "docs" / "server.md").read_text("utf-8")
    for statement in tables.in_postgres(0):
        assert f"{statement};\n" in paper


@pytest.mark.parametrize(("kept", "key"), [(tables.PRACTICE, "clinic"), (tables.LETTERS, "box")])
def test_every_key_begins_with_the_practice(kept: dict[str, str], key: str) -> None:
    for name, columns in kept.items():
        assert columns.startswith(f"{key} {{bytes}}"), name
        for unique in re.findall(r"(?:PRIMARY KEY|UNIQUE) \(([a-z_, ]+)\)", columns):
            assert unique.split(",")[0] == key, name
