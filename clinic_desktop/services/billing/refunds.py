"""What was asked for about issued invoices: listed, approved, declined, taken back."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import aliased

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.names import HumanName
from clinic_desktop.domain.permissions import Facts, allowed, decide
from clinic_desktop.models.billing import Invoice
from clinic_desktop.models.patient import Patient
from clinic_desktop.models.practice import AppUser
from clinic_desktop.models.task import Task
from clinic_desktop.services import approvals
from clinic_desktop.services.access import command, part, query
from clinic_desktop.services.billing.invoices import Issued, take_back
from clinic_desktop.services.billing.payments import PaymentTaken, give_back

DAYS_SHOWN = 30
"""How long a decision stays in the list."""
_APPROVAL = "refund.approve"
_CODES = ("refund", "void-invoice")


@dataclass(frozen=True)
class RequestRow:
    """Something asked for about one invoice, and what became of it."""

    id: uuid.UUID
    code: str
    """``refund`` or ``void-invoice``."""
    invoice_id: uuid.UUID
    invoice_number: str
    patient_id: uuid.UUID
    patient_name: str
    amount_minor: int
    currency: str
    method: str
    reason: str
    status: str
    asked_by: str
    asked_at: datetime
    decided_by: str
    decided_at: datetime | None
    status_reason: str
    is_own: bool
    is_done_at_once: bool
    """It never waited: nobody else of the practice could have approved."""
    can_decide: bool
    """Whether the person at the desk may approve or decline it now."""


@query("invoice.read")
def requests(reads: ReadSession) -> tuple[RequestRow, ...]:
    """What waits first, then what was decided lately; who may not see all sees his own."""
    since = reads.now - timedelta(days=DAYS_SHOWN)
    shown = or_(Task.status == "requested", Task.decided_at >= since)
    found = _rows(reads, select(Task).where(shown))
    return tuple(sorted(found, key=lambda row: row.status != "requested"))


@part
def of_invoice(reads: ReadSession, invoice_id: uuid.UUID) -> tuple[RequestRow, ...]:
    """What was ever asked for about an invoice, newest first."""
    return _rows(reads, select(Task).where(Task.focus_id == invoice_id))


def _rows(reads: ReadSession, statement: Select[Any]) -> tuple[RequestRow, ...]:
    asker, decider = aliased(AppUser), aliased(AppUser)
    full = (
        statement.join(Invoice, Invoice.id == Task.focus_id)
        .join(Patient, Patient.id == Invoice.patient_id)
        .outerjoin(asker, asker.id == Task.requester_id)
        .outerjoin(decider, decider.id == Task.owner_id)
        .add_columns(Invoice, Patient.family, Patient.given, asker.name, decider.name)
        .where(Task.code.in_(_CODES), ~Task.is_deleted)
        .order_by(Task.authored_at.desc(), Task.id.desc())
    )
    if not allowed(reads.actor, "refund.read"):
        full = full.where(Task.requester_id == reads.actor.user_id)
    return tuple(_row(reads, *found) for found in reads.session.execute(full).all())


def _row(
    reads: ReadSession, task: Task, invoice: Invoice, family: str, given: str, asker: str | None,
    decider: str | None,
) -> RequestRow:  # fmt: skip
    is_own = task.requester_id == reads.actor.user_id
    # Nobody stands alone beside a request that had to wait; the door asks the chain again.
    decided = decide(reads.actor.roles, _APPROVAL, Facts(is_own=is_own))
    may = allowed(reads.actor, _APPROVAL) and decided.is_allowed
    return RequestRow(
        id=task.id,
        code=task.code,
        invoice_id=invoice.id,
        invoice_number=invoice.number,
        patient_id=invoice.patient_id,
        patient_name=HumanName(family, given).listed(),
        amount_minor=task.input.get("amount_minor", invoice.total_minor),
        currency=invoice.currency,
        method=task.input.get("method", ""),
        reason=task.reason,
        status=task.status,
        asked_by=asker or "",
        asked_at=task.authored_at,
        decided_by=decider or "",
        decided_at=task.decided_at,
        status_reason=task.status_reason,
        is_own=is_own,
        is_done_at_once=task.is_self_approved,
        can_decide=may and task.status == "requested",
    )


@command("refund.approve", password_again=True)
def approve(uow: UnitOfWork, task_id: uuid.UUID) -> PaymentTaken | Issued:
    """Agree to a request and carry it out, all or nothing.

    Raises:
        PermissionDeniedError: asked for by the same person, and somebody else could approve.
        RuleError: decided already, or the invoice was taken back meanwhile.
        ValidationError: more than was paid by now.
    """
    task = approvals.waiting(uow, task_id, _CODES)
    if task.code == "refund":
        return approvals.approve(uow, task, _APPROVAL, give_back)
    return approvals.approve(uow, task, _APPROVAL, take_back)


@command("refund.approve")
def decline(uow: UnitOfWork, task_id: uuid.UUID, reason: str) -> None:
    """Refuse a request; nothing was given back.

    Raises:
        ValidationError: no reason.
        RuleError: decided already.
    """
    approvals.decline(uow, approvals.waiting(uow, task_id, _CODES), reason)


@command("refund.create")
def withdraw(uow: UnitOfWork, task_id: uuid.UUID) -> None:
    """Take one's own request back.

    Raises:
        RuleError: decided already, or asked for by somebody else.
    """
    approvals.withdraw(uow, approvals.waiting(uow, task_id, _CODES))
