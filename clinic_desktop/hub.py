"""Meeting in the house: this PC as the hub of the others while its program runs.

A hub is a relay that is near: PCs use it beside the server, or instead of one. It is off until
somebody switches it on, and answers no PC that does not belong to the practice.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Final

import msgspec

from clinic_desktop.clinic import Clinic
from clinic_desktop.db import membership as chain
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.instants import to_millis
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import ClinicError, SetupError, StorageError, ValidationError
from clinic_desktop.i18n import _
from clinic_desktop.services import devices
from clinic_desktop.services.access import require
from clinic_desktop.sync import carried, kept_segments, known_pcs, nearby, state, taking
from clinic_desktop.sync.connecting import courier, server_if_any
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
        return self.store.read(SYSTEM, deks).result()


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
        settings, store = settings_of(opened.store), opened.store
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
    if settings_of(store) is None:
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
    found = settings_of(opened.store) or Settings(uuid.UUID(int=0))
    own = own_url(found.hub_port)
    hubs = tuple(each for each in found.hubs if each != own)
    return HubStatus(found.hub_port, for_others(own) if found.hub_port else "", hubs)


def for_others(url: str) -> str:
    """How other PCs reach a hub that this one reaches by its own loop."""
    loop, _colon, port = url.rpartition(":")
    if loop != f"{NEAR}://{_LOOP}":
        return url
    return f"{NEAR}://{nearby.own_addresses()[0]}:{port}"


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
    settings, folder = settings_of(opened.store), opened.data_dir.hub
    if settings is None or not settings.hub_port or not folder.exists():
        return
    with _held(opened) as rows:
        if rows is not None:
            tips = held.tips(rows)
            for device, known in opened.store.read(SYSTEM, _others, tips).result().items():
                held.agree(rows, device, known)


def _cannot(error: OSError) -> ClinicError:
    return StorageError(
        _("This PC cannot be a hub: {reason}").format(
            reason=error.strerror or type(error).__name__
        ),
        hint=_("Choose another port, or stop the program that uses it."),
    )


def settings_of(store: Store) -> Settings | None:
    """How this PC exchanges; ``None`` where it does not."""
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


def own_url(port: int) -> str:
    """How this PC reaches its own hub at this port."""
    return f"{NEAR}://{_LOOP}:{port}"


# ------------------------------------------------------------------ steps, each a transaction


def _members(reads: ReadSession, clinic: uuid.UUID) -> Known:
    members = chain.current(reads)
    owners = members.owners if members is not None else ()
    signing = frozenset(each.signing for each in owners if each.signing)
    return known_pcs.members(reads.cursor, clinic, signing)


def deks(reads: ReadSession) -> list[bytes]:
    """All data keys: whoever answers a question in the network has one of them."""
    return list(state.keys(reads.cursor).values())


def _switch_on(uow: UnitOfWork, clinic: uuid.UUID, port: int) -> None:
    """This PC uses its own hub as any other; where there was no server, as the server."""
    cursor, found, own = uow.cursor, state.peer(uow.cursor), own_url(port)
    if not state.keys(cursor):
        state.keep_key(cursor, 1, new_dek(), to_millis(uow.now))
    before = found.settings if found is not None else Settings(clinic)
    stands_for_server = found is None or found.url in {state.NO_LINE, own_url(before.hub_port)}
    others = tuple(each for each in before.hubs if each not in {own, own_url(before.hub_port)})
    hubs = others if stands_for_server else (own, *others)
    settings = msgspec.structs.replace(before, hub_port=port, hubs=hubs)
    state.use_peer(cursor, own if found is None or stands_for_server else found.url, settings)


def _switch_off(uow: UnitOfWork) -> None:
    found = state.peer(uow.cursor)
    if found is not None:
        own = own_url(found.settings.hub_port)
        hubs = tuple(each for each in found.settings.hubs if each != own)
        settings = msgspec.structs.replace(found.settings, hub_port=0, hubs=hubs)
        # Where the hub stood for a server there is none again: only sticks, and other hubs.
        state.use_peer(uow.cursor, state.NO_LINE if found.url == own else found.url, settings)
