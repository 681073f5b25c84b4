"""A practice with three people, two rooms, four types and a morning of appointments."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import pytest

from clinic_desktop.domain.codes import AllergyStatus, AppointmentStatus
from clinic_desktop.domain.dates import BirthDate, PartialDate
from clinic_desktop.domain.names import HumanName
from clinic_desktop.services import patients
from clinic_desktop.services.patients import PatientEntry, Phone, RegisterPatient
from clinic_desktop.services.scheduling import bookings, flow, resources
from clinic_desktop.services.scheduling.changes import AppointmentChange
from tests.support.records import Record

SATURDAY = date(2026, 11, 21)
"""The day at which the clock of a test record stands, at noon in Nairobi."""

PEOPLE = (
    ("Okafor", "Adaeze", "female", "1992-03-01"),
    ("Иванова", "Мария", "female", "1965-07-14"),
    ("Haddad", "Yousef", "male", "2019-05-20"),
    ("Mensah", "Kofi", "male", "1981-02-11"),
    ("Singh", "Harpreet", "female", "1997-03-14"),
    ("Petrov", "Oleg", "male", "1974-09-30"),
    ("Nguyen", "Linh", "female", "2023-06-02"),
    ("Abara", "Chidi", "male", "1988-01-09"),
    ("الحسن", "أحمد", "male", "2021-04-04"),
    ("Moreau", "Claire", "female", "1956-12-24"),
)


@dataclass
class BusyDay:
    """The record and what is in it."""

    record: Record
    people: dict[str, uuid.UUID] = field(default_factory=dict)
    doctors: dict[str, uuid.UUID] = field(default_factory=dict)
    rooms: dict[str, uuid.UUID] = field(default_factory=dict)
    types: dict[str, uuid.UUID] = field(default_factory=dict)

    def book(
        self, family: str, at: str, doctor: str = "Kamau", **more: object
    ) -> AppointmentChange:
        """Book one of the people on the Saturday."""
        wish = {
            "day": SATURDAY,
            "at": time.fromisoformat(at),
            "patient_id": self.people[family],
            "practitioner_id": self.doctors[doctor],
        } | more
        return self.record.write(bookings.book, bookings.BookAppointment(**wish))  # type: ignore[arg-type]

    def stand_at(self, moment: datetime) -> None:
        """Set the clock."""
        clock = self.record.clock
        clock.advance(seconds=(moment - clock.now()).total_seconds())

    def step(self, change: AppointmentChange, status: AppointmentStatus) -> AppointmentChange:
        """Move an appointment on."""
        wish = flow.ChangeStatus(change.appointment_id, status, reason="Asked to")
        return self.record.write(flow.change_status, wish)


@pytest.fixture
def busy_day(record: Record) -> BusyDay:
    """A practice ready to book in; nothing is booked yet."""
    day = BusyDay(record)
    owner = record.owner.practitioner_id
    assert owner is not None
    day.doctors["Kamau"] = owner
    for name, specialty in (("Dr Njeri", "Paediatrics"), ("Nurse Lena", "Treatment")):
        wish = resources.SavePractitioner(name, specialty)
        day.doctors[name.split()[1]] = record.write(resources.save_practitioner, wish)
    for name in ("Room 1", "Ultrasound"):
        day.rooms[name] = record.write(resources.save_room, resources.SaveRoom(name))
    for name, minutes, shortcut in (
        ("Consultation", 20, "co"),
        ("Follow-up", 15, "fu"),
        ("New patient", 30, "new"),
        ("Vaccine", 10, "vac"),
    ):
        wish_type = resources.SaveType(name, minutes, shortcut)
        day.types[name] = record.write(resources.save_type, wish_type)
    for place, (family, given, sex, born) in enumerate(PEOPLE):
        entry = PatientEntry(
            HumanName(family, given),
            sex=sex,
            birth=BirthDate.of(PartialDate.parse(born)),
            phones=(Phone(f"+2547120004{place:02d}"),),
        )
        asked = AllergyStatus.NONE_KNOWN if place % 2 else AllergyStatus.NOT_ASKED
        new = RegisterPatient(entry, allergy_status=asked)
        day.people[family] = record.write(patients.register, new)
    return day


@pytest.fixture
def busy_morning(busy_day: BusyDay) -> BusyDay:
    """The same with a Saturday morning in full swing: every status is on the board."""
    s = AppointmentStatus
    kinds = busy_day.types
    plan: tuple[tuple[int, str, str, str, str, str, tuple[AppointmentStatus, ...]], ...] = (
        (80, "Okafor", "10:40", "Kamau", "Consultation", "Blood pressure review",
         (s.ARRIVED, s.IN_ROOM, s.TO_BILL, s.DONE)),
        (60, "Иванова", "11:00", "Kamau", "Follow-up", "Diabetes follow-up",
         (s.ARRIVED, s.IN_ROOM, s.TO_BILL)),
        (50, "Moreau", "10:30", "Njeri", "Consultation", "Hypertension", (s.NO_SHOW,)),
        (24, "Mensah", "11:40", "Lena", "Consultation", "Wound dressing", (s.ARRIVED,)),
        (11, "Singh", "11:50", "Kamau", "Follow-up", "Antenatal, 28 wk", (s.ARRIVED,)),
        (6, "Haddad", "11:20", "Kamau", "Consultation", "Fever, cough", (s.ARRIVED, s.IN_ROOM)),
        (6, "Petrov", "12:10", "Kamau", "Follow-up", "Repeat prescription", (s.CONFIRMED,)),
        (6, "Nguyen", "12:20", "Lena", "Vaccine", "MMR dose 1", ()),
        (6, "Abara", "12:40", "Njeri", "Consultation", "Results", ()),
        (6, "الحسن", "13:00", "Njeri", "New patient", "", ()),
    )  # fmt: skip
    noon = busy_day.record.clock.now()
    for minutes_ago, family, at, doctor, kind, reason, steps in plan:
        busy_day.stand_at(noon - timedelta(minutes=minutes_ago))
        change = busy_day.book(family, at, doctor, type_id=kinds[kind], reason=reason)
        for step in steps:
            busy_day.step(change, step)
    busy_day.stand_at(noon)
    return busy_day
