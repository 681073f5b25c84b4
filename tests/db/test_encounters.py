"""Beginning, finishing and signing a visit, on a real record."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.errors import (
    NotFoundError,
    PermissionDeniedError,
    RuleError,
    StaleError,
    ValidationError,
)
from clinic_desktop.models.encounter import NoteTemplate
from clinic_desktop.models.patient import Patient
from clinic_desktop.models.scheduling import Appointment, AppointmentType
from clinic_desktop.services import encounters, notes
from clinic_desktop.services.notes import NoteText
from tests.support.records import Record


def put_patient(uow: UnitOfWork, family: str = "Ivanova") -> uuid.UUID:
    patient = Patient(mrn="10007", family=family, given="Maria", sex="female")
    uow.add(patient)
    return patient.id


def put_appointment(uow: UnitOfWork, patient_id: uuid.UUID, status: str = "arrived") -> uuid.UUID:
    template = NoteTemplate(name="Cough", shortcut="uri", body={"subjective": "Cough ⟦days⟧"})
    uow.add(template)
    kind = AppointmentType(name="Sick visit", note_template_id=template.id)
    uow.add(kind)
    appointment = Appointment(
        patient_id=patient_id,
        practitioner_id=uow.actor.practitioner_id,
        type_id=kind.id,
        start_at=uow.now,
        end_at=uow.now + timedelta(minutes=20),
        status=status,
        reason="cough",
    )
    uow.add(appointment)
    return appointment.id


def status_of(record: Record, appointment_id: uuid.UUID) -> str:
    sql = "SELECT status FROM appointment WHERE id = ?"
    return str(record.rows(sql, appointment_id.bytes)[0][0])


def test_starting_takes_the_person_into_the_room_with_the_types_template(record: Record) -> None:
    patient_id = record.write(put_patient)
    booked = record.write(put_appointment, patient_id)
    started = record.write(encounters.start_visit, appointment_id=booked)
    assert started.patient_id == patient_id
    assert status_of(record, booked) == "in-room"
    (note,) = record.read(notes.notes_of, started.encounter_id)
    assert note.text == NoteText(subjective="Cough ⟦days⟧")


def test_starting_twice_is_one_visit(record: Record) -> None:
    patient_id = record.write(put_patient)
    booked = record.write(put_appointment, patient_id)
    first = record.write(encounters.start_visit, appointment_id=booked)
    assert record.write(encounters.start_visit, appointment_id=booked) == first
    assert record.write(encounters.start_visit, patient_id=patient_id) == first


def test_starting_from_the_chart_finds_the_appointment_that_waits(record: Record) -> None:
    patient_id = record.write(put_patient)
    booked = record.write(put_appointment, patient_id)
    record.write(encounters.start_visit, patient_id=patient_id)
    assert status_of(record, booked) == "in-room"


def test_a_visit_needs_somebody(record: Record) -> None:
    with pytest.raises(ValidationError):
        record.write(encounters.start_visit)
    with pytest.raises(NotFoundError):
        record.write(encounters.start_visit, appointment_id=uuid.uuid4())
    with pytest.raises(NotFoundError):
        record.write(encounters.start_visit, patient_id=uuid.uuid4())


def test_a_cancelled_appointment_is_not_seen(record: Record) -> None:
    patient_id = record.write(put_patient)
    booked = record.write(put_appointment, patient_id, "cancelled")
    with pytest.raises(RuleError):
        record.write(encounters.start_visit, appointment_id=booked)
    assert record.rows("SELECT count(*) FROM encounter") == [(0,)]


def test_signing_locks_the_note_and_sends_the_person_to_the_till(record: Record) -> None:
    patient_id = record.write(put_patient)
    booked = record.write(put_appointment, patient_id)
    visit = record.write(encounters.start_visit, appointment_id=booked).encounter_id
    record.write(notes.save_note, visit, NoteText(plan="Rest"))
    record.clock.advance(minutes=10)
    record.write(encounters.sign, visit)
    (note,) = record.read(notes.notes_of, visit)
    assert (note.status, note.is_whole, note.author) == ("signed", True, "Dr Amina Kamau")
    assert status_of(record, booked) == "to-bill"
    (row,) = record.rows("SELECT status, end_at - start_at FROM encounter")
    assert row == ("finished", 600_000)
    with pytest.raises(RuleError):
        record.write(notes.save_note, visit, NoteText(plan="Work"))
    with pytest.raises(RuleError):
        record.write(encounters.sign, visit)


def test_even_bare_sql_cannot_change_a_signed_note(record: Record) -> None:
    visit = record.write(encounters.start_visit, patient_id=record.write(put_patient)).encounter_id
    record.write(encounters.sign, visit)
    with pytest.raises(RuleError):
        record.write(lambda uow: uow.cursor.execute("UPDATE note SET plan = 'x'"))


def test_an_addendum_is_added_only_after_signing(record: Record) -> None:
    visit = record.write(encounters.start_visit, patient_id=record.write(put_patient)).encounter_id
    with pytest.raises(RuleError):
        record.write(notes.add_addendum, visit, "late result")
    record.write(encounters.sign, visit)
    with pytest.raises(ValidationError):
        record.write(notes.add_addendum, visit, "  ")
    record.write(notes.add_addendum, visit, "X-ray was normal.")
    note, addendum = record.read(notes.notes_of, visit)
    assert (note.kind, addendum.kind) == ("soap", "addendum")
    assert addendum.text.subjective == "X-ray was normal."
    assert addendum.status == "signed"


def test_words_of_somebody_else_are_not_overwritten(record: Record) -> None:
    visit = record.write(encounters.start_visit, patient_id=record.write(put_patient)).encounter_id
    (note,) = record.read(notes.notes_of, visit)
    nurse = record.as_role("nurse")
    record.store.write(
        nurse, notes.save_note, visit, NoteText(objective="RR 18"), base=note.version
    ).result()
    with pytest.raises(StaleError):
        record.write(notes.save_note, visit, NoteText(plan="Rest"), base=note.version)
    with pytest.raises(StaleError):
        record.write(encounters.sign, visit, base=note.version)
    (note,) = record.read(notes.notes_of, visit)
    assert note.text == NoteText(objective="RR 18")


def test_a_receptionist_neither_starts_nor_reads_a_visit(record: Record) -> None:
    patient_id = record.write(put_patient)
    reception = record.as_role("receptionist")
    with pytest.raises(PermissionDeniedError):
        record.store.write(reception, encounters.start_visit, patient_id=patient_id).result()
    with pytest.raises(PermissionDeniedError):
        record.store.read(reception, notes.notes_of, uuid.uuid4()).result()


def test_a_nurse_writes_but_does_not_sign(record: Record) -> None:
    nurse = record.as_role("nurse")
    patient_id = record.write(put_patient)
    started = record.store.write(nurse, encounters.start_visit, patient_id=patient_id).result()
    with pytest.raises(PermissionDeniedError):
        record.store.write(nurse, encounters.sign, started.encounter_id).result()


def test_the_doctor_of_the_visit_signs_it(record: Record) -> None:
    patient_id, colleague = record.write(put_patient), record.as_role("doctor")
    started = record.write(encounters.start_visit, patient_id=patient_id)
    with pytest.raises(PermissionDeniedError):
        record.store.write(colleague, encounters.sign, started.encounter_id).result()
    record.write(encounters.sign, started.encounter_id)


def test_a_visit_that_a_nurse_began_waits_for_any_doctor(record: Record) -> None:
    nurse = replace(record.as_role("nurse"), practitioner_id=record.owner.practitioner_id)
    patient_id = record.write(put_patient)
    started = record.store.write(nurse, encounters.start_visit, patient_id=patient_id).result()
    colleague = record.as_role("doctor")
    record.store.write(colleague, encounters.sign, started.encounter_id).result()
