"""From a row of the record to the PDF of its paper."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from clinic_desktop.db.session import ReadSession
from clinic_desktop.errors import NotFoundError, PrintError, ValidationError
from clinic_desktop.i18n import Language, _
from clinic_desktop.models.billing import Invoice, Payment
from clinic_desktop.models.document import Referral, SickNote
from clinic_desktop.models.encounter import Encounter
from clinic_desktop.models.medication import Prescription
from clinic_desktop.models.patient import Consent, Patient
from clinic_desktop.models.scheduling import Appointment
from clinic_desktop.printing.catalogue import KINDS, render_document
from clinic_desktop.printing.fonts import unsupported_characters
from clinic_desktop.printing.paper import PAPERS, Paper
from clinic_desktop.services.access import part, query
from clinic_desktop.services.papers import clinical, money, rights
from clinic_desktop.services.papers.parties import letterhead, paper_language
from clinic_desktop.services.papers.slip import slip_doc

Builder = Callable[[ReadSession, uuid.UUID, Language], Any]


@dataclass(frozen=True)
class PaperRequest:
    """Which paper of which row; empty choices mean the usual ones."""

    kind: str
    subject_id: uuid.UUID
    language: str = ""
    paper: str = ""


@dataclass(frozen=True)
class MadePaper:
    """A finished paper."""

    kind: str
    subject_id: uuid.UUID
    patient_id: uuid.UUID | None
    number: str
    language: str
    paper: str
    pdf: bytes
    missing: str = ""
    """Characters no font of ours has; they stand as boxes on the paper."""


_BUILDERS: dict[str, tuple[type[Any], Builder]] = {
    "prescription": (Prescription, clinical.prescription_doc),
    "invoice": (Invoice, money.invoice_doc),
    "receipt": (Payment, money.receipt_doc),
    "appointment-slip": (Appointment, lambda reads, row_id, _language: slip_doc(reads, row_id)),
    "visit-summary": (Encounter, clinical.visit_summary_doc),
    "referral": (Referral, clinical.referral_doc),
    "sick-note": (SickNote, clinical.sick_note_doc),
    "consent": (Consent, clinical.consent_doc),
    "person-label": (Patient, clinical.person_label_doc),
}
KINDS_MADE = tuple(_BUILDERS)
"""The kinds that can be made from a row."""


@query("print.read")
def make(reads: ReadSession, wish: PaperRequest) -> MadePaper:
    """Make a paper.

    Raises:
        NotFoundError: no such row.
        ValidationError: a kind or a paper size that does not exist.
        PrintError: the page could not be laid out.
    """
    row, person = _subject(reads, wish)
    rights.check(reads, wish.kind, person, wish.subject_id)
    language, paper = _language_and_paper(reads, wish, person)
    doc = _BUILDERS[wish.kind][1](reads, wish.subject_id, language)
    try:
        pdf = render_document(
            wish.kind, doc, language=language, letterhead=letterhead(reads), paper=paper
        )
    except (ValueError, ArithmeticError) as error:
        raise PrintError(
            _("The paper could not be laid out."),
            kept=_("The document itself is kept."),
            hint=_("Try another paper size."),
        ) from error
    return MadePaper(
        kind=wish.kind,
        subject_id=wish.subject_id,
        patient_id=person,
        number=str(getattr(row, "number", "") or ""),
        language=language.language,
        paper=paper.key,
        pdf=pdf,
        missing="".join(sorted(set(unsupported_characters(_words(doc))))),
    )


@part
def form_of(reads: ReadSession, wish: PaperRequest) -> tuple[str, str]:
    """The language and the paper that a request comes to.

    Raises:
        NotFoundError, ValidationError: see ``make``.
    """
    language, paper = _language_and_paper(reads, wish, _subject(reads, wish)[1])
    return language.language, paper.key


@part
def owner_of(reads: ReadSession, kind: str, subject_id: uuid.UUID) -> uuid.UUID:
    """The patient that a row of this kind is about.

    Raises:
        NotFoundError: no such row.
    """
    return _subject(reads, PaperRequest(kind, subject_id))[1]


def _subject(reads: ReadSession, wish: PaperRequest) -> tuple[Any, uuid.UUID]:
    """The row, and the patient it is about."""
    if wish.kind not in _BUILDERS:
        raise ValidationError("kind", _("There is no such document."))
    model = _BUILDERS[wish.kind][0]
    row = reads.session.get(model, wish.subject_id)
    if row is None:
        raise NotFoundError(_("There is nothing to print under this number."))
    return row, row.id if model is Patient else row.patient_id


def _language_and_paper(
    reads: ReadSession, wish: PaperRequest, person: uuid.UUID
) -> tuple[Language, Paper]:
    known = KINDS[wish.kind]
    paper = PAPERS.get(wish.paper) if wish.paper else known.default_paper
    if paper is None or paper not in known.papers:
        raise ValidationError("paper", _("This document is not made for that paper."))
    return paper_language(reads, wish.language, person), paper


def _words(doc: Any) -> str:
    """All text of a document, to look for characters that cannot be printed."""
    if isinstance(doc, str):
        return doc
    if isinstance(doc, tuple):
        return " ".join(_words(each) for each in doc)
    if hasattr(doc, "__dataclass_fields__"):
        return " ".join(_words(getattr(doc, name)) for name in doc.__dataclass_fields__)
    return ""
