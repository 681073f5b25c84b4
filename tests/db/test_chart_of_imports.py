"""Charts of people whose records none of us wrote."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from clinic_desktop.services import (
    chart,
    chart_results,
    chart_timeline,
    chart_visits,
    encounters,
    immunizations,
)
from clinic_desktop.services.chart_timeline import TimelineKind, TimelineMark
from clinic_desktop.services.encounters_page import visit_page
from clinic_desktop.services.fhir.importing import import_files
from tests.support.records import Record

COUNTED = {
    TimelineKind.VISIT: "encounter",
    TimelineKind.MEDICINE: "medication_request",
    TimelineKind.VACCINE: "immunization",
    TimelineKind.PROCEDURE: "procedure",
    TimelineKind.DOCUMENT: "document_reference",
    TimelineKind.PROBLEM: "condition",
}


@pytest.fixture
def people(record: Record, shared_data: Path) -> list[uuid.UUID]:
    """Five people of both generations of the generator."""
    bundles = sorted((shared_data / "synthea-fhir-r4" / "plain").glob("*.json"))
    report = import_files(record.store, record.owner, bundles)
    assert not report.errors
    return [uuid.UUID(bytes=row[0]) for row in record.rows("SELECT id FROM patient ORDER BY id")]


def whole_timeline(record: Record, patient_id: uuid.UUID, kind: TimelineKind) -> int:
    count, before = 0, None
    while True:
        page = record.read(chart_timeline.timeline, patient_id, (kind,), before)
        count += len(page.entries)
        before = page.next_before
        if before is None:
            return count
        assert isinstance(before, TimelineMark)


def test_every_dated_row_is_in_the_timeline(record: Record, people: list[uuid.UUID]) -> None:
    for kind, table in COUNTED.items():
        rows = record.rows(f"SELECT count(*) FROM {table}")[0][0]  # noqa: S608 - of the list above
        assert sum(whole_timeline(record, each, kind) for each in people) == rows


def test_every_kind_of_result_is_listed_with_its_latest_value(
    record: Record, people: list[uuid.UUID]
) -> None:
    for patient_id in people:
        latest = record.read(chart_results.latest_results, patient_id)
        expected = record.rows(
            "SELECT code, max(effective_at) FROM observation"
            " WHERE patient_id = ? AND value <> '' AND code <> '' GROUP BY code",
            patient_id.bytes,
        )
        assert {row.code for row in latest if row.code} == {code for code, _at in expected}
        for row in latest:
            series = record.read(chart_results.series, patient_id, row.code, row.display)
            assert series is not None
            assert series.rows[-1].measured_at == row.measured_at


def test_summaries_and_old_visits_can_be_read(record: Record, people: list[uuid.UUID]) -> None:
    for patient_id in people:
        seen = record.read(chart.summary, patient_id)
        ids = record.read(chart_visits.visit_ids, patient_id)
        assert [row.id for row in seen.visits] == ids[: chart.LAST_VISITS] != []
        for each in ids[:3]:
            page = record.read(visit_page, each)
            assert not page.is_open
        record.read(immunizations.vaccines_of, patient_id)


def test_a_visit_of_today_goes_on_from_an_imported_record(
    record: Record, people: list[uuid.UUID]
) -> None:
    visit = record.write(encounters.start_visit, patient_id=people[0]).encounter_id
    page = record.read(visit_page, visit)
    assert page.is_open
    assert page.before is not None
    assert page.vitals.before
