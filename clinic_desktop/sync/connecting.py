"""This PC's connection to a server or a hub: which one, under whose name, counted how."""

from __future__ import annotations

import uuid
from dataclasses import replace

from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import SetupError
from clinic_desktop.i18n import _
from clinic_desktop.sync import keys, known_pcs, state
from clinic_desktop.sync.client import Address, Link
from clinic_desktop.sync.state import Peer


def link_of(store: Store) -> Link:
    """The connection to the server in use.

    Raises:
        SetupError: none was set up.
    """
    found = store.read(SYSTEM, server_in_use).result()
    if found.url == state.NO_LINE:
        raise SetupError(
            _("This PC exchanges by a stick, and at hubs."),
            hint=_("For this, set up a server, or make this PC the hub."),
        )
    return link_to(store, Address(found.url, found.settings.authority))


def link_to(store: Store, address: Address) -> Link:
    """A connection of this PC; a hub must be a PC of the practice.

    Raises:
        SetupError: no server was set up yet.
    """
    found = store.read(SYSTEM, server_in_use).result()
    me = store.write(SYSTEM, courier, found.settings.clinic).result()
    if address.is_near:
        others = store.read(SYSTEM, _keys_of_hubs).result()
        address = replace(address, keys=others | {me.keys.public.signing})

    def count(least: int) -> int:
        return store.write(SYSTEM, next_count, least).result()

    return Link(address, store.clock, me, count)


def server_in_use(reads: ReadSession) -> Peer:
    """The server that was set up.

    Raises:
        SetupError: none was.
    """
    found = state.peer(reads.cursor)
    if found is None:
        raise SetupError(
            _("This PC exchanges with no server yet."),
            hint=_("Set one up with “sync setup”, or join a practice that has one."),
        )
    return found


def server_if_any(reads: ReadSession | UnitOfWork) -> Peer | None:
    """The same; ``None`` where none was set up."""
    return state.peer(reads.cursor)


def has_no_line(reads: ReadSession | UnitOfWork) -> bool:
    """Whether this PC belongs to a practice of several and no server is in use."""
    return state.has_no_line(reads.cursor)


def _keys_of_hubs(reads: ReadSession) -> frozenset[bytes]:
    devices = known_pcs.known_devices(reads.cursor).values()
    return frozenset(each.signing for each in devices if not each.has_ended)


def courier(uow: UnitOfWork, clinic: uuid.UUID) -> keys.Courier:
    """This PC with its private keys."""
    return state.me(uow.cursor, clinic)


def next_count(uow: UnitOfWork, least: int) -> int:
    """The number of the next request."""
    return state.next_counter(uow.cursor, least)
