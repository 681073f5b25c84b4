"""New patients, and changes to what is known of them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from sqlalchemy import select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain import ids
from clinic_desktop.domain.codes import AllergyStatus
from clinic_desktop.domain.dates import BirthDate
from clinic_desktop.domain.names import HumanName
from clinic_desktop.errors import RuleError, StaleError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.patient import (
    ContactPoint,
    Coverage,
    Patient,
    PatientIdentifier,
    RelatedPerson,
)
from clinic_desktop.models.practice import Practice
from clinic_desktop.models.registry import BY_NAME
from clinic_desktop.services import charts
from clinic_desktop.services.access import command, part, query
from clinic_desktop.services.patients import photo as photos
from clinic_desktop.services.patients.consents import agree, settle
from clinic_desktop.services.patients.entry import (
    Identifier,
    PatientEntry,
    Phone,
    Policy,
    PostalAddress,
    RegisterPatient,
    Relative,
    checked,
    phone_digits,
)
from clinic_desktop.services.patients.numbers import refuse_taken
from clinic_desktop.services.patients.photo import Photo

Line = Phone | Identifier | Relative | Policy
_LINES: dict[str, tuple[type[Any], type[Line]]] = {
    "phones": (ContactPoint, Phone),
    "identifiers": (PatientIdentifier, Identifier),
    "relatives": (RelatedPerson, Relative),
    "policies": (Coverage, Policy),
}
"""The parts of an entry that are rows of their own."""


@dataclass(frozen=True)
class PatientRecord:
    """A patient as an edit form opens it."""

    id: uuid.UUID
    mrn: str
    entry: PatientEntry
    photo: bytes = b""


@dataclass(frozen=True)
class UpdatePatient:
    """A changed form. ``before`` is the entry the form was opened with.

    ``photo`` replaces the photo; ``drops_photo`` takes it away. ``consents`` are the kinds that
    hold now, ``None`` if the form did not ask.
    """

    patient_id: uuid.UUID
    before: PatientEntry
    after: PatientEntry
    photo: Photo | None = None
    drops_photo: bool = False
    consents: frozenset[str] | None = None


@command("patient.create")
def register(uow: UnitOfWork, new: RegisterPatient) -> uuid.UUID:
    """Open a chart and give it a number.

    Raises:
        ValidationError: a field cannot be stored.
        NumberTakenError: another chart has a number of this one, and nobody said that is right.
    """
    entry = checked(new.entry, uow.today, region(uow))
    if not new.shares_number:
        refuse_taken(uow, entry.identifiers)
    if new.allergy_status not in {AllergyStatus.NOT_ASKED, AllergyStatus.NONE_KNOWN}:
        raise ValidationError("allergy_status", _("Allergies are recorded in the chart."))
    asked = new.allergy_status == AllergyStatus.NONE_KNOWN
    patient = Patient(
        id=uow.new_id(),
        mrn=ids.mrn(uow.device_prefix, uow.next_number("mrn")),
        allergy_status=new.allergy_status,
        allergy_asked_on=uow.today if asked else None,
        photo_id=photos.keep(uow, new.photo) if new.photo else None,
        **_columns(entry),
    )
    uow.add(patient)
    for name in _LINES:
        _save_lines(uow, patient.id, name, (), getattr(entry, name))
    for kind in new.consents:
        agree(uow, patient.id, kind)
    return patient.id


@query("patient.read")
def record_of(reads: ReadSession, patient_id: uuid.UUID) -> PatientRecord:
    """What the form of a patient shows; of a merged chart, what the chart it leads to shows.

    Raises:
        NotFoundError: there is no such patient.
    """
    row = charts.patient(reads.session, charts.surviving(reads.session, patient_id))
    photo = photos.bytes_of(reads, row.photo_id)
    return PatientRecord(row.id, row.mrn, entry_of(reads, row), photo)


@command("patient.amend")
def update(uow: UnitOfWork, change: UpdatePatient) -> None:
    """Write the fields that the person changed, and only those.

    Changes that somebody else made to other fields meanwhile stay.

    Raises:
        StaleError: somebody else changed one of the same fields, or merged the chart.
        ValidationError: a field cannot be stored.
    """
    row = charts.patient(uow.session, change.patient_id)
    if row.merged_into is not None:
        raise RuleError(
            _("This chart was joined to another one."),
            kept=_("Nothing was changed."),
            hint=_("Open the chart it was joined to."),
        )
    after = checked(change.after, uow.today, region(uow))
    _save_fields(row, _columns(change.before), _columns(after))
    for name in _LINES:
        _save_lines(uow, row.id, name, getattr(change.before, name), getattr(after, name))
    if change.photo is not None:
        row.photo_id = photos.keep(uow, change.photo)
    elif change.drops_photo:
        row.photo_id = None
    if change.consents is not None:
        settle(uow, row.id, change.consents)


@part
def entry_of(reads: ReadSession, row: Patient) -> PatientEntry:
    """The demographics of a chart with the lines of those merged into it."""
    of_chart = charts.chart_ids(reads.session, row.id)
    return PatientEntry(
        name=name_of(row),
        name_latin=row.name_latin,
        sex=row.sex,
        birth=birth_of(row.birth_date, row.birth_precision),
        phones=_lines(reads, "phones", of_chart),
        identifiers=_lines(reads, "identifiers", of_chart),
        relatives=_lines(reads, "relatives", of_chart),
        policies=_lines(reads, "policies", of_chart),
        address=PostalAddress(**{each.name: getattr(row, each.name) for each in _ADDRESS}),
        language=row.language,
        marital_status=row.marital_status,
        note=row.note,
        deceased=row.deceased,
        deceased_at=row.deceased_at,
    )


def name_of(row: Patient) -> HumanName:
    """The name of a stored patient."""
    return HumanName(row.family, row.given, row.middle, row.prefix, row.suffix, row.preferred)


def birth_of(birth_date: str, precision: str) -> BirthDate | None:
    """The birth of a stored patient, unless it is not known."""
    return BirthDate.parse(birth_date, precision) if birth_date else None


@part
def region(reads: ReadSession) -> str:
    """The country of the practice."""
    return reads.session.scalar(select(Practice.country).limit(1)) or ""


_ADDRESS = fields(PostalAddress)


def _columns(entry: PatientEntry) -> dict[str, Any]:
    """The entry as columns of ``patient``."""
    return {
        **asdict(entry.name),
        **asdict(entry.address),
        "name_latin": entry.name_latin,
        "sex": str(entry.sex),
        "birth_date": str(entry.birth or ""),
        "birth_precision": str(entry.birth.precision) if entry.birth else "day",
        "language": entry.language,
        "marital_status": entry.marital_status,
        "note": entry.note,
        "deceased": entry.deceased,
        "deceased_at": entry.deceased_at,
    }


def _save_fields(row: Patient, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Write changed groups of columns: a name that two people mixed would be nobody's."""
    for group in BY_NAME["patient"].groups:
        names = [name for name in group.names if name in after]
        if all(before[name] == after[name] for name in names):
            continue
        if any(getattr(row, name) not in (before[name], after[name]) for name in names):
            raise _stale(group.name)
        for name in names:
            if getattr(row, name) != after[name]:
                setattr(row, name, after[name])


def _lines(reads: ReadSession, name: str, of_chart: Sequence[uuid.UUID]) -> tuple[Any, ...]:
    model, line = _LINES[name]
    wanted = select(model).where(model.patient_id.in_(of_chart), ~model.is_deleted)
    order = (model.rank, model.id) if model is ContactPoint else (model.id,)
    return tuple(_line_of(row, line) for row in reads.session.scalars(wanted.order_by(*order)))


def _line_of(row: Any, line: type[Line]) -> Line:
    return line(**{each.name: getattr(row, each.name) for each in fields(line)})


def _save_lines(
    uow: UnitOfWork,
    patient_id: uuid.UUID,
    name: str,
    before: Sequence[Line],
    after: Sequence[Line],
) -> None:
    model, _line = _LINES[name]
    known = {line.id: line for line in before}
    kept = {line.id for line in after}
    for line in after:
        if line.id is None or line.id not in known:
            uow.add(model(id=uow.new_id(), patient_id=patient_id, **_line_columns(line)))
        elif line != known[line.id]:
            row = _unchanged(uow, model, known[line.id])
            for column, value in _line_columns(line).items():
                setattr(row, column, value)
    for line in before:
        if line.id not in kept:
            _unchanged(uow, model, line).is_deleted = True


def _line_columns(line: Line) -> dict[str, str | bool | int | date | None]:
    values = {each.name: getattr(line, each.name) for each in fields(line) if each.name != "id"}
    if isinstance(line, Phone):
        values["digits"] = phone_digits(line.value) if line.system == "phone" else ""
    return values


def _unchanged(uow: UnitOfWork, model: type[Any], line: Line) -> Any:
    row = uow.session.get(model, line.id)
    if row is None or row.is_deleted or _line_of(row, type(line)) != line:
        raise _stale(model.__tablename__)
    return row


def _stale(place: str) -> StaleError:
    return StaleError(
        _("Somebody changed this while you were editing."),
        kept=_("Your text is still in the form; nothing was saved over the other change."),
        hint=_("Compare with the newer version and save again."),
        place=place,
    )
