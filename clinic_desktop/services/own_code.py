"""The second factor of the signed-in person at this PC, and the owner's help with a lost phone.

It lies with what belongs to this PC alone: neither the log nor an export of it ever holds a seed.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import msgspec
from sqlalchemy import select

from clinic_desktop.db import membership as chain
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.errors import (
    CodeNeededError,
    NotFoundError,
    RuleError,
    ValidationError,
    WrongCodeError,
)
from clinic_desktop.i18n import _, current
from clinic_desktop.models.local import LocalSetting
from clinic_desktop.security import second_factor
from clinic_desktop.security.second_factor import Kept, Offer
from clinic_desktop.services.access import command, part, query

_PREFIX = "code."


@dataclass(frozen=True)
class OwnCode:
    """How it stands with the signed-in person's second factor."""

    is_on: bool
    codes_left: int = 0


@query("practice.read")
def own_code(reads: ReadSession) -> OwnCode:
    """Whether the signed-in person is asked for a code here."""
    kept = _kept(reads, reads.actor.user_id)
    return OwnCode(kept is not None, len(kept.codes) if kept else 0)


@query("practice.read")
def with_code(reads: ReadSession) -> frozenset[UUID]:
    """Who is asked for a code at this PC."""
    rows = reads.session.scalars(
        select(LocalSetting).where(LocalSetting.key.startswith(_PREFIX))
    ).all()
    return frozenset(UUID(row.key.removeprefix(_PREFIX)) for row in rows if row.value)


@command("practice.read", password_again=True)
def switch_on(uow: UnitOfWork, offer: Offer, typed: str) -> None:
    """Ask the signed-in person for a code from now on, once the phone has shown a right one.

    Raises:
        ValidationError: the code is not what a phone with this seed shows now.
    """
    kept = second_factor.accepted(offer.kept(), typed, uow.now.timestamp())
    if kept is None or not kept.step:
        raise ValidationError("code", _not_right(uow), hint=_hint())
    _keep(uow, uow.actor.user_id, kept)
    uow.audit("session.code-on")


@command("practice.read", password_again=True)
def renew_codes(uow: UnitOfWork) -> tuple[str, ...]:
    """Ten new recovery codes; those before end.

    Raises:
        NotFoundError: there is no second factor.
    """
    kept = _kept(uow, uow.actor.user_id)
    if kept is None:
        raise _none()
    codes = second_factor.new_codes()
    _keep(uow, uow.actor.user_id, second_factor.with_codes(kept, codes))
    uow.audit("session.code-renewed")
    return codes


@command("practice.read", password_again=True)
def switch_off(uow: UnitOfWork) -> None:
    """Ask the signed-in person for no code any more.

    Raises:
        NotFoundError: there is no second factor.
        RuleError: the practice demands it.
    """
    state = chain.current(uow)
    if state is not None and state.rules.want_code(uow.actor.roles):
        raise RuleError(
            _("Your practice asks for a code from everybody with your role."),
            kept=_("Nothing was changed."),
            hint=_("An owner can change that under Settings, Rules for signing in."),
        )
    _remove(uow, uow.actor.user_id, "session.code-off")


@command("user.approve", password_again=True)
def switch_off_for(uow: UnitOfWork, user_id: UUID) -> None:
    """Ask somebody for no code any more who lost the phone.

    Raises:
        NotFoundError: this person has no second factor.
    """
    _remove(uow, user_id, "user.code-off")


@part
def is_on(reads: ReadSession, user_id: UUID | None) -> bool:
    """Whether somebody is asked for a code here."""
    return _kept(reads, user_id) is not None


@part
def check(uow: UnitOfWork, user_id: UUID | None, typed: str) -> None:
    """Let somebody on whose code is right, or who needs none; each code is taken once.

    Raises:
        CodeNeededError: none was typed.
        WrongCodeError: it is not right.
    """
    kept, after = _kept(uow, user_id), check_only(uow, user_id, typed)
    if kept is None or after is None:
        return
    _keep(uow, user_id, after)
    if len(after.codes) < len(kept.codes):
        uow.audit("session.code-from-paper", object_id=user_id, left=len(after.codes))


@part
def check_only(reads: ReadSession, user_id: UUID | None, typed: str) -> Kept | None:
    """The same where nothing can be written, so that a code may count twice.

    Returns what is to be kept of it; ``None`` where no code is asked for.

    Raises:
        CodeNeededError, WrongCodeError: as ``check``.
    """
    kept = _kept(reads, user_id)
    if kept is None:
        return None
    if not typed.strip():
        raise CodeNeededError(
            _("The code from your phone is needed."),
            hint=_("Without the phone, type one of your recovery codes."),
        )
    after = second_factor.accepted(kept, typed, reads.now.timestamp())
    if after is None:
        raise WrongCodeError(_not_right(reads), hint=_hint())
    return after


@part
def forget(uow: UnitOfWork, user_id: UUID) -> None:
    """End somebody's second factor, if there is one: the recovery sheet was used instead."""
    if _kept(uow, user_id) is not None:
        _remove(uow, user_id, "user.code-off")


def _remove(uow: UnitOfWork, user_id: UUID | None, kind: str) -> None:
    if _kept(uow, user_id) is None:
        raise _none()
    _keep(uow, user_id, None)
    uow.audit(kind, object_id=user_id)


def _kept(reads: ReadSession, user_id: UUID | None) -> Kept | None:
    row = reads.session.get(LocalSetting, f"{_PREFIX}{user_id}")
    return msgspec.convert(row.value, Kept) if row is not None and row.value else None


def _keep(uow: UnitOfWork, user_id: UUID | None, kept: Kept | None) -> None:
    value = msgspec.to_builtins(kept) if kept else {}
    uow.session.merge(LocalSetting(key=f"{_PREFIX}{user_id}", value=value))


def _not_right(reads: ReadSession) -> str:
    time = current().time(reads.now.astimezone(reads.zone).time())
    return _("This is not the code of now; the clock of this PC says {time}.").format(time=time)


def _hint() -> str:
    return _("Each code counts once. Set the clock right, wait for the next code, or type one of "
             "your recovery codes.")  # fmt: skip


def _none() -> NotFoundError:
    return NotFoundError(_("No code is asked for here."))
