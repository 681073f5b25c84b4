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
    joining_folder,
    name_newborn,
    refuse_unwritten,
    remove_unborn,
)
from clinic_desktop.clock import Clock, SystemClock
from clinic_desktop.config import DataDir
from clinic_desktop.db import membership as chain
from clinic_desktop.db.opening import create_store
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
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
from clinic_desktop.sync.exchange import Passed, Tell, courier
from clinic_desktop.sync.first_pass import first_pass
from clinic_desktop.sync.keys import Courier
from clinic_desktop.sync.refusals import refused
from clinic_desktop.sync.state import Settings
from clinic_desktop.this_pc import remember

POLL_S = 2.0
"""Between two looks whether the other PC has answered."""
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
    wait: Callable[[], object] = lambda: threading.Event().wait(POLL_S),
    clock: Clock | None = None,
    cost: KdfCost | None = None,
    tell: Tell = lambda *_far: None,
) -> Joined:
    """Make this empty folder a PC of the practice; ``show`` gets the six digits for the other PC.

    ``wait`` is called between two looks whether the other PC has answered, ``tell`` while the
    record comes; whatever they raise stops it.

    Raises:
        SetupError: there is a clinic in the folder.
        ValidationError: code or password cannot be taken.
        NotFoundError: the invitation is over.
        ServerError: the server is away or says what cannot be.
        StorageError: the disk does not let us. The folder is empty again in any case.
    """
    invitation = Invitation.read(wanted.code)
    check_new(wanted.password, (wanted.login,), LEAST_ALONE)
    with joining_folder(data_dir):
        meet = (show, wait, tell)
        return _fill(data_dir, invitation, wanted, meet, clock or SystemClock(), cost)


def _fill(
    data_dir: DataDir, invitation: Invitation, wanted: Joining,
    meet: tuple[Callable[[str], None], Callable[[], object], Tell], clock: Clock,
    cost: KdfCost | None,
) -> Joined:  # fmt: skip
    key = new_database_key()

    def create() -> Store:
        remove_unborn(data_dir)
        return create_store(data_dir.unborn, key, clock, platform.node())

    with closing(create()) as first:  # before the invitation is used: the disk may not let us
        me = first.write(SYSTEM, courier, NOBODY).result()
    show, wait, tell = meet
    welcome = _meet(invitation, wanted, me, (show, wait), clock)

    def fresh() -> Store:
        store = create()
        store.write(SYSTEM, _become, me, welcome, wanted.address).result()
        return store

    makers = {each.device: each.signing for each in welcome.devices if not each.has_ended}
    store, passed = first_pass(fresh, makers, tell)
    try:
        store.read(SYSTEM, _check, welcome, passed.unknown).result()
        language = store.read(SYSTEM, practice.details).result().language
    finally:
        store.close()
    settle(data_dir, key, welcome, Signing(wanted.password, cost or KdfCost(), clock, language))
    return Joined(welcome.practice, welcome.login, passed)


@dataclass(frozen=True)
class Signing:
    """With what the person signs in at this PC from now on."""

    password: str
    cost: KdfCost
    clock: Clock
    language: str
    """Of the lock screen."""


def settle(data_dir: DataDir, key: bytes, welcome: Welcome, signing: Signing) -> None:
    """The record is whole, checked and closed: give it its keys and its name."""
    refuse_unwritten(data_dir)
    user, identity = uuid.UUID(bytes=welcome.user), Identity.from_bytes(welcome.identity)
    person = Person(
        user, welcome.login, welcome.user_name, signing.password, identity, signing.cost
    )
    clinic, device = uuid.UUID(bytes=welcome.clinic), signing.clock.new_id()
    place = keyring.Place(clinic, device, welcome.practice)
    keyring.take_over(data_dir, key, place, person, welcome.root).save()
    with suppress(OSError):  # another program looks into the file: the next opening names it
        name_newborn(data_dir)
    with suppress(StorageError):  # the language of the lock screen is not worth stopping for
        remember(data_dir, language=signing.language)


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
    refuse_other_login(welcome, wanted.login)
    return welcome


def refuse_other_login(welcome: Welcome, login: str) -> None:
    """Say who let the PC in, where that is somebody else.

    Raises:
        ValidationError: it is.
    """
    if welcome.login.casefold() != login.strip().casefold():
        raise ValidationError(
            "user",
            _("The PC was let in by {login}, who signs in here first.").format(login=welcome.login),
            kept=_("Nothing was changed."),
            hint=_("Make a new invitation, and join with that name."),
        )


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


def _become(uow: UnitOfWork, me: Courier, welcome: Welcome, address: Address) -> None:
    """Make an empty record the one of the PC that was let in."""
    state.be(uow.cursor, me.device.bytes, me.keys)
    begin(uow, welcome, address)


def begin(uow: UnitOfWork, welcome: Welcome, address: Address | None = None) -> None:
    """Know what the inviting PC said: the practice, its PCs, this PC's prefix, where they meet.

    ``address`` is where the letter came from, if not on a stick.
    """
    cursor, clinic = uow.cursor, uuid.UUID(bytes=welcome.clinic)
    if address is None:
        settings = Settings(clinic, welcome.authority, hubs=welcome.hubs)
        state.use_peer(cursor, welcome.server or state.NO_LINE, settings)
    else:
        hubs = tuple(each for each in welcome.hubs if each != address.url)
        state.use_peer(cursor, address.url, Settings(clinic, address.authority, hubs=hubs))
    cursor.execute("UPDATE sync_device SET prefix = ? WHERE dev = 1", (welcome.prefix,))
    state.introduce(cursor, welcome.devices)


def _check(reads: ReadSession, welcome: Welcome, unknown: int) -> None:
    """Refuse a record that is not whole, or not the one that the inviting PC spoke of.

    Raises:
        ServerError: the server withholds something.
    """
    refuse_newer(reads)
    if not is_whole(reads, welcome, unknown):
        found = state.still_open(reads.cursor)
        raise ServerError(
            _("The server does not hand out the whole record of the practice."),
            kept=_("Nothing was changed."),
            hint=_("Synchronise the other PC, make a new invitation, and try again."),
            place=f"waiting {found.to_apply}, kept out {found.kept_out}",
        )


def refuse_newer(reads: ReadSession) -> None:
    """Say that it is not the way here that is at fault.

    Raises:
        ServerError: another PC wrote what this program does not understand.
    """
    found = state.still_open(reads.cursor)
    if found.newer:
        raise ServerError(
            _("Another PC of the practice has a newer version of this program."),
            kept=_("Nothing was changed."),
            hint=_("Update the program of this PC, and let it join then."),
            place=f"newer {found.newer}",
        )


def is_whole(reads: ReadSession, welcome: Welcome, unknown: int) -> bool:
    """Whether the record is the one that the inviting PC spoke of, and nothing is lacking.

    ``unknown`` counts the segments that were left.
    """
    entries, found = chain.entries(reads), state.still_open(reads.cursor)
    members = chain.current(reads) if entries else None
    device = chain.this_device(reads)
    person = members.people.get(uuid.UUID(bytes=welcome.user)) if members else None
    public = Identity.from_bytes(welcome.identity).public
    return (
        members is not None
        and entries[0].digest == welcome.genesis
        and device.id in members.devices
        and members.devices[device.id].signing == device.signing
        and person is not None
        and person.sealing == public.sealing
        and not (found.to_apply or unknown)
    )
