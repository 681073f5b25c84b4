"""The recovery sheet: made from a key in memory, never archived."""

from __future__ import annotations

from clinic_desktop.db.session import ReadSession
from clinic_desktop.printing.letterhead import Stationery
from clinic_desktop.printing.paper import A4, PAPERS
from clinic_desktop.printing.recovery_sheet import PAPERS as FITTING
from clinic_desktop.printing.recovery_sheet import RecoverySheetDoc, render_recovery_sheet
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.services.access import query
from clinic_desktop.services.papers import printers
from clinic_desktop.services.papers.parties import letterhead, paper_language
from clinic_desktop.services.papers.printers import PrinterChoice

PRINTED_AS = "referral"
"""The sheet is a letter: it goes where letters go."""


@query("user.approve")
def recovery_sheet(reads: ReadSession, key: RecoveryKey) -> tuple[bytes, PrinterChoice]:
    """The sheet as PDF bytes, and how letters are printed on this PC."""
    choice = printers.choice(reads, PRINTED_AS)
    chosen = PAPERS.get(choice.paper)
    paper = chosen if chosen in FITTING else A4
    language = paper_language(reads, "", None)
    doc = RecoverySheetDoc(key.groups, key.text, reads.today)
    pdf = render_recovery_sheet(doc, Stationery(paper, language, letterhead(reads)))
    return pdf, choice
