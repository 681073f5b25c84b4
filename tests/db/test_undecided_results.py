"""Results, vaccines, vital signs, diagnoses and flags of which two PCs said different things."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.vitals import VitalKind
from clinic_desktop.models.base import Base
from clinic_desktop.models.clinical import Condition, Immunization, Procedure
from clinic_desktop.models.observation import DiagnosticReport, Observation
from clinic_desktop.models.patient import PatientAlert
from clinic_desktop.services import (
    chart,
    chart_results,
    chart_timeline,
    chart_visits,
    conditions,
    immunizations,
    observations,
)
from clinic_desktop.services.chart_timeline import TimelineEntry
from clinic_desktop.services.encounters import start_visit
from clinic_desktop.services.notes import NoteText, save_note
from clinic_desktop.services.observations import TypedVital, record_vitals
from clinic_desktop.services.papers.making import PaperRequest, make
from clinic_desktop.services.patients.banner import banner
from tests.support.pcs import Pc, meet, new_patient
from tests.support.pdf_reading import read_pdf
from tests.support.records import NOON

POTASSIUM = {
    "category": "laboratory", "system": "http://loinc.org", "code": "2823-3",
    "display": "Potassium", "value_kind": "quantity", "unit": "mmol/L", "unit_code": "mmol/L",
    "status": "final", "effective_at": NOON,
}  # fmt: skip


def add(pc: Pc, row: Base) -> None:
    pc.write(lambda uow: uow.add(row))


def result(pc: Pc, patient: uuid.UUID, value: str, **more: Any) -> Observation:
    def write(uow: UnitOfWork) -> Observation:
        row = Observation(
            id=uow.new_id(), patient_id=patient, value=value, value_number=float(value),
            **{**POTASSIUM, **more},
        )  # fmt: skip
        uow.add(row)
        return row

    return pc.write(write)


def apart(first: Pc, second: Pc, table: str, change: str, mine: str, theirs: str) -> None:
    """Both change one column of the only row without knowing of each other."""
    meet(first, second)
    for pc, value in ((first, mine), (second, theirs)):
        pc.sql(f"UPDATE {table} SET {change}", value)  # noqa: S608
        second.clock.advance(minutes=1)
    meet(first, second)


def shown(pc: Pc, patient: uuid.UUID) -> list[tuple[str, bool, bool]]:
    found = pc.read(chart_results.latest_results, patient)
    return sorted((row.value, row.is_disputed, row.is_withdrawn) for row in found)


def told(pc: Pc, patient: uuid.UUID) -> list[TimelineEntry]:
    return list(pc.read(chart_timeline.timeline, patient).entries)


def test_both_values_of_a_result_are_shown(two: tuple[Pc, Pc]) -> None:
    first, second = two
    patient = new_patient(first)
    result(first, patient, "4.1")
    value = "value = ?1, value_number = CAST(?1 AS REAL)"
    apart(first, second, "observation", value, "3.1", "6.4")
    for pc in two:
        assert shown(pc, patient) == [("3.1", True, False), ("6.4", True, False)]
        series = pc.read(chart_results.series, patient, "2823-3")
        assert series
        assert sorted(row.value for row in series.rows) == ["3.1", "6.4"]
        summary = pc.read(chart.summary, patient)
        assert sorted(row.value for row in summary.results) == ["3.1", "6.4"]
        entries = told(pc, patient)
        assert sorted((each.detail, each.is_disputed) for each in entries) == [
            ("3.1 mmol/L", True), ("6.4 mmol/L", True),
        ]  # fmt: skip


def test_a_result_one_pc_took_back_stands_beside_the_one_before(two: tuple[Pc, Pc]) -> None:
    first, second = two
    patient = new_patient(first)
    newest = result(first, patient, "6.4")
    first.clock.advance(minutes=-1)
    meet(first, second)
    first.sql("UPDATE observation SET status = 'amended'")
    second.clock.advance(minutes=3)
    second.sql("UPDATE observation SET status = 'entered-in-error'")
    meet(first, second)
    # The version that is shown took it back; by the other one it still holds.
    assert first.rows("SELECT status FROM observation") == [("entered-in-error",)]
    assert shown(first, patient) == [("6.4", True, False), ("6.4", True, True)]
    assert [each.is_withdrawn for each in told(first, patient)].count(True) == 1
    earlier = result(first, patient, "4.0", effective_at=NOON.replace(year=2025))
    assert shown(first, patient) == [
        ("4.0", False, False), ("6.4", True, False), ("6.4", True, True),
    ]  # fmt: skip
    assert earlier.id != newest.id
    # A later value is the latest, whatever is decided.
    result(first, patient, "4.4", effective_at=NOON.replace(year=2027))
    assert shown(first, patient) == [("4.4", False, False)]


def test_both_versions_of_a_dose_of_a_vaccine(two: tuple[Pc, Pc]) -> None:
    first, second = two
    patient = new_patient(first)

    def give(uow: UnitOfWork) -> None:
        uow.add(
            Immunization(
                id=uow.new_id(),
                patient_id=patient,
                display="Tetanus",
                status="completed",
                occurred_at=NOON,
                lot_number="A1",
                primary_source=True,
            )
        )

    first.write(give)
    apart(first, second, "immunization", "lot_number = ?", "B7", "C9")
    assert first.conflicts()[0].severity == 3
    (vaccine,) = first.read(immunizations.vaccines_of, patient)
    assert sorted((dose.lot_number, dose.is_disputed) for dose in vaccine.doses) == [
        ("B7", True), ("C9", True),
    ]  # fmt: skip
    assert sorted(each.detail for each in told(first, patient)) == ["B7", "C9"]


def test_vital_signs_in_chart_visit_and_on_paper(two: tuple[Pc, Pc]) -> None:
    first, second = two
    patient = new_patient(first)
    visit = first.write(start_visit, patient_id=patient).encounter_id
    first.write(record_vitals, visit, [TypedVital("weight", "80")])
    weight = "value = ?1, value_number = CAST(?1 AS REAL)"
    apart(first, second, "observation", weight, "28", "82")
    found = first.read(observations.vitals_context, visit)
    values = found.here_versions[VitalKind.WEIGHT]
    assert sorted(int(each.value) for each in values) == [28, 82]
    (trend,) = first.read(chart.summary, patient).vitals
    assert sorted(trend.versions) == [28, 82]
    paper = first.write(make, PaperRequest("visit-summary", visit))
    words = " ".join(page.text for page in read_pdf(paper.pdf))
    assert "28" in words
    assert "82" in words
    assert "not decided" in words
    # A new weight is compared with each of them: neither may be passed over.
    second.clock.advance(minutes=60 * 24)
    first.clock.advance(minutes=60 * 24)
    later = first.write(start_visit, patient_id=patient).encounter_id
    context = first.read(observations.vitals_context, later)
    assert len(context.before_versions[VitalKind.WEIGHT]) == 2
    for typed in ("28", "82"):
        assert observations.judge(TypedVital("weight", typed), context).question


@pytest.mark.parametrize("make_row", [
    lambda row, who: Procedure(id=row, patient_id=who, display="Suture", performed_at=NOON,
                               status="completed"),
    lambda row, who: DiagnosticReport(id=row, patient_id=who, display="Full count",
                                      effective_at=NOON, status="final"),
])  # fmt: skip
def test_the_timeline_has_every_version(
    two: tuple[Pc, Pc], make_row: Callable[[uuid.UUID, uuid.UUID], Base]
) -> None:
    first, second = two
    patient = new_patient(first)
    row = make_row(uuid.uuid4(), patient)
    table = row.__tablename__
    add(first, row)
    apart(first, second, table, "display = ?", "Suture of the left hand", "Suture of the right")
    entries = told(first, patient)
    assert [each.is_disputed for each in entries] == [True, True]
    assert len({each.title for each in entries}) == 2
    page = first.read(chart_timeline.timeline, patient, size=1)
    assert len(page.entries) == 2  # versions of one row are not parted by a page's end
    assert page.next_before is None


def test_diagnoses_of_a_visit_and_flags_of_a_person(two: tuple[Pc, Pc]) -> None:
    first, second = two
    patient = new_patient(first)
    visit = first.write(start_visit, patient_id=patient).encounter_id
    first.write(conditions.add_diagnosis, visit, conditions.Coded("Cough"))
    apart(first, second, "condition", "display = ?", "Pneumonia", "Bronchitis")
    found = first.read(conditions.diagnoses_of, visit)
    assert sorted((each.term.display, each.is_disputed) for each in found) == [
        ("Bronchitis", True), ("Pneumonia", True),
    ]  # fmt: skip
    assert first.rows("SELECT count(*) FROM condition") == [(1,)]
    assert issubclass(Condition, Base)

    def flag(uow: UnitOfWork) -> None:
        alert = PatientAlert(
            id=uow.new_id(), patient_id=patient, severity="warn", message="Falls", is_active=True
        )
        uow.add(alert)

    first.write(flag)
    apart(first, second, "patient_alert", "message = ?", "Hepatitis B", "Aggressive when drunk")
    marks = [each.message for each in first.read(banner, patient).alerts]
    assert sorted(marks) == ["Aggressive when drunk", "Hepatitis B"]


def test_both_notes_are_on_paper_and_marked_in_the_list_of_visits(two: tuple[Pc, Pc]) -> None:
    first, second = two
    patient = new_patient(first)
    visit = first.write(start_visit, patient_id=patient).encounter_id
    first.write(save_note, visit, NoteText(plan="Rest."))
    assert not first.read(chart_visits.visit, visit).is_disputed
    apart(first, second, "note", "plan = ?", "Amoxicillin for a week.", "No antibiotics.")
    assert first.read(chart_visits.visit, visit).is_disputed
    paper = first.write(make, PaperRequest("visit-summary", visit))
    words = " ".join(" ".join(page.text.split()) for page in read_pdf(paper.pdf))
    assert "Amoxicillin for a week." in words
    assert "No antibiotics." in words


def test_a_cancelled_visit_with_two_reasons_did_not_take_place(two: tuple[Pc, Pc]) -> None:
    first, second = two
    patient = new_patient(first)
    first.write(start_visit, patient_id=patient)
    first.sql("UPDATE encounter SET status = 'cancelled'")
    apart(first, second, "encounter", "reason = ?", "cough", "fever")
    assert told(first, patient) == told(second, patient) == []


def test_a_result_taken_back_by_both_is_not_told(two: tuple[Pc, Pc]) -> None:
    first, second = two
    patient = new_patient(first)
    result(first, patient, "4.1", status="entered-in-error")
    apart(first, second, "observation", "note = ?", "haemolysed", "wrong tube")
    assert told(first, patient) == told(second, patient) == []
