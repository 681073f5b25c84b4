"""Finding patients: whatever is typed, in whatever script, order or keyboard layout."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, timedelta

import pytest

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.dates import BirthDate
from clinic_desktop.domain.names import HumanName
from clinic_desktop.models.billing import Invoice, Payment
from clinic_desktop.models.encounter import Encounter
from clinic_desktop.models.scheduling import Appointment
from clinic_desktop.services import patients
from clinic_desktop.services.patients import (
    Identifier,
    Order,
    PatientEntry,
    PatientFilter,
    Phone,
    RegisterPatient,
)
from tests.support.records import Record

PEOPLE = {
    "maria": PatientEntry(
        HumanName("Иванова", "Мария", "Петровна"),
        birth=BirthDate.of(date(1955, 3, 14)),
        phones=(Phone("+7 921 555-44-71"),),
        identifiers=(Identifier("4510 123456", "passport"),),
    ),
    "igor": PatientEntry(HumanName("Иванов", "Игорь"), birth=BirthDate.of(date(1980, 1, 2))),
    "jose": PatientEntry(HumanName("Muñoz", "José"), phones=(Phone("0712 345 678"),)),
    "ahmad": PatientEntry(HumanName("الحسن", "أحمد"), birth=BirthDate.of(date(2021, 5, 5))),
    "iva": PatientEntry(HumanName("Iva", "Tomasi")),
}


@pytest.fixture
def people(record: Record) -> dict[str, uuid.UUID]:
    """Five patients, registered one after the other."""
    return {
        name: record.write(patients.register, RegisterPatient(entry))
        for name, entry in PEOPLE.items()
    }


def found(record: Record, people: dict[str, uuid.UUID], text: str) -> list[str]:
    names = {each: name for name, each in people.items()}
    return [names[row.id] for row in record.read(patients.search, text)]


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("ivanova", "maria"),
        ("Иванова", "maria"),
        ("ИВАНОВА мария", "maria"),
        ("мария иванова", "maria"),
        ("bdfyjdf", "maria"),
        ("ivanova 71", "maria"),
        ("иван 1955", "maria"),
        ("14.03.1955", "maria"),
        ("4471", "maria"),
        ("5554471", "maria"),
        ("8 921 555 44 71", "maria"),
        ("123456", "maria"),
        ("munoz", "jose"),
        ("jose mu", "jose"),
        ("+254 712 345678", "jose"),
        ("0712345678", "jose"),
        ("احمد", "ahmad"),
        ("الحسن", "ahmad"),
        ("حسن", "ahmad"),
        ("hasan", "ahmad"),
    ],
)
def test_whoever_is_meant_comes_first(
    record: Record, people: dict[str, uuid.UUID], typed: str, name: str
) -> None:
    assert found(record, people, typed)[0] == name


def test_a_whole_word_comes_before_its_beginning(
    record: Record, people: dict[str, uuid.UUID]
) -> None:
    newer = PatientEntry(HumanName("Ivanenko", "A"))
    people["ivanenko"] = record.write(patients.register, RegisterPatient(newer))
    assert found(record, people, "iva")[0] == "iva"
    assert found(record, people, "ivan")[0] == "ivanenko"


def test_the_number_of_a_chart_finds_it(record: Record, people: dict[str, uuid.UUID]) -> None:
    mrn = record.read(patients.record_of, people["igor"]).mrn
    assert found(record, people, mrn)[0] == "igor"
    assert found(record, people, mrn.lower())[0] == "igor"


def test_the_patient_opened_lately_comes_first(
    record: Record, people: dict[str, uuid.UUID]
) -> None:
    assert found(record, people, "иван") == ["igor", "maria"]
    record.write(patients.look, people["maria"])
    assert found(record, people, "иван") == ["maria", "igor"]
    assert found(record, people, "") == ["maria"]


def test_the_patient_opened_lately_is_found_among_very_many(
    record: Record, people: dict[str, uuid.UUID]
) -> None:
    record.write(patients.look, people["jose"])
    record.write(patients.look, people["maria"])
    for number in range(9):
        entry = PatientEntry(HumanName("Иванченко", f"А{number}"))
        people[f"newer {number}"] = record.write(patients.register, RegisterPatient(entry))
    first = record.read(patients.search, "иван", 3)
    assert len(first) == 3
    assert first[0].id == people["maria"]


def test_namesakes_are_marked_in_every_list(record: Record, people: dict[str, uuid.UUID]) -> None:
    record.write(patients.register, RegisterPatient(replace(PEOPLE["igor"], birth=None)))
    rows = record.read(patients.rows, (people["igor"], people["maria"]))
    assert [row.has_namesake for row in rows] == [True, False]


def test_words_of_two_people_find_nobody(record: Record, people: dict[str, uuid.UUID]) -> None:
    assert found(record, people, "мария игорь") == []
    assert found(record, people, "zzz") == []


@pytest.mark.parametrize("typed", ['"', "'; --", "* OR *", "NEAR(", "(", "-", "^a", "a:b", "😀"])
def test_signs_of_the_query_language_do_no_harm(
    record: Record, people: dict[str, uuid.UUID], typed: str
) -> None:
    record.read(patients.search, typed)
    record.read(patients.patient_list, PatientFilter(typed))


# ---------------------------------------------------------------- the list


def names(record: Record, wanted: PatientFilter) -> list[str]:
    listed = record.read(patients.patient_list, wanted)
    rows = record.read(patients.rows, listed.ids)
    assert [row.id for row in rows] == list(listed.ids)
    assert rows[:100] == list(listed.first)
    return [row.name.family for row in rows]


def happen(record: Record, *things: object) -> None:
    def write(uow: UnitOfWork) -> None:
        uow.add(*things)

    record.write(write)


def invoice(patient_id: uuid.UUID, total: int) -> Invoice:
    return Invoice(patient_id=patient_id, status="issued", currency="KES", total_minor=total)


def payment(record: Record, patient_id: uuid.UUID, amount: int) -> Payment:
    return Payment(
        patient_id=patient_id,
        number="1",
        amount_minor=amount,
        currency="KES",
        method="cash",
        taken_at=record.clock.now(),
    )


def test_the_list_counts_and_filters(record: Record, people: dict[str, uuid.UUID]) -> None:
    everyone = record.read(patients.patient_list, PatientFilter())
    assert (len(everyone.ids), everyone.matching, everyone.total) == (5, 5, 5)
    ivan = record.read(patients.patient_list, PatientFilter("иван", limit=1))
    assert (len(ivan.ids), ivan.matching, ivan.total) == (1, 2, 5)
    assert record.read(patients.patient_list, PatientFilter("- ")).matching == 0


def test_the_list_sorts_by_name_age_visit_and_balance(
    record: Record, people: dict[str, uuid.UUID]
) -> None:
    now = record.clock.now()
    happen(
        record,
        Encounter(patient_id=people["igor"], start_at=now - timedelta(days=3)),
        Encounter(patient_id=people["jose"], start_at=now - timedelta(days=9)),
        Encounter(patient_id=people["iva"], start_at=now, status="cancelled"),
        invoice(people["maria"], 5000),
        invoice(people["iva"], 900),
        payment(record, people["iva"], 900),
    )
    assert names(record, PatientFilter(order=Order.NAME))[:2] == ["Iva", "Muñoz"]
    assert names(record, PatientFilter(order=Order.AGE, descending=True))[:3] == [
        "Иванова",
        "Иванов",
        "الحسن",
    ]
    newest = PatientFilter(order=Order.LAST_VISIT, descending=True)
    assert names(record, newest)[:2] == ["Иванов", "Muñoz"]
    assert names(record, PatientFilter(order=Order.BALANCE, descending=True))[0] == "Иванова"
    owing = record.read(patients.patient_list, PatientFilter(only_owing=True, limit=1))
    assert (list(owing.ids), owing.matching) == ([people["maria"]], 1)
    assert names(record, PatientFilter("iva", only_owing=True)) == ["Иванова"]


def test_a_row_tells_visit_balance_and_next_appointment(
    record: Record, people: dict[str, uuid.UUID]
) -> None:
    now = record.clock.now()
    later = now + timedelta(hours=1)
    happen(
        record,
        Encounter(patient_id=people["maria"], start_at=now - timedelta(days=19)),
        invoice(people["maria"], 1200),
        payment(record, people["maria"], 200),
        Appointment(patient_id=people["maria"], start_at=later, end_at=later),
        Appointment(
            patient_id=people["maria"],
            start_at=now + timedelta(minutes=5),
            end_at=later,
            status="cancelled",
        ),
    )
    (row,) = record.read(patients.rows, (people["maria"],))
    assert row.last_visit_on == date(2026, 11, 2)
    assert (row.balance.amount_minor, row.balance.currency) == (1000, "KES")
    assert row.next_appointment_at == later
    assert row.age is not None
    assert row.age.value == 71


def test_pages_of_a_list_do_not_overlap(record: Record) -> None:
    for number in range(25):
        entry = replace(PEOPLE["igor"], name=HumanName("Сидоров", f"Игорь {number % 3}"))
        record.write(patients.register, RegisterPatient(entry))
    pages = [
        record.read(patients.patient_list, PatientFilter(order=Order.NAME, limit=10, offset=start))
        for start in (0, 10, 20)
    ]
    assert len({each for page in pages for each in page.ids}) == 25
    assert {page.matching for page in pages} == {25}
