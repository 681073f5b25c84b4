"""Who had seen what: the order of commits of several PCs, without any clock.

A *past* tells for each PC up to which of its commits somebody had applied everything. Commits are
applied only when their past is there, so a past never has holes, whatever way they came.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from enum import Enum
from typing import NamedTuple, TypeVar

K = TypeVar("K", bytes, int)
Past = Mapping[bytes, int]
"""The highest commit number of each PC; one that is missing stands for 0."""


class Dot(NamedTuple):
    """The name of a commit, the same on all PCs; those of one PC are numbered from 1."""

    device: bytes
    number: int


class Heading(NamedTuple):
    """What decides when a commit can be applied."""

    dot: Dot
    deps: Past
    """What its PC had applied since its previous commit: entries that changed only."""
    min_reader: int = 0
    """The oldest schema version that may apply it."""


class Verdict(Enum):
    """What to do with a commit that arrived."""

    APPLY = "apply"
    DUPLICATE = "duplicate"
    """Applied long ago: drop it."""
    GAP = "gap"
    """Earlier commits of the same PC are missing: keep it for later."""
    DEPS = "deps"
    """Commits of other PCs that its author had seen are missing: keep it for later."""
    NEWER = "newer"
    """Only a newer program can apply it, and what builds on it: keep it until the update."""


def has_seen(past: Mapping[K, int], dot: tuple[K, int]) -> bool:
    """Whether a commit lies in a past; a record may name PCs by numbers of its own."""
    device, number = dot
    return past.get(device, 0) >= number


def unseen(past: Mapping[K, int], dots: Iterable[tuple[K, int]]) -> list[tuple[K, int]]:
    """Those that whoever had this past cannot know; a commit that replaces one is not lawful."""
    return [dot for dot in dots if not has_seen(past, dot)]


def reach(past: dict[K, int], deps: Mapping[K, int], dot: tuple[K, int]) -> None:
    """Go on from the past of a PC's commit to that of its next one, in place."""
    for device, number in deps.items():
        if past.get(device, 0) < number:
            past[device] = number
    device, number = dot
    past[device] = number


def past_of(before: Past, heading: Heading) -> dict[bytes, int]:
    """All that the author of a commit had applied, the commit itself included.

    ``before`` is the past of that PC's previous commit, empty for its first. This is a function of
    the commits alone, so every PC finds the same.
    """
    past = dict(before)
    reach(past, heading.deps, heading.dot)
    return past


def verdict(held: Past, heading: Heading, reader: int) -> Verdict:
    """Whether a commit can be applied on top of ``held`` by a program of schema ``reader``."""
    device, number = heading.dot
    have = held.get(device, 0)
    if number <= have:
        return Verdict.DUPLICATE
    if number != have + 1:
        return Verdict.GAP
    if any(held.get(other, 0) < wanted for other, wanted in heading.deps.items()):
        return Verdict.DEPS
    return Verdict.NEWER if heading.min_reader > reader else Verdict.APPLY


class Order(NamedTuple):
    """What can be done with a heap of commits."""

    ready: list[Dot]
    """To be applied in this order."""
    waiting: dict[Dot, Verdict]
    """To be kept: ``GAP``, ``DEPS`` or ``NEWER``."""
    duplicates: list[Dot]
    """To be dropped."""


def in_order(held: Past, headings: Collection[Heading], reader: int) -> Order:
    """Sort what arrived, in whatever order and however often, into what can be done with it."""
    reached = dict(held)
    queues: dict[bytes, dict[int, Heading]] = defaultdict(dict)
    ready: list[Dot] = []
    duplicates: list[Dot] = []
    for each in headings:
        queue = queues[each.dot.device]
        if has_seen(held, each.dot) or each.dot.number in queue:
            duplicates.append(each.dot)
        else:
            queue[each.dot.number] = each
    progress = True
    while progress:
        progress = False
        for device in sorted(queues):
            queue = queues[device]
            while (following := queue.get(reached.get(device, 0) + 1)) is not None:
                if verdict(reached, following, reader) is not Verdict.APPLY:
                    break
                progress = True
                reached[device] = following.dot.number
                ready.append(following.dot)
    waiting = {
        each.dot: verdict(reached, each, reader)
        for queue in queues.values()
        for each in queue.values()
        if not has_seen(reached, each.dot)
    }
    return Order(ready, waiting, duplicates)
