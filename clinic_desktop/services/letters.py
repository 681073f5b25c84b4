"""Referrals and sick notes: numbered when issued, voided but never changed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.errors import ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.document import Referral, SickNote
from clinic_desktop.services import charts
from clinic_desktop.services.access import command
from clinic_desktop.services.numbering import document_number

LONGEST_DAYS = 366


@dataclass(frozen=True)
class WriteReferral:
    """A letter that sends the patient to somebody else."""

    patient_id: uuid.UUID
    recipient: str
    reason: str
    specialty: str = ""
    urgency: str = "routine"
    body: str = ""
    encounter_id: uuid.UUID | None = None


@dataclass(frozen=True)
class WriteSickNote:
    """A certificate; both days count."""

    patient_id: uuid.UUID
    start_on: date
    end_on: date
    reason: str = ""
    shows_diagnosis: bool = False
    restrictions: str = ""
    encounter_id: uuid.UUID | None = None


@command("letter.create")
def write_referral(uow: UnitOfWork, wish: WriteReferral) -> uuid.UUID:
    """Issue a referral.

    Raises:
        ValidationError: no recipient, or no reason.
        NotFoundError: no such patient.
    """
    if not wish.recipient.strip():
        raise ValidationError("recipient", _("Say who the patient is sent to."))
    if not wish.reason.strip():
        raise ValidationError("reason", _("Say why the patient is sent."))
    row = Referral(
        patient_id=charts.surviving(uow.session, wish.patient_id),
        encounter_id=charts.visit_of(uow, wish.patient_id, wish.encounter_id),
        practitioner_id=uow.actor.practitioner_id,
        number=document_number(uow, "referral"),
        recipient=wish.recipient.strip(),
        specialty=wish.specialty.strip(),
        urgency=wish.urgency,
        reason=wish.reason.strip(),
        body=wish.body.strip(),
        issued_at=uow.now,
    )
    uow.add(row)
    return row.id


@command("letter.create")
def write_sick_note(uow: UnitOfWork, wish: WriteSickNote) -> uuid.UUID:
    """Issue a sick note.

    Raises:
        ValidationError: it ends before it begins, or is longer than a year.
        NotFoundError: no such patient.
    """
    days = (wish.end_on - wish.start_on).days + 1
    if days < 1:
        raise ValidationError("end_on", _("The last day is before the first."))
    if days > LONGEST_DAYS:
        raise ValidationError("end_on", _("A sick note is not longer than a year."))
    row = SickNote(
        patient_id=charts.surviving(uow.session, wish.patient_id),
        encounter_id=charts.visit_of(uow, wish.patient_id, wish.encounter_id),
        practitioner_id=uow.actor.practitioner_id,
        number=document_number(uow, "sick-note"),
        start_on=wish.start_on,
        end_on=wish.end_on,
        reason=wish.reason.strip(),
        shows_diagnosis=wish.shows_diagnosis,
        restrictions=wish.restrictions.strip(),
        issued_at=uow.now,
    )
    uow.add(row)
    return row.id
