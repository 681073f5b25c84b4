"""Rows between a session and the file: what is set is kept, nothing else is touched."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.models.base import Base
from clinic_desktop.models.billing import Invoice
from clinic_desktop.models.encounter import Encounter
from clinic_desktop.models.observation import Observation
from clinic_desktop.models.patient import Patient
from tests.support.records import Record

_GIVEN = "SELECT id FROM patient WHERE given = ?"


def _patient(uow: UnitOfWork) -> Patient:
    patient = Patient(family="Otieno", mrn="A1-1")
    uow.add(patient)
    return patient


def test_what_was_never_set_takes_its_default(record: Record) -> None:
    def make(uow: UnitOfWork) -> tuple[uuid.UUID, object]:
        patient = _patient(uow)
        uow.session.flush()
        return patient.id, (patient.given, patient.is_deleted, patient.birth_date)

    patient_id, seen = record.write(make)
    row = record.read(lambda reads: reads.session.get_one(Patient, patient_id))
    assert seen == (row.given, row.is_deleted, row.birth_date) == ("", False, row.birth_date)


def test_defaults_that_are_made_are_made_for_each_row(record: Record) -> None:
    def make(uow: UnitOfWork) -> bool:
        patient = _patient(uow)
        one, other = (
            Invoice(patient_id=patient.id, kind="invoice", currency="KES") for _each in range(2)
        )
        uow.add(one, other)
        uow.session.flush()
        return one.seller == {} and one.seller is not other.seller

    assert record.write(make)


def test_a_row_comes_back_as_the_mapper_reads_it(record: Record) -> None:
    """Instants, ids, numbers and truths, by either way."""

    def make(uow: UnitOfWork) -> list[tuple[type[Base], uuid.UUID]]:
        patient = _patient(uow)
        visit = Encounter(patient_id=patient.id, start_at=datetime(1931, 5, 1, 7, 30, tzinfo=UTC))
        uow.add(visit)
        value = Observation(
            patient_id=patient.id, encounter_id=visit.id, code="x", display="X", value_number=1.5
        )
        uow.add(value)
        return [(type(row), row.id) for row in (patient, visit, value)]

    made = record.write(make)

    def values(reads: ReadSession, *, by_mapper: bool) -> list[dict[str, object]]:
        found = [
            reads.session.scalar(select(model).where(model.__table__.c.id == row_id))
            if by_mapper
            else reads.get(model, row_id)
            for model, row_id in made
        ]
        return [
            {name: getattr(row, name) for name in model.__table__.columns.keys()}  # noqa: SIM118
            for row, (model, _id) in zip(found, made, strict=True)
        ]

    assert record.read(values, by_mapper=False) == record.read(values, by_mapper=True)


def test_changes_after_the_first_writing_are_written_too(record: Record) -> None:
    def make(uow: UnitOfWork) -> uuid.UUID:
        patient = _patient(uow)
        uow.session.flush()
        patient.given = "Ann"
        uow.session.flush()
        patient.given = "Anne"
        return patient.id

    patient_id = record.write(make)
    assert record.rows(_GIVEN, "Anne") == [(patient_id.bytes,)]


def test_only_what_was_changed_is_written(record: Record) -> None:
    patient_id = record.write(lambda uow: _patient(uow).id)

    def change(uow: UnitOfWork) -> list[str]:
        patient = uow.get(Patient, patient_id)
        assert patient is not None
        uow.cursor.execute("UPDATE patient SET given = 'Ann'")
        sent: list[str] = []
        uow.cursor.set_trace_callback(sent.append)
        patient.family, patient.middle = "Otieno", "Wanjiru"
        uow.session.flush()
        patient.middle = "Wanjiru"
        uow.session.flush()
        uow.cursor.set_trace_callback(None)
        return list(dict.fromkeys(sent))

    (sent,) = record.write(change)
    assert sent.startswith("UPDATE patient SET middle = 'Wanjiru' WHERE id = ")
    assert record.rows(_GIVEN, "Ann") == [(patient_id.bytes,)]


def test_a_row_that_waits_is_found(record: Record) -> None:
    def ask(uow: UnitOfWork) -> bool:
        patient = _patient(uow)
        patient.given = "Ann"
        return (
            uow.plain(Patient, _GIVEN, "Ann") == [(patient.id.bytes,)]
            and uow.get(Patient, patient.id) is patient
        )

    assert record.write(ask)


def test_there_is_one_of_each_row_in_a_transaction(record: Record) -> None:
    patient_id = record.write(lambda uow: _patient(uow).id)

    def ask(reads: ReadSession) -> bool:
        first = reads.get(Patient, patient_id)
        return (
            first is not None
            and reads.get(Patient, patient_id) is first
            and reads.session.get(Patient, patient_id) is first
            and reads.session.scalar(select(Patient)) is first
        )

    assert record.read(ask)
    assert record.write(ask)
    assert record.read(lambda reads: reads.get(Patient, uuid.uuid4())) is None


def test_a_misspelt_column_is_refused() -> None:
    with pytest.raises(TypeError, match="surname"):
        Patient(surname="Otieno")
