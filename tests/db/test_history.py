"""Old values can be seen and put back; looks can be asked about."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.errors import NotFoundError, PermissionDeniedError, RuleError, StaleError
from clinic_desktop.models.encounter import Note
from clinic_desktop.models.patient import Patient
from clinic_desktop.models.practice import Practitioner
from clinic_desktop.services.audit import history, seen
from clinic_desktop.services.audit.events import note_refusals
from clinic_desktop.services.patients.looks import look
from tests.support.records import Record


def _add(uow: UnitOfWork, family: str = "Otieno") -> uuid.UUID:
    patient = Patient(family=family, given="Ann", mrn=family, city="Kisumu", address="Main st 1")
    uow.add(patient)
    return patient.id


def _set(uow: UnitOfWork, /, patient_id: uuid.UUID, **values: object) -> None:
    row = uow.session.get_one(Patient, patient_id)
    for name, value in values.items():
        setattr(row, name, value)


@pytest.fixture
def patient(record: Record) -> uuid.UUID:
    """Somebody whose given name was changed twice and whose city once."""
    patient_id = record.write(_add)
    for values in ({"given": "Anne"}, {"city": "Nairobi"}, {"given": "Anna"}):
        record.clock.advance(minutes=5)
        record.write(_set, patient_id, **values)
    return patient_id


def test_every_value_a_field_had_is_there(record: Record, patient: uuid.UUID) -> None:
    """Newest first, with who and when, and what stood before."""
    changes = record.read(history.of, "patient", patient)

    told = [(each.field, each.before, each.after) for each in changes]
    assert told == [
        ("given", "Anne", "Anna"),
        ("city", "Kisumu", "Nairobi"),
        ("given", "Ann", "Anne"),
    ]
    assert {each.who for each in changes} == {"Dr Amina Kamau"}
    assert changes[0].at - changes[2].at == timedelta(minutes=10)
    assert record.read(history.of_chart, patient) == changes


def test_an_old_value_is_put_back_as_a_change(record: Record, patient: uuid.UUID) -> None:
    """It is a write like any other: captured, attributed, refused to a stale view."""
    first = record.read(history.of, "patient", patient)[-1]

    record.write(history.put_back, first)

    assert record.rows("SELECT given, city FROM patient WHERE id = ?", patient.bytes) == [
        ("Ann", "Nairobi")
    ]
    newest = record.read(history.of, "patient", patient)[0]
    assert (newest.before, newest.after) == ("Anna", "Ann")
    with pytest.raises(StaleError):
        record.write(history.put_back, first)


def test_putting_back_is_taken_back_unless_somebody_changed_it_since(
    record: Record, patient: uuid.UUID
) -> None:
    first = record.read(history.of, "patient", patient)[-1]
    stood = record.write(history.put_back, first)
    record.write(history.undo_put_back, first, stood)
    assert record.rows("SELECT given FROM patient WHERE id = ?", patient.bytes) == [("Anna",)]
    newest = record.read(history.of, "patient", patient)[0]
    assert (newest.before, newest.after) == ("Ann", "Anna")
    first = record.read(history.of, "patient", patient)[-1]
    stood = record.write(history.put_back, first)
    record.write(_set, patient, given="Annabel")
    with pytest.raises(StaleError):
        record.write(history.undo_put_back, first, stood)
    assert record.rows("SELECT given FROM patient WHERE id = ?", patient.bytes) == [("Annabel",)]


def test_what_has_rules_of_its_own_is_not_put_back(record: Record, patient: uuid.UUID) -> None:
    """Charts joined, notes, money: their own forms know what may be done."""
    change = record.read(history.of, "patient", patient)[0]
    for table, group in (("patient", "merge"), ("note", "text"), ("invoice", "status")):
        with pytest.raises(RuleError):
            record.write(history.put_back, replace(change, table=table, group=group))
    with pytest.raises(NotFoundError):
        record.write(history.put_back, replace(change, replaced=1))
    with pytest.raises(NotFoundError):
        record.read(history.of, "patient", uuid.UUID(int=1))


def test_front_desk_sees_no_history_of_a_note(record: Record, patient: uuid.UUID) -> None:
    """Who may not read the chart reads none of its past."""
    desk = record.as_role("receptionist")

    assert record.store.read(desk, history.of, "patient", patient).result()
    with pytest.raises(PermissionDeniedError):
        record.store.read(desk, history.of, "note", patient).result()
    assert Note.__tablename__ not in {
        each.table for each in record.store.read(desk, history.of_chart, patient).result()
    }
    with pytest.raises(PermissionDeniedError):
        record.store.read(desk, seen.who_saw, patient).result()


def test_who_saw_a_chart(record: Record, patient: uuid.UUID) -> None:
    """Looks of one person on one day are one line."""
    for _turn in range(3):
        record.write(look, patient)
    record.clock.advance(days=1)
    record.write(look, patient)

    told = record.read(seen.who_saw, patient)
    assert [(each.who, each.kind, each.times) for each in told] == [
        ("Dr Amina Kamau", "chart.open", 1),
        ("Dr Amina Kamau", "chart.open", 3),
    ]


def test_looks_to_ask_about(record: Record, patient: uuid.UUID) -> None:
    """Many charts in an hour, nights, one's own family and address, wrong passwords."""

    def colleague(uow: UnitOfWork) -> None:
        row = uow.session.query(Practitioner).one()
        row.family, row.given = "Kamau", "Amina"

    record.write(colleague)
    kin, neighbour = record.write(_add, "Kamau"), record.write(_add, "Njoroge")
    record.write(_set, kin, given="Amina")
    assert record.read(seen.oddities) == []
    for chart in (kin, neighbour):
        record.write(look, chart)
    record.clock.advance(hours=13)
    record.write(look, patient)
    for number in range(seen.MANY_CHARTS):
        record.write(look, record.write(_add, f"F{number}"))
    for _turn in range(seen.MANY_REFUSALS):
        record.write(note_refusals, {"amina": 1})

    told = {each.kind: each.count for each in record.read(seen.oddities)}

    assert told.keys() == {"family", "neighbour", "night", "many", "refused"}
    assert told["many"] == seen.MANY_CHARTS + 1
    record.clock.advance(days=seen.DAYS_BACK + 1)
    assert record.read(seen.oddities) == []
