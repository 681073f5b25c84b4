"""Medicines: the request lines, and the prescription that puts them on paper."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from clinic_desktop.models.base import Base, Synced, optional_ref, ref, text
from clinic_desktop.models.types import Day, Json, UtcDateTime


class Prescription(Synced, Base):
    """A numbered prescription; its lines are medication requests."""

    __tablename__ = "prescription"
    patient_id: Mapped[uuid.UUID] = ref("patient")
    encounter_id: Mapped[uuid.UUID | None] = optional_ref("encounter", index=False)
    practitioner_id: Mapped[uuid.UUID | None] = optional_ref("practitioner", index=False)
    number: Mapped[str] = text()
    status: Mapped[str] = mapped_column(default="active")
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    valid_until: Mapped[date | None] = mapped_column(Day)
    language: Mapped[str] = text()
    """The language of the instructions, which is the patient's."""
    allergy_check: Mapped[Any] = mapped_column(Json, default=dict)
    """What was checked against what, and the reasons given for overrides."""


class MedicationRequest(Synced, Base):
    """One medicine ordered, or found in an imported record."""

    __tablename__ = "medication_request"
    patient_id: Mapped[uuid.UUID] = ref("patient", index=False)
    encounter_id: Mapped[uuid.UUID | None] = optional_ref("encounter", index=False)
    prescription_id: Mapped[uuid.UUID | None] = optional_ref("prescription")
    status: Mapped[str] = mapped_column(default="active")
    intent: Mapped[str] = mapped_column(default="order")
    system: Mapped[str] = text()
    code: Mapped[str] = text()
    product: Mapped[str]
    ingredient: Mapped[str] = text()
    strength: Mapped[str] = text()
    form: Mapped[str] = text()
    dose_value: Mapped[str] = text()
    """A decimal as typed."""
    dose_unit: Mapped[str] = text()
    route: Mapped[str] = text()
    frequency: Mapped[Any] = mapped_column(Json, default=dict)
    """FHIR ``timing.repeat`` in our spelling; see ``domain/dosing``."""
    as_needed: Mapped[bool] = mapped_column(default=False)
    duration_value: Mapped[str] = text()
    duration_unit: Mapped[str] = text()
    quantity_value: Mapped[str] = text()
    quantity_unit: Mapped[str] = text()
    repeats: Mapped[int] = mapped_column(default=0)
    instructions: Mapped[str] = text()
    """The sig as printed or as imported."""
    reason: Mapped[str] = text()
    override_reason: Mapped[str] = text()
    is_long_term: Mapped[bool] = mapped_column(default=False)
    authored_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stopped_on: Mapped[date | None] = mapped_column(Day)
    stop_reason: Mapped[str] = text()
    requester_id: Mapped[uuid.UUID | None] = optional_ref("practitioner", index=False)
    repeats_id: Mapped[uuid.UUID | None] = optional_ref("medication_request", index=False)
    """The earlier line this one repeats."""
    position: Mapped[int] = mapped_column(default=0)


Index(
    "ix_medication_request_patient_time",
    MedicationRequest.patient_id,
    MedicationRequest.authored_at,
)
