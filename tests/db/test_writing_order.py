"""What is referred to is written before what refers to it; otherwise SQLite reads whole tables."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from clinic_desktop.db import journal
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.models.encounter import Encounter, Note
from clinic_desktop.models.patient import ContactPoint, Patient
from clinic_desktop.security.primitives import Identity
from clinic_desktop.services import people
from clinic_desktop.services.fhir.tables import Rows
from clinic_desktop.services.people import NewPerson
from clinic_desktop.services.prescribing import prescriptions
from clinic_desktop.services.prescribing.lines import LineForm
from tests.support.records import Record, keys_of


def inserted(record: Record, work: Callable[[UnitOfWork], object]) -> list[str]:
    """The tables that a piece of work inserts into, in order."""
    sent: list[str] = []

    def traced(uow: UnitOfWork) -> None:
        uow.cursor.set_trace_callback(sent.append)
        work(uow)
        uow.session.flush()
        uow.cursor.set_trace_callback(None)

    record.write(traced)
    tables = [statement.split()[2] for statement in sent if statement.startswith("INSERT")]
    return list(dict.fromkeys(tables))


def add_visit(uow: UnitOfWork) -> None:
    """Everything before what it refers to."""
    patient_id, encounter_id = uow.new_id(), uow.new_id()
    patient = {"patient_id": patient_id}
    uow.add(Note(encounter_id=encounter_id, written_at=uow.now, **patient))
    uow.add(Encounter(id=encounter_id, start_at=uow.now, **patient))
    uow.add(ContactPoint(system="phone", value="+254 711 222333", **patient))
    uow.add(Patient(id=patient_id, mrn="A1-1", family="Otieno"))


def test_rows_are_written_as_they_refer_to_each_other(record: Record) -> None:
    written = inserted(record, add_visit)
    assert sorted(written) == ["contact_point", "encounter", "note", "patient"]
    assert written[0] == "patient"
    assert written.index("encounter") < written.index("note")


def test_a_colleague_is_written_before_the_account(record: Record) -> None:
    new = NewPerson("brian", "Dr Brian Otieno", ("doctor",))
    owner, hers = keys_of(record).identity, Identity.new().public
    written = inserted(record, lambda uow: people.add_person(uow, new, owner, hers))
    assert written.index("practitioner") < written.index("app_user")


def test_an_import_writes_in_that_order_too(record: Record) -> None:
    def put(uow: UnitOfWork) -> None:
        rows, patient_id = Rows(uow.cursor, journal.next_cid(uow.cursor)), uow.new_id().bytes
        phone = {"id": uow.new_id().bytes, "patient_id": patient_id, "system": "phone"}
        rows.add(ContactPoint, phone | {"value": "+254 711 222333"})
        rows.add(Patient, {"id": patient_id, "mrn": "A1-1", "family": "Otieno"})
        rows.write()

    assert inserted(record, put) == ["patient", "contact_point"]


@pytest.mark.parametrize("lines", [1, 2])
def test_a_prescription_is_written_before_its_lines(record: Record, lines: int) -> None:
    patient_id = uuid.uuid4()
    record.write(lambda uow: uow.add(Patient(id=patient_id, mrn="A1-1", family="Otieno")))
    line = LineForm("Amoxicillin", "1 cap 3x/day 7d", "500 mg")
    wish = prescriptions.Prescribe(patient_id, (line,) * lines)
    written = inserted(record, lambda uow: prescriptions.prescribe(uow, wish))
    assert written[:3] == ["number_series", "prescription", "medication_request"]
