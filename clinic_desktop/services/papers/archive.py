"""Papers kept exactly as they were printed, and their reprints, which say so."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import delete, func, select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.errors import DatabaseDamagedError, NotFoundError
from clinic_desktop.i18n import _
from clinic_desktop.models.billing import Payment
from clinic_desktop.models.document import Attachment, PrintedDocument
from clinic_desktop.models.local import Blob, PrintJob
from clinic_desktop.printing.stamp import ReprintMark, stamp
from clinic_desktop.services.access import command, query
from clinic_desktop.services.papers import rights
from clinic_desktop.services.papers.making import (
    KINDS_MADE,
    MadePaper,
    PaperRequest,
    form_of,
    make,
    owner_of,
)
from clinic_desktop.services.papers.parties import paper_language, user_name

NUMBERED = frozenset({"prescription", "invoice", "receipt", "referral", "sick-note"})
"""Kinds of which there is one original; every further print says that it is a copy."""


@dataclass(frozen=True)
class KeptPaper:
    """A paper in the archive."""

    id: uuid.UUID
    kind: str
    number: str
    language: str
    paper: str
    printed_at: datetime
    printed_by: str
    copies: int
    is_reprint: bool
    sha256: str


@dataclass(frozen=True)
class ReadyPaper:
    """What goes to the printer now."""

    made: MadePaper
    kept_id: uuid.UUID | None = None
    """Where it is kept already, if it is: it was to be printed and never came out."""
    original_id: uuid.UUID | None = None
    """What it is a copy of."""
    is_cash: bool = False
    """Whether cash changes hands with it: the first print of a receipt for it, never a copy."""


@command("print.write")
def keep(
    uow: UnitOfWork,
    made: MadePaper,
    printer: str = "",
    copies: int = 1,
    *,
    original_id: uuid.UUID | None = None,
    waits: bool = False,
) -> uuid.UUID:
    """Put a paper into the archive with its hash; ``waits`` until ``came_out`` is told."""
    rights.check(uow, made.kind, made.patient_id, made.subject_id)
    if made.kind in KINDS_MADE:
        _check_owner(uow, made, original_id)
    digest = hashlib.sha256(made.pdf).hexdigest()
    if uow.session.get(Blob, digest) is None:
        uow.session.add(Blob(sha256=digest, data=made.pdf))
    file = Attachment(
        sha256=digest,
        size=len(made.pdf),
        mime="application/pdf",
        filename=f"{made.kind}-{made.number}.pdf" if made.number else f"{made.kind}.pdf",
    )
    uow.add(file)
    row = PrintedDocument(
        patient_id=made.patient_id,
        kind=made.kind,
        subject_id=made.subject_id,
        number=made.number,
        language=made.language,
        paper=made.paper,
        attachment_id=file.id,
        sha256=digest,
        printed_at=uow.now,
        printed_by=uow.actor.user_id,
        printer=printer,
        copies=copies,
        reprint_of=original_id,
    )
    uow.add(row)
    uow.audit("paper.print", patient_id=made.patient_id, object_id=row.id, paper=made.kind)
    if waits:
        job = PrintJob(
            id=uow.new_id(), printed_document_id=row.id, printer=printer, copies=copies,
            created_at=uow.now,
        )  # fmt: skip
        uow.session.add(job)
    return row.id


def _check_owner(uow: UnitOfWork, made: MadePaper, original_id: uuid.UUID | None) -> None:
    """A paper is kept with the patient that it is about, a copy with its own original."""
    original = uow.session.get(PrintedDocument, original_id) if original_id else None
    is_theirs = owner_of(uow, made.kind, made.subject_id) == made.patient_id
    is_copy = original is not None and original.subject_id == made.subject_id
    if not is_theirs or (original_id is not None and not is_copy):
        raise NotFoundError(_("There is no such paper in the archive."))


@command("print.write")
def came_out(uow: UnitOfWork, printed_id: uuid.UUID) -> None:
    """A paper that waited has gone to its printer or into its file."""
    uow.session.execute(delete(PrintJob).where(PrintJob.printed_document_id == printed_id))


@query("print.read")
def kept(reads: ReadSession, subject_id: uuid.UUID) -> tuple[KeptPaper, ...]:
    """The papers printed of a row, the first one first."""
    rows = reads.session.scalars(
        select(PrintedDocument)
        .where(PrintedDocument.subject_id == subject_id)
        .order_by(PrintedDocument.printed_at, PrintedDocument.id)
    )
    return tuple(
        KeptPaper(
            id=row.id,
            kind=row.kind,
            number=row.number,
            language=row.language,
            paper=row.paper,
            printed_at=row.printed_at,
            printed_by=user_name(reads, row.printed_by),
            copies=row.copies,
            is_reprint=row.reprint_of is not None,
            sha256=row.sha256,
        )
        for row in rows
        if rights.may_read(reads, row.kind, row.patient_id)
    )


@query("print.read")
def kept_pdf(reads: ReadSession, printed_id: uuid.UUID) -> bytes:
    """The exact bytes that were printed.

    Raises:
        NotFoundError: no such paper.
        DatabaseDamagedError: the bytes are not those that were kept.
    """
    row = reads.session.get(PrintedDocument, printed_id)
    blob = reads.session.get(Blob, row.sha256) if row else None
    if row is None or blob is None:
        raise NotFoundError(_("There is no such paper in the archive."))
    rights.check(reads, row.kind, row.patient_id, row.subject_id)
    if hashlib.sha256(blob.data).hexdigest() != row.sha256:
        raise DatabaseDamagedError(_("The kept paper is damaged."))
    return blob.data


@query("print.read")
def ready(reads: ReadSession, wish: PaperRequest) -> ReadyPaper:
    """The paper itself the first time, afterwards a copy of what was kept, marked as one.

    Only numbered papers have an original; a slip or a summary is made anew each time. What was
    kept and never came out is no original yet.

    Raises:
        NotFoundError, ValidationError, PrintError: see ``make``.
        DatabaseDamagedError: see ``kept_pdf``.
    """
    owner = owner_of(reads, wish.kind, wish.subject_id)
    rights.check(reads, wish.kind, owner, wish.subject_id)
    if wish.kind not in NUMBERED:
        return ReadyPaper(make(reads, wish))
    originals = reads.session.scalars(
        select(PrintedDocument)
        .where(
            PrintedDocument.subject_id == wish.subject_id,
            PrintedDocument.kind == wish.kind,
            PrintedDocument.reprint_of.is_(None),
        )
        .order_by(PrintedDocument.printed_at, PrintedDocument.id)
    ).all()
    waiting = set(reads.session.scalars(select(PrintJob.printed_document_id)))
    language, paper = form_of(reads, wish)
    out = [row for row in originals if row.id not in waiting]
    same = [row for row in out or originals if (row.language, row.paper) == (language, paper)]
    made = _as_kept(reads, same[0]) if same else make(reads, wish)
    if out:
        return ReadyPaper(_marked(reads, made, out[0].id), original_id=out[0].id)
    payment = reads.session.get(Payment, wish.subject_id) if wish.kind == "receipt" else None
    is_cash = payment is not None and payment.method == "cash"
    return ReadyPaper(made, kept_id=same[0].id if same else None, is_cash=is_cash)


def _as_kept(reads: ReadSession, row: PrintedDocument) -> MadePaper:
    assert row.subject_id is not None  # noqa: S101 - every archived paper has a subject
    return MadePaper(
        kind=row.kind,
        subject_id=row.subject_id,
        patient_id=row.patient_id,
        number=row.number,
        language=row.language,
        paper=row.paper,
        pdf=kept_pdf(reads, row.id),
    )


def _marked(reads: ReadSession, made: MadePaper, original_id: uuid.UUID) -> MadePaper:
    copies = reads.session.scalar(
        select(func.count()).where(PrintedDocument.reprint_of == original_id)
    )
    mark = ReprintMark((copies or 0) + 1, reads.now, reads.actor.name)
    pdf = stamp(made.pdf, mark, paper_language(reads, made.language, None))
    return replace(made, pdf=pdf)
