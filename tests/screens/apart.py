"""A second PC of the sample clinic, and what both wrote without knowing of each other."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, time
from pathlib import Path
from typing import Any, TypeVar

from clinic_desktop.clinic import Clinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.db import applying, commits
from clinic_desktop.db import membership as chain
from clinic_desktop.db.devices import show_members
from clinic_desktop.db.opening import create_store
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.names import HumanName
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.models.clinical import Immunization
from clinic_desktop.models.observation import Observation
from clinic_desktop.security.membership_entries import Device, PutDevice
from clinic_desktop.security.primitives import Identity
from clinic_desktop.services import allergies, encounters, notes, observations, patients
from clinic_desktop.services.billing import invoices, payments
from clinic_desktop.services.billing.invoices import InvoiceForm
from clinic_desktop.services.billing.invoices import LineForm as InvoiceLine
from clinic_desktop.services.notes import NoteText
from clinic_desktop.services.observations import TypedVital
from clinic_desktop.services.patients import PatientEntry, RegisterPatient
from clinic_desktop.services.prescribing import prescriptions
from clinic_desktop.services.prescribing.lines import LineForm
from clinic_desktop.services.scheduling import bookings
from clinic_desktop.services.scheduling.bookings import BookAppointment
from tests.support.records import NOON

T = TypeVar("T")
_DOSE = "UPDATE medication_request SET dose_value = ?, instructions = ? WHERE product = 'Digoxin'"
_PLAN = (
    "Rest for three days. Amlodipine 5 mg in the morning. Come back in two weeks.",
    "Rest for three days. Amlodipine 10 mg at night. Come back in four weeks, sooner if worse.",
)
_MEASURED = {
    "observation": (
        "value = ?1, value_number = CAST(?1 AS REAL) WHERE code = '29463-7'", ("28", "82")
    ),
    "observation ": (
        "value = ?1, value_number = CAST(?1 AS REAL) WHERE code = '2823-3'", ("3.1", "6.4")
    ),
    "appointment": ("reason = ? WHERE status = 'booked'", ("Dressing, left", "Dressing, right")),
    "immunization": ("lot_number = ? WHERE display = 'Tetanus'", ("AB123", "BC456")),
}  # fmt: skip
_FAMILY, _GIVEN = "Njeri", "Wambui"


def write_apart(opened: Clinic) -> uuid.UUID:
    """Let a colleague at another PC write into what is written here too; returns the patient."""
    found = rows(opened.store, "SELECT id FROM patient WHERE family = ?", _FAMILY)
    if found:
        return uuid.UUID(bytes=found[0][0])
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        clock = FixedClock(NOON, seed=77)
        path = Path(folder) / "clinic.db"
        with closing(create_store(path, bytes(range(48)), clock, "Ward")) as other:
            return _Apart(opened, other, clock).run()


def rows(store: Store, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Bare SQL, to find what was made."""

    def ask(reads: ReadSession) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = reads.cursor.execute(sql, values).fetchall()
        return found

    return store.read(SYSTEM, ask).result(60)


def _measure(uow: UnitOfWork, patient: uuid.UUID, now: datetime) -> None:
    uow.add(
        Observation(
            id=uow.new_id(), patient_id=patient, category="laboratory", code="2823-3",
            system="http://loinc.org", display="Potassium", value_kind="quantity", value="4.1",
            value_number=4.1, unit="mmol/L", unit_code="mmol/L", reference_low="3.5",
            reference_high="5.1", status="final", effective_at=now,
        ),
        Immunization(
            id=uow.new_id(), patient_id=patient, display="Tetanus", status="completed",
            occurred_at=now, lot_number="AB12", primary_source=True,
        ),
    )  # fmt: skip


class _Apart:
    def __init__(self, opened: Clinic, other: Store, clock: FixedClock) -> None:
        self._opened, self._other, self._clock = opened, other, clock

    def _write(self, command: Callable[..., T], *args: Any, **more: Any) -> T:
        return self._opened.store.write(self._opened.actor, command, *args, **more).result(60)

    def run(self) -> uuid.UUID:
        """Write here, hand over, write at both, hand over."""
        self._let_in()
        entry = PatientEntry(HumanName(_FAMILY, _GIVEN), sex="female")
        patient = self._write(patients.register, RegisterPatient(entry))
        line = LineForm("Digoxin", "1 tab 1x/day 30d")
        self._write(prescriptions.prescribe, prescriptions.Prescribe(patient, (line,)))
        wish = allergies.RecordAllergy(patient, "Nuts", severity="moderate")
        allergy = self._write(allergies.record_allergy, wish)
        visit = self._write(encounters.start_visit, patient_id=patient).encounter_id
        self._write(notes.save_note, visit, NoteText("Tired for a week.", plan="Rest."))
        self._write(observations.record_vitals, visit, [TypedVital("weight", "80")])
        self._write(_measure, patient, self._clock.now())
        ((doctor,),) = rows(self._opened.store, "SELECT min(id) FROM practitioner")
        who, now = uuid.UUID(bytes=doctor), self._clock.now()
        booked = BookAppointment(
            now.date(), time(11, 20), 20, patient, practitioner_id=who, reason="Wound dressing",
            overlap_reason="closed hours",
        )  # fmt: skip
        self._write(bookings.book, booked)
        lines = (InvoiceLine("Wound dressing", 50_000),)
        self._bill = self._write(invoices.issue, InvoiceForm(patient, lines)).id
        self._exchange()
        for place, store in enumerate((self._opened.store, self._other)):
            self._change(place, store, (patient, allergy, visit))
            self._clock.advance(minutes=4)
        self._exchange()
        return patient

    def _change(self, place: int, store: Store, ids: tuple[uuid.UUID, ...]) -> None:
        patient, allergy, visit = ids
        dose = (("0.125", "Half a tablet in the morning"), ("0.25", "One tablet in the morning"))
        name = (("Penicillin", "Rash"), ("Peanut", "Swollen lips"))

        def write(uow: UnitOfWork) -> None:
            uow.cursor.execute(_DOSE, dose[place])
            uow.cursor.execute(
                "UPDATE allergy_intolerance SET display = ?, reaction = ? WHERE id = ?",
                (*name[place], allergy.bytes),
            )
            uow.cursor.execute(
                "UPDATE note SET plan = ? WHERE encounter_id = ?", (_PLAN[place], visit.bytes)
            )
            for table, change in _MEASURED.items():
                sql = f"UPDATE {table} SET {change[0]} AND patient_id = ?"  # noqa: S608
                uow.cursor.execute(sql, (change[1][place], patient.bytes))

        store.write(self._opened.actor, write).result(60)
        paid = payments.TakePayment(self._bill, 50_000, "cash")
        store.write(self._opened.actor, payments.take, paid).result(60)

    def _let_in(self) -> None:
        ((device, public),) = rows(
            self._other, "SELECT device_id, sign_pk FROM sync_device WHERE dev = 1"
        )
        sealing = Identity.new().public.sealing
        there = Device(uuid.UUID(bytes=device), "Ward", bytes(public), sealing)
        signer = self._opened.keys.identity

        def let_in(uow: UnitOfWork) -> None:
            chain.append(uow, signer, PutDevice(there))
            show_members(uow.cursor)

        self._write(let_in)

    def _exchange(self) -> None:
        stores = (self._opened.store, self._other)
        for taker, giver in (stores[::-1], stores):
            ((device,),) = rows(giver, "SELECT device_id FROM sync_device WHERE dev = 1")
            tip = rows(taker, "SELECT tip FROM sync_device WHERE device_id = ?", device)
            after = int(tip[0][0]) if tip else 0

            def handed(reads: ReadSession, after: int = after) -> list[commits.CommitRecord]:
                return commits.outgoing(reads.cursor, after, 100_000)

            found = giver.read(SYSTEM, handed).result(60)
            taker.write(SYSTEM, applying.apply, bytes(device), found, []).result(60)
