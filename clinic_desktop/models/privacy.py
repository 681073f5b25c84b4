"""What protects the patient's side of the record: texts agreed to, and what was asked and given."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from clinic_desktop.models.base import Base, Synced, optional_ref, ref, text
from clinic_desktop.models.types import Day, Id, UtcDateTime


class ConsentText(Synced, Base):
    """One version of what people are asked to agree to; never changed, only followed."""

    __tablename__ = "consent_text"
    kind: Mapped[str] = mapped_column(index=True)
    """``treatment``, ``data``, ``messages``, ``share``, or a word of the practice's own."""
    version: Mapped[str]
    language: Mapped[str] = text()
    title: Mapped[str]
    body: Mapped[str]
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_by: Mapped[uuid.UUID | None] = optional_ref("app_user", index=False)


class Disclosure(Synced, Base):
    """Something of the record that was given to somebody, where no paper or log says so already."""

    __tablename__ = "disclosure"
    patient_id: Mapped[uuid.UUID] = ref("patient")
    disclosed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    kind: Mapped[str]
    """``copy``, ``summary``, ``spoken``, ``report``, ``images`` or ``other``."""
    recipient: Mapped[str]
    recipient_kind: Mapped[str] = text()
    """``patient``, ``relative``, ``clinician``, ``insurer``, ``authority`` or ``other``."""
    purpose: Mapped[str]
    content: Mapped[str] = text()
    """What of the record it was."""
    recorded_by: Mapped[uuid.UUID | None] = optional_ref("app_user", index=False)


class SubjectRequest(Synced, Base):
    """What a patient asked for under the law of data protection, and what came of it."""

    __tablename__ = "subject_request"
    patient_id: Mapped[uuid.UUID] = ref("patient")
    kind: Mapped[str]
    """``access``, ``rectification``, ``restriction``, ``erasure``, ``portability`` or
    ``objection``."""
    received_on: Mapped[date] = mapped_column(Day)
    due_on: Mapped[date] = mapped_column(Day)
    asked_by: Mapped[str] = text()
    """Who asked for the person; empty where the person did."""
    note: Mapped[str] = text()
    status: Mapped[str] = mapped_column(default="in-progress")
    """``in-progress``, ``completed`` or ``refused``."""
    outcome: Mapped[str] = text()
    closed_on: Mapped[date | None] = mapped_column(Day)
    closed_by: Mapped[uuid.UUID | None] = optional_ref("app_user", index=False)


class LogRedaction(Synced, Base):
    """A commit of the log whose words about one person were taken out after an erasure.

    The chain goes on over the digest of what was written first; what stands there now has its own.
    """

    __tablename__ = "log_redaction"
    dev: Mapped[int]
    dseq: Mapped[int]
    original: Mapped[bytes] = mapped_column(LargeBinary)
    """BLAKE2b-256 of the body as it was written."""
    redacted: Mapped[bytes] = mapped_column(LargeBinary)
    """BLAKE2b-256 of the body without these words."""
    redacted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    device_id: Mapped[uuid.UUID | None] = mapped_column(Id, nullable=True, sort_order=1)
    """Whose commit; where it is empty, that of the PC that wrote this row."""


class ProcessingRestriction(Synced, Base):
    """A time in which a patient's chart is only stored, because the person asked for that."""

    __tablename__ = "processing_restriction"
    patient_id: Mapped[uuid.UUID] = ref("patient")
    reason: Mapped[str]
    """``accuracy``, ``unlawful``, ``claim``, ``objection`` or ``retention``."""
    words: Mapped[str] = text()
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_by: Mapped[uuid.UUID | None] = optional_ref("app_user", index=False)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[uuid.UUID | None] = optional_ref("app_user", index=False)
    end_words: Mapped[str] = text()
