"""The prescription."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from clinic_desktop.i18n import Language
from clinic_desktop.printing.blocks import Block, Row, Rule, Section, Space, Stack, Text, Whole
from clinic_desktop.printing.fields import facts
from clinic_desktop.printing.letterhead import Stationery
from clinic_desktop.printing.page import Sheet, render
from clinic_desktop.printing.parts import (
    allergy_line,
    not_decided,
    open_sheet,
    paragraphs,
    signature,
    title,
    verify_code,
)
from clinic_desktop.printing.people import (
    NOT_ASKED,
    Allergies,
    Clinician,
    Patient,
    patient_panel,
)
from clinic_desktop.printing.text import value


@dataclass(frozen=True)
class PrescriptionLine:
    """One medicine."""

    product: str
    strength: str = ""
    form: str = ""
    dose: str = ""
    """For the pharmacist, as the clinic writes it: "500 mg 1×3 for 7 days"."""
    sig: str = ""
    """What the patient does, in the patient's language."""
    quantity: Decimal | None = None
    quantity_unit: str = ""
    quantity_in_words: str = ""
    """The quantity written out; without it each digit is named."""
    repeats: int = 0
    substitution_allowed: bool = True
    undecided: tuple[str, ...] = ()
    """What another PC wrote in this line's place, as long as nobody has decided."""


@dataclass(frozen=True)
class PrescriptionDoc:
    """A prescription as it was issued."""

    number: str
    issued_on: date
    patient: Patient
    prescriber: Clinician
    lines: tuple[PrescriptionLine, ...]
    allergies: Allergies = NOT_ASKED
    valid_until: date | None = None
    weight_kg: Decimal | None = None
    diagnosis: str = ""
    note: str = ""
    verify: str = ""
    """The content of the QR code."""
    verify_code: str = ""
    """The same to type, under the QR code."""


def render_prescription(doc: PrescriptionDoc, on: Stationery) -> bytes:
    """The prescription as PDF bytes."""
    name = on.language.gettext("Prescription")
    sheet = open_sheet(on, name, doc.number, doc.patient.name)
    look, language = sheet.look, sheet.language
    dates = [(language.gettext("Date"), value(language.date(doc.issued_on)))]
    if doc.valid_until:
        dates.append((language.gettext("Valid until"), value(language.date(doc.valid_until))))
    extra: list[tuple[str, str]] = []
    if doc.weight_kg is not None:
        weight = value(f"{language.number(doc.weight_kg)} {language.pgettext('unit', 'kg')}")
        extra.append((language.gettext("Weight"), weight))
    if doc.diagnosis:
        extra.append((language.gettext("Diagnosis"), value(doc.diagnosis)))
    blocks: list[Block] = [
        title(sheet, name, doc.number, dates),
        Space(look.gap * 0.6),
        patient_panel(doc.patient, doc.issued_on, on.paper, look, language, tuple(extra)),
        Space(5),
        allergy_line(doc.allergies, look, language),
        Space(look.gap * 0.6),
    ]
    words = value(language.pgettext("prescription", "Rp."))
    head = Stack((Text(words, look.practice), Space(2)))
    for number, line in enumerate(doc.lines, 1):
        medicine = _medicine(number, line, sheet)
        blocks += [Section(head, medicine) if number == 1 else medicine, Space(4), Rule(), Space(4)]
    blocks += paragraphs(language.pgettext("paper", "Note"), doc.note, look)
    code = verify_code(doc.verify, doc.verify_code, sheet)
    blocks += [Space(look.gap), signature(sheet, doc.prescriber, doc.issued_on, code)]
    return render(sheet, blocks)


def _medicine(number: int, line: PrescriptionLine, sheet: Sheet) -> Block:
    look, language = sheet.look, sheet.language
    parts: list[Block] = [Text(value(f"{line.product} {line.strength}".strip()), look.lead)]
    detail = " · ".join(value(part) for part in (line.form, line.dose) if part)
    if detail:
        parts.append(Text(detail, look.body))
    if line.sig:
        parts += [Space(2), Text(value(line.sig), look.body)]
    parts += not_decided(line.undecided, look, language)
    pairs = [
        (language.gettext("Quantity"), quantity_text(line, language)),
        (language.pgettext("paper", "Repeats"), _repeats(line.repeats, language)),
    ]
    if not line.substitution_allowed:
        pairs.append((language.gettext("Substitution"), language.gettext("Not allowed")))
    columns = 2 if sheet.paper.is_small else 3
    parts += [Space(3), facts(pairs, columns, look.label, look.strong)]
    counter = Text(f"{language.number(number)}.", look.lead)
    return Whole(Row((counter, Stack(tuple(parts))), (look.body_size * 1.7, None), 4))


def _repeats(repeats: int, language: Language) -> str:
    if not repeats:
        return language.pgettext("repeats", "None")
    return language.ngettext("{n} time", "{n} times", repeats).format(n=language.number(repeats))


def quantity_text(line: PrescriptionLine, language: Language) -> str:
    """Figures, then words, so that neither can be altered alone."""
    if line.quantity is None:
        return ""
    words = value(line.quantity_in_words) if line.quantity_in_words else ""
    if not words:
        words = digit_names(line.quantity, language)
    figures = language.number(line.quantity)
    return f"{value(f'{figures} {line.quantity_unit}'.strip())} ({words})"


def digit_names(quantity: Decimal, language: Language) -> str:
    """Every digit by its name: "two-one" for 21."""
    names = [
        language.pgettext("digit", "zero"),
        language.pgettext("digit", "one"),
        language.pgettext("digit", "two"),
        language.pgettext("digit", "three"),
        language.pgettext("digit", "four"),
        language.pgettext("digit", "five"),
        language.pgettext("digit", "six"),
        language.pgettext("digit", "seven"),
        language.pgettext("digit", "eight"),
        language.pgettext("digit", "nine"),
    ]
    point = language.pgettext("digit", "point")
    text = f"{quantity.normalize():f}"
    return "-".join(point if c == "." else names[int(c)] for c in text if c == "." or c.isdigit())
