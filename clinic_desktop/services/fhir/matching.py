"""Is this person in the record already? Decided by numbers, never by a name alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from clinic_desktop.db.lists import marks
from clinic_desktop.models.base import Base
from clinic_desktop.models.patient import ContactPoint, PatientIdentifier, RelatedPerson
from clinic_desktop.services.fhir import people, shapes
from clinic_desktop.services.fhir.tables import Row

Lines = tuple[tuple[type[Base], list[Row]], ...]


def lines_of(found: shapes.Patient) -> Lines:
    """The parts of a patient that are rows of their own."""
    return (
        (PatientIdentifier, people.identifiers(found)),
        (ContactPoint, people.contact_points(found)),
        (RelatedPerson, people.relatives(found)),
    )


def same_person(cursor: Any, found: shapes.Patient, row: Row) -> bytes | None:
    """A chart with one of these numbers, the same birth date and the same sex."""
    systems = {(each.system, each.value) for each in found.identifier if each.system and each.value}
    if not systems or not row["birth_date"]:
        return None
    for patient_id, system, value in cursor.execute(
        "SELECT p.id, i.system, i.value FROM patient_identifier i"  # noqa: S608 - marks only
        " JOIN patient p ON p.id = i.patient_id"
        f" WHERE i.value IN ({marks(systems)}) AND i.is_deleted = 0 AND p.is_deleted = 0"
        " AND p.birth_date = ? AND p.sex = ?",
        [*(value for _system, value in systems), row["birth_date"], row["sex"]],
    ).fetchall():
        if (system, value) in systems:
            return bytes(patient_id)
    return None


def missing_lines(
    cursor: Any, found: shapes.Patient, patient_id: bytes
) -> Iterator[tuple[type[Base], Row]]:
    """Numbers, phones and relatives that the chart does not have yet."""
    for model, lines in lines_of(found):
        column = "name" if model is RelatedPerson else "value"
        sql = f"SELECT {column} FROM {model.__tablename__} WHERE patient_id = ?"  # noqa: S608
        there = {value for (value,) in cursor.execute(sql, (patient_id,)).fetchall()}
        for line in lines:
            if line[column] not in there:
                yield model, line
