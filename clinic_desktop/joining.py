"""A new PC joins a practice: an empty folder becomes a whole copy of the record, or stays empty.

The record is made beside its name, filled from the server, and checked against what the inviting
PC said, before it gets its name and its key file: a PC that was killed on the way begins anew.
"""

from __future__ import annotations

import platform
import threading
import uuid
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass

from clinic_desktop.clinic_folder import (
    name_newborn,
    refuse_occupied,
    remove_unborn,
    take_folder,
)
from clinic_desktop.clock import Clock, SystemClock
from clinic_desktop.config import DataDir
from clinic_desktop.db import membership as chain
from clinic_desktop.db.opening import create_store
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import NotFoundError, ServerError, StorageError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.security import keys as keyring
from clinic_desktop.security.password_rules import LEAST_ALONE, check_new
from clinic_desktop.security.primitives import Identity, KdfCost, UnreadableError
from clinic_desktop.security.vault import Person, new_database_key
from clinic_desktop.services import practice
from clinic_desktop.sync import state
from clinic_desktop.sync.client import Address, Link, RefusedError
from clinic_desktop.sync.enrolment import Invitation, Request, Welcome
from clinic_desktop.sync.exchange import Exchange, Passed, link_of, refused
from clinic_desktop.sync.keys import Courier
from clinic_desktop.sync.state import Settings
from clinic_desktop.this_pc import remember

_POLL_S = 2.0
_MOST_FAILURES = 30
"""How often in a row the line may fail while the other PC is waited for."""
NOBODY = uuid.UUID(int=0)


@dataclass(frozen=True)
class Joining:
    """What the person at the new PC says."""

    address: Address
    code: str
    login: str
    password: str
    """The person's password at this PC from now on."""


@dataclass(frozen=True)
class Joined:
    """What came of it."""

    practice: str
    login: str
    passed: Passed


def join(
    data_dir: DataDir,
    wanted: Joining,
    show: Callable[[str], None],
    wait: Callable[[], object] = lambda: threading.Event().wait(_POLL_S),
    clock: Clock | None = None,
    cost: KdfCost | None = None,
) -> Joined:
    """Make this empty folder a PC of the practice; ``show`` gets the six digits for the other PC.

    Raises:
        SetupError: there is a clinic in the folder.
        ValidationError: code or password cannot be taken.
        NotFoundError: the invitation is over.
        ServerError: the server is away or says what cannot be.
        StorageError: the disk does not let us. The folder is empty again in any case.
    """
    invitation = Invitation.read(wanted.code)
    check_new(wanted.password, (wanted.login,), LEAST_ALONE)
    lock = take_folder(data_dir)
    try:
        refuse_occupied(data_dir)
        remove_unborn(data_dir)
        try:
            return _fill(data_dir, invitation, wanted, (show, wait), clock or SystemClock(), cost)
        except BaseException:
            remove_unborn(data_dir)
            data_dir.device_secret.unlink(missing_ok=True)
            raise
    finally:
        lock.release()


def _fill(
    data_dir: DataDir, invitation: Invitation, wanted: Joining,
    meet: tuple[Callable[[str], None], Callable[[], object]], clock: Clock, cost: KdfCost | None,
) -> Joined:  # fmt: skip
    key = new_database_key()
    store = create_store(data_dir.unborn, key, clock, platform.node())
    try:
        me = store.write(SYSTEM, _own_keys).result()
        welcome = _meet(invitation, wanted, me, meet, clock)
        store.write(SYSTEM, _begin, welcome, wanted.address).result()
        with closing(link_of(store)) as link:
            passed = Exchange(store, link).run()
        store.read(SYSTEM, _check, welcome, passed.unknown).result()
        language = store.read(SYSTEM, practice.details).result().language
    finally:
        store.close()
    if data_dir.unborn.with_name(f"{data_dir.unborn.name}-wal").exists():
        raise StorageError(
            _("The disk is full."),
            kept=_("Nothing was changed."),
            hint=_("Free some space and try again."),
            place=str(data_dir.root),
        )
    user, identity = uuid.UUID(bytes=welcome.user), Identity.from_bytes(welcome.identity)
    person = Person(
        user, welcome.login, welcome.user_name, wanted.password, identity, cost or KdfCost()
    )
    clinic, device = uuid.UUID(bytes=welcome.clinic), clock.new_id()
    place = keyring.Place(clinic, device, welcome.practice)
    keyring.take_over(data_dir, key, place, person, welcome.root).save()
    name_newborn(data_dir)
    with suppress(StorageError):  # the language of the lock screen is not worth stopping for
        remember(data_dir, language=language)
    return Joined(welcome.practice, welcome.login, passed)


def _meet(
    invitation: Invitation, wanted: Joining, me: Courier,
    meet: tuple[Callable[[str], None], Callable[[], object]], clock: Clock,
) -> Welcome:  # fmt: skip
    """Write who we are, show the digits, and wait for the answer."""
    show, wait = meet
    public = me.keys.public
    request = Request(1, me.device.bytes, public.signing, public.sealing, platform.node()[:200])
    letter = invitation.write_request(request)
    with closing(Link(wanted.address, clock)) as link:
        try:
            link.call("PUT", f"/v1/mail/{invitation.box(b'request')}", letter)
            show(invitation.digits(letter))
            while not (answer := _answer(link, invitation, wait)):
                wait()
        except RefusedError as error:
            if error.refusal.code not in {"unknown", "taken"}:
                raise refused(error) from error
            raise NotFoundError(
                _("The invitation is over, or another PC has answered it."),
                kept=_("Nothing was changed."),
                hint=_("Make a new invitation at the other PC."),
            ) from None
    try:
        welcome = invitation.read_welcome(answer, request, me.keys)
    except UnreadableError:
        raise ServerError(
            _("The other PC's answer cannot be read."),
            kept=_("Nothing was changed."),
            hint=_("Make a new invitation at the other PC."),
        ) from None
    if welcome.login.casefold() != wanted.login.strip().casefold():
        raise ValidationError(
            "user",
            _("The PC was let in by {login}, who signs in here first.").format(login=welcome.login),
            kept=_("Nothing was changed."),
            hint=_("Make a new invitation, and join with that name."),
        )
    return welcome


def _answer(link: Link, invitation: Invitation, wait: Callable[[], object]) -> bytes:
    """The letter of the other PC; empty where none came yet, or the server asks to wait.

    Raises:
        ServerError: the line failed many times in a row.
    """
    for left in reversed(range(_MOST_FAILURES)):
        try:
            return link.call("GET", f"/v1/mail/{invitation.box(b'welcome')}")
        except RefusedError as error:
            if error.refusal.code != "slow-down":
                raise
            return b""
        except ServerError:
            if not left:
                raise
            wait()
    return b""


def _own_keys(uow: UnitOfWork) -> Courier:
    return state.me(uow.cursor, NOBODY)


def _begin(uow: UnitOfWork, welcome: Welcome, address: Address) -> None:
    """Know what the inviting PC said: the practice, its PCs, this PC's prefix, the server."""
    cursor = uow.cursor
    settings = Settings(uuid.UUID(bytes=welcome.clinic), address.authority)
    state.use_peer(cursor, address.url, settings)
    cursor.execute("UPDATE sync_device SET prefix = ? WHERE dev = 1", (welcome.prefix,))
    state.introduce(cursor, welcome.devices)


def _check(reads: ReadSession, welcome: Welcome, unknown: int) -> None:
    """Refuse a record that is not whole, or not the one that the inviting PC spoke of.

    Raises:
        ServerError: the server withholds something.
    """
    entries, found = chain.entries(reads), state.still_open(reads.cursor)
    members = chain.current(reads) if entries else None
    device = chain.this_device(reads)
    person = members.people.get(uuid.UUID(bytes=welcome.user)) if members else None
    public = Identity.from_bytes(welcome.identity).public
    is_whole = (
        members is not None
        and entries[0].digest == welcome.genesis
        and device.id in members.devices
        and members.devices[device.id].signing == device.signing
        and person is not None
        and person.sealing == public.sealing
        and not (found.to_apply or unknown)
    )
    if not is_whole:
        raise ServerError(
            _("The server does not hand out the whole record of the practice."),
            kept=_("Nothing was changed."),
            hint=_("Synchronise the other PC, make a new invitation, and try again."),
            place=f"waiting {found.to_apply}, kept out {found.kept_out}",
        )
