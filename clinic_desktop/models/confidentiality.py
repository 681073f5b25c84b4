"""Charts that are kept in confidence, who treats the person, and emergency access to them."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from clinic_desktop.models.base import Base, Synced, optional_ref, ref, text
from clinic_desktop.models.types import Id, UtcDateTime


class ChartConfidentiality(Synced, Base):
    """A chart, or the words of one visit, that only the care team reads; deleted when that ends."""

    __tablename__ = "chart_confidentiality"
    patient_id: Mapped[uuid.UUID] = ref("patient")
    code: Mapped[str] = mapped_column(default="R", server_default="R")
    """HL7 v3 Confidentiality; ``R`` is restricted."""
    encounter_id: Mapped[uuid.UUID | None] = mapped_column(Id, nullable=True, sort_order=1)
    """The visit; empty for the whole chart."""


class CareTeamMember(Synced, Base):
    """Somebody of the practice who treats the person (FHIR CareTeam.participant)."""

    __tablename__ = "care_team_member"
    patient_id: Mapped[uuid.UUID] = ref("patient")
    user_id: Mapped[uuid.UUID] = ref("app_user", index=False)


class EmergencyAccess(Synced, Base):
    """Somebody outside the care team opened the chart in an emergency, for a time."""

    __tablename__ = "emergency_access"
    patient_id: Mapped[uuid.UUID] = ref("patient")
    user_id: Mapped[uuid.UUID] = ref("app_user", index=False)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    is_extended: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str]
    """``emergency``, ``covering``, ``unable`` or ``public-health``."""
    words: Mapped[str]
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reviewed_by: Mapped[uuid.UUID | None] = optional_ref("app_user", index=False)
    review: Mapped[str] = text()
    """What the reviewer found."""
