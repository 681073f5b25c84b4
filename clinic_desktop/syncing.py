"""The exchange of an open clinic with its other PCs: setting up, inviting, one pass at a time."""

from __future__ import annotations

import secrets
import uuid
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from clinic_desktop.clinic import Clinic
from clinic_desktop.db import membership as chain
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.permissions import SYSTEM, allowed
from clinic_desktop.errors import (
    NotFoundError,
    RevokedError,
    ServerError,
    SetupError,
    ValidationError,
)
from clinic_desktop.i18n import _
from clinic_desktop.models.types import from_millis, to_millis
from clinic_desktop.security.membership import Device, Membership
from clinic_desktop.security.primitives import UnreadableError
from clinic_desktop.services import devices
from clinic_desktop.services.access import require, require_password
from clinic_desktop.sync import state
from clinic_desktop.sync.client import Address, Link, RefusedError
from clinic_desktop.sync.enrolment import Invitation, KnownPc, Request, Welcome, free_prefix
from clinic_desktop.sync.exchange import Exchange, Passed, link_of, refused
from clinic_desktop.sync.keys import Courier, new_dek, seal_dek
from clinic_desktop.sync.registering import register
from clinic_desktop.sync.state import Lacking, Open, Peer, Settings

_ALL_KEYS = 1_000_000
_KEYS_AT_A_TIME = 50
"""How many data keys a pass hands on besides."""
_EPOCH_BITS = 16
"""Two owners who begin an epoch at the same time, apart, do not give it the same number."""


@dataclass(frozen=True)
class Status:
    """How the exchange stands."""

    server: str
    last_ok: datetime | None
    last_error: str
    is_finished: bool
    """Whether server and PCs know of each PC that was taken out here."""
    open: Open


class Syncing:
    """One per open clinic. Nearly every method asks the server: none is for the window's thread."""

    def __init__(self, opened: Clinic) -> None:
        self._clinic, self._store = opened, opened.store

    def run(self) -> Passed:
        """One pass; before it, a PC's being taken out that was broken off is finished.

        Raises:
            SetupError: there is no server yet.
            ServerError, RevokedError, CopiedRecordError: as ``Exchange.run`` says.
        """
        require(self._clinic.actor, "sync.run")
        with closing(link_of(self._store)) as link:
            with suppress(ServerError):  # it is tried again, and the status says so
                self._finish(link)
            passed = Exchange(self._store, link).run()
            with suppress(ServerError):  # the pass was a good one; these go with the next
                self._hand_keys(link, _KEYS_AT_A_TIME)
        return passed

    def status(self) -> Status:
        """How it stands, without asking the server.

        Raises:
            SetupError: there is no server yet.
        """
        require(self._clinic.actor, "sync.run")
        return self._store.read(SYSTEM, _status).result()

    def set_up(self, address: Address) -> Passed:
        """Use this server from now on; a practice it does not know is taken in.

        A server that lost everything is set up again like a new one: what the PCs hold goes there.

        Raises:
            PermissionDeniedError, RuleError, ServerError: the PC works on alone, as before.
        """
        require(self._clinic.actor, "device.approve")
        clinic, owner = self._clinic.keys.vault.clinic, self._clinic.keys.identity
        self._hear_others()
        me = self._store.write(SYSTEM, _own_keys, clinic).result()
        after = self._store.write(self._clinic.actor, devices.introduce_this, owner).result()
        last = 0

        def count(least: int) -> int:
            nonlocal last
            last = self._store.write(SYSTEM, _count, max(least, last)).result()
            return last

        with closing(Link(address, self._store.clock, me, count)) as link:
            register(link, after, owner)
            # Only now: a server that works is not given up for one that does not answer.
            self._store.write(SYSTEM, _prepare, clinic, address, last).result()
            return Exchange(self._store, link).run()

    def _hear_others(self) -> None:
        """A pass, where there is a server and it answers, before the chain of members goes on.

        An owner whose PC is behind would decide on what others changed long ago.
        """
        if self._store.read(SYSTEM, _peer).result() is None:
            return
        with closing(link_of(self._store)) as link:
            try:
                Exchange(self._store, link).run()
            except RevokedError:
                raise
            except ServerError:
                return  # it is away, or lost everything: that is no reason to stay so

    def invite(self) -> Invitation:
        """Open the practice to one more PC for an hour; an invitation before this one ends.

        Raises:
            SetupError, ServerError: nobody is invited.
        """
        require(self._clinic.actor, "device.approve")
        made = Invitation.new()
        with closing(link_of(self._store)) as link:
            try:
                for letter in (b"request", b"welcome"):
                    link.signed("POST", f"/v1/mail/{made.box(letter)}")
            except RefusedError as error:
                raise refused(error) from error
        self._store.write(SYSTEM, _keep_invitation, made.secret).result()
        return made

    def approve(self, digits: str) -> str:
        """Let the PC in that shows these six digits; returns its name.

        It gets the practice's data keys, and the signed-in owner's own keys, to sign in there.

        Raises:
            NotFoundError: nobody is invited, or the PC has not answered yet.
            ValidationError: another PC answered than the one with these digits.
            PasswordAgainError, RuleError, ServerError: it may be tried again.
        """
        actor, owner = self._clinic.actor, self._clinic.keys.identity
        require(actor, "device.approve")
        with closing(link_of(self._store)) as link:
            invitation = self._invitation()
            request = _request(link, invitation, digits)
            device = Device(
                uuid.UUID(bytes=request.device), request.name, request.signing, request.sealing
            )
            Exchange(self._store, link).run()  # what others decided comes before this
            after = self._store.write(actor, devices.admit, device, owner).result()
            register(link, after, owner)
            self._hand_keys(link)
            Exchange(self._store, link).run()
            letter = self._store.write(SYSTEM, self._letter, invitation, request, after).result()
            try:
                link.call("PUT", f"/v1/mail/{invitation.box(b'welcome')}", letter)
            except RefusedError as error:
                raise refused(error) from error
        self._store.write(SYSTEM, _keep_invitation, b"").result()
        return request.name

    def revoke(self, device: uuid.UUID) -> Passed:
        """Take a PC out; what is written from now on is sealed with a key that it does not get.

        Raises:
            NotFoundError, RuleError, PasswordAgainError: nothing was changed.
            ServerError: it is out of the practice; the next pass tells the server and the others.
        """
        actor, owner = self._clinic.actor, self._clinic.keys.identity
        require(actor, "device.approve")
        require_password(actor, self._store.proofs)
        self._hear_others()
        # First: a key too many is nothing, a PC out that still reads along is.
        self._store.write(SYSTEM, _plan_epoch).result()
        self._store.write(actor, devices.revoke, device, owner).result()
        with closing(link_of(self._store)) as link:
            self._finish(link)
            return Exchange(self._store, link).run()

    def _finish(self, link: Link) -> None:
        """Take the steps that are left of taking a PC out; each may be broken off and repeated.

        The others have the new data key before anything is sealed with it. That needs no owner;
        telling the server does.
        """
        found = self._store.read(SYSTEM, _peer).result()
        if found is not None and found.settings.next_epoch:
            self._hand_keys(link)
            self._store.write(SYSTEM, _begin_epoch, found.settings.next_epoch).result()
        if found is None or not found.settings.is_untold:
            return
        after = self._store.read(SYSTEM, chain.current).result()
        if after is not None and allowed(self._clinic.actor, "device.approve"):
            register(link, after, self._clinic.keys.identity)
            self._store.write(SYSTEM, _keep_told).result()

    def _hand_keys(self, link: Link, most: int = _ALL_KEYS) -> None:
        """Hand data keys to PCs that this one has not handed them yet."""
        assert link.me is not None  # noqa: S101 - a PC of the practice
        given = self._store.read(SYSTEM, _lacking, most).result()
        try:
            for each in given:
                device = uuid.UUID(bytes=each.device)
                sealed = seal_dek(link.me, each.epoch, each.dek, device, each.box)
                link.signed("PUT", "/v1/keybox", sealed)
        except RefusedError as error:
            raise refused(error) from error
        self._store.write(SYSTEM, _note_handed, given).result()

    def _invitation(self) -> Invitation:
        found = self._store.read(SYSTEM, _peer).result()
        if found is None or not found.settings.invitation:
            raise NotFoundError(
                _("No PC is invited."), hint=_("Make an invitation with “device invite”.")
            )
        return Invitation(found.settings.invitation)

    def _letter(
        self, uow: UnitOfWork, invitation: Invitation, request: Request, after: Membership
    ) -> bytes:
        """The answer to the new PC, made once: the server takes no other after it."""
        found = state.peer(uow.cursor)
        to, letter = found.settings.answered if found is not None else (b"", b"")
        asked = invitation.secret + request.device
        if to != asked:
            device = after.devices[uuid.UUID(bytes=request.device)]
            letter = invitation.write_welcome(self._welcome(uow, after, device), request)
            state.change_settings(uow.cursor, answered=(asked, letter))
        return letter

    def _welcome(self, uow: UnitOfWork, after: Membership, device: Device) -> Welcome:
        """What the new PC needs; its prefix is one that no PC has that is known here."""
        cursor, keys = uow.cursor, self._clinic.keys
        rows = cursor.execute(
            "SELECT device_id, sign_pk, prefix, status = 'revoked' FROM sync_device"
        ).fetchall()
        known = [
            KnownPc(bytes(one), bytes(key), given, bool(has_ended))
            for one, key, given, has_ended in rows
            if key
        ]
        given = {each.device: each.prefix for each in known}
        prefix = given.get(device.id.bytes) or free_prefix(frozenset(given.values()))
        cursor.execute(
            "UPDATE sync_device SET prefix = ? WHERE device_id = ?", (prefix, device.id.bytes)
        )
        actor = self._clinic.actor
        assert actor.user_id is not None  # noqa: S101 - an owner is signed in
        return Welcome(
            1, after.clinic.bytes, keys.vault.name, prefix, chain.entries(uow)[0].digest,
            after.root.sealing, tuple(each for each in known if each.device != device.id.bytes),
            actor.user_id.bytes, actor.login, actor.name, bytes(keys.identity),
        )  # fmt: skip


def _request(link: Link, invitation: Invitation, digits: str) -> Request:
    """The letter of the PC that shows these digits."""
    try:
        letter = link.call("GET", f"/v1/mail/{invitation.box(b'request')}")
    except RefusedError as error:
        if error.refusal.code != "unknown":
            raise refused(error) from error
        raise NotFoundError(
            _("The invitation is over."), hint=_("Make an invitation with “device invite”.")
        ) from None
    if not letter:
        raise NotFoundError(
            _("The new PC has not answered the invitation yet."),
            hint=_("Type the code there first, and then here the six digits that it shows."),
        )
    if not secrets.compare_digest(invitation.digits(letter).encode(), digits.strip().encode()):
        raise ValidationError(
            "digits",
            _("These are not the digits of the PC that answered the invitation."),
            kept=_("No PC was let in."),
            hint=_("Look at the new PC again. If they differ, somebody else answered: "
                   "make a new invitation."),
        )  # fmt: skip
    try:
        return invitation.read_request(letter)
    except UnreadableError:
        raise ValidationError(
            "digits",
            _("The answer to the invitation cannot be read."),
            hint=_("Make an invitation with “device invite”."),
        ) from None


# ------------------------------------------------------------------ steps, each a transaction


def _own_keys(uow: UnitOfWork, clinic: uuid.UUID) -> Courier:
    return state.me(uow.cursor, clinic)


def _count(uow: UnitOfWork, least: int) -> int:
    return state.next_counter(uow.cursor, least)


def _prepare(uow: UnitOfWork, clinic: uuid.UUID, address: Address, counter: int) -> None:
    """The first data key, and the server, which has seen requests up to this number."""
    cursor, found = uow.cursor, state.peer(uow.cursor)
    if not state.keys(cursor):
        state.keep_key(cursor, 1, new_dek(), to_millis(uow.now))
    before = found.settings if found else Settings(clinic)
    settings = replace(
        before,
        authority=address.authority,
        invitation=b"",
        answered=(b"", b""),
        is_untold=False,
        handed=(),
    )
    state.use_peer(cursor, address.url, settings)
    state.next_counter(cursor, counter)


def _plan_epoch(uow: UnitOfWork) -> None:
    """Another data key, for after a PC was taken out; all are handed to the others once more.

    One that was planned before may be with that PC, and others may have sealed with it.
    """
    cursor, found = uow.cursor, state.peer(uow.cursor)
    if found is None:
        return
    if found.settings.next_epoch:
        _begin_epoch(uow, found.settings.next_epoch)
    last = max(state.keys(cursor), default=0)
    epoch = ((last >> _EPOCH_BITS) + 1 << _EPOCH_BITS) + secrets.randbits(_EPOCH_BITS)
    state.change_settings(cursor, next_epoch=epoch, next_dek=new_dek(), is_untold=True, handed=())


def _begin_epoch(uow: UnitOfWork, epoch: int) -> None:
    """Seal with the planned key from now on."""
    found = state.peer(uow.cursor)
    if found is not None and found.settings.next_epoch == epoch:
        state.keep_key(uow.cursor, epoch, found.settings.next_dek, to_millis(uow.now))
        state.change_settings(uow.cursor, next_epoch=0, next_dek=b"")


def _keep_told(uow: UnitOfWork) -> None:
    state.change_settings(uow.cursor, is_untold=False)


def _lacking(reads: ReadSession, most: int) -> list[Lacking]:
    return state.lacking(reads.cursor, most)


def _note_handed(uow: UnitOfWork, given: list[Lacking]) -> None:
    state.note_handed(uow.cursor, given)


def _keep_invitation(uow: UnitOfWork, secret: bytes) -> None:
    state.change_settings(uow.cursor, invitation=secret, answered=(b"", b""))


def _peer(reads: ReadSession) -> Peer | None:
    return state.peer(reads.cursor)


def _status(reads: ReadSession) -> Status:
    found = state.peer(reads.cursor)
    if found is None:
        raise SetupError(
            _("This PC exchanges with no server yet."),
            hint=_("Set one up with “sync setup”, or join a practice that has one."),
        )
    last_ok = from_millis(found.last_ok) if found.last_ok else None
    is_finished = not (found.settings.next_epoch or found.settings.is_untold)
    return Status(found.url, last_ok, found.last_error, is_finished, state.still_open(reads.cursor))
