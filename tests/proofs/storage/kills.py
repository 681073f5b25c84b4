"""T2: the program is killed in the middle of its work, again and again, on one record.

After some saves the process gets, at a moment of its own within the next one,
SIGKILL (``TerminateProcess`` on Windows). What it had said is saved must be there.
"""

from __future__ import annotations

import multiprocessing
import random
import selectors
import tempfile
from pathlib import Path

from tests.proofs.result import Result, progress
from tests.proofs.storage import forked, working_day
from tests.proofs.storage.afterwards import faults
from tests.proofs.storage.recorder import ACKED, ARMED

KILLS_A_CLINIC = 25
"""After so many kills a new record is begun."""
LONGEST_SAVE = 0.02
"""Seconds; the kill comes within this time after a save was told."""


def kill_once(root: Path, environment: dict[str, str], seed: int) -> bool:
    """Start the program on a folder and kill it at work; ``False`` if it had nothing left to do."""
    rng = random.Random(seed)
    reading, writing = multiprocessing.Pipe(duplex=False)
    words = [str(root), "--saves", "400", "--aloud", "--seed", str(seed)]
    process = forked.begin(words, environment, root.with_suffix(".said"), told=writing)
    writing.close()
    with open(reading.fileno(), "rb", buffering=0, closefd=False) as pipe:
        told = [pipe.readline() for _save in range(rng.randint(1, 8))]
    with selectors.DefaultSelector() as selector:  # the next save, or a moment within it
        selector.register(reading, selectors.EVENT_READ)
        selector.select(rng.uniform(0, LONGEST_SAVE))
    running = process.is_alive()
    process.kill()
    process.join()
    process.close()
    reading.close()
    return running and all(told)


def prove(size: int, seed: int, jobs: int = 1) -> Result:
    """Kill the program ``size`` times."""
    passed = 0
    failures: list[str] = []
    with tempfile.TemporaryDirectory() as scratch:
        root, key, environment = Path(scratch), b"", {}
        for number in range(size):
            if number % KILLS_A_CLINIC == 0:
                root = Path(scratch) / str(number)
                root.mkdir()
                key, actor = working_day.make_clinic(root)
                environment = working_day.environment_of(key, actor)
            (root / ARMED).unlink(missing_ok=True)
            if not kill_once(root, environment, seed + number):
                failures.append(f"kill {number}: the program ended by itself")
            acked = (root / ACKED).read_text().split("\n")[:-1]
            found = faults(root, key, acked, whole=number % KILLS_A_CLINIC == 0)
            if found:
                failures.append(f"kill {number}: {'; '.join(found[:3])}")
            else:
                passed += 1
            if number % 100 == 99:
                progress("T2", number + 1, size, failures)
    return Result("T2", passed, failures, seed)
