"""The rules of the merge by small examples; ``test_merge_histories.py`` tries all the others."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from clinic_desktop.domain.causality import (
    Dot,
    Heading,
    Past,
    Verdict,
    has_seen,
    in_order,
    past_of,
    unseen,
    verdict,
)
from clinic_desktop.domain.merging import (
    EXISTENCE,
    WHOLE_ROW,
    Cell,
    Kind,
    Op,
    Policy,
    RowState,
    Severity,
    Version,
    Versions,
    digest,
    fold,
    in_dispute,
    row_state,
    versions,
    winner,
)

A, B, C = b"A" * 16, b"B" * 16, b"C" * 16
ROW = b"r" * 16
CELL = Cell(8, ROW, 1)


def made(device: bytes, number: int, *value: object, hlc: int = 0) -> Version:
    return Version(Dot(device, number), hlc, value)


def state(
    cells: Mapping[int, Versions],
    pasts: Mapping[Dot, Past] | None = None,
    policies: Mapping[int, Policy] | None = None,
) -> RowState:
    return row_state(8, ROW, cells, policies or {}, (pasts or {}).__getitem__)


# ---------------------------------------------------------------- versions of a cell


def test_a_write_takes_the_place_of_what_its_form_showed_only() -> None:
    first, second, third = made(A, 1, "x"), made(A, 2, "y"), made(B, 1, "z")
    ops = [
        Op(CELL, first, frozenset()),
        Op(CELL, second, frozenset({first.dot})),
        Op(CELL, third, frozenset({first.dot})),
    ]
    assert versions(ops) == versions(ops[::-1]) == (second, third)
    held: Versions = ()
    for op in ops:
        held = fold(held, op)
    assert held == (second, third)


def test_a_write_that_names_itself_stays() -> None:
    itself = made(A, 1, "x")
    op = Op(CELL, itself, frozenset({itself.dot}))
    assert versions([op]) == fold((), op) == (itself,)


def test_the_winner_is_of_the_latest_clock_and_then_of_the_pc() -> None:
    early, late, same = made(B, 1, hlc=5), made(A, 9, hlc=7), made(C, 1, hlc=7)
    assert winner((early, late)) == late
    assert winner((late, same)) == winner((same, late)) == same


@pytest.mark.parametrize(
    ("policy", "asked"),
    [
        (Policy.REVIEW_SAFETY, True),
        (Policy.REVIEW_CLINICAL, True),
        (Policy.REVIEW_ADMIN, True),
        (Policy.LATEST, False),
        (Policy.INSERT_ONLY, False),
        (Policy.LEDGER, True),
    ],
)
def test_people_are_asked_where_the_policy_says_so(policy: Policy, *, asked: bool) -> None:
    assert in_dispute(policy, (made(A, 1, "5 mg"), made(B, 1, "10 mg"))) is asked


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("Müller",), ("Mu\u0308ller",)),
        (("5 mg ", None), ("5 mg", "")),
        (("a",), ("a", None)),  # an older program does not know the second column
        ((1,), (True,)),
    ],
)
def test_nobody_is_asked_about_values_that_are_the_same(
    one: tuple[object, ...], other: tuple[object, ...]
) -> None:
    assert not in_dispute(Policy.REVIEW_SAFETY, (made(A, 1, *one), made(B, 1, *other)))


@pytest.mark.parametrize(("one", "other"), [(0, None), ("mg", "Mg"), ("a\nb", "a b"), (1, 2)])
def test_people_are_asked_about_values_that_differ(one: object, other: object) -> None:
    assert in_dispute(Policy.REVIEW_SAFETY, (made(A, 1, one), made(B, 1, other)))


# ---------------------------------------------------------------- rows


def test_a_conflict_has_the_same_name_on_every_pc_and_another_when_versions_change() -> None:
    policies = {1: Policy.REVIEW_SAFETY}
    two = (made(A, 2, "x"), made(B, 1, "y"))
    (found,) = state({1: two}, policies=policies).conflicts
    assert (found.kind, found.severity, found.cell) == (Kind.VALUE, Severity.SAFETY, CELL)
    assert found.dots == (Dot(A, 2), Dot(B, 1))
    (again,) = state({1: two}, policies=policies).conflicts
    (more,) = state({1: (*two, made(C, 1, "z"))}, policies=policies).conflicts
    assert found.id == again.id != more.id
    assert len(found.id) == 16


def test_a_row_that_everybody_deleted_is_hidden_and_asks_nothing() -> None:
    gone, edits = made(A, 3, 1), (made(A, 2, "x"), made(B, 1, "y"))
    past = {gone.dot: {A: 3, B: 1}}
    policies = {1: Policy.REVIEW_SAFETY}
    assert state({EXISTENCE: (gone,), 1: edits}, past, policies) == RowState(True, ())


def test_edit_wins_over_delete_and_people_are_asked() -> None:
    gone, edit = made(A, 3, 1), made(B, 1, "y")
    found = state({EXISTENCE: (gone,), 1: (edit,)}, {gone.dot: {A: 3}}, {1: Policy.REVIEW_SAFETY})
    assert not found.is_hidden
    (conflict,) = found.conflicts
    assert (conflict.kind, conflict.severity) == (Kind.DELETE_EDIT, Severity.SAFETY)
    assert conflict.dots == (gone.dot, edit.dot)


def test_an_edit_of_a_group_that_this_program_does_not_know_wins_too() -> None:
    gone, edit = made(A, 3, 1), made(B, 1, "y")
    found = state({EXISTENCE: (gone,), 99: (edit,)}, {gone.dot: {A: 3}})
    assert [each.severity for each in found.conflicts] == [Severity.CLINICAL]
    assert not found.is_hidden


def test_edits_of_a_deleted_row_are_as_urgent_as_the_most_urgent_of_them() -> None:
    gone, edit = made(A, 3, 1), made(B, 1, "y")
    policies = {1: Policy.LATEST, 2: Policy.REVIEW_SAFETY, 3: Policy.REVIEW_ADMIN}
    cells = {EXISTENCE: (gone,), 1: (edit,)}
    (conflict,) = state(cells, {gone.dot: {A: 3}}, policies).conflicts
    assert conflict.severity is Severity.ADMIN
    cells |= {2: (edit,), 3: (edit,)}
    (conflict,) = state(cells, {gone.dot: {A: 3}}, policies).conflicts
    assert conflict.severity is Severity.SAFETY
    assert conflict.dots == (gone.dot, edit.dot)


def test_each_edit_has_to_be_known_to_one_of_those_who_deleted() -> None:
    one, other = made(A, 3, 1), made(B, 2, 1)
    edits = (made(A, 2, "x"), made(B, 1, "y"))
    cells = {EXISTENCE: (one, other), 1: edits}
    assert state(cells, {one.dot: {A: 3}, other.dot: {B: 2}}).is_hidden
    assert not state(cells, {one.dot: {A: 3}, other.dot: {B: 0}}).is_hidden


def test_restored_wins_over_deleted_and_people_are_asked() -> None:
    gone, back = made(A, 3, 1), made(B, 2, 0)
    found = state({EXISTENCE: (gone, back)}, {gone.dot: {A: 3}})
    assert [each.kind for each in found.conflicts] == [Kind.DELETE_EDIT]
    assert not found.is_hidden
    assert state({EXISTENCE: (back,)}) == RowState(False, ())


# ---------------------------------------------------------------- when a commit can be applied


def test_a_past_grows_by_what_was_applied_and_by_the_commit_itself() -> None:
    past = past_of({A: 1, C: 7}, Heading(Dot(A, 2), {B: 4, C: 3}))
    assert past == {A: 2, B: 4, C: 7}
    assert has_seen(past, Dot(B, 4))
    assert unseen(past, [Dot(B, 4), Dot(B, 5), Dot(b"D" * 16, 1)]) == [
        Dot(B, 5),
        Dot(b"D" * 16, 1),
    ]


@pytest.mark.parametrize(
    ("number", "deps", "min_reader", "says"),
    [
        (3, {}, 0, Verdict.APPLY),
        (2, {}, 0, Verdict.DUPLICATE),
        (4, {}, 0, Verdict.GAP),
        (3, {B: 5}, 0, Verdict.APPLY),
        (3, {B: 6}, 0, Verdict.DEPS),
        (3, {C: 1}, 0, Verdict.DEPS),
        (3, {}, 11, Verdict.APPLY),
        (3, {}, 12, Verdict.NEWER),
    ],
)
def test_what_to_do_with_a_commit(number: int, deps: Past, min_reader: int, says: Verdict) -> None:
    assert verdict({A: 2, B: 5}, Heading(Dot(A, number), deps, min_reader), 11) is says


def test_a_heap_of_commits_is_put_in_order() -> None:
    heap = [
        Heading(Dot(A, 2), {B: 1}),
        Heading(Dot(C, 2), {}),
        Heading(Dot(A, 1), {}),
        Heading(Dot(A, 1), {}),
        Heading(Dot(B, 2), {}, 12),
        Heading(Dot(B, 1), {A: 1}),
        Heading(Dot(A, 3), {B: 2}),
        Heading(Dot(b"D" * 16, 1), {}),
    ]
    order = in_order({b"D" * 16: 1}, heap, 11)
    assert order.ready == [Dot(A, 1), Dot(B, 1), Dot(A, 2)]
    assert order.duplicates == [Dot(A, 1), Dot(b"D" * 16, 1)]
    assert order.waiting == {
        Dot(C, 2): Verdict.GAP,
        Dot(B, 2): Verdict.NEWER,
        Dot(A, 3): Verdict.DEPS,
    }


# ---------------------------------------------------------------- digest


def test_the_digest_does_not_depend_on_the_order_and_sees_each_version() -> None:
    entries = [(Cell(8, ROW, WHOLE_ROW), (Dot(A, 1),)), (Cell(8, ROW, 2), (Dot(A, 1), Dot(B, 1)))]
    assert digest(entries) == digest(entries[::-1])
    assert digest(entries) != digest([entries[0], (Cell(8, ROW, 2), (Dot(A, 1), Dot(B, 2)))])
    assert digest([]) == bytes(16)
