"""T1: the power goes at any moment of a working day, and no save that was told is lost.

A process makes the saves of a day on a recorded disk; then every state that the disk may be in
after a power cut is built (writes since the last sync missing, reordered, torn by sectors) and
opened.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.proofs.result import Result
from tests.proofs.storage import recorder, working_day
from tests.proofs.storage.afterwards import faults, put
from tests.proofs.storage.power_cut import cuts

STATES_A_DAY = 20_000
"""Power cuts of one recorded day; a larger proof records more days."""
SAVES_A_DAY = 150
WHOLE_EACH = 50
"""Each so many states the program itself opens the record."""


@dataclass(frozen=True)
class Recorded:
    """A day on a recorded disk."""

    folder: Path
    key: bytes
    seed: int
    count: int

    @property
    def start(self) -> Path:
        return self.folder / "start"

    @property
    def log(self) -> Path:
        return self.folder / "log"


def record_day(
    folder: Path, seed: int, count: int, saves: int = SAVES_A_DAY, *manner: str
) -> Recorded:
    """Work for a day below ``folder`` and record what was asked of the disk."""
    root = folder / "clinic"
    root.mkdir(parents=True)
    key, actor = working_day.make_clinic(root)
    shutil.copytree(root, folder / "start")
    day = Recorded(folder, key, seed, count)
    command = [sys.executable, "-m", working_day.__name__, str(root), "--saves", str(saves)]
    environment = recorder.environment(root, log=day.log) | working_day.environment_of(key, actor)
    subprocess.run([*command, "--seed", str(seed), *manner], env=environment, check=True)
    return day


def check_share(day: Recorded, share: tuple[int, int]) -> tuple[int, list[str]]:
    """Check each n-th power cut of a day; how many held, and what was wrong with the others."""
    held, wrong = 0, []
    place = day.folder / f"after-{share[0]}"
    for number, left in cuts(day.start, recorder.read_log(day.log), day.count, day.seed, share):
        put(left, place)
        found = faults(place, day.key, left.acked, whole=number % WHOLE_EACH == 0)
        if found:
            wrong.append(f"day {day.seed} cut {number} of {day.count}: {'; '.join(found[:3])}")
        else:
            held += 1
    shutil.rmtree(place, ignore_errors=True)
    return held, wrong


def prove(size: int, seed: int, jobs: int = 1) -> Result:
    """``size`` power cuts, over as many recorded days as that takes."""
    passed = 0
    failures: list[str] = []
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made below it
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as scratch:
        for number, first in enumerate(range(0, size, STATES_A_DAY)):
            count = min(STATES_A_DAY, size - first)
            saves = min(SAVES_A_DAY, 10 + count // 20)
            day = record_day(Path(scratch) / str(number), seed + number, count, saves)
            with ProcessPoolExecutor(jobs) as pool:
                shares = [(share, jobs) for share in range(jobs)]
                for held, wrong in pool.map(check_share, [day] * jobs, shares):
                    passed += held
                    failures += wrong
            shutil.rmtree(day.folder)
    return Result("T1", passed, failures, seed)
