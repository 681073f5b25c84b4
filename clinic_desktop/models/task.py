"""What one person asks for and another decides."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from clinic_desktop.models.base import Base, Synced, optional_ref, text
from clinic_desktop.models.types import Id, Json, UtcDateTime


class Task(Synced, Base):
    """Something that is done only once somebody else has agreed (FHIR Task)."""

    __tablename__ = "task"
    code: Mapped[str]
    """``refund`` or ``void-invoice``."""
    patient_id: Mapped[uuid.UUID | None] = optional_ref("patient")
    focus_id: Mapped[uuid.UUID] = mapped_column(Id, index=True)
    """The row it is to be done with: the invoice."""
    input: Mapped[Any] = mapped_column(Json, default=dict)
    """What else is asked for, by name: amount in minor units, way of paying."""
    requester_id: Mapped[uuid.UUID | None] = optional_ref("app_user", index=False)
    authored_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reason: Mapped[str]
    status: Mapped[str] = mapped_column(default="requested", index=True)
    """``requested``, then for good ``completed``, ``rejected`` or ``cancelled``."""
    owner_id: Mapped[uuid.UUID | None] = optional_ref("app_user", index=False)
    """Who decided."""
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    status_reason: Mapped[str] = text()
    output_id: Mapped[uuid.UUID | None] = mapped_column(Id)
    """The row that came of it: the refund, the credit note."""
    is_self_approved: Mapped[bool] = mapped_column(default=False)
    """Nobody else of the practice could have decided."""
