"""Which appointments and bills bear the mark of a question that nobody has decided."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from typing import Final

from clinic_desktop.db import disputes
from clinic_desktop.db.conflicts import OpenConflict, open_conflicts
from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.permissions import allowed
from clinic_desktop.services.access import part
from clinic_desktop.services.conflicts import rights

_PARENTS: Final = {
    "invoice_line": ("invoice", "invoice_id"),
    "payment": ("invoice", "invoice_id"),
    "task": ("invoice", "focus_id"),
}
"""Tables of which a row is shown on another one, and the column that names it."""


@part
def questions_about(
    reads: ReadSession, table: str, rows: Mapping[uuid.UUID, uuid.UUID | None]
) -> dict[uuid.UUID, uuid.UUID]:
    """By row the most urgent question about it or about its patient that the person may see.

    Args:
        reads: the record.
        table: of the rows.
        rows: each with the patient whose questions count too, if any do.
    """
    if not rows or not allowed(reads.actor, "conflict.read"):
        return {}
    by_patient: dict[uuid.UUID, list[uuid.UUID]] = {}
    for row_id, patient in rows.items():
        if patient is not None:
            by_patient.setdefault(patient, []).append(row_id)
    found: dict[uuid.UUID, uuid.UUID] = {}
    for asked in open_conflicts(reads.cursor):
        about = _rows_of(reads, asked, table, rows.keys())
        about += by_patient.get(asked.patient_id, []) if asked.patient_id else []
        new = [each for each in about if each not in found]
        if new and rights.may_see(reads, asked):
            found |= dict.fromkeys(new, uuid.UUID(bytes=asked.id))
    return found


def _rows_of(
    reads: ReadSession, asked: OpenConflict, table: str, rows: Collection[uuid.UUID]
) -> list[uuid.UUID]:
    """Of these rows those that a question is about."""
    told = [asked.row_id, *([asked.other_id] if asked.other_id else [])]
    if asked.table != table:
        parent, column = _PARENTS.get(asked.table, ("", ""))
        if parent != table:
            return []
        ids = [disputes.word_of(reads.cursor, asked.table, column, each.bytes) for each in told]
        told = [uuid.UUID(bytes=each) for each in ids if each]
    return [each for each in told if each in rows]
