"""The full-text index of patients, kept up to date by every commit that touches one."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from clinic_desktop.db.journal import Changes
from clinic_desktop.domain.folding import FTS_TOKENIZE, patient_index_text

DDL = (
    "CREATE VIRTUAL TABLE patient_fts USING fts5(body, content='', contentless_delete=1,"
    f" prefix='2 3 4', tokenize=\"{FTS_TOKENIZE}\")"
)
_CHUNK = 400
_NAMES = "family, given, middle, preferred, name_latin"


def update(cursor: Any, changes: Changes) -> None:
    """Index anew the patients that a commit touched; part of the commit's transaction."""
    touched = {row.bytes for row in changes.ids("patient")}
    for table in ("patient_identifier", "contact_point"):
        ids = [row.bytes for row in changes.ids(table)]
        for part in _chunks(ids):
            rows = cursor.execute(
                f"SELECT DISTINCT patient_id FROM {table} WHERE id IN ({_marks(part)})", part
            )
            touched |= {bytes(row[0]) for row in rows.fetchall()}
    reindex(cursor, sorted(touched))


def reindex(cursor: Any, patient_ids: Iterable[bytes]) -> None:
    """Write the index rows of these patients; merged and hidden charts leave the index."""
    for part in _chunks(list(patient_ids)):
        marks = _marks(part)
        cursor.execute(
            "INSERT OR IGNORE INTO patient_search (patient_id)"
            f" SELECT id FROM patient WHERE id IN ({marks})",
            part,
        )
        numbers = _grouped(cursor, "value", "patient_identifier", part)
        phones = _grouped(cursor, "value", "contact_point", part)
        people = cursor.execute(
            f"SELECT s.rowid, p.id, p.mrn, p.birth_date, p.is_deleted OR p.merged_into IS NOT NULL,"
            f" {_NAMES} FROM patient p JOIN patient_search s ON s.patient_id = p.id"
            f" WHERE p.id IN ({marks})",
            part,
        ).fetchall()
        cursor.executemany("DELETE FROM patient_fts WHERE rowid = ?", [(row[0],) for row in people])
        cursor.executemany(
            "INSERT INTO patient_fts (rowid, body) VALUES (?, ?)",
            [
                (rowid, patient_index_text(names, [mrn, *numbers[pk]], phones[pk], birth))
                for rowid, pk, mrn, birth, hidden, *names in people
                if not hidden
            ],
        )


def rebuild(cursor: Any) -> None:
    """Make the whole index anew."""
    cursor.execute("DELETE FROM patient_fts")
    ids = [bytes(row[0]) for row in cursor.execute("SELECT id FROM patient").fetchall()]
    reindex(cursor, ids)


def patient_ids(cursor: Any, match: str, limit: int) -> list[uuid.UUID]:
    """Charts that match an FTS5 expression, newest charts first."""
    rows = cursor.execute(
        "SELECT patient_id FROM patient_search WHERE rowid IN"
        " (SELECT rowid FROM patient_fts WHERE patient_fts MATCH ? ORDER BY rowid DESC LIMIT ?)",
        (match, limit),
    ).fetchall()
    return [uuid.UUID(bytes=bytes(row[0])) for row in rows]


def _grouped(cursor: Any, column: str, table: str, ids: list[bytes]) -> dict[bytes, list[str]]:
    found: dict[bytes, list[str]] = defaultdict(list)
    for pk, value in cursor.execute(
        f"SELECT patient_id, {column} FROM {table}"
        f" WHERE is_deleted = 0 AND patient_id IN ({_marks(ids)})",
        ids,
    ).fetchall():
        found[bytes(pk)].append(value)
    return found


def _marks(ids: list[bytes]) -> str:
    return ",".join("?" * len(ids))


def _chunks(ids: list[bytes]) -> Iterable[list[bytes]]:
    for start in range(0, len(ids), _CHUNK):
        yield ids[start : start + _CHUNK]
