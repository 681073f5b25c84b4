"""Meeting in the house: this PC as the hub of the others while its program runs, and finding one.

A hub is a relay that is near: PCs use it beside the server, or instead of one. It is off until
somebody switches it on, and answers no PC that does not belong to the practice.
"""

from __future__ import annotations

import socket
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Final

import msgspec

from clinic_desktop.clinic import Clinic
from clinic_desktop.db import membership as chain
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import (
    ClinicError,
    CopiedRecordError,
    NotFoundError,
    ServerError,
    SetupError,
    StorageError,
    ValidationError,
)
from clinic_desktop.i18n import _
from clinic_desktop.models.types import to_millis
from clinic_desktop.services import devices
from clinic_desktop.services.access import require
from clinic_desktop.sync import carried, kept_segments, known_pcs, nearby, state, taking
from clinic_desktop.sync.client import NEAR_CONNECT_S, Address, Link
from clinic_desktop.sync.connecting import courier, has_no_line, link_to, server_if_any
from clinic_desktop.sync.exchange import Exchange
from clinic_desktop.sync.files import FileTurn
from clinic_desktop.sync.keys import Courier, new_dek
from clinic_desktop.sync.pinned import NEAR, NEAR_PORT, answering
from clinic_desktop.sync.server import held
from clinic_desktop.sync.server.files import Files
from clinic_desktop.sync.server.hub import HubRelay
from clinic_desktop.sync.server.listening import Listener
from clinic_desktop.sync.server.tables import NoRoomError, Rows
from clinic_desktop.sync.state import Settings
from clinic_desktop.sync.statements import Known

_LOOP: Final = "127.0.0.1"
_MOST_HUBS: Final = 8


@dataclass(frozen=True)
class HubStatus:
    """How this PC meets others in the house."""

    port: int
    """Where this PC is a hub; 0 where it is none."""
    address: str
    """How other PCs reach it; empty where it is none."""
    hubs: tuple[str, ...]
    """Hubs of other PCs that this one uses."""


@dataclass(frozen=True)
class _Record:
    """What the hub asks the record; from any thread."""

    store: Store
    me: Courier

    def members(self) -> Known:
        """Who belongs to the practice now, and who did."""
        return self.store.read(SYSTEM, _members, self.me.clinic).result()

    def sealed_keys(self) -> list[bytes]:
        """All data keys, sealed to each other PC."""
        return self.store.read(SYSTEM, carried.keys_for_others, self.me).result()

    def believe(self, statement: bytes) -> bool:
        """Take the word of an owner for another PC; whether an owner said it."""
        return self.store.write(SYSTEM, taking.believe, statement).result()

    def said(self) -> tuple[bytes, ...]:
        """Such statements."""
        return self.store.read(SYSTEM, taking.said).result()

    def deks(self) -> list[bytes]:
        """All data keys as they are."""
        return self.store.read(SYSTEM, _deks).result()


class Hub:
    """This PC as hub, from its making until ``stop``, which comes before the record is closed."""

    def __init__(
        self, opened: Clinic, arrived: Callable[[], None], questions: int = NEAR_PORT
    ) -> None:
        """Open the door; ``arrived`` hears from any thread that a PC brought something.

        ``questions`` is the UDP port where PCs of the house ask for a hub.

        Raises:
            SetupError: this PC is switched to be no hub.
            StorageError: the port is taken, or the hub's folder cannot be used.
        """
        settings, store = _settings(opened.store), opened.store
        if settings is None or not settings.hub_port:
            raise SetupError(_("This PC is no hub."), hint=_("Switch it on with “hub on”."))
        me = store.write(SYSTEM, courier, settings.clinic).result()
        record = _Record(store, me)
        try:
            self._files = Files(opened.data_dir.hub)
        except OSError as error:
            raise _cannot(error) from error
        try:
            relay = HubRelay(self._files, store.clock, record, arrived)
            self._door = Listener(relay, answering(me.keys), "", settings.hub_port)
        except BaseException as error:
            self._files.close()
            if isinstance(error, OSError):
                raise _cannot(error) from error
            raise
        self._answers: nearby.Answering | None = None
        with suppress(OSError):  # another program answers there: an address can still be typed
            self._answers = nearby.Answering(record.deks, self._door.port, questions)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._door.port

    @property
    def questions(self) -> int:
        """Where PCs of the house ask for it; 0 where they cannot."""
        return self._answers.port if self._answers is not None else 0

    def stop(self) -> None:
        """Close the door."""
        if self._answers is not None:
            self._answers.stop()
        self._door.stop()
        self._files.close()


def switch_on(opened: Clinic, port: int = NEAR_PORT) -> HubStatus:
    """Let this PC be a hub from now on, whenever its program runs.

    Where the practice has no server, the hub stands for one.

    Raises:
        PermissionDeniedError, PasswordAgainError, RuleError, ValidationError: it is none.
    """
    require(opened.actor, "device.approve")
    if not 1024 <= port < 1 << 16:
        raise ValidationError("port", _("A port is a number from 1024 to 65535."))
    store = opened.store
    if _settings(store) is None:
        store.write(opened.actor, devices.introduce_this, opened.keys.identity).result()
    store.write(SYSTEM, _switch_on, opened.keys.vault.clinic, port).result()
    return status(opened)


def switch_off(opened: Clinic) -> HubStatus:
    """Let this PC be no hub any more; what it keeps for others stays in the record too.

    Raises:
        PermissionDeniedError: it still is one.
    """
    require(opened.actor, "device.approve")
    opened.store.write(SYSTEM, _switch_off).result()
    return status(opened)


def status(opened: Clinic) -> HubStatus:
    """Whether this PC is a hub, and which ones it uses."""
    require(opened.actor, "sync.run")
    found = _settings(opened.store) or Settings(uuid.UUID(int=0))
    own = _loop(found.hub_port)
    hubs = tuple(each for each in found.hubs if each != own)
    return HubStatus(found.hub_port, for_others(own) if found.hub_port else "", hubs)


def for_others(url: str) -> str:
    """How other PCs reach a hub that this one reaches by its own loop."""
    loop, _colon, port = url.rpartition(":")
    if loop != f"{NEAR}://{_LOOP}":
        return url
    return f"{NEAR}://{nearby.own_addresses()[0]}:{port}"


def use(opened: Clinic, typed: str = "") -> HubStatus:
    """Use a hub beside the server from now on: the one at this address, or those that answer.

    Raises:
        SetupError: this PC belongs to no practice with others yet.
        NotFoundError: no hub of the practice answers in this network.
        ServerError: what keeps this PC from the one at the address.
    """
    require(opened.actor, "sync.run")
    store = opened.store
    if typed:
        url = typed if typed.startswith(f"{NEAR}://") else f"{NEAR}://{typed}"
        check(store, url)
        found = [url]
    else:
        found = search(store)
        if not found:
            raise NotFoundError(
                _("No hub of the practice answers in this network."),
                hint=_("Look whether Clinic Desktop is open at the hub. Some networks keep PCs "
                       "from asking all at once: then type the address that is shown at the hub."),
            )  # fmt: skip
    store.write(SYSTEM, _remember, found).result()
    return status(opened)


def forget(opened: Clinic, url: str) -> HubStatus:
    """Use a hub no more.

    Raises:
        NotFoundError: it was not used.
    """
    require(opened.actor, "sync.run")
    if url not in status(opened).hubs:
        raise NotFoundError(_("This PC uses no such hub."))
    opened.store.write(SYSTEM, _forget, url).result()
    return status(opened)


def let_go(opened: Clinic, device: bytes, tip: kept_segments.Tip, made: frozenset[bytes]) -> None:
    """Hand on no more what this PC sealed, after this tip, under a name that another bears.

    That PC goes on from the same tip with other segments, and everybody takes one of the two.

    Raises:
        StorageError: the hub's folder cannot be used.
    """
    if not opened.data_dir.hub.exists():
        return  # this PC was never a hub
    with _held(opened) as rows:
        if rows is not None:
            held.let_go(rows, device, (tip.seg_no, tip.hash), made)


@contextmanager
def _held(opened: Clinic) -> Iterator[Rows | None]:
    """What this hub holds of the practice, beside the hub itself if it is open."""
    try:
        with (
            closing(Files(opened.data_dir.hub)) as files,
            files.practice(opened.keys.vault.clinic) as rows,
        ):
            yield rows
    except OSError as error:
        raise _cannot(error) from error
    except NoRoomError as error:
        raise StorageError(
            _("The disk is full."),
            kept=_("Nothing was sent, and nothing was changed."),
            hint=_("Free some space and try again."),
        ) from error


def agree(opened: Clinic) -> None:
    """Let this hub hold of each PC what this PC holds, which has just heard the server.

    A copied PC, or one that took from it, may have brought something else.

    Raises:
        StorageError: the hub's folder cannot be used.
    """
    settings, folder = _settings(opened.store), opened.data_dir.hub
    if settings is None or not settings.hub_port or not folder.exists():
        return
    with _held(opened) as rows:
        if rows is not None:
            tips = held.tips(rows)
            for device, known in opened.store.read(SYSTEM, _others, tips).result().items():
                held.agree(rows, device, known)


def meet_nearby(store: Store, watched: Callable[[Link], AbstractContextManager[Link]]) -> int:
    """A pass with each hub beside the server; how many changes came of it.

    One that is away is looked for in the network once: its address may be another today. That is
    so for a hub that stands for the server, too.
    """
    _follow(store, watched)
    settings = _settings(store)
    hubs = list(settings.hubs) if settings is not None else []
    received, has_looked = 0, False
    for url in hubs:  # grows while it is gone through
        try:
            with watched(link_to(store, Address(url))) as link:
                link.call("GET", "/v1/health")  # a pass asks several times before it gives up
                received += Exchange(store, link, beside=True).run().received
                FileTurn(store, link, beside=True).run()
        except CopiedRecordError:
            if settings is None or store.read(SYSTEM, has_no_line).result():
                raise
            # The server knows whether it is so; what a hub was brought may be a copy's.
        except ServerError:
            if not has_looked:
                has_looked = True
                new = [each for each in search(store) if each not in hubs]
                store.write(SYSTEM, _remember, new).result()
                hubs += new
    return received


def _follow(store: Store, watched: Callable[[Link], AbstractContextManager[Link]]) -> None:
    """Where a hub stands for the server and has another address today, use that one."""
    found = store.read(SYSTEM, server_if_any).result()
    if (
        found is None
        or found.url == state.NO_LINE
        or not Address(found.url).is_near
        or found.url == _loop(found.settings.hub_port)
    ):
        return
    with suppress(ServerError), watched(link_to(store, Address(found.url))) as link:
        link.call("GET", "/v1/health")
        return
    for url in search(store)[:1]:
        store.write(SYSTEM, _move, url).result()


def hubs_beside(found: state.Peer | None, url: str) -> tuple[str, ...]:
    """The hubs to use beside a server that is set up now; one that stood for it is among them."""
    if found is None or found.url == state.NO_LINE:
        return found.settings.hubs if found is not None else ()
    stood = (found.url,) if Address(found.url).is_near else ()
    return tuple(each for each in dict.fromkeys((*stood, *found.settings.hubs)) if each != url)


def search(store: Store) -> list[str]:
    """Addresses of the practice's hubs that answer in this network."""
    return nearby.find(store.read(SYSTEM, _deks).result(), store.clock)


def check(store: Store, url: str) -> None:
    """Look whether a hub of the practice answers, and if not, what is in the way.

    Raises:
        ServerError: with what to do.
        ValidationError: this is no address.
    """
    place = Address(url).place
    try:
        socket.create_connection(place, NEAR_CONNECT_S).close()
    except ConnectionRefusedError as error:
        raise _in_the_way(
            _("The PC at {address} answers, but no hub is open there."),
            _("Open Clinic Desktop at that PC and switch the hub on; check the port."),
            url,
        ) from error
    except TimeoutError as error:
        raise _in_the_way(
            _("Nothing answers at {address}."),
            _("Either that PC is off or in another network, or its firewall blocks it: allow "
              "Clinic Desktop there in private networks, TCP port {port}."),
            url,
        ) from error  # fmt: skip
    except OSError as error:
        raise _in_the_way(
            _("This PC finds no way to {address}."),
            _("Check the cable or the wireless network, and the address. A network for guests "
              "keeps its PCs apart."),
            url,
        ) from error  # fmt: skip
    with closing(link_to(store, Address(url))) as link:
        link.call("GET", "/v1/health")


def _in_the_way(what: str, hint: str, url: str) -> ServerError:
    host, port = Address(url).place
    return ServerError(
        what.format(address=f"{host}:{port}"),
        kept=_("Nothing was lost: what is here goes out at the next try."),
        hint=hint.format(port=port),
    )


def _cannot(error: OSError) -> ClinicError:
    return StorageError(
        _("This PC cannot be a hub: {reason}").format(
            reason=error.strerror or type(error).__name__
        ),
        hint=_("Choose another port, or stop the program that uses it."),
    )


def _settings(store: Store) -> Settings | None:
    found = store.read(SYSTEM, server_if_any).result()
    return found.settings if found is not None else None


def _others(
    reads: ReadSession, tips: Mapping[bytes, tuple[int, bytes]]
) -> dict[bytes, dict[int, bytes]]:
    """The segments here of those PCs whose last one at the hub is another one here."""
    found = {}
    for dev, device in reads.cursor.execute("SELECT dev, device_id FROM sync_device").fetchall():
        tip = tips.get(bytes(device))
        if tip and kept_segments.hash_of(reads.cursor, tip[0], dev) not in {None, tip[1]}:
            rows = reads.cursor.execute(
                "SELECT seg_no, hash FROM sync_segment WHERE dev = ?", (dev,)
            )
            found[bytes(device)] = {seg_no: bytes(each) for seg_no, each in rows.fetchall()}
    return found


def _loop(port: int) -> str:
    return f"{NEAR}://{_LOOP}:{port}"


# ------------------------------------------------------------------ steps, each a transaction


def _members(reads: ReadSession, clinic: uuid.UUID) -> Known:
    members = chain.current(reads)
    owners = members.owners if members is not None else ()
    signing = frozenset(each.signing for each in owners if each.signing)
    return known_pcs.members(reads.cursor, clinic, signing)


def _deks(reads: ReadSession) -> list[bytes]:
    return list(state.keys(reads.cursor).values())


def _switch_on(uow: UnitOfWork, clinic: uuid.UUID, port: int) -> None:
    """This PC uses its own hub as any other; where there was no server, as the server."""
    cursor, found, own = uow.cursor, state.peer(uow.cursor), _loop(port)
    if not state.keys(cursor):
        state.keep_key(cursor, 1, new_dek(), to_millis(uow.now))
    before = found.settings if found is not None else Settings(clinic)
    stands_for_server = found is None or found.url in {state.NO_LINE, _loop(before.hub_port)}
    others = tuple(each for each in before.hubs if each not in {own, _loop(before.hub_port)})
    hubs = others if stands_for_server else (own, *others)
    settings = msgspec.structs.replace(before, hub_port=port, hubs=hubs)
    state.use_peer(cursor, own if found is None or stands_for_server else found.url, settings)


def _switch_off(uow: UnitOfWork) -> None:
    found = state.peer(uow.cursor)
    if found is not None:
        own = _loop(found.settings.hub_port)
        hubs = tuple(each for each in found.settings.hubs if each != own)
        settings = msgspec.structs.replace(found.settings, hub_port=0, hubs=hubs)
        # Where the hub stood for a server there is none again: only sticks, and other hubs.
        state.use_peer(uow.cursor, state.NO_LINE if found.url == own else found.url, settings)


def _remember(uow: UnitOfWork, urls: list[str]) -> None:
    """Use these hubs too, the newest first; the server in use is none beside itself.

    Raises:
        SetupError: this PC belongs to no practice with others yet.
    """
    found = state.peer(uow.cursor)
    if found is None:
        raise SetupError(
            _("This PC exchanges with no other PC yet."),
            hint=_("Join the practice first, with the code that another PC shows."),
        )
    hubs = [each for each in dict.fromkeys((*urls, *found.settings.hubs)) if each != found.url]
    state.change_settings(uow.cursor, hubs=tuple(hubs[:_MOST_HUBS]))


def _move(uow: UnitOfWork, url: str) -> None:
    found = state.peer(uow.cursor)
    if found is not None:
        state.use_peer(uow.cursor, url, found.settings)


def _forget(uow: UnitOfWork, url: str) -> None:
    found = state.peer(uow.cursor)
    if found is not None:
        hubs = tuple(each for each in found.settings.hubs if each != url)
        state.change_settings(uow.cursor, hubs=hubs)
