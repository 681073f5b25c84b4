"""What the page of a visit knows and does; every keystroke is safe within two seconds."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from PySide6.QtCore import QObject, Signal

from clinic_desktop.db.journal import Changes
from clinic_desktop.errors import ClinicError, StaleError
from clinic_desktop.services import conditions, encounters, notes, observations
from clinic_desktop.services.conditions import AddProblem, Coded
from clinic_desktop.services.drafts import DraftRow
from clinic_desktop.services.encounters_page import (
    VisitPage,
    visit_page,
    writing_aids,
)
from clinic_desktop.services.notes import DRAFT, NOTE_PARTS, NoteRow, NoteText
from clinic_desktop.services.observations import TypedVital
from clinic_desktop.services.observations_words import vital_name
from clinic_desktop.ui.core.draft_keeper import DraftKeeper
from clinic_desktop.ui.core.tasks import Tasks

_SHOWN_TABLES = (
    "chart_confidentiality",
    *("encounter", "note", "condition", "observation", "allergy_intolerance"),
    *("medication_request", "patient", "patient_alert"),
)


@dataclass(frozen=True)
class Restored:
    """What a draft gave back after the program ended without saving."""

    parts: tuple[str, ...]
    saved_at: datetime
    note_changed_since: bool
    """Somebody saved the note after the draft was begun; both are kept."""


@dataclass(frozen=True)
class VisitState:
    """What the page shows when it opens."""

    page: VisitPage
    text: NoteText
    restored: Restored | None = None
    vitals: dict[str, str] = field(default_factory=dict)
    """Vital signs that were typed and not yet recorded."""


class VisitVM(QObject):
    """One visit at a time; ``open`` changes to another after keeping what was typed."""

    opened = Signal(object)
    """``VisitState``: show everything anew."""
    refreshed = Signal(object)
    """``VisitPage``: what surrounds the note has changed."""
    text_replaced = Signal(object)
    """``NoteText``: somebody else saved the note and nothing was typed here."""
    note_collided = Signal(object)
    """``NoteRow``: somebody else saved the note while something is typed here."""
    aids_loaded = Signal(object)
    """``WritingAids``."""
    draft_saved = Signal(object)
    """``datetime`` of the draft."""
    addendum_restored = Signal(str)
    """What was typed below a signed note and not signed."""
    signed = Signal()
    failed = Signal(object)
    """``ClinicError`` that belongs on this page."""

    def __init__(self, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._encounter: uuid.UUID | None = None
        self._page: VisitPage | None = None
        self._known = NoteText()
        self._base = 0
        self._typed = NoteText()
        self._sent: NoteText | None = None
        """Words on their way into the record: it may still refuse them."""
        self._asked = 0
        """The other version that the page has asked about."""
        self._vitals: dict[str, str] = {}
        self._reading = False
        self._read_again = False
        self.draft = DraftKeeper(tasks, DRAFT, "", self._draft_body, self)
        self.draft.saved.connect(self.draft_saved)
        self._addendum = ""
        self.addendum = DraftKeeper(tasks, "addendum", "", self._addendum_body, self)
        tasks.committed.connect(self._on_committed)

    # -- opening ------------------------------------------------------------------

    @property
    def page(self) -> VisitPage | None:
        """The visit shown."""
        return self._page

    @property
    def encounter_id(self) -> uuid.UUID | None:
        """The visit shown or being opened."""
        return self._encounter

    def open(self, encounter_id: uuid.UUID) -> None:
        """Show a visit."""
        self.keep()
        self._encounter, self._page, self._sent = encounter_id, None, None
        self.draft.belong_to(str(encounter_id))
        self.addendum.belong_to(str(encounter_id))
        self._addendum = ""
        self._tasks.read(self, writing_aids, done=self.aids_loaded.emit)
        self._read(self._show)

    def _show(self, page: VisitPage) -> None:
        self._page = page
        self._known = self._typed = page.text
        self._base = page.note.version if page.note else 0
        self._sent, self._asked = None, 0
        self._vitals = {}
        self.draft.is_kept = page.draft is not None
        state = _restored(page) if page.draft and page.is_open else None
        if state is not None:
            self._typed, self._vitals = state.text, dict(state.vitals)
        self.opened.emit(state or VisitState(page, page.text))
        if page.takes_addenda:
            self.addendum.load(self._restore_addendum)

    def _restore_addendum(self, draft: DraftRow | None) -> None:
        page = self._page
        if page is None or self._addendum or (draft and draft.subject != str(page.visit.id)):
            return
        self._addendum = str(draft.body["text"]) if draft else ""
        if self._addendum:
            self.addendum_restored.emit(self._addendum)
        if page.draft:
            kept = page.draft.body
            self._add_late(_late_words(kept.get("note", {}), kept.get("vitals", {}), page))

    def _add_late(self, words: str) -> None:
        """Somebody signed before these words were in the note: an addendum can take them."""
        if words:
            self._addendum = "\n".join(filter(None, (self._addendum, words)))
            self.addendum.save()
            self.draft.discard()
            self.addendum_restored.emit(self._addendum)

    def _read(self, then: Callable[[VisitPage], None]) -> None:
        wanted = self._encounter
        if wanted is None:
            return

        def arrived(page: VisitPage) -> None:
            self._reading = False
            if page.visit.id == self._encounter:
                then(page)
            if self._read_again:
                self._read_again = False
                self._read(self._refresh)

        self._reading = True
        self._tasks.read(self, visit_page, wanted, done=arrived, failed=self._on_unreadable)

    def _on_unreadable(self, error: ClinicError) -> None:
        self._reading = False
        self.failed.emit(error)

    # -- what others do -----------------------------------------------------------

    def _on_committed(self, changes: Changes) -> None:
        if self._encounter is not None and changes.touches("note_template", "favourite"):
            self._tasks.read(self, writing_aids, done=self.aids_loaded.emit)
        if self._page is None or not changes.touches(*_SHOWN_TABLES):
            return
        if self._reading:
            self._read_again = True
        else:
            self._read(self._refresh)

    def _refresh(self, page: VisitPage) -> None:
        was_signed = self._page is not None and self._page.visit.is_signed
        if page.visit.is_signed and not was_signed:
            late = _late_words(asdict(self._typed), self._vitals, page)
            self.draft.rest()
            self._show(page)
            self._add_late(late)
            self.signed.emit()
            return
        self._page = page
        version = page.note.version if page.note else 0
        if version != self._base:
            self._meet(page, version)
        self.refreshed.emit(page)

    def _meet(self, page: VisitPage, version: int) -> None:
        """The note has another version: ours just saved, or somebody else's."""
        if page.text in {self._known, self._typed, self._sent}:
            self._known, self._base = page.text, version
        elif version == self._asked:
            return
        elif self._typed == self._known:
            self._known = self._typed = page.text
            self._base = version
            self.text_replaced.emit(page.text)
        elif page.note is not None:
            self._asked = version
            self.note_collided.emit(page.note)

    def take_theirs(self, note: NoteRow) -> None:
        """Give up what was typed here."""
        self._known = self._typed = note.text
        self._base, self._asked = note.version, 0
        self.text_replaced.emit(note.text)
        self.draft.discard()

    def keep_mine(self, note: NoteRow) -> None:
        """Go on with what was typed here; the other version stays in the history."""
        self._known, self._base, self._asked = note.text, note.version, 0

    # -- typing -------------------------------------------------------------------

    def type_note(self, text: NoteText) -> None:
        """The note as it stands in the fields now."""
        self._typed = text
        self.draft.touch()

    def type_vitals(self, pending: dict[str, str]) -> None:
        """Vital signs that stand in the fields and are not recorded yet."""
        if pending != self._vitals:
            self._vitals = dict(pending)
            self.draft.touch()

    @property
    def is_dirty(self) -> bool:
        """Whether what is typed is neither in the record nor on its way there."""
        return self._typed not in {self._known, self._sent}

    def type_addendum(self, words: str) -> None:
        """What stands below the signed note now."""
        self._addendum = words
        self.addendum.touch()

    def _addendum_body(self) -> dict[str, Any] | None:
        return {"text": self._addendum} if self._addendum.strip() else None

    def _draft_body(self) -> dict[str, Any] | None:
        page = self._page
        if page is None or not page.is_open or not (self.is_dirty or self._vitals):
            return None
        return {"note": asdict(self._typed), "vitals": self._vitals, "base": self._base}

    def keep(self) -> None:
        """Put what is typed into the record, as on leaving the page; unsigned."""
        page = self._page
        if page is None or not page.is_open or not self.is_dirty:
            self.draft.flush()
            return
        # First the draft: should somebody else have been faster, the words are not lost.
        self.draft.save()
        visit, words = page.visit.id, self._typed
        self._sent = words

        def done(_id: uuid.UUID) -> None:
            if self._encounter == visit and self._sent == words:
                self._known, self._sent = words, None

        def failed(error: ClinicError) -> None:
            if self._encounter == visit and self._sent == words:
                self._sent = None  # they are still nowhere but here
                self._read(self._refresh)
            if not isinstance(error, StaleError):  # the page asks whose words to take
                self.failed.emit(error)

        self._tasks.write(
            self, notes.save_note, visit, words, base=self._base, done=done, failed=failed
        )

    # -- acting -------------------------------------------------------------------

    def sign(self) -> None:
        """Save and sign in one transaction."""
        if self._page is None or not self._page.is_open:
            return
        self.draft.rest()

        def failed(error: ClinicError) -> None:
            self.draft.touch()
            self.failed.emit(error)

        visit = self._page.visit.id
        self._tasks.write(
            self, encounters.sign, visit, text=self._typed, base=self._base, failed=failed
        )

    def finish(self, done: Callable[[], None]) -> None:
        """End the visit without a signature; ``done`` follows."""
        self.keep()
        if self._page is not None:
            self._write(encounters.finish, self._page.visit.id, done=lambda _none: done())

    def record_vitals(
        self,
        typed: Sequence[TypedVital],
        done: Callable[[Sequence[TypedVital]], None],
        failed: Callable[[ClinicError], None],
    ) -> None:
        """Record what was measured; ``failed`` gets a refusal or a question."""
        if self._page is None:
            return
        visit = self._page.visit.id

        def recorded(_none: object) -> None:
            if self._encounter == visit:
                done(typed)

        def refused(error: ClinicError) -> None:
            page = self._page
            if self._encounter == visit and page is not None and page.is_open:
                failed(error)
                return
            if self._encounter == visit and page is not None and page.takes_addenda:
                self._add_late(_measured({each.field: each.text for each in typed}))
            self.failed.emit(error)

        self._tasks.write(
            self, observations.record_vitals, visit, typed, done=recorded, failed=refused
        )

    def add_diagnosis(self, term: Coded) -> None:
        """Diagnose."""
        if self._page is not None:
            self._write(conditions.add_diagnosis, self._page.visit.id, term)

    def remove_diagnosis(self, condition_id: uuid.UUID) -> None:
        """Take a diagnosis back."""
        self._write(conditions.remove_diagnosis, condition_id)

    def make_main(self, condition_id: uuid.UUID) -> None:
        """Put a diagnosis first."""
        self._write(conditions.make_main, condition_id)

    def add_problem(self, term: Coded) -> None:
        """Put a diagnosis on the problem list."""
        if self._page is not None:
            wish = AddProblem(self._page.banner.row.id, term, encounter_id=self._page.visit.id)
            self._write(conditions.add_problem, wish)

    def add_addendum(self, words: str, done: Callable[[], None]) -> None:
        """Add to the signed note."""
        if self._page is None:
            return

        def kept(_id: uuid.UUID) -> None:
            self._addendum = ""
            self.addendum.discard()
            done()

        self._write(notes.add_addendum, self._page.visit.id, words, done=kept)

    def _write(self, command: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        self._tasks.write(self, command, *args, failed=self.failed.emit, **kwargs)


def _restored(page: VisitPage) -> VisitState | None:
    """The state that a draft gives back; None when the record holds the same already."""
    draft = page.draft
    if draft is None:
        return None
    text = NoteText(**{part: str(draft.body.get("note", {}).get(part, "")) for part in NOTE_PARTS})
    vitals = {str(key): str(value) for key, value in draft.body.get("vitals", {}).items()}
    parts = [part for part in NOTE_PARTS if getattr(text, part) != getattr(page.text, part)]
    if not parts and not vitals:
        return None
    base = draft.body.get("base", 0)
    changed = page.note is not None and page.note.version != base
    return VisitState(page, text, Restored(tuple(parts), draft.saved_at, changed), vitals)


def _measured(vitals: Mapping[str, str]) -> str:
    """Vital signs that were typed, in words for the record."""
    return "\n".join(f"{vital_name(field)} {text}" for field, text in vitals.items() if text)


def _late_words(typed: Mapping[str, Any], vitals: Mapping[str, str], page: VisitPage) -> str:
    """What was typed into the visit and is not in what was signed."""
    parts = [(part, str(typed.get(part, ""))) for part in NOTE_PARTS]
    late = [text for part, text in parts if text.strip() and text != getattr(page.text, part)]
    return "\n".join(filter(None, (*late, _measured(vitals))))
