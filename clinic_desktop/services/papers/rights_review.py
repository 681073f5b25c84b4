"""The list of who may do what as a paper; made anew each time, never archived."""

from __future__ import annotations

from clinic_desktop.db.session import ReadSession
from clinic_desktop.printing.letterhead import Stationery
from clinic_desktop.printing.paper import A4, PAPERS
from clinic_desktop.printing.rights_review import (
    PAPERS as FITTING,
)
from clinic_desktop.printing.rights_review import (
    HeldRole,
    ReviewedPerson,
    RightsReviewDoc,
    render_rights_review,
)
from clinic_desktop.services.access import query
from clinic_desktop.services.audit import entitlements
from clinic_desktop.services.audit.role_words import role_words
from clinic_desktop.services.papers import printers
from clinic_desktop.services.papers.parties import letterhead, paper_language
from clinic_desktop.services.papers.printers import PrinterChoice

PRINTED_AS = "referral"
"""The list is a letter: it goes where letters go."""


@query("user.approve")
def rights_review(reads: ReadSession) -> tuple[bytes, PrinterChoice]:
    """The list as PDF bytes, and how letters are printed on this PC."""
    choice = printers.choice(reads, PRINTED_AS)
    chosen = PAPERS.get(choice.paper)
    language = paper_language(reads, "", None)
    found, words = entitlements.review(reads), role_words(language)
    doc = RightsReviewDoc(
        made_on=reads.today,
        people=tuple(
            ReviewedPerson(
                person.name,
                person.login,
                tuple(
                    HeldRole(
                        words.get(each.role, each.role),
                        language.local(each.since).date() if each.since else None,
                        each.given_by,
                        each.is_unused,
                    )
                    for each in person.roles
                ),
                language.local(person.last_sign_in).date() if person.last_sign_in else None,
            )
            for person in found.people
        ),
        reviewed_on=language.local(found.reviewed_at).date() if found.reviewed_at else None,
        reviewed_by=found.reviewed_by,
    )
    paper = chosen if chosen in FITTING else A4
    return render_rights_review(doc, Stationery(paper, language, letterhead(reads))), choice
