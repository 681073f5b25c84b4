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
from dataclasses import dataclass, replace

import msgspec

from clinic_desktop.clinic_folder import (
    joining_folder,
    name_newborn,
    refuse_unwritten,
    remove_record,
    remove_unborn,
)
from clinic_desktop.clock import Clock, SystemClock
from clinic_desktop.config import DataDir
from clinic_desktop.db import arriving
from clinic_desktop.db.arriving import Arriving
from clinic_desktop.db.opening import create_store, open_store
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.snapshot_pages import Part
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
from clinic_desktop.sync import known_pcs, state
from clinic_desktop.sync.client import Address, Link, RefusedError
from clinic_desktop.sync.connecting import courier, link_of
from clinic_desktop.sync.enrolment import Invitation, Request, Welcome
from clinic_desktop.sync.first_pass import end_arriving, first_pass
from clinic_desktop.sync.keys import Courier
from clinic_desktop.sync.passes import Passed, Tell
from clinic_desktop.sync.refusals import nothing_waits_here, refused
from clinic_desktop.sync.snapshot_beginning import Beginning
from clinic_desktop.sync.state import Settings
from clinic_desktop.this_pc import remember
from clinic_desktop.whole_record import NotWholeError, check, is_theirs

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
    passed: Passed | None
    """``None`` where the rest is still to come, see ``arrival``."""


def join(
    data_dir: DataDir,
    wanted: Joining,
    show: Callable[[str], None],
    wait: Callable[[], object] = lambda: threading.Event().wait(POLL_S),
    clock: Clock | None = None,
    cost: KdfCost | None = None,
    tell: Tell = lambda *_far: None,
    *,
    opens_early: bool = False,
) -> Joined:
    """Make this empty folder a PC of the practice; ``show`` gets the six digits for the other PC.

    ``wait`` is called between two looks whether the other PC has answered, ``tell`` while the
    record comes; whatever they raise stops it. ``opens_early``: return as soon as the record can be
    looked at; opened, it goes on by itself.

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
        clock, cost = clock or SystemClock(), cost or KdfCost()
        if half is None:
            with nothing_waits_here(_("Nothing was changed.")):
                half = _begin(data_dir, wanted, (show, wait), clock, cost)
        refuse_other_login(half.welcome, wanted.login)
        signing = Signing(wanted.password, cost, clock)
        with nothing_waits_here(_("What has come is kept: joining goes on from there.")):
            return _fill(data_dir, half, signing, tell, opens_early=opens_early)


def _fill(
    data_dir: DataDir, half: Half, signing: Signing, tell: Tell, *, opens_early: bool
) -> Joined:  # fmt: skip
    welcome, address, clock = half.welcome, Address(half.url, half.authority), signing.clock
    store = open_store(data_dir.unborn, half.key, clock, has_mirror=False)
    me = store.read(SYSTEM, own_keys, uuid.UUID(bytes=welcome.clinic)).result()

    def fresh() -> Store:
        remove_record(data_dir)
        made = create_store(data_dir.unborn, half.key, clock, platform.node())
        made.write(SYSTEM, become, me, welcome, address).result()
        return made

    try:
        passed: Passed | None = None
        if opens_early and _can_be_looked_at(store, welcome, tell):
            language = _language(store)
        else:
            store, passed = first_pass(fresh, makers_of(welcome), tell, store)
            language = _checked(store, welcome, passed)
    except (NotWholeError, RevokedError):  # to go on with it would lead nowhere
        remove_unborn(data_dir)
        raise
    settle(data_dir, half.key, welcome, replace(signing, language=language))
    return Joined(welcome.practice, welcome.login, passed)


def _can_be_looked_at(store: Store, welcome: Welcome, tell: Tell) -> bool:
    """Whether the general part and the near charts are here, and the person can sign in by them.

    The store is closed where the line or the disk fails.
    """
    try:
        with store.filling(), closing(link_of(store)) as link:
            if not Beginning(store, link, tell).first(makers_of(welcome)):
                return False
            return store.read(SYSTEM, _knows_person, welcome).result()
    except BaseException:
        store.close()
        raise


def _knows_person(reads: ReadSession, welcome: Welcome) -> bool:
    found = arriving.arriving(reads.cursor) or Arriving()
    return found.loaded == Part.NEAR and is_theirs(reads, welcome)


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
        store.write(SYSTEM, become, me, welcome, address).result()
    refuse_unwritten(data_dir)
    half = Half(key, welcome, address.url, address.authority)
    keep_half(data_dir, half, invitation, Under(wanted.login, wanted.password, cost))
    return half


def makers_of(welcome: Welcome) -> dict[bytes, bytes]:
    """The PCs whose snapshots count, with their signing keys."""
    return {each.device: each.signing for each in welcome.devices if not each.has_ended}


def own_keys(reads: ReadSession, clinic: uuid.UUID) -> Courier:
    """This PC, once it has its keys."""
    return state.me(reads.cursor, clinic)


@dataclass(frozen=True)
class Signing:
    """With what the person signs in at this PC from now on."""

    password: str
    cost: KdfCost
    clock: Clock
    language: str = "en"
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
    name, user = platform.node()[:200], login.strip()[:200]
    request = Request(1, me.device.bytes, public.signing, public.sealing, name, user)
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


def become(uow: UnitOfWork, me: Courier, welcome: Welcome, address: Address) -> None:
    """Make an empty record the one of the PC that was let in."""
    arriving.keep(uow.cursor, Arriving(msgspec.msgpack.encode(welcome)))
    known_pcs.be(uow.cursor, me.device.bytes, me.keys)
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
    known_pcs.introduce(cursor, welcome.devices)


def _checked(store: Store, welcome: Welcome, passed: Passed) -> str:
    """Let the record count if it is whole; closes it. The language of the practice.

    Raises:
        NotWholeError, ServerError: it is not, or not yet.
    """
    try:
        store.read(SYSTEM, check, welcome, passed.unknown).result()
        with store.filling():
            store.write(SYSTEM, end_arriving).result()
    except BaseException:
        store.close()
        raise
    return _language(store)


def _language(store: Store) -> str:
    with closing(store):
        return store.read(SYSTEM, practice.details).result().language
