"""The recovery sheet is used at one PC while an owner goes on elsewhere with the keys of before."""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field

import msgspec
import pytest

from clinic_desktop.security import membership_chain
from clinic_desktop.security import primitives as crypto
from clinic_desktop.security.membership import OWNER, Membership
from clinic_desktop.security.membership_entries import (
    EPOCH_BITS,
    KINDS,
    AddPerson,
    BadEntryError,
    BeginEpoch,
    Body,
    ChangeRoles,
    Device,
    Engage,
    Entry,
    NewRoot,
    PersonKeys,
    PutDevice,
    RaiseFloor,
    RevokeDevice,
    RevokePerson,
    Root,
    Rules,
    SetRules,
)
from clinic_desktop.security.membership_forks import Settled, settle
from clinic_desktop.security.primitives import Identity, KdfCost
from tests.unit.security.test_membership import ROOT, History, identity, person

ANA, BOB, NORA = (uuid.UUID(int=number) for number in (1, 2, 3))
FRONT, LAPTOP = uuid.UUID(int=901), uuid.UUID(int=902)
NEW, THIEF = 501, 666


def pc(number: int, keys: int) -> PutDevice:
    public = identity(keys).public
    return PutDevice(Device(uuid.UUID(int=number), "PC", public.signing, public.sealing))


def keys_for(who: uuid.UUID, number: int) -> PersonKeys:
    public = identity(number).public
    return PersonKeys(who, public.sealing, public.signing)


def sheet_of(number: int) -> NewRoot:
    public = identity(number).public
    return NewRoot(Root(public.sealing, public.signing))


@pytest.fixture
def begun() -> History:
    """Two owners, a nurse, and three PCs."""
    made = History.begun()
    for body in (
        AddPerson(person(2, OWNER)), AddPerson(person(3, "nurse")), pc(901, 91), pc(902, 92),
    ):  # fmt: skip
        made.add(body, identity(1))
    return made


def go_on(state: Membership | None, signer: Identity, *bodies: Body) -> list[Entry]:
    """What somebody writes who sees nothing else."""
    found = []
    for body in bodies:
        entry, state = membership_chain.write(state, signer, body, 1)
        found.append(entry)
    return found


def by_sheet(history: History, *after: Body) -> list[Entry]:
    """The sheet gives Ana new keys, with which she goes on."""
    use, state = membership_chain.write(history.state, ROOT, keys_for(ANA, NEW), 1)
    return [use, *go_on(state, identity(NEW), *after)]


def state_of(*entries: Entry) -> tuple[Membership, Settled]:
    settled = settle(entries)
    assert settled.state is not None
    for seed in range(4):
        mixed = list(entries)
        random.Random(seed).shuffle(mixed)
        again = settle(mixed)
        assert (again.state, again.passed_over) == (settled.state, settled.passed_over)
    return settled.state, settled


FILLER = (Engage(NORA, 5, "why"),) * 3


@pytest.mark.parametrize("later", [0, 1, 3])
@pytest.mark.parametrize(
    "body",
    [RevokeDevice(LAPTOP, 7), RevokePerson(NORA), RevokePerson(BOB), ChangeRoles(BOB, ("nurse",))],
)
def test_taking_out_is_never_undone_by_a_sheet_used_apart(
    begun: History, body: Body, later: int
) -> None:
    elsewhere = go_on(begun.state, identity(1), *FILLER[:later], body)
    state, settled = state_of(*begun.entries, *by_sheet(begun), *elsewhere)
    assert settled.passed_over == ()
    assert LAPTOP not in state.devices or not isinstance(body, RevokeDevice)
    assert state.cutoffs == ({LAPTOP: 7} if isinstance(body, RevokeDevice) else {})
    assert {each.id for each in state.owners} == (
        {ANA} if "BOB" in str(body) or (getattr(body, "id", None) == BOB) else {ANA, BOB}
    )
    assert state.people[ANA].signing == identity(NEW).public.signing


def test_who_was_entered_elsewhere_stays_until_somebody_who_knew_takes_them_out(
    begun: History,
) -> None:
    entered = go_on(begun.state, identity(1), *FILLER, AddPerson(person(7, "doctor")), pc(907, 97))
    both = [*begun.entries, *by_sheet(begun, SetRules(Rules(7))), *entered]
    state, settled = state_of(*both)
    assert {person(7, "doctor").id, NORA} <= state.people.keys()
    assert uuid.UUID(int=907) in state.devices
    assert state.rules == Rules(7)
    assert [each.kind for each in settled.by_old_keys] == ["engage"] * 3 + ["add-person", "device"]
    out, _after = membership_chain.write(state, identity(NEW), RevokePerson(uuid.UUID(int=7)), 9)
    state, _settled = state_of(*both, out)
    assert uuid.UUID(int=7) not in state.people


LASTING = [
    AddPerson(person(THIEF, OWNER)),
    ChangeRoles(NORA, (OWNER,)),
    sheet_of(THIEF),
    keys_for(BOB, THIEF),
    keys_for(ANA, THIEF),
    RevokePerson(ANA),
    ChangeRoles(ANA, ("nurse",)),
    pc(901, THIEF),
    SetRules(Rules(1, ("doctor",))),
    RaiseFloor(KdfCost(1 << 20, 9, 1)),
    BeginEpoch(1 << EPOCH_BITS | 3, bytes(32), 0),
]


@pytest.mark.parametrize("body", LASTING)
@pytest.mark.parametrize("below", [0, 1, 2])
@pytest.mark.parametrize("later", [0, 2])
def test_whoever_holds_the_keys_of_before_gains_nothing_by_writing_further_back(
    begun: History, body: Body, below: int, later: int
) -> None:
    """Wherever it is put, also where it would come before the use of the sheet."""
    used = by_sheet(begun, pc(905, 95))
    without = settle([*begun.entries, *used]).state
    assert without is not None
    parts = begun.entries[: len(begun.entries) - below]
    start = settle(parts).state
    bodies = [*FILLER[:later], body]
    try:
        stray = go_on(start, identity(1), *bodies)
    except BadEntryError:
        pytest.skip("not even allowed there")
    for wall in range(6):  # whoever forges chooses the digest
        entry, _state = membership_chain.write(
            settle([*parts, *stray[:-1]]).state, identity(1), body, wall
        )
        state, settled = state_of(*begun.entries, *used, *stray[:-1], entry)
        assert entry in settled.passed_over or body == LASTING[7]  # the true keys come after
        assert (state.people, state.devices, state.root, state.rules, state.floor, state.epoch) == (
            without.people, without.devices, without.root, without.rules, without.floor,
            without.epoch,
        )  # fmt: skip


def test_a_sheet_of_the_thiefs_own_gives_nobody_new_keys(begun: History) -> None:
    """He prints one with the owner's keys of before, and uses it at once, further back."""
    used = by_sheet(begun, pc(905, 95))
    for below in (0, 1, 3):
        start = settle(begun.entries[: len(begun.entries) - below]).state
        printed, after = membership_chain.write(start, identity(1), sheet_of(THIEF), 1)
        false, taken = membership_chain.write(after, identity(THIEF), keys_for(ANA, 667), 2)
        more = go_on(taken, identity(667), AddPerson(person(668, OWNER)))
        state, settled = state_of(*begun.entries, *used, printed, false, *more)
        assert {printed, false, *more} <= set(settled.passed_over)
        assert state.root == Root(ROOT.public.sealing, ROOT.public.signing)
        assert {each.signing for each in state.owners} == {
            identity(NEW).public.signing, identity(2).public.signing
        }  # fmt: skip


def test_what_began_after_the_sheet_cannot_be_taken_out_by_who_had_not_seen_it(
    begun: History,
) -> None:
    used = by_sheet(begun, pc(905, 95), AddPerson(person(8, "doctor")))
    start = settle([*begun.entries, *go_on(begun.state, identity(1), *FILLER)]).state
    assert start is not None
    aware = settle([*begun.entries, *used]).state
    assert aware is not None
    for body in (RevokeDevice(uuid.UUID(int=905)), RevokePerson(uuid.UUID(int=8))):
        entry, _state = membership_chain.write(start, identity(1), SetRules(Rules(3)), 1)
        false = forged(entry, body)
        state, settled = state_of(
            *begun.entries, *used, *go_on(begun.state, identity(1), *FILLER), false
        )
        assert false in settled.passed_over
        assert uuid.UUID(int=905) in state.devices
        assert uuid.UUID(int=8) in state.people


def forged(like: Entry, body: Body) -> Entry:
    """The same place, another step."""
    kind = next(name for name, kind in KINDS.items() if isinstance(body, kind))
    blank = msgspec.structs.replace(like, kind=kind, body=msgspec.msgpack.encode(body))
    return msgspec.structs.replace(blank, signature=crypto.sign(identity(1), blank.signed))


def test_two_uses_apart_keep_what_each_took_out(begun: History) -> None:
    """One side's later steps come after the other use, by whose order its keys end."""
    sides = []
    for fresh, gone in ((NEW, FRONT), (NEW + 1, LAPTOP)):
        use, state = membership_chain.write(begun.state, ROOT, keys_for(ANA, fresh), 1)
        sides.append([use, *go_on(state, identity(fresh), *FILLER, RevokeDevice(gone))])
    state, settled = state_of(*begun.entries, *sides[0], *sides[1])
    assert settled.passed_over == ()
    assert not {FRONT, LAPTOP} & state.devices.keys()


@dataclass
class World:
    """PCs that see and write on, with a log of who had seen what."""

    entries: list[Entry] = field(default_factory=list)
    seen: dict[Entry, frozenset[Entry]] = field(default_factory=dict)

    def saw(self, entry: Entry, other: Entry) -> bool:
        return other in self.seen[entry]

    def write(self, sees: set[Entry], signer: Identity, body: Body, wall: int) -> None:
        state = settle([*sees], self.saw).state
        entry, _after = membership_chain.write(state, signer, body, wall)
        self.entries.append(entry)
        self.seen[entry] = frozenset(sees)
        sees.add(entry)


def test_whoever_had_seen_the_sheet_cannot_put_a_step_before_it(begun: History) -> None:
    """The log of the PC tells, though the chain does not: its place was chosen to come first."""
    used = by_sheet(begun)
    stray = go_on(begun.state, identity(1), AddPerson(person(9, "nurse")), RevokeDevice(LAPTOP))
    entries = [*begun.entries, *used, *stray]
    seen = {entry: set(begun.entries) for entry in entries} | {stray[1]: {*used, *begun.entries}}
    settled = settle(entries, lambda entry, other: other in seen[entry])
    assert settled.passed_over == (stray[1],)


def test_what_whoever_used_the_sheet_had_seen_counts_whole(begun: History) -> None:
    """Also on a branch that the use of the sheet does not follow in the chain."""
    side = go_on(begun.state, identity(1), AddPerson(person(7, OWNER)))
    longer = go_on(begun.state, identity(2), *FILLER)
    met = [*begun.entries, *side, *longer]
    use, _state = membership_chain.write(settle(met).state, ROOT, keys_for(ANA, NEW), 1)
    settled = settle([*met, use], lambda entry, other: entry is use and other in met)
    assert settled.passed_over == ()
    assert settled.state is not None
    assert uuid.UUID(int=7) in {each.id for each in settled.state.owners}
    by_chain = settle([*met, use])
    assert by_chain.passed_over == tuple(side)


def test_a_sheet_that_was_replaced_signs_nothing_for_who_had_seen_the_newer(
    begun: History,
) -> None:
    before = begun.state
    printed = begun.add(sheet_of(77), identity(1))
    other = go_on(before, identity(2), *FILLER)  # so that the chain has branched
    false, _after = membership_chain.write(before, ROOT, keys_for(ANA, THIEF), 1)
    entries = [*begun.entries, *other, false]
    settled = settle(entries, lambda entry, seen: entry is false and seen in begun.entries)
    assert false in settled.passed_over
    assert settled.state is not None
    assert settled.state.root == printed.root
    assert settled.state.people[ANA].signing == identity(1).public.signing


@pytest.mark.parametrize("seed", range(60))
def test_in_random_histories_what_was_taken_out_stays_out(seed: int) -> None:
    """Three PCs, two owners, sheets used anywhere; everybody meets somebody now and then."""
    rng, begun = random.Random(seed), History.begun()
    bodies: list[Body] = [AddPerson(person(2, OWNER)), *(pc(900 + n, 80 + n) for n in range(1, 9))]
    for entered in bodies:
        begun.add(entered, identity(1))
    world = World([*begun.entries], {each: frozenset() for each in begun.entries})
    for at, entry in enumerate(begun.entries):
        world.seen[entry] = frozenset(begun.entries[:at])
    views, keys, fresh = [set(begun.entries) for _ in range(3)], [1, 1, 2], 500
    out: set[uuid.UUID] = set()
    for turn in range(14):
        at = rng.randrange(3)
        if rng.random() < 0.3:
            views[at] |= views[rng.randrange(3)]
        state = settle(views[at], world.saw).state
        assert state is not None
        if at < 2 and rng.random() < 0.3:
            fresh += 1
            keys[at] = fresh
            world.write(views[at], ROOT, keys_for(ANA, fresh), turn)
            continue
        if state.signer(identity(keys[at]).public.signing) is None:
            continue  # keys of before: the program says so and writes nothing
        gone = rng.choice([each for each in state.devices if each.int > 900])
        steps: list[Body] = [RevokeDevice(gone), AddPerson(person(100 + turn, "nurse"))]
        body = rng.choice(steps)
        world.write(views[at], identity(keys[at]), body, turn)
        if isinstance(body, RevokeDevice):
            out.add(gone)
    found = settle(world.entries, world.saw)
    assert found.state is not None
    assert not out & found.state.devices.keys()
    for _turn in range(3):
        rng.shuffle(world.entries)
        again = settle(world.entries, world.saw)
        assert (again.state, again.passed_over) == (found.state, found.passed_over)
