"""What each kind of entry changes, what it may not, and who may sign it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from clinic_desktop.security.membership import OWNER, Membership
from clinic_desktop.security.membership_entries import (
    AddPerson,
    BeginEpoch,
    ChangeRoles,
    Device,
    Engage,
    Entry,
    Genesis,
    NewRoot,
    Person,
    PersonKeys,
    PutDevice,
    RaiseFloor,
    RevokeDevice,
    RevokePerson,
    Root,
    SetRules,
    must,
)
from clinic_desktop.security.primitives import KdfCost

T = TypeVar("T")


def begin(body: Any, entry: Entry) -> Membership:
    """The state after the first entry.

    Raises:
        BadEntryError: it begins nothing, or its signer may not.
    """
    must(isinstance(body, Genesis), 1, "the chain begins with something else")
    begun: Genesis = body
    state = Membership(
        begun.clinic, begun.root, {}, {each.id: each for each in begun.devices}, begun.floor,
        known=frozenset(each.id for each in begun.devices),
    )  # fmt: skip
    _whole(begun.root, 1)
    must(len(state.devices) == len(begun.devices), 1, "a PC twice")
    for person in begun.people:
        state = _add(state, AddPerson(person), 1)
    owner = state.signer(entry.author)
    by_owner = not begun.root.signing and owner is not None and OWNER in owner.roles
    by_root = bool(begun.root.signing) and entry.author == begun.root.signing
    must(by_owner or by_root, 1, "not signed by the recovery root")
    return state


def step(state: Membership, body: Any, entry: Entry, *, has_right: bool) -> Membership:
    """The state after a further entry; ``has_right`` as for ``membership_chain.carry_on``.

    Raises:
        BadEntryError: it does not fit, or its signer may not do this.
    """
    must(not isinstance(body, Genesis), entry.n, "a second beginning")
    who = state.signer(entry.author)
    by_sheet = bool(state.root.signing) and entry.author == state.root.signing
    decides = by_sheet or (who is not None and OWNER in who.roles)
    allowed = decides or has_right or _speaks_for_itself(state, body, entry.author)
    must(allowed, entry.n, "the signer may not do this")
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
    must(person.id not in state.known, n, "an id that was given before")
    must(state.person(person.login) is None, n, "a login that somebody has")
    must(person.login == person.login.strip(), n, "a login with blanks around it")
    must(len(set(person.roles)) == len(person.roles), n, "a role twice")
    _fresh_keys(state, person.id, person.sealing, person.signing, n)
    people = {**state.people, person.id: person}
    return replace(state, people=people, known=state.known | {person.id})


def _revoke(state: Membership, body: RevokePerson, n: int) -> Membership:
    former = _formerly(state, _here(state.people, body.id, n))
    people = {key: each for key, each in state.people.items() if key != body.id}
    earlier = {key: each for key, each in state.earlier.items() if key != body.id}
    return replace(state, people=people, former=former, earlier=earlier)


def _engage(state: Membership, body: Engage, n: int) -> Membership:
    must(OWNER not in _here(state.people, body.id, n).roles, n, "an owner for a time")
    return replace(state, engagements={**state.engagements, body.id: body})


def _roles(state: Membership, body: ChangeRoles, n: int) -> Membership:
    person = _here(state.people, body.id, n)
    must(len(set(body.roles)) == len(body.roles), n, "a role twice")
    state = replace(state, former=_formerly(state, person))
    return _with(state, msgspec.structs.replace(person, roles=body.roles))


def _formerly(state: Membership, person: Person) -> Mapping[uuid.UUID, frozenset[str]]:
    roles = state.former.get(person.id, frozenset()) | frozenset(person.roles)
    return {**state.former, person.id: roles}


def _person_keys(state: Membership, body: PersonKeys, n: int) -> Membership:
    person = _here(state.people, body.id, n)
    must(len(body.sealing) == len(body.signing) == 32, n, "keys of another length")
    _fresh_keys(state, body.id, body.sealing, body.signing, n)
    return _with(state, msgspec.structs.replace(person, sealing=body.sealing, signing=body.signing))


def _put_device(state: Membership, body: PutDevice, n: int) -> Membership:
    device = body.device
    _whole(device, n)
    must(device.id in state.devices or device.id not in state.known, n, "a PC that ended")
    devices = {**state.devices, device.id: device}
    return replace(state, devices=devices, known=state.known | {device.id})


def _revoke_device(state: Membership, body: RevokeDevice, n: int) -> Membership:
    gone = {**state.gone, body.id: _here(state.devices, body.id, n)}
    devices = {key: each for key, each in state.devices.items() if key != body.id}
    must(bool(devices), n, "the last PC")
    cutoffs = dict(state.cutoffs)
    if body.cutoff is not None:
        cutoffs[body.id] = body.cutoff
    return replace(state, devices=devices, cutoffs=cutoffs, ended=state.ended + 1, gone=gone)


def _epoch(state: Membership, body: BeginEpoch, n: int) -> Membership:
    last = state.epoch.turn if state.epoch is not None else 0
    must(body.turn == last + 1, n, "not the next data key")
    must(body.ended <= state.ended, n, "more PCs than were taken out")
    return replace(state, epoch=body)


def _new_root(state: Membership, body: NewRoot, n: int) -> Membership:
    _whole(body.root, n)
    must(bool(body.root.signing), n, "a root without keys")
    return replace(state, root=body.root)


def _floor(state: Membership, body: RaiseFloor, n: int) -> Membership:
    must(not _lower(body.floor, state.floor), n, "a lower floor")
    return replace(state, floor=body.floor)


def _set_rules(state: Membership, body: SetRules, n: int) -> Membership:
    must(len(set(body.rules.code_roles)) == len(body.rules.code_roles), n, "a role twice")
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
    must(not ({sealing, signing} - {b""}) & taken, n, "a key that somebody has")


def _whole(keys: Root | Device, n: int) -> None:
    must({len(keys.sealing), len(keys.signing)} <= {0, 32}, n, "a key of another length")


def _lower(one: KdfCost, other: KdfCost) -> bool:
    return one.memory_kib < other.memory_kib or one.passes < other.passes


def _here(found: Mapping[uuid.UUID, T], wanted: uuid.UUID, n: int) -> T:
    must(wanted in found, n, "nobody of this id is here")
    return found[wanted]
