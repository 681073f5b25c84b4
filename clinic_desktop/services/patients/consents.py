"""What the patient agreed to, and took back; and the flags everyone must see."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.errors import NotFoundError, RuleError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.patient import Consent, PatientAlert
from clinic_desktop.services import charts
from clinic_desktop.services.access import command, part, query

GIVEN, WITHDRAWN = "active", "withdrawn"
KINDS = ("treatment", "data", "messages")
"""What the form asks: care, keeping data, being written to. Other kinds are kept as they come."""
SEVERITIES = ("danger", "warning", "info")
"""The gravest first."""

_ALERTS = """
SELECT id, severity, message FROM patient_alert
WHERE patient_id IN (SELECT id FROM chart) AND is_active = 1 AND is_deleted = 0"""


@dataclass(frozen=True)
class ConsentRow:
    """What holds now for one kind of consent."""

    kind: str
    status: str
    version: str
    since: datetime
    given_by: str


@command("consent.create")
def give_consent(
    uow: UnitOfWork, patient_id: uuid.UUID, kind: str, *, version: str = "", given_by: str = ""
) -> None:
    """Record that the person, or ``given_by`` for the person, agreed.

    Raises:
        NotFoundError: there is no such patient.
        ValidationError: the kind is empty.
    """
    charts.patient(uow.session, patient_id)
    agree(uow, patient_id, kind, version=version, given_by=given_by)


@command("consent.create")
def withdraw_consent(uow: UnitOfWork, patient_id: uuid.UUID, kind: str) -> None:
    """Record that the person no longer agrees; what was agreed before stays on record.

    Raises:
        RuleError: there is nothing to withdraw.
    """
    current = {row.kind: row for row in _current(uow, patient_id)}
    if kind not in current or current[kind].status != GIVEN:
        raise RuleError(_("There is no such consent to withdraw."))
    _write(uow, patient_id, kind, current[kind].version, WITHDRAWN, "")


@query("consent.read")
def consents_of(reads: ReadSession, patient_id: uuid.UUID) -> list[ConsentRow]:
    """The latest word on each kind of consent."""
    return _current(reads, patient_id)


@part
def settle(uow: UnitOfWork, patient_id: uuid.UUID, given: frozenset[str]) -> None:
    """Write what was ticked and unticked in a form, as part of another command."""
    current = {row.kind: row for row in _current(uow, patient_id)}
    before = {kind for kind, row in current.items() if row.status == GIVEN}
    for kind in sorted(given - before):
        agree(uow, patient_id, kind)
    for kind in sorted(before & set(KINDS) - given):
        _write(uow, patient_id, kind, current[kind].version, WITHDRAWN, "")


@part
def agree(
    uow: UnitOfWork, patient_id: uuid.UUID, kind: str, *, version: str = "", given_by: str = ""
) -> None:
    """Write a consent as part of another command."""
    if not kind.strip():
        raise ValidationError("consent", _("Say what was agreed to."))
    _write(uow, patient_id, kind.strip(), version, GIVEN, given_by)


def _write(
    uow: UnitOfWork, patient_id: uuid.UUID, kind: str, version: str, status: str, given_by: str
) -> None:
    uow.add(
        Consent(
            id=uow.new_id(),
            patient_id=patient_id,
            kind=kind,
            version=version,
            status=status,
            given_at=uow.now,
            given_by=given_by,
            recorded_by=uow.actor.user_id,
        )
    )


def _current(reads: ReadSession, patient_id: uuid.UUID) -> list[ConsentRow]:
    of_chart = charts.chart_ids(reads.session, patient_id)
    wanted = select(Consent).where(Consent.patient_id.in_(of_chart), ~Consent.is_deleted)
    rows = reads.session.scalars(wanted.order_by(Consent.given_at, Consent.id)).all()
    latest = {row.kind: row for row in rows}
    return [
        ConsentRow(row.kind, row.status, row.version, row.given_at, row.given_by)
        for row in latest.values()
    ]


@dataclass(frozen=True)
class AlertRow:
    """A flag on the chart."""

    id: uuid.UUID
    severity: str
    message: str


@command("patient.amend")
def raise_alert(
    uow: UnitOfWork, patient_id: uuid.UUID, message: str, severity: str = "warning"
) -> uuid.UUID:
    """Flag the chart for everyone who opens it.

    Raises:
        ValidationError: no words, or a severity that is none.
        NotFoundError: there is no such patient.
    """
    charts.patient(uow.session, patient_id)
    if not message.strip():
        raise ValidationError("message", _("Say what everyone must know."))
    if severity not in SEVERITIES:
        raise ValidationError("severity", _("Choose info, warning or danger."))
    alert = PatientAlert(
        id=uow.new_id(), patient_id=patient_id, severity=severity, message=message.strip()
    )
    uow.add(alert)
    return alert.id


@command("patient.amend")
def end_alert(uow: UnitOfWork, alert_id: uuid.UUID) -> None:
    """Take a flag off the chart.

    Raises:
        NotFoundError: there is no such flag.
    """
    alert = uow.session.get(PatientAlert, alert_id)
    if alert is None or alert.is_deleted:
        raise NotFoundError(_("There is no such flag."))
    alert.is_active = False


@query("patient.read")
def alerts_of(reads: ReadSession, patient_id: uuid.UUID) -> list[AlertRow]:
    """The flags in force, the gravest first."""
    found = [
        AlertRow(uuid.UUID(bytes=row_id), severity, message)
        for row_id, severity, message in charts.rows(reads, _ALERTS, patient_id)
    ]
    # An unknown severity from another program could be grave.
    grave = {severity: place for place, severity in enumerate(SEVERITIES)}
    return sorted(found, key=lambda row: (grave.get(row.severity, 0), row.id))
