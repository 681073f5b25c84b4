"""What patients asked for about their data, until when it is due, and what came of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.names import HumanName
from clinic_desktop.errors import NotFoundError, RuleError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.patient import Patient
from clinic_desktop.models.privacy import SubjectRequest
from clinic_desktop.services import charts
from clinic_desktop.services.access import command, part, query

KINDS = ("access", "rectification", "restriction", "erasure", "portability", "objection")
OPEN, DONE, REFUSED = "in-progress", "completed", "refused"
DUE_DAYS = 30
"""GDPR allows a month, 152-FZ ten working days: an earlier day can be typed."""


@dataclass(frozen=True)
class RequestRow:
    """One request."""

    id: uuid.UUID
    patient_id: uuid.UUID
    name: HumanName
    kind: str
    received_on: date
    due_on: date
    asked_by: str
    note: str
    status: str
    outcome: str
    closed_on: date | None

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something."""
        return self.status == OPEN


@dataclass(frozen=True)
class ReceiveRequest:
    """Somebody asked; ``due_on`` is thirty days later where nobody says otherwise."""

    patient_id: uuid.UUID
    kind: str
    received_on: date | None = None
    due_on: date | None = None
    asked_by: str = ""
    note: str = ""


@command("subject.create")
def receive(uow: UnitOfWork, wish: ReceiveRequest) -> uuid.UUID:
    """Put a request into the register.

    Raises:
        NotFoundError: there is no such patient.
        ValidationError: an unknown kind, a day to come, or due before it was received.
    """
    if wish.kind not in KINDS:
        raise ValidationError("kind", _("Say what was asked for."))
    received = wish.received_on or uow.today
    due = wish.due_on or received + timedelta(days=DUE_DAYS)
    if received > uow.today:
        raise ValidationError("received_on", _("This day has not come yet."))
    if due < received:
        raise ValidationError("due_on", _("It cannot be due before it was asked."))
    row = SubjectRequest(
        id=uow.new_id(),
        patient_id=charts.surviving(uow.session, wish.patient_id),
        kind=wish.kind,
        received_on=received,
        due_on=due,
        asked_by=" ".join(wish.asked_by.split()),
        note=wish.note.strip(),
        status=OPEN,
    )
    uow.add(row)
    return row.id


@command("subject.amend")
def close(uow: UnitOfWork, request_id: uuid.UUID, outcome: str, *, refused: bool = False) -> None:
    """Say what came of a request.

    Raises:
        NotFoundError: there is no such request.
        RuleError: it is closed already.
        ValidationError: no word of what came of it.
    """
    row = uow.get(SubjectRequest, request_id)
    if row is None or row.is_deleted:
        raise NotFoundError(_("There is no such request."))
    if row.status != OPEN:
        raise RuleError(_("This request is closed already."))
    if not outcome.strip():
        raise ValidationError("outcome", _("Say what came of it; the person may ask."))
    _close(uow, row, REFUSED if refused else DONE, outcome.strip())


@part
def complete(uow: UnitOfWork, patient_id: uuid.UUID, kinds: tuple[str, ...], outcome: str) -> None:
    """Close the open requests of these kinds as part of the command that fulfils them."""
    for row in uow.session.scalars(
        select(SubjectRequest).where(
            SubjectRequest.patient_id.in_(charts.chart_ids(uow.session, patient_id)),
            SubjectRequest.kind.in_(kinds),
            SubjectRequest.status == OPEN,
            ~SubjectRequest.is_deleted,
        )
    ):
        _close(uow, row, DONE, outcome)


def _close(uow: UnitOfWork, row: SubjectRequest, status: str, outcome: str) -> None:
    row.status, row.outcome = status, outcome
    row.closed_on, row.closed_by = uow.today, uow.actor.user_id


@query("subject.read")
def requests_of(reads: ReadSession, patient_id: uuid.UUID) -> list[RequestRow]:
    """The requests of one patient, open ones first, then the latest."""
    ids = charts.chart_ids(reads.session, patient_id)
    return _rows(reads, SubjectRequest.patient_id.in_(ids))


@query("subject.read")
def open_requests(reads: ReadSession) -> list[RequestRow]:
    """All that still wait, the soonest due first."""
    found = _rows(reads, SubjectRequest.status == OPEN)
    return sorted(found, key=lambda row: (row.due_on, row.id))


def _rows(reads: ReadSession, which: object) -> list[RequestRow]:
    found = reads.session.execute(
        select(SubjectRequest, Patient.family, Patient.given)
        .join(Patient, Patient.id == SubjectRequest.patient_id)
        .where(which, ~SubjectRequest.is_deleted)  # type: ignore[arg-type]
    )
    rows = [
        RequestRow(
            row.id,
            row.patient_id,
            HumanName(family, given),
            row.kind,
            row.received_on,
            row.due_on,
            row.asked_by,
            row.note,
            row.status,
            row.outcome,
            row.closed_on,
        )
        for row, family, given in found
    ]
    rows.sort(key=lambda row: (row.received_on, row.id), reverse=True)
    return sorted(rows, key=lambda row: not row.is_open)
