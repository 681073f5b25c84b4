"""Rules with one fault each, as somebody in a hurry might write them; the proof must find them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from clinic_desktop.domain import causality, merging
from clinic_desktop.domain.causality import Dot, Heading, Order, Past, Verdict
from clinic_desktop.domain.merging import Cell, Op, Policy, RowState, Version, Versions

_verdict, _in_order, _past_of = causality.verdict, causality.in_order, causality.past_of
_fold, _row_state, _in_dispute = merging.fold, merging.row_state, merging.in_dispute


@dataclass(frozen=True)
class Careless:
    """A rule in its place, with a fault."""

    module: ModuleType
    name: str
    rule: Callable[..., Any] | Mapping[Any, Any]


def latest_clock_stays(held: Versions, op: Op) -> Versions:
    """The wall clock decides what is kept."""
    return (max((*held, op.version), key=lambda each: (each.hlc, each.dot)),)


def replaces_nothing(held: Versions, op: Op) -> Versions:
    """What the write replaces is not read."""
    return _fold(held, op._replace(supersedes=frozenset()))


def replaces_everything(_held: Versions, op: Op) -> Versions:
    """What the form showed is not asked."""
    return (op.version,)


def replaces_all_of_that_pc(held: Versions, op: Op) -> Versions:
    """A PC has one version of a cell only."""
    device = op.version.dot.device
    return _fold(tuple(each for each in held if each.dot.device != device), op)


def same_value_once(held: Versions, op: Op) -> Versions:
    """A write of a value that is there already is dropped."""
    new = op.version
    if any(v.value == new.value and v.dot not in op.supersedes for v in held):
        return tuple(each for each in held if each.dot not in op.supersedes)
    return _fold(held, op)


def as_it_came(held: Versions, op: Op) -> Versions:
    """Versions in the order of arrival."""
    return (*(each for each in held if each.dot not in op.supersedes), op.version)


def last_of_the_list(held: Versions) -> Version:
    """The version with the highest dot is shown."""
    return held[-1]


def ignores(*which: Verdict) -> Callable[[Past, Heading, int], Verdict]:
    """Some reasons to wait are not looked at."""

    def rule(held: Past, heading: Heading, reader: int) -> Verdict:
        found = _verdict(held, heading, reader)
        return Verdict.APPLY if found in which else found

    return rule


def order_of_numbers(held: Past, headings: Iterable[Heading], reader: int) -> Order:
    """Commits by their number, whatever they build on; nothing waits."""
    found = sorted({each.dot for each in headings}, key=lambda dot: (dot.number, dot.device))
    del reader
    return Order([dot for dot in found if not causality.has_seen(held, dot)], {}, [])


def order_without_waiting(held: Past, headings: list[Heading], reader: int) -> Order:
    """What cannot be applied now is dropped."""
    return _in_order(held, headings, reader)._replace(waiting={})


def one_at_a_time(held: Past, headings: list[Heading], reader: int) -> Order:
    """A heap is gone through once, as it came."""
    ready: list[Dot] = []
    waiting: dict[Dot, Verdict] = {}
    reached = dict(held)
    for each in headings:
        found = _verdict(reached, each, reader)
        if found is Verdict.APPLY:
            ready.append(each.dot)
            reached[each.dot.device] = each.dot.number
    return Order(ready, waiting, [])


def past_without_others(before: Past, heading: Heading) -> dict[bytes, int]:
    """Only commits of its own PC count as seen."""
    return _past_of(before, heading._replace(deps={}))


def past_of_this_commit(_before: Past, heading: Heading) -> dict[bytes, int]:
    """What was told with earlier commits is forgotten."""
    return _past_of({}, heading)


def delete_wins(
    table: int, row: bytes, cells: Mapping[int, Versions], policies: Any, past: Any
) -> RowState:
    """Deleted is deleted."""
    existence = cells.get(merging.EXISTENCE, ())
    if any(any(each.value) for each in existence):
        return RowState(is_hidden=True, conflicts=())
    return _row_state(table, row, cells, policies, past)


def strangers_do_not_count(
    table: int, row: bytes, cells: Mapping[int, Versions], policies: Any, past: Any
) -> RowState:
    """Edits of groups that this program does not know are left out."""
    known = {group: held for group, held in cells.items() if group in policies}
    return _row_state(table, row, known, policies, past)


def hidden_with_questions(*args: Any) -> RowState:
    """A row in dispute is hidden until somebody decides."""
    state = _row_state(*args)
    return replace(state, is_hidden=state.is_hidden or bool(state.conflicts))


def first_question_only(*args: Any) -> RowState:
    """A row has one conflict at most."""
    state = _row_state(*args)
    return replace(state, conflicts=state.conflicts[:1])


def knows_the_pc(past: Past, dot: Dot) -> bool:
    """Whoever had seen one commit of a PC counts as having seen all."""
    return dot.device in past


def two_versions_only(policy: Policy, held: Versions) -> bool:
    """Nobody thought of three PCs."""
    return len(held) == 2 and _in_dispute(policy, held)


def neighbours_only(policy: Policy, held: Versions) -> bool:
    """The first two versions are compared."""
    return _in_dispute(policy, held[:2])


def no_questions_of_the_front_desk(policy: Policy, held: Versions) -> bool:
    """Administrative conflicts are settled by the clock."""
    return policy is not Policy.REVIEW_ADMIN and _in_dispute(policy, held)


def any_spelling(value: Iterable[object]) -> tuple[object, ...]:
    """Mg is mg."""
    return tuple(str(each or "").strip().casefold() for each in value)


def cell_only(cell: Cell, _dots: Iterable[Dot]) -> bytes:
    """The digest sees which cells there are, not their versions."""
    return repr(cell).encode()[:16].ljust(16)


CARELESS = {
    "latest-clock-stays": Careless(merging, "fold", latest_clock_stays),
    "replaces-nothing": Careless(merging, "fold", replaces_nothing),
    "replaces-everything": Careless(merging, "fold", replaces_everything),
    "replaces-all-of-that-pc": Careless(merging, "fold", replaces_all_of_that_pc),
    "same-value-once": Careless(merging, "fold", same_value_once),
    "as-it-came": Careless(merging, "fold", as_it_came),
    "last-of-the-list": Careless(merging, "winner", last_of_the_list),
    "deps-not-checked": Careless(causality, "verdict", ignores(Verdict.DEPS)),
    "newer-not-checked": Careless(causality, "verdict", ignores(Verdict.NEWER)),
    "order-of-numbers": Careless(causality, "in_order", order_of_numbers),
    "order-without-waiting": Careless(causality, "in_order", order_without_waiting),
    "one-at-a-time": Careless(causality, "in_order", one_at_a_time),
    "past-without-others": Careless(causality, "past_of", past_without_others),
    "past-of-this-commit": Careless(causality, "past_of", past_of_this_commit),
    "unseen-not-checked": Careless(causality, "unseen", lambda _past, _dots: []),
    "delete-wins": Careless(merging, "row_state", delete_wins),
    "strangers-do-not-count": Careless(merging, "row_state", strangers_do_not_count),
    "knows-the-pc": Careless(merging, "has_seen", knows_the_pc),
    "hidden-with-questions": Careless(merging, "row_state", hidden_with_questions),
    "first-question-only": Careless(merging, "row_state", first_question_only),
    "two-versions-only": Careless(merging, "in_dispute", two_versions_only),
    "neighbours-only": Careless(merging, "in_dispute", neighbours_only),
    "no-questions-of-the-front-desk": Careless(
        merging, "in_dispute", no_questions_of_the_front_desk
    ),
    "any-spelling": Careless(merging, "normal", any_spelling),
    "cell-only": Careless(merging, "fingerprint", cell_only),
}
"""By name."""
