"""Where the practice exchanges, told to PCs that were let in before there was a server.

A PC that joined at a hub or by a stick knows no server. The owner who sets one up writes its
address and certificate into the record, signed, so that nobody else sends the PCs elsewhere; a PC
without a server takes it once it is known there, and keeps the hub beside it.
"""

from __future__ import annotations

import uuid
from contextlib import closing
from typing import Any, Final

from clinic_desktop.db import membership as chain
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM, Actor
from clinic_desktop.errors import ServerError, ValidationError
from clinic_desktop.security.primitives import Identity, digest, is_signed, sign
from clinic_desktop.services import practice
from clinic_desktop.sync import state
from clinic_desktop.sync.client import Address, RefusedError
from clinic_desktop.sync.connecting import link_to
from clinic_desktop.using_hubs import hubs_beside

_KEY: Final = "exchange.server"
_MARK: Final = b"clinic-desktop server 1"


def tell(uow: UnitOfWork, clinic: uuid.UUID, owner: Identity, address: Address) -> None:
    """Write down where the practice exchanges; a hub has no address that stays.

    Raises:
        PermissionDeniedError: not an owner.
    """
    if address.is_near:
        return
    signature = sign(owner, _said(clinic, address.url, address.authority))
    said = {
        "url": address.url,
        "authority": address.authority,
        "author": owner.public.signing.hex(),
        "signature": signature.hex(),
    }
    if practice.setting(uow, _KEY) != said:
        practice.decide(uow, _KEY, said)


def tell_again(store: Store, actor: Actor, owner: Identity) -> None:
    """Sign anew where this PC exchanges, if whoever signed it decides no more: nobody believes it.

    The recovery sheet gave the owner other keys, or the owner who set the server up has left.
    """
    address = store.read(SYSTEM, _to_tell, owner).result()
    if address is not None:
        clinic = store.read(SYSTEM, chain.current).result()
        if clinic is not None:
            store.write(actor, tell, clinic.clinic, owner, address).result()


def _to_tell(reads: ReadSession, owner: Identity) -> Address | None:
    """The server in use, if it is the one that was told, by somebody who decides no more."""
    found, members = state.peer(reads.cursor), chain.current(reads)
    said = practice.setting(reads, _KEY)
    if found is None or members is None or not isinstance(said, dict):
        return None
    owners = frozenset(each.signing for each in members.owners if each.signing)
    if owner.public.signing not in owners or _read(said, members.clinic, owners) is not None:
        return None
    address = Address(found.url, found.settings.authority)
    return address if said.get("url") == found.url and not address.is_near else None


def learn(store: Store) -> None:
    """Exchange through the server that an owner told of, where this PC has none and it knows us."""
    address = store.read(SYSTEM, _told).result()
    if address is None:
        return
    try:
        with closing(link_to(store, address)) as link:
            link.signed("GET", "/v1/statements")
    except (ServerError, ValidationError, RefusedError):
        return  # this house may have no internet: the hub or the stick goes on being the way
    store.write(SYSTEM, _use, address).result()


def _said(clinic: uuid.UUID, url: str, authority: str) -> bytes:
    return digest(_MARK, clinic.bytes, url.encode(), authority.encode())


def _told(reads: ReadSession) -> Address | None:
    """The server to turn to; ``None`` where this PC has one, or no owner named any."""
    found, members = state.peer(reads.cursor), chain.current(reads)
    if found is None or members is None:
        return None
    owners = frozenset(each.signing for each in members.owners if each.signing)
    if found.url != state.NO_LINE and not Address(found.url).is_near:
        return None
    return _read(practice.setting(reads, _KEY), members.clinic, owners)


def _read(said: Any, clinic: uuid.UUID, owners: frozenset[bytes]) -> Address | None:
    """The address, if one of these owners signed it: another PC may have written anything."""
    try:
        url, authority = str(said["url"]), str(said["authority"])
        author, signature = bytes.fromhex(said["author"]), bytes.fromhex(said["signature"])
        if author in owners and is_signed(author, _said(clinic, url, authority), signature):
            return Address(url, authority)
    except (KeyError, TypeError, ValueError, ValidationError):
        pass
    return None


def _use(uow: UnitOfWork, address: Address) -> None:
    found = state.peer(uow.cursor)
    if found is not None:
        state.turn_to(uow.cursor, address.url, address.authority, hubs_beside(found, address.url))
