"""The invoice, the estimate and the credit note. Amounts are given, never computed here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from clinic_desktop.domain.money import currency_digits
from clinic_desktop.i18n import Language
from clinic_desktop.printing.blocks import BLACK_RULE, Block, Row, Rule, Space, Stack, Text, Whole
from clinic_desktop.printing.codes import Qr
from clinic_desktop.printing.fields import Pair, amounts
from clinic_desktop.printing.letterhead import Stationery
from clinic_desktop.printing.page import Sheet, render
from clinic_desktop.printing.paper import MM
from clinic_desktop.printing.parts import open_sheet, paragraphs, title
from clinic_desktop.printing.pen import Align
from clinic_desktop.printing.people import Patient, patient_panel
from clinic_desktop.printing.table import Column, table
from clinic_desktop.printing.text import value


class InvoiceKind(Enum):
    """Which of the three papers it is."""

    INVOICE = "invoice"
    ESTIMATE = "estimate"
    CREDIT_NOTE = "credit-note"


@dataclass(frozen=True)
class Payer:
    """Who pays, when it is not the patient."""

    name: str
    address: str = ""
    tax_id: str = ""


@dataclass(frozen=True)
class InvoiceLine:
    """One service or product. Money in minor units of the document's currency."""

    description: str
    quantity: Decimal
    unit_price_minor: int
    total_minor: int
    code: str = ""
    detail: str = ""
    """Tooth, side, date of service: printed small under the description."""
    discount_minor: int = 0
    tax: str = ""
    """The rate as printed: "20 %", "exempt"."""


@dataclass(frozen=True)
class TaxLine:
    """One rate of the tax breakdown."""

    label: str
    base_minor: int
    amount_minor: int


@dataclass(frozen=True)
class Payment:
    """Money already received."""

    paid_on: date
    method: str
    amount_minor: int


@dataclass(frozen=True)
class InvoiceDoc:
    """An invoice as issued: a snapshot of parties, prices and taxes."""

    number: str
    issued_on: date
    patient: Patient
    currency: str
    lines: tuple[InvoiceLine, ...]
    subtotal_minor: int
    total_minor: int
    due_minor: int
    kind: InvoiceKind = InvoiceKind.INVOICE
    refers_to: str = ""
    """The number of the invoice a credit note cancels or reduces."""
    due_on: date | None = None
    payer: Payer | None = None
    discount_minor: int = 0
    discount_reason: str = ""
    taxes: tuple[TaxLine, ...] = ()
    tax_included: bool = False
    """Whether prices contain the tax, so that it is shown but not added."""
    rounding_minor: int = 0
    payments: tuple[Payment, ...] = ()
    paid_minor: int = 0
    note: str = ""
    pay: str = ""
    """The content of a QR code to pay by."""


def render_invoice(doc: InvoiceDoc, on: Stationery) -> bytes:
    """The document as PDF bytes."""
    name = _name(doc.kind, on.language)
    sheet = open_sheet(on, name, doc.number, doc.patient.name)
    look, language = sheet.look, sheet.language
    under = [(language.gettext("Date"), value(language.date(doc.issued_on)))]
    if doc.due_on:
        under.append((language.gettext("Due by"), value(language.date(doc.due_on))))
    if doc.refers_to:
        under.append((language.gettext("Refers to"), value(doc.refers_to)))
    blocks: list[Block] = [
        title(sheet, name, doc.number, under),
        Space(look.gap * 0.6),
        *_payer(doc.payer, sheet),
        patient_panel(doc.patient, doc.issued_on, on.paper, look, language),
        Space(look.gap),
        _lines(doc, sheet),
        Space(look.gap * 0.7),
        *_totals(doc, sheet),
        *paragraphs(language.pgettext("paper", "Note"), doc.note, look),
    ]
    return render(sheet, blocks)


def _name(kind: InvoiceKind, language: Language) -> str:
    return {
        InvoiceKind.INVOICE: language.gettext("Invoice"),
        InvoiceKind.ESTIMATE: language.gettext("Estimate"),
        InvoiceKind.CREDIT_NOTE: language.gettext("Credit note"),
    }[kind]


def _payer(payer: Payer | None, sheet: Sheet) -> list[Block]:
    if payer is None:
        return []
    look, language = sheet.look, sheet.language
    tax = language.gettext("Tax ID {number}").format(number=value(payer.tax_id))
    texts = [value(payer.address), tax if payer.tax_id else ""]
    lines = [Text(text, look.body) for text in texts if text]
    label = Text(language.gettext("Bill to"), look.label)
    return [Stack((label, Text(value(payer.name), look.strong), *lines)), Space(6)]


def _lines(doc: InvoiceDoc, sheet: Sheet) -> Block:
    language = sheet.language

    def plain(amount_minor: int) -> str:
        return value(amount(amount_minor, doc.currency, language))

    columns = [
        Column(language.pgettext("paper", "Service"), weight=1),
        Column(language.gettext("Quantity"), align=Align.NUMBER),
        Column(language.gettext("Price"), align=Align.NUMBER),
    ]
    has_discount = any(line.discount_minor for line in doc.lines)
    has_tax = any(line.tax for line in doc.lines)
    if has_discount:
        columns.append(Column(language.gettext("Discount"), align=Align.NUMBER))
    if has_tax:
        columns.append(Column(language.gettext("Tax"), align=Align.NUMBER))
    columns.append(Column(_amount_title(doc.currency, language), align=Align.NUMBER, bold=True))
    rows = []
    for line in doc.lines:
        small = " · ".join(value(part) for part in (line.code, line.detail) if part)
        row = [f"{value(line.description)}\n{small}", value(language.number(line.quantity))]
        row.append(plain(line.unit_price_minor))
        if has_discount:
            row.append(plain(-line.discount_minor) if line.discount_minor else "")
        if has_tax:
            row.append(value(line.tax))
        rows.append((*row, plain(line.total_minor)))
    return table(tuple(columns), rows, sheet.look, width=sheet.width, rtl=language.rtl)


def _amount_title(currency: str, language: Language) -> str:
    return language.gettext("Amount, {currency}").format(currency=value(currency))


def amount(amount_minor: int, currency: str, language: Language) -> str:
    """An amount without its currency, for columns that name it in their head."""
    return language.number(*_scaled(amount_minor, currency))


def _scaled(amount_minor: int, currency: str) -> tuple[Decimal, int]:
    digits = currency_digits(currency)
    return Decimal(amount_minor).scaleb(-digits), digits


def _totals(doc: InvoiceDoc, sheet: Sheet) -> list[Block]:
    look, language = sheet.look, sheet.language

    def money(amount_minor: int) -> str:
        return value(language.money(amount_minor, doc.currency))

    def pair(label: str, amount_minor: int) -> Pair:
        return Pair(label, money(amount_minor), look.body)

    parts: list[Block] = []
    if doc.subtotal_minor != doc.total_minor:
        parts.append(pair(language.gettext("Subtotal"), doc.subtotal_minor))
    if doc.discount_minor:
        label = language.gettext("Discount")
        label = f"{label} ({value(doc.discount_reason)})" if doc.discount_reason else label
        parts.append(pair(label, -doc.discount_minor))
    parts += [_tax(line, doc, sheet) for line in doc.taxes]
    if doc.rounding_minor:
        parts.append(pair(language.gettext("Rounding"), doc.rounding_minor))
    total = Pair(language.gettext("Total"), money(doc.total_minor), look.lead)
    parts += [Space(3), BLACK_RULE, Space(3), total]
    for payment in doc.payments:
        label = f"{value(payment.method)} {value(language.date(payment.paid_on))}"
        parts.append(Pair(label, money(payment.amount_minor), look.muted))
    if doc.kind is InvoiceKind.INVOICE:
        parts.append(pair(language.pgettext("paper", "Paid"), doc.paid_minor))
        due = Pair(language.pgettext("paper", "Due"), money(doc.due_minor), look.lead)
        parts += [Space(3), Rule(), Space(3), due]
    parts = amounts(parts, rtl=language.rtl)
    width = sheet.width * (0.5 if sheet.paper.width > 160 else 0.62)
    beside: Block = Space(0)
    if doc.pay:
        words = Text(language.gettext("Scan to pay"), look.label)
        beside = Stack((Qr(doc.pay, 24 * MM), Space(6), words))
    return [Whole(Row((beside, Stack(tuple(parts))), (None, width)))]


def _tax(line: TaxLine, doc: InvoiceDoc, sheet: Sheet) -> Pair:
    language = sheet.language
    template = (
        language.gettext("{tax} included, of {base}")
        if doc.tax_included
        else language.gettext("{tax} on {base}")
    )
    base = value(language.money(line.base_minor, doc.currency))
    label = template.format(tax=value(line.label), base=base)
    amount_text = value(language.money(line.amount_minor, doc.currency))
    return Pair(label, amount_text, sheet.look.body)
