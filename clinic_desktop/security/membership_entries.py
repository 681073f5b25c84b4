"""What one entry of the signed chain says: its kinds, their bytes, its place and signature."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from clinic_desktop.security import primitives as crypto
from clinic_desktop.security.primitives import KdfCost

FORMAT: Final = b"clinic-membership/1"
BEGINNING: Final = bytes(32)
EPOCH_BITS: Final = 16
"""Chance in the number of a data key: two owners who begin one apart do not give the same."""
MAX_BODY, MAX_ENTRIES, MAX_PEOPLE = 256 << 10, 100_000, 1_000
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Role = Annotated[str, Meta(min_length=1, max_length=40)]
Roles = Annotated[tuple[Role, ...], Meta(min_length=1, max_length=20)]
Key = Annotated[bytes, Meta(max_length=32)]
"""32 bytes, or none where nobody knows it yet."""


class BadEntryError(Exception):
    """An entry that the chain before it does not allow; the reason is for the log, in English."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"entry {number}: {reason}")
        self.number, self.reason = number, reason


class Person(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who works here, and the public keys that stand for this person."""

    id: uuid.UUID
    login: Name
    name: Name
    roles: Roles
    sealing: Key = b""
    signing: Key = b""


class Device(Struct, frozen=True, forbid_unknown_fields=True):
    """A PC of the practice."""

    id: uuid.UUID
    name: Annotated[str, Meta(max_length=200)] = ""
    signing: Key = b""
    """Ed25519: signs what this PC adds to the log."""
    sealing: Key = b""


class Root(Struct, frozen=True, forbid_unknown_fields=True):
    """The recovery sheet that is valid from here on."""

    sealing: Key = b""
    signing: Key = b""


class Policy(Struct, frozen=True, forbid_unknown_fields=True):
    """A part of the first entry that says nothing yet: those written already have it as it is."""

    lock_minutes: Annotated[int, Meta(ge=0, le=0)] = 0
    second_factor: bool = False


MOST_LOCK_MINUTES: Final = 15


class Rules(Struct, frozen=True, forbid_unknown_fields=True):
    """Rules of the practice that a PC must not loosen for itself."""

    lock_minutes: Annotated[int, Meta(ge=1, le=MOST_LOCK_MINUTES)] = MOST_LOCK_MINUTES
    """The longest a window stays open untouched."""
    code_roles: Annotated[tuple[Role, ...], Meta(max_length=20)] = ()
    """Who needs a code besides the password."""

    def want_code(self, roles: tuple[str, ...]) -> bool:
        """Whether somebody with these roles needs a code."""
        return not set(roles).isdisjoint(self.code_roles)


class Genesis(Struct, frozen=True, forbid_unknown_fields=True):
    """The beginning."""

    clinic: uuid.UUID
    root: Root
    people: Annotated[tuple[Person, ...], Meta(min_length=1, max_length=MAX_PEOPLE)]
    devices: Annotated[tuple[Device, ...], Meta(min_length=1, max_length=100)]
    floor: KdfCost = KdfCost()
    policy: Policy = Policy()


class AddPerson(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody begins to work here."""

    person: Person


class RevokePerson(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody leaves; the id never comes back."""

    id: uuid.UUID


class Engage(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Somebody from outside is let in for a time, or for another time than before.

    Defaults are not written, so that entries older than ``insurer`` still have the one form.
    """

    id: uuid.UUID
    until: Annotated[int, Meta(ge=1)]
    """Milliseconds since 1970 UTC; from then on the person cannot sign in."""
    reason: Name
    insurer: Annotated[str, Meta(max_length=200)] = ""
    """Whose agent the person is, if of one."""


class ChangeRoles(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody gets other roles."""

    id: uuid.UUID
    roles: Roles


class PersonKeys(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody gets new keys, because the password was forgotten or the keys were not known."""

    id: uuid.UUID
    sealing: Key
    signing: Key


class PutDevice(Struct, frozen=True, forbid_unknown_fields=True):
    """A PC joins, or gets other keys."""

    device: Device


class RevokeDevice(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A PC is given away, lost or stolen; the id never comes back.

    Defaults are not written, so that entries older than ``cutoff`` still have the one form.
    """

    id: uuid.UUID
    cutoff: Annotated[int, Meta(ge=0, le=2**53)] | None = None
    """The last commit of it that counts by itself; ``None`` in entries that name none."""


class NewRoot(Struct, frozen=True, forbid_unknown_fields=True):
    """Another recovery sheet is valid; the one before ends."""

    root: Root


class RaiseFloor(Struct, frozen=True, forbid_unknown_fields=True):
    """What one guess of a password must cost at least; it only rises."""

    floor: KdfCost


class SetRules(Struct, frozen=True, forbid_unknown_fields=True):
    """Other rules."""

    rules: Rules


class BeginEpoch(Struct, frozen=True, forbid_unknown_fields=True):
    """Another data key is in use: what is handed to other PCs is sealed with it from now on."""

    epoch: Annotated[int, Meta(ge=1 << EPOCH_BITS, le=2**31 - 1)]
    check: Annotated[bytes, Meta(min_length=32, max_length=32)]
    """Tells this key from any other, and nothing of it."""
    ended: Annotated[int, Meta(ge=0, le=MAX_ENTRIES)]
    """How many PCs its author knew to be taken out: none of them was handed it."""

    @property
    def turn(self) -> int:
        """The number without its chance, from 1 on."""
        return self.epoch >> EPOCH_BITS


Body = (
    Genesis | AddPerson | Engage | RevokePerson | ChangeRoles | PersonKeys | PutDevice
    | RevokeDevice | NewRoot | RaiseFloor | SetRules | BeginEpoch
)  # fmt: skip
KINDS: Final[Mapping[str, type[Struct]]] = {
    "genesis": Genesis,
    "add-person": AddPerson,
    "engage": Engage,
    "revoke-person": RevokePerson,
    "roles": ChangeRoles,
    "person-keys": PersonKeys,
    "device": PutDevice,
    "revoke-device": RevokeDevice,
    "root": NewRoot,
    "kdf-floor": RaiseFloor,
    "rules": SetRules,
    "epoch": BeginEpoch,
}
KIND_OF = {kind: name for name, kind in KINDS.items()}


class Entry(Struct, frozen=True):
    """One link, as it is kept and as other PCs will get it."""

    n: int
    """From 1."""
    prev: bytes
    kind: str
    wall: int
    """When, in milliseconds since 1970 UTC, as the author's PC had it; for display only."""
    body: bytes
    """MessagePack of the kind's structure."""
    author: bytes
    """The Ed25519 key that signed it."""
    signature: bytes

    @property
    def digest(self) -> bytes:
        """What the next entry names; covers the signature too."""
        return crypto.digest(FORMAT, self.signed, self.author, self.signature)

    @property
    def signed(self) -> bytes:
        """The bytes under the signature."""
        return msgspec.msgpack.encode([FORMAT, self.n, self.prev, self.kind, self.wall, self.body])


def read_body(entry: Entry) -> Any:
    """What an entry says.

    Raises:
        BadEntryError: it cannot be read, or is not written the one way.
    """
    kind = KINDS.get(entry.kind)
    must(kind is not None, entry.n, "an unknown kind")
    must(len(entry.body) <= MAX_BODY, entry.n, "too long")
    try:
        body = msgspec.msgpack.decode(entry.body, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise BadEntryError(entry.n, "it cannot be read") from None
    must(msgspec.msgpack.encode(body) == entry.body, entry.n, "not written the one way")
    return body


def must(holds: bool, number: int, reason: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Refuse the entry of this number otherwise.

    Raises:
        BadEntryError: it does not hold.
    """
    if not holds:
        raise BadEntryError(number, reason)


def named_devices(entry: Entry) -> tuple[Device, ...]:
    """The PCs that an entry names; none where it says nothing.

    Among branches anybody can write an entry that is kept.
    """
    try:
        body = read_body(entry)
    except BadEntryError:
        return ()
    return devices_in(body)


def devices_in(body: Body | None) -> tuple[Device, ...]:
    """The PCs that a step names."""
    if isinstance(body, Genesis):
        return body.devices
    return (body.device,) if isinstance(body, PutDevice) else ()
