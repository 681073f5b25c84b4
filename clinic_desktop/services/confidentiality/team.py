"""Keeping a chart in confidence: who belongs to its care team."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from clinic_desktop.db import confidentiality
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.permissions import Facts, allowed, decide
from clinic_desktop.errors import ConfidentialError, RuleError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.models.confidentiality import CareTeamMember, ChartConfidentiality
from clinic_desktop.models.practice import AppUser
from clinic_desktop.services import charts, guard
from clinic_desktop.services.access import command, query, require

TREATING = "restricted.read"
"""The right that makes sense of being in a care team."""


@dataclass(frozen=True)
class Colleague:
    """Somebody who can be in the care team."""

    user_id: uuid.UUID
    name: str
    is_member: bool


@dataclass(frozen=True)
class CareTeam:
    """Who reads a chart."""

    is_restricted: bool
    colleagues: tuple[Colleague, ...]
    """Those who treat people here, by name."""
    may_change: bool

    @property
    def members(self) -> frozenset[uuid.UUID]:
        """Who belongs to it."""
        return frozenset(each.user_id for each in self.colleagues if each.is_member)


@query("patient.read")
def care_team(reads: ReadSession, patient_id: uuid.UUID) -> CareTeam:
    """Who reads a chart, and who could.

    Raises:
        NotFoundError: there is no such patient.
    """
    patient_id = charts.surviving(reads.session, patient_id)
    group = confidentiality.group(reads, patient_id)
    members = _members(reads, group)
    restricted = bool(_kept(reads, group))
    colleagues = tuple(
        Colleague(row.id, row.name, row.id in members) for row in _treating(reads)
    )  # fmt: skip
    return CareTeam(restricted, colleagues, _may_change(reads, patient_id, colleagues))


@command("confidence.write")
def keep_in_confidence(
    uow: UnitOfWork,
    patient_id: uuid.UUID,
    team: Iterable[uuid.UUID],
    seen: frozenset[uuid.UUID] | None = None,
) -> None:
    """Let only these people read the chart; whoever says so for the first time is one of them.

    Raises:
        PermissionDeniedError: the person does not belong to the care team.
        ValidationError: nobody is left, or somebody who treats nobody.
        NotFoundError: there is no such patient.
        StaleError: the care team is not the one that was ``seen``.
    """
    patient_id = charts.surviving(uow.session, patient_id)
    wanted = _checked(uow, patient_id, set(team))
    group = confidentiality.group(uow, patient_id)
    uow.expect_seen(frozenset(_members(uow, group)), seen)
    kept = {row.patient_id for row in _kept(uow, group)}
    if not kept:
        uow.add(ChartConfidentiality(patient_id=patient_id))
    for chart in kept or {patient_id}:
        _set_members(uow, chart, wanted)
    uow.audit("access.confidence", patient_id=patient_id, members=len(wanted))


@command("confidence.write")
def end_confidence(uow: UnitOfWork, patient_id: uuid.UUID) -> None:
    """Let everybody read the chart again whose role reads charts.

    Raises:
        PermissionDeniedError: the person does not belong to the care team.
        NotFoundError: there is no such patient.
    """
    patient_id = charts.surviving(uow.session, patient_id)
    _require_team(uow, patient_id)
    group = confidentiality.group(uow, patient_id)
    for row in _kept(uow, group):
        row.is_deleted = True
    for chart in set(group) - _with_visits(uow, group):
        _set_members(uow, chart, set())
    uow.audit("access.confidence-end", patient_id=patient_id)


@command("confidence.write")
def keep_visit(uow: UnitOfWork, encounter_id: uuid.UUID) -> None:
    """Keep what was written at a visit for those who treat the person; whoever says so is one.

    Raises:
        PermissionDeniedError: the person treats nobody, or does not belong to the care team.
        RuleError: it is kept in confidence already.
        NotFoundError: there is no such visit.
    """
    patient_id = _treated(uow, encounter_id)
    if _visit_rows(uow, encounter_id):
        raise RuleError(_("The words of this visit are kept in confidence already."))
    uow.add(ChartConfidentiality(patient_id=patient_id, encounter_id=encounter_id))
    members = {row.user_id for row in _rows(uow, patient_id)}
    others = confidentiality.visits_of_others(uow, patient_id)
    # Who keeps an own visit does not get to read what others kept before.
    if uow.actor.user_id is not None and not others - {encounter_id}:
        _set_members(uow, patient_id, members | {uow.actor.user_id})
    uow.audit("access.confidence", patient_id=patient_id, object_id=encounter_id)


@command("confidence.write")
def end_visit(uow: UnitOfWork, encounter_id: uuid.UUID) -> None:
    """Let everybody read what was written at a visit whose role reads notes.

    Raises:
        PermissionDeniedError: the person does not belong to the care team.
        NotFoundError: there is no such visit.
    """
    patient_id = _treated(uow, encounter_id)
    for row in _visit_rows(uow, encounter_id):
        row.is_deleted = True
    uow.audit("access.confidence-end", patient_id=patient_id, object_id=encounter_id)


def _treated(uow: UnitOfWork, encounter_id: uuid.UUID) -> uuid.UUID:
    """The patient of a visit, if the person at the desk may decide who reads its words."""
    patient_id = charts.visit(uow, encounter_id).patient_id
    guard.enter(uow, "restricted.read", patient_id)
    guard.hear(uow, "encounter", encounter_id)
    in_team = confidentiality.emergency(uow, patient_id) is None
    require(uow.actor, "restricted.create", Facts(in_care_team=in_team))
    return patient_id


def _visit_rows(uow: UnitOfWork, encounter_id: uuid.UUID) -> list[ChartConfidentiality]:
    return list(
        uow.session.scalars(
            select(ChartConfidentiality).where(
                ChartConfidentiality.encounter_id == encounter_id,
                ~ChartConfidentiality.is_deleted,
            )
        )
    )


def _with_visits(uow: UnitOfWork, group: list[uuid.UUID]) -> set[uuid.UUID]:
    """Of these charts, those with a visit whose words are kept in confidence."""
    found = uow.session.scalars(
        select(ChartConfidentiality.patient_id).where(
            ChartConfidentiality.patient_id.in_(group),
            ChartConfidentiality.encounter_id.is_not(None),
            ~ChartConfidentiality.is_deleted,
        )
    )
    return set(found)


def _checked(uow: UnitOfWork, patient_id: uuid.UUID, wanted: set[uuid.UUID]) -> set[uuid.UUID]:
    treating = {row.id for row in _treating(uow)}
    if confidentiality.visits_of_others(uow, patient_id):
        raise ConfidentialError(
            _("Words of this chart are kept by others."),
            kept=_("Nothing was changed."),
            hint=_("Its care team decides who reads it."),
        )
    if not wanted or wanted - treating:
        raise ValidationError("team", _("Choose at least one doctor for the care team."))
    if confidentiality.standing(uow, patient_id).is_restricted:
        _require_team(uow, patient_id)
    elif uow.actor.user_id not in wanted:
        raise ValidationError("team", _("Whoever keeps a chart in confidence is in its care team."))
    else:
        require(uow.actor, "restricted.create", Facts(in_care_team=True))
    return wanted


def _require_team(uow: UnitOfWork, patient_id: uuid.UUID) -> None:
    colleagues = care_team(uow, patient_id).colleagues
    if not _may_change(uow, patient_id, colleagues):
        standing = confidentiality.standing(uow, patient_id)
        require(uow.actor, "restricted.amend", Facts(in_care_team=standing.in_care_team))


def _may_change(reads: ReadSession, patient_id: uuid.UUID, colleagues: Iterable[Colleague]) -> bool:
    """The care team itself; where nobody of it works here any more, the owner."""
    standing = confidentiality.standing(reads, patient_id)
    if not standing.is_restricted or standing.in_care_team:
        return may_treat(reads.actor.roles)
    nobody_left = not any(each.is_member for each in colleagues)
    return nobody_left and allowed(reads.actor, "user.approve")


def may_treat(roles: Iterable[str]) -> bool:
    """Whether somebody with these roles can be in a care team."""
    return decide(roles, TREATING, Facts(in_care_team=True)).is_allowed


def _treating(reads: ReadSession) -> list[AppUser]:
    rows = reads.session.scalars(
        select(AppUser).where(AppUser.is_active, ~AppUser.is_deleted).order_by(AppUser.name)
    )
    return [row for row in rows if may_treat(row.roles)]


def _kept(reads: ReadSession, group: list[uuid.UUID]) -> list[ChartConfidentiality]:
    return list(
        reads.session.scalars(
            select(ChartConfidentiality).where(
                ChartConfidentiality.patient_id.in_(group),
                ChartConfidentiality.encounter_id.is_(None),
                ~ChartConfidentiality.is_deleted,
            )
        )
    )


def _members(reads: ReadSession, group: list[uuid.UUID]) -> set[uuid.UUID]:
    """Those who are in the care team of each chart of the group that is kept in confidence."""
    kept = [row.patient_id for row in _kept(reads, group)]
    teams = [{row.user_id for row in _rows(reads, chart)} for chart in kept]
    return set.intersection(*teams) if teams else set()


def _rows(reads: ReadSession, chart: uuid.UUID) -> list[CareTeamMember]:
    return list(
        reads.session.scalars(
            select(CareTeamMember).where(
                CareTeamMember.patient_id == chart, ~CareTeamMember.is_deleted
            )
        )
    )


def _set_members(uow: UnitOfWork, chart: uuid.UUID, wanted: set[uuid.UUID]) -> None:
    here = {row.user_id: row for row in _rows(uow, chart)}
    for user, row in here.items():
        row.is_deleted = user not in wanted
    for user in sorted(wanted - here.keys()):
        uow.add(CareTeamMember(patient_id=chart, user_id=user))
