"""Which rows an erasure touches, and what is left in each of their columns.

Everything is taken out that is not named here as kept, so a column that comes later goes too.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Boolean, Column, Integer, LargeBinary, Uuid

from clinic_desktop.db.lists import batches, marks
from clinic_desktop.models import Base
from clinic_desktop.models.registry import BY_NAME, TABLES
from clinic_desktop.models.types import Day, Id, Json, UtcDateTime

Values = dict[str, dict[bytes, dict[str, Any]]]
_KEPT: dict[str, frozenset[str]] = {
    "subject_request": frozenset({"kind", "received_on", "due_on", "status", "outcome",
                                  "closed_on", "is_deleted"}),
    "disclosure": frozenset({"kind", "recipient_kind", "is_deleted"}),
}  # fmt: skip
"""That somebody asked, and that something was given, is what the practice answers for."""
_LEDGER: dict[str, dict[str, Any]] = {
    "invoice": {"buyer": "{}", "note": "", "discount_reason": ""},
    "invoice_line": {"description": ""},
    "payment": {"reference": "", "reason": ""},
    "task": {"reason": "", "status_reason": ""},
}
"""Of bills that need not be kept any more only the sums stay: the ledger must still add up. So does
who asked for money back and who agreed, which is about those two."""
_UNTOUCHED = frozenset({"audit_event", "log_redaction"})
"""Who did what when, and digests; of events only the words that somebody typed are taken out."""
_OWNERS = {"patient": ("id",), "patient_merge": ("survivor_id", "merged_id")}


def person_tables() -> dict[str, tuple[str, ...]]:
    """Every synced table whose rows are about a patient, and the columns that say whom."""
    found = {spec.name: ("patient_id",) for spec in TABLES if "patient_id" in spec.columns}
    return {**found, **_OWNERS}


def rows_about(cursor: Any, table: str, patients: list[bytes]) -> list[bytes]:
    """The ids of a table's rows about these patients, hidden ones too."""
    owners = person_tables()[table]
    which = " OR ".join(f"{owner} IN ({marks(patients)})" for owner in owners)
    found = cursor.execute(
        f"SELECT id FROM {table} WHERE {which}",
        patients * len(owners),
    )
    return [bytes(row[0]) for row in found.fetchall()]


def blanks_for(cursor: Any, patients: list[bytes], held: set[bytes]) -> Values:
    """Values for every row about these patients; ``held`` are bills and papers the law keeps."""
    wanted: Values = defaultdict(dict)
    for table in person_tables():
        if table in _UNTOUCHED:
            continue
        for pk in rows_about(cursor, table, patients):
            if pk not in held:
                wanted[table][pk] = _LEDGER.get(table) or empty_row(table)
    _words_of_events(cursor, patients, wanted)
    _drafts_of_bills(cursor, wanted)
    _undecided(cursor, wanted)
    for pk in _lines(cursor, wanted["invoice"]):
        wanted["invoice_line"][pk] = _LEDGER["invoice_line"]
    return {table: rows for table, rows in wanted.items() if rows}


def _words_of_events(cursor: Any, patients: list[bytes], wanted: Values) -> None:
    """Why somebody used a chart, in words that may name the person."""
    for pk, detail in cursor.execute(
        "SELECT id, json_remove(detail, '$.words') FROM audit_event"
        f" WHERE json_extract(detail, '$.words') IS NOT NULL AND patient_id IN ({marks(patients)})",
        patients,
    ).fetchall():
        wanted["audit_event"][bytes(pk)] = {"detail": detail}


def _drafts_of_bills(cursor: Any, wanted: Values) -> None:
    """A bill that was never issued is no bill."""
    for part in batches(list(wanted["invoice"])):
        for (pk,) in cursor.execute(
            f"SELECT id FROM invoice WHERE status <> 'issued' AND id IN ({marks(part)})",
            part,
        ).fetchall():
            wanted["invoice"][bytes(pk)] = empty_row("invoice")


def _undecided(cursor: Any, wanted: Values) -> None:
    """Nobody is to decide any more about somebody who is gone."""
    for part in batches(list(wanted["task"])):
        for (pk,) in cursor.execute(
            f"SELECT id FROM task WHERE status = 'requested' AND id IN ({marks(part)})", part
        ).fetchall():
            wanted["task"][bytes(pk)] = {**_LEDGER["task"], "status": "cancelled"}


def _lines(cursor: Any, invoices: dict[bytes, dict[str, Any]]) -> list[bytes]:
    found: list[bytes] = []
    for part in batches(list(invoices)):
        found += [
            bytes(row[0])
            for row in cursor.execute(
                f"SELECT id FROM invoice_line WHERE invoice_id IN ({marks(part)})",
                part,
            ).fetchall()
        ]
    return found


def empty_row(table: str) -> dict[str, Any]:
    """What is left of a row: its id, whom and what it refers to, its place in time."""
    kept = _KEPT.get(table, frozenset())
    columns = Base.metadata.tables[table].columns
    values: dict[str, Any] = {}
    for name in BY_NAME[table].columns:
        if name in kept or _refers(columns[name]):
            continue
        if name == "is_deleted":
            values[name] = 1
        elif columns[name].nullable:
            values[name] = None
        elif not isinstance(columns[name].type, UtcDateTime):
            values[name] = _nothing(columns[name])
    return values


def _refers(column: Column[Any]) -> bool:
    return isinstance(column.type, Id | Uuid) and column.name != "photo_id"


def _nothing(column: Column[Any]) -> Any:
    kind = column.type
    if isinstance(kind, Json):
        return "{}"
    if isinstance(kind, LargeBinary):
        return bytes(16)
    if isinstance(kind, Boolean | Integer):
        return 0
    return "1900-01-01" if isinstance(kind, Day) else ""
