"""Where the window can go: typed destinations, so that screens need not know each other."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, time
from typing import Final

from PySide6.QtCore import QObject, Signal

from clinic_desktop.domain.permissions import THEIRS, Actor, allowed


@dataclass(frozen=True)
class Destination:
    """A place in the window."""


@dataclass(frozen=True)
class Today(Destination):
    """The front-desk board, at one appointment if one is named."""

    appointment_id: uuid.UUID | None = None
    unfinished: bool = False
    """Whether the keys go to what was begun and not finished."""


@dataclass(frozen=True)
class Calendar(Destination):
    """The calendar, at a day and an appointment if they are named."""

    day: date | None = None
    appointment_id: uuid.UUID | None = None
    add_waiting: bool = False
    """Whether somebody is to be added to the wait list."""


@dataclass(frozen=True)
class Patients(Destination):
    """The list of patients, filtered."""

    text: str = ""


@dataclass(frozen=True)
class Chart(Destination):
    """A patient's chart, at one of its sections."""

    patient_id: uuid.UUID
    section: str = "summary"


@dataclass(frozen=True)
class Visit(Destination):
    """The editor of one visit."""

    patient_id: uuid.UUID
    encounter_id: uuid.UUID


@dataclass(frozen=True)
class Billing(Destination):
    """Money: the list, one patient's account, or the checkout of one visit."""

    patient_id: uuid.UUID | None = None
    encounter_id: uuid.UUID | None = None
    invoice_id: uuid.UUID | None = None


@dataclass(frozen=True)
class Insured(Destination):
    """What an insurer's agent sees: bills of the people insured there."""


@dataclass(frozen=True)
class Conflicts(Destination):
    """What PCs wrote without knowing of each other, of one patient or one question if named."""

    patient_id: uuid.UUID | None = None
    conflict_id: uuid.UUID | None = None


@dataclass(frozen=True)
class Settings(Destination):
    """The settings, at one page."""

    page: str = ""
    item: str = ""
    """What the page is to show, in its own words."""


@dataclass(frozen=True)
class ImportRecords(Destination):
    """Import of records from files."""


@dataclass(frozen=True)
class RegisterPatient(Destination):
    """The registration drawer over whatever is open; ``text`` is what was searched for."""

    text: str = ""
    for_form: bool = False
    """Whether a form below waits for the person (``Navigator.registered``)."""


@dataclass(frozen=True)
class EditPatient(Destination):
    """The drawer that corrects a patient's details."""

    patient_id: uuid.UUID


@dataclass(frozen=True)
class MergePatients(Destination):
    """The drawer that joins another chart to this one."""

    patient_id: uuid.UUID


@dataclass(frozen=True)
class BookAppointment(Destination):
    """The booking drawer over whatever is open."""

    patient_id: uuid.UUID | None = None
    day: date | None = None
    at: time | None = None
    practitioner_id: uuid.UUID | None = None
    location_id: uuid.UUID | None = None
    waitlist_id: uuid.UUID | None = None
    text: str = ""
    """The beginning of a name: letters pressed on a free slot of the calendar."""
    unfinished: str | None = None
    """The subject of a draft to go on with."""


@dataclass(frozen=True)
class MoveAppointment(Destination):
    """The drawer that moves an appointment to a typed time."""

    appointment_id: uuid.UUID


@dataclass(frozen=True)
class WalkIn(Destination):
    """Somebody came without an appointment."""

    patient_id: uuid.UUID | None = None


@dataclass(frozen=True)
class ReferralLetter(Destination):
    """The drawer that writes a referral in a visit."""

    patient_id: uuid.UUID
    encounter_id: uuid.UUID


@dataclass(frozen=True)
class SickNote(Destination):
    """The drawer that writes a sick note in a visit."""

    patient_id: uuid.UUID
    encounter_id: uuid.UUID


@dataclass(frozen=True)
class EditAllergies(Destination):
    """The drawer of a patient's allergies, over whatever is open."""

    patient_id: uuid.UUID


@dataclass(frozen=True)
class EditProblems(Destination):
    """The drawer of a patient's problem list, over whatever is open."""

    patient_id: uuid.UUID


@dataclass(frozen=True)
class ChartChanges(Destination):
    """The drawer of what was changed in a chart."""

    patient_id: uuid.UUID


@dataclass(frozen=True)
class ChartLooks(Destination):
    """The drawer of who saw a chart."""

    patient_id: uuid.UUID


@dataclass(frozen=True)
class OpenInEmergency(Destination):
    """The drawer that opens a chart kept in confidence."""

    patient_id: uuid.UUID


@dataclass(frozen=True)
class EditCareTeam(Destination):
    """The drawer of who reads a chart."""

    patient_id: uuid.UUID


@dataclass(frozen=True)
class DecideConsent(Destination):
    """The drawer that records a consent, or prints its form."""

    patient_id: uuid.UUID


@dataclass(frozen=True)
class NoteDisclosure(Destination):
    """The drawer that notes who got what of a record."""

    patient_id: uuid.UUID


@dataclass(frozen=True)
class ReceiveRequest(Destination):
    """The drawer that puts a request about a patient's data into the register."""

    patient_id: uuid.UUID


@dataclass(frozen=True)
class CloseRequest(Destination):
    """The drawer that says what came of such a request."""

    patient_id: uuid.UUID
    request_id: uuid.UUID


@dataclass(frozen=True)
class CopyRecord(Destination):
    """The drawer that writes a patient's whole record into a folder."""

    patient_id: uuid.UUID


@dataclass(frozen=True)
class EraseRecord(Destination):
    """The drawer that takes a patient out of the record, or says until when it must stay."""

    patient_id: uuid.UUID


@dataclass(frozen=True)
class RestrictUse(Destination):
    """The drawer by which a chart is only stored from now on."""

    patient_id: uuid.UUID


@dataclass(frozen=True)
class LiftRestriction(Destination):
    """The drawer by which such a chart may be used again."""

    patient_id: uuid.UUID


@dataclass(frozen=True)
class UseAnyway(Destination):
    """The drawer that asks why a chart that is only stored is used all the same."""

    patient_id: uuid.UUID


@dataclass(frozen=True)
class ShareParts(Destination):
    """The drawer of what a related person may be given."""

    patient_id: uuid.UUID
    related_person_id: uuid.UUID


NEEDS: Final[dict[type[Destination], str]] = {
    Today: "appointment.read",
    Calendar: "appointment.read",
    Patients: "patient.read",
    Chart: "patient.read",
    Visit: "chart.read",
    Billing: "invoice.read",
    Insured: "invoice.read",
    Conflicts: "conflict.read",
    Settings: "practice.read",
    ImportRecords: "import.run",
    RegisterPatient: "patient.create",
    EditPatient: "patient.amend",
    MergePatients: "patient.merge",
    BookAppointment: "appointment.create",
    MoveAppointment: "appointment.amend",
    WalkIn: "appointment.create",
    ReferralLetter: "letter.create",
    SickNote: "letter.create",
    EditAllergies: "allergy.read",
    EditProblems: "diagnosis.read",
    ChartChanges: "patient.read",
    ChartLooks: "audit.read",
    OpenInEmergency: "emergency.create",
    EditCareTeam: "confidence.write",
    DecideConsent: "consent.create",
    NoteDisclosure: "disclosure.create",
    ReceiveRequest: "subject.create",
    CloseRequest: "subject.amend",
    CopyRecord: "subject.export",
    EraseRecord: "subject.erase",
    RestrictUse: "subject.amend",
    LiftRestriction: "subject.amend",
    UseAnyway: "patient.read",
    ShareParts: "consent.create",
}
"""The right without which a place is not offered, and does not open."""


def may_open(actor: Actor, kind: type[Destination]) -> bool:
    """Whether a place is there for this person at all."""
    if kind is Insured:
        return bool(actor.insurer) and allowed(actor, NEEDS[kind], THEIRS)
    return allowed(actor, NEEDS[kind])


class Navigator(QObject):
    """Passes wishes to go somewhere to the shell, which owns the places."""

    requested = Signal(object)
    """A ``Destination``."""
    registered = Signal(object)
    """The id of the patient that was registered, or found, for the form that asked."""
    back_requested = Signal()
    forward_requested = Signal()
    rebuild_requested = Signal(object)
    """A ``Destination`` to show on a desk made anew, because its language has changed."""
    lock_after_changed = Signal(int)
    """Minutes without a touch after which the window locks by itself; 0 for never."""

    def open(self, destination: Destination) -> None:
        """Go there."""
        self.requested.emit(destination)
