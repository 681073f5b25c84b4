"""Everything kept about a person, for that person to read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from clinic_desktop.printing.blocks import Block, Space, Text
from clinic_desktop.printing.letterhead import Stationery
from clinic_desktop.printing.page import render
from clinic_desktop.printing.parts import bullets, open_sheet, section, title
from clinic_desktop.printing.people import Patient, patient_panel
from clinic_desktop.printing.text import value


@dataclass(frozen=True)
class RecordSection:
    """A heading with its lines."""

    heading: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class SubjectRecordDoc:
    """The record of one person on one day."""

    made_on: date
    patient: Patient
    purpose: str
    sections: tuple[RecordSection, ...]


def render_subject_record(doc: SubjectRecordDoc, on: Stationery) -> bytes:
    """The record as PDF bytes."""
    name = on.language.gettext("Copy of your record")
    sheet = open_sheet(on, name, "", doc.patient.name)
    look, language = sheet.look, sheet.language
    under = [(language.gettext("Date"), value(language.date(doc.made_on)))]
    blocks: list[Block] = [
        title(sheet, name, "", under),
        Space(look.gap * 0.6),
        patient_panel(doc.patient, doc.made_on, on.paper, look, language),
        Space(6),
        Text(value(doc.purpose), look.muted),
    ]
    for part in doc.sections:
        if part.lines:
            blocks += section(part.heading, bullets(part.lines, look), look)
    return render(sheet, blocks)
