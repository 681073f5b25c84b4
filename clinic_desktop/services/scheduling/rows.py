"""What the board and the calendar show of an appointment, read in one statement."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, column, func, select, table

from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.codes import AllergyStatus, AppointmentStatus
from clinic_desktop.domain.dates import BirthDate
from clinic_desktop.domain.names import HumanName
from clinic_desktop.models.patient import Patient
from clinic_desktop.models.practice import Location, Practitioner
from clinic_desktop.models.registry import BY_NAME
from clinic_desktop.models.scheduling import Appointment, AppointmentType
from clinic_desktop.services import charts
from clinic_desktop.services.patients.registration import birth_of, name_of


@dataclass(frozen=True)
class Person:
    """Who an appointment is for, as lists show a patient."""

    patient_id: uuid.UUID
    name: HumanName
    sex: str
    birth: BirthDate | None
    mrn: str
    allergy_status: str

    @property
    def allergies_asked(self) -> bool:
        """Whether somebody has asked about allergies."""
        return self.allergy_status != AllergyStatus.NOT_ASKED


@dataclass(frozen=True)
class AppointmentRow:
    """One appointment with the names of what it refers to."""

    id: uuid.UUID
    version: int
    person: Person | None
    """``None`` for a slot held without a name."""
    start_at: datetime
    end_at: datetime
    status: AppointmentStatus
    type_id: uuid.UUID | None
    type_name: str
    practitioner_id: uuid.UUID | None
    practitioner: str
    location_id: uuid.UUID | None
    location: str
    reason: str
    comment: str
    code: str
    is_walk_in: bool
    overlap_reason: str
    cancel_reason: str
    arrived_at: datetime | None
    roomed_at: datetime | None
    to_bill_at: datetime | None
    done_at: datetime | None
    encounter_id: uuid.UUID | None

    @property
    def minutes(self) -> int:
        """Its length."""
        return int((self.end_at - self.start_at).total_seconds()) // 60

    @property
    def about(self) -> str:
        """What it is about: the reason, or else the type."""
        return self.reason or self.type_name

    def waited(self, now: datetime) -> int | None:
        """Minutes the person has been at this step: waiting, or in the room."""
        since = {
            AppointmentStatus.ARRIVED: self.arrived_at,
            AppointmentStatus.IN_ROOM: self.roomed_at,
        }.get(self.status)
        return None if since is None else max(int((now - since).total_seconds()) // 60, 0)


_OWN = (
    "id", "start_at", "end_at", "type_id", "practitioner_id", "location_id", "reason", "comment",
    "code", "is_walk_in", "overlap_reason", "cancel_reason", "arrived_at", "roomed_at",
    "to_bill_at", "done_at", "encounter_id",
)  # fmt: skip
_CELL = table("sync_cell", column("tbl"), column("pk"), column("ver"))
_VERSION = func.max(
    Appointment.sv,
    func.coalesce(
        select(func.max(_CELL.c.ver))
        .where(_CELL.c.tbl == BY_NAME["appointment"].number, _CELL.c.pk == Appointment.id)
        .scalar_subquery(),
        0,
    ),
)
"""Like ``ReadSession.version``, for a whole day at once."""


@cache
def appointments() -> Select[Any]:
    """The statement behind every list; add conditions and an order."""
    own = [getattr(Appointment, name) for name in _OWN]
    return (
        select(
            *own,
            Appointment.status,
            _VERSION.label("version"),
            Patient,
            Practitioner.name.label("practitioner"),
            Location.name.label("location"),
            AppointmentType.name.label("type_name"),
        )
        .outerjoin(Patient, Patient.id == Appointment.patient_id)
        .outerjoin(Practitioner, Practitioner.id == Appointment.practitioner_id)
        .outerjoin(Location, Location.id == Appointment.location_id)
        .outerjoin(AppointmentType, AppointmentType.id == Appointment.type_id)
        .where(Appointment.is_deleted.is_(False))
    )


def fetch(reads: ReadSession, statement: Select[Any]) -> tuple[AppointmentRow, ...]:
    """Run such a statement."""
    return tuple(_row(reads, found) for found in reads.session.execute(statement))


def _row(reads: ReadSession, found: Any) -> AppointmentRow:
    return AppointmentRow(
        person=person(reads, found.Patient),
        status=AppointmentStatus(found.status),
        version=int(found.version),
        practitioner=found.practitioner or "",
        location=found.location or "",
        type_name=found.type_name or "",
        **{name: getattr(found, name) for name in _OWN},
    )


def person(reads: ReadSession, row: Patient | None) -> Person | None:
    """A patient's row as lists show it; a merged chart shows the one it leads to."""
    if row is None:
        return None
    if row.merged_into is not None:
        row = charts.patient(reads.session, charts.surviving(reads.session, row.id))
    birth = birth_of(row.birth_date, row.birth_precision)
    return Person(row.id, name_of(row), row.sex, birth, row.mrn, row.allergy_status)
