"""A new PC joins a practice: an empty folder becomes a whole copy of the record, or stays empty.

The record is made beside its name, filled from the server, and checked against what the inviting
PC said, before it gets its name and its key file. From the moment at which the PC was let in, its
keys lie under the person's password, and a PC that was killed on the way goes on where it was.
"""

from __future__ import annotations

import platform
import threading
import uuid
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass

import msgspec

from clinic_desktop.clinic_folder import (
    joining_folder,
    name_newborn,
    refuse_unwritten,
    remove_unborn,
)
from clinic_desktop.clock import Clock, SystemClock
from clinic_desktop.config import DataDir
from clinic_desktop.db import arriving
from clinic_desktop.db import membership as chain
from clinic_desktop.db.arriving import Arriving
from clinic_desktop.db.opening import create_store, open_store
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import (
    NotFoundError,
    RevokedError,
    ServerError,
    StorageError,
    ValidationError,
)
from clinic_desktop.half_joining import Half, Under, keep_half, take_up
from clinic_desktop.i18n import _
from clinic_desktop.security import keys as keyring
from clinic_desktop.security.password_rules import LEAST_ALONE, check_new
from clinic_desktop.security.primitives import Identity, KdfCost, UnreadableError
from clinic_desktop.security.vault import Person, new_database_key
from clinic_desktop.services import practice
from clinic_desktop.sync import state
from clinic_desktop.sync.client import Address, Link, RefusedError
from clinic_desktop.sync.enrolment import Invitation, Request, Welcome
from clinic_desktop.sync.exchange import Passed, Tell, courier, refused
from clinic_desktop.sync.first_pass import end_arriving, first_pass
from clinic_desktop.sync.keys import Courier
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

    address: Address | None
    """``None`` where it is gone on with."""
    code: str
    """Empty: go on with what came before the program ended."""
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
        WrongPasswordError: it was begun with another password.
        NotFoundError: the invitation is over.
        ServerError: the server is away or says what cannot be.
        StorageError: the disk does not let us. Before the PC was let in the folder is empty again
            in any case; after it, what came is kept, unless it is not what the other PC spoke of.
    """
    half = take_up(data_dir, wanted.code, wanted.password)
    check_new(wanted.password, (wanted.login,), LEAST_ALONE)
    with joining_folder(data_dir, goes_on=half is not None):
        meet = (show, wait, tell)
        return _fill(data_dir, half, wanted, meet, clock or SystemClock(), cost or KdfCost())


def _fill(
    data_dir: DataDir, half: Half | None, wanted: Joining,
    meet: tuple[Callable[[str], None], Callable[[], object], Tell], clock: Clock, cost: KdfCost,
) -> Joined:  # fmt: skip
    show, wait, tell = meet
    if half is None:
        half = _begin(data_dir, wanted, (show, wait), clock, cost)
    welcome, address = half.welcome, Address(half.url, half.authority)
    refuse_other_login(welcome, wanted.login)
    store = open_store(data_dir.unborn, half.key, clock, has_mirror=False)
    me = store.read(SYSTEM, _me, uuid.UUID(bytes=welcome.clinic)).result()

    def fresh() -> Store:
        data_dir.unborn.unlink()
        made = create_store(data_dir.unborn, half.key, clock, platform.node())
        made.write(SYSTEM, _become, me, welcome, address).result()
        return made

    try:
        store, passed = first_pass(fresh, makers_of(welcome), tell, store)
        language = _checked(store, welcome, passed)
    except (NotWholeError, RevokedError):  # to go on with it would lead nowhere
        remove_unborn(data_dir)
        raise
    settle(data_dir, half.key, welcome, Signing(wanted.password, cost, clock, language))
    return Joined(welcome.practice, welcome.login, passed)


def _begin(
    data_dir: DataDir, wanted: Joining,
    meet: tuple[Callable[[str], None], Callable[[], object]], clock: Clock, cost: KdfCost,
) -> Half:  # fmt: skip
    """Be let in; from then on this can be gone on with."""
    invitation, key, address = Invitation.read(wanted.code), new_database_key(), wanted.address
    if address is None:
        raise ValidationError("server", _("Type the address of the server."))
    # Before the invitation is used: the disk may not let us.
    with closing(create_store(data_dir.unborn, key, clock, platform.node())) as store:
        me = store.write(SYSTEM, courier, NOBODY).result()
        welcome = _meet(invitation, wanted.login, me, meet, Link(address, clock))
        store.write(SYSTEM, _become, me, welcome, address).result()
    refuse_unwritten(data_dir)
    half = Half(key, welcome, address.url, address.authority)
    keep_half(data_dir, half, invitation, Under(wanted.login, wanted.password, cost))
    return half


def makers_of(welcome: Welcome) -> dict[bytes, bytes]:
    """The PCs whose snapshots count, with their signing keys."""
    return {each.device: each.signing for each in welcome.devices if not each.has_ended}


def _me(reads: ReadSession, clinic: uuid.UUID) -> Courier:
    return state.me(reads.cursor, clinic)


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
    invitation: Invitation, login: str, me: Courier,
    meet: tuple[Callable[[str], None], Callable[[], object]], to: Link,
) -> Welcome:  # fmt: skip
    """Write who we are, show the digits, and wait for the answer."""
    show, wait = meet
    public = me.keys.public
    request = Request(1, me.device.bytes, public.signing, public.sealing, platform.node()[:200])
    letter = invitation.write_request(request)
    with closing(to) as link:
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
    refuse_other_login(welcome, login)
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
    arriving.keep(uow.cursor, Arriving(msgspec.msgpack.encode(welcome)))
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


class NotWholeError(ServerError):
    """The server withholds something, or made it up."""


def _checked(store: Store, welcome: Welcome, passed: Passed) -> str:
    """Let the record count if it is whole; closes it. The language of the practice.

    Raises:
        NotWholeError, ServerError: it is not, or not yet.
    """
    try:
        store.read(SYSTEM, check, welcome, passed.unknown).result()
        with store.filling():
            store.write(SYSTEM, end_arriving).result()
        return store.read(SYSTEM, practice.details).result().language
    finally:
        store.close()


def check(reads: ReadSession, welcome: Welcome, unknown: int) -> None:
    """Refuse a record that is not whole, or not the one that the inviting PC spoke of.

    Raises:
        NotWholeError: the server withholds something.
        ServerError: it needs a newer program.
    """
    refuse_newer(reads)
    if not is_whole(reads, welcome, unknown):
        found = state.still_open(reads.cursor)
        raise NotWholeError(
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
