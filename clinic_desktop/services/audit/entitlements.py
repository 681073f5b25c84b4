"""Who may do what, since when, by whom given, and what of it was used: for the owner's review."""

from __future__ import annotations

import io
import pkgutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module

from sqlalchemy import select

from clinic_desktop import services
from clinic_desktop.db import membership as chain
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.instants import from_millis
from clinic_desktop.domain.permissions import ENGAGED_ROLES, MATRIX, rights_of
from clinic_desktop.models.practice import AppUser
from clinic_desktop.models.provenance import AuditEvent
from clinic_desktop.security.membership import Membership
from clinic_desktop.security.membership_entries import BadEntryError, Entry
from clinic_desktop.security.membership_forks import in_order
from clinic_desktop.security.membership_sheets import Standings, step
from clinic_desktop.services import spreadsheet
from clinic_desktop.services.access import ACTIONS, command, part, query
from clinic_desktop.services.patients.looks import OPENED

UNUSED_AFTER = timedelta(days=90)
REVIEW_EVERY = timedelta(days=182)
REVIEWED = "access.rights-reviewed"
SIGNED_IN = "session.sign-in"
_LOGGED_LOOKS = {OPENED: "chart.read", "paper.print": "print.write"}
"""Looks that leave an event; other looks leave none, so nobody can say that they were not used."""
_USED = "SELECT reason, max(wall) FROM sync_commit WHERE user_id = ? GROUP BY reason"
_LOOKED = "SELECT max(id) FROM audit_event WHERE user_id = ? AND kind = ?"


@dataclass(frozen=True)
class RoleHeld:
    """One role of a person."""

    role: str
    since: datetime | None
    """``None`` where the chain does not say."""
    given_by: str
    """Empty for the founding of the practice."""
    is_unused: bool
    """Nothing that only this role allows was used for long."""


@dataclass(frozen=True)
class RightHeld:
    """One right of a person."""

    permission: str
    last_used: datetime | None
    is_unused: bool


@dataclass(frozen=True)
class Entitled:
    """One person with everything the person may do."""

    user_id: uuid.UUID
    login: str
    name: str
    roles: tuple[RoleHeld, ...]
    rights: tuple[RightHeld, ...]
    last_sign_in: datetime | None


@dataclass(frozen=True)
class Review:
    """Everybody who works here, and when somebody last went through the list."""

    people: tuple[Entitled, ...]
    reviewed_at: datetime | None
    reviewed_by: str
    is_due: bool


@dataclass(frozen=True)
class _Given:
    """When a role was given, and by whom."""

    since: datetime
    by: str


@query("user.read")
def review(reads: ReadSession) -> Review:
    """Who may do what today.

    Raises:
        DatabaseDamagedError: the membership chain was changed from outside.
    """
    _logged()
    users = reads.session.scalars(
        select(AppUser).where(AppUser.is_active).order_by(AppUser.name)
    ).all()
    settled = chain.settled(reads)
    given = _given(chain.entries(reads), settled.standings) if settled.state else {}
    people = tuple(_person(reads, user, given) for user in users)
    found = [_last_review(reads, user) for user in users]
    at, by = max((each for each in found if each), default=(None, ""), key=lambda each: each[0])
    begun = min((each.since for each in given.values()), default=reads.now)
    is_due = reads.now - (at or begun) >= REVIEW_EVERY
    return Review(people, at, by, is_due)


@part
def is_due(reads: ReadSession) -> bool:
    """Whether half a year has gone by since somebody went through the list."""
    users = reads.session.scalars(select(AppUser).where(AppUser.is_active)).all()
    found = [each[0] for user in users if (each := _last_review(reads, user))]
    begun = [from_millis(entry.wall) for entry in chain.entries(reads)[:1]]
    return bool(found or begun) and reads.now - max(found or begun) >= REVIEW_EVERY


def _last_review(reads: ReadSession, user: AppUser) -> tuple[datetime, str] | None:
    at = reads.session.scalar(
        select(AuditEvent.happened_at)
        .where(AuditEvent.user_id == user.id, AuditEvent.kind == REVIEWED)
        .order_by(AuditEvent.id.desc())
        .limit(1)
    )
    return (at, user.name) if at else None


@command("user.approve")
def note_reviewed(uow: UnitOfWork) -> None:
    """Put on record that an owner went through the list."""
    uow.audit(REVIEWED)


def _given(entries: tuple[Entry, ...], standings: Standings) -> dict[tuple[uuid.UUID, str], _Given]:
    """Of each role that somebody has: the entry of the chain, checked before, that gave it."""
    found: dict[tuple[uuid.UUID, str], _Given] = {}
    state: Membership | None = None
    for entry in in_order(entries):
        before = state
        try:
            state = step(before, entry, standings)
        except BadEntryError:
            continue  # owners decided apart, and it lost: it gave nothing
        signer = before.signer(entry.author) if before else None
        told = _Given(from_millis(entry.wall), signer.name if signer else "")
        now = {(key, role) for key, each in state.people.items() for role in each.roles}
        found = {key: found.get(key, told) for key in now}
    return found


def _person(
    reads: ReadSession, user: AppUser, given: dict[tuple[uuid.UUID, str], _Given]
) -> Entitled:
    roles = [(role, given.get((user.id, role))) for role in user.roles]
    used = _used(reads, user.id)
    old = reads.now - UNUSED_AFTER

    def unused(permission: str) -> bool:
        """Logged, not used for long, and given long ago."""
        last = used.get(permission)
        since = [each.since for role, each in roles if each and permission in _rights_of(role)]
        is_new = any(each > old for each in since)
        return permission in _logged() and (last is None or last < old) and not is_new

    rights = sorted({each for role, _since in roles for each in _rights_of(role)}, key=_place)
    return Entitled(
        user_id=user.id,
        login=user.login,
        name=user.name,
        roles=tuple(
            RoleHeld(
                role,
                told.since if told else None,
                told.by if told else "",
                is_unused=_is_idle(role, [each for each, _told in roles], unused),
            )
            for role, told in roles
        ),
        rights=tuple(RightHeld(each, used.get(each), unused(each)) for each in rights),
        last_sign_in=_last_event(reads, user.id, SIGNED_IN),
    )


def _is_idle(role: str, held: list[str], unused: Callable[[str], bool]) -> bool:
    """Whether nothing that only this role gives to the person was used."""
    others = {each for other in held if other != role for each in _rights_of(other)}
    only = (_rights_of(role) - others) & _logged()
    return bool(only) and all(unused(each) for each in only)


def _rights_of(role: str) -> frozenset[str]:
    return rights_of((role,), engaged=role in ENGAGED_ROLES)


def _place(permission: str) -> int:
    return list(MATRIX).index(permission)


@cache
def _logged() -> frozenset[str]:
    """Rights whose use leaves a trace in the log."""
    for each in pkgutil.walk_packages(services.__path__, f"{services.__name__}."):
        import_module(each.name)  # a feature that nobody opened yet declared nothing so far
    writes = {each.permission for each in ACTIONS.values() if each.writes}
    return frozenset(writes | set(_LOGGED_LOOKS.values()))


def _used(reads: ReadSession, user_id: uuid.UUID) -> dict[str, datetime]:
    """When each right was last used, as far as the log tells."""
    found: dict[str, datetime] = {}
    for reason, wall in reads.cursor.execute(_USED, (user_id.bytes,)).fetchall():
        action = ACTIONS.get(reason)
        if action is not None:
            at = from_millis(wall)
            found[action.permission] = max(at, found.get(action.permission, at))
    for kind, permission in _LOGGED_LOOKS.items():
        looked = _last_event(reads, user_id, kind)
        if looked is not None:
            found[permission] = max(looked, found.get(permission, looked))
    return found


def _last_event(reads: ReadSession, user_id: uuid.UUID, kind: str) -> datetime | None:
    """By the time in the id, which the index has."""
    row = reads.cursor.execute(_LOOKED, (user_id.bytes, kind)).fetchone()
    return from_millis(int.from_bytes(row[0][:6], "big")) if row[0] else None


@query("user.read")
def review_as_csv(reads: ReadSession) -> str:
    """The same for a spreadsheet: a line per person and right; times in ISO 8601, UTC."""
    found = review(reads)
    file = io.StringIO(newline="")
    head = ("person", "login", "role", "since", "given by", "right", "last used", "unused")
    spreadsheet.write(
        file,
        head,
        (
            (person.name, person.login, role.role, _iso(role.since), role.given_by,
             right.permission, _iso(right.last_used), "yes" if right.is_unused else "")
            for person in found.people
            for role in person.roles
            for right in person.rights
            if right.permission in _rights_of(role.role)
        ),
    )  # fmt: skip
    return file.getvalue()


def _iso(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""
