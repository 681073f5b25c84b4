"""The chart of a person with a history: summary, timeline, visits, results, vaccines."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.vitals import VitalKind
from clinic_desktop.errors import NotFoundError, PermissionDeniedError
from clinic_desktop.models.observation import Observation
from clinic_desktop.services import (
    chart,
    chart_medicines,
    chart_results,
    chart_timeline,
    chart_visits,
    conditions,
    encounters,
    immunizations,
)
from clinic_desktop.services.chart_timeline import TimelineEntry, TimelineKind
from tests.support.charts import put_chart
from tests.support.records import Record


def merge(record: Record, lost: uuid.UUID, survivor: uuid.UUID) -> None:
    sql = "UPDATE patient SET merged_into = ? WHERE id = ?"
    record.write(lambda uow: uow.cursor.execute(sql, (survivor.bytes, lost.bytes)) and None)


def test_the_summary_says_what_is_there_and_invents_nothing(record: Record) -> None:
    seen = record.read(chart.summary, record.write(put_chart))
    assert {row.term.code for row in seen.problems} == {"E11.9", "I10", "J20.9", "M54.5"}
    assert seen.medicines[0].product == "Metformin 850 mg tablets"
    assert seen.allergies.status == "not-asked"
    assert len(seen.visits) == chart.LAST_VISITS
    assert {row.display for row in seen.results} == {
        "Hemoglobin A1c",
        "Creatinine",
        "Potassium",
        "Cholesterol",
    }
    assert seen.trend is not None
    assert seen.trend.display in {row.display for row in seen.results if row.interpretation == "H"}
    assert seen.trend.rows[-1].measured_at == seen.results[0].measured_at
    pulse = next(trend for trend in seen.vitals if trend.kind is VitalKind.PULSE)
    assert len(pulse.points) == 12
    assert list(pulse.points) == sorted(pulse.points)


def test_a_vital_sign_of_no_known_time_is_in_no_trend(record: Record) -> None:
    patient = record.write(put_chart)
    record.write(
        lambda uow: (
            uow.cursor.execute(
                "UPDATE observation SET effective_at = NULL WHERE id ="
                " (SELECT id FROM observation WHERE code = '8867-4' LIMIT 1)"
            )
            and None
        )
    )
    trends = record.read(chart.summary, patient).vitals
    assert len(next(each for each in trends if each.kind is VitalKind.PULSE).points) == 11


def test_an_empty_chart_is_empty(record: Record) -> None:
    seen = record.read(chart.summary, record.write(put_chart, 0))
    assert (seen.problems, seen.vitals, seen.results, seen.visits) == ((), (), (), ())
    with pytest.raises(NotFoundError):
        record.read(chart.summary, uuid.uuid4())


def test_a_merged_chart_is_read_together_with_the_other(record: Record) -> None:
    lost, survivor = record.write(put_chart, 3), record.write(put_chart, 2)
    merge(record, lost, survivor)
    for opened in (lost, survivor):
        seen = record.read(chart.summary, opened)
        visits = record.read(chart_visits.visit_ids, survivor)
        assert len(visits) == 5
        assert seen.patient_id == survivor
        assert [row.id for row in seen.visits] == visits[: chart.LAST_VISITS]
    assert len(record.read(chart_timeline.timeline, survivor, (TimelineKind.VISIT,)).entries) == 5
    series = record.read(chart_results.series, survivor, "4548-4")
    assert series is not None
    assert len(series.rows) == 5


def test_a_resolved_imported_problem_leaves_the_list_with_all_its_copies(record: Record) -> None:
    patient_id = record.write(put_chart)
    pain = next(
        row for row in record.read(conditions.problems_of, patient_id) if row.term.code == "M54.5"
    )
    record.write(conditions.set_problem_status, pain.id, "resolved")
    left = {row.term.code for row in record.read(conditions.problems_of, patient_id)}
    assert left == {"E11.9", "I10", "J20.9"}


def test_the_latest_result_of_each_kind_is_flagged_by_its_range(record: Record) -> None:
    patient_id = record.write(put_chart)
    latest = {row.code: row for row in record.read(chart_results.latest_results, patient_id)}
    assert latest["4548-4"].interpretation == "H"
    assert latest["2823-3"].interpretation == "N"
    newest = max(row.measured_at for row in latest.values() if row.measured_at)
    assert latest["4548-4"].measured_at == newest


def test_a_series_goes_from_old_to_new_with_its_range(record: Record) -> None:
    patient_id = record.write(put_chart)
    found = record.read(chart_results.series, patient_id, "2160-0")
    assert found is not None
    moments = [row.measured_at for row in found.rows if row.measured_at]
    assert moments == sorted(moments)
    assert (found.low, found.high, found.unit) == (44.0, 97.0, "umol/L")
    assert record.read(chart_results.series, patient_id, "none") is None


def test_uncoded_results_are_told_apart_by_their_words(record: Record) -> None:
    patient_id = record.write(put_chart, 0)

    def put(uow: UnitOfWork, display: str, value: str) -> None:
        words = {"display": display, "value": value}
        uow.add(Observation(patient_id=patient_id, effective_at=uow.now, **words))

    for display, value in (("Mood", "good"), ("Sleep", "poor"), ("Mood", "better")):
        record.write(put, display, value)
        record.clock.advance(days=1)
    rows = record.read(chart_results.latest_results, patient_id)
    latest = {row.display: row.value for row in rows}
    assert latest == {"Mood": "better", "Sleep": "poor"}
    mood = record.read(chart_results.series, patient_id, "", "Mood")
    assert mood is not None
    assert [row.value for row in mood.rows] == ["good", "better"]


def walk(
    record: Record, patient_id: uuid.UUID, kinds: tuple[TimelineKind, ...], size: int
) -> list[TimelineEntry]:
    entries: list[TimelineEntry] = []
    before = None
    while True:
        page = record.read(chart_timeline.timeline, patient_id, kinds, before, size)
        entries += page.entries
        before = page.next_before
        if before is None:
            return entries


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.integers(1, 40),
    kinds=st.sets(st.sampled_from(TimelineKind)),
)
def test_pages_of_any_size_make_the_same_timeline(
    record: Record, size: int, kinds: set[TimelineKind]
) -> None:
    found = record.rows("SELECT id FROM patient WHERE merged_into IS NULL LIMIT 1")
    patient_id = uuid.UUID(bytes=found[0][0]) if found else record.write(put_chart, 8)
    chosen = tuple(sorted(kinds))
    whole = walk(record, patient_id, chosen, 1000)
    paged = walk(record, patient_id, chosen, size)
    assert paged == whole
    assert len({(entry.kind, entry.id) for entry in whole}) == len(whole)
    assert whole == sorted(whole, key=lambda entry: (entry.at, entry.id), reverse=True)
    if kinds:
        assert {entry.kind for entry in whole} <= kinds


def test_the_timeline_jumps_to_a_year(record: Record) -> None:
    patient_id = record.write(put_chart, 24)
    years = record.read(chart_timeline.timeline_years, patient_id)
    assert years == [2026, 2025, 2024]
    page = record.read(chart_timeline.timeline_of_year, patient_id, 2025)
    assert page.entries[0].at.year == 2025


def test_visits_come_in_pages_with_their_diagnoses(record: Record) -> None:
    patient_id = record.write(put_chart)
    ids = record.read(chart_visits.visit_ids, patient_id)
    rows = record.read(chart_visits.visit_rows, ids[:5])
    first = rows[ids[0]]
    assert first.diagnoses == "Type 2 diabetes mellitus"
    assert first.excerpt.startswith("Feels well.")
    assert first.start_at > rows[ids[4]].start_at
    before = record.read(chart_visits.visit_before, patient_id, ids[0])
    assert before is not None
    assert before.id == ids[1]
    assert record.read(chart_visits.visit_before, patient_id, ids[-1]) is None
    with pytest.raises(NotFoundError):
        record.read(chart_visits.visit, uuid.uuid4())


def test_the_running_visit_is_part_of_the_chart(record: Record) -> None:
    patient_id = record.write(put_chart, 2)
    started = record.write(encounters.start_visit, patient_id=patient_id)
    assert record.read(chart_visits.visit_ids, patient_id)[0] == started.encounter_id


def test_vaccines_are_grouped_with_their_doses_in_order(record: Record) -> None:
    (vaccine,) = record.read(immunizations.vaccines_of, record.write(put_chart, 25))
    assert vaccine.display == "Influenza vaccine"
    given_at = [dose.occurred_at for dose in vaccine.doses if dose.occurred_at]
    assert len(given_at) == 3
    assert given_at == sorted(given_at)


def test_stopped_medicines_are_shown_only_when_asked_for(record: Record) -> None:
    patient_id = record.write(put_chart)
    sql = "UPDATE medication_request SET status = 'stopped' WHERE product LIKE 'Lisinopril%'"
    record.write(lambda uow: uow.cursor.execute(sql) and None)
    taken = record.read(chart_medicines.medicines_of, patient_id)
    assert len(taken) == 2
    everything = record.read(chart_medicines.medicines_of, patient_id, with_past=True)
    assert [row.is_current for row in everything] == [True, True, False]


def test_the_front_desk_does_not_read_charts(record: Record) -> None:
    patient_id = record.write(put_chart, 1)
    reception = record.as_role("receptionist")
    for question in (chart.summary, chart_timeline.timeline, immunizations.vaccines_of):
        with pytest.raises(PermissionDeniedError):
            record.store.read(reception, question, patient_id).result()


def test_a_long_chart_answers_with_its_latest_page(record: Record) -> None:
    patient_id = record.write(put_chart, 120, each_days=7)
    page = record.read(chart_timeline.timeline, patient_id)
    assert len(page.entries) == chart_timeline.PAGE
    assert page.next_before is not None
    assert page.entries[0].at - page.entries[-1].at < timedelta(days=200)
