"""The warning of similar people, on a real record."""

from __future__ import annotations

import uuid
from datetime import date

import pytest

from clinic_desktop.domain.dates import BirthDate, parse_date
from clinic_desktop.domain.duplicates import Reason
from clinic_desktop.domain.names import HumanName
from clinic_desktop.services import patients
from clinic_desktop.services.patients import Candidate, Identifier, PatientEntry, Phone
from tests.support.records import Record

TODAY = date(2026, 11, 21)
MARIA = PatientEntry(
    HumanName("Иванова", "Мария", "Петровна"),
    sex="female",
    birth=BirthDate.of(date(1955, 3, 14)),
    phones=(Phone("0712 345 678"),),
    identifiers=(Identifier("45 10-123456", "passport"),),
)


@pytest.fixture
def maria(record: Record) -> uuid.UUID:
    """Мария Иванова, among others."""
    for family, given in (("Otieno", "Brian"), ("Смирнова", "Мария"), ("الحسن", "أحمد")):
        entry = PatientEntry(HumanName(family, given))
        record.write(patients.register, patients.RegisterPatient(entry))
    return record.write(patients.register, patients.RegisterPatient(MARIA))


@pytest.mark.parametrize(
    ("candidate", "reason"),
    [
        (Candidate(HumanName("Иванова", "Мария")), Reason.SAME_NAME),
        (Candidate(HumanName("Ivanova", "Maria")), Reason.SOUNDS_ALIKE),
        (Candidate(HumanName("Мария", "Иванова"), birth=MARIA.birth), Reason.SWAPPED_NAMES),
        (Candidate(HumanName("Мария", "Иванова")), Reason.SWAPPED_NAMES),
        (Candidate(HumanName("Мария", "Иван")), Reason.SWAPPED_NAMES),
        (
            Candidate(HumanName("Иванова", "Мария"), birth=BirthDate.of(date(1957, 3, 14))),
            Reason.BIRTH_YEAR,
        ),
        (Candidate(HumanName("", ""), identifiers=("4510 123456",)), Reason.SAME_IDENTIFIER),
        (
            Candidate(
                HumanName("Иванова", "Мар"), birth=parse_date("71y", today=TODAY, past=True).birth
            ),
            Reason.BIRTH_FITS,
        ),
        (
            Candidate(HumanName("Иванова", "Мария"), phones=("0712345678",)),
            Reason.SAME_PHONE,
        ),
    ],
)
def test_the_same_person_is_noticed_under_another_spelling(
    record: Record, maria: uuid.UUID, candidate: Candidate, reason: Reason
) -> None:
    found = record.read(patients.similar, candidate)
    assert found
    assert found[0].row.id == maria
    assert reason in found[0].reasons


def test_the_very_same_person_is_likely(record: Record, maria: uuid.UUID) -> None:
    candidate = Candidate(MARIA.name, "female", MARIA.birth, ("+254 712 345678",))
    (found,) = record.read(patients.similar, candidate)
    assert found.is_likely
    assert record.read(patients.similar, candidate, besides=maria) == []


@pytest.mark.parametrize(
    "candidate",
    [
        Candidate(HumanName("", "")),
        Candidate(HumanName("И", "")),
        Candidate(HumanName("Иванова", "Ольга"), "female", MARIA.birth),
        Candidate(HumanName("Кузнецова", "Ольга")),
    ],
)
def test_others_are_not_taken_for_her(
    record: Record, maria: uuid.UUID, candidate: Candidate
) -> None:
    assert record.read(patients.similar, candidate) == []


def test_newer_sound_alikes_do_not_hide_who_bears_the_very_name(record: Record) -> None:
    """As many as are looked at, and more, share the consonants."""
    entry = PatientEntry(HumanName("Hassan", "Ali"))
    meant = record.write(patients.register, patients.RegisterPatient(entry))
    for number in range(45):
        entry = PatientEntry(HumanName("Husain", f"Ali {number}"))
        record.write(patients.register, patients.RegisterPatient(entry))
    found = record.read(patients.similar, Candidate(HumanName("Hassan", "Ali")))
    assert found[0].row.id == meant
    assert Reason.SAME_NAME in found[0].reasons


def test_many_newer_namesakes_do_not_hide_a_birth_year_off_by_two(record: Record) -> None:
    entry = PatientEntry(HumanName("Hassan", "Ali"), birth=BirthDate.of(date(1989, 3, 14)))
    meant = record.write(patients.register, patients.RegisterPatient(entry))
    for number in range(45):
        born = BirthDate.of(date(1940 + number, 8, 9))
        entry = PatientEntry(HumanName("Hassan", "Ali"), birth=born)
        record.write(patients.register, patients.RegisterPatient(entry))
    for name in (HumanName("Hassan", "Ali"), HumanName("Ali", "Hassan")):
        typed = Candidate(name, birth=BirthDate.of(date(1991, 3, 14)))
        found = record.read(patients.similar, typed)
        assert found[0].row.id == meant
        assert Reason.BIRTH_YEAR in found[0].reasons
