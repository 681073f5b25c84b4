"""A day in full swing around the present moment, and the calendar of the weeks about it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final

from sqlalchemy import select

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.codes import AppointmentStatus as Status
from clinic_desktop.domain.codes import EncounterStatus, NoteStatus
from clinic_desktop.domain.slip_codes import slip_code
from clinic_desktop.models.clinical import Condition
from clinic_desktop.models.encounter import Encounter, Note
from clinic_desktop.models.patient import Patient
from clinic_desktop.models.practice import AppUser, Location, Practitioner
from clinic_desktop.models.scheduling import Appointment, AppointmentType, WaitlistEntry
from clinic_desktop.services.access import command
from clinic_desktop.services.billing.accounts import checkout
from clinic_desktop.services.billing.invoices import InvoiceForm, issue
from clinic_desktop.services.billing.payments import TakePayment, take
from clinic_desktop.services.notes import text_hash
from clinic_desktop.services.sample.house import AFTERNOON, CHILD_YEARS, CLOSE, LUNCH, OPEN
from clinic_desktop.services.sample.script import Script

_SEED: Final = 20
_WEEK: Final = 7
_VACCINE, _CHECK = 3, 4
"""Places of two types of appointment in every language's list."""
_VACCINE_REASONS, _CHECK_REASONS = (6,), (3,)
_CHILD_REASONS, _ADULT_REASONS = (1, 7, 9), (0, 1, 2, 3, 4, 5, 7, 8, 9)
"""Places in every language's list of reasons."""
_SATURDAY: Final = 5
_METHODS: Final = ("cash", "card", "mobile", "cash", "card")


@dataclass(frozen=True)
class _Slot:
    """One line of today: minutes from now, how far it is, for which doctor."""

    minutes: int
    status: Status
    doctor: int = 0
    is_walk_in: bool = False


_TODAY: Final = (
    _Slot(-180, Status.DONE),
    _Slot(-170, Status.DONE, 1),
    _Slot(-160, Status.DONE),
    _Slot(-140, Status.DONE, 1),
    _Slot(-120, Status.NO_SHOW),
    _Slot(-100, Status.DONE),
    _Slot(-90, Status.CANCELLED, 1),
    _Slot(-80, Status.TO_BILL),
    _Slot(-60, Status.TO_BILL, 1),
    _Slot(-40, Status.IN_ROOM, 1),
    _Slot(-25, Status.IN_ROOM),
    _Slot(-20, Status.ARRIVED, 1),
    _Slot(-10, Status.ARRIVED, 0, is_walk_in=True),
    _Slot(0, Status.ARRIVED),
    _Slot(10, Status.ARRIVED, 1),
    _Slot(20, Status.CONFIRMED),
    _Slot(40, Status.BOOKED),
    _Slot(40, Status.CONFIRMED, 1),
    _Slot(60, Status.BOOKED),
    _Slot(80, Status.BOOKED, 1),
    _Slot(100, Status.CONFIRMED),
    _Slot(120, Status.BOOKED),
    _Slot(140, Status.BOOKED, 1),
    _Slot(160, Status.BOOKED),
)


@command("practice.write")
def fill_calendar(uow: UnitOfWork, script: Script) -> None:
    """Book today, the week before and the week after."""
    _Calendar(uow, script).fill()


class _Calendar:
    def __init__(self, uow: UnitOfWork, script: Script) -> None:
        self._uow = uow
        self._random = Random(_SEED)  # noqa: S311 - the same clinic every time
        session = uow.session
        self._doctors = session.scalars(
            select(Practitioner).where(Practitioner.is_staff).order_by(Practitioner.id)
        ).all()
        self._children: set[uuid.UUID] = set()
        self._rooms = session.scalars(
            select(Location).where(Location.kind == "room").order_by(Location.position)
        ).all()
        self._types = session.scalars(
            select(AppointmentType).order_by(AppointmentType.position)
        ).all()
        self._author = session.scalars(
            select(AppUser.id).where(AppUser.practitioner_id == self._doctors[0].id)
        ).first()
        self._reasons: Sequence[str] = script.data["reasons"]["list"]
        self._waits = str(script.words["waitlist"])
        self._diagnoses = script.data["favourites"]
        self._templates = script.data["templates"]

    def fill(self) -> None:
        patients = self._patients()
        grown, children = ([p for p in patients if (p in self._children) is young]
                           for young in (False, True))  # fmt: skip
        for place, slot in enumerate(_TODAY):
            mine = children if slot.doctor and children else grown
            self._today(slot, mine.pop(), place)
        for patient_id in grown[:2]:
            self._uow.add(
                WaitlistEntry(
                    patient_id=patient_id,
                    practitioner_id=self._doctors[0].id,
                    type_id=self._types[0].id,
                    note=self._waits,
                )
            )
        for offset in (*range(-_WEEK, 0), *range(1, _WEEK + 1)):
            self._other_day(self._uow.today + timedelta(days=offset), patients)

    def _patients(self) -> list[uuid.UUID]:
        """Everybody alive, in an order of chance; remembers who is a child."""
        rows = self._uow.session.execute(
            select(Patient.id, Patient.birth_date)
            .where(~Patient.deceased)
            .order_by(Patient.mrn, Patient.id)
        ).all()
        born_after = str(self._uow.today.year - CHILD_YEARS)
        self._children = {patient_id for patient_id, birth in rows if birth > born_after}
        found = [patient_id for patient_id, _birth in rows]
        self._random.shuffle(found)
        return found

    def _kind(self, patient_id: uuid.UUID) -> AppointmentType:
        """What somebody of this age comes for."""
        places = (_CHECK, _VACCINE, 0) if patient_id in self._children else (0, 0, 1, 2, 2)
        return self._types[self._random.choice(places)]

    def _reason(self, kind: AppointmentType, patient_id: uuid.UUID) -> str:
        fitting = {_VACCINE: _VACCINE_REASONS, _CHECK: _CHECK_REASONS}.get(kind.position)
        usual = _CHILD_REASONS if patient_id in self._children else _ADULT_REASONS
        return self._reasons[self._random.choice(fitting or usual)]

    # ------------------------------------------------------------ today

    def _today(self, slot: _Slot, patient_id: uuid.UUID, place: int) -> None:
        now = self._now()
        start = now + self._offset(slot.minutes, now)
        kind = self._kind(patient_id)
        row = self._row(patient_id, slot.doctor, start, kind, slot.status)
        following = [each.minutes for each in _TODAY[place + 1 :] if each.doctor == slot.doctor]
        if following and not slot.is_walk_in:
            next_start = now + self._offset(following[0], now)
            row.end_at = min(row.end_at, max(next_start, start + timedelta(minutes=5)))
        row.is_walk_in = slot.is_walk_in
        arrived = min(start - timedelta(minutes=6), now - timedelta(minutes=2))
        if slot.status in {Status.ARRIVED, Status.IN_ROOM, Status.TO_BILL, Status.DONE}:
            row.arrived_at = arrived
        if slot.status in {Status.IN_ROOM, Status.TO_BILL, Status.DONE}:
            row.roomed_at = min(start + timedelta(minutes=2), now)
        if slot.status == Status.CANCELLED:
            row.cancel_reason = self._reasons[0]
        self._uow.add(row)
        if slot.status in {Status.TO_BILL, Status.DONE}:
            row.to_bill_at = min(start + timedelta(minutes=kind.duration_min), now)
            row.encounter_id = self._visit(row, kind, place)
        if slot.status == Status.DONE:
            row.status = Status.TO_BILL.value
            self._uow.session.flush()
            self._pay(row, place)
            row.done_at = min(start + timedelta(minutes=kind.duration_min + 5), now)

    def _offset(self, minutes: int, now: datetime) -> timedelta:
        """As planned, or closer together where the day has not so much left on that side."""
        zone = self._uow.zone
        if minutes < 0:
            room = now - datetime.combine(self._uow.today, time(0, 5), zone)
            planned = -_TODAY[0].minutes
        else:
            room = datetime.combine(self._uow.today, time(23, 30), zone) - now
            planned = _TODAY[-1].minutes
        share = min(1.0, max(0.0, room / timedelta(minutes=planned)))
        return timedelta(minutes=int(minutes * share) // 5 * 5)

    def _now(self) -> datetime:
        """The last full five minutes."""
        now = self._uow.now
        return now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)

    def _visit(self, booked: Appointment, kind: AppointmentType, place: int) -> uuid.UUID:
        """A visit with its signed note and diagnosis."""
        assert booked.patient_id is not None  # noqa: S101 - every line of today has a person
        visit = Encounter(
            patient_id=booked.patient_id,
            practitioner_id=booked.practitioner_id,
            location_id=booked.location_id,
            type_display=kind.name,
            status=EncounterStatus.FINISHED.value,
            start_at=booked.roomed_at,
            end_at=booked.to_bill_at,
            reason=booked.reason,
            signed_at=booked.to_bill_at,
            signed_by=self._author,
        )
        self._uow.add(visit)
        code, display = self._diagnoses["diagnoses"][place % len(self._diagnoses["diagnoses"])]
        self._uow.add(
            Condition(
                patient_id=booked.patient_id,
                encounter_id=visit.id,
                system=self._diagnoses["system"],
                code=code,
                code_version=self._diagnoses["version"],
                display=display,
                recorded_at=booked.to_bill_at,
                recorder_id=self._author,
            )
        )
        written = self._templates[-1]
        note = Note(
            encounter_id=visit.id,
            patient_id=booked.patient_id,
            kind="soap",
            subjective=booked.reason,
            objective=_filled(written["objective"]),
            assessment=display,
            plan=_filled(written["plan"]),
            status=NoteStatus.SIGNED.value,
            author_id=self._author,
            written_at=booked.to_bill_at,
            signed_at=booked.to_bill_at,
        )
        note.content_hash = text_hash(note)
        self._uow.add(note)
        return visit.id

    def _pay(self, booked: Appointment, place: int) -> None:
        assert booked.patient_id is not None  # noqa: S101 - every line of today has a person
        offered = checkout(self._uow, booked.patient_id, booked.encounter_id)
        form = InvoiceForm(booked.patient_id, offered.suggested, booked.encounter_id)
        issued = issue(self._uow, form)
        self._uow.session.flush()
        due = issued.total_minor
        if due:
            take(self._uow, TakePayment(issued.id, due, _METHODS[place % len(_METHODS)]))

    # ------------------------------------------------------------ other days

    def _other_day(self, day: date, patients: list[uuid.UUID]) -> None:
        if day.weekday() > _SATURDAY:
            return
        chosen = self._random.sample(patients, k=len(patients) // 2)
        chosen.sort(key=lambda each: each in self._children)  # children see the second doctor
        for doctor in range(len(self._doctors)):
            for start in self._starts(day):
                if not chosen:
                    return
                patient_id = chosen.pop(-1 if doctor else 0)
                kind = self._kind(patient_id)
                status = self._status(day)
                row = self._row(patient_id, doctor, start, kind, status)
                if status == Status.DONE:
                    row.arrived_at = start - timedelta(minutes=7)
                    row.roomed_at = start + timedelta(minutes=3)
                    row.to_bill_at = row.done_at = start + timedelta(minutes=kind.duration_min)
                self._uow.add(row)

    def _status(self, day: date) -> Status:
        if day > self._uow.today:
            return self._random.choice((Status.BOOKED, Status.BOOKED, Status.CONFIRMED))
        return self._random.choices(
            (Status.DONE, Status.NO_SHOW, Status.CANCELLED), weights=(10, 1, 1)
        )[0]

    def _starts(self, day: date) -> Iterator[datetime]:
        """Some of the free half hours of a day."""
        spans = [(OPEN, LUNCH)] + ([(AFTERNOON, CLOSE)] if day.weekday() < _SATURDAY else [])
        for first, last in spans:
            for minute in range(first, last - 29, 30):
                if self._random.random() < 0.7:
                    at = time(minute // 60, minute % 60)
                    yield datetime.combine(day, at, self._uow.zone)

    def _row(
        self,
        patient_id: uuid.UUID,
        doctor: int,
        start: datetime,
        kind: AppointmentType,
        status: Status,
    ) -> Appointment:
        row_id = self._uow.new_id()
        return Appointment(
            id=row_id,
            patient_id=patient_id,
            practitioner_id=self._doctors[doctor].id,
            location_id=self._rooms[doctor].id,
            type_id=kind.id,
            start_at=start,
            end_at=start + timedelta(minutes=kind.duration_min),
            status=status.value,
            reason=self._reason(kind, patient_id),
            code=slip_code(row_id),
        )


def _filled(text: str) -> str:
    """A template's text with its own suggestions in the blanks."""
    return text.replace("⟦", "").replace("⟧", "")
