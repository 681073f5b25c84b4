"""What the signed-in person began and did not finish on this PC, and about whom."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.names import HumanName
from clinic_desktop.errors import NotFoundError
from clinic_desktop.models.encounter import Encounter
from clinic_desktop.models.patient import Patient
from clinic_desktop.services import charts
from clinic_desktop.services.access import query
from clinic_desktop.services.drafts import DraftRow, my_drafts
from clinic_desktop.services.patients.registration import name_of


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


@query("draft.write")
def unfinished(reads: ReadSession) -> tuple[Unfinished, ...]:
    """Every draft of the signed-in person, newest first."""
    return tuple(_about(reads, draft) for draft in my_drafts(reads))


def _about(reads: ReadSession, draft: DraftRow) -> Unfinished:
    patient_id, encounter_id = _id(draft.subject), None
    encounter = reads.session.get(Encounter, patient_id) if patient_id else None
    if encounter is not None:
        patient_id, encounter_id = encounter.patient_id, encounter.id
    if draft.kind == "appointment":
        patient_id = _id(draft.body.get("patient_id"))
    person = _person(reads, patient_id)
    if person is None:
        name = _typed_name(draft.body)
        return Unfinished(draft.kind, draft.subject, draft.saved_at, name)
    return Unfinished(
        draft.kind, draft.subject, draft.saved_at, name_of(person), person.id, encounter_id
    )


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
