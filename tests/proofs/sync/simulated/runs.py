"""Whatever happens to PCs, network and server, no save that was told is lost, and all agree."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor

from tests.proofs.result import Result, progress
from tests.proofs.sync.simulated.machines import PowerCut
from tests.proofs.sync.simulated.practice import Template, template
from tests.proofs.sync.simulated.world import World

NAME = "simulation"
REPORT = 200


def faults_of(made: Template, seed: int) -> list[str]:
    """What did not hold in one history; an error of the program counts."""
    try:
        return World(made, seed).play()
    except (Exception, PowerCut):  # noqa: BLE001 - whatever the program raises is a finding
        return [f"seed {seed}: {traceback.format_exc()}"]


def prove(size: int, seed: int, jobs: int) -> Result:
    """Play ``size`` histories, the first with the number ``seed``."""
    parts = [range(seed + at, seed + size, jobs) for at in range(jobs)]
    if jobs == 1:
        found = [_part(parts[0])]
    else:
        with ProcessPoolExecutor(jobs) as pool:
            found = list(pool.map(_part, parts))
    failures = [each for part in found for each in part]
    return Result(NAME, size - len(failures), failures, seed)


def _part(seeds: Iterable[int]) -> list[str]:
    failures: list[str] = []
    numbers = list(seeds)
    with template() as made:
        for done, number in enumerate(numbers, 1):
            failures += faults_of(made, number)
            if done % REPORT == 0:
                progress(NAME, done, len(numbers), failures)
    return failures
