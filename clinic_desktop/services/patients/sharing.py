"""Family and trusted persons: who may be given which parts of a record (a FHIR Consent each)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.consent import GIVEN, PATIENT, ROLES, WITHDRAWN
from clinic_desktop.domain.sharing import PARTS, SHARE
from clinic_desktop.errors import NotFoundError, RuleError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.patient import Consent, RelatedPerson
from clinic_desktop.services import charts
from clinic_desktop.services.access import command, part, query


@dataclass(frozen=True)
class TrustedPerson:
    """Somebody of the family, or somebody trusted; ``parts`` is empty where nothing was agreed."""

    id: uuid.UUID
    name: str
    relationship: str
    phone: str
    is_guardian: bool
    parts: tuple[str, ...] = ()
    since: datetime | None = None
    valid_until: date | None = None
    given_by: str = ""
    """Who agreed for the patient; empty where the patient did."""
    is_over: bool = False
    """The time that was agreed is over."""


@dataclass(frozen=True)
class Share:
    """What somebody may be given from now on; it replaces what was agreed before."""

    patient_id: uuid.UUID
    related_person_id: uuid.UUID
    parts: tuple[str, ...]
    by_role: str = PATIENT
    given_by: str = ""
    valid_until: date | None = None
    note: str = ""


@command("consent.create")
def share(uow: UnitOfWork, wish: Share) -> None:
    """Record what a related person may be given; no parts at all takes everything back.

    Raises:
        NotFoundError: there is no such patient, or the person is none of theirs.
        RuleError: nothing was agreed that could be taken back.
        ValidationError: a part or role that is none, no name, or a day that is over.
    """
    patient_id = charts.surviving(uow.session, wish.patient_id)
    known = {each.id: each for each in _people(uow, patient_id)}
    if wish.related_person_id not in known:
        raise NotFoundError(_("This person is not in the chart."))
    if not set(wish.parts) <= set(PARTS):
        raise ValidationError("parts", _("Choose parts of the record."))
    if wish.by_role not in ROLES:
        raise ValidationError("by_role", _("Say who decided."))
    if wish.by_role != PATIENT and not wish.given_by.strip():
        raise ValidationError("given_by", _("Write the name of whoever decided for the person."))
    if wish.valid_until is not None and wish.valid_until < uow.today:
        raise ValidationError("valid_until", _("This day is over already."))
    if not wish.parts and not known[wish.related_person_id].parts:
        raise RuleError(_("Nothing was agreed that could be taken back."))
    uow.add(
        Consent(
            id=uow.new_id(),
            patient_id=patient_id,
            kind=SHARE,
            status=GIVEN if wish.parts else WITHDRAWN,
            given_at=uow.now,
            given_by=wish.given_by.strip() if wish.by_role != PATIENT else "",
            recorded_by=uow.actor.user_id,
            by_role=wish.by_role,
            related_person_id=wish.related_person_id,
            scope=[each for each in PARTS if each in wish.parts],
            valid_until=wish.valid_until,
            note=wish.note.strip(),
        )
    )


@query("consent.read")
def trusted_of(reads: ReadSession, patient_id: uuid.UUID) -> list[TrustedPerson]:
    """Everybody related to a patient, with what each may be given.

    Raises:
        NotFoundError: there is no such patient.
    """
    return _people(reads, charts.surviving(reads.session, patient_id))


@part
def parts_for(
    reads: ReadSession, patient_id: uuid.UUID, related_person_id: uuid.UUID
) -> frozenset[str]:
    """What a person may be given today; nothing where nothing was agreed, or its time is over."""
    return next(
        (
            frozenset() if each.is_over else frozenset(each.parts)
            for each in _people(reads, patient_id)
            if each.id == related_person_id
        ),
        frozenset(),
    )


def _people(reads: ReadSession, patient_id: uuid.UUID) -> list[TrustedPerson]:
    ids = charts.chart_ids(reads.session, patient_id)
    people = reads.session.scalars(
        select(RelatedPerson)
        .where(RelatedPerson.patient_id.in_(ids), ~RelatedPerson.is_deleted)
        .order_by(RelatedPerson.id)
    )
    agreed: dict[Any, Consent] = {
        row.related_person_id: row
        for row in reads.session.scalars(
            select(Consent)
            .where(Consent.patient_id.in_(ids), Consent.kind == SHARE, ~Consent.is_deleted)
            .order_by(Consent.given_at, Consent.id)
        )
    }
    return [_person(reads, row, agreed.get(row.id)) for row in people]


def _person(reads: ReadSession, row: RelatedPerson, agreed: Consent | None) -> TrustedPerson:
    plain = (row.id, row.name, row.relationship, row.phone, row.is_guardian)
    if agreed is None or agreed.status != GIVEN:
        return TrustedPerson(*plain)
    until = agreed.valid_until
    return TrustedPerson(
        *plain,
        tuple(agreed.scope or ()),
        agreed.given_at,
        until,
        agreed.given_by,
        until is not None and until < reads.today,
    )
