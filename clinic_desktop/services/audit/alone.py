"""What somebody approved of his own doing, and charts opened in an emergency: the owner's report.

In a practice of one nobody else can approve, so it is done at once and listed here week by week.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from clinic_desktop.clock import uuid7
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.instants import to_millis
from clinic_desktop.domain.names import HumanName
from clinic_desktop.models.billing import Invoice
from clinic_desktop.models.confidentiality import EmergencyAccess
from clinic_desktop.models.patient import Patient
from clinic_desktop.models.practice import AppUser
from clinic_desktop.models.provenance import AuditEvent
from clinic_desktop.models.task import Task
from clinic_desktop.services.access import command, query
from clinic_desktop.services.approvals import SELF_APPROVED
from clinic_desktop.services.confidentiality.emergency import BEGAN, REVIEWED

WEEKS_SHOWN = 12
LOOK_EVERY = timedelta(days=7)
SEEN = "audit.own-approvals-seen"


@dataclass(frozen=True)
class OwnApproval:
    """One thing done without a second person."""

    id: uuid.UUID
    at: datetime
    week: date
    """The Monday of its week."""
    who: str
    what: str
    """``refund``, ``void-invoice``, ``emergency`` or ``emergency-review``."""
    patient_id: uuid.UUID | None
    patient_name: str
    amount_minor: int | None
    currency: str
    reason: str


@dataclass(frozen=True)
class Report:
    """The weeks' list, and when an owner looked at it last."""

    rows: tuple[OwnApproval, ...]
    """The latest first."""
    seen_at: datetime | None
    unseen: int
    """Since then, once the oldest of them is a week old; until then none."""


@query("audit.read")
def report(reads: ReadSession, weeks: int = WEEKS_SHOWN) -> Report:
    """What was approved by whoever asked, or opened in an emergency, in the last weeks."""
    since = reads.now - timedelta(weeks=weeks)
    people = dict(reads.session.execute(select(AppUser.id, AppUser.name)).all())
    kinds = (SELF_APPROVED, BEGAN, REVIEWED)
    events = [each for user in people for each in _events(reads, user, kinds, since)]
    rows = [_row(reads, each, people.get(each.user_id or each.id, "")) for each in events
            if each.kind != REVIEWED or each.detail.get("by_oneself")]  # fmt: skip
    looks = [each.happened_at for user in people for each in _events(reads, user, (SEEN,), since)]
    seen = max(looks, default=None)
    rows.sort(key=lambda each: (each.at, each.id), reverse=True)
    late = reads.now - LOOK_EVERY
    unseen = sum((seen is None or each.at > seen) for each in rows)
    waits = any(each.at <= late and (seen is None or each.at > seen) for each in rows)
    return Report(tuple(rows), seen, unseen if waits else 0)


def _events(
    reads: ReadSession, user: uuid.UUID, kinds: tuple[str, ...], since: datetime
) -> list[AuditEvent]:
    """By person and kind, as the index has them: the whole list of events is long."""
    first = uuid7(to_millis(since), 0, 0)
    found = reads.session.scalars(
        select(AuditEvent).where(
            AuditEvent.user_id == user, AuditEvent.kind.in_(kinds), AuditEvent.id >= first
        )
    )
    return list(found)


def _row(reads: ReadSession, event: AuditEvent, who: str) -> OwnApproval:
    patient = reads.get(Patient, event.patient_id) if event.patient_id else None
    day = event.happened_at.astimezone(reads.zone).date()
    what, amount, currency, reason = _about(reads, event)
    return OwnApproval(
        id=event.id,
        at=event.happened_at,
        week=day - timedelta(days=day.weekday()),
        who=who,
        what=what,
        patient_id=event.patient_id,
        patient_name=HumanName(patient.family, patient.given).listed() if patient else "",
        amount_minor=amount,
        currency=currency,
        reason=reason,
    )


def _about(reads: ReadSession, event: AuditEvent) -> tuple[str, int | None, str, str]:
    """What was done, the amount with its currency, and why."""
    if event.kind != SELF_APPROVED:
        row = reads.get(EmergencyAccess, event.object_id) if event.object_id else None
        if event.kind == REVIEWED:
            return "emergency-review", None, "", row.review if row else ""
        return "emergency", None, "", row.words if row else ""
    task = reads.get(Task, event.object_id) if event.object_id else None
    if task is None:
        return str(event.detail.get("code", "")), None, "", ""
    invoice = reads.get(Invoice, task.focus_id)
    if invoice is None:
        return task.code, None, "", task.reason
    amount = task.input.get("amount_minor", invoice.total_minor)
    return task.code, amount, invoice.currency, task.reason


@command("audit.read")
def note_seen(uow: UnitOfWork) -> None:
    """Put on record that an owner looked at the list."""
    uow.audit(SEEN)
