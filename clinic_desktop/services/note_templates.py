"""Templates of notes, and the phrases a ``/`` word puts into one."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from sqlalchemy import Select, or_, select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.note_blanks import is_shortcut
from clinic_desktop.errors import NotFoundError, PermissionDeniedError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.encounter import NoteTemplate
from clinic_desktop.models.practice import Favourite
from clinic_desktop.services.access import command, query
from clinic_desktop.services.notes import NOTE_PARTS, NoteText

ACTION_WORDS = frozenset({"rx", "lab", "ref", "sick", "fu", "dx", "vitals", "last"})
"""``/`` words that do something; a template cannot take them."""
PHRASE = "phrase"


@dataclass(frozen=True)
class TemplateRow:
    """A note to begin from; blanks stand as ``⟦prompt⟧``."""

    id: uuid.UUID
    name: str
    shortcut: str
    text: NoteText
    language: str
    is_mine: bool
    """Seen by its author only; the others belong to the practice."""
    version: int = 0
    """Base for saving."""


@dataclass(frozen=True)
class SaveTemplate:
    """A template to keep; without an id it is a new one."""

    name: str
    shortcut: str
    text: NoteText
    language: str = ""
    is_mine: bool = False
    template_id: uuid.UUID | None = None
    base: int | None = None


@dataclass(frozen=True)
class PhraseRow:
    """A few words kept under a shortcut by one person."""

    id: uuid.UUID
    shortcut: str
    words: str


@query("chart.read")
def templates(reads: ReadSession) -> list[TemplateRow]:
    """The templates of the practice and of the signed-in person, by name."""
    found = reads.session.scalars(_in_use(reads).order_by(NoteTemplate.name, NoteTemplate.id))
    versions = reads.versions("note_template")
    return [
        TemplateRow(
            row.id,
            row.name,
            row.shortcut,
            NoteText(**{part: str(row.body.get(part, "")) for part in NOTE_PARTS}),
            row.language,
            row.user_id is not None,
            versions.get(row.id, 0),
        )
        for row in found
    ]


@command("note.create")
def save_template(uow: UnitOfWork, wish: SaveTemplate) -> uuid.UUID:
    """Keep a template under a shortcut nobody else uses.

    Raises:
        NotFoundError: there is no such template.
        StaleError: somebody changed it since it was shown.
        ValidationError: name, text or shortcut is missing, or the shortcut is taken.
    """
    _check(uow, wish)
    if wish.template_id is None:
        row = NoteTemplate(name="", shortcut="", body={})
    else:
        row = _template(uow, wish.template_id)
        uow.expect("note_template", row.id, wish.base)
    row.name = wish.name.strip()
    row.shortcut = wish.shortcut.strip().casefold()
    row.body = {part: getattr(wish.text, part) for part in NOTE_PARTS}
    row.language = wish.language
    row.user_id = uow.actor.user_id if wish.is_mine else None
    uow.add(row)
    return row.id


@command("note.create")
def retire_template(uow: UnitOfWork, template_id: uuid.UUID, *, active: bool = False) -> None:
    """Offer a template no more, or again; notes made from it stay as they are.

    Raises:
        NotFoundError: there is no such template.
    """
    _template(uow, template_id).is_active = active


@query("chart.read")
def phrases(reads: ReadSession) -> list[PhraseRow]:
    """The signed-in person's phrases, by shortcut."""
    found = reads.session.scalars(_phrases(reads).order_by(Favourite.label))
    return [PhraseRow(row.id, row.label, str(row.payload.get("words", ""))) for row in found]


@command("note.amend")
def save_phrase(uow: UnitOfWork, shortcut: str, words: str) -> uuid.UUID:
    """Keep words under a shortcut of one's own; the same shortcut again replaces them.

    Raises:
        ValidationError: there are no words, or the shortcut cannot be typed.
    """
    shortcut = shortcut.strip().casefold()
    _check_shortcut(shortcut)
    if not words.strip():
        raise ValidationError("words", _("Write the words to keep."))
    row = uow.session.scalar(_phrases(uow).where(Favourite.label == shortcut))
    if row is None:
        row = Favourite(user_id=uow.actor.user_id, kind=PHRASE, label=shortcut, payload={})
    row.payload = {"words": words}
    uow.add(row)
    return row.id


def _in_use(reads: ReadSession) -> Select[NoteTemplate]:
    return select(NoteTemplate).where(
        NoteTemplate.is_active,
        NoteTemplate.is_deleted.is_(False),
        or_(NoteTemplate.user_id.is_(None), NoteTemplate.user_id == reads.actor.user_id),
    )


def _phrases(reads: ReadSession) -> Select[Favourite]:
    return select(Favourite).where(
        Favourite.user_id == reads.actor.user_id,
        Favourite.kind == PHRASE,
        Favourite.is_deleted.is_(False),
    )


def _template(uow: UnitOfWork, template_id: uuid.UUID) -> NoteTemplate:
    row = uow.session.get(NoteTemplate, template_id)
    if row is None or row.is_deleted:
        raise NotFoundError(_("There is no such template."))
    if row.user_id not in {None, uow.actor.user_id}:
        raise PermissionDeniedError(_("This template belongs to somebody else."))
    return row


def _check(uow: UnitOfWork, wish: SaveTemplate) -> None:
    if not wish.name.strip():
        raise ValidationError("name", _("Give the template a name."))
    if wish.text.is_empty:
        raise ValidationError("text", _("The template is empty."))
    shortcut = wish.shortcut.strip().casefold()
    _check_shortcut(shortcut)
    same = uow.session.scalars(_in_use(uow).where(NoteTemplate.shortcut == shortcut))
    if any(each.id != wish.template_id for each in same):
        raise ValidationError("shortcut", _("Another template has this shortcut."))


def _check_shortcut(shortcut: str) -> None:
    if not is_shortcut(shortcut):
        raise ValidationError(
            "shortcut", _("A shortcut is one word of letters and digits, such as “uri”.")
        )
    if shortcut in ACTION_WORDS:
        raise ValidationError("shortcut", _("This shortcut already does something else."))
