"""The recovery sheet alone brings a practice back from its server, into an empty folder.

The sheet finds the practice, lets this PC in, and opens the data keys that the PCs left for it. All
that the server holds is read and checked like a joining PC does, and counts only if the chain of
members is one that this sheet signed; a PC that is killed on the way begins anew.
"""

from __future__ import annotations

import platform
import uuid
from contextlib import closing, suppress
from dataclasses import dataclass

from clinic_desktop import clinic
from clinic_desktop.after_sheet import of_other_pcs
from clinic_desktop.clinic_folder import name_newborn, refuse_occupied, remove_unborn, take_folder
from clinic_desktop.clock import Clock, SystemClock
from clinic_desktop.config import DataDir
from clinic_desktop.db import membership as chain
from clinic_desktop.db.opening import create_store
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.ids import free_prefix
from clinic_desktop.domain.instants import to_millis
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import NotFoundError, ServerError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.security import vault_file
from clinic_desktop.security.password_rules import LEAST_ALONE, check_new
from clinic_desktop.security.primitives import Identity, KdfCost, UnreadableError
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.security.vault import Vault, new_database_key
from clinic_desktop.services import people, practice
from clinic_desktop.sync import known_pcs, passes, state
from clinic_desktop.sync.client import Address, Link, RefusedError
from clinic_desktop.sync.connecting import link_of
from clinic_desktop.sync.exchange import Exchange
from clinic_desktop.sync.first_pass import end_arriving, first_pass
from clinic_desktop.sync.keys import Courier, open_dek, read_sealed
from clinic_desktop.sync.messages import Keybox, MessageError, Statements, decode
from clinic_desktop.sync.passes import Passed, Tell
from clinic_desktop.sync.refusals import nothing_waits_here, refused, strange
from clinic_desktop.sync.registering import let_in, take_back
from clinic_desktop.sync.state import Settings
from clinic_desktop.sync.statements import (
    DeviceKeys,
    Introduced,
    Known,
    StatementError,
    person_id,
    read,
    replay,
)
from clinic_desktop.this_pc import remember
from clinic_desktop.whole_record import NotWholeError, refuse_newer


@dataclass(frozen=True)
class Wanted:
    """What the person with the sheet says."""

    address: Address
    sheet: RecoveryKey
    password: str
    """The owner's, at this PC from now on."""
    login: str = ""
    """Whose it is; may be left out where there is one owner."""
    incomplete: bool = False
    """Whether to make do with what the server has: no PC is left that could bring the rest."""


class LacksError(NotWholeError):
    """The server does not hold everything; what it does hold would come with ``incomplete``."""

    def __init__(self, waiting: int, unknown: int) -> None:
        """``waiting`` changes need earlier ones; ``unknown`` packages are of PCs nobody named."""
        super().__init__(
            _("The server does not hold everything that the PCs of the practice wrote yet."),
            kept=_("Nothing was changed, and what the server holds stays there."),
            hint=_("Let the other PCs of the practice synchronise, an owner’s first, and use the "
                   "recovery sheet again. If no PC is left, the command “recovery restore "
                   "--incomplete” makes do with what is there."),
            place=f"waiting {waiting}, unknown {unknown}",
        )  # fmt: skip
        self.waiting, self.unknown = waiting, unknown


@dataclass(frozen=True)
class Recovered:
    """What came of it."""

    practice: str
    login: str
    passed: Passed
    without_password: tuple[str, ...]
    """Who worked here and needs a new password."""
    elsewhere: tuple[str, ...] = ()
    """What to know of the other PCs."""


def recover_from_server(
    data_dir: DataDir,
    wanted: Wanted,
    clock: Clock | None = None,
    cost: KdfCost | None = None,
    tell: Tell = lambda *_far: None,
) -> Recovered:
    """Make this empty folder a PC of the practice whose recovery sheet this is.

    ``tell`` is called while the record comes; whatever it raises stops it.

    Raises:
        SetupError: there is a clinic in the folder.
        NotFoundError: the server knows no practice of this sheet, or has no data keys for it.
        ValidationError: the password cannot be taken, or this is no owner.
        ServerError: the server is away, says what cannot be, or does not hold everything yet.
        StorageError: the disk does not let us. The folder is empty again in any case.
    """
    check_new(wanted.password, (wanted.login,), LEAST_ALONE)
    clock = clock or SystemClock()
    lock = take_folder(data_dir)
    try:
        refuse_occupied(data_dir)
        remove_unborn(data_dir)
        try:
            with nothing_waits_here(_("Nothing was changed.")):
                name, login, passed = _fill(data_dir, wanted, clock, tell)
        except BaseException:
            remove_unborn(data_dir)
            data_dir.vault.unlink(missing_ok=True)
            raise
    finally:
        lock.release()
    opened = clinic.recover(
        data_dir, wanted.sheet, login, wanted.password, clock, cost or KdfCost(), is_new=True
    )
    try:
        with suppress(ServerError):  # what is here is whole; it goes on with the next pass
            _tell(opened, wanted.sheet.identity)
        staff = opened.store.read(SYSTEM, people.everybody).result()
        inside = {each.user for each in opened.keys.vault.slots}
        without = tuple(each.login for each in staff if each.is_active and each.id not in inside)
        elsewhere = of_other_pcs(opened.store)
    finally:
        opened.close()
    return Recovered(name, login, passed, without, elsewhere)


def _fill(data_dir: DataDir, wanted: Wanted, clock: Clock, tell: Tell) -> tuple[str, str, Passed]:
    """A whole record in the folder, which the sheet opens: the practice, the owner, the pass."""
    root, key = wanted.sheet.identity, new_database_key()

    def create() -> Store:
        remove_unborn(data_dir)
        return create_store(data_dir.unborn, key, clock, platform.node())

    with closing(create()) as first:  # before this PC is let in: the disk may not let us
        tell(0, 0, 0)
        found = _practice_of(wanted, clock)
        me = first.write(SYSTEM, _own_keys, found).result()
        with closing(_link(wanted.address, first, Courier(found, _id_of(root), root))) as link:
            known = _introduce(link, root, me)
            deks = _data_keys(link, known)

    def fresh() -> Store:
        store = create()
        store.write(SYSTEM, _begin, wanted.address, (found, me), known, deks).result()
        return store

    makers = {each.id: each.signing for each in known.devices.values()}
    store, passed = first_pass(fresh, makers, tell)
    try:
        login = store.read(SYSTEM, _check, root, wanted.login).result()
        if not wanted.incomplete:
            _must_be_whole(store, wanted, passed.unknown, Courier(found, _id_of(root), root))
        store.write(SYSTEM, end_arriving).result()
        store.write(SYSTEM, _number_anew).result()
        details = store.read(SYSTEM, practice.details).result()
    finally:
        store.close()
    made = Vault(found, clock.new_id(), details.name).with_recovery(key, root.public.sealing)
    vault_file.save(made, key, data_dir.vault)
    name_newborn(data_dir)
    remember(data_dir, language=details.language)
    return details.name, login, passed


def _must_be_whole(store: Store, wanted: Wanted, unknown: int, asks: Courier) -> None:
    """Refuse what is not whole; then this PC, which never wrote anything, ends at the server."""
    try:
        store.read(SYSTEM, _refuse_incomplete, unknown).result()
    except ServerError:
        mine = store.read(SYSTEM, chain.this_device).result().id.bytes
        with suppress(ServerError), closing(_link(wanted.address, store, asks)) as link:
            take_back(link, asks.keys, mine)
        raise


def _tell(opened: clinic.Clinic, root: Identity) -> None:
    """The new keys of the owner go to the server, and what was written here to the others."""
    found = opened.store.read(SYSTEM, chain.this_device).result()
    device = DeviceKeys(found.id.bytes, found.signing, found.sealing)
    peer = opened.store.read(SYSTEM, _address).result()
    asks = Courier(opened.keys.vault.clinic, _id_of(root), root)
    with closing(_link(peer, opened.store, asks)) as link:
        let_in(link, root, device, opened.keys.identity.public.signing)
    with closing(link_of(opened.store)) as link:
        Exchange(opened.store, link).run()


def _id_of(root: Identity) -> uuid.UUID:
    return uuid.UUID(bytes=person_id(root.public.signing))


def _practice_of(wanted: Wanted, clock: Clock) -> uuid.UUID:
    """The id of the practice: the sheet does not bear it, and the server keeps a letter for it."""
    box = _id_of(wanted.sheet.identity).hex
    with closing(Link(wanted.address, clock)) as link:
        try:
            return uuid.UUID(bytes=link.call("GET", f"/v1/mail/{box}"))
        except ValueError:
            raise strange("no practice") from None
        except RefusedError as error:
            raise _unknown(error) from error


def _unknown(error: RefusedError) -> ServerError | NotFoundError:
    """The sentence for a server's no to the sheet."""
    if error.refusal.code != "unknown":
        return refused(error)
    return NotFoundError(
        _("The server knows no practice of this recovery sheet."),
        kept=_("Nothing was changed."),
        hint=_("Check the address, and take the newest sheet."),
    )


def _link(address: Address, store: Store, me: Courier) -> Link:
    last = to_millis(store.clock.now())  # higher than what the sheet ever counted by itself

    def count(least: int) -> int:
        nonlocal last
        last = max(last, least) + 1
        return last

    return Link(address, store.clock, me, count)


def _introduce(link: Link, root: Identity, me: Courier) -> Known:
    """Let this PC in; returns what the server knows of the practice before."""
    try:
        answer = decode(link.signed("GET", "/v1/statements"), Statements)
        known = replay(read(each) for each in answer.statements)
    except RefusedError as error:
        raise _unknown(error) from error
    except (MessageError, StatementError) as error:
        raise strange(str(error)) from error
    public = me.keys.public
    device = DeviceKeys(me.device.bytes, public.signing, public.sealing)
    if known is None or not let_in(link, root, device, next(iter(known.owners))):
        raise strange("another sheet")
    return known


def _data_keys(link: Link, known: Known) -> dict[int, bytes]:
    """The data keys that PCs of the practice sealed to the sheet."""
    try:
        box = decode(link.signed("GET", "/v1/keybox"), Keybox)
    except RefusedError as error:
        raise refused(error) from error
    except MessageError as error:
        raise strange(str(error)) from error
    assert link.me is not None  # noqa: S101 - the sheet asks
    authors = {**known.ended, **known.devices}
    found: dict[int, bytes] = {}
    for raw in box.keys:
        with suppress(UnreadableError, KeyError):
            sealed = read_sealed(raw)
            found[sealed.epoch] = open_dek(sealed, link.me, authors[sealed.author].signing)
    if not found:
        raise NotFoundError(
            _("The server has no keys for this recovery sheet."),
            kept=_("Nothing was changed."),
            hint=_("A PC of the practice leaves them with its next exchange."),
        )
    return found


# ------------------------------------------------------------------ steps, each a transaction


def _own_keys(uow: UnitOfWork, found: uuid.UUID) -> Courier:
    return state.me(uow.cursor, found)


def _address(reads: ReadSession) -> Address:
    found = state.peer(reads.cursor)
    return Address(found.url, found.settings.authority) if found else Address("")


def _begin(
    uow: UnitOfWork, address: Address, mine: tuple[uuid.UUID, Courier], known: Known,
    deks: dict[int, bytes],
) -> None:  # fmt: skip
    """Know the PCs that there were and the data keys, before the record is here."""
    cursor, (found, me) = uow.cursor, mine
    known_pcs.be(cursor, me.device.bytes, me.keys)
    state.use_peer(cursor, address.url, Settings(found, address.authority))
    others = [Introduced(each, has_ended=False) for each in known.devices.values()]
    others += [Introduced(each, has_ended=True) for each in known.ended.values()]
    known_pcs.state_devices(cursor, [each for each in others if each.keys.id != me.device.bytes])
    for epoch, dek in deks.items():
        state.keep_key(cursor, epoch, dek, to_millis(uow.now))


def _check(reads: ReadSession, root: Identity, login: str) -> str:
    """Refuse a record that this sheet never signed; returns who gets in.

    Raises:
        ServerError: the server made it up, or hands out nothing.
        ValidationError: no such owner, or there are several.
    """
    entries = chain.entries(reads)
    members = chain.current(reads) if entries else None
    signing = root.public.signing
    is_ours = any(each.author == signing for each in entries)
    if members is None or members.root.signing != signing or not is_ours:
        raise ServerError(
            _("The server does not hand out a record of this recovery sheet."),
            kept=_("Nothing was changed."),
            hint=_("Take the newest sheet, or restore a backup."),
        )
    owners = {each.login.casefold(): each.login for each in members.owners}
    wanted = login.strip().casefold() or (next(iter(owners)) if len(owners) == 1 else "")
    if wanted not in owners:
        raise ValidationError(
            "login",
            _("The recovery sheet lets an owner of the practice in: {logins}.").format(
                logins=", ".join(owners.values())
            ),
        )
    return owners[wanted]


def _refuse_incomplete(reads: ReadSession, unknown: int) -> None:
    """Refuse a record in which something waits for what the server does not hold.

    Its list of members may be an older one, which nobody should go on from: the other PCs would
    have to choose between two of them. ``unknown`` counts the segments that were left.

    Raises:
        LacksError: the other PCs, or one that holds what they wrote, can bring the rest.
        ServerError: it needs a newer program.
    """
    refuse_newer(reads)
    found = passes.still_open(reads)
    if found.to_apply or unknown:
        raise LacksError(found.to_apply, unknown)


def _number_anew(uow: UnitOfWork) -> None:
    """No other PC can be asked which letters its numbers begin with: the charts say so."""
    cursor = uow.cursor
    rows = cursor.execute("SELECT DISTINCT substr(mrn, 1, instr(mrn, '-') - 1) FROM patient")
    prefix = free_prefix(frozenset(str(row[0]) for row in rows.fetchall()))
    cursor.execute("UPDATE sync_device SET prefix = ? WHERE dev = 1", (prefix,))
