"""T3: calls of the disk fail (full, broken) in the middle of the work, once or from then on.

Each case is a process that works while writes, syncs, truncations or openings of the record's
files fail. A save may be refused, in a sentence; a save that was told is there; the record is
whole; and no error is anything but a sentence.
"""

from __future__ import annotations

import errno
import math
import random
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from clinic_desktop.domain.permissions import Actor
from tests.proofs.result import Result, in_memory, progress
from tests.proofs.storage import forked, recorder, working_day
from tests.proofs.storage.afterwards import faults

SAVES = 30


@dataclass(frozen=True)
class Clinic:
    """A closed clinic to be copied for each case."""

    root: Path
    key: bytes
    actor: Actor


def how(rng: random.Random) -> tuple[str, int]:
    """What fails, as ``disk.c`` takes it, and how many saves are made meanwhile."""
    kind = rng.choice("wwsta")
    # As many early as late ones: from each second call to one in hours of work.
    number = round(math.exp(rng.uniform(0, math.log(400 if kind in "wa" else 40))))
    error = rng.choice((errno.EIO, errno.ENOSPC, errno.EDQUOT))
    often = rng.choice(("once", "ever", "each"))
    # After the one failure that there is, a few more saves are enough.
    saves = min(SAVES, 5 + number // (4 if kind in "wa" else 1)) if often == "once" else SAVES
    return f"{kind}:{number}:{error}:{often}", saves


def fail_once(
    clinic: Clinic, folder: Path, fail: str, saves: int, seed: int
) -> tuple[int, list[str]]:
    """Work on a copy of the clinic while its disk fails; how many calls did, and what is wrong."""
    root, log = folder / "clinic", folder / "log"
    shutil.copytree(clinic.root, root)
    environment = recorder.wishes(root, log=log, fail=fail)
    environment |= working_day.environment_of(clinic.key, clinic.actor)
    said = forked.run([str(root), "--saves", str(saves), "--seed", str(seed)], environment)
    count = sum(step.kind == "f" for step in recorder.read_log(log))
    acked = (root / recorder.ACKED).read_text().split("\n")[:-1]
    wrong = faults(root, clinic.key, acked, whole=True)
    if "Traceback" in said:
        wrong.append(said.strip().split("\n")[-1])
    shutil.rmtree(folder)
    return count, wrong


def prove(size: int, seed: int, jobs: int = 1) -> Result:
    """Work until ``size`` calls of the disk have failed."""
    passed, rng = 0, random.Random(seed)
    failures: list[str] = []
    with (
        tempfile.TemporaryDirectory(dir=in_memory()) as scratch,
        ThreadPoolExecutor(jobs) as pool,
    ):
        root = Path(scratch) / "start"
        root.mkdir()
        clinic = Clinic(root, *working_day.make_clinic(root))
        number = 0
        while passed < size and len(failures) < 20:
            cases = [(number + each, how(rng)) for each in range(jobs)]
            number += jobs

            def run(case: tuple[int, tuple[str, int]]) -> tuple[int, list[str]]:
                which, (fail, saves) = case
                return fail_once(clinic, Path(scratch) / str(which), fail, saves, seed + which)

            for case, (count, wrong) in zip(cases, pool.map(run, cases), strict=True):
                if wrong:
                    failures.append(f"{case[1][0]} seed {seed + case[0]}: {'; '.join(wrong[:3])}")
                else:
                    passed += count
            if number % 100 == 0:
                progress("T3", passed, size, failures)
    print(f"{number} days of work")
    return Result("T3", passed, failures, seed)
