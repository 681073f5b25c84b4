"""The visits of a chart: a long list by page, and one visit as it reads."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from clinic_desktop.db import confidentiality, disputes
from clinic_desktop.db.lists import marks
from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.instants import from_millis
from clinic_desktop.errors import NotFoundError
from clinic_desktop.i18n import _
from clinic_desktop.models.registry import BY_NAME
from clinic_desktop.services import charts
from clinic_desktop.services.access import query

_EXCERPT = 160


@dataclass(frozen=True)
class VisitRow:
    """One visit in the list."""

    id: uuid.UUID
    patient_id: uuid.UUID
    start_at: datetime
    end_at: datetime | None
    status: str
    is_signed: bool
    signed_by: str
    kind: str
    reason: str
    practitioner: str
    diagnoses: str
    excerpt: str
    """The first words of the note; empty where they are kept in confidence."""
    is_hidden: bool = False
    is_disputed: bool = False
    """Two PCs wrote it or its note differently, and nobody has decided; it shows each version."""
    others: tuple[tuple[str, str], ...] = ()
    """Kind and reason as other versions have them."""


_IDS = """
SELECT id, start_at FROM encounter
WHERE patient_id = ? AND is_deleted = 0 AND status NOT IN ('cancelled', 'entered-in-error')"""
_LAST = f"{_IDS} ORDER BY start_at DESC, id DESC LIMIT ?"
_ROWS = f"""
SELECT e.id, e.patient_id, e.start_at, e.end_at, e.status, e.signed_at IS NOT NULL,
 coalesce(u.name, ''), e.type_display, e.reason, coalesce(p.name, ''),
 (SELECT group_concat(display, ' · ') FROM (
   SELECT display FROM condition WHERE encounter_id = e.id AND is_deleted = 0
   AND verification_status <> 'entered-in-error' ORDER BY rank, id LIMIT 4)),
 (SELECT substr(trim(subjective || ' ' || assessment || ' ' || plan), 1, {_EXCERPT}) FROM note
   WHERE encounter_id = e.id AND kind <> 'addendum' AND is_deleted = 0 LIMIT 1)
FROM encounter e
LEFT JOIN practitioner p ON p.id = e.practitioner_id
LEFT JOIN app_user u ON u.id = e.signed_by
WHERE e.id IN (%s)"""  # noqa: S608 - of constants and marks

_DISPUTED = """
SELECT n.encounter_id FROM sync_conflict c JOIN note n ON n.id = c.pk
WHERE c.kind = 'value' AND n.encounter_id IN ({visits})"""
_ASKED = """
SELECT pk, grp, vers FROM sync_conflict WHERE tbl = ? AND kind = 'value' AND pk IN ({visits})
ORDER BY pk, grp"""


@query("chart.read")
def visit_ids(reads: ReadSession, patient_id: uuid.UUID) -> list[uuid.UUID]:
    """Every visit of a chart, the latest first; rows follow page by page."""
    found: list[tuple[bytes, int]] = []
    for chart in charts.chart_ids(reads.session, patient_id):
        found += reads.cursor.execute(_IDS, (chart.bytes,)).fetchall()
    found.sort(key=_place, reverse=True)
    return [uuid.UUID(bytes=row[0]) for row in found]


@query("chart.read")
def last_visits(reads: ReadSession, patient_id: uuid.UUID, count: int) -> list[VisitRow]:
    """The last visits of a chart, the latest first."""
    found: list[tuple[bytes, int]] = []
    for chart in charts.chart_ids(reads.session, patient_id):
        found += reads.cursor.execute(_LAST, (chart.bytes, count)).fetchall()
    found.sort(key=_place, reverse=True)
    ids = [uuid.UUID(bytes=row[0]) for row in found[:count]]
    rows = visit_rows(reads, ids)
    return [rows[each] for each in ids]


@query("chart.read")
def visit_rows(reads: ReadSession, encounter_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, VisitRow]:
    """The rows of one page of the list."""
    values = [each.bytes for each in encounter_ids]
    rows = [_row(row) for row in reads.cursor.execute(_ROWS % marks(values), values)]
    people = {row.patient_id for row in rows}
    hidden = frozenset().union(*(confidentiality.hidden_visits(reads, each) for each in people))
    sql = _DISPUTED.format(visits=marks(values))
    asked = {uuid.UUID(bytes=row[0]) for row in reads.cursor.execute(sql, values)}
    told = _versions(reads, values)
    found = {}
    for row in rows:
        others = told.get(row.id, [])
        each = replace(row, is_disputed=row.id in asked or bool(others), others=_heads(row, others))
        found[row.id] = replace(each, excerpt="", is_hidden=True) if row.id in hidden else each
    return found


def _versions(reads: ReadSession, visits: list[bytes]) -> dict[uuid.UUID, list[dict[str, Any]]]:
    """What the visits themselves would say by other versions. Empty nearly always."""
    sql = _ASKED.format(visits=marks(visits))
    found = reads.cursor.execute(sql, (BY_NAME["encounter"].number, *visits)).fetchall()
    return disputes.variants(reads.cursor, "encounter", found) if found else {}


def _heads(row: VisitRow, others: list[dict[str, Any]]) -> tuple[tuple[str, str], ...]:
    shown = (row.kind, row.reason)
    told = [(e.get("type_display", row.kind), e.get("reason", row.reason)) for e in others]
    return tuple(each for each in dict.fromkeys(told) if each != shown)


@query("chart.read")
def visit(reads: ReadSession, encounter_id: uuid.UUID) -> VisitRow:
    """One visit.

    Raises:
        NotFoundError: there is no such visit.
    """
    found = visit_rows(reads, [encounter_id])
    if encounter_id not in found:
        raise NotFoundError(_("There is no such visit."))
    return found[encounter_id]


@query("chart.read")
def visit_before(
    reads: ReadSession, patient_id: uuid.UUID, encounter_id: uuid.UUID
) -> VisitRow | None:
    """The visit before this one, to look back at and to copy the plan from."""
    charts.visit_of(reads, patient_id, encounter_id)
    ids = visit_ids(reads, patient_id)
    place = ids.index(encounter_id) if encounter_id in ids else -1
    return visit(reads, ids[place + 1]) if place + 1 < len(ids) else None


def _place(row: tuple[bytes, int]) -> tuple[int, bytes]:
    """Where a visit stands in time; of two at the same moment the later made is the later."""
    visit_id, start_at = row
    return start_at, visit_id


def _row(row: tuple[Any, ...]) -> VisitRow:
    (row_id, patient, start, end, status, signed, signer, kind, reason, doctor, terms, text) = row
    return VisitRow(
        uuid.UUID(bytes=row_id),
        uuid.UUID(bytes=patient),
        from_millis(start),
        None if end is None else from_millis(end),
        status,
        bool(signed),
        signer,
        kind,
        reason,
        doctor,
        terms or "",
        text or "",
    )
