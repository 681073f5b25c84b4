"""Two charts of one person: joined, read as one, and parted without a trace."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.dates import BirthDate
from clinic_desktop.domain.names import HumanName
from clinic_desktop.errors import NotFoundError, PermissionDeniedError, RuleError, ValidationError
from clinic_desktop.models.billing import Invoice
from clinic_desktop.models.encounter import Encounter
from clinic_desktop.models.patient import Patient
from clinic_desktop.services import patients
from clinic_desktop.services.patients import (
    Identifier,
    Order,
    PatientEntry,
    PatientFilter,
    Phone,
    PostalAddress,
    RegisterPatient,
    UpdatePatient,
)
from clinic_desktop.services.patients.merging import FIELDS
from tests.support.records import Record

OLD = PatientEntry(
    HumanName("Ivanova", "Maria"),
    sex="female",
    birth=BirthDate.parse("1955", "year"),
    phones=(Phone("+254 712 345678"),),
    identifiers=(Identifier("OLD-77"),),
    language="en",
    note="old",
)
NEW = PatientEntry(
    HumanName("Иванова", "Мария", "Петровна"),
    sex="female",
    birth=BirthDate.of(date(1955, 3, 14)),
    phones=(Phone("+254 733 000111"),),
    address=PostalAddress("12 Ngong Road", "Nairobi"),
    language="ru",
)


@pytest.fixture
def pair(record: Record) -> tuple[uuid.UUID, uuid.UUID]:
    """The chart that survives, and the one to be joined to it."""
    return tuple(  # type: ignore[return-value]
        record.write(patients.register, RegisterPatient(entry)) for entry in (NEW, OLD)
    )


def whole(record: Record) -> tuple[Any, ...]:
    """Every patient row and the whole search index, without the versions of the log."""
    columns = [column.name for column in Patient.__table__.columns if column.name != "sv"]
    table = record.rows(f"SELECT {', '.join(columns)} FROM patient ORDER BY id")  # noqa: S608
    index = [
        sorted(str(row.id) for row in record.read(patients.search, text))
        for text in ("ivanova", "иванова", "345678", "000111", "OLD-77", "1955", "14.03.1955")
    ]
    return table, index


def test_the_joined_chart_is_read_under_the_surviving_one(
    record: Record, pair: tuple[uuid.UUID, uuid.UUID]
) -> None:
    survivor, merged = pair

    def bill(uow: UnitOfWork) -> None:
        uow.add(
            Invoice(patient_id=merged, status="issued", currency="KES", total_minor=700),
            Invoice(patient_id=survivor, status="issued", currency="KES", total_minor=50),
        )

    record.write(bill)
    record.write(patients.merge, survivor, merged, reason="same passport")
    banner = record.read(patients.banner, merged)
    assert banner.row.id == survivor
    assert banner.row.balance.amount_minor == 750
    assert len(banner.merged_from) == 1
    found = record.read(patients.record_of, merged).entry
    assert {phone.value for phone in found.phones} == {"+254 712 345678", "+254 733 000111"}
    assert found.name == NEW.name
    listed = record.read(patients.patient_list, PatientFilter())
    assert (listed.ids, listed.total) == ((survivor,), 1)
    owing = record.read(patients.patient_list, PatientFilter(only_owing=True))
    assert owing.ids == (survivor,)


def test_what_was_told_of_the_joined_chart_finds_the_surviving_one(
    record: Record, pair: tuple[uuid.UUID, uuid.UUID]
) -> None:
    survivor, merged = pair
    mrn = record.read(patients.record_of, merged).mrn
    record.write(patients.merge, survivor, merged, reason="same")
    for text in (mrn, "OLD-77", "345678", "ivanova maria"):
        assert [row.id for row in record.read(patients.search, text)] == [survivor]


def test_a_phone_corrected_on_the_joined_chart_finds_the_surviving_one(
    record: Record, pair: tuple[uuid.UUID, uuid.UUID]
) -> None:
    survivor, merged = pair
    record.write(patients.merge, survivor, merged, reason="same")
    before = record.read(patients.record_of, survivor).entry
    phones = tuple(
        replace(phone, value="+254 799 888777") if phone.value.endswith("345678") else phone
        for phone in before.phones
    )
    record.write(patients.update, UpdatePatient(survivor, before, replace(before, phones=phones)))
    assert [row.id for row in record.read(patients.search, "888777")] == [survivor]


@given(takes=st.frozensets(st.sampled_from(sorted(FIELDS))))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_joining_and_parting_leaves_everything_as_before(
    record: Record, takes: frozenset[str]
) -> None:
    ours, theirs = (
        record.write(patients.register, RegisterPatient(entry, shares_number=True))
        for entry in (NEW, OLD)  # the examples before this one have left theirs in the record
    )
    before = whole(record)
    merge_id = record.write(patients.merge, ours, theirs, takes, reason="same")
    entry = record.read(patients.record_of, ours).entry
    assert entry.name == (OLD if "name" in takes else NEW).name
    assert entry.birth == (OLD if "birth" in takes else NEW).birth
    record.write(patients.undo_merge, merge_id)
    assert whole(record) == before
    assert record.read(patients.merges_of, ours) == []


def test_a_correction_made_meanwhile_outlives_the_parting(
    record: Record, pair: tuple[uuid.UUID, uuid.UUID]
) -> None:
    survivor, merged = pair
    takes = frozenset({"name", "language"})
    merge_id = record.write(patients.merge, survivor, merged, takes, reason="same")
    before = record.read(patients.record_of, survivor).entry
    corrected = replace(before, name=HumanName("Petrova", "Maria"))
    record.write(patients.update, UpdatePatient(survivor, before, corrected))
    record.write(patients.undo_merge, merge_id)
    after = record.read(patients.record_of, survivor).entry
    assert (after.name.family, after.language) == ("Petrova", "ru")


def test_a_recorded_allergy_is_never_lost_to_none_known(record: Record) -> None:
    ours = record.write(patients.register, RegisterPatient(NEW, allergy_status="none-known"))
    theirs = record.write(patients.register, RegisterPatient(OLD))

    def record_allergy(uow: UnitOfWork) -> None:
        row = uow.session.get(Patient, theirs)
        assert row is not None
        row.allergy_status = "recorded"

    record.write(record_allergy)
    merge_id = record.write(patients.merge, ours, theirs, reason="same")
    sql = "SELECT allergy_status, allergy_asked_on FROM patient WHERE id = ?"
    assert record.rows(sql, ours.bytes) == [("recorded", None)]
    record.write(patients.undo_merge, merge_id)
    assert record.rows(sql, ours.bytes) == [("none-known", "2026-11-21")]


def test_three_charts_can_be_joined_one_after_the_other(
    record: Record, pair: tuple[uuid.UUID, uuid.UUID]
) -> None:
    survivor, merged = pair
    third = record.write(patients.register, RegisterPatient(replace(NEW, note="third")))
    first = record.write(patients.merge, survivor, merged, reason="same")
    second = record.write(patients.merge, third, survivor, reason="same")
    assert record.read(patients.record_of, merged).id == third
    assert [row.id for row in record.read(patients.search, "OLD-77")] == [third]
    assert {row.id for row in record.read(patients.merges_of, third)} == {first, second}
    record.write(patients.undo_merge, second)
    assert [row.id for row in record.read(patients.search, "OLD-77")] == [survivor]


def test_visits_and_debts_count_for_the_last_of_three_joined_charts(
    record: Record, pair: tuple[uuid.UUID, uuid.UUID]
) -> None:
    survivor, merged = pair
    third, other, never = (
        record.write(patients.register, RegisterPatient(replace(NEW, note=note)))
        for note in ("third", "other", "never")
    )
    now = record.clock.now()

    def happen(uow: UnitOfWork) -> None:
        uow.add(
            Invoice(patient_id=merged, status="issued", currency="KES", total_minor=700),
            Encounter(patient_id=merged, start_at=now - timedelta(days=1)),
            Encounter(patient_id=other, start_at=now - timedelta(days=2)),
            Encounter(patient_id=third, start_at=now - timedelta(days=3)),
        )

    record.write(happen)
    record.write(patients.merge, survivor, merged, reason="same")
    record.write(patients.merge, third, survivor, reason="same")
    newest = PatientFilter(order=Order.LAST_VISIT, descending=True)
    assert record.read(patients.patient_list, newest).ids == (third, other, never)
    oldest = PatientFilter(order=Order.LAST_VISIT)
    assert record.read(patients.patient_list, oldest).ids == (other, third, never)
    assert record.read(patients.patient_list, PatientFilter(only_owing=True)).ids == (third,)


def test_charts_that_cannot_be_joined_are_refused(
    record: Record, pair: tuple[uuid.UUID, uuid.UUID]
) -> None:
    survivor, merged = pair
    with pytest.raises(RuleError):
        record.write(patients.merge, survivor, survivor, reason="same")
    with pytest.raises(ValidationError):
        record.write(patients.merge, survivor, merged, reason=" ")
    with pytest.raises(ValidationError):
        record.write(patients.merge, survivor, merged, frozenset({"mrn"}), reason="same")
    merge_id = record.write(patients.merge, survivor, merged, reason="same")
    with pytest.raises(RuleError):
        record.write(patients.merge, merged, survivor, reason="same")
    record.write(patients.undo_merge, merge_id)
    with pytest.raises(RuleError):
        record.write(patients.undo_merge, merge_id)
    with pytest.raises(NotFoundError):
        record.write(patients.undo_merge, uuid.UUID(int=5))


def test_a_joined_chart_cannot_be_corrected_by_an_old_form(
    record: Record, pair: tuple[uuid.UUID, uuid.UUID]
) -> None:
    survivor, merged = pair
    form = record.read(patients.record_of, merged).entry
    record.write(patients.merge, survivor, merged, reason="same")
    with pytest.raises(RuleError):
        record.write(patients.update, UpdatePatient(merged, form, replace(form, note="late")))


def test_the_front_desk_cannot_join_charts(
    record: Record, pair: tuple[uuid.UUID, uuid.UUID]
) -> None:
    desk = record.as_role("receptionist")
    with pytest.raises(PermissionDeniedError):
        record.store.write(desk, patients.merge, pair[0], pair[1], reason="same").result(60)
