"""What the signed-in person began and did not finish on this PC, and about whom."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from clinic_desktop.db import confidentiality
from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.codes import AppointmentStatus, ClinicalStatus, VerificationStatus
from clinic_desktop.domain.names import HumanName
from clinic_desktop.domain.permissions import allowed
from clinic_desktop.errors import NotFoundError
from clinic_desktop.models.billing import Invoice
from clinic_desktop.models.clinical import AllergyIntolerance
from clinic_desktop.models.confidentiality import EmergencyAccess
from clinic_desktop.models.encounter import Encounter
from clinic_desktop.models.patient import Patient, RelatedPerson
from clinic_desktop.models.privacy import SubjectRequest
from clinic_desktop.models.scheduling import Appointment
from clinic_desktop.models.task import Task
from clinic_desktop.services import charts
from clinic_desktop.services.access import query
from clinic_desktop.services.conflicts import listing
from clinic_desktop.services.drafts import DraftRow, my_drafts
from clinic_desktop.services.patients.registration import name_of

_CANCELLED = AppointmentStatus.CANCELLED.value
_ELSEWHERE = frozenset({"document", "price-list"})
_WITH_PATIENT = frozenset({"appointment", "walk-in", "waitlist"})


@dataclass(frozen=True)
class Unfinished:
    """One draft, without its words."""

    kind: str
    subject: str
    saved_at: datetime
    name: HumanName
    """Of the patient it is about, as far as that is known."""
    patient_id: uuid.UUID | None = None
    encounter_id: uuid.UUID | None = None
    day: date | None = None
    """Of the appointment it is about, while that stands."""
    row_id: uuid.UUID | None = None
    """The row by which its form is reached, where that is not the subject: an invoice of which
    something was asked for, the question between PCs."""


@query("draft.write")
def unfinished(reads: ReadSession) -> tuple[Unfinished, ...]:
    """Every draft of the signed-in person that there is a form for, newest first.

    The title of a document is given back with its file, the price list of the first run there.
    """
    found = (_about(reads, draft) for draft in my_drafts(reads) if draft.kind not in _ELSEWHERE)
    return tuple(each for each in found if each is not None)


def _about(reads: ReadSession, draft: DraftRow) -> Unfinished | None:
    found = Unfinished(draft.kind, draft.subject, draft.saved_at, HumanName())
    row_id = _id(draft.subject)
    if draft.kind in _WHOSE:
        found = replace(found, patient_id=_WHOSE[draft.kind](reads, row_id) if row_id else None)
    elif draft.kind == "decline":
        found = _with_task(reads, found, row_id)
    elif draft.kind == "third":
        found = _with_question(reads, found)
    elif draft.kind in {"cancel", "move"}:
        booked = reads.session.get(Appointment, row_id) if row_id else None
        if booked is not None and not booked.is_deleted and booked.status != _CANCELLED:
            day = booked.start_at.astimezone(reads.zone).date()
            found = replace(found, patient_id=booked.patient_id, day=day)
    elif draft.kind in _WITH_PATIENT:
        found = replace(found, patient_id=_id(_told_patient(draft.body)))
    else:
        found = _with_visit(reads, found, row_id)
    person = _person(reads, found.patient_id)
    if not _has_form(found, person):
        return None
    if person is None:
        return replace(found, name=_typed_name(draft.body), patient_id=None, encounter_id=None)
    return replace(found, name=name_of(person), patient_id=person.id)


def _has_form(found: Unfinished, person: Patient | None) -> bool:
    """Whether what a draft is about is still there, and still to be done."""
    if found.kind in {"cancel", "move"}:
        return found.day is not None
    if found.kind in {"third", "decline"}:
        return found.row_id is not None
    if found.kind == "diagnosis":
        return found.encounter_id is not None
    return person is not None or found.kind not in _WHOSE


def _with_visit(reads: ReadSession, found: Unfinished, row_id: uuid.UUID | None) -> Unfinished:
    """Of a visit, or of a patient; what was signed gets no diagnosis."""
    encounter = reads.session.get(Encounter, row_id) if row_id else None
    if encounter is None:
        return replace(found, patient_id=row_id)
    if found.kind == "diagnosis" and encounter.signed_at is not None:
        return found
    return replace(found, patient_id=encounter.patient_id, encounter_id=encounter.id)


def _with_invoice(reads: ReadSession, invoice_id: uuid.UUID) -> uuid.UUID | None:
    invoice = reads.session.get(Invoice, invoice_id)
    return invoice.patient_id if invoice else None


def _with_request(reads: ReadSession, request_id: uuid.UUID) -> uuid.UUID | None:
    asked = reads.session.get(SubjectRequest, request_id)
    return asked.patient_id if asked else None


def _with_relative(reads: ReadSession, person_id: uuid.UUID) -> uuid.UUID | None:
    trusted = reads.session.get(RelatedPerson, person_id)
    return trusted.patient_id if trusted else None


def _with_allergy(reads: ReadSession, allergy_id: uuid.UUID) -> uuid.UUID | None:
    """Whose allergy it is; nobody's once it is over, for then it is changed no more."""
    row = reads.session.get(AllergyIntolerance, allergy_id)
    if row is None or row.is_deleted:
        return None
    stands = VerificationStatus(row.verification_status).counts
    is_current = stands and ClinicalStatus(row.clinical_status).is_current
    return row.patient_id if is_current else None


def _while_closed(reads: ReadSession, patient_id: uuid.UUID) -> uuid.UUID | None:
    """Whose chart is to be opened in an emergency; nobody's while nothing of it is closed."""
    is_closed = confidentiality.standing(reads, patient_id).is_closed
    return patient_id if is_closed or confidentiality.hidden_visits(reads, patient_id) else None


def _with_emergency(reads: ReadSession, emergency_id: uuid.UUID) -> uuid.UUID | None:
    """Whose chart was opened in an emergency; nobody's once somebody has looked at it."""
    row = reads.session.get(EmergencyAccess, emergency_id)
    is_open = row is not None and not row.is_deleted and row.reviewed_at is None
    return row.patient_id if row is not None and is_open else None


_WHOSE: dict[str, Callable[[ReadSession, uuid.UUID], uuid.UUID | None]] = {
    "payment": _with_invoice,
    "refund": _with_invoice,
    "credit": _with_invoice,
    "allergy-change": _with_allergy,
    "outcome": _with_request,
    "share": _with_relative,
    "emergency": _while_closed,
    "review": _with_emergency,
}
"""Of drafts about a row that is not the patient: the patient, while there is a form for it."""


def _with_task(reads: ReadSession, found: Unfinished, task_id: uuid.UUID | None) -> Unfinished:
    """What was asked for about an invoice, as long as nobody has decided."""
    task = reads.session.get(Task, task_id) if task_id else None
    if task is None or task.is_deleted or task.status != "requested":
        return found
    patient = _with_invoice(reads, task.focus_id)
    return replace(found, patient_id=patient, row_id=task.focus_id)


def _with_question(reads: ReadSession, found: Unfinished) -> Unfinished:
    """What two PCs wrote, as long as nobody has decided and the person may see it."""
    if not allowed(reads.actor, "conflict.read"):
        return found
    rows = listing.open_items(reads)
    asked = next((row for row in rows if row.place == found.subject), None)
    return replace(found, patient_id=asked.patient_id, row_id=asked.id) if asked else found


def _told_patient(body: dict[str, Any]) -> Any:
    """Whom a form names that looks for its patient itself."""
    told = body.get("patient")
    return told.get("id") if isinstance(told, dict) else body.get("patient_id")


def _person(reads: ReadSession, patient_id: uuid.UUID | None) -> Patient | None:
    if patient_id is None:
        return None
    try:
        return reads.get(Patient, charts.surviving(reads.session, patient_id))
    except NotFoundError:
        return None


def _typed_name(body: dict[str, Any]) -> HumanName:
    """The name in a registration that was begun."""
    fields = body.get("fields", {})
    return HumanName(str(fields.get("family", "")), str(fields.get("given", "")))


def _id(text: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(text))
    except ValueError:
        return None
