"""One line per patient, for lists, the palette and the search on the command line."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.codes import AppointmentStatus, EncounterStatus
from clinic_desktop.domain.dates import Age, BirthDate, DateError, age
from clinic_desktop.domain.money import Money
from clinic_desktop.domain.names import HumanName
from clinic_desktop.models.billing import Invoice, Payment
from clinic_desktop.models.encounter import Encounter
from clinic_desktop.models.patient import ContactPoint, Patient
from clinic_desktop.models.practice import Practice
from clinic_desktop.models.scheduling import Appointment
from clinic_desktop.services.patients.registration import birth_of, name_of

_CHUNK = 400


@dataclass(frozen=True)
class PatientRow:
    """A patient in a list."""

    id: uuid.UUID
    mrn: str
    name: HumanName
    sex: str
    birth: BirthDate | None
    age: Age | None
    phone: str
    last_visit_on: date | None
    next_appointment_at: datetime | None
    balance: Money
    deceased: bool = False


def patient_rows(reads: ReadSession, patient_ids: Sequence[uuid.UUID]) -> list[PatientRow]:
    """The rows of these patients in the order asked for; hidden ones are left out."""
    found: list[PatientRow] = []
    for start in range(0, len(patient_ids), _CHUNK):
        found += _rows(reads, patient_ids[start : start + _CHUNK])
    return found


def _rows(reads: ReadSession, patient_ids: Sequence[uuid.UUID]) -> list[PatientRow]:
    # Tested here and not in SQL, where "merged_into IS NULL" reads the whole index of that column.
    wanted = reads.session.scalars(select(Patient).where(Patient.id.in_(patient_ids)))
    people = {row.id: row for row in wanted if not row.is_deleted and row.merged_into is None}
    charts = charts_of(reads, people)
    phones, visits = _phones(reads, charts), _last_visits(reads, charts)
    expected, balances = _next_appointments(reads, charts), balances_of(reads, charts)
    nothing = Money(0, currency(reads))
    return [
        PatientRow(
            id=row.id,
            mrn=row.mrn,
            name=name_of(row),
            sex=row.sex,
            birth=(birth := birth_of(row.birth_date, row.birth_precision)),
            age=age_of(birth, reads.today),
            phone=phones.get(row.id, ""),
            last_visit_on=visits.get(row.id),
            next_appointment_at=expected.get(row.id),
            balance=balances.get(row.id, nothing),
            deceased=row.deceased,
        )
        for row in map(people.get, patient_ids)
        if row is not None
    ]


def age_of(birth: BirthDate | None, today: date) -> Age | None:
    """The age, unless it is not known; an imported birth may lie ahead."""
    try:
        return age(birth, today) if birth else None
    except DateError:
        return None


def currency(reads: ReadSession) -> str:
    """The practice's currency."""
    return reads.session.scalar(select(Practice.currency).limit(1)) or "USD"


def charts_of(reads: ReadSession, patient_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """Every chart whose rows count for these patients, and the patient it counts for."""
    owner: dict[uuid.UUID, uuid.UUID] = {each: each for each in patient_ids}
    frontier = list(owner)
    while frontier:
        wanted = select(Patient.id, Patient.merged_into).where(Patient.merged_into.in_(frontier))
        merged = [(chart, into) for chart, into in reads.session.execute(wanted)]
        frontier = [chart for chart, _into in merged if chart not in owner]
        owner |= {chart: owner[into] for chart, into in merged if into and chart in frontier}
    return owner


def balances_of(reads: ReadSession, charts: dict[uuid.UUID, uuid.UUID]) -> dict[uuid.UUID, Money]:
    """What is owed: everything issued less everything paid; negative when paid ahead.

    Amounts in other currencies than the practice's are not counted: they cannot be added up.
    """
    ours = currency(reads)
    total: dict[uuid.UUID, int] = defaultdict(int)
    issued = select(Invoice.patient_id, func.sum(Invoice.total_minor)).where(
        Invoice.status == "issued", Invoice.currency == ours, ~Invoice.is_deleted
    )
    paid = select(Payment.patient_id, -func.sum(Payment.amount_minor)).where(
        Payment.currency == ours, ~Payment.is_deleted
    )
    for wanted, column in ((issued, Invoice.patient_id), (paid, Payment.patient_id)):
        grouped: Any = wanted.where(column.in_(charts)).group_by(column)
        for chart, amount in reads.session.execute(grouped):
            total[charts[chart]] += amount
    return {patient: Money(amount, ours) for patient, amount in total.items()}


def _phones(reads: ReadSession, charts: dict[uuid.UUID, uuid.UUID]) -> dict[uuid.UUID, str]:
    wanted = select(ContactPoint.patient_id, ContactPoint.value).where(
        ContactPoint.patient_id.in_(charts),
        ContactPoint.system == "phone",
        ~ContactPoint.is_deleted,
    )
    found: dict[uuid.UUID, str] = {}
    for chart, value in reads.session.execute(wanted.order_by(ContactPoint.rank, ContactPoint.id)):
        found.setdefault(charts[chart], value)
    return found


def _last_visits(reads: ReadSession, charts: dict[uuid.UUID, uuid.UUID]) -> dict[uuid.UUID, date]:
    dropped = (EncounterStatus.CANCELLED, EncounterStatus.ENTERED_IN_ERROR)
    wanted = (
        select(Encounter.patient_id, func.max(Encounter.start_at))
        .where(
            Encounter.patient_id.in_(charts),
            Encounter.status.not_in(dropped),
            ~Encounter.is_deleted,
        )
        .group_by(Encounter.patient_id)
    )
    latest: dict[uuid.UUID, datetime] = {}
    for chart, start in reads.session.execute(wanted):
        patient = charts[chart]
        latest[patient] = max(start, latest.get(patient, start))
    return {patient: at.astimezone(reads.zone).date() for patient, at in latest.items()}


def _next_appointments(
    reads: ReadSession, charts: dict[uuid.UUID, uuid.UUID]
) -> dict[uuid.UUID, datetime]:
    expected = (AppointmentStatus.BOOKED, AppointmentStatus.CONFIRMED)
    wanted = select(Appointment.patient_id, func.min(Appointment.start_at)).where(
        Appointment.patient_id.in_(charts),
        Appointment.start_at >= reads.now,
        Appointment.status.in_(expected),
        ~Appointment.is_deleted,
    )
    nearest: dict[uuid.UUID, datetime] = {}
    for chart, start in reads.session.execute(wanted.group_by(Appointment.patient_id)):
        if chart is None:
            continue
        patient = charts[chart]
        nearest[patient] = min(start, nearest.get(patient, start))
    return nearest
