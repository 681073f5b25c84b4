"""The practice itself: who works in it, where, and how it is set up."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from clinic_desktop.models.base import Base, Synced, optional_ref, text
from clinic_desktop.models.types import Json


class Practice(Synced, Base):
    """The one practice of this record."""

    __tablename__ = "practice"
    name: Mapped[str]
    legal_name: Mapped[str] = text()
    tax_number: Mapped[str] = text()
    licence_number: Mapped[str] = text()
    phone: Mapped[str] = text()
    email: Mapped[str] = text()
    website: Mapped[str] = text()
    address: Mapped[str] = text()
    city: Mapped[str] = text()
    postal_code: Mapped[str] = text()
    country: Mapped[str] = text()
    language: Mapped[str] = mapped_column(default="en")
    currency: Mapped[str] = mapped_column(default="USD")
    time_zone: Mapped[str] = mapped_column(default="UTC")
    letterhead: Mapped[Any] = mapped_column(Json, default=dict)
    """Header lines, footer, pre-printed paper, margins."""
    logo_id: Mapped[uuid.UUID | None] = optional_ref("attachment", index=False)
    is_sample: Mapped[bool] = mapped_column(default=False)


class AppUser(Synced, Base):
    """A person who may sign in; the password lives in the vault file only."""

    __tablename__ = "app_user"
    login: Mapped[str]
    name: Mapped[str]
    roles: Mapped[Any] = mapped_column(Json, default=list)
    language: Mapped[str] = text()
    practitioner_id: Mapped[uuid.UUID | None] = optional_ref("practitioner")
    is_active: Mapped[bool] = mapped_column(default=True)


class Practitioner(Synced, Base):
    """A doctor or nurse, of this practice or named in an imported record."""

    __tablename__ = "practitioner"
    family: Mapped[str] = text()
    given: Mapped[str] = text()
    prefix: Mapped[str] = text()
    name: Mapped[str]
    """As shown to patients: "Dr Achieng Kamau"."""
    specialty: Mapped[str] = text()
    registration_number: Mapped[str] = text()
    identifier: Mapped[str] = text()
    """``system|value`` of the source register, to find the person again on import."""
    phone: Mapped[str] = text()
    email: Mapped[str] = text()
    color: Mapped[str] = text()
    is_staff: Mapped[bool] = mapped_column(default=False)
    """Works here and has a column in the calendar."""
    is_active: Mapped[bool] = mapped_column(default=True)


class Organization(Synced, Base):
    """A payer, hospital or laboratory that records refer to."""

    __tablename__ = "organization"
    name: Mapped[str]
    kind: Mapped[str] = text()
    identifier: Mapped[str] = text()
    phone: Mapped[str] = text()
    address: Mapped[str] = text()
    city: Mapped[str] = text()
    postal_code: Mapped[str] = text()
    country: Mapped[str] = text()


class Location(Synced, Base):
    """A room or a branch."""

    __tablename__ = "location"
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(default="room")
    color: Mapped[str] = text()
    position: Mapped[int] = mapped_column(default=0)
    is_active: Mapped[bool] = mapped_column(default=True)


class Setting(Synced, Base):
    """One choice, of the practice or of one person; a PC's own choices are not synced."""

    __tablename__ = "setting"
    key: Mapped[str] = mapped_column(index=True)
    value: Mapped[Any] = mapped_column(Json)
    user_id: Mapped[uuid.UUID | None] = optional_ref("app_user")


class Favourite(Synced, Base):
    """Something a person picks often: a diagnosis, a medicine line, a service, a phrase."""

    __tablename__ = "favourite"
    user_id: Mapped[uuid.UUID | None] = optional_ref("app_user")
    kind: Mapped[str] = mapped_column(index=True)
    label: Mapped[str]
    payload: Mapped[Any] = mapped_column(Json)
    uses: Mapped[int] = mapped_column(default=0)
