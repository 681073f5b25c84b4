"""Where rows came from, and who looked at what."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from clinic_desktop.models.base import Base, Synced, optional_ref, ref, text
from clinic_desktop.models.types import Id, Json, UtcDateTime


class ImportBatch(Synced, Base):
    """One run of an import."""

    __tablename__ = "import_batch"
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_by: Mapped[uuid.UUID | None] = optional_ref("app_user", index=False)
    format: Mapped[str]
    files: Mapped[Any] = mapped_column(Json)
    counts: Mapped[Any] = mapped_column(Json)


class SourceResource(Synced, Base):
    """Ties a row of ours to the resource it came from, whose exact bytes lie in an attachment."""

    __tablename__ = "source_resource"
    batch_id: Mapped[uuid.UUID] = ref("import_batch", index=False)
    patient_id: Mapped[uuid.UUID | None] = optional_ref("patient")
    attachment_id: Mapped[uuid.UUID] = ref("attachment", index=False)
    position: Mapped[int] = mapped_column(default=0)
    """Entry of the bundle, or line of the part, counted from 0."""
    resource_type: Mapped[str]
    source_key: Mapped[bytes] = mapped_column(LargeBinary(16), index=True)
    """BLAKE2b-128 of what names the resource at its source: finds it again on the next import."""
    content_hash: Mapped[bytes] = mapped_column(LargeBinary(16))
    row_table: Mapped[str] = text()
    """Empty where we keep the resource without a row of ours."""
    row_id: Mapped[uuid.UUID | None] = mapped_column(Id)


class AuditEvent(Synced, Base):
    """Somebody looked, signed in, printed or exported; writes are in the commit log itself."""

    __tablename__ = "audit_event"
    kind: Mapped[str]
    happened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    user_id: Mapped[uuid.UUID | None] = mapped_column(Id)
    patient_id: Mapped[uuid.UUID | None] = mapped_column(Id)
    object_id: Mapped[uuid.UUID | None] = mapped_column(Id)
    detail: Mapped[Any] = mapped_column(Json, default=dict)


Index("ix_source_resource_row", SourceResource.row_id)
Index(
    "ix_audit_event_user",
    AuditEvent.user_id,
    AuditEvent.kind,
    AuditEvent.id,
    AuditEvent.patient_id,
)  # which charts somebody opened lately: asked at each letter of a search
Index(
    "ix_audit_event_conflict",
    AuditEvent.object_id,
    sqlite_where=sql("kind IN ('conflict.answer', 'conflict.reopen')"),
)  # see ``db.answers``
Index("ix_audit_event_patient", AuditEvent.patient_id, AuditEvent.happened_at)
