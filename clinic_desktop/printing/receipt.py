"""The receipt, on a roll or a half sheet. Amounts are given, never computed here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from clinic_desktop.i18n import Language
from clinic_desktop.printing.blocks import BLACK_RULE, Block, Rule, Space, Stack, Text, Whole
from clinic_desktop.printing.codes import Qr
from clinic_desktop.printing.fields import Pair, amounts
from clinic_desktop.printing.invoice import TaxLine
from clinic_desktop.printing.letterhead import Stationery
from clinic_desktop.printing.page import Sheet, render
from clinic_desktop.printing.paper import GREY, MM
from clinic_desktop.printing.parts import not_decided, numbered_words, open_sheet
from clinic_desktop.printing.pen import Align
from clinic_desktop.printing.people import PersonName, patient_name
from clinic_desktop.printing.text import value


@dataclass(frozen=True)
class ReceiptLine:
    """One service or product. Money in minor units of the document's currency."""

    description: str
    total_minor: int
    quantity: Decimal = Decimal(1)
    unit_price_minor: int = 0
    """Shown with the quantity when that is not 1."""


@dataclass(frozen=True)
class ReceiptDoc:
    """A receipt as issued."""

    number: str
    issued_at: datetime
    currency: str
    total_minor: int
    method: str
    lines: tuple[ReceiptLine, ...] = ()
    cashier: str = ""
    patient: PersonName | None = None
    others: tuple[PersonName, ...] = ()
    """What else the person may be called, as long as nobody has decided."""
    invoice_number: str = ""
    discount_minor: int = 0
    taxes: tuple[TaxLine, ...] = ()
    tendered_minor: int | None = None
    change_minor: int | None = None
    balance_minor: int = 0
    """What is still due on the invoice after this payment."""
    is_refund: bool = False
    is_part: bool = False
    """Whether the lines come to more than was paid now."""
    qr: str = ""
    """The content of a QR code, such as a fiscal receipt's."""


def render_receipt(doc: ReceiptDoc, on: Stationery) -> bytes:
    """The receipt as PDF bytes."""
    name = _name(doc, on.language)
    sheet = open_sheet(on, name, doc.number, doc.patient)
    look, language = sheet.look, sheet.language
    align = Align.CENTRE if on.paper.is_roll else Align.START
    pairs = [
        (language.gettext("Date"), value(language.datetime(doc.issued_at))),
        (language.gettext("Patient"), patient_name(doc.patient, language) if doc.patient else ""),
        (language.gettext("Invoice"), value(doc.invoice_number)),
        (language.gettext("Cashier"), value(doc.cashier)),
    ]
    blocks: list[Block] = [
        Text(name, look.practice, align),
        Text(numbered_words(doc.number, language), look.strong, align),
        Space(5),
        *(Pair(label, text, look.body, look.muted) for label, text in pairs if text),
        *not_decided(tuple(patient_name(each, language) for each in doc.others), look, language),
        Space(5),
        Rule(0.8, GREY, dashed=True),
        Space(3),
        *(_line(line, doc.currency, sheet) for line in doc.lines),
        Space(3),
        *_totals(doc, sheet),
    ]
    if doc.qr:
        blocks += [Space(10), Qr(doc.qr, 26 * MM, align), Space(8)]
    return render(sheet, blocks)


def _name(doc: ReceiptDoc, language: Language) -> str:
    return language.gettext("Refund receipt") if doc.is_refund else language.gettext("Receipt")


def _total_label(doc: ReceiptDoc, language: Language) -> str:
    if doc.is_refund:
        return language.pgettext("paper", "Refunded")
    if doc.is_part:
        return language.pgettext("paper", "Paid")
    return language.gettext("Total")


def _line(line: ReceiptLine, currency: str, sheet: Sheet) -> Block:
    look, language = sheet.look, sheet.language
    total = value(language.money(line.total_minor, currency))
    parts: list[Block] = [Pair(value(line.description), total, look.body)]
    if line.quantity != 1:
        price = value(language.money(line.unit_price_minor, currency))
        counted = f"{value(language.number(line.quantity))} × {price}"
        parts.append(Text(counted, look.muted))
    return Whole(Stack((*parts, Space(2))))


def _totals(doc: ReceiptDoc, sheet: Sheet) -> list[Block]:
    look, language = sheet.look, sheet.language

    def pair(label: str, amount_minor: int) -> Pair:
        return Pair(label, value(language.money(amount_minor, doc.currency)), look.body)

    parts: list[Block] = []
    if doc.discount_minor:
        parts.append(pair(language.gettext("Discount"), -doc.discount_minor))
    total = value(language.money(doc.total_minor, doc.currency))
    label = _total_label(doc, language)
    parts += [Space(3), BLACK_RULE, Space(3), Pair(label, total, look.total), Space(2)]
    parts += [pair(value(tax.label), tax.amount_minor) for tax in doc.taxes]
    parts.append(Pair(language.gettext("Paid by"), value(doc.method), look.body))
    if doc.tendered_minor is not None:
        parts.append(pair(language.pgettext("paper", "Tendered"), doc.tendered_minor))
    if doc.change_minor is not None:
        parts.append(pair(language.pgettext("money", "Change"), doc.change_minor))
    if doc.balance_minor:
        parts.append(pair(language.gettext("Still due"), doc.balance_minor))
    return [Whole(Stack(tuple(amounts(parts, rtl=language.rtl))))]
