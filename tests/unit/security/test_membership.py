"""The membership chain: every history that is allowed replays, and nothing else does."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic_desktop.security import membership_chain
from clinic_desktop.security.membership import Membership
from clinic_desktop.security.membership_entries import (
    EPOCH_BITS,
    KINDS,
    AddPerson,
    BadEntryError,
    BeginEpoch,
    Body,
    ChangeRoles,
    Device,
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
    Rules,
    SetRules,
)
from clinic_desktop.security.primitives import Identity, KdfCost

CLINIC = uuid.UUID(int=1)
WALL = 1_795_000_000_000
ROLES = ("owner", "doctor", "nurse", "receptionist")


def identity(number: int) -> Identity:
    return Identity.from_secret(number.to_bytes(32, "big"), b"test")


def person(number: int, *roles: str) -> Person:
    keys = identity(number).public
    name = f"Person {number}"
    return Person(uuid.UUID(int=number), f"p{number}", name, roles, keys.sealing, keys.signing)


def root_of(who: Identity) -> Root:
    return Root(who.public.sealing, who.public.signing)


ROOT = identity(1000)
BEGINNING = Genesis(
    CLINIC, root_of(ROOT), (person(1, "owner", "doctor"),), (Device(uuid.UUID(int=900), "PC"),)
)


@dataclass
class History:
    """A chain that grows as the rules allow, and the keys of those in it."""

    entries: list[Entry] = field(default_factory=list)
    state: Membership | None = None
    keys: dict[uuid.UUID, Identity] = field(default_factory=dict)
    root: Identity = ROOT

    @classmethod
    def begun(cls) -> History:
        made = cls(keys={uuid.UUID(int=1): identity(1)})
        made.add(BEGINNING, ROOT)
        return made

    def add(self, body: Body, signer: Identity) -> Membership:
        entry, self.state = membership_chain.write(
            self.state, signer, body, WALL + len(self.entries)
        )
        self.entries.append(entry)
        return self.state


def random_body(rng: random.Random, now: History, number: int) -> tuple[Body, Identity | None]:
    """Something that may or may not be allowed, and keys to remember if it is."""
    state = now.state
    assert state is not None
    anybody = rng.choice([*state.people, uuid.UUID(int=99_999)])
    device = rng.choice([*state.devices, uuid.UUID(int=20_000 + number)])
    fresh = identity(10_000 + number)
    roles = tuple(rng.sample(ROLES, rng.randint(1, 3)))
    new = Person(
        uuid.UUID(int=number), f"p{rng.randint(1, 30)}", "New", roles,
        fresh.public.sealing, fresh.public.signing,
    )  # fmt: skip
    floor = KdfCost(rng.choice([64, 96, 128]) * 1024, rng.choice([3, 4]))
    choices: list[tuple[Body, Identity | None]] = [
        (AddPerson(new), fresh),
        (AddPerson(new), fresh),
        (RevokePerson(anybody), None),
        (ChangeRoles(anybody, roles), None),
        (PersonKeys(anybody, fresh.public.sealing, fresh.public.signing), fresh),
        (PutDevice(Device(device, "PC", fresh.public.signing)), None),
        (RevokeDevice(device), None),
        (NewRoot(root_of(fresh)), fresh),
        (RaiseFloor(floor), None),
        (SetRules(Rules(rng.randint(1, 15), rng.choice([(), ("nurse",)]))), None),
        (BeginEpoch(rng.randint(1, 4) << EPOCH_BITS, bytes(32), rng.randint(0, 2)), None),
    ]
    return rng.choice(choices)


def grow(seed: int, steps: int) -> History:
    """A random history; what the rules refuse is simply not in it."""
    rng, made = random.Random(seed), History.begun()
    for number in range(2, 2 + steps):
        body, fresh = random_body(rng, made, number)
        signer = rng.choice([made.root, *made.keys.values(), identity(77_777)])
        before = made.state
        assert before is not None
        try:
            made.add(body, signer)
        except BadEntryError:
            continue
        who = before.signer(signer.public.signing)
        by_root = signer.public.signing == before.root.signing
        assert by_root or (who is not None and "owner" in who.roles)
        if fresh is not None and isinstance(body, NewRoot):
            made.root = fresh
        elif fresh is not None:
            assert isinstance(body, AddPerson | PersonKeys)
            key = body.person.id if isinstance(body, AddPerson) else body.id
            made.keys[key] = fresh
    return made


@settings(max_examples=40)
@given(st.integers(0, 1 << 32), st.integers(1, 25))
def test_a_history_replays_to_what_it_was_and_keeps_an_owner(seed: int, steps: int) -> None:
    made = grow(seed, steps)
    assert membership_chain.replay(made.entries) == made.state
    assert made.state is not None
    assert made.state.owners
    logins = [each.login.casefold() for each in made.state.people.values()]
    assert len(set(logins)) == len(logins)


@settings(max_examples=60)
@given(st.integers(0, 1 << 32), st.data())
def test_any_change_of_a_byte_is_found(seed: int, data: st.DataObject) -> None:
    made = grow(seed, 12)
    place = data.draw(st.integers(0, len(made.entries) - 1))
    name = data.draw(st.sampled_from(["n", "prev", "kind", "wall", "body", "author", "signature"]))
    entry = made.entries[place]
    value = getattr(entry, name)
    if isinstance(value, int):
        other: object = value + data.draw(st.integers(1, 1 << 20))
    elif isinstance(value, str):
        other = data.draw(st.sampled_from([*KINDS, "else"]).filter(lambda kind: kind != value))
    else:
        at = data.draw(st.integers(0, len(value) - 1))
        flipped = value[at] ^ data.draw(st.integers(1, 255))
        other = value[:at] + bytes([flipped]) + value[at + 1 :]
    changed = [*made.entries]
    changed[place] = msgspec.structs.replace(entry, **{name: other})
    with pytest.raises(BadEntryError):
        membership_chain.replay(changed)


@settings(max_examples=60)
@given(st.integers(0, 1 << 32), st.data())
def test_any_entry_dropped_doubled_or_moved_is_found(seed: int, data: st.DataObject) -> None:
    made = grow(seed, 12)
    if len(made.entries) < 3:
        made.add(SetRules(Rules(5)), made.root)
        made.add(SetRules(Rules(6)), made.root)
    last = len(made.entries) - 1
    how = data.draw(st.sampled_from(["drop", "double", "swap"]))
    place = data.draw(
        st.integers(0, last - 1)
    )  # without its end a chain is an older one, and whole
    changed = [*made.entries]
    if how == "drop":
        del changed[place]
    elif how == "double":
        changed.insert(place, changed[place])
    else:
        changed[place], changed[place + 1] = changed[place + 1], changed[place]
    with pytest.raises(BadEntryError):
        membership_chain.replay(changed)


NURSE, OTHER = person(2, "nurse"), person(3, "owner")
STRANGE = identity(55).public


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (AddPerson(person(9, "owner")), "signer"),
        (ChangeRoles(NURSE.id, ("owner",)), "signer"),
        (RevokePerson(OTHER.id), "signer"),
        (PersonKeys(NURSE.id, STRANGE.sealing, STRANGE.signing), "signer"),
        (NewRoot(root_of(identity(56))), "signer"),
        (RaiseFloor(KdfCost(128 * 1024, 3)), "signer"),
        (SetRules(Rules(15, ("owner",))), "signer"),
        (PutDevice(Device(uuid.UUID(int=901))), "signer"),
    ],
)
def test_a_nurse_decides_nothing(body: Body, reason: str) -> None:
    made = History.begun()
    made.add(AddPerson(NURSE), identity(1))
    made.add(AddPerson(OTHER), identity(1))
    with pytest.raises(BadEntryError, match=reason):
        made.add(body, identity(2))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (RevokePerson(uuid.UUID(int=1)), "owner"),
        (ChangeRoles(uuid.UUID(int=1), ("doctor",)), "owner"),
        (AddPerson(person(1, "doctor")), "given before"),
        (AddPerson(msgspec.structs.replace(person(4, "nurse"), login="P1")), "login"),
        (AddPerson(msgspec.structs.replace(person(4, "nurse"), login=" x")), "blanks"),
        (AddPerson(msgspec.structs.replace(person(4, "nurse"), sealing=b"short")), "length"),
        (AddPerson(msgspec.structs.replace(NURSE, sealing=ROOT.public.sealing)), "somebody has"),
        (RevokeDevice(uuid.UUID(int=900)), "last PC"),
        (RaiseFloor(KdfCost(32 * 1024, 3)), "lower"),
        (BeginEpoch(2 << EPOCH_BITS, bytes(32), 0), "next data key"),
        (BeginEpoch(1 << EPOCH_BITS, bytes(32), 1), "taken out"),
        (NewRoot(Root()), "without keys"),
        (ChangeRoles(uuid.UUID(int=1), ("owner", "owner")), "twice"),
        (BEGINNING, "second beginning"),
        (AddPerson(msgspec.structs.replace(NURSE, name="x" * 201)), "read"),
    ],
)
def test_what_an_owner_may_not_do(body: Body, reason: str) -> None:
    with pytest.raises(BadEntryError, match=reason):
        History.begun().add(body, identity(1))


def test_who_has_left_signs_nothing_and_does_not_come_back() -> None:
    made = History.begun()
    made.add(AddPerson(OTHER), identity(1))
    made.add(RevokePerson(uuid.UUID(int=1)), identity(3))
    with pytest.raises(BadEntryError, match="signer"):
        made.add(SetRules(Rules(5)), identity(1))
    with pytest.raises(BadEntryError, match="given before"):
        made.add(AddPerson(person(1, "owner")), identity(3))


def test_an_old_sheet_signs_nothing() -> None:
    made = History.begun()
    made.add(NewRoot(root_of(identity(60))), identity(1))
    with pytest.raises(BadEntryError, match="signer"):
        made.add(SetRules(Rules(5)), ROOT)
    made.add(PersonKeys(uuid.UUID(int=1), STRANGE.sealing, STRANGE.signing), identity(60))


def test_a_stranger_cannot_begin_a_practice() -> None:
    with pytest.raises(BadEntryError, match="recovery root"):
        History().add(BEGINNING, identity(1))


def test_an_older_practice_begins_with_its_owner_and_people_say_their_keys_once() -> None:
    made, sheet = History(), identity(70)
    nurse = msgspec.structs.replace(NURSE, signing=b"")
    root = Root(sheet.public.sealing)
    first = msgspec.structs.replace(BEGINNING, root=root, people=(*BEGINNING.people, nurse))
    with pytest.raises(BadEntryError, match="recovery root"):
        made.add(first, identity(2))
    made.add(first, identity(1))
    with pytest.raises(BadEntryError, match="signer"):
        made.add(PersonKeys(nurse.id, STRANGE.sealing, STRANGE.signing), identity(55))
    own = identity(2)
    claim = PersonKeys(nurse.id, own.public.sealing, own.public.signing)
    assert made.add(claim, own).people[nurse.id].signing == own.public.signing
    with pytest.raises(BadEntryError, match="signer"):
        made.add(claim, own)
    with pytest.raises(BadEntryError, match="signer"):
        made.add(NewRoot(root_of(identity(71))), identity(71))
    assert made.add(NewRoot(root_of(sheet)), sheet).root == root_of(sheet)


def test_backups_are_sealed_to_all_owners() -> None:
    made = History.begun()
    made.add(AddPerson(NURSE), identity(1))
    state = made.add(AddPerson(OTHER), identity(1))
    assert set(state.owners_sealing) == {identity(1).public.sealing, identity(3).public.sealing}
    assert state.admits(NURSE.id, NURSE.sealing)
    assert not state.admits(NURSE.id, OTHER.sealing)
    assert state.person("P2 ") == NURSE


def keys_for(number: int, fresh: int) -> PersonKeys:
    public = identity(fresh).public
    return PersonKeys(uuid.UUID(int=number), public.sealing, public.signing)


def two_owners() -> History:
    made = History.begun()
    made.add(AddPerson(person(2, "owner")), identity(1))
    return made


def test_keys_that_the_sheet_replaced_still_let_in_and_sign_nothing() -> None:
    made, one = two_owners(), uuid.UUID(int=1)
    first, second, third = (identity(each).public.sealing for each in (1, 501, 502))
    made.add(keys_for(1, 501), ROOT)
    state = made.add(keys_for(1, 502), ROOT)
    assert state.ways_in(one) == {first, second, third}
    assert state.admits(one, first)
    assert not state.admits(uuid.UUID(int=2), first)
    assert not state.admits(one, b"")
    assert [state.is_earlier(each) for each in (first, second, third)] == [True, True, False]
    for number in (1, 501):
        with pytest.raises(BadEntryError, match="the signer may not"):
            made.add(SetRules(Rules(5)), identity(number))
    assert made.add(SetRules(Rules(5)), identity(502)).ways_in(one) == {first, second, third}
    assert membership_chain.replay(made.entries) == made.state


@pytest.mark.parametrize("signer", [2, 501], ids=["another owner", "the person"])
def test_an_owners_new_keys_for_somebody_end_all_before(signer: int) -> None:
    made, one = two_owners(), uuid.UUID(int=1)
    made.add(keys_for(1, 501), ROOT)
    state = made.add(keys_for(1, 502), identity(signer))
    assert state.ways_in(one) == {identity(502).public.sealing}
    state = made.add(keys_for(1, 503), ROOT)
    assert state.ways_in(one) == {identity(each).public.sealing for each in (502, 503)}


def test_who_left_comes_in_with_no_keys_at_all() -> None:
    made, one = two_owners(), uuid.UUID(int=1)
    made.add(keys_for(1, 501), ROOT)
    state = made.add(RevokePerson(one), identity(2))
    assert state.ways_in(one) == frozenset()
    assert not state.is_earlier(identity(1).public.sealing)


def test_nobody_else_gets_keys_that_still_let_somebody_in() -> None:
    made = two_owners()
    made.add(keys_for(1, 501), ROOT)
    thief = Person(
        uuid.UUID(int=3), "p3", "Three", ("nurse",),
        identity(1).public.sealing, identity(504).public.signing,
    )  # fmt: skip
    with pytest.raises(BadEntryError, match="a key that somebody has"):
        made.add(AddPerson(thief), identity(2))
