"""The texts that people are asked to agree to. A new wording is a new version; the old stays."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.consent import KINDS
from clinic_desktop.errors import NotFoundError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.privacy import ConsentText
from clinic_desktop.services.access import command, part, query

LONGEST_TITLE, LONGEST_BODY = 200, 20_000


@dataclass(frozen=True)
class ConsentTextRow:
    """One version of a text."""

    id: uuid.UUID
    kind: str
    version: str
    language: str
    title: str
    body: str
    issued_at: datetime

    @property
    def name(self) -> str:
        """What a list calls it."""
        return self.title


@dataclass(frozen=True)
class SaveText:
    """A wording to ask with from now on; ``kind`` is one of ours or a word of the practice."""

    kind: str
    title: str
    body: str
    language: str = ""
    base: uuid.UUID | None = None
    """The text in whose place it comes, as it was shown."""


@query("consent.read")
def texts(reads: ReadSession) -> list[ConsentTextRow]:
    """The newest version of each kind in each language."""
    found = reads.session.scalars(
        select(ConsentText).where(~ConsentText.is_deleted).order_by(ConsentText.id)
    )
    newest = {(row.kind, row.language): row for row in found}
    order = {kind: place for place, kind in enumerate(KINDS)}
    rows = sorted(newest.values(), key=lambda row: (order.get(row.kind, len(order)), row.kind))
    return [_row(row) for row in rows]


@query("consent.read")
def text(reads: ReadSession, text_id: uuid.UUID) -> ConsentTextRow:
    """One version, as it was shown.

    Raises:
        NotFoundError: there is no such text.
    """
    row = reads.get(ConsentText, text_id)
    if row is None:
        raise NotFoundError(_("There is no such text."))
    return _row(row)


@command("practice.write")
def save_text(uow: UnitOfWork, wish: SaveText) -> uuid.UUID:
    """Ask with these words from now on; who agreed before agreed to the words of then.

    Raises:
        ValidationError: no kind, title or text, or one that is too long.
        StaleError: by now another text is in the place of ``base``.
    """
    kind = " ".join(wish.kind.split()).casefold()
    title, body = " ".join(wish.title.split()), wish.body.strip()
    if not kind:
        raise ValidationError("kind", _("Say what the text is about."))
    if not 0 < len(title) <= LONGEST_TITLE:
        raise ValidationError("title", _("The text needs a short heading."))
    if not 0 < len(body) <= LONGEST_BODY:
        raise ValidationError("body", _("Write what the person agrees to."))
    before = current(uow, kind, wish.language)
    if before is not None and (before.language, before.title, before.body) == (
        wish.language, title, body,
    ):  # fmt: skip
        return before.id
    is_same = before is not None and before.language == wish.language
    uow.expect_seen(before.id if before is not None and is_same else None, wish.base)
    row = ConsentText(
        kind=kind,
        version=_next_version(uow, kind),
        language=wish.language,
        title=title,
        body=body,
        issued_at=uow.now,
        issued_by=uow.actor.user_id,
    )
    uow.add(row)
    return row.id


@part
def current(reads: ReadSession, kind: str, *languages: str) -> ConsentText | None:
    """The newest text of a kind, in the first of these languages that it exists in, else in any."""
    found = reads.session.scalars(
        select(ConsentText)
        .where(ConsentText.kind == kind, ~ConsentText.is_deleted)
        .order_by(ConsentText.id.desc())
    ).all()
    for language in languages:
        short = language.replace("-", "_").split("_")[0]
        for row in found:
            if row.language == short:
                return row
    return found[0] if found else None


def _next_version(uow: UnitOfWork, kind: str) -> str:
    """One more than the greatest; versions are counted over all languages of a kind."""
    found = uow.session.scalars(select(ConsentText.version).where(ConsentText.kind == kind)).all()
    return str(max((int(version) for version in found if version.isdecimal()), default=0) + 1)


def _row(row: ConsentText) -> ConsentTextRow:
    return ConsentTextRow(
        row.id, row.kind, row.version, row.language, row.title, row.body, row.issued_at
    )
