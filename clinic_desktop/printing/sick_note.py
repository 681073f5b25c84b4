"""The sick note: a numbered certificate of incapacity, by default without the diagnosis."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from clinic_desktop.printing.blocks import Block, Panel, Row, Space, Stack, Text
from clinic_desktop.printing.letterhead import Stationery
from clinic_desktop.printing.page import Sheet, render
from clinic_desktop.printing.parts import (
    not_decided,
    open_sheet,
    paragraphs,
    signature,
    title,
    verify_code,
)
from clinic_desktop.printing.pdf import BLACK
from clinic_desktop.printing.people import Clinician, Patient, patient_panel
from clinic_desktop.printing.text import value


@dataclass(frozen=True)
class SickNoteDoc:
    """A sick note as issued."""

    number: str
    issued_on: date
    patient: Patient
    clinician: Clinician
    unfit_from: date
    unfit_to: date
    examined_on: date | None = None
    days: int | None = None
    """Both ends counted, as the service computed them."""
    is_partial: bool = False
    """Fit for some work, under ``restrictions``."""
    restrictions: str = ""
    employer: str = ""
    occupation: str = ""
    diagnosis: str = ""
    """Only when the patient agreed that it is printed."""
    returns_on: date | None = None
    replaces: str = ""
    """The number of the note this one continues or replaces."""
    is_void: bool = False
    undecided: tuple[str, ...] = ()
    """What other PCs wrote in its place, as long as nobody has decided."""
    verify: str = ""
    verify_code: str = ""


def render_sick_note(doc: SickNoteDoc, on: Stationery) -> bytes:
    """The certificate as PDF bytes."""
    name = on.language.gettext("Certificate of incapacity for work")
    sheet = open_sheet(on, name, doc.number, doc.patient.name)
    look, language = sheet.look, sheet.language
    under = [(language.gettext("Date"), value(language.date(doc.issued_on)))]
    if doc.examined_on:
        under.append(
            (language.pgettext("paper", "Examined"), value(language.date(doc.examined_on)))
        )
    if doc.replaces:
        under.append((language.gettext("Refers to"), value(doc.replaces)))
    extra = (
        (language.gettext("Employer"), value(doc.employer)),
        (language.gettext("Occupation"), value(doc.occupation)),
        (language.gettext("Diagnosis"), value(doc.diagnosis)),
    )
    code = verify_code(doc.verify, doc.verify_code, sheet)
    blocks: list[Block] = [
        *_void(doc, sheet),
        title(sheet, name, doc.number, under),
        Space(look.gap * 0.6),
        patient_panel(doc.patient, doc.issued_on, on.paper, look, language, extra),
        Space(look.gap),
        _statement(doc, sheet),
        *not_decided(doc.undecided, look, language),
        *paragraphs(language.gettext("Restrictions"), doc.restrictions, look),
        Space(look.gap * 2),
        signature(sheet, doc.clinician, doc.issued_on, code),
    ]
    return render(sheet, blocks)


def _void(doc: SickNoteDoc, sheet: Sheet) -> list[Block]:
    if not doc.is_void:
        return []
    words = sheet.language.gettext("VOID – this certificate is no longer valid")
    return [Panel(Text(words, sheet.look.lead), frame=BLACK, padding=5), Space(6)]


def _statement(doc: SickNoteDoc, sheet: Sheet) -> Block:
    look, language = sheet.look, sheet.language
    words = (
        language.gettext("I examined this person and found them fit for restricted work only:")
        if doc.is_partial
        else language.gettext("I examined this person and found them unfit for work:")
    )
    cells = [
        (language.pgettext("period", "From"), value(language.date(doc.unfit_from))),
        (language.pgettext("period", "To, including"), value(language.date(doc.unfit_to))),
    ]
    if doc.days:
        count = language.ngettext("{n} day", "{n} days", doc.days)
        text = count.format(n=language.number(doc.days))
        cells.append((language.pgettext("period", "In all"), text))
    if doc.returns_on:
        cells.append((language.gettext("Back to work"), value(language.date(doc.returns_on))))
    columns = tuple(
        Stack((Text(label, look.label), Text(text, look.lead))) for label, text in cells
    )
    rows = [columns[i : i + 2] for i in range(0, len(columns), 2)]
    if not sheet.paper.is_small and sheet.paper.width > 160:
        rows = [columns]
    body = [part for row in rows for part in (Space(6), Row(row, (None,) * len(row)))]
    return Panel(Stack((Text(words, look.body), *body)), frame=BLACK, padding=9)
