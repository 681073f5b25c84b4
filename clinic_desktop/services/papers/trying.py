"""Papers that show how paper will look: a printer's test page, an invoice of nobody."""

from __future__ import annotations

import uuid
from decimal import Decimal

from clinic_desktop.db.session import ReadSession
from clinic_desktop.errors import ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.printing.catalogue import KINDS, render_document
from clinic_desktop.printing.invoice import InvoiceDoc, InvoiceLine
from clinic_desktop.printing.letterhead import Stationery
from clinic_desktop.printing.paper import A4, PAPERS
from clinic_desktop.printing.people import Patient, PersonName
from clinic_desktop.printing.trial_page import render_trial_page
from clinic_desktop.services.access import query
from clinic_desktop.services.billing.catalogue import currency, services
from clinic_desktop.services.papers.making import MadePaper
from clinic_desktop.services.papers.parties import letterhead, paper_language

NOBODY = uuid.UUID(int=0)


@query("print.read")
def trial_page(reads: ReadSession, kind: str, paper: str = "") -> MadePaper:
    """A page that tries a printer, for a kind of document on the paper that it would be printed on.

    Raises:
        ValidationError: no such document or paper.
    """
    known = KINDS.get(kind)
    chosen = PAPERS.get(paper) if paper else known.default_paper if known else None
    if known is None or chosen is None:
        raise ValidationError("kind", _("There is no such document."))
    language = paper_language(reads, "", None)
    pdf = render_trial_page(known.title(language), Stationery(chosen, language, letterhead(reads)))
    return MadePaper(kind, NOBODY, None, "", language.language, chosen.key, pdf)


@query("print.read")
def sample_invoice(reads: ReadSession) -> MadePaper:
    """An invoice of nobody with the practice's own letterhead and prices; it is never kept."""
    language = paper_language(reads, "", None)
    lines = tuple(
        InvoiceLine(row.name, Decimal(1), row.amount_minor, row.amount_minor, row.code)
        for row in services(reads)[:3]
    ) or (InvoiceLine(language.gettext("Consultation"), Decimal(1), 0, 0),)
    total = sum(line.total_minor for line in lines)
    doc = InvoiceDoc(
        number=language.gettext("SAMPLE"),
        issued_on=reads.today,
        patient=Patient(PersonName(given=language.gettext("Sample patient"))),
        currency=currency(reads),
        lines=lines,
        subtotal_minor=total,
        total_minor=total,
        due_minor=total,
    )
    pdf = render_document("invoice", doc, language=language, letterhead=letterhead(reads))
    return MadePaper("invoice", NOBODY, None, "", language.language, A4.key, pdf)
