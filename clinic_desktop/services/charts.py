"""The rows that a chart hangs on: the person, merged charts included, and the visits."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import or_
from sqlalchemy.orm import Session

from clinic_desktop.db.session import ReadSession
from clinic_desktop.errors import NotFoundError, RuleError
from clinic_desktop.i18n import _
from clinic_desktop.models.encounter import Encounter
from clinic_desktop.models.patient import Patient
from clinic_desktop.services.access import part

# Plain SQL: every query of a chart begins with it, and the mapper costs ten times the answer.
_CHART = """
WITH RECURSIVE chart (id) AS (
 VALUES (?1) UNION SELECT patient.id FROM patient JOIN chart ON patient.merged_into = chart.id
)
"""
_IDS = "SELECT id FROM chart"
_LEADS = "SELECT merged_into FROM patient WHERE id = ? AND is_deleted = 0"


@part
def chart_ids(session: Session, patient_id: uuid.UUID) -> list[uuid.UUID]:
    """The ids under which rows of this person lie: the chart itself and those merged into it."""
    found = _cursor(session).execute(_CHART + _IDS, (patient_id.bytes,))
    return [uuid.UUID(bytes=row[0]) for row in found.fetchall()]


@part
def rows(
    reads: ReadSession, sql: str, patient_id: uuid.UUID, *values: str | int | bytes
) -> list[tuple[Any, ...]]:
    """What a query in plain SQL finds about a person.

    In it ``?1`` is the chart's id; ``(SELECT id FROM chart)`` has those merged into it too.
    """
    cursor = _cursor(reads.session)
    found: list[tuple[Any, ...]] = cursor.execute(
        _CHART + sql, (patient_id.bytes, *values)
    ).fetchall()
    return found


def _cursor(session: Session) -> Any:
    """The driver's connection; it sees what the mapper has written so far."""
    session.flush()
    return session.connection().connection.dbapi_connection


@part
def patient(session: Session, patient_id: uuid.UUID) -> Patient:
    """The chart's own row.

    Raises:
        NotFoundError: no such chart, or it was hidden.
    """
    row = session.get(Patient, patient_id)
    if row is None or row.is_deleted:
        raise NotFoundError(_("There is no such patient."))
    return row


@part
def surviving(session: Session, patient_id: uuid.UUID) -> uuid.UUID:
    """The chart that a merged one leads to; itself if it was never merged.

    Raises:
        NotFoundError: no such chart, or it was hidden.
    """
    cursor = _cursor(session)
    passed: list[bytes] = []
    chart: bytes | None = patient_id.bytes
    while chart is not None and chart not in passed:
        found = cursor.execute(_LEADS, (chart,)).fetchone()
        if found is None:
            raise NotFoundError(_("There is no such patient."))
        passed.append(chart)
        chart = found[0]
    return uuid.UUID(bytes=passed[-1])


def end_of(leads: Mapping[bytes, bytes], chart: bytes) -> bytes:
    """``surviving`` for many charts at once: ``leads`` has each merged one with where it went."""
    passed: set[bytes] = set()
    while leads.get(chart) and chart not in passed:
        passed.add(chart)
        chart = leads[chart]
    return chart


@part
def visit(reads: ReadSession, encounter_id: uuid.UUID) -> Encounter:
    """The visit's own row.

    Raises:
        NotFoundError: no such visit, or it was hidden.
    """
    row = reads.get(Encounter, encounter_id)
    if row is None or row.is_deleted:
        raise NotFoundError(_("There is no such visit."))
    return row


@part
def visit_of(
    reads: ReadSession, patient_id: uuid.UUID, encounter_id: uuid.UUID | None
) -> uuid.UUID | None:
    """The visit, if it is one of this person's; ``None`` stays what it is.

    Raises:
        NotFoundError: no such visit, or another patient's.
    """
    if encounter_id is None:
        return None
    row = reads.get(Encounter, encounter_id)
    ids = chart_ids(reads.session, surviving(reads.session, patient_id))
    if row is None or row.is_deleted or row.patient_id not in ids:
        raise NotFoundError(_("There is no such visit of this patient."))
    return encounter_id


@part
def open_visit(reads: ReadSession, encounter_id: uuid.UUID) -> Encounter:
    """The row of a visit that may still be written to.

    Raises:
        NotFoundError: no such visit, or it was hidden.
        RuleError: it is signed.
    """
    row = visit(reads, encounter_id)
    if row.signed_at is not None:
        raise RuleError(_("This visit is signed."), hint=_("Write an addendum."))
    return row


def visible(model: type[Patient]) -> object:
    """Filter: charts that stand for themselves."""
    return ~or_(model.is_deleted, model.merged_into.is_not(None))
