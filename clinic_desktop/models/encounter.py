"""The visit: encounter, note and its templates."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from clinic_desktop.models.base import Base, Synced, optional_ref, ref, text
from clinic_desktop.models.types import Json, UtcDateTime


class Encounter(Synced, Base):
    """One meeting of a patient with the practice, or one found in an imported record."""

    __tablename__ = "encounter"
    patient_id: Mapped[uuid.UUID] = ref("patient", index=False)
    practitioner_id: Mapped[uuid.UUID | None] = optional_ref("practitioner", index=False)
    location_id: Mapped[uuid.UUID | None] = optional_ref("location", index=False)
    organization_id: Mapped[uuid.UUID | None] = optional_ref("organization", index=False)
    encounter_class: Mapped[str] = mapped_column(default="AMB")
    type_system: Mapped[str] = text()
    type_code: Mapped[str] = text()
    type_display: Mapped[str] = text()
    status: Mapped[str] = mapped_column(default="in-progress")
    start_at: Mapped[datetime] = mapped_column(UtcDateTime)
    end_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = text()
    signed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    signed_by: Mapped[uuid.UUID | None] = optional_ref("app_user", index=False)


class Note(Synced, Base):
    """What was written at a visit; signed notes are never changed, only added to."""

    __tablename__ = "note"
    encounter_id: Mapped[uuid.UUID] = ref("encounter")
    patient_id: Mapped[uuid.UUID] = ref("patient")
    kind: Mapped[str] = mapped_column(default="soap")
    """``soap``, ``addendum`` or ``imported``."""
    subjective: Mapped[str] = text()
    objective: Mapped[str] = text()
    assessment: Mapped[str] = text()
    plan: Mapped[str] = text()
    status: Mapped[str] = mapped_column(default="draft")
    author_id: Mapped[uuid.UUID | None] = optional_ref("app_user", index=False)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    signed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    content_hash: Mapped[str] = text()
    """SHA-256 of the signed text, hexadecimal."""
    amends_id: Mapped[uuid.UUID | None] = optional_ref("note", index=False)


class NoteTemplate(Synced, Base):
    """Text with blanks that a shortcut puts into a note."""

    __tablename__ = "note_template"
    name: Mapped[str]
    shortcut: Mapped[str] = mapped_column(index=True)
    body: Mapped[Any] = mapped_column(Json)
    """``{"subjective": …, "objective": …, "assessment": …, "plan": …}``; blanks as ``⟦…⟧``."""
    language: Mapped[str] = text()
    user_id: Mapped[uuid.UUID | None] = optional_ref("app_user", index=False)
    is_active: Mapped[bool] = mapped_column(default=True)


Index(
    "ix_encounter_patient_start",
    Encounter.patient_id,
    Encounter.start_at,
    Encounter.status,
    Encounter.is_deleted,
)  # whole: the list of patients by last visit reads nothing but this
