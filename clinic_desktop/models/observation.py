"""Measurements and reports."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from clinic_desktop.models.base import Base, Synced, optional_ref, ref, text
from clinic_desktop.models.types import UtcDateTime


class Observation(Synced, Base):
    """One result; a panel's parts name it as their parent, and corrections are new rows."""

    __tablename__ = "observation"
    patient_id: Mapped[uuid.UUID] = ref("patient", index=False)
    encounter_id: Mapped[uuid.UUID | None] = optional_ref("encounter")
    parent_id: Mapped[uuid.UUID | None] = optional_ref("observation")
    report_id: Mapped[uuid.UUID | None] = optional_ref("diagnostic_report")
    category: Mapped[str] = mapped_column(default="laboratory")
    system: Mapped[str] = text()
    code: Mapped[str] = text()
    display: Mapped[str]
    status: Mapped[str] = mapped_column(default="final")
    value_kind: Mapped[str] = text()
    """``quantity``, ``code``, ``text``, ``boolean``, ``datetime``, ``range``, … or empty."""
    value: Mapped[str] = text()
    """As given: a decimal keeps its digits (72.50 is not 72.5)."""
    value_number: Mapped[float | None]
    """The same as a number, for plots and comparison only."""
    comparator: Mapped[str] = text()
    unit: Mapped[str] = text()
    unit_code: Mapped[str] = text()
    """UCUM."""
    value_system: Mapped[str] = text()
    value_code: Mapped[str] = text()
    absent_reason: Mapped[str] = text()
    interpretation: Mapped[str] = text()
    reference_low: Mapped[str] = text()
    reference_high: Mapped[str] = text()
    reference_text: Mapped[str] = text()
    effective_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    issued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    performer_id: Mapped[uuid.UUID | None] = optional_ref("practitioner", index=False)
    recorder_id: Mapped[uuid.UUID | None] = optional_ref("app_user", index=False)
    corrects_id: Mapped[uuid.UUID | None] = optional_ref("observation")
    note: Mapped[str] = text()


class DiagnosticReport(Synced, Base):
    """A laboratory, imaging or other report with its text."""

    __tablename__ = "diagnostic_report"
    patient_id: Mapped[uuid.UUID] = ref("patient")
    encounter_id: Mapped[uuid.UUID | None] = optional_ref("encounter", index=False)
    category: Mapped[str] = text()
    system: Mapped[str] = text()
    code: Mapped[str] = text()
    display: Mapped[str]
    status: Mapped[str] = mapped_column(default="final")
    effective_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    issued_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    conclusion: Mapped[str] = text()
    narrative: Mapped[str] = text()


Index("ix_observation_patient_time", Observation.patient_id, Observation.effective_at)
Index(
    "ix_observation_trend",
    Observation.patient_id,
    Observation.code,
    Observation.effective_at,
)
