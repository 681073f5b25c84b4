"""What a person began and did not finish, and about whom."""

from __future__ import annotations

from clinic_desktop.domain.names import HumanName
from clinic_desktop.services import drafts, encounters, patients
from clinic_desktop.services.patients import PatientEntry, RegisterPatient
from clinic_desktop.services.patients.merging import merge
from clinic_desktop.services.unfinished import unfinished
from tests.support.records import Record


def test_each_draft_says_about_whom_it_is(record: Record) -> None:
    maria = record.write(
        patients.register, RegisterPatient(PatientEntry(HumanName("Иванова", "Мария")))
    )
    visit = record.write(encounters.start_visit, patient_id=maria).encounter_id
    name = {"family": "Otieno", "given": "Brian"}
    for kind, subject, body in (
        ("visit", str(visit), {"note": {"plan": "Rest"}}),
        ("invoice", str(maria), {"lines": []}),
        ("appointment", "", {"patient_id": str(maria), "text": "tue 10:30"}),
        ("patient", "", {"fields": name}),
        ("visit", "not an id", {}),
    ):
        record.clock.advance(seconds=1)
        record.write(drafts.save_draft, kind, subject, body)

    found = record.read(unfinished)

    assert [(row.kind, row.name.family) for row in found] == [
        ("visit", ""),
        ("patient", "Otieno"),
        ("appointment", "Иванова"),
        ("invoice", "Иванова"),
        ("visit", "Иванова"),
    ]
    assert [(row.patient_id, row.encounter_id) for row in found[2:]] == [
        (maria, None),
        (maria, None),
        (maria, visit),
    ]


def test_a_draft_of_a_joined_chart_leads_to_the_one_that_stays(record: Record) -> None:
    ids = [
        record.write(patients.register, RegisterPatient(PatientEntry(HumanName(family, "Maria"))))
        for family in ("Ivanova", "Petrova")
    ]
    visit = record.write(encounters.start_visit, patient_id=ids[1]).encounter_id
    record.write(drafts.save_draft, "visit", str(visit), {"note": {"plan": "Rest"}})
    record.write(merge, ids[0], ids[1], reason="one person")

    (found,) = record.read(unfinished)

    assert (found.patient_id, found.encounter_id, found.name.family) == (ids[0], visit, "Ivanova")
