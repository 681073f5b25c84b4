"""Signing in by the membership chain, and what else asks it: the tables of people only show it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace

from sqlalchemy import select

from clinic_desktop.db import membership as chain
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.instants import from_millis
from clinic_desktop.domain.permissions import INSURER, STAFF_ROLES, Actor
from clinic_desktop.errors import ValidationError, WrongPasswordError
from clinic_desktop.i18n import _
from clinic_desktop.models.practice import AppUser
from clinic_desktop.security.membership import OWNER, Membership
from clinic_desktop.security.membership_entries import (
    NewRoot,
    Person,
    PersonKeys,
    PutDevice,
    Root,
    Rules,
    SetRules,
)
from clinic_desktop.security.primitives import Identity, PublicKeys
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.security.vault import Vault
from clinic_desktop.services import own_code
from clinic_desktop.services.access import command, query

_NEWEST = "SELECT wall FROM sync_commit WHERE dev = 1 ORDER BY dseq DESC LIMIT 1"


@dataclass(frozen=True)
class SignedIn:
    """Who signed in, and the chain that says so."""

    actor: Actor
    state: Membership | None
    """None in a record older than its chain, until an owner signs in."""
    lacks_code: bool = False
    """Whether the practice's rules want a code of this person, who has none yet."""

    @property
    def rules(self) -> Rules:
        """What the practice demands."""
        return self.state.rules if self.state is not None else Rules()


@query("practice.read")
def owners_sealing_keys(reads: ReadSession) -> tuple[bytes, ...]:
    """The X25519 keys of the recovery sheet and of the owners, to seal a backup to."""
    state = chain.current(reads)
    if state is None:
        return ()
    return tuple(key for key in (state.root.sealing, *state.owners_sealing) if key)


@command("practice.read")
def sign_in(
    uow: UnitOfWork, login: str, mine: Identity, vault: Vault, code: str | None = None
) -> SignedIn:
    """Let the holder of these keys in with the roles of the chain; run it as the program itself.

    ``code`` is that of the second factor; ``None`` where it is not asked for again. A record older
    than its chain gets its first entry from an owner, and keys that the chain does not know are
    said by their holder.

    Raises:
        WrongPasswordError: the chain does not know this person, or not these keys.
        CodeNeededError, WrongCodeError: as ``own_code.check`` says.
        DatabaseDamagedError: chain or tables were changed from outside.
    """
    state = chain.agree(uow)
    actor = _actor_of(uow, login)
    person = _check_keys(state, actor, mine)
    actor = _for_a_time(uow, state, _by_chain(actor, person))
    if code is not None:
        own_code.check(uow, actor.user_id, code)
    uow.actor = actor
    if state is None and OWNER in actor.roles:
        state = chain.begin(uow, mine, vault, Root(vault.recovery), mine.public)
    elif person is not None and not person.signing:
        state = chain.append(uow, mine, _keys_of(person.id, mine.public))
    if state is not None and OWNER in actor.roles:
        state = _with_this_device(uow, state, mine)
    uow.audit("session.sign-in")
    wanted = state is not None and state.rules.want_code(actor.roles)
    return SignedIn(actor, state, wanted and not own_code.is_on(uow, actor.user_id))


@query("practice.read")
def current_rules(reads: ReadSession) -> Rules:
    """What the practice demands at each PC."""
    state = chain.current(reads)
    return state.rules if state is not None else Rules()


@query("practice.read")
def goes_on(reads: ReadSession, actor: Actor) -> bool:
    """Whether the chain still gives a signed-in person the roles that the desk was made for."""
    state = chain.current(reads)
    person = state.people.get(actor.user_id) if state and actor.user_id else None
    if state is None or actor.user_id is None:
        return True
    engaged = state.engagements.get(actor.user_id)
    until = from_millis(engaged.until) if engaged is not None else None
    is_same = person is not None and set(person.roles) == set(actor.roles)
    return is_same and actor.engaged_until in {None, until}


@command("user.approve", password_again=True)
def set_rules(uow: UnitOfWork, wanted: Rules, signer: Identity, seen: Rules | None = None) -> None:
    """Demand something else, signed by an owner; codes from the next sign-in on.

    Raises:
        RuleError: the signer is no owner in the membership chain.
        StaleError: the rules are not those that were ``seen``.
    """
    now = current_rules(uow)
    uow.expect_seen(now, seen)
    if wanted != now:
        chain.append(uow, signer, SetRules(wanted))
        roles = ",".join(wanted.code_roles)
        uow.audit("access.rules", lock_minutes=wanted.lock_minutes, code_roles=roles)


@query("practice.read")
def sign_in_to_look(
    reads: ReadSession, login: str, mine: Identity, code: str | None = None
) -> SignedIn:
    """The same where the record cannot be written; run it as the program itself.

    Raises:
        WrongPasswordError, CodeNeededError, WrongCodeError, DatabaseDamagedError: as ``sign_in``.
    """
    state = chain.agree(reads)
    actor = _actor_of(reads, login)
    actor = _for_a_time(reads, state, _by_chain(actor, _check_keys(state, actor, mine)))
    if code is not None:
        own_code.check_only(reads, actor.user_id, code)
    reads.actor = actor
    reads.note("session.sign-in")
    return SignedIn(actor, state)


@command("user.approve")
def recover(
    uow: UnitOfWork, login: str, sheet: RecoveryKey, fresh: PublicKeys, vault: Vault
) -> AppUser:
    """Give an owner new keys, signed by the recovery sheet; it is on record before it opens.

    Raises:
        ValidationError: this login is no owner's.
        RuleError: the sheet is not the one the chain knows.
        DatabaseDamagedError: chain or tables were changed from outside.
    """
    root, state = sheet.identity, chain.agree(uow)
    row = _row_of(uow, login)
    if row is None or OWNER not in row.roles:
        users = uow.session.scalars(select(AppUser).where(AppUser.is_active)).all()
        owners = ", ".join(each.login for each in users if OWNER in each.roles)
        raise ValidationError(
            "login",
            _("The recovery sheet lets an owner of the practice in: {logins}.").format(
                logins=owners
            ),
        )
    as_root = Root(root.public.sealing, root.public.signing)
    if state is None:
        chain.begin(uow, root, vault, as_root)
    elif not state.root.signing:
        chain.append(uow, root, NewRoot(as_root))
    chain.append(uow, root, _keys_of(row.id, fresh))
    own_code.forget(uow, row.id)  # the paper stands for the lost phone too
    uow.audit("key.recovered", object_id=row.id)
    return row


@command("user.approve")
def note_removed_ways(uow: UnitOfWork, count: int) -> None:
    """Put on record that the key file let in somebody whom the chain does not know."""
    uow.audit("key.removed", count=count)


def _check_keys(state: Membership | None, actor: Actor, mine: Identity) -> Person | None:
    """The person as the chain knows them; refused where it does not, or not with these keys."""
    person = state.people.get(actor.user_id) if state and actor.user_id else None
    if state is None:
        return None
    if person is None or (person.sealing and not state.admits(person.id, mine.public.sealing)):
        raise _nobody()
    return person


def _by_chain(actor: Actor, person: Person | None) -> Actor:
    """With the roles of the chain, which the tables may lag behind."""
    return replace(actor, roles=person.roles) if person is not None else actor


def _for_a_time(reads: ReadSession, state: Membership | None, actor: Actor) -> Actor:
    """Somebody from outside with the end of the time; refused once it is over.

    A clock that was put back does not prolong it: no time before the newest commit counts.
    """
    if not set(actor.roles) - set(STAFF_ROLES):
        return actor
    engaged = state.engagements.get(actor.user_id) if state and actor.user_id else None
    newest = reads.cursor.execute(_NEWEST).fetchone()
    now = max(reads.now, from_millis(newest[0])) if newest else reads.now
    if engaged is None or now >= from_millis(engaged.until):
        raise _nobody()
    if bool(engaged.insurer) != (INSURER in actor.roles):
        raise _nobody()
    return replace(actor, engaged_until=from_millis(engaged.until), insurer=engaged.insurer)


def _keys_of(user: uuid.UUID, keys: PublicKeys) -> PersonKeys:
    return PersonKeys(user, keys.sealing, keys.signing)


def _with_this_device(uow: UnitOfWork, state: Membership, mine: Identity) -> Membership:
    """The chain names this PC's signing key as soon as it has one."""
    device = chain.this_device(uow)
    known = state.devices.get(device.id)
    if device.id in state.known and known is None:
        return state  # it was given away; what to do with it is not decided here
    if state.is_earlier(mine.public.sealing):
        return state  # the owner may look and work; these keys sign nothing
    if known is not None and (not device.signing or known.signing == device.signing):
        return state
    return chain.append(uow, mine, PutDevice(device))


def _row_of(reads: ReadSession, login: str) -> AppUser | None:
    wanted = login.strip().casefold()
    users = reads.session.scalars(select(AppUser).where(AppUser.is_active)).all()
    return next((each for each in users if each.login.casefold() == wanted), None)


def _actor_of(reads: ReadSession, login: str) -> Actor:
    row = _row_of(reads, login)
    if row is None:
        raise _nobody()
    return Actor(row.id, row.login, row.name, tuple(row.roles), row.practitioner_id)


def _nobody() -> WrongPasswordError:
    return WrongPasswordError(
        _("This person may not sign in any more."), hint=_("Ask the owner of the practice.")
    )
