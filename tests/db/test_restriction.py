"""A chart that is only stored: shown as such, used by nobody without a reason that is on record."""

from __future__ import annotations

import uuid

import pytest

from clinic_desktop.domain.names import HumanName
from clinic_desktop.errors import NotFoundError, RuleError, StoredOnlyError, ValidationError
from clinic_desktop.services import chart, encounters, patients
from clinic_desktop.services.patients import PatientEntry, RegisterPatient
from clinic_desktop.services.privacy import requests, restriction
from clinic_desktop.services.privacy.requests import ReceiveRequest
from tests.support.records import Record

WHY = "The person says the diagnosis is wrong"


@pytest.fixture
def maria(record: Record) -> uuid.UUID:
    return record.write(patients.register, RegisterPatient(PatientEntry(HumanName("Otieno"))))


def test_no_routine_use_while_it_is_only_stored(record: Record, maria: uuid.UUID) -> None:
    record.write(requests.receive, ReceiveRequest(maria, "restriction"))
    record.write(restriction.restrict, maria, "accuracy", WHY)
    for action in (
        lambda: record.read(chart.summary, maria),
        lambda: record.write(encounters.start_visit, patient_id=maria),
    ):
        with pytest.raises(StoredOnlyError, match="only stored"):
            action()
    banner = record.read(patients.banner, maria)
    assert [each.message for each in banner.alerts] == ["Only stored: use restricted"]
    assert not record.read(requests.requests_of, maria)[0].is_open
    other = record.write(patients.register, RegisterPatient(PatientEntry(HumanName("Abara"))))
    record.read(chart.summary, other)


def test_a_reason_opens_it_for_that_person_and_some_hours(record: Record, maria: uuid.UUID) -> None:
    record.write(restriction.restrict, maria, "accuracy", WHY)
    record.write(restriction.use_anyway, maria, "care", "Chest pain, brought in unconscious")
    record.read(chart.summary, maria)
    colleague = record.as_role("doctor")
    with pytest.raises(StoredOnlyError):
        record.store.read(colleague, chart.summary, maria).result(60)
    assert record.rows(
        "SELECT json_extract(detail, '$.reason') FROM audit_event"
        " WHERE kind = 'restriction.exception'"
    ) == [("care",)]
    record.clock.advance(hours=9)
    with pytest.raises(StoredOnlyError):
        record.read(chart.summary, maria)


def test_lifting_it_says_why(record: Record, maria: uuid.UUID) -> None:
    record.write(restriction.restrict, maria, "claim", WHY)
    with pytest.raises(RuleError):
        record.write(restriction.restrict, maria, "claim", WHY)
    with pytest.raises(ValidationError):
        record.write(restriction.lift, maria, "")
    record.write(restriction.lift, maria, "The diagnosis was corrected")
    record.read(chart.summary, maria)
    assert record.read(restriction.restriction_of, maria) is None
    for again in (restriction.lift, lambda *a: restriction.use_anyway(a[0], maria, "care", WHY)):
        with pytest.raises(NotFoundError):
            record.write(again, maria, WHY)
