"""Owners who add to the chain while their PCs are apart: everybody finds the same members."""

from __future__ import annotations

import itertools
import uuid
from dataclasses import replace

import msgspec
import pytest

from clinic_desktop.security import membership_chain
from clinic_desktop.security import primitives as crypto
from clinic_desktop.security.membership_entries import (
    EPOCH_BITS,
    AddPerson,
    BadEntryError,
    BeginEpoch,
    Body,
    ChangeRoles,
    Device,
    Entry,
    PersonKeys,
    PutDevice,
    RaiseFloor,
    RevokeDevice,
    RevokePerson,
)
from clinic_desktop.security.membership_forks import begun as begun_keys
from clinic_desktop.security.membership_forks import settle
from clinic_desktop.security.primitives import KdfCost
from tests.unit.security.test_membership import BEGINNING, ROOT, History, identity, person


def begun() -> History:
    """Two owners."""
    history = History.begun()
    history.add(AddPerson(person(2, "owner")), identity(1))
    return history


def apart(history: History, signer: int, *bodies: Body) -> list[Entry]:
    """What one owner adds, seeing only what there was."""
    state, found = history.state, []
    for body in bodies:
        entry, state = membership_chain.write(state, identity(signer), body, 1)
        found.append(entry)
    return found


def test_a_chain_without_branches_is_as_ever() -> None:
    history = begun()
    settled = settle(history.entries)
    assert settled.state == history.state
    assert settled.passed_over == ()
    assert not settled.has_branched
    assert settle([]).state is None
    assert settle([*history.entries, *history.entries]) == settled


def test_both_owners_steps_count_in_every_order() -> None:
    history = begun()
    one = apart(history, 1, AddPerson(person(3, "nurse")), AddPerson(person(4, "doctor")))
    other = apart(history, 2, AddPerson(person(5, "cashier")))
    found = [settle([*history.entries, *each]) for each in itertools.permutations([*one, *other])]
    assert all(each == found[0] for each in found)
    state = found[0].state
    assert state is not None
    assert {each.login for each in state.people.values()} == {"p1", "p2", "p3", "p4", "p5"}
    assert found[0].has_branched
    assert found[0].passed_over == ()


def test_the_next_step_follows_all() -> None:
    history = begun()
    both = [
        *apart(history, 1, AddPerson(person(3, "nurse"))),
        *apart(history, 2, AddPerson(person(4, "nurse"))),
    ]
    before = settle([*history.entries, *both]).state
    entry, after = membership_chain.write(before, identity(1), RevokePerson(uuid.UUID(int=4)), 9)
    settled = settle([entry, *both, *history.entries])
    assert settled.state is not None
    assert settled.state.people == after.people
    assert settled.passed_over == ()
    assert settled.state.n == entry.n


def test_who_was_revoked_at_the_same_time_gave_no_rights() -> None:
    history = begun()
    revoked = apart(history, 1, RevokePerson(uuid.UUID(int=2)))
    added = apart(history, 2, AddPerson(person(3, "owner")), AddPerson(person(4, "doctor")))
    settled = settle([*history.entries, *added, *revoked])
    assert settled.state is not None
    assert set(settled.state.people) == {uuid.UUID(int=1)}
    assert set(settled.passed_over) == set(added)


def test_two_owners_who_revoke_each_other_leave_one() -> None:
    history = begun()
    one = apart(history, 1, RevokePerson(uuid.UUID(int=2)))
    other = apart(history, 2, RevokePerson(uuid.UUID(int=1)))
    settled = settle([*history.entries, *one, *other])
    assert settled == settle([*history.entries, *other, *one])
    assert settled.state is not None
    assert len(settled.state.owners) == 1
    assert len(settled.passed_over) == 1


def test_a_login_that_two_gave_is_one_persons() -> None:
    history = begun()
    twin = person(4, "nurse")
    one = apart(history, 1, AddPerson(person(3, "nurse")))
    other = apart(history, 2, AddPerson(type(twin)(twin.id, "p3", "Other", ("nurse",))))
    settled = settle([*history.entries, *one, *other])
    assert settled.state is not None
    assert len(settled.state.people) == 3
    assert len(settled.passed_over) == 1


def test_what_was_never_allowed_is_not_passed_over_but_refused() -> None:
    history = begun()
    branch = apart(history, 1, AddPerson(person(3, "nurse")))
    entry, _state = membership_chain.write(
        history.state, identity(2), ChangeRoles(uuid.UUID(int=2), ("owner", "doctor")), 1
    )
    false = type(entry)(
        entry.n, entry.prev, entry.kind, entry.wall, entry.body, entry.author, bytes(64)
    )
    with pytest.raises(BadEntryError):
        settle([*history.entries, *branch, false])
    gap = apart(history, 1, AddPerson(person(3, "nurse")), RaiseFloor(KdfCost(64 << 10, 3, 1)))[1:]
    with pytest.raises(BadEntryError):
        settle([*history.entries, *gap])
    other, _state = membership_chain.write(None, ROOT, BEGINNING, 2)
    with pytest.raises(BadEntryError):
        settle([history.entries[0], other])


@pytest.mark.parametrize("signer", [1, 2, 3, 4])
@pytest.mark.parametrize(
    "body",
    [
        RevokePerson(uuid.UUID(int=3)),
        RevokePerson(uuid.UUID(int=4)),
        ChangeRoles(uuid.UUID(int=3), ("owner", "nurse")),
        ChangeRoles(uuid.UUID(int=4), ("doctor",)),
        RevokeDevice(uuid.UUID(int=901)),
        RevokeDevice(uuid.UUID(int=902)),
    ],
)
@pytest.mark.parametrize("more", [(0, 0), (2, 0), (0, 2), (1, 1)])
def test_a_step_after_the_branches_may_touch_what_any_of_them_did(
    signer: int, body: Body, more: tuple[int, int]
) -> None:
    """Owners 3 and 4 and the PCs 901 and 902 are of one branch each; the lengths differ."""
    history = begun()
    branches = []
    for turn, length in enumerate(more):
        steps: list[Body] = [
            AddPerson(person(3 + turn, "owner")),
            PutDevice(Device(uuid.UUID(int=901 + turn), "PC")),
        ]
        steps += [AddPerson(person(10 * (turn + 1) + n, "nurse")) for n in range(length)]
        branches += apart(history, 1 + turn, *steps)
    before = settle([*history.entries, *branches]).state
    entry, after = membership_chain.write(before, identity(signer), body, 9)
    following, last = membership_chain.write(after, identity(1), AddPerson(person(30, "nurse")), 10)
    settled = settle([following, entry, *branches, *history.entries])
    assert settled.passed_over == ()
    assert settled.state == last


def test_branches_that_go_on_before_they_meet() -> None:
    """One owner saw a first meeting, another did not and went on below it."""
    history = begun()
    one = apart(history, 1, AddPerson(person(3, "nurse")))
    other = apart(history, 2, AddPerson(person(4, "nurse")), AddPerson(person(5, "nurse")))
    met = settle([*history.entries, *one, other[0]]).state
    entry, _state = membership_chain.write(met, identity(1), RevokePerson(uuid.UUID(int=4)), 9)
    found = [
        settle([*history.entries, *each]) for each in itertools.permutations([*one, *other, entry])
    ]
    assert all(each == found[0] for each in found)
    state = found[0].state
    assert state is not None
    assert {each.login for each in state.people.values()} == {"p1", "p2", "p3", "p5"}
    assert found[0].passed_over == ()


def test_a_step_after_the_branches_that_is_nobodys_gives_no_right() -> None:
    history = begun()
    both = [
        *apart(history, 1, AddPerson(person(3, "nurse"))),
        *apart(history, 2, AddPerson(person(4, "nurse"))),
    ]
    before = settle([*history.entries, *both]).state
    assert before is not None
    entry, _state = membership_chain.write(before, identity(1), AddPerson(person(5, "owner")), 9)
    blank = msgspec.structs.replace(entry, author=identity(3).public.signing)
    by_a_nurse = msgspec.structs.replace(blank, signature=crypto.sign(identity(3), blank.signed))
    settled = settle([*history.entries, *both, by_a_nurse])
    assert settled.passed_over == (by_a_nurse,)
    assert settled.state is not None
    assert settled.state.people == before.people
    for changed in (
        msgspec.structs.replace(entry, signature=bytes(64)),
        msgspec.structs.replace(entry, prev=history.entries[-1].digest),
        membership_chain.write(
            replace(before, n=before.n + 1), identity(1), RaiseFloor(KdfCost()), 9
        )[0],
    ):
        with pytest.raises(BadEntryError):
            settle([*history.entries, *both, changed])


def epoch(chance: int, check: bytes) -> BeginEpoch:
    return BeginEpoch(1 << EPOCH_BITS | chance, check * 32, 0)


def forged(like: Entry, body: bytes, signer: int = 66) -> Entry:
    """In the place of another, by somebody else."""
    blank = msgspec.structs.replace(
        like, kind="epoch", body=body, author=identity(signer).public.signing
    )
    return msgspec.structs.replace(blank, signature=crypto.sign(identity(signer), blank.signed))


def test_only_data_keys_that_owners_began_count() -> None:
    """Among branches anybody can write an entry that is kept; it hides no key, and begins none."""
    history = begun()
    one = apart(history, 1, AddPerson(person(3, "nurse")), epoch(1, b"A"))
    other = apart(history, 2, PutDevice(Device(uuid.UUID(int=901), "PC")), epoch(2, b"B"))
    false = [
        forged(one[1], body, signer)
        for signer in (3, 66)
        for body in (
            b"\xc1 nothing",
            msgspec.msgpack.encode(epoch(1, b"X")),
            msgspec.msgpack.encode(epoch(2, b"X")),
            msgspec.msgpack.encode(epoch(9, b"X")),
        )
    ]
    true = [*history.entries, *one, *other]
    entries = [*false, *true]
    settled = settle(entries)
    assert set(false) < set(settled.passed_over)
    assert settled.state is not None
    assert settled.state.epoch == (settle(true).state or settled.state).epoch
    found = begun_keys(entries, settled)
    assert sorted(each.epoch for each, _entry in found) == [
        epoch(1, b"A").epoch, epoch(2, b"B").epoch
    ]  # fmt: skip
    assert {entry for _each, entry in found} == {one[1], other[1]}


def test_an_owner_cannot_put_another_key_in_the_place_of_the_one_in_use() -> None:
    history = begun()
    one = apart(history, 1, RevokePerson(uuid.UUID(int=2)), epoch(1, b"A"))
    taken_out = apart(history, 2, epoch(1, b"X"), AddPerson(person(5, "nurse")))
    stray = [forged(taken_out[1], body, 2) for body in (b"", b"\xc1")]
    entries = [*history.entries, *taken_out, *one, *stray]
    settled = settle(entries)
    found = {each.epoch: each.check for each, _entry in begun_keys(entries, settled)}
    assert found[epoch(1, b"A").epoch] == b"A" * 32
    assert begun_keys([], settle([])) == []


def test_a_sheet_used_at_two_pcs_apart_shuts_neither_out() -> None:
    history, one = begun(), uuid.UUID(int=1)
    sides = []
    for fresh in (501, 502):
        public = identity(fresh).public
        body = PersonKeys(one, public.sealing, public.signing)
        entry, _state = membership_chain.write(history.state, ROOT, body, 1)
        sides.append(entry)
    for entries in itertools.permutations(sides):
        state = settle([*history.entries, *entries]).state
        assert state is not None
        assert state.ways_in(one) == {identity(each).public.sealing for each in (1, 501, 502)}
