"""What the patient takes home after a visit, in the patient's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from clinic_desktop.printing.appointment_slip import weekday_date
from clinic_desktop.printing.blocks import Block, Space, Stack, Text, Whole
from clinic_desktop.printing.fields import facts
from clinic_desktop.printing.letterhead import Stationery
from clinic_desktop.printing.page import Sheet, render
from clinic_desktop.printing.parts import (
    allergy_line,
    bullets,
    open_sheet,
    paragraphs,
    section,
    signature,
    title,
)
from clinic_desktop.printing.people import (
    NOT_ASKED,
    Allergies,
    Clinician,
    Patient,
    patient_panel,
)
from clinic_desktop.printing.table import Column, table
from clinic_desktop.printing.text import value

LARGE_PRINT = 16.0
"""Points; large print starts here (RNIB, Clear print guidelines)."""


@dataclass(frozen=True)
class Vital:
    """One measurement as shown: "Blood pressure", "148/92", "mmHg"."""

    name: str
    value: str
    unit: str = ""
    note: str = ""
    """Such as "high", in words."""


@dataclass(frozen=True)
class Diagnosis:
    """A diagnosis with its code, if it has one."""

    name: str
    code: str = ""
    note: str = ""


@dataclass(frozen=True)
class MedicineLine:
    """A medicine the patient takes."""

    product: str
    strength: str = ""
    sig: str = ""
    until: date | None = None
    status: str = ""
    """Such as "new" or "changed", in words."""


@dataclass(frozen=True)
class VisitSummaryDoc:
    """A visit as its patient should remember it."""

    visited_on: date
    patient: Patient
    clinician: Clinician
    number: str = ""
    reason: str = ""
    problems: tuple[str, ...] = ()
    allergies: Allergies = NOT_ASKED
    vitals: tuple[Vital, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()
    medicines: tuple[MedicineLine, ...] = ()
    findings: str = ""
    plan: str = ""
    advice: str = ""
    """When to come back at once."""
    follow_up_at: datetime | None = None
    follow_up: str = ""
    """With whom, or words instead of a date."""
    large_print: bool = False


def render_visit_summary(doc: VisitSummaryDoc, on: Stationery) -> bytes:
    """The summary as PDF bytes."""
    name = on.language.gettext("Visit summary")
    size = LARGE_PRINT if doc.large_print else None
    sheet = open_sheet(on, name, doc.number, doc.patient.name, body_size=size)
    look, language = sheet.look, sheet.language
    under = [(language.gettext("Date"), value(language.date(doc.visited_on)))]
    blocks: list[Block] = [
        title(sheet, name, doc.number, under),
        Space(look.gap * 0.6),
        patient_panel(doc.patient, doc.visited_on, on.paper, look, language),
        Space(5),
        allergy_line(doc.allergies, look, language),
        *paragraphs(language.gettext("Reason for the visit"), doc.reason, look),
        *_vitals(doc.vitals, sheet),
        *diagnoses_section(language.gettext("Diagnoses"), doc.diagnoses, sheet),
        *_problems(doc.problems, sheet),
        *paragraphs(language.pgettext("paper", "Findings"), doc.findings, look),
        *medicines_section(language.gettext("Your medicines"), doc.medicines, sheet),
        *paragraphs(language.pgettext("paper", "Plan"), doc.plan, look),
        *paragraphs(language.gettext("Come back at once if"), doc.advice, look),
        *_follow_up(doc, sheet),
        Space(look.gap * 1.5),
        signature(sheet, doc.clinician, doc.visited_on),
    ]
    return render(sheet, blocks)


def _vitals(vitals: tuple[Vital, ...], sheet: Sheet) -> list[Block]:
    if not vitals:
        return []
    pairs = []
    for vital in vitals:
        measured = value(f"{vital.value} {vital.unit}".strip())
        pairs.append((value(vital.name), f"{measured} ({vital.note})" if vital.note else measured))
    columns = 2 if sheet.body_size or sheet.paper.is_small else 4
    body = facts(pairs, columns, sheet.look.label, sheet.look.strong)
    return section(sheet.language.gettext("Measurements"), Whole(body), sheet.look)


def diagnoses_section(heading: str, diagnoses: tuple[Diagnosis, ...], sheet: Sheet) -> list[Block]:
    """Diagnoses as a list under a heading; nothing without diagnoses."""
    found = ((f"{d.name} ({d.code})" if d.code else d.name, d.note) for d in diagnoses)
    names = tuple(f"{name} – {note}" if note else name for name, note in found)
    return section(heading, bullets(names, sheet.look), sheet.look) if names else []


def _problems(problems: tuple[str, ...], sheet: Sheet) -> list[Block]:
    if not problems:
        return []
    heading = sheet.language.gettext("Long-term problems")
    return section(heading, bullets(problems, sheet.look), sheet.look)


def medicines_section(
    heading: str, medicines: tuple[MedicineLine, ...], sheet: Sheet
) -> list[Block]:
    """Medicines as a table under a heading; nothing without medicines."""
    if not medicines:
        return []
    language = sheet.language
    columns = [
        Column(language.gettext("Medicine"), weight=1, bold=True),
        Column(language.gettext("How to take it"), weight=1.5),
    ]
    has_end = any(medicine.until for medicine in medicines)
    if has_end:
        columns.append(Column(language.pgettext("paper", "Until")))
    rows: list[tuple[str, ...]] = []
    for medicine in medicines:
        product = value(f"{medicine.product} {medicine.strength}".strip())
        row = [f"{product}\n{value(medicine.status)}", value(medicine.sig.replace("\n", " "))]
        if has_end:
            row.append(value(language.date(medicine.until)) if medicine.until else "")
        rows.append(tuple(row))
    body = table(tuple(columns), rows, sheet.look, width=sheet.width, rtl=language.rtl)
    return section(heading, body, sheet.look)


def _follow_up(doc: VisitSummaryDoc, sheet: Sheet) -> list[Block]:
    look, language = sheet.look, sheet.language
    lines: list[Block] = []
    if doc.follow_up_at:
        day = value(weekday_date(language.local(doc.follow_up_at).date(), language))
        time = value(language.time(doc.follow_up_at))
        words = language.gettext("{date} at {time}").format(date=day, time=time)
        lines.append(Text(words, look.strong))
    if doc.follow_up:
        lines.append(Text(value(doc.follow_up), look.body))
    if not lines:
        return []
    return section(language.gettext("Next appointment"), Whole(Stack(tuple(lines))), look)
