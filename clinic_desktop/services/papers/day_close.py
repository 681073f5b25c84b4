"""The slip at the end of a day, with the head of the signed log; made anew, never archived."""

from __future__ import annotations

from clinic_desktop.db import checkpoints
from clinic_desktop.db.chain import THIS_PC
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.models.practice import Practice
from clinic_desktop.printing.day_close import PAPERS as FITTING
from clinic_desktop.printing.day_close import DayCloseDoc, Taken, render_day_close
from clinic_desktop.printing.letterhead import Stationery
from clinic_desktop.printing.paper import PAPERS, ROLL_80
from clinic_desktop.services.access import command, query
from clinic_desktop.services.billing.accounts import payments_of_day
from clinic_desktop.services.papers import printers
from clinic_desktop.services.papers.money import method_words
from clinic_desktop.services.papers.parties import letterhead, paper_language
from clinic_desktop.services.papers.printers import PrinterChoice

PRINTED_AS = "receipt"
"""The slip goes where receipts go."""


@command("payment.read")
def close_day(uow: UnitOfWork) -> None:
    """Put on record that a slip is made; the log is signed in the same step."""
    uow.audit("audit.day-close")


@query("payment.read")
def day_close(reads: ReadSession) -> tuple[bytes, PrinterChoice]:
    """Today's slip as PDF bytes, and how receipts are printed on this PC.

    Call ``close_day`` first: the slip shows the newest signature.
    """
    choice = printers.choice(reads, PRINTED_AS)
    chosen = PAPERS.get(choice.paper)
    paper = chosen if chosen in FITTING else ROLL_80
    language = paper_language(reads, "", None)
    receipts = payments_of_day(reads, reads.today)
    methods = dict.fromkeys(each.method for each in receipts)
    head = checkpoints.newest(reads.cursor)
    doc = DayCloseDoc(
        day=reads.today,
        printed_at=reads.now,
        who=reads.actor.name,
        currency=reads.session.query(Practice.currency).limit(1).scalar() or "",
        receipts=len(receipts),
        taken=tuple(
            Taken(
                method_words(method, language),
                sum(each.amount_minor for each in receipts if each.method == method),
            )
            for method in methods
        ),
        commit=head.dseq,
        chain=head.chain.hex(),
        key=checkpoints.signers(reads.cursor)[THIS_PC].public.hex(),
    )  # fmt: skip
    return render_day_close(doc, Stationery(paper, language, letterhead(reads))), choice
