"""T14: guessing at random, with restarts of program and PC and false clocks, against an oracle.

The oracle keeps true time and counts by itself. No guess of a password or of a phone's code may be
looked at before its time, no owner with the right one may be kept out longer than said, no code may
count twice or outside its minute and a half, and no name may tell by the answer whether it exists.
"""

from __future__ import annotations

import random
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from clinic_desktop.clock import FixedClock
from clinic_desktop.errors import TooManyAttemptsError, WrongCodeError, WrongPasswordError
from clinic_desktop.security.attempts import Attempts
from clinic_desktop.security.second_factor import Offer, accepted
from tests.proofs.result import Result
from tests.support.phone import Phone

NAMES = ("ann", "bo", "nobody")
STEPS = 60
DUE = [0, 0, 0, 0, 1, 2, 4, 8, 16, 32]
"""Written anew here: seconds after so many failures; 900 from the tenth on."""


class _Pc(FixedClock):
    """A PC that can be started anew and whose clock can be set."""

    def restart(self) -> None:
        self._up = 1.0

    def set_wall(self, days: int) -> None:
        up = self._up
        self.advance(days=days)
        self._up = up


@dataclass
class _Oracle:
    """What really happened."""

    true_time: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)
    last: dict[str, float] = field(default_factory=dict)
    all_last: float = 0.0

    def least_wait(self, name: str) -> float:
        """Before this a guess must not be looked at."""
        count = self.counts.get(name, 0)
        own = _due(count) - (self.true_time - self.last.get(name, -1e9))
        every = _due(max(sum(self.counts.values()) - 7, 0)) - (self.true_time - self.all_last)
        return max(own, every, 0.0)


def _due(count: int) -> int:
    return DUE[count] if count < len(DUE) else 900


def _play(path: Path, rng: random.Random) -> str:
    pc, truth = _Pc(datetime(2026, 11, 22, tzinfo=UTC)), _Oracle()
    since_start = 1000.0
    for _step in range(STEPS):
        attempts = Attempts(path, pc)  # as after a restart of the program
        gap = rng.choice([0, 0, 1, 3, 40, 1000])
        pc.advance(seconds=gap)
        truth.true_time += gap
        since_start += gap
        if rng.random() < 0.1:
            pc.set_wall(rng.choice([-4000, -1, 1, 4000]))
        if rng.random() < 0.05:
            pc.restart()
            since_start = 1.0
            truth.true_time += 1.0
            attempts.wait(NAMES[0])  # as the lock screen asks when the program starts
        name, right = rng.choice(NAMES), rng.random() < 0.2
        is_right = right and name != "nobody"
        before = truth.least_wait(name)
        if attempts.wait(name) > 900:
            return "a wait is longer than said"
        try:
            with attempts.counted(name):
                if before > 0:
                    return f"looked at {before:.0f} s too early"
                _check(is_right=is_right)
        except TooManyAttemptsError:
            if before <= 0 and since_start > 900 and truth.counts.get(name, 0) < 100:
                return "kept out though the time was over"
            continue
        except WrongPasswordError:
            truth.counts[name] = truth.counts.get(name, 0) + 1
            truth.last[name] = truth.all_last = truth.true_time
            continue
        truth.counts.pop(name, None)
        truth.last.pop(name, None)
    return ""


def _check(*, is_right: bool) -> None:
    if not is_right:
        raise WrongPasswordError("no")


CODE_FREE, CODE_WAIT = 5, 300
"""Written anew here."""


@dataclass
class _CodeOracle:
    """What really happened with the codes of one person."""

    phone: Phone
    left: list[str]
    """Recovery codes that nobody used."""
    used: set[int] = field(default_factory=set)
    fails: int = 0
    true_time: float = 0.0
    last_fail: float = -1e9

    def is_too_early(self) -> bool:
        return self.fails >= CODE_FREE and self.true_time - self.last_fail < CODE_WAIT

    def is_right(self, typed: str, wall: float) -> bool:
        """Without looking at how the program decides: all codes of the time, and none twice."""
        now = int(wall) // 30
        steps = [step for step in (now - 1, now, now + 1) if step > max(self.used, default=-1)]
        found = next((step for step in steps if self.phone.shows(step * 30) == typed), None)
        if found is not None:
            self.used.add(found)
        elif typed in self.left:
            self.left.remove(typed)
        else:
            return False
        return True


def _typed(rng: random.Random, pc: _Pc, truth: _CodeOracle, codes: tuple[str, ...]) -> str:
    wall = pc.now().timestamp()
    return rng.choice(
        [
            truth.phone.shows(wall + 30 * rng.randint(-3, 3)),
            truth.phone.shows(30 * max(truth.used, default=0)),
            rng.choice(codes),
            f"{rng.randrange(10**6):06}",
        ]
    )


def _play_codes(path: Path, rng: random.Random) -> str:
    pc, offer = _Pc(datetime(2026, 11, 22, tzinfo=UTC)), Offer.new()
    truth, kept = _CodeOracle(Phone(offer.seed), list(offer.codes)), offer.kept()
    since_start = 1000.0
    for _step in range(STEPS):
        attempts = Attempts(path, pc)
        gap = rng.choice([0, 1, 20, 40, 100, 400])
        pc.advance(seconds=gap)
        truth.true_time += gap
        since_start += gap
        if rng.random() < 0.15:
            pc.set_wall(rng.choice([-4000, -1, 1, 4000]))
        if rng.random() < 0.05:
            pc.restart()
            since_start = 1.0
        typed, too_early = _typed(rng, pc, truth, offer.codes), truth.is_too_early()
        try:
            with attempts.counted_code("ann"):
                if too_early:
                    return "a code was looked at too early"
                after = accepted(kept, typed, pc.now().timestamp())
                if (after is not None) != truth.is_right(typed, pc.now().timestamp()):
                    return "a code counted that must not, or a right one did not"
                _check_code(is_right=after is not None)
                kept, truth.fails = after or kept, 0
        except TooManyAttemptsError:
            if not too_early and since_start > CODE_WAIT and truth.fails < 100:
                return "kept out though the time for codes was over"
        except WrongCodeError:
            truth.fails, truth.last_fail = truth.fails + 1, truth.true_time
    return ""


def _check_code(*, is_right: bool) -> None:
    if not is_right:
        raise WrongCodeError("no")


def prove(size: int, seed: int, jobs: int = 1) -> Result:
    """``size`` random histories of ``STEPS`` guesses at passwords, and as many at codes."""
    failures = []
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(size):
            chance, path = random.Random(seed + number), Path(scratch) / f"{number}.json"
            wrong = _play(path, chance) or _play_codes(path.with_suffix(".codes"), chance)
            if wrong:
                failures.append(f"history {seed + number}: {wrong}")
    return Result("T14", size - len(failures), failures, seed)
