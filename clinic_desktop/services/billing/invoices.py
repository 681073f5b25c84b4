"""Invoices: prefilled from the visit, issued once, taken back only by a credit note."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import select

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.invoicing import (
    Discount,
    InvoiceError,
    InvoiceTotal,
    Line,
    LineTotal,
    TaxRate,
    invoice_total,
)
from clinic_desktop.errors import NotFoundError, RuleError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.billing import Invoice, InvoiceLine
from clinic_desktop.models.patient import Patient
from clinic_desktop.models.practice import Practice
from clinic_desktop.models.task import Task
from clinic_desktop.services import approvals, charts
from clinic_desktop.services.access import command, part
from clinic_desktop.services.approvals import Asked
from clinic_desktop.services.billing.catalogue import currency
from clinic_desktop.services.billing.words import refusal
from clinic_desktop.services.numbering import document_number

_SELLER = (
    "name", "legal_name", "tax_number", "licence_number", "phone", "email", "address", "city",
    "postal_code", "country",
)  # fmt: skip
_BUYER = ("family", "given", "middle", "mrn", "birth_date", "address", "city", "postal_code")


@dataclass(frozen=True)
class LineForm:
    """A line as typed or prefilled; ``quantity`` is a decimal as text."""

    description: str
    unit_price_minor: int
    quantity: str = "1"
    service_item_id: uuid.UUID | None = None
    discount_bp: int = 0
    discount_minor: int = 0
    tax_name: str = ""
    tax_bp: int = 0
    tax_inclusive: bool = False


@dataclass(frozen=True)
class InvoiceForm:
    """An invoice before it is issued."""

    patient_id: uuid.UUID
    lines: tuple[LineForm, ...]
    encounter_id: uuid.UUID | None = None
    discount_bp: int = 0
    discount_minor: int = 0
    discount_reason: str = ""
    due_on: date | None = None
    note: str = ""


@dataclass(frozen=True)
class Issued:
    """A document that now exists for good."""

    id: uuid.UUID
    number: str
    total_minor: int


def work_out(form: InvoiceForm, currency_code: str) -> InvoiceTotal:
    """What the form adds up to; the same function for the screen and for the document.

    Raises:
        ValidationError: names the line that cannot be charged.
    """
    try:
        lines = [_line(each, place) for place, each in enumerate(form.lines)]
        return invoice_total(lines, Discount(form.discount_bp, form.discount_minor))
    except InvoiceError as error:
        raise refusal(error, currency_code) from error


def _line(form: LineForm, place: int) -> Line:
    try:
        quantity = Decimal(form.quantity.replace(",", "."))
    except InvalidOperation as error:
        raise ValidationError(
            f"lines[{place + 1}].quantity", _("The quantity is not a number.")
        ) from error
    return Line(
        form.unit_price_minor,
        quantity,
        Discount(form.discount_bp, form.discount_minor),
        TaxRate(form.tax_name, form.tax_bp, form.tax_inclusive),
    )


@command("invoice.create")
def issue(uow: UnitOfWork, form: InvoiceForm) -> Issued:
    """Issue an invoice: it gets its number and never changes again.

    Raises:
        ValidationError: no line, or one that cannot be charged.
        NotFoundError: no such patient or visit.
    """
    return issue_invoice(uow, form)


@part
def issue_invoice(uow: UnitOfWork, form: InvoiceForm) -> Issued:
    """The same, for commands that do more in one transaction."""
    if not form.lines:
        raise ValidationError("lines", _("Add at least one service."))
    if (form.discount_bp or form.discount_minor) and not form.discount_reason.strip():
        raise ValidationError("discount_reason", _("Say why the discount is given."))
    code = currency(uow)
    total = work_out(form, code)
    patient = charts.patient(uow.session, form.patient_id)
    charts.visit_of(uow, form.patient_id, form.encounter_id)
    invoice = _document(uow, form, code, total)
    lines = [
        _row(place, line, amounts)
        for place, (line, amounts) in enumerate(zip(form.lines, total.lines, strict=True))
    ]
    _write(uow, invoice, lines, patient, "invoice")
    return Issued(invoice.id, invoice.number, invoice.total_minor)


def _document(uow: UnitOfWork, form: InvoiceForm, code: str, total: InvoiceTotal) -> Invoice:
    return Invoice(
        patient_id=form.patient_id,
        encounter_id=form.encounter_id,
        practitioner_id=uow.actor.practitioner_id,
        kind="invoice",
        currency=code,
        discount_bp=form.discount_bp,
        discount_minor=total.invoice_discount_minor,
        discount_reason=form.discount_reason.strip(),
        net_minor=total.net_minor,
        tax_minor=total.tax_minor,
        total_minor=total.total_minor,
        due_on=form.due_on,
        note=form.note.strip(),
    )


def _row(place: int, line: LineForm, amounts: LineTotal) -> InvoiceLine:
    return InvoiceLine(
        service_item_id=line.service_item_id,
        position=place,
        description=line.description.strip() or _("Service"),
        quantity=line.quantity.replace(",", "."),
        unit_price_minor=line.unit_price_minor,
        discount_bp=line.discount_bp,
        discount_minor=amounts.discount_minor,
        tax_name=line.tax_name,
        tax_bp=line.tax_bp,
        tax_inclusive=line.tax_inclusive,
        net_minor=amounts.net_minor,
        tax_minor=amounts.tax_minor,
        total_minor=amounts.total_minor,
    )


def _write(
    uow: UnitOfWork, invoice: Invoice, lines: list[InvoiceLine], patient: Patient, series: str
) -> None:
    """Lines first, then the status that closes the document: the file refuses lines after it."""
    invoice.status = "draft"
    invoice.seller = _seller(uow)
    invoice.buyer = {name: getattr(patient, name) for name in _BUYER}
    uow.add(invoice)
    uow.session.flush()
    for line in lines:
        line.invoice_id = invoice.id
    uow.add(*lines)
    uow.session.flush()
    invoice.number = document_number(uow, series)
    invoice.status = "issued"
    invoice.issued_at = uow.now
    invoice.issued_by = uow.actor.user_id
    uow.session.flush()


def _seller(uow: UnitOfWork) -> dict[str, Any]:
    practice = uow.session.scalar(select(Practice).limit(1))
    return {name: getattr(practice, name) for name in _SELLER} if practice else {}


@command("refund.create", password_again=True)
def credit(uow: UnitOfWork, invoice_id: uuid.UUID, reason: str) -> Asked[Issued]:
    """Ask for a whole invoice to be taken back; where nobody else could approve it is at once.

    Raises:
        RuleError: it was taken back already, is itself a credit note, or waits for a decision.
        ValidationError: no reason.
    """
    invoice = _to_take_back(uow, invoice_id)
    task = Task(
        code="void-invoice", patient_id=invoice.patient_id, focus_id=invoice.id, input={},
        reason=reason,
    )  # fmt: skip
    return approvals.ask(uow, task, "refund.approve", take_back)


def _to_take_back(uow: UnitOfWork, invoice_id: uuid.UUID) -> Invoice:
    invoice = issued_invoice(uow, invoice_id)
    if invoice.kind != "invoice":
        raise RuleError(_("A credit note cannot be taken back."))
    if uow.session.scalar(select(Invoice.id).where(Invoice.refers_to == invoice_id)):
        raise RuleError(_("This invoice was taken back already."))
    return invoice


@part
def take_back(uow: UnitOfWork, task: Task) -> Issued:
    """Take a whole invoice back by a credit note; the invoice itself stays as it is.

    Raises:
        RuleError: it was taken back meanwhile.
    """
    invoice = _to_take_back(uow, task.focus_id)
    note = _negated(invoice, task.reason)
    stored = uow.session.scalars(
        select(InvoiceLine)
        .where(InvoiceLine.invoice_id == invoice.id)
        .order_by(InvoiceLine.position)
    )
    lines = [_negated_line(line) for line in stored]
    patient = charts.patient(uow.session, invoice.patient_id)
    _write(uow, note, lines, patient, "credit-note")
    return Issued(note.id, note.number, note.total_minor)


def _negated(invoice: Invoice, reason: str) -> Invoice:
    """The amounts as issued with the signs turned; nothing is worked out a second time."""
    return Invoice(
        patient_id=invoice.patient_id,
        encounter_id=invoice.encounter_id,
        practitioner_id=invoice.practitioner_id,
        kind="credit-note",
        currency=invoice.currency,
        discount_minor=-invoice.discount_minor,
        net_minor=-invoice.net_minor,
        tax_minor=-invoice.tax_minor,
        total_minor=-invoice.total_minor,
        refers_to=invoice.id,
        note=reason,
    )


def _negated_line(line: InvoiceLine) -> InvoiceLine:
    return InvoiceLine(
        service_item_id=line.service_item_id,
        position=line.position,
        description=line.description,
        quantity=f"-{line.quantity}",
        unit_price_minor=line.unit_price_minor,
        discount_bp=line.discount_bp,
        discount_minor=-line.discount_minor,
        tax_name=line.tax_name,
        tax_bp=line.tax_bp,
        tax_inclusive=line.tax_inclusive,
        net_minor=-line.net_minor,
        tax_minor=-line.tax_minor,
        total_minor=-line.total_minor,
    )


@part
def issued_invoice(uow: UnitOfWork, invoice_id: uuid.UUID) -> Invoice:
    """An issued document.

    Raises:
        NotFoundError: no such document.
    """
    invoice = uow.session.get(Invoice, invoice_id)
    if invoice is None or invoice.status != "issued":
        raise NotFoundError(_("There is no such invoice."))
    return invoice
