"""Vital signs: read as typed, judged by age and history, stored as observations."""

from __future__ import annotations

import uuid
from decimal import Decimal

import pytest

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.vitals import VitalKind
from clinic_desktop.errors import RuleError, ValidationError
from clinic_desktop.models.patient import Patient
from clinic_desktop.services import encounters, observations
from clinic_desktop.services.observations import TypedVital
from tests.support.records import Record


def put_patient(uow: UnitOfWork, born: str = "1965-02-03") -> uuid.UUID:
    patient = Patient(mrn="10007", family="Ivanova", given="Maria", birth_date=born)
    uow.add(patient)
    return patient.id


def begin(record: Record, born: str = "1965-02-03") -> uuid.UUID:
    patient_id = record.write(put_patient, born)
    return record.write(encounters.start_visit, patient_id=patient_id).encounter_id


def rows(record: Record) -> list[tuple[object, ...]]:
    return record.rows(
        "SELECT code, value, unit_code, status, parent_id IS NOT NULL FROM observation ORDER BY id"
    )


def test_blood_pressure_is_a_panel_with_two_parts(record: Record) -> None:
    visit = begin(record)
    seen = record.write(observations.record_vitals, visit, [TypedVital("bp", "138/84")])
    assert rows(record) == [
        ("85354-9", "", "", "final", 0),
        ("8480-6", "138", "mm[Hg]", "final", 1),
        ("8462-4", "84", "mm[Hg]", "final", 1),
    ]
    assert seen.here[VitalKind.DIASTOLIC].value == 84


def test_units_typed_are_converted_and_bmi_follows(record: Record) -> None:
    visit = begin(record)
    typed = [TypedVital("weight", "180 lb"), TypedVital("height", "172")]
    seen = record.write(observations.record_vitals, visit, typed)
    assert seen.here[VitalKind.WEIGHT].value == Decimal("81.65")
    assert seen.here[VitalKind.BMI].value == Decimal("27.6")


def test_an_adults_old_height_serves_the_new_weight(record: Record) -> None:
    patient_id = record.write(put_patient)
    first = record.write(encounters.start_visit, patient_id=patient_id).encounter_id
    record.write(observations.record_vitals, first, [TypedVital("height", "172")])
    record.write(encounters.sign, first)
    record.clock.advance(days=400)
    second = record.write(encounters.start_visit, patient_id=patient_id).encounter_id
    seen = record.write(observations.record_vitals, second, [TypedVital("weight", "82")])
    assert seen.here[VitalKind.BMI].value == Decimal("27.7")
    assert seen.before[VitalKind.HEIGHT].value == 172


def test_impossible_is_refused_and_nothing_is_kept(record: Record) -> None:
    visit = begin(record)
    typed = [TypedVital("pulse", "76"), TypedVital("temperature", "379")]
    with pytest.raises(ValidationError) as refused:
        record.write(observations.record_vitals, visit, typed)
    assert refused.value.field == "temperature"
    assert rows(record) == []


def test_unusual_needs_a_yes_which_is_kept(record: Record) -> None:
    visit = begin(record)
    with pytest.raises(ValidationError, match="unusual"):
        record.write(observations.record_vitals, visit, [TypedVital("pulse", "160")])
    typed = [TypedVital("pulse", "160", confirmed=True)]
    seen = record.write(observations.record_vitals, visit, typed)
    assert seen.here[VitalKind.PULSE].is_confirmed_unusual


def test_a_weight_in_pounds_is_questioned(record: Record) -> None:
    patient_id = record.write(put_patient)
    first = record.write(encounters.start_visit, patient_id=patient_id).encounter_id
    record.write(observations.record_vitals, first, [TypedVital("weight", "82")])
    record.write(encounters.sign, first)
    record.clock.advance(days=30)
    second = record.write(encounters.start_visit, patient_id=patient_id).encounter_id
    with pytest.raises(ValidationError, match="pounds"):
        record.write(observations.record_vitals, second, [TypedVital("weight", "180.8")])


def test_a_changed_value_is_a_new_row_that_corrects_the_old(record: Record) -> None:
    visit = begin(record)
    record.write(observations.record_vitals, visit, [TypedVital("pulse", "76")])
    record.write(observations.record_vitals, visit, [TypedVital("pulse", "76")])
    record.write(observations.record_vitals, visit, [TypedVital("pulse", "86")])
    assert [(row[1], row[3]) for row in rows(record)] == [
        ("76", "entered-in-error"),
        ("86", "corrected"),
    ]
    assert record.rows("SELECT count(*) FROM observation WHERE corrects_id IS NOT NULL") == [(1,)]


def test_a_new_pressure_takes_the_old_panel_with_it(record: Record) -> None:
    visit = begin(record)
    record.write(observations.record_vitals, visit, [TypedVital("bp", "138/84")])
    record.write(observations.record_vitals, visit, [TypedVital("bp", "120/80")])
    assert [(row[1], row[3]) for row in rows(record)] == [
        ("", "entered-in-error"),
        ("138", "entered-in-error"),
        ("84", "entered-in-error"),
        ("", "final"),
        ("120", "corrected"),
        ("80", "corrected"),
    ]


def test_what_is_typed_later_in_one_save_corrects_what_came_before(record: Record) -> None:
    """The rows are judged as they stand in memory: nothing is written before the end."""
    visit = begin(record)
    typed = [("weight", "82"), ("height", "172"), ("weight", "83"), ("height", "")]
    seen = record.write(observations.record_vitals, visit, [TypedVital(*each) for each in typed])
    assert {kind: each.value for kind, each in seen.here.items()} == {VitalKind.WEIGHT: 83}
    assert [(row[1], row[3]) for row in rows(record)] == [
        ("82.00", "entered-in-error"),
        ("172.0", "entered-in-error"),
        ("83.00", "corrected"),
    ]
    assert record.read(observations.vitals_context, visit).here == seen.here


def test_an_emptied_field_takes_its_value_back(record: Record) -> None:
    visit = begin(record)
    record.write(observations.record_vitals, visit, [TypedVital("bp", "138/84")])
    seen = record.write(observations.record_vitals, visit, [TypedVital("bp", " ")])
    assert dict(seen.here) == {}
    assert {row[3] for row in rows(record)} == {"entered-in-error"}


def test_a_childs_limits_are_those_of_the_age(record: Record) -> None:
    visit = begin(record, born="2026-08-01")
    with pytest.raises(ValidationError):
        record.write(observations.record_vitals, visit, [TypedVital("weight", "82")])
    seen = record.write(observations.record_vitals, visit, [TypedVital("pulse", "140")])
    assert seen.here[VitalKind.PULSE].value == 140


@pytest.mark.parametrize(
    ("field", "text"),
    [("bp", "84/138"), ("bp", "high"), ("pulse", "fast"), ("weight", "82 mm"), ("pulse", "-5")],
)
def test_what_is_no_measurement_is_said_so(record: Record, field: str, text: str) -> None:
    visit = begin(record)
    with pytest.raises(ValidationError) as refused:
        record.write(observations.record_vitals, visit, [TypedVital(field, text)])
    assert refused.value.field == field


def test_a_signed_visit_takes_no_more_measurements(record: Record) -> None:
    visit = begin(record)
    record.write(encounters.sign, visit)
    with pytest.raises(RuleError):
        record.write(observations.record_vitals, visit, [TypedVital("pulse", "76")])
