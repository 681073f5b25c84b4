"""Papers: files that came in, papers that went out, and their bytes."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy.orm import Mapped, mapped_column

from clinic_desktop.models.base import Base, Synced, optional_ref, ref, text
from clinic_desktop.models.types import Day, UtcDateTime


class Attachment(Synced, Base):
    """A file by its content; the bytes lie in ``blob`` and travel apart from the row."""

    __tablename__ = "attachment"
    sha256: Mapped[str] = mapped_column(index=True)
    size: Mapped[int]
    mime: Mapped[str]
    filename: Mapped[str] = text()


class DocumentReference(Synced, Base):
    """A document of the chart: scanned, received, imported or written."""

    __tablename__ = "document_reference"
    patient_id: Mapped[uuid.UUID] = ref("patient")
    encounter_id: Mapped[uuid.UUID | None] = optional_ref("encounter", index=False)
    attachment_id: Mapped[uuid.UUID | None] = optional_ref("attachment", index=False)
    system: Mapped[str] = text()
    code: Mapped[str] = text()
    display: Mapped[str]
    title: Mapped[str] = text()
    status: Mapped[str] = mapped_column(default="current")
    dated_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    author: Mapped[str] = text()
    content: Mapped[str] = text()
    """The words, where the document is plain text."""


class PrintedDocument(Synced, Base):
    """The exact PDF of something printed or issued; a reprint is the same file, marked."""

    __tablename__ = "printed_document"
    patient_id: Mapped[uuid.UUID | None] = optional_ref("patient")
    kind: Mapped[str]
    subject_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    """The prescription, invoice, payment, appointment … it shows."""
    number: Mapped[str] = text()
    language: Mapped[str] = text()
    paper: Mapped[str] = text()
    attachment_id: Mapped[uuid.UUID] = ref("attachment", index=False)
    sha256: Mapped[str]
    printed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    printed_by: Mapped[uuid.UUID | None] = optional_ref("app_user", index=False)
    printer: Mapped[str] = text()
    copies: Mapped[int] = mapped_column(default=1)
    reprint_of: Mapped[uuid.UUID | None] = optional_ref("printed_document", index=False)


class Referral(Synced, Base):
    """A letter that sends the patient to somebody else."""

    __tablename__ = "referral"
    patient_id: Mapped[uuid.UUID] = ref("patient")
    encounter_id: Mapped[uuid.UUID | None] = optional_ref("encounter", index=False)
    practitioner_id: Mapped[uuid.UUID | None] = optional_ref("practitioner", index=False)
    number: Mapped[str]
    recipient: Mapped[str]
    specialty: Mapped[str] = text()
    urgency: Mapped[str] = mapped_column(default="routine")
    reason: Mapped[str] = text()
    body: Mapped[str] = text()
    status: Mapped[str] = mapped_column(default="active")
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SickNote(Synced, Base):
    """A certificate that the patient cannot work or attend."""

    __tablename__ = "sick_note"
    patient_id: Mapped[uuid.UUID] = ref("patient")
    encounter_id: Mapped[uuid.UUID | None] = optional_ref("encounter", index=False)
    practitioner_id: Mapped[uuid.UUID | None] = optional_ref("practitioner", index=False)
    number: Mapped[str]
    start_on: Mapped[date] = mapped_column(Day)
    end_on: Mapped[date] = mapped_column(Day)
    reason: Mapped[str] = text()
    shows_diagnosis: Mapped[bool] = mapped_column(default=False)
    restrictions: Mapped[str] = text()
    status: Mapped[str] = mapped_column(default="active")
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
