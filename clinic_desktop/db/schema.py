"""The schema as the models say it, to make the first migration and to compare every file with."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from clinic_desktop.db import search
from clinic_desktop.models import Base

_SHADOW = ("patient_fts_",)


def model_statements() -> list[str]:
    """CREATE statements of all tables, indexes and the search index, in a steady order."""
    dialect = sqlite.dialect()
    statements = []
    for table in Base.metadata.sorted_tables:
        statements.append(str(CreateTable(table).compile(dialect=dialect)).strip())
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        statements += [str(CreateIndex(index).compile(dialect=dialect)) for index in indexes]
    statements.append(search.DDL)
    statements.append("INSERT INTO sync_ctx (one, applying) VALUES (1, 0)")
    return statements


def file_statements(cursor: Any) -> list[str]:
    """The same, as an opened file says it; without triggers and Alembic's own table."""
    rows = cursor.execute(
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL"
        " AND type IN ('table', 'index') AND name NOT LIKE 'alembic%' AND name NOT LIKE 'sqlite%'"
    ).fetchall()
    return sorted(sql.strip() for name, sql in rows if not name.startswith(_SHADOW))
