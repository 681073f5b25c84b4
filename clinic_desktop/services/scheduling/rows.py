"""What the board and the calendar show of an appointment, read in one statement."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    bindparam,
    column,
    func,
    select,
    table,
    type_coerce,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.types import NullType

from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.codes import AllergyStatus, AppointmentStatus
from clinic_desktop.domain.dates import BirthDate
from clinic_desktop.domain.instants import from_millis, to_millis
from clinic_desktop.domain.names import HumanName
from clinic_desktop.models.patient import Patient
from clinic_desktop.models.practice import Location, Practitioner
from clinic_desktop.models.registry import BY_NAME
from clinic_desktop.models.scheduling import IS_PRESENT, Appointment, AppointmentType
from clinic_desktop.services import charts
from clinic_desktop.services.access import part
from clinic_desktop.services.conflicts.marks import questions_about
from clinic_desktop.services.patients.registration import birth_of, name_of
from clinic_desktop.services.scheduling.timetable import LONGEST_MIN
from clinic_desktop.services.scheduling.versions import OtherVersion, versions_of_appointments


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
    question_id: uuid.UUID | None = None
    """The most urgent question between PCs about it or about the person; see ``with_questions``."""
    others: tuple[OtherVersion, ...] = ()
    """What PCs wrote of it apart, beside what is shown; see ``with_questions``."""

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


def _stored(*columns: Any) -> list[ColumnElement[Any]]:
    """Columns as the file holds them: a board of a hundred rows is turned round in one place."""
    return [
        type_coerce(each, NullType()).label(f"c{number}") for number, each in enumerate(columns)
    ]


_A, _P = Appointment, Patient
_SELECT = (
    select(
        *_stored(
            *(_A.id, _A.type_id, _A.practitioner_id, _A.location_id, _A.encounter_id),
            *(_A.start_at, _A.end_at, _A.arrived_at, _A.roomed_at, _A.to_bill_at, _A.done_at),
            *(_A.status, _A.reason, _A.comment, _A.code, _A.overlap_reason, _A.cancel_reason),
            *(_A.is_walk_in, _VERSION),
            *(Practitioner.name, Location.name, AppointmentType.name),
            *(_P.id, _P.merged_into, _P.family, _P.given, _P.middle, _P.prefix, _P.suffix),
            *(_P.preferred, _P.sex, _P.birth_date, _P.birth_precision, _P.mrn, _P.allergy_status),
        )
    )
    .select_from(Appointment)
    .outerjoin(Patient, Patient.id == Appointment.patient_id)
    .outerjoin(Practitioner, Practitioner.id == Appointment.practitioner_id)
    .outerjoin(Location, Location.id == Appointment.location_id)
    .outerjoin(AppointmentType, AppointmentType.id == Appointment.type_id)
    .where(Appointment.is_deleted.is_(False))
)


@cache
def _between() -> tuple[str, dict[str, Any]]:
    statement = _SELECT.where(
        Appointment.start_at >= bindparam("earliest"),
        Appointment.start_at < bindparam("end"),
        Appointment.end_at > bindparam("first"),
        Appointment.status != AppointmentStatus.CANCELLED.value,
    ).order_by(Appointment.start_at, Appointment.id)
    return _compiled(statement)


@cache
def _still_here() -> tuple[str, dict[str, Any]]:
    earlier = Appointment.start_at < bindparam("first")
    return _compiled(_SELECT.where(IS_PRESENT, earlier))


def _compiled(statement: Select[Any]) -> tuple[str, dict[str, Any]]:
    """SQL and fixed values for the driver: SQLAlchemy would take as long as the file."""
    made = statement.compile(dialect=sqlite.dialect(paramstyle="named"))
    return str(made), dict(made.params)


def appointments() -> Select[Any]:
    """The statement behind every list; add conditions and an order."""
    return _SELECT


@part
def between(
    reads: ReadSession, first: datetime, end: datetime, *, begun: bool = False
) -> tuple[AppointmentRow, ...]:
    """What begins in a time, cancelled ones left out, in order.

    ``begun`` adds what began before and lasts into it, such as over midnight.
    """
    earliest = first - timedelta(minutes=LONGEST_MIN) if begun else first
    found = _at(reads, _between(), earliest=earliest, first=first, end=end)
    back = _not_surely_cancelled(reads, earliest, first, end)
    if not back:
        return found
    return tuple(sorted((*found, *back), key=lambda row: (row.start_at, row.id)))


def _not_surely_cancelled(
    reads: ReadSession, earliest: datetime, first: datetime, end: datetime
) -> list[AppointmentRow]:
    """What is shown as cancelled, and takes place by another version. Nearly always nothing."""
    takes_place = {
        each.appointment_id: each.status
        for each in versions_of_appointments(reads).places()
        if each.status != AppointmentStatus.CANCELLED
    }
    if not takes_place:
        return []
    cancelled = appointments().where(
        Appointment.id.in_(takes_place),
        Appointment.status == AppointmentStatus.CANCELLED,
        Appointment.start_at >= earliest,
        Appointment.start_at < end,
        Appointment.end_at > first,
    )
    return list(fetch(reads, cancelled))


@part
def with_questions(
    reads: ReadSession, rows: tuple[AppointmentRow, ...]
) -> tuple[AppointmentRow, ...]:
    """The same rows, marked where something is not decided that the person may see."""
    about = {row.id: row.person.patient_id if row.person else None for row in rows}
    found = questions_about(reads, "appointment", about)
    told = versions_of_appointments(reads)
    if not (found or told):
        return rows
    return tuple(
        replace(row, question_id=found.get(row.id), others=told.of(row.id)) for row in rows
    )


@part
def still_here(reads: ReadSession, first: datetime) -> tuple[AppointmentRow, ...]:
    """What began before a moment, however long ago, and is under way: nobody has ended it."""
    return _at(reads, _still_here(), first=first)


def _at(
    reads: ReadSession, made: tuple[str, dict[str, Any]], **times: datetime
) -> tuple[AppointmentRow, ...]:
    sql, values = made
    reads.session.flush()
    found = reads.cursor.execute(
        sql, values | {name: to_millis(moment) for name, moment in times.items()}
    )
    return tuple(_row(reads, row) for row in found.fetchall())


@part
def fetch(reads: ReadSession, statement: Select[Any]) -> tuple[AppointmentRow, ...]:
    """Run such a statement."""
    return tuple(_row(reads, found) for found in reads.session.execute(statement))


def _row(reads: ReadSession, found: Any) -> AppointmentRow:
    row_id, type_id, practitioner_id, location_id, encounter_id = map(_id, found[:5])
    start, end, arrived, roomed, to_bill, done = map(_moment, found[5:11])
    status, reason, comment, code, overlap_reason, cancel_reason = found[11:17]
    walk_in, version, practitioner, location, type_name = found[17:22]
    return AppointmentRow(
        id=row_id,
        type_id=type_id,
        practitioner_id=practitioner_id,
        location_id=location_id,
        encounter_id=encounter_id,
        start_at=start,
        end_at=end,
        arrived_at=arrived,
        roomed_at=roomed,
        to_bill_at=to_bill,
        done_at=done,
        status=AppointmentStatus(status),
        reason=reason,
        comment=comment,
        code=code,
        overlap_reason=overlap_reason,
        cancel_reason=cancel_reason,
        is_walk_in=bool(walk_in),
        version=version,
        practitioner=practitioner or "",
        location=location or "",
        type_name=type_name or "",
        person=_person(reads, *found[22:]),
    )


@lru_cache(maxsize=4096)
def _id(value: bytes | None) -> Any:
    return None if value is None else uuid.UUID(bytes=value)


@lru_cache(maxsize=4096)
def _moment(millis: int | None) -> Any:
    return None if millis is None else from_millis(millis)


_birth = lru_cache(maxsize=4096)(birth_of)


def _person(
    reads: ReadSession, patient_id: bytes | None, merged_into: bytes | None, *found: str
) -> Person | None:
    if patient_id is None:
        return None
    if merged_into is not None:
        return person(reads, reads.session.get(Patient, _id(patient_id)))
    family, given, middle, prefix, suffix, preferred, sex, birth, precision, mrn, asked = found
    name = HumanName(family, given, middle, prefix, suffix, preferred)
    return Person(_id(patient_id), name, sex, _birth(birth, precision), mrn, asked)


@part
def person(reads: ReadSession, row: Patient | None) -> Person | None:
    """A patient's row as lists show it; a merged chart shows the one it leads to."""
    if row is None:
        return None
    if row.merged_into is not None:
        row = charts.patient(reads.session, charts.surviving(reads.session, row.id))
    birth = birth_of(row.birth_date, row.birth_precision)
    return Person(row.id, name_of(row), row.sex, birth, row.mrn, row.allergy_status)
