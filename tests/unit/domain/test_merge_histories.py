"""What holds after any history of several PCs; Hypothesis looks for one where it does not.

Far more histories, with clocks, old programs and faults, are in ``tests/proofs/sync``.
"""

from __future__ import annotations

from itertools import permutations
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from clinic_desktop.domain import merging
from clinic_desktop.domain.causality import Dot, Verdict, verdict
from clinic_desktop.domain.merging import EXISTENCE, WHOLE_ROW, Cell, Kind, Op, Policy, Version
from tests.proofs.sync.model import Commit, Pc, Value, agree

POLICIES = {1: {EXISTENCE: Policy.REVIEW_CLINICAL, 1: Policy.REVIEW_SAFETY, 2: Policy.LATEST}}
ROW = (1, b"r" * 16)
MAKING = Cell(*ROW, WHOLE_ROW)
DOSE = Cell(*ROW, 1)
PHONE = Cell(*ROW, 2)
DELETED = Cell(*ROW, EXISTENCE)
TODAY = 1_790_000_000_000
TEN_YEARS = 315_360_000_000

skews = st.sampled_from((0, 0, 60_000, TEN_YEARS, -TEN_YEARS))
values = st.sampled_from(("5 mg", "10 mg", "20 mg"))
texts = st.tuples(values)


def pc(place: int, skew: int = 0) -> Pc:
    made = Pc(bytes([place]) * 16, POLICIES)
    made.wall = TODAY + skew
    return made


def practice(count: int, *skews_ms: int) -> list[Pc]:
    """PCs that all hold one row; ``skews_ms`` are the faults of their clocks."""
    pcs = [
        pc(place, skew) for place, skew in zip(range(count), skews_ms or (0,) * count, strict=True)
    ]
    commit = pcs[0].save({MAKING: ("5 mg",)})
    for each in pcs[1:]:
        each.receive([commit])
    return pcs


def exchange(pcs: list[Pc]) -> None:
    """Everybody gets everything."""
    for each in pcs:
        for other in pcs:
            each.receive(other.log)


def shown(one: Pc, cell: Cell) -> set[Value]:
    return {each.value for each in one.versions(cell)}


class Practice(RuleBasedStateMachine):
    """Three PCs; what is written, seen and sent is Hypothesis's choice."""

    def __init__(self) -> None:
        super().__init__()
        self.pcs = practice(3)
        self.all: list[Commit] = list(self.pcs[0].log)
        self.forms: list[tuple[int, Cell, frozenset[Dot]]] = []
        self.on_screen: dict[Dot, frozenset[Dot]] = {}

    @rule(place=st.integers(0, 2), skew=skews)
    def clock(self, place: int, skew: int) -> None:
        self.pcs[place].wall = TODAY + skew

    @rule(place=st.integers(0, 2), cell=st.sampled_from((DOSE, PHONE)))
    def open_form(self, place: int, cell: Cell) -> None:
        self.forms.append((place, cell, self.pcs[place].dots(cell)))

    @precondition(lambda self: self.forms)
    @rule(data=st.data(), value=texts)
    def save_form(self, data: st.DataObject, value: tuple[object, ...]) -> None:
        place, cell, seen = data.draw(st.sampled_from(self.forms))
        self.forms.remove((place, cell, seen))
        self._save(place, cell, value, seen)

    @rule(place=st.integers(0, 2), cell=st.sampled_from((DOSE, PHONE)), value=texts)
    def save(self, place: int, cell: Cell, value: tuple[object, ...]) -> None:
        self._save(place, cell, value, self.pcs[place].dots(cell))

    @rule(place=st.integers(0, 2), deleted=st.sampled_from((0, 1)))
    def delete(self, place: int, deleted: int) -> None:
        self._save(place, DELETED, (deleted,), self.pcs[place].dots(DELETED))

    @rule(place=st.integers(0, 2), data=st.data())
    def send(self, place: int, data: st.DataObject) -> None:
        """In any order, some of it, some of it twice."""
        self.pcs[place].receive(data.draw(st.lists(st.sampled_from(self.all), max_size=8)))

    def _save(
        self, place: int, cell: Cell, value: tuple[object, ...], seen: frozenset[Dot]
    ) -> None:
        commit = self.pcs[place].save({cell: value}, {cell: seen})
        self.all.append(commit)
        self.on_screen[commit.dot] = seen

    @invariant()
    def one_at_a_time_is_the_same_as_all_at_once(self) -> None:
        for each in self.pcs:
            ops = [op for commit in each.log for op in commit.ops]
            for cell in (DOSE, PHONE, DELETED):
                mine = [op for op in ops if op.cell in {cell, MAKING}]
                assert merging.versions(mine) == each.versions(cell)

    @invariant()
    def pcs_that_hold_the_same_agree(self) -> None:
        for one in self.pcs:
            for other in self.pcs:
                if one.held == other.held:
                    assert one.digest() == other.digest()
                    assert one.state(ROW) == other.state(ROW)

    @invariant()
    def what_is_gone_somebody_had_on_the_screen(self) -> None:
        for each in self.pcs:
            known = {commit.dot for commit in each.log}
            for commit in each.log:
                for op in commit.ops:
                    if op.cell == MAKING or commit.dot in each.dots(op.cell):
                        continue
                    later = [o.dot for o in each.log if any(p.cell == op.cell for p in o.ops)]
                    assert any(commit.dot in self.on_screen[dot] for dot in later if dot in known)

    @invariant()
    def two_doses_are_always_shown(self) -> None:
        for each in self.pcs:
            state = each.state(ROW)
            if len(shown(each, DOSE)) > 1 and not state.is_hidden:
                assert Kind.VALUE in {found.kind for found in state.conflicts}

    def teardown(self) -> None:
        exchange(self.pcs)
        assert agree(self.pcs)
        assert not any(each.waiting for each in self.pcs)
        assert len({str(each.state(ROW)) for each in self.pcs}) == 1


TestPractice = Practice.TestCase
TestPractice.settings = settings(
    max_examples=100,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


def test_every_causal_order_comes_to_the_same() -> None:
    """All 720 ways in which six commits of three PCs can arrive."""
    a, b, c = practice(3)
    first = a.save({DOSE: ("10 mg",)})
    second = b.save({DOSE: ("20 mg",), PHONE: ("1",)})
    b.receive([first])
    third = b.save({DOSE: ("15 mg",)})
    c.receive([first])
    fourth = c.save({DELETED: (1,)})
    fifth = a.save({PHONE: ("2",)})
    commits = [a.log[0], first, second, third, fourth, fifth]
    exchange([a, b, c])
    assert agree([a, b, c])
    for way in permutations(commits):
        late = pc(9)
        for commit in way:
            late.receive([commit])
        assert not late.waiting
        assert agree([a, late])
        assert late.state(ROW) == a.state(ROW)


@given(st.lists(st.tuples(st.integers(0, 2), texts), max_size=8), st.randoms(use_true_random=False))
def test_once_and_often_are_the_same(writes: list[tuple[int, tuple[str]]], chance: Random) -> None:
    pcs = practice(3)
    for place, value in writes:
        pcs[place].save({DOSE: value})
    exchange(pcs)
    before, applied = pcs[0].digest(), len(pcs[0].log)
    again = pcs[0].log * 3
    chance.shuffle(again)
    pcs[0].receive(again)
    assert (pcs[0].digest(), len(pcs[0].log)) == (before, applied)


@given(skews, skews, skews)
def test_no_clock_makes_a_value_disappear(one: int, other: int, third: int) -> None:
    a, b, c = practice(3, one, other, third)
    a.save({DOSE: ("10 mg",)})
    b.save({DOSE: ("20 mg",)})
    exchange([a, b, c])
    assert shown(c, DOSE) == {("10 mg",), ("20 mg",)}
    # Whoever has seen both may replace both, whatever the clocks say.
    c.save({DOSE: ("15 mg",)})
    exchange([a, b, c])
    assert [shown(each, DOSE) for each in (a, b, c)] == [{("15 mg",)}] * 3


@given(st.integers(2, 5), st.data())
def test_deciding_twice_at_the_same_time_makes_the_conflict_smaller(
    writers: int, data: st.DataObject
) -> None:
    pcs = practice(writers)
    for number, each in enumerate(pcs):
        each.save({DOSE: (f"{number} mg",)})
    exchange(pcs)
    before = shown(pcs[0], DOSE)
    assert len(before) == writers
    chosen = {data.draw(st.sampled_from(sorted(before, key=str))) for _ in range(2)}
    for each, value in zip(pcs, chosen, strict=False):
        each.save({DOSE: value})
    exchange(pcs)
    assert shown(pcs[0], DOSE) == chosen
    assert agree(pcs)
    questions = pcs[0].state(ROW).conflicts
    assert len(questions) == (1 if len(chosen) > 1 else 0)


def test_two_who_decide_the_same_end_the_conflict() -> None:
    a, b = practice(2)
    a.save({DOSE: ("10 mg",)})
    b.save({DOSE: ("20 mg",)})
    exchange([a, b])
    (here,), (there,) = a.state(ROW).conflicts, b.state(ROW).conflicts
    assert here == there
    a.save({DOSE: ("20 mg",)})
    b.save({DOSE: ("20 mg",)})
    exchange([a, b])
    assert not a.state(ROW).conflicts
    assert agree([a, b])


def test_a_write_that_replaces_what_its_author_cannot_know_is_never_applied() -> None:
    """A program with a fault; all refuse it, and go on with everybody else."""
    a, b, c = practice(3)
    secret = a.save({DOSE: ("10 mg",)})
    wrong = b.save({DOSE: ("20 mg",)}, {DOSE: frozenset({secret.dot})})
    builds_on_it = b.save({PHONE: ("1",)})
    c.receive([secret, wrong, builds_on_it])
    a.receive([wrong, builds_on_it])
    assert shown(a, DOSE) == shown(c, DOSE) == {("10 mg",)}
    assert set(a.waiting) == set(c.waiting) == {wrong.dot, builds_on_it.dot}
    later = c.save({PHONE: ("2",)})
    a.receive([later])
    assert agree([a, c])
    assert verdict(a.held, builds_on_it.heading, 1) is Verdict.GAP


def test_the_first_write_of_a_row_counts_for_groups_its_program_did_not_know() -> None:
    made = Op(MAKING, Version(Dot(b"o" * 16, 1), 1, ("5 mg",)), frozenset())
    edit = Op(Cell(*ROW, 7), Version(Dot(b"n" * 16, 1), 2, ("new",)), frozenset({made.version.dot}))
    assert merging.versions([made, edit]) == merging.fold((made.version,), edit) == (edit.version,)
