"""What was written at a visit: read, saved while open, added to once signed."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.codes import NoteStatus
from clinic_desktop.errors import RuleError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.encounter import Note
from clinic_desktop.models.practice import AppUser
from clinic_desktop.models.types import to_json
from clinic_desktop.services import charts, undecided
from clinic_desktop.services.access import command, query
from clinic_desktop.services.drafts import discard_draft

NOTE_PARTS = ("subjective", "objective", "assessment", "plan")
SOAP, ADDENDUM, IMPORTED = "soap", "addendum", "imported"
DRAFT = "visit"
"""The kind of a visit's drafts (``services/drafts``); their subject is the encounter."""
LONGEST_PART = 200_000
"""Letters; more is a pasted file, not a note."""

_WRITTEN = """
SELECT id FROM note WHERE encounter_id = ? AND kind <> 'addendum' AND is_deleted = 0 LIMIT 1"""


@dataclass(frozen=True)
class NoteText:
    """The four parts of a note."""

    subjective: str = ""
    objective: str = ""
    assessment: str = ""
    plan: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written."""
        return not any(getattr(self, part).strip() for part in NOTE_PARTS)


@dataclass(frozen=True)
class NoteRow:
    """One note as it stands in the record."""

    id: uuid.UUID
    kind: str
    text: NoteText
    status: str
    author: str
    written_at: datetime
    signed_at: datetime | None
    version: int
    """Give it back when saving: a change by somebody else in between is then refused."""
    is_whole: bool
    """Whether the text is still the one that was signed."""
    others: tuple[NoteText, ...] = ()
    """What another PC wrote in its place, as long as nobody has decided."""


@query("note.read")
def notes_of(reads: ReadSession, encounter_id: uuid.UUID) -> list[NoteRow]:
    """The notes of a visit: the note itself, then its addenda as they were written."""
    notes = reads.session.execute(
        select(Note, AppUser.name)
        .outerjoin(AppUser, AppUser.id == Note.author_id)
        .where(Note.encounter_id == encounter_id, Note.is_deleted.is_(False))
        .order_by(Note.kind == ADDENDUM, Note.written_at, Note.id)
    )
    found = [(note.patient_id, _row(reads, note, author or "")) for note, author in notes]
    told = undecided.others(reads, "note", found[0][0]) if found else {}
    return [replace(row, others=_others(row, told.get(row.id, []))) for _patient, row in found]


def _others(row: NoteRow, found: list[dict[str, Any]]) -> tuple[NoteText, ...]:
    """Versions of the text, where it is in dispute."""
    texts = [replace(row.text, **{p: each[p] or "" for p in NOTE_PARTS if p in each})
             for each in found]  # fmt: skip
    return tuple(text for text in dict.fromkeys(texts) if text != row.text)


@command("note.amend")
def save_note(
    uow: UnitOfWork, encounter_id: uuid.UUID, text: NoteText, *, base: int | None = None
) -> uuid.UUID:
    """Write the note of an open visit; ``base`` is the version it was edited from.

    The writer's draft of it is forgotten: its words are now in the record.

    Raises:
        NotFoundError: there is no such visit.
        RuleError: the note is signed.
        StaleError: somebody else changed it since; their words are not overwritten.
        ValidationError: a part is longer than any note.
    """
    for part in NOTE_PARTS:
        if len(getattr(text, part)) > LONGEST_PART:
            raise ValidationError(part, _("This text is too long for a note."))
    note = _open_note(uow, encounter_id)
    uow.expect("note", note.id, base)
    for part in NOTE_PARTS:
        setattr(note, part, getattr(text, part))
    # written_at stays: two PCs that write into one note are asked about its words, not the minute.
    note.author_id = uow.actor.user_id
    if uow.actor.user_id is not None:
        discard_draft(uow, DRAFT, str(encounter_id))
    return note.id


@command("note.create")
def add_addendum(uow: UnitOfWork, encounter_id: uuid.UUID, words: str) -> uuid.UUID:
    """Add to a signed visit; the addendum is signed as it is written.

    Raises:
        ValidationError: nothing was written.
        RuleError: the visit is not signed yet.
    """
    if not words.strip():
        raise ValidationError("addendum", _("Write what is to be added."))
    signed = uow.session.scalar(
        select(Note)
        .where(
            Note.encounter_id == encounter_id,
            Note.status == NoteStatus.SIGNED,
            Note.kind != ADDENDUM,
            Note.is_deleted.is_(False),
        )
        .limit(1)
    )
    if signed is None:
        raise RuleError(_("This visit is not signed yet."), hint=_("Write into the note itself."))
    note = Note(
        encounter_id=encounter_id,
        patient_id=signed.patient_id,
        kind=ADDENDUM,
        subjective=words.strip(),
        objective="",
        assessment="",
        plan="",
        status=NoteStatus.SIGNED,
        author_id=uow.actor.user_id,
        written_at=uow.now,
        signed_at=uow.now,
        amends_id=signed.id,
    )
    note.content_hash = text_hash(note)
    uow.add(note)
    return note.id


def text_hash(note: Note) -> str:
    """SHA-256 over the four parts, hexadecimal; proves later that the signed words are whole."""
    parts = {part: getattr(note, part) or "" for part in NOTE_PARTS}
    return hashlib.sha256(to_json(parts).encode()).hexdigest()


def _open_note(uow: UnitOfWork, encounter_id: uuid.UUID) -> Note:
    encounter = charts.visit(uow, encounter_id)
    found = uow.plain(Note, _WRITTEN, encounter_id.bytes)
    note = uow.get(Note, uuid.UUID(bytes=found[0][0])) if found else None
    if note is None:
        note = Note(encounter_id=encounter_id, patient_id=encounter.patient_id, written_at=uow.now)
        uow.add(note)
        uow.session.flush()
    if note.kind == IMPORTED:
        raise RuleError(_("This note came with an imported record and stays as it is."))
    if note.status == NoteStatus.SIGNED:
        raise RuleError(
            _("This visit is signed."),
            kept=_("The signed note is as it was."),
            hint=_("Write an addendum."),
        )
    return note


def _row(reads: ReadSession, note: Note, author: str) -> NoteRow:
    return NoteRow(
        note.id,
        note.kind,
        NoteText(*(getattr(note, part) for part in NOTE_PARTS)),
        note.status,
        author,
        note.written_at,
        note.signed_at,
        reads.version("note", note.id),
        not note.content_hash or note.content_hash == text_hash(note),
    )
