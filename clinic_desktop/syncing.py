"""The exchange of an open clinic with its other PCs: setting up, inviting, one pass at a time."""

from __future__ import annotations

import dataclasses
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from functools import partial, wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from clinic_desktop import inviting, meeting_place, taking_out
from clinic_desktop.arrival import arrive
from clinic_desktop.bringing_together import bring_together
from clinic_desktop.clinic import Clinic
from clinic_desktop.db import membership as chain
from clinic_desktop.db.confirmed import is_waiting
from clinic_desktop.db.incarnation import is_restored
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.instants import to_millis
from clinic_desktop.domain.permissions import SYSTEM, allowed
from clinic_desktop.errors import CopiedRecordError, RevokedError, ServerError, StoppedError
from clinic_desktop.hub import agree
from clinic_desktop.i18n import _
from clinic_desktop.letting_in import LetIn, let_in_by_stick, refuse_other_person
from clinic_desktop.renewing import begin_anew
from clinic_desktop.security.membership_entries import Device
from clinic_desktop.services import devices
from clinic_desktop.services.access import require, require_password
from clinic_desktop.sync import epochs, handing, passes, state, taking, unheard
from clinic_desktop.sync.client import Address, Link
from clinic_desktop.sync.connecting import (
    courier,
    has_no_line,
    link_of,
    next_count,
    server_if_any,
    server_in_use,
)
from clinic_desktop.sync.enrolment import Invitation
from clinic_desktop.sync.exchange import Exchange
from clinic_desktop.sync.files import FileTurn
from clinic_desktop.sync.kept_line import KeptLine
from clinic_desktop.sync.keys import new_dek
from clinic_desktop.sync.passes import Passed, Tell
from clinic_desktop.sync.proving import PartedError
from clinic_desktop.sync.snapshot_checking import Checking
from clinic_desktop.sync.snapshot_leaving import Leaving
from clinic_desktop.sync.standing import Standing, standing
from clinic_desktop.sync.state import Settings
from clinic_desktop.telling_server import tell_practice
from clinic_desktop.using_hubs import hubs_beside, meet_nearby

P = ParamSpec("P")
T = TypeVar("T")
_KEYS_AT_A_TIME = 50
"""How many data keys a pass hands on besides."""


def _in_turn(action: Callable[Concatenate[Syncing, P], T]) -> Callable[Concatenate[Syncing, P], T]:
    """One talk with the server after the other, whoever asks for it."""

    @wraps(action)
    def held(self: Syncing, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with self._turn:
            return action(self, *args, **kwargs)

    return held


class Syncing:
    """One per open clinic. Nearly every method asks the server: none is for the window's thread."""

    def __init__(self, opened: Clinic, *, keeps_line: bool = False) -> None:
        """``keeps_line``: a pass leaves the line to the server open for the next, until ``end``."""
        self._clinic, self._store = opened, opened.store
        self._turn = threading.RLock()
        self._kept_line = KeptLine() if keeps_line else None
        self._link: Link | None = None
        self._is_over = False
        self._is_current = False
        """Whether a pass came to its end since the record was opened."""

    def run(self, tell: Tell = lambda *_far: None) -> Passed:
        """One pass that a person asked for.

        Raises:
            SetupError: there is no server yet.
            ServerError, RevokedError, CopiedRecordError: as ``Exchange.run`` says.
            StoppedError: ``end`` was called.
        """
        require(self._clinic.actor, "sync.run")
        return self.keep_up(tell)

    @_in_turn
    def keep_up(self, tell: Tell = lambda *_far: None) -> Passed:
        """One pass of the program's own, whoever is signed in.

        Before it, a PC's being taken out that was broken off is finished. Where an owner is signed
        in, a record that is a copy, or an older state, of another becomes a PC of its own.

        Raises:
            As ``run``.
        """
        try:
            return self._pass(tell)
        except CopiedRecordError:
            if not allowed(self._clinic.actor, "device.approve"):
                raise
            self._is_current = False  # it hears before it seals anything under its new name
            begin_anew(self._clinic)
            return self._pass(tell)
        except PartedError as error:
            if not allowed(self._clinic.actor, "device.approve"):
                raise
            self._is_current = False
            bring_together(self._clinic, error.device)
            return self._pass(tell)

    def _pass(self, tell: Tell) -> Passed:
        if self._store.gate.is_held:
            return arrive(self._clinic, self._watched, self._until_over(tell))
        if not self._store.read(SYSTEM, unheard.goes_to_server_first).result():
            return self._meet(tell, meet_nearby(self._store, self._watched))
        try:
            return self._meet(tell, 0)
        except (PartedError, RevokedError):
            raise
        except ServerError:
            self._meet_at_last()
            raise

    def _meet_at_last(self) -> None:
        """The hubs after all, where nothing has left this PC for long: the server may be away."""
        if not self._store.read(SYSTEM, unheard.awaits_server, self._store.clock.now()).result():
            meet_nearby(self._store, self._watched)

    def _meet(self, tell: Tell, nearby: int) -> Passed:
        """The server, after the hubs, of which so many changes came."""
        meeting_place.learn(self._store)
        if self._store.read(SYSTEM, has_no_line).result():
            self._store.read(SYSTEM, taking.refuse_copy).result()
            self._store.write(SYSTEM, taking_out.begin_planned_epoch).result()
            return self._met(nearby)
        with self._linked() as link:
            with suppress(ServerError):  # it is tried again, and the status says so
                taking_out.finish(self._clinic, link)
            passed = Exchange(self._store, link, tell, is_current=self._is_current).run()
            self._is_current = True
            agree(self._clinic)
            if allowed(self._clinic.actor, "device.approve"):
                owner = self._clinic.keys.identity
                meeting_place.tell_again(self._store, self._clinic.actor, owner)
            for also in (
                partial(handing.hand_keys, self._store, link, _KEYS_AT_A_TIME),
                FileTurn(self._store, link).run,
                Leaving(self._store, link).run,
                Checking(self._store, link).run,
            ):
                with suppress(ServerError):  # the pass was a good one; this goes with the next
                    also()
        return dataclasses.replace(passed, received=passed.received + nearby)

    def _until_over(self, tell: Tell) -> Tell:
        """What fills the record takes minutes without a word over the line."""

        def go_on(*far: int) -> None:
            if self._is_over:
                raise StoppedError(_("It was stopped."), kept=_("It goes on where it was."))
            tell(*far)

        return go_on

    @_in_turn
    def meet_in_house(self) -> Passed:
        """A pass with the hubs only: they cost nothing, whatever was chosen for the server.

        Raises:
            As ``run``.
        """
        if self._store.gate.is_held:  # what hubs hold is taken once the record is here
            return self._met(0)
        if self._store.read(SYSTEM, unheard.awaits_server, self._store.clock.now()).result():
            return self._met(0)
        return self._met(meet_nearby(self._store, self._watched))

    def _met(self, received: int) -> Passed:
        still_open = self._store.read(SYSTEM, passes.still_open).result()
        return Passed(0, received, 0, still_open, 0, 0, 0)

    @contextmanager
    def _linked(self) -> Iterator[Link]:
        """The server in use, which ``end`` hangs up on."""
        opened = link_of(self._store)
        if self._kept_line is not None:
            self._kept_line.lend(opened)
        with self._watched(opened) as link:
            yield link
            if self._kept_line is not None:
                self._kept_line.keep(link)

    @contextmanager
    def _watched(self, opened: Link) -> Iterator[Link]:
        """A link that ``end`` hangs up on."""
        with closing(opened) as link:
            self._link = link
            if self._is_over:
                link.cut()
            try:
                yield link
            finally:
                self._link = None

    def end(self) -> None:
        """Break off what is under way, from any thread; nothing is asked of the server any more."""
        self._is_over = True
        if self._kept_line is not None:
            self._kept_line.end()
        link = self._link
        if link is not None:
            link.cut()

    def status(self) -> Standing:
        """How it stands, without asking the server.

        Raises:
            SetupError: there is no server yet.
        """
        require(self._clinic.actor, "sync.run")
        self._store.read(SYSTEM, server_in_use).result()
        found = self._store.read(SYSTEM, standing).result()
        assert found is not None  # noqa: S101 - looked at just now
        return found

    def pause(self, until: datetime | None) -> None:
        """Exchange nothing by itself before this moment; ``None`` to go on."""
        require(self._clinic.actor, "sync.run")
        moment = to_millis(until) if until is not None else 0
        self._store.write(SYSTEM, _keep_choice, paused_until=moment).result()

    def limit(self, budget: int) -> None:
        """Exchange nothing by itself after so many bytes a month on this PC; 0 for no end."""
        require(self._clinic.actor, "sync.run")
        self._store.write(SYSTEM, _keep_choice, budget=max(budget, 0)).result()

    @_in_turn
    def set_up(self, address: Address) -> Passed:
        """Use this server from now on; a practice it does not know is taken in.

        A server that lost everything is set up again like a new one: what the PCs hold goes there.

        Raises:
            PermissionDeniedError, RuleError, ServerError: the PC works on alone, as before.
        """
        require(self._clinic.actor, "device.approve")
        clinic, owner = self._clinic.keys.vault.clinic, self._clinic.keys.identity
        self._store.read(SYSTEM, chain.refuse_earlier, owner).result()
        if self._store.read(SYSTEM, _is_restored).result():
            begin_anew(self._clinic, server=address)
        self._hear_others()
        me = self._store.write(SYSTEM, courier, clinic).result()
        after = self._store.write(self._clinic.actor, devices.introduce_this, owner).result()
        last = 0

        def count(least: int) -> int:
            nonlocal last
            last = self._store.write(SYSTEM, next_count, max(least, last)).result()
            return last

        with closing(Link(address, self._store.clock, me, count)) as link:
            tell_practice(self._clinic, link, after)
            # Only now: a server that works is not given up for one that does not answer.
            self._store.write(SYSTEM, _prepare, clinic, address, last).result()
            actor = self._clinic.actor
            self._store.write(actor, meeting_place.tell, clinic, owner, address).result()
            passed = Exchange(self._store, link).run()
            handing.hand_keys(self._store, link)
            return passed

    def _hear_others(self) -> None:
        """A pass, where there is a server and it answers, before the chain of members goes on.

        An owner whose PC is behind would decide on what others changed long ago.
        """
        found = self._store.read(SYSTEM, server_if_any).result()
        if found is None or found.url == state.NO_LINE:
            return
        with self._linked() as link:
            try:
                Exchange(self._store, link).run()
            except RevokedError:
                raise
            except PartedError as error:
                bring_together(self._clinic, error.device)
            except ServerError:
                return  # it is away, or lost everything: that is no reason to stay so

    @_in_turn
    def invite(self) -> Invitation:
        """Open the practice to one more PC for an hour; an invitation before this one ends.

        Raises:
            SetupError, ServerError: nobody is invited.
        """
        require(self._clinic.actor, "device.approve")
        self._store.read(SYSTEM, chain.refuse_earlier, self._clinic.keys.identity).result()
        self._store.read(SYSTEM, _refuse_waiting).result()
        with self._linked() as link:
            return inviting.invite(self._store, link)

    def withdraw(self) -> None:
        """End the invitation: whoever answers it is let in no more."""
        require(self._clinic.actor, "device.approve")
        inviting.withdraw(self._store)

    @_in_turn
    def approve(self, digits: str) -> Device:
        """Let the PC in that shows these six digits; returns what the practice knows of it.

        It gets the practice's data keys, and the signed-in owner's own keys, to sign in there.

        Raises:
            NotFoundError: nobody is invited, or the PC has not answered yet.
            ValidationError: another PC answered than the one with these digits, or somebody else
                is to sign in there.
            PasswordAgainError, RuleError, ServerError: it may be tried again.
        """
        actor, owner = self._clinic.actor, self._clinic.keys.identity
        require(actor, "device.approve")
        with self._linked() as link:
            invitation, request = inviting.asked(self._store, link, digits)
            refuse_other_person(request, actor.login)
            device = Device(
                uuid.UUID(bytes=request.device), request.name, request.signing, request.sealing
            )
            Exchange(self._store, link).run()  # what others decided comes before this
            after = self._store.write(actor, devices.admit, device, owner).result()
            tell_practice(self._clinic, link, after)
            handing.hand_keys(self._store, link)
            Exchange(self._store, link).run()
            inviting.answer(self._clinic, link, invitation, request, after)
        inviting.withdraw(self._store)
        return device

    @_in_turn
    def approve_by_stick(self, asked: Path, code: str, answer: Path) -> LetIn:
        """Let the PC in that shows this code, whose request lies on a stick.

        Raises:
            As ``let_in_by_stick``.
        """
        require(self._clinic.actor, "device.approve")
        self._hear_others()  # what others decided comes before this
        self._store.read(SYSTEM, _refuse_waiting).result()
        return let_in_by_stick(self._clinic, asked, code, answer)

    @_in_turn
    def confirm(self, device: uuid.UUID) -> Passed:
        """Stand for a PC that came by itself after another was taken out; it is handed the keys.

        Raises:
            NotFoundError, RuleError, PasswordAgainError: nothing was changed.
            ServerError: it is confirmed; the next pass tells the others and hands it the keys.
        """
        actor, owner = self._clinic.actor, self._clinic.keys.identity
        require(actor, "device.approve")
        require_password(actor, self._store.proofs)
        self._hear_others()
        self._store.write(actor, devices.confirm, device, owner).result()
        return self.keep_up()

    @_in_turn
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
        self._store.write(actor, taking_out.take_out, device, owner).result()
        if self._store.read(SYSTEM, has_no_line).result():
            return self._pass(lambda *_far: None)
        with self._linked() as link:
            taking_out.finish(self._clinic, link)
            return Exchange(self._store, link).run()


# ------------------------------------------------------------------ steps, each a transaction


def _prepare(uow: UnitOfWork, clinic: uuid.UUID, address: Address, counter: int) -> None:
    """The first data key, and the server, which has seen requests up to this number."""
    cursor, found = uow.cursor, state.peer(uow.cursor)
    if not state.keys(cursor):
        state.keep_key(cursor, 1, new_dek(), to_millis(uow.now))
    if found is None:
        state.use_peer(cursor, address.url, Settings(clinic))
    state.turn_to(cursor, address.url, address.authority, hubs_beside(found, address.url))
    state.change_settings(cursor, is_untold=False)
    state.next_counter(cursor, counter)


def _refuse_waiting(reads: ReadSession) -> None:
    """Let nobody in where what the others wrote cannot be read: it could not be read there either.

    Raises:
        RuleError: this PC waits to be confirmed, and was not handed the newest data key.
    """
    if epochs.lacks_newest(reads) and is_waiting(reads):
        raise devices.waits_itself()


def _is_restored(reads: ReadSession) -> bool:
    return is_restored(reads.cursor)


def _keep_choice(uow: UnitOfWork, /, **chosen: int) -> None:
    state.change_settings(uow.cursor, **chosen)
