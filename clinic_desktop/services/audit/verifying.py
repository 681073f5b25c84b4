"""Checking the log, and answering for an older state that was put back on purpose."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from clinic_desktop.db.arriving import refuse_arriving
from clinic_desktop.db.facts import faults_of_structure
from clinic_desktop.db.log_check import Finding, LogReport, Trouble, check_log
from clinic_desktop.db.mirror import Mirror
from clinic_desktop.db.opening import MIRROR_FAULT
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.instants import to_millis
from clinic_desktop.errors import ValidationError
from clinic_desktop.i18n import N_, _
from clinic_desktop.services.access import command, query

ACCEPTED = "integrity.accepted"
ANSWERS = (ACCEPTED, "record.restored")
"""Events after which an older state or a missing mirror is nobody's riddle any more."""
SHORTEST_REASON = 10
_UNANSWERED = """
SELECT kind, happened_at FROM audit_event
WHERE kind IN (?, ?) AND id > coalesce(
 (SELECT max(id) FROM audit_event WHERE kind IN (?, ?)), x'')
ORDER BY id"""

WORDS: dict[str, str] = {
    "chain": N_("A commit was changed after it was written."),
    "commits-missing": N_("Commits are missing from the log."),
    "commits-cut-off": N_("The newest commits were cut off, or an older record was put back."),
    "order": N_("Commits do not follow each other."),
    "body": N_("What a commit changed cannot be read."),
    "signature": N_("A signature of the log is not this PC's."),
    "signatures-missing": N_("Signatures of the log are missing."),
    "signature-order": N_("Signatures of the log do not follow each other."),
    "not-as-signed": N_("The log is not the one that was signed."),
    "not-as-mirrored": N_("The log is not the one in the files beside the record."),
    "mirror-signature": N_("A line beside the record is signed with another key."),
    "mirror-unreadable": N_("A line beside the record cannot be read."),
    "mirror-gap": N_("Lines beside the record are missing."),
    "mirror-behind": N_("The files beside the record end too early."),
    "mirror-older": N_("The record was older than the files beside it."),
    "mirror-missing": N_("The files beside the record were gone."),
    "not-signed-yet": N_("The newest commits are not signed yet."),
    "erasure-to-come": N_("Words were erased at another PC; the record of that has not come yet."),
    "structure": N_("An index or a page of the file is not what it should be."),
    "row": N_("A row is not what the log says."),
    "row-unknown": N_("A row was written past the log."),
}
"""What each finding means, by ``Finding.what``."""


@query("audit.read")
def verify(
    reads: ReadSession,
    mirror: Mirror | None,
    since: datetime | None = None,
    progress: Callable[[int], None] | None = None,
) -> LogReport:
    """Check chain, signatures, mirror, and every row against the log; see ``db.log_check``."""
    refuse_arriving(reads.cursor)
    since_ms = to_millis(since) if since is not None else 0
    report = check_log(reads.cursor, mirror, since_ms=since_ms, progress=progress)
    kinds = (f"{MIRROR_FAULT}older", f"{MIRROR_FAULT}missing")
    for kind, _at in reads.cursor.execute(_UNANSWERED, (*kinds, *ANSWERS)).fetchall():
        older = kind == kinds[0]
        trouble = Trouble.FORK if older else Trouble.UNANCHORED
        report.add(Finding(trouble, "mirror-older" if older else "mirror-missing"))
    for found in faults_of_structure(reads.cursor):
        # An old page of an index leaves the rows as they are, and hides some.
        report.add(Finding(Trouble.BROKEN, "structure", place=found))
    if report.trouble > Trouble.UNANCHORED:
        reads.note("integrity.log-fault", found=report.found)
    return report


@command("record.check")
def accept(uow: UnitOfWork, reason: str) -> None:
    """Answer for an older state that was put back, or a mirror that is gone.

    The caller then lets ``Store.accept_state`` say so in the files beside the record.

    Raises:
        ValidationError: the reason is too short to mean anything.
    """
    reason = reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise ValidationError("reason", _("Say in a few words why this state is the right one."))
    uow.audit(ACCEPTED, reason=reason)


def sentence(finding: Finding) -> str:
    """A finding in words, with its place."""
    parts = [f"{finding.dev}/{finding.dseq}" if finding.dseq else "", finding.table, finding.row]
    place = " ".join(part for part in (*parts, finding.place) if part)
    return f"{place}: {_(WORDS[finding.what])}" if place else _(WORDS[finding.what])


__all__ = ["LogReport", "accept", "sentence", "verify"]
