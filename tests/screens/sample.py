"""A small clinic whose record has something of everything that a screen can show."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from typing import Any, TypeVar

from clinic_desktop import clinic
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.codes import AppointmentStatus, PaymentMethod
from clinic_desktop.domain.dates import BirthDate, PartialDate
from clinic_desktop.domain.names import HumanName
from clinic_desktop.domain.permissions import Actor
from clinic_desktop.models.confidentiality import CareTeamMember, ChartConfidentiality
from clinic_desktop.models.patient import Coverage
from clinic_desktop.models.practice import AppUser
from clinic_desktop.security.primitives import Identity
from clinic_desktop.services import allergies, encounters, note_templates, patients, people
from clinic_desktop.services.billing import accounts, catalogue, invoices, payments, starter
from clinic_desktop.services.confidentiality import emergency
from clinic_desktop.services.notes import NoteText
from clinic_desktop.services.patients import (
    Decision,
    PatientEntry,
    Phone,
    RegisterPatient,
    Relative,
    UpdatePatient,
    consent_texts,
    sharing,
)
from clinic_desktop.services.prescribing import prescriptions
from clinic_desktop.services.prescribing.lines import LineForm
from clinic_desktop.services.privacy import requests
from clinic_desktop.services.privacy.disclosures import NoteDisclosure, note_disclosure
from clinic_desktop.services.scheduling import bookings, flow, hours, resources, waitlist
from tests.support.charts import put_chart
from tests.support.records import NOON

T = TypeVar("T")
_STEPS = (
    (AppointmentStatus.ARRIVED,),
    (AppointmentStatus.ARRIVED, AppointmentStatus.IN_ROOM),
    (AppointmentStatus.CONFIRMED,),
    (),
)
_PEOPLE = (
    ("Okafor", "Adaeze", "female", "1992-03-01"),
    ("Иванова", "Мария", "female", "1965-07-14"),
    ("الحسن", "أحمد", "male", "2019-05-20"),
    ("Mensah", "Kofi", "male", "1981-02-11"),
)
INSURER = "Green Cross"
_NOTE = NoteText("Cough for three days.", "Chest clear.", "Acute bronchitis.", "Rest. Fluids.")


@dataclass(frozen=True)
class Sample:
    """The ids of what is worth a look."""

    patient_id: uuid.UUID
    encounter_id: uuid.UUID
    """A visit that is being written."""
    appointment_id: uuid.UUID
    signed: tuple[uuid.UUID, uuid.UUID]
    """Patient and visit: signed, prescribed at, and not paid yet."""
    invoice_id: uuid.UUID
    """Of another visit, paid in part."""
    prescription_id: uuid.UUID
    closed_id: uuid.UUID
    """A patient whose chart is a colleague's to read."""
    emergency_id: uuid.UUID
    """Another, whose chart was opened in an emergency."""
    asked_id: uuid.UUID
    """The invoice of a third visit: a cashier asks for its money back."""
    related_id: uuid.UUID
    """Who may be given parts of the first chart."""


def fill(opened: clinic.Clinic) -> Sample:
    """Write it all."""
    return _Filling(opened).run()


class _Filling:
    """Writes as the owner of the practice."""

    def __init__(self, opened: clinic.Clinic) -> None:
        self._opened = opened
        self._today = opened.language().local(NOON).date()

    def _write(self, command: Callable[..., T], *args: Any, **more: Any) -> T:
        return self._opened.store.write(self._opened.actor, command, *args, **more).result(60)

    def run(self) -> Sample:
        kind = self._set_up()
        booked = [self._person(place, kind) for place in range(len(_PEOPLE))]
        people = [patient_id for patient_id, _appointment in booked]
        self._write(waitlist.add, waitlist.AddToWaitlist(people[3], type_id=kind, note="Tuesdays"))
        signed, prescription_id = self._signed_visit(people[0])
        invoice_id = self._part_paid(people[3])
        asked_id = self._asked_back(people[1])
        patient_id = self._write(put_chart)
        allergy = allergies.RecordAllergy(
            patient_id, "Penicillin", criticality="high", reaction="Rash"
        )
        self._write(allergies.record_allergy, allergy)
        encounter_id = self._write(encounters.start_visit, patient_id=patient_id).encounter_id
        related_id = self._privacy(patient_id)
        self._keep(people[1], people[2])
        self._insure(people[3])
        return Sample(
            patient_id,
            encounter_id,
            appointment_id=booked[2][1],
            signed=(people[0], signed),
            invoice_id=invoice_id,
            prescription_id=prescription_id,
            closed_id=people[1],
            emergency_id=people[2],
            asked_id=asked_id,
            related_id=related_id,
        )

    def _insure(self, patient_id: uuid.UUID) -> None:
        """A policy, and something that its insurer got."""
        policy = Coverage(patient_id=patient_id, payer_name=INSURER, policy_number="GC-204-881",
                          valid_to=date(2026, 12, 31))  # fmt: skip
        self._write(lambda uow: uow.add(policy))
        given = NoteDisclosure(patient_id, INSURER, "Claim", "report", "insurer")
        self._write(note_disclosure, given)

    def _privacy(self, patient_id: uuid.UUID) -> uuid.UUID:
        """A text agreed to, a daughter who may know something, a copy given, a request."""
        text = consent_texts.SaveText("data", "Your data", "We keep what you tell us.", "en")
        self._write(consent_texts.save_text, text)
        self._write(patients.decide, Decision(patient_id, "data"))
        self._write(patients.decide, Decision(patient_id, "messages", "refused"))
        store, actor = self._opened.store, self._opened.actor
        before = store.read(actor, patients.record_of, patient_id).result(60).entry
        after = replace(before, relatives=(Relative("Anna Ivanova", "daughter"),))
        self._write(patients.update, UpdatePatient(patient_id, before, after))
        related_id = store.read(actor, sharing.trusted_of, patient_id).result(60)[0].id
        wish = sharing.Share(patient_id, related_id, ("appointments", "medicines", "results"))
        self._write(sharing.share, wish)
        given = NoteDisclosure(patient_id, "City Hospital", "Admission", content="Results of 2026")
        self._write(note_disclosure, given)
        self._write(requests.receive, requests.ReceiveRequest(patient_id, "access"))
        return related_id

    def _keep(self, *patients: uuid.UUID) -> None:
        """Kept in confidence by somebody else; the last one is opened in an emergency."""

        def keep(uow: UnitOfWork) -> None:
            colleague = AppUser(login="jonas", name="Dr Jonas Weber", roles=["doctor"],
                                is_active=False)  # fmt: skip
            uow.add(colleague)
            for each in patients:
                member = CareTeamMember(patient_id=each, user_id=colleague.id)
                uow.add(ChartConfidentiality(patient_id=each), member)

        self._write(keep)
        wish = emergency.OpenChart(patients[-1], "unable", "Found without consciousness")
        self._write(emergency.open_chart, wish)

    def _set_up(self) -> uuid.UUID:
        kind = self._write(resources.save_type, resources.SaveType("Travel advice", 20, "co"))
        self._write(resources.save_room, resources.SaveRoom("Room 1"))
        services = starter.starter_services(self._opened.language(), "KES")
        tax = starter.StarterTax("VAT", 1600)
        self._write(starter.begin_price_list, services, tax)
        template = note_templates.SaveTemplate("Cough", "cough", _NOTE, is_mine=True)
        self._write(note_templates.save_template, template)
        leave: date = self._today + timedelta(days=9)
        self._write(hours.add_closure, hours.AddClosure(leave, leave, "Congress"))
        return kind

    def _person(self, place: int, kind: uuid.UUID) -> tuple[uuid.UUID, uuid.UUID]:
        family, given, sex, born = _PEOPLE[place]
        entry = PatientEntry(
            HumanName(family, given),
            sex=sex,
            birth=BirthDate.of(PartialDate.parse(born)),
            phones=(Phone(f"+2547120004{place:02d}"),),
        )
        wish = bookings.BookAppointment(
            day=self._today,
            at=time(12 + place, 20),
            patient_id=self._write(patients.register, RegisterPatient(entry)),
            practitioner_id=self._opened.actor.practitioner_id,
            type_id=kind,
            reason="Blood pressure review",
        )
        booked = self._write(bookings.book, wish)
        for step in _STEPS[place]:
            self._write(flow.change_status, flow.ChangeStatus(booked.appointment_id, step))
        assert wish.patient_id is not None
        return wish.patient_id, booked.appointment_id

    def _signed_visit(self, patient_id: uuid.UUID) -> tuple[uuid.UUID, uuid.UUID]:
        visit = self._write(encounters.start_visit, patient_id=patient_id).encounter_id
        lines = (
            LineForm("Amoxicillin", "1 cap tid 7d", "500 mg", "capsule"),
            LineForm("Paracetamol", "1 tab prn", "500 mg", "tablet", quantity="20"),
        )
        wish = prescriptions.Prescribe(patient_id, lines, visit)
        prescribed = self._write(prescriptions.prescribe, wish)
        self._write(encounters.sign, visit, text=_NOTE)
        return visit, prescribed.id

    def _part_paid(self, patient_id: uuid.UUID) -> uuid.UUID:
        visit = self._write(encounters.start_visit, patient_id=patient_id).encounter_id
        self._write(encounters.sign, visit, text=_NOTE)
        offered = self._opened.store.read(self._opened.actor, catalogue.services).result(60)
        lines = tuple(accounts.line_of(each) for each in offered[:3])
        form = invoices.InvoiceForm(
            patient_id, lines, visit, discount_bp=1000, discount_reason="Staff"
        )
        issued = self._write(invoices.issue, form)
        paid = payments.TakePayment(issued.id, issued.total_minor // 2, PaymentMethod.CARD)
        self._write(payments.take, paid)
        return issued.id

    def _asked_back(self, patient_id: uuid.UUID) -> uuid.UUID:
        form = invoices.InvoiceForm(patient_id, (invoices.LineForm("ECG at rest", 60_000),))
        issued = self._write(invoices.issue, form)
        self._write(payments.take, payments.TakePayment(issued.id, issued.total_minor))
        new = people.NewPerson("grace", "Grace Wanjiru", ("cashier",))
        signer, keys = self._opened.keys.identity, Identity.new().public
        user_id = self._write(people.add_person, new, signer, keys)
        grace = Actor(user_id, new.login, new.name, new.roles)
        wish = payments.GiveBack(issued.id, 20_000, "Charged twice")
        self._opened.store.proofs.gave(user_id)
        self._opened.store.write(grace, payments.refund, wish).result(60)
        return issued.id
