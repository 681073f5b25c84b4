"""Clinical statements about a patient: conditions, allergies, immunisations, procedures."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from clinic_desktop.models.base import Base, Synced, optional_ref, ref, text
from clinic_desktop.models.types import Day, UtcDateTime


class Condition(Synced, Base):
    """A diagnosis of a visit, or a line of the problem list."""

    __tablename__ = "condition"
    patient_id: Mapped[uuid.UUID] = ref("patient")
    encounter_id: Mapped[uuid.UUID | None] = optional_ref("encounter")
    category: Mapped[str] = mapped_column(default="encounter-diagnosis")
    system: Mapped[str] = text()
    code: Mapped[str] = text()
    code_version: Mapped[str] = text()
    display: Mapped[str]
    clinical_status: Mapped[str] = mapped_column(default="active")
    verification_status: Mapped[str] = mapped_column(default="confirmed")
    onset: Mapped[str] = text()
    """ISO date, as precise as known."""
    abated: Mapped[str] = text()
    recorded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    recorder_id: Mapped[uuid.UUID | None] = optional_ref("app_user", index=False)
    rank: Mapped[int] = mapped_column(default=1)
    note: Mapped[str] = text()


class AllergyIntolerance(Synced, Base):
    """Something that harmed, or may harm, this person."""

    __tablename__ = "allergy_intolerance"
    patient_id: Mapped[uuid.UUID] = ref("patient")
    encounter_id: Mapped[uuid.UUID | None] = optional_ref("encounter", index=False)
    system: Mapped[str] = text()
    code: Mapped[str] = text()
    display: Mapped[str]
    category: Mapped[str] = text()
    kind: Mapped[str] = mapped_column(default="allergy")
    criticality: Mapped[str] = text()
    severity: Mapped[str] = text()
    reaction: Mapped[str] = text()
    clinical_status: Mapped[str] = mapped_column(default="active")
    verification_status: Mapped[str] = mapped_column(default="confirmed")
    onset: Mapped[str] = text()
    recorded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    recorder_id: Mapped[uuid.UUID | None] = optional_ref("app_user", index=False)
    note: Mapped[str] = text()


class Immunization(Synced, Base):
    """A vaccine dose given, or refused."""

    __tablename__ = "immunization"
    patient_id: Mapped[uuid.UUID] = ref("patient")
    encounter_id: Mapped[uuid.UUID | None] = optional_ref("encounter", index=False)
    system: Mapped[str] = text()
    code: Mapped[str] = text()
    display: Mapped[str]
    status: Mapped[str] = mapped_column(default="completed")
    status_reason: Mapped[str] = text()
    occurred_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lot_number: Mapped[str] = text()
    expires_on: Mapped[date | None] = mapped_column(Day)
    manufacturer: Mapped[str] = text()
    dose_number: Mapped[str] = text()
    dose_value: Mapped[str] = text()
    dose_unit: Mapped[str] = text()
    route: Mapped[str] = text()
    site: Mapped[str] = text()
    primary_source: Mapped[bool] = mapped_column(default=True)
    performer_id: Mapped[uuid.UUID | None] = optional_ref("practitioner", index=False)
    note: Mapped[str] = text()


class Procedure(Synced, Base):
    """Something done to the patient."""

    __tablename__ = "procedure"
    patient_id: Mapped[uuid.UUID] = ref("patient")
    encounter_id: Mapped[uuid.UUID | None] = optional_ref("encounter", index=False)
    system: Mapped[str] = text()
    code: Mapped[str] = text()
    display: Mapped[str]
    status: Mapped[str] = mapped_column(default="completed")
    performed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    performed_end_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    performer_id: Mapped[uuid.UUID | None] = optional_ref("practitioner", index=False)
    reason: Mapped[str] = text()
    note: Mapped[str] = text()


Index("ix_condition_patient_status", Condition.patient_id, Condition.clinical_status)
