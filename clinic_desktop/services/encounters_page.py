"""Everything the page of one visit shows, in one answer."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from clinic_desktop.db import confidentiality
from clinic_desktop.db.session import ReadSession
from clinic_desktop.services.access import query
from clinic_desktop.services.allergies import AllergyState, allergies_of
from clinic_desktop.services.chart_medicines import MedicineRow, medicines_of
from clinic_desktop.services.chart_visits import VisitRow, visit, visit_before
from clinic_desktop.services.conditions import (
    Coded,
    ConditionRow,
    diagnoses_of,
    favourite_diagnoses,
    problems_of,
)
from clinic_desktop.services.documents import DocumentContent, texts_of_visit
from clinic_desktop.services.drafts import DraftRow, load_draft
from clinic_desktop.services.encounters import may_sign
from clinic_desktop.services.note_templates import PhraseRow, TemplateRow, phrases, templates
from clinic_desktop.services.notes import ADDENDUM, DRAFT, SOAP, NoteRow, NoteText, notes_of
from clinic_desktop.services.observations import VitalsContext, vitals_context
from clinic_desktop.services.patients.banner import PatientBannerData, banner


@dataclass(frozen=True)
class VisitPage:
    """One visit and what a clinician looks at while writing it."""

    visit: VisitRow
    banner: PatientBannerData
    notes: tuple[NoteRow, ...]
    texts: tuple[DocumentContent, ...]
    """What an imported record says of the visit."""
    diagnoses: tuple[ConditionRow, ...]
    vitals: VitalsContext
    draft: DraftRow | None
    problems: tuple[ConditionRow, ...]
    allergies: AllergyState
    medicines: tuple[MedicineRow, ...]
    before: VisitRow | None
    text_before: NoteText
    """The note of the visit before."""
    may_sign: bool = False
    """Whether the signed-in person is the one who signs it."""
    is_kept: bool = False
    """Whether what is written at it is kept in confidence."""

    @property
    def note(self) -> NoteRow | None:
        """The visit's own note."""
        return next((each for each in self.notes if each.kind != ADDENDUM), None)

    @property
    def is_open(self) -> bool:
        """Whether it can be written; imported visits stay as they came."""
        note = self.note
        return not self.visit.is_signed and note is not None and note.kind == SOAP

    @property
    def takes_addenda(self) -> bool:
        """Whether there is a signed note to add to."""
        return any(each.signed_at is not None for each in self.notes)

    @property
    def text(self) -> NoteText:
        """What the note says in the record."""
        return self.note.text if self.note else NoteText()


@dataclass(frozen=True)
class WritingAids:
    """What the ``/`` menu and the diagnosis field offer at once."""

    templates: tuple[TemplateRow, ...] = ()
    phrases: tuple[PhraseRow, ...] = ()
    favourites: tuple[Coded, ...] = ()


@query("chart.read")
def visit_page(reads: ReadSession, encounter_id: uuid.UUID) -> VisitPage:
    """The page of a visit.

    Raises:
        NotFoundError: there is no such visit.
    """
    row = visit(reads, encounter_id)
    shown = banner(reads, row.patient_id)
    patient_id = shown.row.id
    before = visit_before(reads, patient_id, encounter_id)
    written = notes_of(reads, before.id) if before and not before.is_hidden else []
    return VisitPage(
        row,
        shown,
        tuple(notes_of(reads, encounter_id)),
        tuple(texts_of_visit(reads, encounter_id)),
        tuple(diagnoses_of(reads, encounter_id)),
        vitals_context(reads, encounter_id),
        load_draft(reads, DRAFT, str(encounter_id)),
        tuple(problems_of(reads, patient_id)),
        allergies_of(reads, patient_id),
        tuple(medicines_of(reads, patient_id)),
        before,
        written[0].text if written else NoteText(),
        may_sign(reads, encounter_id),
        confidentiality.is_kept(reads, encounter_id),
    )


@query("chart.read")
def writing_aids(reads: ReadSession) -> WritingAids:
    """Templates, phrases and favourites of the signed-in person."""
    return WritingAids(
        tuple(templates(reads)), tuple(phrases(reads)), tuple(favourite_diagnoses(reads))
    )
