"""Diagnoses, the problem list and allergies."""

from __future__ import annotations

import uuid

import pytest

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import NotFoundError, RuleError, StaleError, ValidationError
from clinic_desktop.models.clinical import Condition
from clinic_desktop.models.patient import Patient
from clinic_desktop.services import allergies, conditions, encounters
from clinic_desktop.services.allergies import AmendAllergy, RecordAllergy
from clinic_desktop.services.conditions import AddProblem, Coded
from tests.support.records import Record

COUGH = Coded("Acute bronchitis", "icd-10-cm", "J20.9")
DIABETES = Coded("Type 2 diabetes mellitus", "icd-10-cm", "E11.9")


def put_patient(uow: UnitOfWork, merged_into: uuid.UUID | None = None) -> uuid.UUID:
    patient = Patient(mrn="10007", family="Ivanova", given="Maria", merged_into=merged_into)
    uow.add(patient)
    return patient.id


def begin(record: Record) -> tuple[uuid.UUID, uuid.UUID]:
    started = record.write(encounters.start_visit, patient_id=record.write(put_patient))
    return started.patient_id, started.encounter_id


def codes(record: Record, visit: uuid.UUID) -> list[tuple[int, str]]:
    return [(row.rank, row.term.code) for row in record.read(conditions.diagnoses_of, visit)]


def test_diagnoses_keep_their_order_and_are_not_doubled(record: Record) -> None:
    _patient, visit = begin(record)
    first = record.write(conditions.add_diagnosis, visit, DIABETES)
    second = record.write(conditions.add_diagnosis, visit, COUGH)
    assert record.write(conditions.add_diagnosis, visit, DIABETES) == first
    assert codes(record, visit) == [(1, "E11.9"), (2, "J20.9")]
    record.write(conditions.make_main, second)
    assert codes(record, visit) == [(1, "J20.9"), (2, "E11.9")]
    record.write(conditions.remove_diagnosis, second)
    assert codes(record, visit) == [(1, "E11.9")]


def test_what_is_diagnosed_often_is_offered_first(record: Record) -> None:
    for term in (DIABETES, COUGH, COUGH):
        _patient, visit = begin(record)
        record.write(conditions.add_diagnosis, visit, term)
    assert record.read(conditions.favourite_diagnoses) == [COUGH, DIABETES]


@pytest.mark.parametrize("signed_in", [True, False])
def test_a_diagnosis_made_again_is_one_favourite(record: Record, signed_in: bool) -> None:
    actor = record.owner if signed_in else SYSTEM
    for _each in range(2):
        _patient, visit = begin(record)
        record.store.write(actor, conditions.add_diagnosis, visit, COUGH).result()
    assert record.rows("SELECT label, uses FROM favourite") == [(COUGH.display, 2)]


def test_a_signed_visit_keeps_its_diagnoses(record: Record) -> None:
    _patient, visit = begin(record)
    made = record.write(conditions.add_diagnosis, visit, COUGH)
    record.write(encounters.sign, visit)
    for refused in (
        lambda: record.write(conditions.add_diagnosis, visit, DIABETES),
        lambda: record.write(conditions.remove_diagnosis, made),
        lambda: record.write(conditions.make_main, made),
    ):
        with pytest.raises(RuleError):
            refused()


def test_a_diagnosis_comes_onto_the_problem_list_only_when_put_there(record: Record) -> None:
    patient_id, visit = begin(record)
    record.write(conditions.add_diagnosis, visit, COUGH)
    assert record.read(conditions.problems_of, patient_id) == []
    wish = AddProblem(patient_id, DIABETES, onset="2014")
    made = record.write(conditions.add_problem, wish)
    assert record.write(conditions.add_problem, wish) == made
    (problem,) = record.read(conditions.problems_of, patient_id)
    assert (problem.term, problem.onset) == (DIABETES, "2014")


def test_a_resolved_problem_leaves_the_list_and_can_come_back(record: Record) -> None:
    patient_id, _visit = begin(record)
    made = record.write(conditions.add_problem, AddProblem(patient_id, DIABETES))
    record.write(conditions.set_problem_status, made, "resolved")
    assert record.read(conditions.problems_of, patient_id) == []
    (past,) = record.read(conditions.problems_of, patient_id, with_past=True)
    assert (past.clinical_status, past.abated) == ("resolved", "2026-11-21")
    record.write(conditions.set_problem_status, made, "active")
    (back,) = record.read(conditions.problems_of, patient_id)
    assert back.abated == ""
    with pytest.raises(ValidationError):
        record.write(conditions.set_problem_status, made, "forgotten")


def test_imported_diagnoses_count_as_problems_once(record: Record) -> None:
    patient_id, _visit = begin(record)
    imported = [
        Condition(patient_id=patient_id, display=DIABETES.display, code="44054006", onset=onset)
        for onset in ("2011-03-02", "2014-05-06")
    ]
    record.write(lambda uow: uow.add(*imported))
    (problem,) = record.read(conditions.problems_of, patient_id)
    assert problem.onset == "2014-05-06"


def test_nobody_is_free_of_allergies_before_being_asked(record: Record) -> None:
    patient_id, _visit = begin(record)
    assert record.read(allergies.allergies_of, patient_id).status == "not-asked"
    record.write(allergies.record_none_known, patient_id)
    state = record.read(allergies.allergies_of, patient_id)
    assert (state.status, str(state.asked_on)) == ("none-known", "2026-11-21")


def test_an_allergy_replaces_none_known_and_cannot_be_denied(record: Record) -> None:
    patient_id, _visit = begin(record)
    record.write(allergies.record_none_known, patient_id)
    wish = RecordAllergy(patient_id, "Penicillin", criticality="high", reaction="anaphylaxis")
    made = record.write(allergies.record_allergy, wish)
    assert record.write(allergies.record_allergy, wish) == made
    state = record.read(allergies.allergies_of, patient_id)
    assert (state.status, [row.display for row in state.rows]) == ("recorded", ["Penicillin"])
    with pytest.raises(RuleError):
        record.write(allergies.record_none_known, patient_id)


def test_what_is_told_of_a_recorded_allergy_again_is_not_dropped(record: Record) -> None:
    patient_id, _visit = begin(record)
    made = record.write(allergies.record_allergy, RecordAllergy(patient_id, "Penicillin"))
    told = RecordAllergy(patient_id, "penicillin", severity="severe", reaction="anaphylaxis")
    with pytest.raises(ValidationError, match="is recorded already"):
        record.write(allergies.record_allergy, told)
    shown = record.read(allergies.for_editing, made)
    better = AmendAllergy(made, "medication", "severe", "anaphylaxis", shown.base)
    record.write(allergies.amend_allergy, better)
    (row,) = record.read(allergies.allergies_of, patient_id).rows
    assert (row.severity, row.criticality, row.reaction) == ("severe", "high", "anaphylaxis")
    with pytest.raises(StaleError):
        record.write(allergies.amend_allergy, better)
    with pytest.raises(NotFoundError):
        record.write(allergies.amend_allergy, AmendAllergy(uuid.uuid4(), "food", "", ""))
    with pytest.raises(NotFoundError):
        record.read(allergies.for_editing, uuid.uuid4())


def test_after_the_last_allergy_is_withdrawn_the_person_must_be_asked_again(
    record: Record,
) -> None:
    patient_id, _visit = begin(record)
    made = record.write(allergies.record_allergy, RecordAllergy(patient_id, "Penicillin"))
    record.write(allergies.retire_allergy, made, in_error=True)
    state = record.read(allergies.allergies_of, patient_id)
    assert (state.status, state.rows) == ("not-asked", ())
    assert len(record.read(allergies.allergies_of, patient_id, with_past=True).rows) == 1


def test_allergies_of_a_merged_chart_are_heeded(record: Record) -> None:
    patient_id, _visit = begin(record)
    other = record.write(put_patient)
    record.write(allergies.record_allergy, RecordAllergy(other, "Latex"))
    sql = "UPDATE patient SET merged_into = ? WHERE id = ?"
    record.write(lambda uow: uow.cursor.execute(sql, (patient_id.bytes, other.bytes)) and None)
    state = record.read(allergies.allergies_of, patient_id)
    assert (state.status, [row.display for row in state.rows]) == ("recorded", ["Latex"])


def test_nameless_things_are_not_recorded(record: Record) -> None:
    patient_id, visit = begin(record)
    with pytest.raises(ValidationError):
        record.write(allergies.record_allergy, RecordAllergy(patient_id, " "))
    with pytest.raises(ValidationError):
        record.write(conditions.add_diagnosis, visit, Coded(""))
