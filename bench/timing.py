"""A piece of work and its floor, repeated in turns so that both meet the same machine."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple


class Spent(NamedTuple):
    """What doing something once took, in seconds."""

    wall: float
    cpu: float
    """Of all threads of this process: it stays the same on a machine that is busy."""


Timed = Callable[[], Spent]
"""Does something once."""


class Stopwatch:
    """Runs from its making on."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def spent(self) -> Spent:
        """The time until now."""
        return Spent(time.perf_counter() - self._wall, time.process_time() - self._cpu)


@dataclass
class Line:
    """One line of the table: what our work took beside its floor."""

    work: str
    floor: str
    goal: float | None = None
    """Highest ratio of the medians that is good enough."""
    budget_ms: float | None = None
    ours: list[Spent] = field(default_factory=list)
    floors: list[Spent] = field(default_factory=list)
    note: str = ""

    @property
    def ratio(self) -> float:
        """Our median over the floor's, by the clock."""
        return _ratio([each.wall for each in self.ours], [each.wall for each in self.floors])

    @property
    def cpu_ratio(self) -> float:
        """The same of the processor's time; NaN where it is spent in other processes."""
        return _ratio([each.cpu for each in self.ours], [each.cpu for each in self.floors])

    @property
    def is_met(self) -> bool:
        """Whether the ratio and the budget are kept."""
        in_ratio = self.goal is None or self.ratio <= self.goal
        times = [each.wall for each in self.ours]
        return in_ratio and (self.budget_ms is None or self.budget_ms >= p95(times) * 1000)


def _ratio(ours: list[float], floors: list[float]) -> float:
    floor = statistics.median(floors)
    return statistics.median(ours) / floor if floor > 0 else math.nan


def p95(times: list[float]) -> float:
    """The 95th percentile, by nearest rank."""
    return sorted(times)[math.ceil(0.95 * len(times)) - 1]


def timed(work: Callable[[], object]) -> Timed:
    """All of the work counts."""

    def once() -> Spent:
        watch = Stopwatch()
        work()
        return watch.spent()

    return once


def interleave(line: Line, ours: Timed, floor: Timed, repeats: int, warm: int = 2) -> Line:
    """Run both ``repeats`` times in turns, after ``warm`` turns that do not count."""
    for turn in range(-warm, repeats):
        mine, bare = ours(), floor()
        if turn >= 0:
            line.ours.append(mine)
            line.floors.append(bare)
    return line
