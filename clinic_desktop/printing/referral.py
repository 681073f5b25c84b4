"""The referral to another clinician."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from clinic_desktop.i18n import Language
from clinic_desktop.printing.blocks import Block, Panel, Row, Space, Stack, Text
from clinic_desktop.printing.letterhead import Stationery
from clinic_desktop.printing.page import Sheet, render
from clinic_desktop.printing.parts import (
    allergy_line,
    bullets,
    not_decided,
    open_sheet,
    paragraphs,
    section,
    signature,
    title,
    verify_code,
)
from clinic_desktop.printing.pdf import BLACK
from clinic_desktop.printing.pen import Align
from clinic_desktop.printing.people import (
    NOT_ASKED,
    Allergies,
    Clinician,
    Patient,
    patient_panel,
)
from clinic_desktop.printing.text import value
from clinic_desktop.printing.visit_summary import (
    Diagnosis,
    MedicineLine,
    diagnoses_section,
    medicines_section,
)


@dataclass(frozen=True)
class Recipient:
    """Where the patient is sent."""

    institution: str = ""
    department: str = ""
    name: str = ""
    address: str = ""
    phone: str = ""


@dataclass(frozen=True)
class ReferralDoc:
    """A referral as issued."""

    number: str
    issued_on: date
    patient: Patient
    referrer: Clinician
    recipient: Recipient
    urgency: str = "routine"
    """FHIR's request priority: ``routine``, ``urgent``, ``asap`` or ``stat``."""
    reason: str = ""
    question: str = ""
    history: str = ""
    findings: str = ""
    diagnoses: tuple[Diagnosis, ...] = ()
    medicines: tuple[MedicineLine, ...] = ()
    allergies: Allergies = NOT_ASKED
    attachments: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    """What other PCs wrote in its place, as long as nobody has decided."""
    verify: str = ""
    verify_code: str = ""


def render_referral(doc: ReferralDoc, on: Stationery) -> bytes:
    """The referral as PDF bytes."""
    name = on.language.gettext("Referral")
    sheet = open_sheet(on, name, doc.number, doc.patient.name)
    look, language = sheet.look, sheet.language
    under = [(language.gettext("Date"), value(language.date(doc.issued_on)))]
    code = verify_code(doc.verify, doc.verify_code, sheet)
    blocks: list[Block] = [
        title(sheet, name, doc.number, under),
        Space(look.gap * 0.6),
        _recipient(doc, sheet),
        *not_decided(doc.undecided, look, language),
        Space(6),
        patient_panel(doc.patient, doc.issued_on, on.paper, look, language),
        Space(5),
        allergy_line(doc.allergies, look, language),
        *paragraphs(language.gettext("Reason for referral"), doc.reason, look),
        *paragraphs(language.pgettext("paper", "Question"), doc.question, look),
        *diagnoses_section(language.gettext("Diagnoses"), doc.diagnoses, sheet),
        *paragraphs(language.pgettext("paper", "History"), doc.history, look),
        *paragraphs(language.pgettext("paper", "Findings"), doc.findings, look),
        *medicines_section(language.gettext("Current medicines"), doc.medicines, sheet),
        *_attachments(doc.attachments, sheet),
        Space(look.gap * 1.5),
        signature(sheet, doc.referrer, doc.issued_on, code),
    ]
    return render(sheet, blocks)


def urgency_text(urgency: str, language: Language) -> str:
    """The priority in words; an unknown one as it is."""
    words = {
        "routine": language.pgettext("urgency", "Routine"),
        "urgent": language.pgettext("urgency", "Urgent"),
        "asap": language.pgettext("urgency", "As soon as possible"),
        "stat": language.pgettext("urgency", "Emergency"),
    }
    return words.get(urgency) or value(urgency)


def _recipient(doc: ReferralDoc, sheet: Sheet) -> Block:
    look, language, to = sheet.look, sheet.language, doc.recipient
    phone = language.pgettext("letterhead", "Tel. {phones}").format(phones=value(to.phone))
    first, *more = [part for part in (to.name, to.department, to.institution) if part] or ["–"]
    texts = [*(value(part) for part in more), value(to.address), phone if to.phone else ""]
    lines = [Text(text, look.body) for text in texts if text]
    label = Text(language.pgettext("letter", "To"), look.label)
    who = Stack((label, Text(value(first), look.lead), *lines))
    urgency = urgency_text(doc.urgency, language)
    if doc.urgency == "routine":
        mark: Block = Text(urgency, look.strong, Align.END)
    else:
        mark = Panel(Text(urgency, look.lead, Align.CENTRE), frame=BLACK, padding=4)
    return Row((who, mark), (None, sheet.width * 0.3))


def _attachments(attachments: tuple[str, ...], sheet: Sheet) -> list[Block]:
    if not attachments:
        return []
    heading = sheet.language.pgettext("paper", "Attached")
    return section(heading, bullets(attachments, sheet.look), sheet.look)
