"""Unsaved words of the signed-in person; they survive a crash, a lock and a power cut.

Drafts stay on this PC: the journal does not carry them. The file is encrypted, so they are.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.errors import RuleError
from clinic_desktop.i18n import _
from clinic_desktop.models.local import Draft
from clinic_desktop.services.access import command, query


@dataclass(frozen=True)
class DraftRow:
    """What was typed into one form and not yet saved."""

    kind: str
    """The form: ``visit``, ``patient``, …"""
    subject: str
    """The row the form is about, or empty for a new one."""
    body: dict[str, Any]
    saved_at: datetime


@command("draft.write")
def save_draft(uow: UnitOfWork, kind: str, subject: str, body: dict[str, Any]) -> datetime:
    """Keep the form's words instead of those kept before; returns the instant it was done."""
    row = {"body": body, "saved_at": uow.now}
    key = {"user_id": _person(uow), "kind": kind, "subject": subject}
    kept = insert(Draft).values(**key, **row)
    uow.session.execute(kept.on_conflict_do_update(index_elements=list(key), set_=row))
    return uow.now


@query("draft.write")
def load_draft(reads: ReadSession, kind: str, subject: str) -> DraftRow | None:
    """The words kept for one form, if any."""
    row = reads.session.get(Draft, (_person(reads), kind, subject))
    return None if row is None else _row(row)


@command("draft.write")
def discard_draft(uow: UnitOfWork, kind: str, subject: str) -> None:
    """Forget the words of one form: they were saved for good, or given up."""
    key = (_person(uow).bytes, kind, subject)
    uow.cursor.execute("DELETE FROM draft WHERE user_id = ? AND kind = ? AND subject = ?", key)


@query("draft.write")
def my_drafts(reads: ReadSession) -> list[DraftRow]:
    """Everything the signed-in person began and did not finish on this PC, newest first."""
    mine = select(Draft).where(Draft.user_id == _person(reads)).order_by(Draft.saved_at.desc())
    return [_row(row) for row in reads.session.scalars(mine)]


def _row(row: Draft) -> DraftRow:
    return DraftRow(row.kind, row.subject, row.body, row.saved_at)


def _person(session: ReadSession) -> uuid.UUID:
    if session.actor.user_id is None:
        raise RuleError(_("Only a signed-in person has drafts."))
    return session.actor.user_id
