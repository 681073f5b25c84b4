"""Who and where can be booked: the practice's doctors, rooms and types of appointment."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import date, time
from typing import TypeVar

from sqlalchemy import select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.dates import DateError, When, parse_when
from clinic_desktop.errors import NotFoundError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.practice import Location, Practitioner
from clinic_desktop.models.scheduling import AppointmentType
from clinic_desktop.services.access import command, part, query
from clinic_desktop.services.scheduling.timetable import LONGEST_MIN, SHORTEST_MIN


@dataclass(frozen=True)
class PractitionerRow:
    """A doctor or nurse of the practice."""

    id: uuid.UUID
    name: str
    specialty: str
    color: str
    is_active: bool
    version: int = 0
    """Base for saving."""


@dataclass(frozen=True)
class RoomRow:
    """A room."""

    id: uuid.UUID
    name: str
    color: str
    is_active: bool
    version: int = 0


@dataclass(frozen=True)
class TypeRow:
    """A type of appointment."""

    id: uuid.UUID
    name: str
    shortcut: str
    duration_min: int
    color: str
    preparation: str
    is_active: bool
    version: int = 0


@dataclass(frozen=True)
class Bookable:
    """Everything a booking form offers."""

    practitioners: tuple[PractitionerRow, ...]
    rooms: tuple[RoomRow, ...]
    types: tuple[TypeRow, ...]


@dataclass(frozen=True)
class SavePractitioner:
    """A doctor's line in the settings."""

    name: str
    specialty: str = ""
    color: str = ""
    is_active: bool = True
    practitioner_id: uuid.UUID | None = None
    base: int | None = None


@dataclass(frozen=True)
class SaveRoom:
    """A room's line in the settings."""

    name: str
    color: str = ""
    is_active: bool = True
    room_id: uuid.UUID | None = None
    base: int | None = None


@dataclass(frozen=True)
class SaveType:
    """A type of appointment in the settings."""

    name: str
    duration_min: int = 20
    shortcut: str = ""
    color: str = ""
    preparation: str = ""
    is_active: bool = True
    type_id: uuid.UUID | None = None
    base: int | None = None


@query("appointment.read")
def bookable(reads: ReadSession) -> Bookable:
    """What can be booked now, in the order of the columns of the calendar."""
    return Bookable(
        tuple(row for row in staff(reads) if row.is_active),
        tuple(row for row in rooms(reads) if row.is_active),
        tuple(row for row in types(reads) if row.is_active),
    )


@query("appointment.read")
def practitioners(reads: ReadSession) -> tuple[PractitionerRow, ...]:
    """The same as ``staff``, with the bases for saving: for their list in the settings."""
    versions = reads.versions("practitioner")
    return tuple(replace(row, version=versions.get(row.id, 0)) for row in staff(reads))


@part
def staff(reads: ReadSession) -> tuple[PractitionerRow, ...]:
    """The people of the practice who see patients, also those who no longer do."""
    found = reads.session.scalars(
        select(Practitioner)
        .where(Practitioner.is_staff, Practitioner.is_deleted.is_(False))
        .order_by(Practitioner.id)
    )
    return tuple(
        PractitionerRow(row.id, row.name, row.specialty, row.color, row.is_active) for row in found
    )


@query("appointment.read")
def rooms(reads: ReadSession) -> tuple[RoomRow, ...]:
    """The rooms, also those out of use."""
    found = reads.session.scalars(
        select(Location)
        .where(Location.kind == "room", Location.is_deleted.is_(False))
        .order_by(Location.position, Location.id)
    )
    versions = reads.versions("location")
    return tuple(
        RoomRow(row.id, row.name, row.color, row.is_active, versions.get(row.id, 0))
        for row in found
    )


@query("appointment.read")
def types(reads: ReadSession) -> tuple[TypeRow, ...]:
    """The types of appointment, also those out of use."""
    found = reads.session.scalars(
        select(AppointmentType)
        .where(AppointmentType.is_deleted.is_(False))
        .order_by(AppointmentType.position, AppointmentType.id)
    )
    versions = reads.versions("appointment_type")
    return tuple(
        TypeRow(
            row.id,
            row.name,
            row.shortcut,
            row.duration_min,
            row.color,
            row.preparation,
            row.is_active,
            versions.get(row.id, 0),
        )
        for row in found
    )


@command("practice.write")
def save_practitioner(uow: UnitOfWork, wish: SavePractitioner) -> uuid.UUID:
    """Add a doctor to the calendar, or change the line.

    Raises:
        ValidationError: no name.
        NotFoundError: there is no such doctor.
        StaleError: somebody changed the line since it was shown.
    """
    row = _row(uow, Practitioner, (wish.practitioner_id, wish.base), _("There is no such doctor."))
    row.name = _named(wish.name)
    row.family = row.family or row.name
    row.specialty, row.color = wish.specialty.strip(), wish.color
    row.is_staff, row.is_active = True, wish.is_active
    uow.add(row)
    return row.id


@command("practice.write")
def save_room(uow: UnitOfWork, wish: SaveRoom) -> uuid.UUID:
    """Add or change a room.

    Raises:
        ValidationError: no name.
        NotFoundError: there is no such room.
        StaleError: as above.
    """
    row = _row(uow, Location, (wish.room_id, wish.base), _("There is no such room."))
    row.name, row.color, row.is_active = _named(wish.name), wish.color, wish.is_active
    if wish.room_id is None:
        row.position = len(rooms(uow))
    uow.add(row)
    return row.id


@command("practice.write")
def save_type(uow: UnitOfWork, wish: SaveType) -> uuid.UUID:
    """Add or change a type of appointment.

    Raises:
        ValidationError: no name, a length out of range, or a shortcut that another type has or
            that means a day or a time.
        NotFoundError: there is no such type.
        StaleError: as above.
    """
    row = _row(
        uow, AppointmentType, (wish.type_id, wish.base), _("There is no such type of appointment.")
    )
    row.name = _named(wish.name)
    row.shortcut = "".join(wish.shortcut.split()).casefold()
    if not SHORTEST_MIN <= wish.duration_min <= LONGEST_MIN:
        raise ValidationError("duration", _("Choose a length between 5 minutes and 12 hours."))
    others = (each for each in types(uow) if each.id != row.id and each.is_active)
    if row.shortcut and wish.is_active and row.shortcut in {each.shortcut for each in others}:
        raise ValidationError(
            "shortcut",
            _("Another type of appointment has this shortcut."),
            hint=_("Choose other letters."),
        )
    if row.shortcut and _means_time(row.shortcut, uow.today):
        raise ValidationError(
            "shortcut",
            _("In a booking these letters mean a day or a time."),
            hint=_("Choose other letters."),
        )
    row.duration_min, row.color = wish.duration_min, wish.color
    row.preparation, row.is_active = wish.preparation.strip(), wish.is_active
    if wish.type_id is None:
        row.position = len(types(uow))
    uow.add(row)
    return row.id


def _means_time(shortcut: str, today: date) -> bool:
    """Whether a line such as "10:30 fu" would not be read as a time and a type."""
    try:
        alone = parse_when(shortcut, today=today)
        behind = parse_when(f"10:30 {shortcut}", today=today)
    except DateError:
        return True
    return (alone.day, alone.time) != (None, None) or behind != When(None, time(10, 30), shortcut)


def _named(name: str) -> str:
    words = " ".join(name.split())
    if not words:
        raise ValidationError("name", _("Give it a name."))
    return words


_Line = TypeVar("_Line", Practitioner, Location, AppointmentType)


def _row(
    uow: UnitOfWork, model: type[_Line], which: tuple[uuid.UUID | None, int | None], missing: str
) -> _Line:
    """A line to write: the one with this id, as it was at its base, or a new one."""
    row_id, base = which
    if row_id is None:
        return model(id=uow.new_id())
    row = uow.session.get(model, row_id)
    if row is None or row.is_deleted:
        raise NotFoundError(missing)
    uow.expect(model.__tablename__, row_id, base)
    return row
