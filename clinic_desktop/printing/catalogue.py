"""Every kind of document: its name, its papers, how it becomes a PDF."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from clinic_desktop.i18n import N_, Language
from clinic_desktop.printing.appointment_slip import AppointmentSlipDoc, render_appointment_slip
from clinic_desktop.printing.consent import ConsentDoc, render_consent
from clinic_desktop.printing.invoice import InvoiceDoc, render_invoice
from clinic_desktop.printing.labels import (
    DrugLabelDoc,
    PersonLabelDoc,
    render_drug_label,
    render_person_label,
)
from clinic_desktop.printing.letterhead import Letterhead, Stationery
from clinic_desktop.printing.paper import (
    A4,
    A5,
    A6,
    LABEL_50X25,
    LABEL_89X36,
    LABEL_ROLL_62,
    LABEL_SHEET_A4,
    LETTER,
    ROLL_58,
    ROLL_80,
    Paper,
)
from clinic_desktop.printing.prescription import PrescriptionDoc, render_prescription
from clinic_desktop.printing.receipt import ReceiptDoc, render_receipt
from clinic_desktop.printing.referral import ReferralDoc, render_referral
from clinic_desktop.printing.sick_note import SickNoteDoc, render_sick_note
from clinic_desktop.printing.visit_summary import VisitSummaryDoc, render_visit_summary

LABELS = (LABEL_50X25, LABEL_89X36, LABEL_ROLL_62, LABEL_SHEET_A4)


@dataclass(frozen=True)
class DocumentKind:
    """One kind of document; the first paper is the default."""

    key: str
    message: str
    """The name, to be translated where it is shown."""
    document: type
    papers: tuple[Paper, ...]
    renderer: Callable[[Any, Stationery], bytes]

    @property
    def default_paper(self) -> Paper:
        """What it is printed on unless somebody chose otherwise."""
        return self.papers[0]

    def title(self, language: Language) -> str:
        """The name in a language."""
        return language.gettext(self.message)


KINDS = {
    kind.key: kind
    for kind in (
        DocumentKind(
            "prescription", N_("Prescription"), PrescriptionDoc, (A5, A6, A4), render_prescription
        ),
        DocumentKind("invoice", N_("Invoice"), InvoiceDoc, (A4, A5, LETTER), render_invoice),
        DocumentKind("receipt", N_("Receipt"), ReceiptDoc, (ROLL_80, ROLL_58, A5), render_receipt),
        DocumentKind(
            "appointment-slip",
            N_("Appointment slip"),
            AppointmentSlipDoc,
            (ROLL_80, A6),
            render_appointment_slip,
        ),
        DocumentKind(
            "visit-summary",
            N_("Visit summary"),
            VisitSummaryDoc,
            (A4, LETTER),
            render_visit_summary,
        ),
        DocumentKind("referral", N_("Referral"), ReferralDoc, (A4, A5, LETTER), render_referral),
        DocumentKind("sick-note", N_("Sick note"), SickNoteDoc, (A4, A5, LETTER), render_sick_note),
        DocumentKind("consent", N_("Consent form"), ConsentDoc, (A4, A5, LETTER), render_consent),
        DocumentKind(
            "person-label", N_("Patient label"), PersonLabelDoc, LABELS, render_person_label
        ),
        DocumentKind("drug-label", N_("Drug label"), DrugLabelDoc, LABELS, render_drug_label),
    )
}
"""By the key that settings and the archive store."""


def render_document(
    kind: str,
    doc: Any,
    *,
    language: Language,
    letterhead: Letterhead,
    paper: Paper | None = None,
) -> bytes:
    """A document of this kind as PDF bytes. Raises TypeError for a document of another kind."""
    found = KINDS[kind]
    if not isinstance(doc, found.document):
        raise TypeError(f"{kind} takes {found.document.__name__}, not {type(doc).__name__}")
    return found.renderer(doc, Stationery(paper or found.default_paper, language, letterhead))
