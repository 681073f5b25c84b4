"""Invoices, credit notes and receipts as they go on paper."""

from __future__ import annotations

import uuid
from collections import defaultdict
from decimal import Decimal

from sqlalchemy import select

from clinic_desktop.db.session import ReadSession
from clinic_desktop.errors import NotFoundError
from clinic_desktop.i18n import Language, _
from clinic_desktop.models.billing import Invoice, InvoiceLine, Payment
from clinic_desktop.printing.invoice import InvoiceDoc, InvoiceKind, TaxLine
from clinic_desktop.printing.invoice import InvoiceLine as PaperLine
from clinic_desktop.printing.invoice import Payment as PaperPayment
from clinic_desktop.printing.people import other_names
from clinic_desktop.printing.receipt import ReceiptDoc, ReceiptLine
from clinic_desktop.services import charts
from clinic_desktop.services.access import part
from clinic_desktop.services.billing.accounts import charged_minor, is_tax_included, lines_of
from clinic_desktop.services.billing.payments import balance_of
from clinic_desktop.services.papers.parties import patient, user_name


def method_words(method: str, language: Language) -> str:
    """A way of paying in words; an unknown one as it is."""
    words = {
        "cash": language.pgettext("payment", "Cash"),
        "card": language.pgettext("payment", "Card"),
        "transfer": language.pgettext("payment", "Bank transfer"),
        "mobile": language.pgettext("payment", "Mobile money"),
        "cheque": language.pgettext("payment", "Cheque"),
        "insurance": language.pgettext("payment", "Insurance"),
        "other": language.pgettext("payment", "Other"),
    }
    return words.get(method, method)


def _rate(line: InvoiceLine, language: Language) -> str:
    if not line.tax_bp:
        return ""
    rate = language.number(Decimal(line.tax_bp) / 100)
    return f"{line.tax_name} {rate} %".strip()


def _taxes(lines: list[InvoiceLine], language: Language) -> tuple[TaxLine, ...]:
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for line in lines:
        if line.tax_bp:
            entry = sums[_rate(line, language)]
            entry[0] += line.net_minor
            entry[1] += line.tax_minor
    return tuple(TaxLine(label, net, tax) for label, (net, tax) in sums.items())


@part
def invoice_doc(reads: ReadSession, invoice_id: uuid.UUID, language: Language) -> InvoiceDoc:
    """An issued invoice or credit note; amounts as stored, nothing worked out again.

    Raises:
        NotFoundError: no such document.
    """
    invoice = reads.session.get(Invoice, invoice_id)
    if invoice is None or invoice.issued_at is None:
        raise NotFoundError(_("There is no such invoice."))
    lines = lines_of(reads, invoice_id)
    now = balance_of(reads, invoice)
    paid = reads.session.scalars(
        select(Payment).where(Payment.invoice_id == invoice_id).order_by(Payment.taken_at)
    ).all()
    original = reads.session.get(Invoice, invoice.refers_to) if invoice.refers_to else None
    gross = sum(line.total_minor for line in lines) + sum(line.discount_minor for line in lines)
    included = is_tax_included(lines)
    is_note = invoice.kind == "credit-note"
    return InvoiceDoc(
        number=invoice.number,
        issued_on=language.local(invoice.issued_at).date(),
        patient=patient(reads, charts.surviving(reads.session, invoice.patient_id)),
        currency=invoice.currency,
        lines=tuple(
            PaperLine(
                description=line.description,
                quantity=Decimal(line.quantity),
                unit_price_minor=line.unit_price_minor,
                total_minor=charged_minor(line, tax_included=included),
                discount_minor=0,
                tax=_rate(line, language),
            )
            for line in lines
        ),
        subtotal_minor=gross if included else gross - invoice.tax_minor,
        discount_minor=sum(line.discount_minor for line in lines),
        discount_reason=invoice.discount_reason,
        taxes=_taxes(lines, language),
        tax_included=included,
        total_minor=invoice.total_minor,
        due_minor=0 if is_note else now.due_minor,
        kind=InvoiceKind.CREDIT_NOTE if is_note else InvoiceKind.INVOICE,
        refers_to=original.number if original else "",
        due_on=invoice.due_on,
        payments=tuple(
            PaperPayment(
                language.local(row.taken_at).date(),
                method_words(row.method, language),
                row.amount_minor,
            )
            for row in paid
        ),
        paid_minor=now.paid_minor,
    )


@part
def receipt_doc(reads: ReadSession, payment_id: uuid.UUID, language: Language) -> ReceiptDoc:
    """A payment or refund.

    Raises:
        NotFoundError: no such payment.
    """
    payment = reads.session.get(Payment, payment_id)
    if payment is None:
        raise NotFoundError(_("There is no such payment."))
    invoice = reads.session.get(Invoice, payment.invoice_id) if payment.invoice_id else None
    lines = lines_of(reads, invoice.id) if invoice else []
    person = patient(reads, charts.surviving(reads.session, payment.patient_id))
    is_refund = payment.amount_minor < 0
    return ReceiptDoc(
        number=payment.number,
        issued_at=payment.taken_at,
        currency=payment.currency,
        total_minor=abs(payment.amount_minor),
        method=method_words(payment.method, language),
        lines=tuple(
            ReceiptLine(
                line.description,
                line.total_minor,
                Decimal(line.quantity),
                line.unit_price_minor,
            )
            for line in ([] if is_refund else lines)
        ),
        cashier=user_name(reads, payment.taken_by),
        patient=person.name,
        others=other_names(person),
        invoice_number=invoice.number if invoice else "",
        taxes=() if is_refund else _taxes(lines, language),
        tendered_minor=payment.tendered_minor,
        change_minor=payment.change_minor,
        balance_minor=balance_of(reads, invoice).due_minor if invoice else 0,
        is_refund=is_refund,
        is_part=bool(invoice and 0 < payment.amount_minor < invoice.total_minor),
    )
