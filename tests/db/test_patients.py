"""Patients on a real record: registering, correcting, consenting, being looked at."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from clinic_desktop.domain.dates import BirthDate, parse_date
from clinic_desktop.domain.names import HumanName
from clinic_desktop.errors import (
    NotFoundError,
    PermissionDeniedError,
    RuleError,
    StaleError,
    ValidationError,
)
from clinic_desktop.services import patients
from clinic_desktop.services.patients import (
    Identifier,
    PatientEntry,
    Phone,
    Policy,
    PostalAddress,
    RegisterPatient,
    Relative,
    UpdatePatient,
)
from tests.support.records import Record

TODAY = date(2026, 11, 21)
MARIA = PatientEntry(
    name=HumanName("Иванова", "Мария", "Петровна"),
    sex="female",
    birth=BirthDate.of(date(1955, 3, 14)),
    phones=(Phone("0712 345 678"),),
)


def register(record: Record, entry: PatientEntry = MARIA, **more: object) -> uuid.UUID:
    return record.write(patients.register, RegisterPatient(entry, **more))  # type: ignore[arg-type]


def entry_of(record: Record, patient_id: uuid.UUID) -> PatientEntry:
    return record.read(patients.record_of, patient_id).entry


def test_everything_told_is_kept(record: Record) -> None:
    told = replace(
        MARIA,
        name=HumanName("Иванова", "Мария", "Петровна", "Dr", "", "Маша"),
        name_latin="IVANOVA MARIIA",
        phones=(Phone("+254 712 345678", "mobile"), Phone("maria@example.org", system="email")),
        identifiers=(Identifier("AB 123", "passport", assigner="KE"),),
        relatives=(Relative("Пётр Иванов", "son", "+254 722 000000", is_guardian=True),),
        policies=(Policy("SHA", "55-1", valid_to=date(2027, 1, 31)),),
        address=PostalAddress("12 Ngong Road", "Nairobi", country="KE"),
        language="ru",
        marital_status="widowed",
        note="Deaf in the left ear",
    )
    found = entry_of(record, register(record, told))
    assert found.phones[0].value == "+254 712 345678"
    kept = replace(
        found,
        phones=tuple(replace(line, id=None) for line in found.phones),
        identifiers=tuple(replace(line, id=None) for line in found.identifiers),
        relatives=tuple(replace(line, id=None) for line in found.relatives),
        policies=tuple(replace(line, id=None) for line in found.policies),
    )
    phones = (told.phones[0], replace(told.phones[1], rank=2))
    assert kept == replace(told, phones=phones)


def test_numbers_of_charts_differ_and_begin_with_the_device(record: Record) -> None:
    mrns = {
        record.read(patients.record_of, register(record, replace(MARIA, note=str(each)))).mrn
        for each in range(5)
    }
    assert len(mrns) == 5
    (prefix,) = record.rows("SELECT prefix FROM sync_device WHERE dev = 1")[0]
    assert all(mrn.startswith(prefix) for mrn in mrns)


def test_an_age_keeps_that_it_was_an_age(record: Record) -> None:
    birth = parse_date("71y", today=TODAY, past=True).birth
    found = entry_of(record, register(record, replace(MARIA, birth=birth))).birth
    assert found == birth
    assert found is not None
    assert (str(found), found.precision) == ("1955", "age")


def test_a_local_phone_is_kept_in_its_international_spelling(record: Record) -> None:
    assert entry_of(record, register(record)).phones[0].value == "+254 712 345678"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": HumanName()}, "family"),
        ({"name": HumanName("  \u200b ", "")}, "family"),
        ({"name": HumanName("12345")}, "family"),
        ({"name": HumanName("x" * 201)}, "family"),
        ({"sex": "f"}, "sex"),
        ({"birth": BirthDate.of(date(2026, 11, 22))}, "birth"),
        ({"birth": BirthDate.of(date(1890, 1, 1))}, "birth"),
        ({"phones": (Phone("0712 ABC"),)}, "phone"),
        ({"phones": (Phone("12"),)}, "phone"),
        ({"phones": (Phone("+2547123456789012"),)}, "phone"),
        ({"phones": (Phone("maria", system="email"),)}, "email"),
        ({"relatives": (Relative("", phone="0712345678"),)}, "relative"),
        ({"deceased_at": datetime(2026, 12, 1, tzinfo=UTC)}, "deceased"),
        ({"deceased_at": datetime(1950, 1, 1, tzinfo=UTC)}, "deceased"),
        ({"policies": (Policy("A", "1", "", "active", TODAY, date(2026, 1, 1)),)}, "policy"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(
    record: Record, change: dict[str, object], field: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        register(record, replace(MARIA, **change))  # type: ignore[arg-type]
    assert caught.value.field == field
    assert record.rows("SELECT count(*) FROM patient") == [(0,)]


def test_a_second_wrong_phone_is_named_by_its_place(record: Record) -> None:
    with pytest.raises(ValidationError) as caught:
        register(record, replace(MARIA, phones=(Phone("0712345678"), Phone("oops"))))
    assert caught.value.place == "phone 2"


def test_empty_lines_of_the_form_are_no_lines(record: Record) -> None:
    blank = replace(MARIA, phones=(Phone(" "),), relatives=(Relative(""),), policies=(Policy(),))
    found = entry_of(record, register(record, blank))
    assert (found.phones, found.relatives, found.policies) == ((), (), ())


@pytest.mark.parametrize("name", [HumanName("Иванова", "Baby of Мария"), HumanName("Suharto")])
def test_a_newborn_and_a_person_of_one_name_can_be_registered(
    record: Record, name: HumanName
) -> None:
    entry = PatientEntry(name=name)
    assert entry_of(record, register(record, entry)).name == name


def test_only_the_front_desk_registers(record: Record) -> None:
    stranger = record.as_role("cashier")
    with pytest.raises(PermissionDeniedError):
        record.store.write(stranger, patients.register, RegisterPatient(MARIA)).result(60)


def test_consent_given_and_withdrawn_are_both_on_record(record: Record) -> None:
    maria = register(record, consents=("treatment", "data"))
    record.write(patients.withdraw_consent, maria, "data")
    now = {row.kind: row.status for row in record.read(patients.consents_of, maria)}
    assert now == {"treatment": "active", "data": "withdrawn"}
    assert record.rows("SELECT count(*) FROM consent WHERE kind = 'data'") == [(2,)]
    with pytest.raises(RuleError):
        record.write(patients.withdraw_consent, maria, "data")
    record.write(patients.give_consent, maria, "data", given_by="son")
    assert {row.status for row in record.read(patients.consents_of, maria)} == {"active"}


def test_no_known_allergies_is_asked_today(record: Record) -> None:
    maria = register(record, allergy_status="none-known")
    banner = record.read(patients.banner, maria)
    assert (banner.allergy_status, banner.allergy_asked_on) == ("none-known", TODAY)
    with pytest.raises(ValidationError):
        register(record, allergy_status="recorded")


# ---------------------------------------------------------------- corrections


def change(record: Record, patient_id: uuid.UUID, **fields: object) -> UpdatePatient:
    before = entry_of(record, patient_id)
    return UpdatePatient(patient_id, before, replace(before, **fields))  # type: ignore[arg-type]


def test_a_correction_writes_only_what_changed(record: Record) -> None:
    maria = register(record)
    seen = record.changes()
    record.write(patients.update, change(record, maria, language="sw"))
    assert [commit.tables for commit in seen] == [{"patient"}]
    groups = record.rows("SELECT DISTINCT grp FROM sync_cell WHERE pk = ?", maria.bytes)
    assert len(groups) == 1


def test_nothing_changed_is_no_commit(record: Record) -> None:
    maria = register(record)
    seen = record.changes()
    record.write(patients.update, change(record, maria))
    assert seen == []


def test_two_people_can_correct_different_fields(record: Record) -> None:
    maria = register(record)
    hers = change(record, maria, language="sw")
    his = change(record, maria, phones=())
    record.write(patients.update, hers)
    record.write(patients.update, his)
    found = entry_of(record, maria)
    assert (found.language, found.phones) == ("sw", ())


def test_the_second_correction_of_one_field_is_refused(record: Record) -> None:
    maria = register(record)
    hers = change(record, maria, name=HumanName("Петрова", "Мария"))
    his = change(record, maria, name=HumanName("Иванова", "Марина"))
    record.write(patients.update, hers)
    with pytest.raises(StaleError):
        record.write(patients.update, his)
    assert entry_of(record, maria).name == HumanName("Петрова", "Мария")


def test_the_second_correction_of_one_phone_is_refused(record: Record) -> None:
    maria = register(record)
    (phone,) = entry_of(record, maria).phones
    hers = change(record, maria, phones=(replace(phone, value="+254 700 000000"),))
    his = change(record, maria, phones=())
    record.write(patients.update, hers)
    with pytest.raises(StaleError):
        record.write(patients.update, his)


def test_a_corrected_phone_is_found_and_the_old_one_is_not(record: Record) -> None:
    maria = register(record)
    (phone,) = entry_of(record, maria).phones
    new = replace(phone, value="0700 111222")
    record.write(patients.update, change(record, maria, phones=(new,)))
    assert [row.id for row in record.read(patients.search, "111222")] == [maria]
    assert record.read(patients.search, "345678") == []


def test_an_unknown_patient_is_said_to_be_unknown(record: Record) -> None:
    nobody = uuid.UUID(int=1)
    with pytest.raises(NotFoundError):
        record.read(patients.record_of, nobody)
    with pytest.raises(NotFoundError):
        record.write(patients.look, nobody)


# ---------------------------------------------------------------- banner and looks


def test_opening_a_chart_is_on_record_and_makes_it_recent(record: Record) -> None:
    first, second = register(record), register(record, replace(MARIA, note="2"))
    record.write(patients.look, first)
    record.clock.advance(minutes=1)
    record.write(patients.look, second)
    record.clock.advance(minutes=1)
    record.write(patients.look, first)
    assert [row.id for row in record.read(patients.search, "")] == [first, second]
    looks = "SELECT patient_id, user_id FROM audit_event WHERE kind = 'chart.open' ORDER BY id"
    assert [bytes(row[0]) for row in record.rows(looks)] == [first.bytes, second.bytes, first.bytes]


def test_the_banner_flags_namesakes_and_twins(record: Record) -> None:
    maria = register(record)
    assert not record.read(patients.banner, maria).has_namesake
    twin = register(record, replace(MARIA, name=HumanName("ИВАНОВА", "Дарья")))
    assert record.read(patients.banner, maria).has_twin
    assert not record.read(patients.banner, twin).has_namesake
    register(record, replace(MARIA, name=HumanName("иванова", "мария"), birth=None))
    assert record.read(patients.banner, maria).has_namesake


@pytest.mark.parametrize(
    ("died_at", "years"), [(datetime(1989, 2, 15, tzinfo=UTC), 33), (None, None)]
)
def test_nobody_grows_older_after_the_death(
    record: Record, died_at: datetime | None, years: int | None
) -> None:
    maria = register(record)
    record.write(patients.update, change(record, maria, deceased=True, deceased_at=died_at))
    age = record.read(patients.banner, maria).row.age
    assert (age.years if age else None) == years


def test_the_banner_shows_flags_guardian_and_what_is_unknown(record: Record) -> None:
    maria = register(
        record, replace(MARIA, birth=None, relatives=(Relative("Пётр", is_guardian=True),))
    )
    record.write(patients.raise_alert, maria, "Interpreter needed", "info")
    danger = record.write(patients.raise_alert, maria, "Violent", "danger")
    banner = record.read(patients.banner, maria)
    assert [alert.message for alert in banner.alerts] == ["Violent", "Interpreter needed"]
    assert banner.allergy_status == "not-asked"
    assert banner.guardian is not None
    assert banner.row.age is None
    record.write(patients.end_alert, danger)
    assert len(record.read(patients.banner, maria).alerts) == 1
    with pytest.raises(ValidationError):
        record.write(patients.raise_alert, maria, "  ")
