"""Money taken and given back. A payment never changes; a refund is a payment of its own."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.codes import AppointmentStatus, PaymentMethod
from clinic_desktop.domain.invoicing import (
    Balance,
    InvoiceError,
    balance,
    check_payment,
    check_refund,
)
from clinic_desktop.errors import ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.billing import Invoice, Payment
from clinic_desktop.models.task import Task
from clinic_desktop.services import approvals
from clinic_desktop.services.access import command, part, require
from clinic_desktop.services.approvals import Asked
from clinic_desktop.services.billing.invoices import (
    InvoiceForm,
    Issued,
    issue_invoice,
    issued_invoice,
)
from clinic_desktop.services.billing.words import refusal
from clinic_desktop.services.numbering import document_number
from clinic_desktop.services.scheduling.flow import encounter_reached


@dataclass(frozen=True)
class TakePayment:
    """Money handed over for an invoice; ``tendered_minor`` is what was given in cash."""

    invoice_id: uuid.UUID
    amount_minor: int
    method: str = PaymentMethod.CASH
    tendered_minor: int | None = None
    reference: str = ""


@dataclass(frozen=True)
class GiveBack:
    """Money to be returned for an invoice, and why."""

    invoice_id: uuid.UUID
    amount_minor: int
    reason: str
    method: str = PaymentMethod.CASH


@dataclass(frozen=True)
class PaymentTaken:
    """A receipt that now exists for good."""

    id: uuid.UUID
    number: str
    amount_minor: int
    change_minor: int
    due_minor: int
    """What is still to pay of the invoice."""


@dataclass(frozen=True)
class CheckedOut:
    """An invoice issued and money taken in one step."""

    invoice: Issued
    payment: PaymentTaken | None


@part
def balance_of(reads: ReadSession, invoice: Invoice) -> Balance:
    """What came of an invoice so far."""
    paid = reads.session.scalars(
        select(Payment.amount_minor).where(Payment.invoice_id == invoice.id)
    ).all()
    credits_ = reads.session.scalars(
        select(Invoice.total_minor).where(
            Invoice.refers_to == invoice.id, Invoice.status == "issued"
        )
    ).all()
    return balance(invoice.total_minor, paid, credits_)


@command("payment.create")
def take(uow: UnitOfWork, wish: TakePayment) -> PaymentTaken:
    """Take money for an invoice; when nothing is left to pay, the visit is done.

    Raises:
        ValidationError: nothing, more than is due, or less cash given than taken.
        NotFoundError: no such invoice.
    """
    return take_payment(uow, wish)


@part
def take_payment(uow: UnitOfWork, wish: TakePayment) -> PaymentTaken:
    """The same, for commands that do more in one transaction."""
    invoice = issued_invoice(uow, wish.invoice_id)
    now = balance_of(uow, invoice)
    try:
        check_payment(wish.amount_minor, now)
    except InvoiceError as error:
        raise refusal(error, invoice.currency, "amount_minor") from error
    change = None
    if wish.tendered_minor is not None:
        change = wish.tendered_minor - wish.amount_minor
        if change < 0:
            raise ValidationError("tendered_minor", _("Less was given than is being paid."))
    payment = _payment(uow, invoice, wish.amount_minor, wish.method)
    payment.tendered_minor, payment.change_minor = wish.tendered_minor, change
    payment.reference = wish.reference.strip()
    uow.add(payment)
    due = now.due_minor - wish.amount_minor
    if due == 0 and invoice.encounter_id is not None:
        encounter_reached(uow, invoice.encounter_id, AppointmentStatus.DONE)
    return PaymentTaken(payment.id, payment.number, wish.amount_minor, change or 0, due)


def _payment(uow: UnitOfWork, invoice: Invoice, amount_minor: int, method: str) -> Payment:
    return Payment(
        patient_id=invoice.patient_id,
        invoice_id=invoice.id,
        kind="payment" if amount_minor > 0 else "refund",
        number=document_number(uow, "receipt"),
        amount_minor=amount_minor,
        currency=invoice.currency,
        method=method,
        taken_at=uow.now,
        taken_by=uow.actor.user_id,
    )


@command("invoice.create")
def check_out(
    uow: UnitOfWork, form: InvoiceForm, method: str = "", tendered_minor: int | None = None
) -> CheckedOut:
    """Issue an invoice and, if a method is named, take its whole amount; all or nothing.

    Raises:
        ValidationError: see ``issue`` and ``take``.
    """
    if method:
        require(uow.actor, "payment.create")
    issued = issue_invoice(uow, form)
    taken = None
    if method and issued.total_minor:
        wish = TakePayment(issued.id, issued.total_minor, method, tendered_minor)
        taken = take_payment(uow, wish)
    elif not issued.total_minor and form.encounter_id is not None:
        encounter_reached(uow, form.encounter_id, AppointmentStatus.DONE)
    return CheckedOut(issued, taken)


@command("refund.create", password_again=True)
def refund(uow: UnitOfWork, wish: GiveBack) -> Asked[PaymentTaken]:
    """Ask for money to be given back; where nobody else could approve it is given at once.

    Raises:
        ValidationError: no reason, nothing, or more than was paid.
        NotFoundError: no such invoice.
        RuleError: something about this invoice waits for a decision already.
    """
    invoice = issued_invoice(uow, wish.invoice_id)
    _check_refund(uow, invoice, wish.amount_minor)
    task = Task(
        code="refund",
        patient_id=invoice.patient_id,
        focus_id=invoice.id,
        input={"amount_minor": wish.amount_minor, "method": wish.method},
        reason=wish.reason,
    )
    return approvals.ask(uow, task, "refund.approve", give_back)


def _check_refund(uow: UnitOfWork, invoice: Invoice, amount_minor: int) -> Balance:
    now = balance_of(uow, invoice)
    try:
        check_refund(amount_minor, now)
    except InvoiceError as error:
        raise refusal(error, invoice.currency, "amount_minor") from error
    return now


@part
def give_back(uow: UnitOfWork, task: Task) -> PaymentTaken:
    """Give back what was asked for, as a document of its own; out of the asker's till.

    Raises:
        ValidationError: more than was paid.
    """
    invoice = issued_invoice(uow, task.focus_id)
    amount: int = task.input["amount_minor"]
    now = _check_refund(uow, invoice, amount)
    payment = _payment(uow, invoice, -amount, task.input["method"])
    payment.reason, payment.taken_by = task.reason, task.requester_id
    payment.refers_to = uow.session.scalar(
        select(Payment.id)
        .where(Payment.invoice_id == invoice.id, Payment.kind == "payment")
        .order_by(Payment.taken_at.desc())
        .limit(1)
    )
    uow.add(payment)
    return PaymentTaken(payment.id, payment.number, -amount, 0, now.due_minor + amount)
