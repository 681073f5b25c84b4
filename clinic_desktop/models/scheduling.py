"""Time: appointments, working hours, closures, the wait list."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import Index, literal_column
from sqlalchemy.orm import Mapped, mapped_column

from clinic_desktop.domain.codes import AppointmentStatus
from clinic_desktop.models.base import Base, Synced, optional_ref, ref, text
from clinic_desktop.models.types import Day, UtcDateTime


class AppointmentType(Synced, Base):
    """A kind of appointment with its usual length, note template and service."""

    __tablename__ = "appointment_type"
    name: Mapped[str]
    shortcut: Mapped[str] = text()
    duration_min: Mapped[int] = mapped_column(default=20)
    color: Mapped[str] = text()
    preparation: Mapped[str] = text()
    note_template_id: Mapped[uuid.UUID | None] = optional_ref("note_template", index=False)
    service_item_id: Mapped[uuid.UUID | None] = optional_ref("service_item", index=False)
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)


class Appointment(Synced, Base):
    """A person expected, or come, at a time."""

    __tablename__ = "appointment"
    patient_id: Mapped[uuid.UUID | None] = optional_ref("patient")
    practitioner_id: Mapped[uuid.UUID | None] = optional_ref("practitioner", index=False)
    location_id: Mapped[uuid.UUID | None] = optional_ref("location", index=False)
    type_id: Mapped[uuid.UUID | None] = optional_ref("appointment_type", index=False)
    start_at: Mapped[datetime] = mapped_column(UtcDateTime)
    end_at: Mapped[datetime] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(default="booked")
    reason: Mapped[str] = text()
    comment: Mapped[str] = text()
    code: Mapped[str] = mapped_column(default="", server_default="", index=True)
    """Short code of the slip, to find the booking again by QR or by reading it out."""
    is_walk_in: Mapped[bool] = mapped_column(default=False)
    overlap_reason: Mapped[str] = text()
    cancel_reason: Mapped[str] = text()
    arrived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    roomed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    to_bill_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    encounter_id: Mapped[uuid.UUID | None] = optional_ref("encounter")


class WorkingHours(Synced, Base):
    """When a doctor or a room can be booked, by weekday."""

    __tablename__ = "working_hours"
    practitioner_id: Mapped[uuid.UUID | None] = optional_ref("practitioner")
    location_id: Mapped[uuid.UUID | None] = optional_ref("location", index=False)
    weekday: Mapped[int]
    """0 is Monday."""
    start_min: Mapped[int]
    """Minutes since midnight on the clinic's wall clock."""
    end_min: Mapped[int]
    valid_from: Mapped[date | None] = mapped_column(Day)
    valid_to: Mapped[date | None] = mapped_column(Day)


class Closure(Synced, Base):
    """Days on which the practice, or one person, does not work."""

    __tablename__ = "closure"
    practitioner_id: Mapped[uuid.UUID | None] = optional_ref("practitioner")
    start_on: Mapped[date] = mapped_column(Day)
    end_on: Mapped[date] = mapped_column(Day)
    kind: Mapped[str] = mapped_column(default="closure")
    """``closure``, ``holiday`` or ``leave``."""
    reason: Mapped[str] = text()


class WaitlistEntry(Synced, Base):
    """A person who wants an earlier or any free slot."""

    __tablename__ = "waitlist_entry"
    patient_id: Mapped[uuid.UUID] = ref("patient")
    practitioner_id: Mapped[uuid.UUID | None] = optional_ref("practitioner", index=False)
    type_id: Mapped[uuid.UUID | None] = optional_ref("appointment_type", index=False)
    from_on: Mapped[date | None] = mapped_column(Day)
    to_on: Mapped[date | None] = mapped_column(Day)
    preference: Mapped[str] = text()
    note: Mapped[str] = text()
    status: Mapped[str] = mapped_column(default="waiting")


IS_PRESENT = Appointment.status.in_(
    [literal_column(f"'{each}'") for each in AppointmentStatus if each.is_present]
)
"""Whose appointment is still under way; in plain words, so that SQLite sees that the index fits."""

Index("ix_appointment_day", Appointment.start_at, Appointment.practitioner_id)
Index("ix_appointment_present", Appointment.start_at, sqlite_where=IS_PRESENT)
