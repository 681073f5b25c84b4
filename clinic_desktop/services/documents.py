"""Documents of a chart: files that came in, and texts that were imported."""

from __future__ import annotations

import uuid
import zlib
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Select, or_, select

from clinic_desktop.db import confidentiality
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.instants import from_millis
from clinic_desktop.errors import NotFoundError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.document import Attachment, DocumentReference
from clinic_desktop.models.local import Blob
from clinic_desktop.services import charts, undecided
from clinic_desktop.services.access import command, query
from clinic_desktop.services.documents_checks import CheckedFile
from clinic_desktop.services.file_ways import HERE, FileWay, ways_of_files

_WITHDRAWN = "entered-in-error"


@dataclass(frozen=True)
class DocumentVersion:
    """What another version says of a document."""

    title: str
    kind: str
    dated_at: datetime | None
    author: str
    is_withdrawn: bool = False
    """It takes the document out of the chart."""


@dataclass(frozen=True)
class DocumentRow:
    """One document in the list."""

    id: uuid.UUID
    title: str
    kind: str
    """What it is, in words: "Referral letter"; empty if nobody said."""
    dated_at: datetime | None
    author: str
    mime: str
    """Empty for a plain text kept in the row itself."""
    size: int
    filename: str
    way: FileWay = HERE
    """Where its bytes are."""
    others: tuple[DocumentVersion, ...] = ()
    """What PCs wrote of it apart, beside what is shown; nobody has decided."""


@dataclass(frozen=True)
class DocumentContent:
    """A document to look at: its bytes, or its words."""

    row: DocumentRow
    data: bytes
    words: str


@dataclass(frozen=True)
class AddDocument:
    """A checked file and what a person says about it."""

    patient_id: uuid.UUID
    file: CheckedFile
    title: str
    kind: str = ""
    dated_at: datetime | None = None
    encounter_id: uuid.UUID | None = None


@query("document.read")
def documents_of(reads: ReadSession, patient_id: uuid.UUID) -> list[DocumentRow]:
    """The documents of a chart, the latest first."""
    told = undecided.others(reads, "document_reference", patient_id)
    back = [key for key, some in told.items() if any(_stands(each) for each in some)]
    found = reads.session.execute(
        _rows()
        .where(
            DocumentReference.patient_id.in_(charts.chart_ids(reads.session, patient_id)),
            or_(DocumentReference.status != _WITHDRAWN, DocumentReference.id.in_(back)),
            DocumentReference.is_deleted.is_(False),
        )
        .order_by(DocumentReference.dated_at.desc(), DocumentReference.id.desc())
    )
    hidden = confidentiality.hidden_visits(reads, patient_id)
    shown = [pair for pair in found if pair[0].encounter_id not in hidden]
    ways = ways_of_files(reads, {row.id: file.sha256 for row, file in shown if file is not None})
    return [
        replace(
            _row(row, file), way=ways.get(row.id, HERE), others=_others(row, told.get(row.id, []))
        )
        for row, file in shown
    ]


def _stands(version: dict[str, Any]) -> bool:
    return bool(version.get("status", _WITHDRAWN) != _WITHDRAWN)


def _others(row: DocumentReference, told: list[dict[str, Any]]) -> tuple[DocumentVersion, ...]:
    found = []
    for each in told:
        dated = each.get("dated_at")
        found.append(
            DocumentVersion(
                each.get("title", row.title), each.get("display", row.display),
                from_millis(dated) if dated is not None else row.dated_at,
                each.get("author", row.author),
                is_withdrawn=each.get("status", row.status) == _WITHDRAWN,
            )
        )  # fmt: skip
    return tuple(dict.fromkeys(found))


@query("document.read")
def document_content(reads: ReadSession, document_id: uuid.UUID) -> DocumentContent:
    """What a document shows.

    Raises:
        NotFoundError: there is no such document, or its bytes have not arrived on this PC yet.
    """
    row = reads.session.execute(
        _rows().where(DocumentReference.id == document_id, DocumentReference.is_deleted.is_(False))
    ).one_or_none()
    if row is None:
        raise NotFoundError(_("There is no such document."))
    sha256 = row[1].sha256 if row[1] is not None else ""
    return DocumentContent(_row(*row), _bytes(reads, sha256), row[0].content)


@query("document.read")
def texts_of_visit(reads: ReadSession, encounter_id: uuid.UUID) -> list[DocumentContent]:
    """Documents of a visit that are plain words: the notes of an imported record."""
    found = reads.session.execute(
        _rows()
        .where(
            DocumentReference.encounter_id == encounter_id,
            DocumentReference.content != "",
            DocumentReference.status != "entered-in-error",
            DocumentReference.is_deleted.is_(False),
        )
        .order_by(DocumentReference.dated_at, DocumentReference.id)
    )
    return [DocumentContent(_row(*pair), b"", pair[0].content) for pair in found]


@command("document.create")
def add_document(uow: UnitOfWork, wish: AddDocument) -> uuid.UUID:
    """Put a checked file into a chart; the same bytes are kept once.

    Raises:
        NotFoundError: there is no such patient.
        ValidationError: the document has no title.
    """
    if not wish.title.strip():
        raise ValidationError("title", _("Give the document a title."))
    patient_id = charts.surviving(uow.session, wish.patient_id)
    attachment = Attachment(
        sha256=wish.file.sha256,
        size=len(wish.file.data),
        mime=wish.file.mime,
        filename=wish.file.filename,
    )
    uow.add(attachment)
    if uow.session.get(Blob, wish.file.sha256) is None:
        uow.session.add(Blob(sha256=wish.file.sha256, data=wish.file.data))
    row = DocumentReference(
        patient_id=patient_id,
        encounter_id=charts.visit_of(uow, wish.patient_id, wish.encounter_id),
        attachment_id=attachment.id,
        display=wish.kind,
        title=wish.title.strip(),
        dated_at=wish.dated_at or uow.now,
        author=uow.actor.name,
    )
    uow.add(row)
    return row.id


@command("document.amend")
def remove_document(uow: UnitOfWork, document_id: uuid.UUID, *, restore: bool = False) -> None:
    """Take a document that does not belong there out of the chart, or put it back.

    Raises:
        NotFoundError: there is no such document.
    """
    row = uow.session.get(DocumentReference, document_id)
    if row is None or row.is_deleted:
        raise NotFoundError(_("There is no such document."))
    row.status = "current" if restore else "entered-in-error"


def _rows() -> Select[DocumentReference, Attachment]:
    return select(DocumentReference, Attachment).outerjoin(
        Attachment, Attachment.id == DocumentReference.attachment_id
    )


def _row(row: DocumentReference, file: Attachment | None) -> DocumentRow:
    return DocumentRow(
        row.id,
        row.title or row.display or (file.filename if file else ""),
        row.display,
        row.dated_at,
        row.author,
        file.mime if file else "",
        file.size if file else len(row.content),
        file.filename if file else "",
    )


def _bytes(reads: ReadSession, sha256: str) -> bytes:
    if not sha256:
        return b""
    blob = reads.session.get(Blob, sha256)
    if blob is None:
        raise NotFoundError(
            _("The file of this document is not on this PC."),
            hint=_("It arrives with the next exchange with the other PCs."),
        )
    return zlib.decompress(blob.data) if blob.encoding == "deflate" else bytes(blob.data)
