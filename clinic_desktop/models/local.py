"""What belongs to this PC alone: drafts, counters, choices, bytes, the search index."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from clinic_desktop.models.base import Base, text
from clinic_desktop.models.types import Id, Json, UtcDateTime


class Blob(Base):
    """The bytes of an attachment, by content."""

    __tablename__ = "blob"
    sha256: Mapped[str] = mapped_column(primary_key=True)
    encoding: Mapped[str] = text()
    """Empty, or ``deflate`` where the bytes are kept compressed."""
    data: Mapped[bytes] = mapped_column(LargeBinary)


class Draft(Base):
    """Unsaved words of one person in one form; survives a crash and a lock."""

    __tablename__ = "draft"
    user_id: Mapped[uuid.UUID] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    """The row the form is about, or empty for a new one."""
    body: Mapped[Any] = mapped_column(Json)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)


class NumberSeries(Base):
    """The next number of one series on this PC; taken in the transaction that uses it."""

    __tablename__ = "number_series"
    name: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    next_value: Mapped[int]


class LocalSetting(Base):
    """A choice of this PC: printers, papers, window."""

    __tablename__ = "local_setting"
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(Json)


class PatientSearch(Base):
    """Ties a row of the full-text index to its patient."""

    __tablename__ = "patient_search"
    rowid: Mapped[int] = mapped_column(Integer, primary_key=True)
    patient_id: Mapped[uuid.UUID] = mapped_column(Id, unique=True)


class PrintJob(Base):
    """A paper waiting for its printer; kept until it has come out or was given up."""

    __tablename__ = "print_job"
    id: Mapped[uuid.UUID] = mapped_column(Id, primary_key=True)
    printed_document_id: Mapped[uuid.UUID] = mapped_column(Id)
    printer: Mapped[str]
    copies: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(default="waiting")
    error: Mapped[str] = text()
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
