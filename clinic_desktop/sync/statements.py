"""What a server knows of a practice: which PCs may send, and who may say so. Keys, never names.

A chain of its own beside the membership chain, which lies inside the log where the server cannot
read it. Each statement names the digest of the one before and is signed by an owner's key or by
the recovery root. A server refuses who is not in it; no PC believes anything because of it: for
PCs only the membership chain counts.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from clinic_desktop.security.primitives import Identity, digest, is_signed, sign

BEGINNING: Final = bytes(32)
MAX_STATEMENT: Final = 16 << 10
MAX_STATEMENTS: Final = 10_000
MAX_DEVICES, MAX_OWNERS = 100, 50
_MARK: Final = b"clinic-desktop statement 1\n"
Sixteen = Annotated[bytes, Meta(min_length=16, max_length=16)]
Key = Annotated[bytes, Meta(min_length=32, max_length=32)]


class StatementError(Exception):
    """Not a statement, or not one that those before it allow; the reason is for the log."""


class DeviceKeys(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A PC by its keys."""

    id: Sixteen
    signing: Key
    sealing: Key


class Found(Struct, frozen=True, array_like=True, tag="found", forbid_unknown_fields=True):
    """The beginning: who decides, and the first PC."""

    owners: Annotated[tuple[Key, ...], Meta(min_length=1, max_length=MAX_OWNERS)]
    root: Annotated[bytes, Meta(max_length=32)]
    """Of the recovery sheet; none where nobody knows it yet."""
    device: DeviceKeys


class AddDevice(Struct, frozen=True, array_like=True, tag="add-device", forbid_unknown_fields=True):
    """A PC may send from now on, or has other keys."""

    device: DeviceKeys


class RevokeDevice(
    Struct, frozen=True, array_like=True, tag="revoke-device", forbid_unknown_fields=True
):
    """Nothing more is taken from this PC."""

    id: Sixteen


class AddOwner(Struct, frozen=True, array_like=True, tag="add-owner", forbid_unknown_fields=True):
    """Somebody else decides too."""

    key: Key


class RemoveOwner(
    Struct, frozen=True, array_like=True, tag="remove-owner", forbid_unknown_fields=True
):
    """Somebody decides no more."""

    key: Key


Body = Found | AddDevice | RevokeDevice | AddOwner | RemoveOwner


class Statement(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """One link."""

    version: Literal[1]
    clinic: Sixteen
    n: Annotated[int, Meta(ge=1, le=MAX_STATEMENTS)]
    prev: Key
    body: Body
    author: Key
    signature: Annotated[bytes, Meta(min_length=64, max_length=64)] = bytes(64)

    @property
    def signed(self) -> bytes:
        """The bytes under the signature."""
        return _MARK + msgspec.msgpack.encode(msgspec.structs.replace(self, signature=bytes(64)))

    @property
    def raw(self) -> bytes:
        """As it is sent and kept."""
        return msgspec.msgpack.encode(self)

    @property
    def hash(self) -> bytes:
        """What the next one names."""
        return digest(self.raw)


@dataclass(frozen=True)
class Known:
    """What a server knows after a number of statements."""

    clinic: uuid.UUID
    owners: frozenset[bytes]
    root: bytes
    devices: Mapping[bytes, DeviceKeys] = field(default_factory=dict)
    """Those that may send now, by id."""
    ended: Mapping[bytes, DeviceKeys] = field(default_factory=dict)
    """Those that may not any more."""
    n: int = 0
    tip: bytes = BEGINNING


def read(raw: bytes) -> Statement:
    """Take a statement apart.

    Raises:
        StatementError: it is not one.
    """
    if len(raw) > MAX_STATEMENT:
        raise StatementError("too long")
    try:
        found = msgspec.msgpack.decode(raw, type=Statement)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise StatementError("not a statement") from error
    _must(found.raw == raw, "not written the one way")
    return found


def write(known: Known | None, clinic: uuid.UUID, signer: Identity, body: Body) -> Statement:
    """The next statement, signed.

    Raises:
        StatementError: it is not allowed, or not to this signer.
    """
    n, prev = (known.n + 1, known.tip) if known else (1, BEGINNING)
    blank = Statement(1, clinic.bytes, n, prev, body, signer.public.signing)
    made = msgspec.structs.replace(blank, signature=sign(signer, blank.signed))
    follow(known, made)
    return made


def replay(statements: Iterable[Statement]) -> Known | None:
    """What is known after a whole chain; ``None`` after none.

    Raises:
        StatementError: at the first that those before it do not allow.
    """
    known: Known | None = None
    for each in statements:
        known = follow(known, each)
    return known


def follow(known: Known | None, one: Statement) -> Known:
    """What is known after one more.

    Raises:
        StatementError: number, link, signature or right do not fit.
    """
    n, prev = (known.n + 1, known.tip) if known else (1, BEGINNING)
    _must(one.n == n, "the number is not the next one")
    _must(one.prev == prev, "it does not follow the one before")
    _must(is_signed(one.author, one.signed, one.signature), "a false signature")
    after = _found(one) if known is None else _step(known, one)
    return replace(after, n=n, tip=one.hash)


def _found(one: Statement) -> Known:
    _must(isinstance(one.body, Found), "the chain begins with something else")
    body: Any = one.body
    _must(len(body.root) in {0, 32}, "a root of another length")
    _must(one.author in {*body.owners, body.root}, "not signed by an owner")
    devices = {body.device.id: body.device}
    return Known(uuid.UUID(bytes=one.clinic), frozenset(body.owners), body.root, devices)


def _step(known: Known, one: Statement) -> Known:
    _must(one.clinic == known.clinic.bytes, "another practice")
    _must(one.author in known.owners | ({known.root} - {b""}), "the signer may not do this")
    match one.body:
        case AddDevice(device=device):
            _must(device.id not in known.ended, "a PC that ended")
            devices = {**known.devices, device.id: device}
            _must(len(devices) <= MAX_DEVICES, "too many PCs")
            return replace(known, devices=devices)
        case RevokeDevice(id=gone):
            _must(gone in known.devices, "no such PC")
            devices = {key: each for key, each in known.devices.items() if key != gone}
            return replace(known, devices=devices, ended={**known.ended, gone: known.devices[gone]})
        case AddOwner(key=key):
            _must(len(known.owners) < MAX_OWNERS, "too many owners")
            return replace(known, owners=known.owners | {key})
        case RemoveOwner(key=key):
            _must(key in known.owners and len(known.owners) > 1, "no such owner, or the last one")
            return replace(known, owners=known.owners - {key})
        case _:
            raise StatementError("a second beginning")


def _must(holds: bool, reason: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise StatementError(reason)
