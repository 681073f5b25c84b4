"""Papers kept exactly as they were printed, and their reprints, which say so."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.errors import DatabaseDamagedError, NotFoundError
from clinic_desktop.i18n import _
from clinic_desktop.models.document import Attachment, PrintedDocument
from clinic_desktop.models.local import Blob
from clinic_desktop.printing.catalogue import LABELS
from clinic_desktop.printing.paper import PAPERS
from clinic_desktop.printing.stamp import ReprintMark, stamp
from clinic_desktop.services.access import command, query
from clinic_desktop.services.papers.making import MadePaper
from clinic_desktop.services.papers.parties import paper_language, user_name


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


@command("print.write")
def keep(uow: UnitOfWork, made: MadePaper, printer: str = "", copies: int = 1) -> uuid.UUID:
    """Put a paper into the archive with its hash, before it goes to the printer."""
    return _keep(uow, made, printer, copies, None)


@command("print.write")
def keep_reprint(
    uow: UnitOfWork, made: MadePaper, original_id: uuid.UUID, printer: str = "", copies: int = 1
) -> uuid.UUID:
    """Put a marked reprint into the archive."""
    return _keep(uow, made, printer, copies, original_id)


def _keep(
    uow: UnitOfWork, made: MadePaper, printer: str, copies: int, original_id: uuid.UUID | None
) -> uuid.UUID:
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
    return row.id


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
    if hashlib.sha256(blob.data).hexdigest() != row.sha256:
        raise DatabaseDamagedError(_("The kept paper is damaged."))
    return blob.data


@query("print.read")
def reprint(reads: ReadSession, printed_id: uuid.UUID) -> tuple[MadePaper, uuid.UUID]:
    """The kept paper with a mark that it is a copy, and the original it copies.

    Raises:
        NotFoundError, DatabaseDamagedError: see ``kept_pdf``.
    """
    pdf = kept_pdf(reads, printed_id)
    row = reads.session.get_one(PrintedDocument, printed_id)
    original_id = row.reprint_of or row.id
    if original_id != row.id:
        pdf = kept_pdf(reads, original_id)
    copies = reads.session.scalar(
        select(func.count()).where(PrintedDocument.reprint_of == original_id)
    )
    mark = ReprintMark((copies or 0) + 1, reads.now, reads.actor.name)
    assert row.subject_id is not None  # noqa: S101 - every archived paper has a subject
    if PAPERS[row.paper] not in LABELS:  # a label has no room for a mark
        pdf = stamp(pdf, mark, paper_language(reads, row.language, None))
    marked = MadePaper(
        kind=row.kind,
        subject_id=row.subject_id,
        patient_id=row.patient_id,
        number=row.number,
        language=row.language,
        paper=row.paper,
        pdf=pdf,
    )
    return marked, original_id
