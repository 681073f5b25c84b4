"""The full-text index of patients, kept up to date by every commit that touches one."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

from clinic_desktop.db.journal import Changes
from clinic_desktop.db.lists import BATCH, batches, marks
from clinic_desktop.domain.folding import FTS_TOKENIZE, any_number_query, patient_index_text

DDL = (
    "CREATE VIRTUAL TABLE patient_fts USING fts5(body, content='', contentless_delete=1,"
    f" prefix='2 3 4', tokenize=\"{FTS_TOKENIZE}\")"
)
_OWNERS = {
    "patient_identifier": "patient_id",
    "contact_point": "patient_id",
    "patient_merge": "survivor_id",
}
"""Rows whose change is a change of what a patient is found by."""
_AUTOMERGE = 4
"""What FTS5 itself begins with."""
_NAMES = "family, given, middle, preferred, name_latin"


def update(cursor: Any, changes: Changes) -> None:
    """Index anew the patients that a commit touched; part of the commit's transaction."""
    touched = {row.bytes for row in changes.ids("patient")}
    for table, column in _OWNERS.items():
        ids = [row.bytes for row in changes.ids(table)]
        for part in batches(ids):
            rows = cursor.execute(
                f"SELECT DISTINCT {column} FROM {table} WHERE id IN ({marks(part)})", part
            )
            touched |= {bytes(row[0]) for row in rows.fetchall()}
    reindex(cursor, sorted(touched))


def reindex(cursor: Any, patient_ids: Iterable[bytes]) -> None:
    """Write the index rows of these patients; merged and hidden charts leave the index.

    What was told of a merged chart finds the chart it leads to.
    """
    charts = list(patient_ids)
    with _without_merging(cursor) if len(charts) > BATCH else nullcontext():
        for part in batches(charts):
            _reindex(cursor, _with_merged(cursor, part))


@contextmanager
def _without_merging(cursor: Any) -> Iterator[None]:
    """Leave it to later writes, a little with each, to merge what many rows at once bring.

    Where it fails the transaction is taken back, and the setting with it.
    """
    set_merging = "INSERT INTO patient_fts (patient_fts, rank) VALUES ('automerge', ?)"
    cursor.execute(set_merging, (0,))
    yield
    cursor.execute(set_merging, (_AUTOMERGE,))


def _with_merged(cursor: Any, patient_ids: list[bytes]) -> dict[bytes, bytes]:
    """These charts, all that they lead to or that lead to them, each with where it leads."""
    leads = dict.fromkeys(patient_ids, b"")
    frontier = patient_ids
    while frontier:
        those = marks(frontier)
        rows = [
            row
            for which in (
                f"id IN ({those}) AND +merged_into IS NOT NULL",
                f"merged_into IN ({those})",
            )
            for row in cursor.execute(
                f"SELECT id, merged_into FROM patient WHERE {which}", frontier
            ).fetchall()
        ]
        leads |= {bytes(pk): bytes(into or b"") for pk, into in rows}
        ends = {bytes(into) for _pk, into in rows if into} | {bytes(pk) for pk, _into in rows}
        frontier = sorted(ends - leads.keys())
        leads |= dict.fromkeys(frontier, b"")
    return leads


def _end(leads: dict[bytes, bytes], chart: bytes) -> bytes:
    passed: set[bytes] = set()
    while leads.get(chart) and chart not in passed:
        passed.add(chart)
        chart = leads[chart]
    return chart


def _reindex(cursor: Any, leads: dict[bytes, bytes]) -> None:
    charts = list(leads)
    those = marks(charts)
    fresh = cursor.execute(
        "INSERT OR IGNORE INTO patient_search (patient_id)"
        f" SELECT id FROM patient WHERE id IN ({those})",
        charts,
    ).rowcount
    told = _grouped(cursor, "patient_identifier", charts)
    phones = _grouped(cursor, "contact_point", charts)
    births: dict[bytes, str] = {}
    names: dict[bytes, list[str]] = defaultdict(list)
    rowids: dict[bytes, int] = {}
    hidden: set[bytes] = set()
    for rowid, pk, mrn, birth, is_deleted, *parts in cursor.execute(
        f"SELECT s.rowid, p.id, p.mrn, p.birth_date, p.is_deleted, {_NAMES} FROM patient p"
        f" JOIN patient_search s ON s.patient_id = p.id WHERE p.id IN ({those})",
        charts,
    ).fetchall():
        chart = bytes(pk)
        rowids[chart], births[chart], names[chart] = rowid, birth, parts
        told[chart].append(mrn)
        hidden |= {chart} if is_deleted or leads[chart] else set()
    for chart in [each for each in rowids if leads[each]]:
        end = _end(leads, chart)
        for found in (told, phones, names):
            found[end] += found[chart]
    if fresh < len(rowids):
        had = [(rowid,) for rowid in rowids.values()]
        cursor.executemany("DELETE FROM patient_fts WHERE rowid = ?", had)
    cursor.executemany(
        "INSERT INTO patient_fts (rowid, body) VALUES (?, ?)",
        [
            (rowid, patient_index_text(names[pk], told[pk], phones[pk], births[pk]))
            for pk, rowid in rowids.items()
            if pk not in hidden
        ],
    )


def patient_ids(cursor: Any, match: str, limit: int) -> list[uuid.UUID]:
    """Charts that match an FTS5 expression, newest charts first."""
    rows = cursor.execute(
        "SELECT patient_id FROM patient_search WHERE rowid IN"
        " (SELECT rowid FROM patient_fts WHERE patient_fts MATCH ? ORDER BY rowid DESC LIMIT ?)"
        " ORDER BY rowid DESC",
        (match, limit),
    ).fetchall()
    return [uuid.UUID(bytes=bytes(row[0])) for row in rows]


def matching(cursor: Any, match: str, among: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Which of a few charts match an FTS5 expression, in the order given."""
    charts = [each.bytes for each in among]
    rows = cursor.execute(f"SELECT mrn FROM patient WHERE id IN ({marks(charts)})", charts)
    numbers = any_number_query(row[0] for row in rows.fetchall())
    if not numbers:
        return []
    # By their numbers, because by their rows the index would look up all that match.
    found = set(patient_ids(cursor, f"({match}) AND {numbers}", len(among)))
    return [each for each in among if each in found]


def count(cursor: Any, match: str = "") -> int:
    """How many charts match; without an expression, how many there are."""
    where = " WHERE patient_fts MATCH ?" if match else ""
    found = cursor.execute(f"SELECT count(*) FROM patient_fts{where}", [match] if match else [])
    return int(found.fetchone()[0])


def lost(cursor: Any) -> list[str]:
    """Numbers of the charts that the index should find and does not, or finds and should not."""
    rows = cursor.execute(
        "SELECT s.rowid, p.mrn, p.is_deleted OR p.merged_into IS NOT NULL FROM patient p"
        " LEFT JOIN patient_search s ON s.patient_id = p.id ORDER BY p.mrn"
    ).fetchall()
    indexed = {row[0] for row in cursor.execute("SELECT rowid FROM patient_fts").fetchall()}
    wrong = [mrn for rowid, mrn, is_hidden in rows if (rowid in indexed) == bool(is_hidden)]
    for rowid, mrn, is_hidden in rows:
        query = any_number_query([mrn])
        if rowid in indexed and not is_hidden and query:
            found = cursor.execute(
                "SELECT 1 FROM patient_fts WHERE patient_fts MATCH ? AND rowid = ?", (query, rowid)
            ).fetchone()
            if not found:
                wrong.append(mrn)
    return wrong


def _grouped(cursor: Any, table: str, ids: list[bytes]) -> dict[bytes, list[str]]:
    found: dict[bytes, list[str]] = defaultdict(list)
    for pk, value in cursor.execute(
        f"SELECT patient_id, value FROM {table}"
        f" WHERE is_deleted = 0 AND patient_id IN ({marks(ids)})",
        ids,
    ).fetchall():
        found[bytes(pk)].append(value)
    return found
