"""Recovery sheet and recovery codes: made from what is in memory, never archived."""

from __future__ import annotations

from clinic_desktop.db.session import ReadSession
from clinic_desktop.printing.letterhead import Stationery
from clinic_desktop.printing.paper import A4, PAPERS
from clinic_desktop.printing.recovery_codes import RecoveryCodesDoc, render_recovery_codes
from clinic_desktop.printing.recovery_sheet import PAPERS as FITTING
from clinic_desktop.printing.recovery_sheet import RecoverySheetDoc, render_recovery_sheet
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.services.access import query
from clinic_desktop.services.papers import printers
from clinic_desktop.services.papers.parties import letterhead, paper_language
from clinic_desktop.services.papers.printers import PrinterChoice

PRINTED_AS = "referral"
"""The sheet is a letter: it goes where letters go."""


@query("user.approve", password_again=True)
def recovery_sheet(reads: ReadSession, key: RecoveryKey) -> tuple[bytes, PrinterChoice]:
    """The sheet as PDF bytes, and how letters are printed on this PC."""
    choice, on = _letter(reads)
    return render_recovery_sheet(RecoverySheetDoc(key.groups, key.text, reads.today), on), choice


@query("practice.read")
def recovery_codes(reads: ReadSession, codes: tuple[str, ...]) -> tuple[bytes, PrinterChoice]:
    """The signed-in person's recovery codes as PDF bytes, and how letters are printed here."""
    choice, on = _letter(reads)
    doc = RecoveryCodesDoc(reads.actor.login, codes, reads.today)
    return render_recovery_codes(doc, on), choice


def _letter(reads: ReadSession) -> tuple[PrinterChoice, Stationery]:
    choice = printers.choice(reads, PRINTED_AS)
    chosen = PAPERS.get(choice.paper)
    paper = chosen if chosen in FITTING else A4
    language = paper_language(reads, "", None)
    return choice, Stationery(paper, language, letterhead(reads))
