"""The patient and what belongs to the person rather than to a visit."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from clinic_desktop.models.base import Base, Synced, optional_ref, ref, text
from clinic_desktop.models.types import Day, Id, Json, UtcDateTime


def _later(kind: Any, *, server_default: str | None = None) -> Mapped[Any]:
    """A column that a later version added: SQLite puts it behind all others."""
    if server_default is None:
        return mapped_column(kind, nullable=True, sort_order=1)
    return mapped_column(kind, default=server_default, server_default=server_default, sort_order=1)


class Patient(Synced, Base):
    """A person with a chart."""

    __tablename__ = "patient"
    mrn: Mapped[str] = mapped_column(index=True)
    """Our number for the chart: device prefix, counter, check digit."""
    family: Mapped[str] = mapped_column(default="", server_default="")
    given: Mapped[str] = text()
    middle: Mapped[str] = text()
    """Patronymic, father's name or further given names, as the country's form asks."""
    prefix: Mapped[str] = text()
    suffix: Mapped[str] = text()
    preferred: Mapped[str] = text()
    name_latin: Mapped[str] = text()
    """The name in Latin letters where the person's papers give one."""
    sex: Mapped[str] = mapped_column(default="unknown", server_default="unknown")
    birth_date: Mapped[str] = mapped_column(default="", server_default="", index=True)
    """ISO, as precise as known: ``1955``, ``1955-03`` or ``1955-03-14``; empty if unknown."""
    birth_precision: Mapped[str] = mapped_column(default="day", server_default="day")
    """``day``, ``month``, ``year``, ``estimated`` or ``age``."""
    deceased: Mapped[bool] = mapped_column(default=False)
    deceased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    marital_status: Mapped[str] = text()
    language: Mapped[str] = text()
    address: Mapped[str] = text()
    city: Mapped[str] = text()
    district: Mapped[str] = text()
    state: Mapped[str] = text()
    postal_code: Mapped[str] = text()
    country: Mapped[str] = text()
    allergy_status: Mapped[str] = mapped_column(default="not-asked", server_default="not-asked")
    """``not-asked``, ``none-known`` or ``recorded``; never guessed."""
    allergy_asked_on: Mapped[date | None] = mapped_column(Day)
    practitioner_id: Mapped[uuid.UUID | None] = optional_ref("practitioner", index=False)
    photo_id: Mapped[uuid.UUID | None] = optional_ref("attachment", index=False)
    note: Mapped[str] = text()
    merged_into: Mapped[uuid.UUID | None] = optional_ref("patient", index=False)


class PatientIdentifier(Synced, Base):
    """A number somebody gave the person: national id, passport, another clinic's chart."""

    __tablename__ = "patient_identifier"
    patient_id: Mapped[uuid.UUID] = ref("patient")
    system: Mapped[str] = text()
    kind: Mapped[str] = text()
    value: Mapped[str] = mapped_column(index=True)
    assigner: Mapped[str] = text()


class ContactPoint(Synced, Base):
    """A phone or e-mail; several people of a family may share one."""

    __tablename__ = "contact_point"
    patient_id: Mapped[uuid.UUID] = ref("patient")
    system: Mapped[str] = mapped_column(default="phone")
    use: Mapped[str] = text()
    value: Mapped[str]
    digits: Mapped[str] = mapped_column(default="", server_default="", index=True)
    rank: Mapped[int] = mapped_column(default=1)


class RelatedPerson(Synced, Base):
    """Next of kin, guardian or another contact."""

    __tablename__ = "related_person"
    patient_id: Mapped[uuid.UUID] = ref("patient")
    relationship: Mapped[str] = text()
    name: Mapped[str]
    phone: Mapped[str] = text()
    is_guardian: Mapped[bool] = mapped_column(default=False)
    is_next_of_kin: Mapped[bool] = mapped_column(default=True)


class Coverage(Synced, Base):
    """An insurance policy."""

    __tablename__ = "coverage"
    patient_id: Mapped[uuid.UUID] = ref("patient")
    payer_id: Mapped[uuid.UUID | None] = optional_ref("organization", index=False)
    payer_name: Mapped[str] = text()
    policy_number: Mapped[str] = text()
    kind: Mapped[str] = text()
    relationship: Mapped[str] = text()
    status: Mapped[str] = mapped_column(default="active")
    valid_from: Mapped[date | None] = mapped_column(Day)
    valid_to: Mapped[date | None] = mapped_column(Day)


class Consent(Synced, Base):
    """What the person agreed to, in which version, and when; each change of mind is a new row."""

    __tablename__ = "consent"
    patient_id: Mapped[uuid.UUID] = ref("patient")
    kind: Mapped[str]
    version: Mapped[str] = text()
    status: Mapped[str] = mapped_column(default="active")
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    given_by: Mapped[str] = text()
    """The name of whoever decided for the person; empty where the person did."""
    recorded_by: Mapped[uuid.UUID | None] = optional_ref("app_user", index=False)
    text_id: Mapped[uuid.UUID | None] = _later(Id)
    """The text that was shown (``consent_text``)."""
    by_role: Mapped[str] = _later(String, server_default="")
    """``patient``, ``guardian`` or ``representative``."""
    document_id: Mapped[uuid.UUID | None] = _later(Id)
    """The signed paper in the chart (``document_reference``)."""
    related_person_id: Mapped[uuid.UUID | None] = _later(Id)
    """Whom it lets know something, where that is its matter."""
    scope: Mapped[Any] = _later(Json)
    """Parts of the record that this person may be given."""
    valid_until: Mapped[date | None] = _later(Day)
    note: Mapped[str] = _later(String, server_default="")


class PatientAlert(Synced, Base):
    """A flag everyone who opens the chart must see."""

    __tablename__ = "patient_alert"
    patient_id: Mapped[uuid.UUID] = ref("patient")
    severity: Mapped[str] = mapped_column(default="warning")
    message: Mapped[str]
    is_active: Mapped[bool] = mapped_column(default=True)


class PatientMerge(Synced, Base):
    """Two charts found to be one person, and everything needed to part them again."""

    __tablename__ = "patient_merge"
    survivor_id: Mapped[uuid.UUID] = ref("patient")
    merged_id: Mapped[uuid.UUID] = ref("patient")
    status: Mapped[str] = mapped_column(default="merged")
    reason: Mapped[str] = text()
    merged_at: Mapped[datetime] = mapped_column(UtcDateTime)
    merged_by: Mapped[uuid.UUID | None] = optional_ref("app_user", index=False)
    before: Mapped[Any] = mapped_column(Json)
    """The survivor's fields as they were; rows stay where they are, the chart reads both."""
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


Index("ix_patient_name", Patient.family, Patient.given)
Index(
    "ix_patient_merged_into", Patient.merged_into, sqlite_where=Patient.merged_into.is_not(None)
)  # hardly any chart is merged
