"""What protects the patient's side of the record: texts agreed to, and what was asked and given."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from clinic_desktop.models.base import Base, Synced, optional_ref, ref, text
from clinic_desktop.models.types import UtcDateTime


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
