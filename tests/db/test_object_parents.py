"""T13: what belongs to one patient is not found under another."""

from __future__ import annotations

import dataclasses
import inspect
import typing
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from typing import Any

import pytest

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.errors import NotFoundError
from clinic_desktop.models.patient import Patient, RelatedPerson
from clinic_desktop.services import (
    allergies,
    chart_visits,
    conditions,
    documents,
    encounters,
    letters,
)
from clinic_desktop.services.access import ACTIONS
from clinic_desktop.services.billing import accounts, invoices, payments
from clinic_desktop.services.billing.invoices import InvoiceForm
from clinic_desktop.services.documents_checks import CheckedFile
from clinic_desktop.services.papers import archive
from clinic_desktop.services.papers.making import MadePaper
from clinic_desktop.services.patients import consents, sharing
from clinic_desktop.services.prescribing import prescriptions
from clinic_desktop.services.prescribing.lines import LineForm
from clinic_desktop.services.scheduling import bookings, waitlist
from tests.proofs.permissions.matrix import action, services
from tests.support.records import Record

DAY = date(2026, 11, 23)
LINE = LineForm("Amoxicillin", "1 tab 3x/day 7d")
PRICED = invoices.LineForm("Dressing", 100)
FILE = CheckedFile("a.pdf", "application/pdf", b"x", "0" * 64, 1)


@dataclass(frozen=True)
class Two:
    """A patient, and what is another patient's."""

    mine: uuid.UUID
    visit: uuid.UUID
    appointment: uuid.UUID
    waits: uuid.UUID
    medicine: uuid.UUID
    invoice: uuid.UUID
    document: uuid.UUID
    relative: uuid.UUID


def put_patient(uow: UnitOfWork) -> uuid.UUID:
    row = Patient(mrn=uuid.uuid4().hex[:8], family="Ivanova", given="Maria")
    uow.add(row)
    return row.id


Try = Callable[[Record, Two], object]
TRIES: dict[str, Try] = {
    "allergies.record_allergy": lambda r, t: r.write(
        allergies.record_allergy, allergies.RecordAllergy(t.mine, "Nuts", encounter_id=t.visit)
    ),
    "conditions.add_problem": lambda r, t: r.write(
        conditions.add_problem,
        conditions.AddProblem(t.mine, conditions.Coded("Asthma"), encounter_id=t.visit),
    ),
    "documents.add_document": lambda r, t: r.write(
        documents.add_document, documents.AddDocument(t.mine, FILE, "Scan", encounter_id=t.visit)
    ),
    "letters.write_referral": lambda r, t: r.write(
        letters.write_referral, letters.WriteReferral(t.mine, "ENT", "Ear", encounter_id=t.visit)
    ),
    "letters.write_sick_note": lambda r, t: r.write(
        letters.write_sick_note, letters.WriteSickNote(t.mine, DAY, DAY, encounter_id=t.visit)
    ),
    "prescribing.prescriptions.prescribe": lambda r, t: r.write(
        prescriptions.prescribe, prescriptions.Prescribe(t.mine, (LINE,), t.visit)
    ),
    "billing.accounts.checkout": lambda r, t: r.read(accounts.checkout, t.mine, t.visit),
    "billing.invoices.issue": lambda r, t: r.write(
        invoices.issue, InvoiceForm(t.mine, (PRICED,), t.visit)
    ),
    "billing.payments.check_out": lambda r, t: r.write(
        payments.check_out, InvoiceForm(t.mine, (PRICED,), t.visit), "cash"
    ),
    "chart_visits.visit_before": lambda r, t: r.read(chart_visits.visit_before, t.mine, t.visit),
    "patients.consents.decide": lambda r, t: r.write(
        consents.decide, consents.Decision(t.mine, "data", document_id=t.document)
    ),
    "patients.sharing.share": lambda r, t: r.write(
        sharing.share, sharing.Share(t.mine, t.relative, ("notes",))
    ),
    "encounters.start_visit": lambda r, t: r.write(
        encounters.start_visit, appointment_id=t.appointment, patient_id=t.mine
    ),
    "scheduling.bookings.book": lambda r, t: r.write(
        bookings.book,
        bookings.BookAppointment(DAY, time(15), patient_id=t.mine, waitlist_id=t.waits),
    ),
    "papers.archive.keep": lambda r, t: r.write(
        archive.keep, MadePaper("invoice", t.invoice, t.mine, "1", "en", "a4", b"%PDF")
    ),
    "prescribing.prescriptions.prescribe repeats": lambda r, t: r.write(
        prescriptions.prescribe,
        prescriptions.Prescribe(t.mine, (dataclasses.replace(LINE, repeats_id=t.medicine),)),
    ),
}
NO_CHILD = {
    # The other ids are colleagues.
    "confidentiality.team.keep_in_confidence",
    # The other id is of a relative, who is looked for among those of the patient.
    "privacy.portability._note_export", "privacy.portability._write_person",
    # Both ids are patients, joined on purpose.
    "patients.merging.merge",
    # The other ids are rooms, doctors, types and rows to leave out of a look: nobody's own.
    "scheduling.bookings.change", "scheduling.clashes.check_slot", "scheduling.waitlist.add",
    "scheduling.walk_ins.take_walk_in",
    # They only look at a line and keep nothing of it.
    "prescribing.prescriptions.preview", "prescribing.safety.check_line",
}  # fmt: skip


@pytest.fixture(name="two")
def two_patients(record: Record) -> Two:
    """A patient, and another with a bit of everything."""
    mine, other = record.write(put_patient), record.write(put_patient)
    visit = record.write(encounters.start_visit, patient_id=other).encounter_id
    booked = record.write(bookings.book, bookings.BookAppointment(DAY, time(10), patient_id=other))
    waits = record.write(waitlist.add, waitlist.AddToWaitlist(other))
    record.write(prescriptions.prescribe, prescriptions.Prescribe(other, (LINE,)))
    ((medicine,),) = record.rows("SELECT id FROM medication_request")
    issued = record.write(invoices.issue, InvoiceForm(other, (PRICED,), visit))
    document = record.write(documents.add_document, documents.AddDocument(other, FILE, "Scan"))
    relative = RelatedPerson(patient_id=other, name="Anna", relationship="daughter")
    record.write(lambda uow: uow.add(relative))
    return Two(
        mine, visit, booked.appointment_id, waits, uuid.UUID(bytes=medicine), issued.id,
        document, relative.id,
    )  # fmt: skip


@pytest.mark.parametrize("name", sorted(TRIES))
def test_a_child_of_another_patient_is_not_found(record: Record, two: Two, name: str) -> None:
    before = record.rows("SELECT max(dseq) FROM sync_commit")
    with pytest.raises(NotFoundError):
        TRIES[name](record, two)
    assert record.rows("SELECT max(dseq) FROM sync_commit") == before


def test_every_action_with_a_patient_and_something_of_a_patient_is_tried() -> None:
    services()
    tried = {name.partition(" ")[0] for name in TRIES}
    found = {name for name in ACTIONS if _takes_both(inspect.unwrap(action(name)))}
    assert found | {"encounters.start_visit"} == tried | NO_CHILD


def _takes_both(function: Callable[..., Any]) -> bool:
    """Whether a patient's id comes in, and another row's."""
    ids = set()
    for name, hint in typing.get_type_hints(function).items():
        if "UUID" in str(hint) and name != "return":
            ids.add(name)
        elif dataclasses.is_dataclass(hint) and name not in {"return", "reads", "uow"}:
            hints = typing.get_type_hints(hint)
            ids |= {each for each, of in hints.items() if "UUID" in str(of)}
    return any(each.startswith(("patient", "survivor")) for each in ids) and len(ids) > 1
