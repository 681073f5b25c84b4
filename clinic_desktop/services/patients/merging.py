"""Two charts of one person joined, and parted again.

Rows are never moved: the merged chart points to the surviving one, and every chart query reads
both. What changes on the surviving chart is remembered with its values before and after.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.codes import AllergyStatus
from clinic_desktop.errors import NotFoundError, RuleError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.patient import Patient, PatientMerge
from clinic_desktop.services import charts
from clinic_desktop.services.access import command, query
from clinic_desktop.services.patients.entry import PatientEntry
from clinic_desktop.services.patients.registration import entry_of

MERGED, UNDONE = "merged", "undone"
FIELDS: dict[str, tuple[str, ...]] = {
    "name": ("family", "given", "middle", "prefix", "suffix", "preferred", "name_latin"),
    "birth": ("birth_date", "birth_precision"),
    "sex": ("sex",),
    "address": ("address", "city", "district", "state", "postal_code", "country"),
    "language": ("language",),
    "marital_status": ("marital_status",),
    "photo": ("photo_id",),
    "note": ("note",),
}
"""What a person chooses between, and the columns that go together."""
_READ_BACK: dict[str, Callable[[str], Any]] = {
    "photo_id": uuid.UUID,
    "allergy_asked_on": date.fromisoformat,
}


@dataclass(frozen=True)
class MergeRow:
    """One joining of charts."""

    id: uuid.UUID
    survivor_id: uuid.UUID
    merged_id: uuid.UUID
    merged_mrn: str
    reason: str
    merged_at: datetime


@command("patient.merge")
def merge(
    uow: UnitOfWork,
    survivor_id: uuid.UUID,
    merged_id: uuid.UUID,
    takes: frozenset[str] = frozenset(),
    *,
    reason: str,
    seen: tuple[PatientEntry, PatientEntry] | None = None,
) -> uuid.UUID:
    """Join a chart to the surviving one; ``takes`` names the ``FIELDS`` the joined one is right in.

    Returns the id by which it can be undone.

    Raises:
        RuleError: both are one chart, or one of them was joined already.
        ValidationError: no reason, or a field that is none.
        NotFoundError: a chart is not there.
        StaleError: a chart says something else than was ``seen`` when the fields were compared.
    """
    survivor = charts.patient(uow.session, survivor_id)
    merged = charts.patient(uow.session, merged_id)
    uow.expect_seen((entry_of(uow, survivor), entry_of(uow, merged)), seen)
    _check(survivor, merged, takes, reason)
    columns = [column for name in FIELDS if name in takes for column in FIELDS[name]]
    wanted = {column: getattr(merged, column) for column in columns}
    wanted |= _allergies(survivor, merged)
    before = {column: getattr(survivor, column) for column in wanted}
    for column, value in wanted.items():
        setattr(survivor, column, value)
    merged.merged_into = survivor.id
    row = PatientMerge(
        id=uow.new_id(),
        survivor_id=survivor.id,
        merged_id=merged.id,
        status=MERGED,
        reason=reason.strip(),
        merged_at=uow.now,
        merged_by=uow.actor.user_id,
        before={"before": _as_json(before), "after": _as_json(wanted)},
    )
    uow.add(row)
    return row.id


def _check(survivor: Patient, merged: Patient, takes: frozenset[str], reason: str) -> None:
    if survivor.id == merged.id:
        raise RuleError(_("This is one and the same chart."), kept=_("Nothing was changed."))
    if survivor.merged_into is not None or merged.merged_into is not None:
        raise RuleError(
            _("One of these charts was already joined to another one."),
            kept=_("Nothing was changed."),
            hint=_("Open the chart it was joined to, or take that joining back first."),
        )
    if not reason.strip():
        raise ValidationError("reason", _("Say why both charts are one person."))
    unknown = sorted(takes - FIELDS.keys())
    if unknown:
        raise ValidationError(unknown[0], _("There is no such field to choose."))


_KNOWN = (AllergyStatus.NOT_ASKED, AllergyStatus.NONE_KNOWN, AllergyStatus.RECORDED)


def _allergies(survivor: Patient, merged: Patient) -> dict[str, Any]:
    """What is known of allergies after the joining: "recorded" is never lost to "none known"."""
    ours, theirs = (_KNOWN.index(AllergyStatus(p.allergy_status)) for p in (survivor, merged))
    if theirs <= ours:
        return {}
    return {"allergy_status": str(_KNOWN[theirs]), "allergy_asked_on": merged.allergy_asked_on}


@command("patient.merge")
def undo_merge(uow: UnitOfWork, merge_id: uuid.UUID) -> None:
    """Part two charts again.

    The surviving chart gets back its fields, except those changed since: the later word holds.

    Raises:
        NotFoundError: there was no such joining.
        RuleError: it was undone already.
    """
    row = uow.session.get(PatientMerge, merge_id)
    if row is None or row.is_deleted:
        raise NotFoundError(_("These charts were never joined."))
    if row.status == UNDONE:
        raise RuleError(_("These charts were parted already."), kept=_("Nothing was changed."))
    survivor = charts.patient(uow.session, row.survivor_id)
    merged = charts.patient(uow.session, row.merged_id)
    before, after = row.before["before"], row.before["after"]
    for group in (*FIELDS.values(), ("allergy_status", "allergy_asked_on")):
        columns = [column for column in group if column in before]
        now = _as_json({column: getattr(survivor, column) for column in columns})
        if any(now[column] != after[column] for column in columns):
            continue
        for column in columns:
            setattr(survivor, column, _from_json(column, before[column]))
    merged.merged_into = None
    row.status, row.undone_at = UNDONE, uow.now


@query("patient.read")
def merges_of(reads: ReadSession, patient_id: uuid.UUID) -> list[MergeRow]:
    """The charts joined to this one and not parted since, newest first."""
    of_chart = charts.chart_ids(reads.session, patient_id)
    wanted = (
        select(PatientMerge, Patient.mrn)
        .join(Patient, Patient.id == PatientMerge.merged_id)
        .where(PatientMerge.survivor_id.in_(of_chart), PatientMerge.status == MERGED)
        .order_by(PatientMerge.merged_at.desc(), PatientMerge.id.desc())
    )
    return [
        MergeRow(row.id, row.survivor_id, row.merged_id, mrn, row.reason, row.merged_at)
        for row, mrn in reads.session.execute(wanted)
    ]


def _as_json(values: Mapping[str, Any]) -> dict[str, str | None]:
    return {column: None if value is None else str(value) for column, value in values.items()}


def _from_json(column: str, value: str | None) -> Any:
    if value is None or column not in _READ_BACK:
        return value
    return _READ_BACK[column](value)
