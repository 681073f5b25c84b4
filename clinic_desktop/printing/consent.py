"""The consent form: the text in force, two boxes, and lines to sign on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from clinic_desktop.i18n import Language
from clinic_desktop.printing.blocks import Block, Closing, Panel, Row, Space, Stack, Text
from clinic_desktop.printing.fields import Signature
from clinic_desktop.printing.letterhead import Stationery
from clinic_desktop.printing.page import Sheet, render
from clinic_desktop.printing.parts import open_sheet, title
from clinic_desktop.printing.pdf import BLACK
from clinic_desktop.printing.people import Patient, patient_panel
from clinic_desktop.printing.text import value


@dataclass(frozen=True)
class ConsentDoc:
    """A text to agree to, or one that was decided on."""

    name: str
    """The heading of the text."""
    version: str
    printed_on: date
    patient: Patient
    text: str
    decision: str = ""
    """``active``, ``refused`` or ``withdrawn``; empty for a form still to be filled in."""
    decided_on: date | None = None
    by: str = ""
    """Who decided for the person."""


def render_consent(doc: ConsentDoc, on: Stationery) -> bytes:
    """The form as PDF bytes; free text keeps its paragraphs."""
    name = on.language.gettext("Consent")
    sheet = open_sheet(on, name, "", doc.patient.name)
    look, language = sheet.look, sheet.language
    under = [(language.gettext("Date"), value(language.date(doc.printed_on)))]
    if doc.version:
        under.append((language.pgettext("paper", "Version of the text"), value(doc.version)))
    paragraphs = [part.strip() for part in doc.text.split("\n") if part.strip()]
    blocks: list[Block] = [
        title(sheet, name, "", under),
        Space(look.gap * 0.6),
        patient_panel(doc.patient, doc.printed_on, on.paper, look, language),
        Space(look.gap),
        Text(value(doc.name), look.lead),
        *(part for text in paragraphs for part in (Space(4), Text(value(text), look.body))),
        Space(look.gap),
        *_decision(doc, sheet),
        Space(look.gap),
        _sign_here(sheet),
    ]
    return render(sheet, blocks)


def _decision(doc: ConsentDoc, sheet: Sheet) -> list[Block]:
    look, language = sheet.look, sheet.language
    if not doc.decision:
        choices = (
            language.pgettext("consent form", "I agree"),
            language.pgettext("consent form", "I do not agree"),
        )
        box = Panel(Space(look.body_size * 0.2), frame=BLACK, padding=look.body_size * 0.4)
        widths = (look.body_size, None)
        lines = (Row((box, Text(words, look.strong)), widths, 6) for words in choices)
        return [part for line in lines for part in (line, Space(4))]
    words = {
        "active": language.pgettext("consent form", "Agreed on {day}"),
        "refused": language.pgettext("consent form", "Refused on {day}"),
        "withdrawn": language.pgettext("consent form", "Withdrawn on {day}"),
    }[doc.decision]
    day = value(language.date(doc.decided_on or doc.printed_on))
    said: list[Block] = [Text(words.format(day=day), look.strong)]
    if doc.by:
        by = language.pgettext("consent form", "by {name} for the patient")
        said.append(Text(by.format(name=value(doc.by)), look.body))
    return said


def _sign_here(sheet: Sheet) -> Block:
    look, language = sheet.look, sheet.language
    patient = Signature(_words(language, "patient"), look.label)
    guardian = Signature(_words(language, "guardian"), look.label)
    staff = Signature(_words(language, "staff"), look.label)
    if sheet.paper.is_small:
        return Closing(Stack((patient, guardian, staff)))
    return Closing(Row((patient, guardian, staff), (None, None, None)))


def _words(language: Language, who: str) -> str:
    return {
        "patient": language.pgettext("consent form", "Date, signature of the patient"),
        "guardian": language.pgettext("consent form", "or guardian, with name"),
        "staff": language.pgettext("consent form", "For the practice"),
    }[who]
