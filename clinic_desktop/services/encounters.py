"""The visit as an event: begun from the board or the chart, finished, signed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.codes import AppointmentStatus, EncounterStatus, NoteStatus
from clinic_desktop.domain.permissions import Actor, Facts, allowed, decide
from clinic_desktop.errors import NotFoundError, RuleError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.encounter import Encounter, Note, NoteTemplate
from clinic_desktop.models.scheduling import Appointment, AppointmentType
from clinic_desktop.services import charts
from clinic_desktop.services.access import command, part, require
from clinic_desktop.services.notes import NOTE_PARTS, NoteText, save_note, text_hash
from clinic_desktop.services.scheduling.flow import (
    ChangeStatus,
    change_status,
    encounter_reached,
)
from clinic_desktop.services.scheduling.timetable import LONGEST_MIN

_UNSIGNED = "SELECT id FROM note WHERE encounter_id = ? AND status = 'draft' AND is_deleted = 0"


@dataclass(frozen=True)
class VisitStarted:
    """Where the visit now stands; the editor opens with it."""

    encounter_id: uuid.UUID
    patient_id: uuid.UUID


@command("visit.create")
def start_visit(
    uow: UnitOfWork,
    *,
    appointment_id: uuid.UUID | None = None,
    patient_id: uuid.UUID | None = None,
) -> VisitStarted:
    """Begin the visit of an appointment, or of somebody in the room without one.

    Asked again for the same visit, it answers with the one already begun. The appointment goes
    to ``in-room`` and the note begins with the template of its type.

    Raises:
        ValidationError: neither an appointment nor a patient was named.
        NotFoundError: there is no such appointment or patient.
        RuleError: the appointment was cancelled or is over.
    """
    booked = _appointment(uow, appointment_id, patient_id)
    if booked is not None:
        if patient_id is not None and not _is_for(uow, booked, patient_id):
            raise NotFoundError(_("There is no such appointment."))
        patient_id = booked.patient_id
    if patient_id is None:
        raise ValidationError("patient", _("Say who the visit is with."))
    patient_id = charts.surviving(uow.session, patient_id)
    begun = _begun(uow, booked, patient_id)
    if begun is not None:
        return VisitStarted(begun, patient_id)
    encounter = Encounter(
        patient_id=patient_id,
        practitioner_id=_signer(uow.actor) or (booked and booked.practitioner_id),
        location_id=booked and booked.location_id,
        type_display=_type_name(uow, booked),
        reason=booked.reason if booked else "",
        start_at=uow.now,
    )
    uow.add(encounter)
    uow.add(
        Note(
            encounter_id=encounter.id,
            patient_id=patient_id,
            author_id=uow.actor.user_id,
            written_at=uow.now,
            **_template_text(uow, booked),
        )
    )
    if booked is not None:
        booked.encounter_id = encounter.id
        change_status(uow, ChangeStatus(booked.id, AppointmentStatus.IN_ROOM))
    return VisitStarted(encounter.id, patient_id)


@command("visit.create")
def finish(uow: UnitOfWork, encounter_id: uuid.UUID) -> None:
    """End the visit without signing it; its appointment goes to ``to-bill``.

    Raises:
        NotFoundError: there is no such visit.
    """
    _finish(uow, charts.visit(uow, encounter_id))


@command("note.sign")
def sign(
    uow: UnitOfWork,
    encounter_id: uuid.UUID,
    *,
    text: NoteText | None = None,
    base: int | None = None,
) -> None:
    """Sign the visit's note and end the visit; from now on only addenda are possible.

    ``text`` is what the signer sees, saved in the same transaction; ``base`` is the version of
    the note it was written from.

    Raises:
        NotFoundError: there is no such visit.
        RuleError: it is signed already.
        StaleError: somebody changed the note since it was shown.
    """
    encounter = charts.visit(uow, encounter_id)
    if encounter.signed_at is not None:
        raise RuleError(_("This visit is signed already."), hint=_("Write an addendum."))
    require(uow.actor, "note.sign", _facts(encounter, uow.actor))
    found = uow.plain(Note, _UNSIGNED, encounter_id.bytes)
    unsigned = {uuid.UUID(bytes=note_id) for (note_id,) in found}
    if text is not None:
        unsigned.add(save_note(uow, encounter_id, text, base=base))
        base = None
    for note in filter(None, [uow.get(Note, note_id) for note_id in unsigned]):
        uow.expect("note", note.id, base)
        note.status = NoteStatus.SIGNED
        note.author_id = uow.actor.user_id
        note.signed_at = uow.now
        note.content_hash = text_hash(note)
    encounter.signed_at = uow.now
    encounter.signed_by = uow.actor.user_id
    _finish(uow, encounter)


@part
def may_sign(reads: ReadSession, encounter_id: uuid.UUID) -> bool:
    """Whether the signed-in person signs this visit: its own doctor does.

    Raises:
        NotFoundError: there is no such visit.
    """
    encounter = charts.visit(reads, encounter_id)
    return decide(reads.actor.roles, "note.sign", _facts(encounter, reads.actor)).is_allowed


def _facts(encounter: Encounter, actor: Actor) -> Facts:
    """The visit of no doctor is every doctor's."""
    is_own = encounter.practitioner_id in {None, actor.practitioner_id} or actor.user_id is None
    return Facts(is_own=is_own, is_signed=encounter.signed_at is not None)


def _finish(uow: UnitOfWork, encounter: Encounter) -> None:
    encounter.status = EncounterStatus.FINISHED
    encounter.end_at = encounter.end_at or uow.now
    encounter_reached(uow, encounter.id, AppointmentStatus.TO_BILL)


def _appointment(
    uow: UnitOfWork, appointment_id: uuid.UUID | None, patient_id: uuid.UUID | None
) -> Appointment | None:
    """The appointment named, or the one for which the patient is here, also since yesterday."""
    if appointment_id is not None:
        row = uow.session.get(Appointment, appointment_id)
        if row is None or row.is_deleted:
            raise NotFoundError(_("There is no such appointment."))
        return row
    if patient_id is None:
        return None
    midnight = datetime.combine(uow.today, time(), uow.zone)
    return uow.session.scalar(
        select(Appointment)
        .where(
            Appointment.patient_id.in_(charts.chart_ids(uow.session, patient_id)),
            Appointment.start_at >= midnight - timedelta(minutes=LONGEST_MIN),
            Appointment.start_at < midnight + timedelta(days=1),
            Appointment.status.in_([AppointmentStatus.ARRIVED, AppointmentStatus.IN_ROOM]),
            Appointment.is_deleted.is_(False),
        )
        .order_by(Appointment.start_at)
        .limit(1)
    )


def _signer(actor: Actor) -> uuid.UUID | None:
    """A visit that a nurse begins waits for the doctor booked, or for any."""
    return actor.practitioner_id if allowed(actor, "note.sign") else None


def _is_for(uow: UnitOfWork, booked: Appointment, patient_id: uuid.UUID) -> bool:
    ids = charts.chart_ids(uow.session, charts.surviving(uow.session, patient_id))
    return booked.patient_id in ids


def _begun(uow: UnitOfWork, booked: Appointment | None, patient_id: uuid.UUID) -> uuid.UUID | None:
    """The visit that this one would repeat: of the appointment, or the patient's open one."""
    if booked is not None:
        return booked.encounter_id
    return uow.session.scalar(
        select(Encounter.id)
        .where(
            Encounter.patient_id.in_(charts.chart_ids(uow.session, patient_id)),
            Encounter.status == EncounterStatus.IN_PROGRESS,
            Encounter.start_at > uow.now - timedelta(hours=12),
            Encounter.is_deleted.is_(False),
        )
        .order_by(Encounter.start_at.desc())
        .limit(1)
    )


def _type_name(uow: UnitOfWork, booked: Appointment | None) -> str:
    kind = uow.session.get(AppointmentType, booked.type_id) if booked and booked.type_id else None
    return kind.name if kind is not None else ""


def _template_text(uow: UnitOfWork, booked: Appointment | None) -> dict[str, Any]:
    if booked is None or booked.type_id is None:
        return {}
    body = uow.session.scalar(
        select(NoteTemplate.body)
        .join(AppointmentType, AppointmentType.note_template_id == NoteTemplate.id)
        .where(AppointmentType.id == booked.type_id, NoteTemplate.is_active)
    )
    return {part: str((body or {}).get(part, "")) for part in NOTE_PARTS}
