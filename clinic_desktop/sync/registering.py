"""Telling the server who may send: its chain of statements follows the practice's own chain."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from clinic_desktop.errors import ServerError
from clinic_desktop.i18n import _
from clinic_desktop.security.membership import Membership
from clinic_desktop.security.membership_entries import Device
from clinic_desktop.security.primitives import Identity
from clinic_desktop.sync import statements
from clinic_desktop.sync.client import Link, RefusedError
from clinic_desktop.sync.messages import MessageError, Statements, decode
from clinic_desktop.sync.refusals import refused, strange
from clinic_desktop.sync.statements import (
    AddDevice,
    AddOwner,
    Body,
    DeviceKeys,
    Found,
    Known,
    NewRoot,
    OwnerBySheet,
    RemoveOwner,
    RevokeDevice,
    Statement,
    StatementError,
)


def register(link: Link, state: Membership, owner: Identity, proof: bytes = b"") -> None:
    """Let the server know what the chain of members says, beginning with the practice itself.

    ``proof`` is what the recovery sheet signed for this owner's new key, if it did.

    Raises:
        ServerError: it cannot be reached or will not have us.
    """
    if link.address.is_near:
        return  # a hub asks its own record who belongs to the practice
    me = link.me
    assert me is not None  # noqa: S101 - only a PC of the practice speaks for it
    try:
        known = _known(link, state.clinic)
        if known is None:
            owners = tuple(each.signing for each in state.owners if each.signing)
            found = Found(owners, state.root.signing, _keys(state.devices[me.device]))
            first = statements.write(None, state.clinic, owner, found)
            link.call("POST", "/v1/practices", first.raw)
            known = statements.follow(None, first)
        key = owner.public.signing
        if proof and key not in known.owners:
            known = _say(link, known, owner, OwnerBySheet(key, proof))
        for body in _differences(known, state):
            known = _say(link, known, owner, body)
    except RefusedError as error:
        raise refused(error) from error
    except (StatementError, MessageError) as error:
        raise ServerError(
            _("The server knows this practice differently."),
            kept=_("Nothing was lost."),
            hint=_("Check the address, and ask whoever runs the server."),
            place=str(error),
        ) from error


def let_in(link: Link, person: Identity, device: DeviceKeys, owner: bytes) -> bool:
    """Let the server know another PC, and the key of an owner, as somebody whom it believes.

    Returns ``False`` where it knows neither the practice nor this person.

    Raises:
        ServerError: it cannot be reached or will not have us.
    """
    assert link.me is not None  # noqa: S101 - somebody asks
    clinic, asks = link.me.clinic, person.public.signing
    if link.address.is_near:
        return _let_in_at_hub(link, statements.alone(clinic, person, AddDevice(device)))
    try:
        known = _known(link, clinic)
        if known is None or asks not in known.owners | {known.root}:
            return False
        bodies: list[Body] = [] if owner in known.owners else [AddOwner(owner)]
        bodies += [] if known.devices.get(device.id) == device else [AddDevice(device)]
        for body in bodies:
            known = _say(link, known, person, body)
    except RefusedError as error:
        raise refused(error) from error
    except (StatementError, MessageError) as error:
        raise strange(str(error)) from error
    return True


def take_back(link: Link, person: Identity, device: bytes) -> None:
    """Let the server refuse a PC that ``let_in`` told of and that came to nothing.

    Raises:
        ServerError: it cannot be reached or will not have us.
    """
    assert link.me is not None  # noqa: S101 - somebody asks
    try:
        known = _known(link, link.me.clinic)
        if known is not None and device in known.devices:
            _say(link, known, person, RevokeDevice(device))
    except RefusedError as error:
        raise refused(error) from error
    except (StatementError, MessageError) as error:
        raise strange(str(error)) from error


def _let_in_at_hub(link: Link, one: Statement) -> bool:
    """A hub keeps no chain: its record knows the owners, and it hands the statement on."""
    try:
        link.signed("POST", "/v1/statements", one.raw)
    except RefusedError as error:
        if error.refusal.code == "unknown":
            return False
        raise refused(error) from error
    return True


def _say(link: Link, known: Known, signer: Identity, body: Body) -> Known:
    one = statements.write(known, known.clinic, signer, body)
    link.signed("POST", "/v1/statements", one.raw)
    return statements.follow(known, one)


def _known(link: Link, clinic: uuid.UUID) -> Known | None:
    """What the server knows; ``None`` where it does not know the practice."""
    try:
        answer = decode(link.signed("GET", "/v1/statements"), Statements)
    except RefusedError as error:
        if error.refusal.code == "unknown":
            return None
        raise
    known = statements.replay(statements.read(each) for each in answer.statements)
    if known is None or known.clinic != clinic:
        raise MessageError("statements of another practice")
    return known


def _differences(known: Known, state: Membership) -> Iterator[Body]:
    """What this PC knows and the server does not; of whom it has not heard it says nothing.

    Another owner may have let a PC in since, and a server takes nobody back whom it was told to
    refuse.
    """
    owners = {each.signing for each in state.owners if each.signing}
    if known.root != state.root.signing and known.root in state.roots | {b""}:
        yield NewRoot(state.root.signing)
    yield from (AddOwner(key) for key in sorted(owners - known.owners))
    yield from (RemoveOwner(key) for key in sorted(known.owners & state.decided - owners))
    yield from _former(known, state)
    wanted = {
        each.id.bytes: _keys(each)
        for each in state.devices.values()
        if each.signing and each.sealing
    }
    for device, keys in sorted(wanted.items()):
        if known.devices.get(device) != keys and device not in known.ended:
            yield AddDevice(keys)
    ended = {each.bytes for each in state.known - state.devices.keys()}
    yield from (RevokeDevice(device) for device in sorted(known.devices.keys() & ended))


def _former(known: Known, state: Membership) -> Iterator[Body]:
    """Who belonged to the practice before this server began, and does no more.

    A server takes what PCs carry of another one only if it heard of that one, and what was written
    after builds on it. Each is let in and taken out at once, one after the other.
    """
    owners = {each.signing for each in state.owners}
    for key in sorted(state.decided - owners - known.owners - known.gone):
        yield from (AddOwner(key), RemoveOwner(key))  # no older word of the sheet brings it back
    heard = known.devices.keys() | known.ended.keys()
    for device in sorted(state.gone.values(), key=lambda each: each.id.bytes):
        if device.signing and device.sealing and device.id.bytes not in heard:
            yield from (AddDevice(_keys(device)), RevokeDevice(device.id.bytes))


def _keys(device: Device) -> DeviceKeys:
    return DeviceKeys(device.id.bytes, device.signing, device.sealing)
