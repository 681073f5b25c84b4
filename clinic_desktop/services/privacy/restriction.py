"""Charts that are only stored: no use without a reason of the law, and that reason on record."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from clinic_desktop.db import restriction
from clinic_desktop.db.restriction import USED
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.errors import NotFoundError, RuleError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.practice import AppUser
from clinic_desktop.models.privacy import ProcessingRestriction
from clinic_desktop.services import charts
from clinic_desktop.services.access import command, query
from clinic_desktop.services.privacy import requests

REASONS: Final = ("accuracy", "unlawful", "claim", "objection", "retention")
"""Why it is restricted: GDPR article 18, or erasure that the law does not allow yet."""
EXCEPTIONS: Final = ("care", "consent", "claim", "protection", "public-interest")
"""Why it is used all the same: GDPR article 18 (2), and urgent care."""
SHORTEST_REASON = 10


@dataclass(frozen=True)
class RestrictionRow:
    """The restriction in force."""

    id: uuid.UUID
    reason: str
    words: str
    started_at: datetime
    by: str
    is_excepted: bool
    """Whether the person at the desk may use the chart for now."""


@query("disclosure.read")
def restriction_of(reads: ReadSession, patient_id: uuid.UUID) -> RestrictionRow | None:
    """The restriction in force on a chart, if any."""
    found = reads.session.execute(
        select(ProcessingRestriction, AppUser.name)
        .outerjoin(AppUser, AppUser.id == ProcessingRestriction.started_by)
        .where(
            ProcessingRestriction.patient_id.in_(charts.chart_ids(reads.session, patient_id)),
            ProcessingRestriction.ended_at.is_(None),
            ~ProcessingRestriction.is_deleted,
        )
        .order_by(ProcessingRestriction.started_at)
    ).first()
    if found is None:
        return None
    row, name = found
    excepted = restriction.is_excepted(reads, patient_id)
    return RestrictionRow(row.id, row.reason, row.words, row.started_at, name or "", excepted)


@command("subject.amend")
def restrict(uow: UnitOfWork, patient_id: uuid.UUID, reason: str, words: str) -> uuid.UUID:
    """Only store a chart from now on.

    Raises:
        NotFoundError: there is no such patient.
        RuleError: it is only stored already.
        ValidationError: an unknown reason, or no words.
    """
    patient_id = charts.surviving(uow.session, patient_id)
    if reason not in REASONS:
        raise ValidationError("reason", _("Choose why."))
    _check_words(words)
    if restriction.is_stored_only(uow, patient_id):
        raise RuleError(_("This chart is only stored already."))
    row = ProcessingRestriction(
        id=uow.new_id(), patient_id=patient_id, reason=reason, words=words.strip(),
        started_at=uow.now, started_by=uow.actor.user_id,
    )  # fmt: skip
    uow.add(row)
    requests.complete(uow, patient_id, ("restriction",), _("The chart is only stored now."))
    uow.audit("restriction.begin", patient_id=patient_id, object_id=row.id, reason=reason)
    return row.id


@command("subject.amend")
def lift(uow: UnitOfWork, patient_id: uuid.UUID, words: str) -> None:
    """Let a chart be used again; the person should hear of it before.

    Raises:
        NotFoundError: it is not restricted.
        ValidationError: no words.
    """
    patient_id = charts.surviving(uow.session, patient_id)
    _check_words(words)
    rows = uow.session.scalars(
        select(ProcessingRestriction).where(
            ProcessingRestriction.patient_id.in_(charts.chart_ids(uow.session, patient_id)),
            ProcessingRestriction.ended_at.is_(None),
            ~ProcessingRestriction.is_deleted,
        )
    ).all()
    if not rows:
        raise NotFoundError(_("The use of this chart is not restricted."))
    for row in rows:
        row.ended_at, row.ended_by, row.end_words = uow.now, uow.actor.user_id, words.strip()
        uow.audit("restriction.end", patient_id=patient_id, object_id=row.id)


@command("patient.read")
def use_anyway(uow: UnitOfWork, patient_id: uuid.UUID, reason: str, words: str) -> None:
    """Say why the chart is used all the same; holds for this person and these hours.

    Raises:
        NotFoundError: it is not restricted.
        ValidationError: an unknown reason, or no words.
    """
    patient_id = charts.surviving(uow.session, patient_id)
    if reason not in EXCEPTIONS:
        raise ValidationError("reason", _("Choose why."))
    _check_words(words)
    if not restriction.is_stored_only(uow, patient_id):
        raise NotFoundError(_("The use of this chart is not restricted."))
    uow.audit(USED, patient_id=patient_id, reason=reason, words=words.strip())


def _check_words(words: str) -> None:
    if len(words.strip()) < SHORTEST_REASON:
        raise ValidationError("words", _("Say in a few words why."))
