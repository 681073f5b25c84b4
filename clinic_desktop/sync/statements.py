"""What a server knows of a practice: which PCs may send, and who may say so. Keys, never names.

A chain of its own beside the membership chain, which lies inside the log where the server cannot
read it. Each statement names the digest of the one before and is signed by an owner's key or by
the recovery root. A server refuses who is not in it. For PCs the membership chain counts; what an
owner states here of a PC only lets its segments be kept until that chain is heard of it.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
from msgspec import Meta, Struct

from clinic_desktop.security.primitives import Identity, digest, is_signed, sign

BEGINNING: Final = bytes(32)
MAX_STATEMENT: Final = 16 << 10
MAX_STATEMENTS: Final = 10_000
MAX_DEVICES, MAX_OWNERS = 100, 50
_MARK: Final = b"clinic-desktop statement 1\n"
_PERSON: Final = b"clinic-desktop person 1"
_VOUCHED: Final = b"clinic-desktop owner by sheet 1\n"
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


class NewRoot(Struct, frozen=True, array_like=True, tag="new-root", forbid_unknown_fields=True):
    """Another recovery sheet is valid; the one before ends."""

    key: Key


class OwnerBySheet(
    Struct, frozen=True, array_like=True, tag="owner-by-sheet", forbid_unknown_fields=True
):
    """Somebody decides too, for whom the recovery sheet stood; said with that new key itself.

    The sheet is at hand at the lock screen, where there may be no line.
    """

    key: Key
    proof: Annotated[bytes, Meta(min_length=64, max_length=64)]


Body = Found | AddDevice | RevokeDevice | AddOwner | RemoveOwner | NewRoot | OwnerBySheet


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
    gone: frozenset[bytes] = frozenset()
    """Keys of those who decide no more; no proof of a sheet brings them back."""
    n: int = 0
    tip: bytes = BEGINNING

    def person(self, caller: bytes) -> DeviceKeys | None:
        """An owner, or the recovery sheet, who asks without a PC of the practice."""
        keys = (each for each in self.owners | {self.root} if each and person_id(each) == caller)
        return next((DeviceKeys(caller, key, bytes(32)) for key in keys), None)


def person_id(signing: bytes) -> bytes:
    """In place of a PC's id where an owner or the recovery sheet asks: 16 bytes of the key."""
    return digest(_PERSON, signing)[:16]


def vouch(sheet: Identity, clinic: uuid.UUID, key: bytes) -> bytes:
    """What the recovery sheet signs for an owner's new key."""
    return sign(sheet, _VOUCHED + clinic.bytes + key)


def _is_vouched(one: Statement, root: bytes) -> bool:
    """Whether the sheet stood for the key that says so."""
    body = one.body
    return (
        isinstance(body, OwnerBySheet)
        and one.author == body.key
        and bool(root)
        and is_signed(root, _VOUCHED + one.clinic + body.key, body.proof)
    )


class Introduced(NamedTuple):
    """A PC that somebody let in."""

    keys: DeviceKeys
    has_ended: bool
    """Taken out again: only what others built on counts of it."""


def introduced(statements: Iterable[Statement], trusted: Iterable[bytes]) -> list[Introduced]:
    """The PCs that those with these keys, and whom they made owners, let in.

    ``trusted`` are the owners and the root as the membership chain has them. Numbers and links are
    not looked at: a server may withhold statements, and cannot make any.
    """
    keys, found = set(trusted), dict[bytes, Introduced]()
    for one in statements:
        is_known = one.author in keys or any(_is_vouched(one, each) for each in keys)
        if not is_known or not is_signed(one.author, one.signed, one.signature):
            continue
        match one.body:
            case AddDevice(device=device) | Found(device=device):
                found[device.id] = Introduced(device, has_ended=False)
            case RevokeDevice(id=gone) if gone in found:
                found[gone] = found[gone]._replace(has_ended=True)
            case AddOwner(key=key) | NewRoot(key=key) | OwnerBySheet(key=key):
                keys.add(key)
            case RemoveOwner(key=key):
                keys.discard(key)
    return list(found.values())


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


def alone(clinic: uuid.UUID, signer: Identity, body: Body) -> Statement:
    """A statement outside of any server's chain, for hubs and sticks: who signed it, counts."""
    blank = Statement(1, clinic.bytes, 1, BEGINNING, body, signer.public.signing)
    return msgspec.structs.replace(blank, signature=sign(signer, blank.signed))


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
    may = one.author in known.owners | ({known.root} - {b""}) or _is_vouched(one, known.root)
    _must(may, "the signer may not do this")
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
            return replace(known, owners=known.owners - {key}, gone=known.gone | {key})
        case OwnerBySheet(key=key):
            _must(_is_vouched(one, known.root), "the sheet did not stand for it")
            _must(key not in known.gone, "an owner who was taken out")
            _must(len(known.owners) < MAX_OWNERS, "too many owners")
            return replace(known, owners=known.owners | {key})
        case NewRoot(key=key):
            return replace(known, root=key)
        case _:
            raise StatementError("a second beginning")


def _must(holds: bool, reason: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise StatementError(reason)
