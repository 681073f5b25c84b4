"""Who belongs to the practice: a signed chain, the only source of roles, keys and cost floors.

Each entry names its number, the digest of the entry before it, what it does, and is signed by an
owner or by the recovery sheet (the root). ``replay`` checks every signature and every rule from
the first entry on, so nobody becomes an owner by writing so into the record. The tables only show
what the chain says; the key file opens only for keys that stand in it.

The first entry is signed by the recovery root. A practice that is older than its chain has no root
at hand: an owner signs the first entry, and the next sheet becomes the root. Until then a person
whose keys are not known yet may say them once, signed by them (``PersonKeys``).

Whoever seals something for the owners (a backup) takes ``Membership.owners_sealing`` and
``Membership.root.sealing``; ``services.membership.current`` gives the state of an open record.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import Meta, Struct

from clinic_desktop.security import primitives as crypto
from clinic_desktop.security.primitives import Identity, KdfCost

FORMAT: Final = b"clinic-membership/1"
BEGINNING: Final = bytes(32)
OWNER: Final = "owner"
EPOCH_BITS: Final = 16
"""Chance in the number of a data key: two owners who begin one apart do not give the same."""
MAX_BODY, MAX_ENTRIES, MAX_PEOPLE = 256 << 10, 100_000, 1_000
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Role = Annotated[str, Meta(min_length=1, max_length=40)]
Roles = Annotated[tuple[Role, ...], Meta(min_length=1, max_length=20)]
Key = Annotated[bytes, Meta(max_length=32)]
"""32 bytes, or none where nobody knows it yet."""
T = TypeVar("T")


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
_KIND_OF = {kind: name for name, kind in KINDS.items()}


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


@dataclass(frozen=True)
class Membership:
    """Who belongs to the practice after a number of entries."""

    clinic: uuid.UUID
    root: Root
    people: Mapping[uuid.UUID, Person]
    """Those who work here now."""
    devices: Mapping[uuid.UUID, Device]
    floor: KdfCost
    rules: Rules = field(default_factory=Rules)
    known: frozenset[uuid.UUID] = field(default=frozenset(), repr=False)
    """Ids of all people and PCs there ever were; none is given twice."""
    n: int = 0
    tip: bytes = BEGINNING
    engagements: Mapping[uuid.UUID, Engage] = field(default_factory=dict)
    """Until when those from outside may sign in, by person."""
    earlier: Mapping[uuid.UUID, frozenset[bytes]] = field(default_factory=dict, repr=False)
    """X25519 keys of people that the recovery sheet replaced: they let in, and decide nothing."""
    former: Mapping[uuid.UUID, frozenset[str]] = field(default_factory=dict, repr=False)
    """Roles that somebody had before a change of them, or before leaving."""
    decided: frozenset[bytes] = field(default=frozenset(), repr=False)
    """The Ed25519 keys of all owners there ever were."""
    cutoffs: Mapping[uuid.UUID, int] = field(default_factory=dict, repr=False)
    """Of PCs that were taken out, the last commit that counts."""
    roots: frozenset[bytes] = field(default=frozenset(), repr=False)
    """The Ed25519 keys of all recovery sheets there ever were."""
    ended: int = 0
    """How many PCs were taken out."""
    gone: Mapping[uuid.UUID, Device] = field(default_factory=dict, repr=False)
    """Those PCs, with the keys that they had last."""
    epoch: BeginEpoch | None = None
    """The newest data key; ``None`` while the first one is in use."""

    @property
    def needs_epoch(self) -> bool:
        """Whether a PC that was taken out may have the newest data key."""
        return self.ended > (self.epoch.ended if self.epoch is not None else 0)

    def person(self, login: str) -> Person | None:
        """Who signs in with this login, without regard to case."""
        wanted = login.strip().casefold()
        found = (each for each in self.people.values() if each.login.casefold() == wanted)
        return next(found, None)

    def signer(self, key: bytes) -> Person | None:
        """Whose Ed25519 key this is."""
        return next((p for p in self.people.values() if key and p.signing == key), None)

    @property
    def owners(self) -> tuple[Person, ...]:
        """Those who decide who belongs here."""
        return tuple(each for each in self.people.values() if OWNER in each.roles)

    @property
    def owners_sealing(self) -> tuple[bytes, ...]:
        """The X25519 keys of the owners, to seal a backup to."""
        return tuple(each.sealing for each in self.owners if each.sealing)

    def admits(self, user: uuid.UUID, sealing: bytes) -> bool:
        """Whether a way in with this X25519 key is this person's."""
        return bool(sealing) and sealing in self.ways_in(user)

    def ways_in(self, user: uuid.UUID) -> frozenset[bytes]:
        """The X25519 keys that let a person in: today's, and those that a sheet replaced."""
        who = self.people.get(user)
        return self.earlier.get(user, frozenset()) | {who.sealing} if who else frozenset()

    def is_earlier(self, sealing: bytes) -> bool:
        """Whether this X25519 key only lets in, and decides nothing any more."""
        return any(sealing in keys for keys in self.earlier.values())


def write(
    state: Membership | None, signer: Identity, body: Body, wall: int
) -> tuple[Entry, Membership]:
    """The next entry, signed, and the state after it.

    Raises:
        BadEntryError: the chain does not allow it, or not to this signer.
    """
    number, prev = (state.n + 1, state.tip) if state else (1, BEGINNING)
    packed = msgspec.msgpack.encode(body)
    blank = Entry(number, prev, _KIND_OF[type(body)], wall, packed, signer.public.signing, b"")
    entry = msgspec.structs.replace(blank, signature=crypto.sign(signer, blank.signed))
    return entry, follow(state, entry)


def replay(entries: Iterable[Entry]) -> Membership | None:
    """The state after a whole chain; ``None`` for an empty one.

    Raises:
        BadEntryError: at the first entry that is not what the ones before it allow.
    """
    state: Membership | None = None
    for entry in entries:
        state = follow(state, entry)
    return state


def follow(state: Membership | None, entry: Entry) -> Membership:
    """The state after one more entry.

    Raises:
        BadEntryError: number, link, shape, signature or right do not fit.
    """
    number, prev = (state.n + 1, state.tip) if state else (1, BEGINNING)
    check_place(entry, number, {prev})
    return carry_on(state, entry)


def check_place(entry: Entry, number: int, below: Collection[bytes]) -> None:
    """Look at where an entry stands and at its signature; ``below`` are the digests it may name.

    Raises:
        BadEntryError: number, link or signature do not fit.
    """
    _must(number <= MAX_ENTRIES, number, "too many entries")
    _must(entry.n == number, number, "the number is not the next one")
    _must(entry.prev in below, number, "it does not follow the entry before")
    _must(
        crypto.is_signed(entry.author, entry.signed, entry.signature), number, "a false signature"
    )


def carry_on(state: Membership | None, entry: Entry, *, has_right: bool = False) -> Membership:
    """The state after an entry whose place and signature were looked at.

    ``has_right``: that the signer may do this was found another way (``membership_sheets``).

    Raises:
        BadEntryError: shape or right do not fit.
    """
    number, body = entry.n, read_body(entry)
    after = _begin(body, entry) if state is None else _step(state, body, entry, has_right)
    _must(bool(after.owners), number, "nobody would be owner any more")
    _must(len(after.people) <= MAX_PEOPLE, number, "too many people")
    decided = after.decided | {each.signing for each in after.owners if each.signing}
    roots = after.roots | {after.root.signing}
    return replace(after, n=number, tip=entry.digest, decided=decided, roots=roots)


def read_body(entry: Entry) -> Any:
    """What an entry says.

    Raises:
        BadEntryError: it cannot be read, or is not written the one way.
    """
    kind = KINDS.get(entry.kind)
    _must(kind is not None, entry.n, "an unknown kind")
    _must(len(entry.body) <= MAX_BODY, entry.n, "too long")
    try:
        body = msgspec.msgpack.decode(entry.body, type=kind)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise BadEntryError(entry.n, "it cannot be read") from None
    _must(msgspec.msgpack.encode(body) == entry.body, entry.n, "not written the one way")
    return body


def _begin(body: Any, entry: Entry) -> Membership:
    _must(isinstance(body, Genesis), 1, "the chain begins with something else")
    begun: Genesis = body
    state = Membership(
        begun.clinic, begun.root, {}, {each.id: each for each in begun.devices}, begun.floor,
        known=frozenset(each.id for each in begun.devices),
    )  # fmt: skip
    _whole(begun.root, 1)
    _must(len(state.devices) == len(begun.devices), 1, "a PC twice")
    for person in begun.people:
        state = _add(state, AddPerson(person), 1)
    owner = state.signer(entry.author)
    by_owner = not begun.root.signing and owner is not None and OWNER in owner.roles
    by_root = bool(begun.root.signing) and entry.author == begun.root.signing
    _must(by_owner or by_root, 1, "not signed by the recovery root")
    return state


def _step(state: Membership, body: Any, entry: Entry, has_right: bool) -> Membership:  # noqa: FBT001
    _must(not isinstance(body, Genesis), entry.n, "a second beginning")
    who = state.signer(entry.author)
    by_sheet = bool(state.root.signing) and entry.author == state.root.signing
    decides = by_sheet or (who is not None and OWNER in who.roles)
    allowed = decides or has_right or _speaks_for_itself(state, body, entry.author)
    _must(allowed, entry.n, "the signer may not do this")
    after = _STEPS[type(body)](state, body, entry.n)
    if isinstance(body, PersonKeys):
        return _with_earlier(state, after, body, by_sheet=by_sheet)
    return after


def _with_earlier(
    before: Membership, after: Membership, body: PersonKeys, *, by_sheet: bool
) -> Membership:
    """The sheet is used at one PC, and the person's other PCs hold the keys of before.

    Another owner who gives somebody new keys means the old ones to end.
    """
    kept = before.ways_in(body.id) - {b"", body.sealing} if by_sheet else frozenset[bytes]()
    return replace(after, earlier={**before.earlier, body.id: kept})


def _speaks_for_itself(state: Membership, body: Any, author: bytes) -> bool:
    """Keys that nobody knew yet may be said once, by whoever holds them."""
    if isinstance(body, PersonKeys):
        person = state.people.get(body.id)
        return (
            person is not None
            and not person.signing
            and author == body.signing
            and person.sealing in {b"", body.sealing}
        )
    if isinstance(body, NewRoot):
        root = state.root
        return (
            not root.signing and author == body.root.signing and root.sealing == body.root.sealing
        )
    return False


def _add(state: Membership, body: AddPerson, n: int) -> Membership:
    person = body.person
    _must(person.id not in state.known, n, "an id that was given before")
    _must(state.person(person.login) is None, n, "a login that somebody has")
    _must(person.login == person.login.strip(), n, "a login with blanks around it")
    _must(len(set(person.roles)) == len(person.roles), n, "a role twice")
    _fresh_keys(state, person.id, person.sealing, person.signing, n)
    people = {**state.people, person.id: person}
    return replace(state, people=people, known=state.known | {person.id})


def _revoke(state: Membership, body: RevokePerson, n: int) -> Membership:
    former = _formerly(state, _here(state.people, body.id, n))
    people = {key: each for key, each in state.people.items() if key != body.id}
    earlier = {key: each for key, each in state.earlier.items() if key != body.id}
    return replace(state, people=people, former=former, earlier=earlier)


def _engage(state: Membership, body: Engage, n: int) -> Membership:
    _must(OWNER not in _here(state.people, body.id, n).roles, n, "an owner for a time")
    return replace(state, engagements={**state.engagements, body.id: body})


def _roles(state: Membership, body: ChangeRoles, n: int) -> Membership:
    person = _here(state.people, body.id, n)
    _must(len(set(body.roles)) == len(body.roles), n, "a role twice")
    state = replace(state, former=_formerly(state, person))
    return _with(state, msgspec.structs.replace(person, roles=body.roles))


def _formerly(state: Membership, person: Person) -> Mapping[uuid.UUID, frozenset[str]]:
    roles = state.former.get(person.id, frozenset()) | frozenset(person.roles)
    return {**state.former, person.id: roles}


def _person_keys(state: Membership, body: PersonKeys, n: int) -> Membership:
    person = _here(state.people, body.id, n)
    _must(len(body.sealing) == len(body.signing) == 32, n, "keys of another length")
    _fresh_keys(state, body.id, body.sealing, body.signing, n)
    return _with(state, msgspec.structs.replace(person, sealing=body.sealing, signing=body.signing))


def _put_device(state: Membership, body: PutDevice, n: int) -> Membership:
    device = body.device
    _whole(device, n)
    _must(device.id in state.devices or device.id not in state.known, n, "a PC that ended")
    devices = {**state.devices, device.id: device}
    return replace(state, devices=devices, known=state.known | {device.id})


def _revoke_device(state: Membership, body: RevokeDevice, n: int) -> Membership:
    gone = {**state.gone, body.id: _here(state.devices, body.id, n)}
    devices = {key: each for key, each in state.devices.items() if key != body.id}
    _must(bool(devices), n, "the last PC")
    cutoffs = dict(state.cutoffs)
    if body.cutoff is not None:
        cutoffs[body.id] = body.cutoff
    return replace(state, devices=devices, cutoffs=cutoffs, ended=state.ended + 1, gone=gone)


def _epoch(state: Membership, body: BeginEpoch, n: int) -> Membership:
    last = state.epoch.turn if state.epoch is not None else 0
    _must(body.turn == last + 1, n, "not the next data key")
    _must(body.ended <= state.ended, n, "more PCs than were taken out")
    return replace(state, epoch=body)


def _new_root(state: Membership, body: NewRoot, n: int) -> Membership:
    _whole(body.root, n)
    _must(bool(body.root.signing), n, "a root without keys")
    return replace(state, root=body.root)


def _floor(state: Membership, body: RaiseFloor, n: int) -> Membership:
    _must(not _lower(body.floor, state.floor), n, "a lower floor")
    return replace(state, floor=body.floor)


def _set_rules(state: Membership, body: SetRules, n: int) -> Membership:
    _must(len(set(body.rules.code_roles)) == len(body.rules.code_roles), n, "a role twice")
    return replace(state, rules=body.rules)


_STEPS: Mapping[type[Struct], Callable[[Membership, Any, int], Membership]] = {
    AddPerson: _add,
    Engage: _engage,
    RevokePerson: _revoke,
    ChangeRoles: _roles,
    PersonKeys: _person_keys,
    PutDevice: _put_device,
    RevokeDevice: _revoke_device,
    NewRoot: _new_root,
    RaiseFloor: _floor,
    SetRules: _set_rules,
    BeginEpoch: _epoch,
}


def _with(state: Membership, person: Person) -> Membership:
    return replace(state, people={**state.people, person.id: person})


def _fresh_keys(
    state: Membership, owner: uuid.UUID, sealing: bytes, signing: bytes, n: int
) -> None:
    """One key stands for one person, so that a signature names its signer."""
    _whole(Root(sealing, signing), n)
    others = [each for key, each in state.people.items() if key != owner]
    taken = {key for each in others for key in (each.sealing, each.signing)}
    taken |= {state.root.sealing, state.root.signing}
    taken = taken.union(*(keys for key, keys in state.earlier.items() if key != owner))
    _must(not ({sealing, signing} - {b""}) & taken, n, "a key that somebody has")


def _whole(keys: Root | Device, n: int) -> None:
    _must({len(keys.sealing), len(keys.signing)} <= {0, 32}, n, "a key of another length")


def _lower(one: KdfCost, other: KdfCost) -> bool:
    return one.memory_kib < other.memory_kib or one.passes < other.passes


def _here(found: Mapping[uuid.UUID, T], wanted: uuid.UUID, n: int) -> T:
    _must(wanted in found, n, "nobody of this id is here")
    return found[wanted]


def _must(holds: bool, number: int, reason: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise BadEntryError(number, reason)
