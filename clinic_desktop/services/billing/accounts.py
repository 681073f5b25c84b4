"""What was charged and paid: of a person, of a visit, of a day."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, func, select

from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.invoicing import balance
from clinic_desktop.domain.names import HumanName
from clinic_desktop.models.billing import Invoice, InvoiceLine, Payment
from clinic_desktop.models.clinical import Procedure
from clinic_desktop.models.encounter import Encounter
from clinic_desktop.models.patient import Patient
from clinic_desktop.models.scheduling import Appointment, AppointmentType
from clinic_desktop.services import approvals, charts
from clinic_desktop.services.access import part, query
from clinic_desktop.services.billing import refunds
from clinic_desktop.services.billing.catalogue import ServiceRow, currency, services
from clinic_desktop.services.billing.invoices import LineForm
from clinic_desktop.services.billing.refunds import RequestRow
from clinic_desktop.services.conflicts.marks import questions_about


@dataclass(frozen=True)
class InvoiceRow:
    """One document in a list."""

    id: uuid.UUID
    number: str
    kind: str
    patient_id: uuid.UUID
    patient_name: str
    issued_at: datetime
    total_minor: int
    due_minor: int
    status: str
    """``unpaid``, ``part-paid``, ``paid`` or ``overpaid``; ``credit-note`` for one."""
    currency: str
    encounter_id: uuid.UUID | None
    credited: bool
    question_id: uuid.UUID | None = None
    """The most urgent question between PCs about it, its lines or its payments."""


@dataclass(frozen=True)
class PaymentRow:
    """One receipt in a list."""

    id: uuid.UUID
    number: str
    kind: str
    invoice_id: uuid.UUID | None
    invoice_number: str
    patient_name: str
    taken_at: datetime
    amount_minor: int
    method: str
    currency: str
    reason: str


@dataclass(frozen=True)
class LineRow:
    """A line as issued."""

    description: str
    quantity: str
    unit_price_minor: int
    discount_minor: int
    tax_name: str
    tax_bp: int
    total_minor: int
    charged_minor: int
    """Before discounts; without the tax, unless the prices contain it. Lines, discounts and
    taxes add up to the total."""


@dataclass(frozen=True)
class InvoiceView:
    """One document with everything on it."""

    row: InvoiceRow
    lines: tuple[LineRow, ...]
    payments: tuple[PaymentRow, ...]
    discount_reason: str
    net_minor: int
    tax_minor: int
    tax_included: bool
    note: str
    requests: tuple[RequestRow, ...] = ()
    """What was asked for about it, newest first."""
    refunds_at_once: bool = False
    """Whether the person at the desk gives money back without asking anybody."""


@dataclass(frozen=True)
class Checkout:
    """What to charge for a visit, and what was charged already."""

    patient_id: uuid.UUID
    encounter_id: uuid.UUID | None
    currency: str
    suggested: tuple[LineForm, ...]
    invoices: tuple[InvoiceRow, ...]
    balance_minor: int
    """What the person owes in all."""


def line_of(service: ServiceRow) -> LineForm:
    """A line that charges a service at its standard price."""
    return LineForm(
        description=service.name,
        unit_price_minor=service.amount_minor,
        service_item_id=service.id,
        tax_name=service.tax_name,
        tax_bp=service.tax_bp,
        tax_inclusive=service.tax_inclusive,
    )


@query("invoice.read")
def checkout(
    reads: ReadSession, patient_id: uuid.UUID, encounter_id: uuid.UUID | None = None
) -> Checkout:
    """The visit's services as lines, unless the visit was invoiced already."""
    charts.visit_of(reads, patient_id, encounter_id)
    ids = charts.chart_ids(reads.session, patient_id)
    rows = _rows(reads, select(Invoice).where(Invoice.patient_id.in_(ids)))
    of_visit = tuple(row for row in rows if encounter_id and row.encounter_id == encounter_id)
    open_ = [row for row in of_visit if row.kind == "invoice" and not row.credited]
    suggested = () if open_ or encounter_id is None else _suggested(reads, encounter_id)
    owed = sum(row.due_minor for row in rows)
    return Checkout(patient_id, encounter_id, currency(reads), suggested, of_visit, owed)


def _suggested(reads: ReadSession, encounter_id: uuid.UUID) -> tuple[LineForm, ...]:
    known = services(reads)
    by_id = {each.id: each for each in known}
    by_code = {each.code: each for each in known if each.code}
    booked = reads.session.scalars(
        select(AppointmentType.service_item_id)
        .join(Appointment, Appointment.type_id == AppointmentType.id)
        .where(Appointment.encounter_id == encounter_id)
    ).all()
    done = reads.session.scalars(
        select(Procedure.code).where(Procedure.encounter_id == encounter_id, ~Procedure.is_deleted)
    ).all()
    found = [by_id[each] for each in booked if each in by_id]
    found += [by_code[code] for code in done if code in by_code]
    if not found and not booked:
        found = [each for each in known if each.category == "visit"][:1]
    return tuple(line_of(each) for each in dict.fromkeys(found))


@query("invoice.read")
def invoices(
    reads: ReadSession,
    *,
    patient_id: uuid.UUID | None = None,
    unpaid: bool = False,
    text: str = "",
    limit: int = 200,
) -> tuple[InvoiceRow, ...]:
    """Documents, newest first; of one person, or those with something to pay."""
    statement = select(Invoice)
    if patient_id is not None:
        ids = charts.chart_ids(reads.session, patient_id)
        statement = statement.where(Invoice.patient_id.in_(ids))
    if text.strip():
        statement = statement.where(Invoice.number.contains(text.strip(), autoescape=True))
    if unpaid:
        statement = statement.where(Invoice.kind == "invoice", _due() > 0)
    return _rows(reads, statement.limit(limit))


def _due() -> Any:
    paid = (
        select(func.coalesce(func.sum(Payment.amount_minor), 0))
        .where(Payment.invoice_id == Invoice.id)
        .correlate(Invoice)
        .scalar_subquery()
    )
    return Invoice.total_minor - paid + _credited()


def _credited() -> Any:
    notes = Invoice.__table__.alias("notes")
    return (
        select(func.coalesce(func.sum(notes.c.total_minor), 0))
        .where(notes.c.refers_to == Invoice.id, notes.c.status == "issued")
        .correlate(Invoice)
        .scalar_subquery()
    )


def _rows(reads: ReadSession, statement: Select[Invoice]) -> tuple[InvoiceRow, ...]:
    paid = (
        select(func.coalesce(func.sum(Payment.amount_minor), 0))
        .where(Payment.invoice_id == Invoice.id)
        .correlate(Invoice)
        .scalar_subquery()
    )
    full = (
        statement.join(Patient, Patient.id == Invoice.patient_id)
        .add_columns(Patient.family, Patient.given, paid, _credited())
        .where(Invoice.status == "issued", ~Invoice.is_deleted)
        .order_by(Invoice.issued_at.desc(), Invoice.id.desc())
    )
    rows = [_row(*found) for found in reads.session.execute(full).all()]
    asked = questions_about(reads, "invoice", dict.fromkeys(row.id for row in rows))
    return tuple(replace(row, question_id=asked.get(row.id)) for row in rows)


def _row(invoice: Invoice, family: str, given: str, paid: int, credited: int) -> InvoiceRow:
    now = balance(invoice.total_minor, [paid], [credited])
    is_note = invoice.kind == "credit-note"
    assert invoice.issued_at is not None  # noqa: S101 - issued documents have it
    return InvoiceRow(
        id=invoice.id,
        number=invoice.number,
        kind=invoice.kind,
        patient_id=invoice.patient_id,
        patient_name=HumanName(family, given).listed(),
        issued_at=invoice.issued_at,
        total_minor=invoice.total_minor,
        due_minor=0 if is_note else now.due_minor,
        status="credit-note" if is_note else str(now.status),
        currency=invoice.currency,
        encounter_id=invoice.encounter_id,
        credited=bool(credited),
    )


@part
def lines_of(reads: ReadSession, invoice_id: uuid.UUID) -> list[InvoiceLine]:
    """The lines of a document in their order."""
    found = reads.session.scalars(
        select(InvoiceLine)
        .where(InvoiceLine.invoice_id == invoice_id)
        .order_by(InvoiceLine.position)
    )
    return list(found)


def is_tax_included(lines: list[InvoiceLine]) -> bool:
    """Whether the prices of a document contain their tax."""
    return any(line.tax_inclusive and line.tax_bp for line in lines)


def charged_minor(line: InvoiceLine, *, tax_included: bool) -> int:
    """What a line comes to before discounts, and before a tax that is added at the end."""
    return line.discount_minor + (line.total_minor if tax_included else line.net_minor)


def shown(lines: list[InvoiceLine]) -> tuple[LineRow, ...]:
    """The lines of one document, as they are shown."""
    included = is_tax_included(lines)
    return tuple(
        LineRow(
            description=line.description,
            quantity=line.quantity,
            unit_price_minor=line.unit_price_minor,
            discount_minor=line.discount_minor,
            tax_name=line.tax_name,
            tax_bp=line.tax_bp,
            total_minor=line.total_minor,
            charged_minor=charged_minor(line, tax_included=included),
        )
        for line in lines
    )


@query("invoice.read")
def invoice(reads: ReadSession, invoice_id: uuid.UUID) -> InvoiceView | None:
    """One document, or ``None``."""
    rows = _rows(reads, select(Invoice).where(Invoice.id == invoice_id))
    if not rows:
        return None
    stored = reads.session.get_one(Invoice, invoice_id)
    lines = lines_of(reads, invoice_id)
    return InvoiceView(
        row=rows[0],
        lines=shown(lines),
        payments=_payments(reads, select(Payment).where(Payment.invoice_id == invoice_id)),
        discount_reason=stored.discount_reason,
        net_minor=stored.net_minor,
        tax_minor=stored.tax_minor,
        tax_included=is_tax_included(lines),
        note=stored.note,
        requests=refunds.of_invoice(reads, invoice_id),
        refunds_at_once=approvals.goes_at_once(reads, "refund.approve"),
    )


@query("payment.read")
def payments_of_day(reads: ReadSession, day: date) -> tuple[PaymentRow, ...]:
    """Receipts of one of the clinic's calendar days."""
    start = datetime.combine(day, time(), reads.zone)
    end = datetime.combine(day + timedelta(days=1), time(), reads.zone)
    return _payments(
        reads, select(Payment).where(Payment.taken_at >= start, Payment.taken_at < end)
    )


def _payments(reads: ReadSession, statement: Select[Payment]) -> tuple[PaymentRow, ...]:
    full = (
        statement.outerjoin(Invoice, Invoice.id == Payment.invoice_id)
        .join(Patient, Patient.id == Payment.patient_id)
        .add_columns(Invoice.number, Patient.family, Patient.given)
        .order_by(Payment.taken_at, Payment.id)
    )
    return tuple(
        PaymentRow(
            id=row.id,
            number=row.number,
            kind=row.kind,
            invoice_id=row.invoice_id,
            invoice_number=number or "",
            patient_name=HumanName(family, given).listed(),
            taken_at=row.taken_at,
            amount_minor=row.amount_minor,
            method=row.method,
            currency=row.currency,
            reason=row.reason,
        )
        for row, number, family, given in reads.session.execute(full).all()
    )


@query("invoice.read")
def balance_minor(reads: ReadSession, patient_id: uuid.UUID) -> int:
    """What a person owes; negative if money must go back."""
    ids = charts.chart_ids(reads.session, patient_id)
    charged = reads.session.scalar(
        select(func.coalesce(func.sum(Invoice.total_minor), 0)).where(
            Invoice.patient_id.in_(ids), Invoice.status == "issued"
        )
    )
    paid = reads.session.scalar(
        select(func.coalesce(func.sum(Payment.amount_minor), 0)).where(Payment.patient_id.in_(ids))
    )
    return int(charged or 0) - int(paid or 0)


@query("invoice.read")
def to_bill(reads: ReadSession, day: date) -> tuple[tuple[uuid.UUID, uuid.UUID, str], ...]:
    """Visits of a day without an invoice: encounter, patient, name."""
    start = datetime.combine(day, time(), reads.zone)
    end = datetime.combine(day + timedelta(days=1), time(), reads.zone)
    billed = select(Invoice.encounter_id).where(
        Invoice.encounter_id.is_not(None), Invoice.status == "issued"
    )
    rows = reads.session.execute(
        select(Encounter.id, Encounter.patient_id, Patient.family, Patient.given)
        .join(Patient, Patient.id == Encounter.patient_id)
        .where(
            Encounter.start_at >= start,
            Encounter.start_at < end,
            Encounter.status == "finished",
            Encounter.id.not_in(billed),
        )
        .order_by(Encounter.start_at)
    )
    return tuple((eid, pid, HumanName(family, given).listed()) for eid, pid, family, given in rows)
