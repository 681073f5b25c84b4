"""T7: the power goes while the record's key is changed or the key file is written.

Whatever the disk kept, the owner opens the record with exactly the old or the new key, every page
reads back, what was said to be kept is there, and whoever was let in or sent away before is so.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlcipher3

from clinic_desktop import clinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.db.engine import connect
from clinic_desktop.db.rekeying import came_through, opens
from clinic_desktop.errors import ClinicError
from clinic_desktop.security.primitives import Identity
from tests.proofs.keys import changing
from tests.proofs.result import Result, in_memory
from tests.proofs.storage import recorder
from tests.proofs.storage.afterwards import put
from tests.proofs.storage.power_cut import cuts
from tests.proofs.storage.working_day import DAY

STATES_A_RUN = 4_000


def record(folder: Path, rounds: int) -> Identity:
    """Change keys below ``folder`` on a recorded disk; the owner's private keys."""
    root = folder / "clinic"
    root.mkdir(parents=True)
    new = clinic.NewClinic("Proof", "amina", "Dr Amina Kamau", changing.PASSWORD)
    made = clinic.create(DataDir(root), new, FixedClock(DAY), changing.CHEAP)
    made.close()
    shutil.copytree(root, folder / "start")
    command = [sys.executable, "-m", changing.__name__, str(root), "--rounds", str(rounds)]
    environment = recorder.environment(root, log=folder / "log")
    environment[changing.OWNER] = bytes(made.keys.identity).hex()
    subprocess.run(command, env=environment, check=True)
    return made.keys.identity


def faults(folder: Path, owner: Identity, acked: list[str]) -> list[str]:
    """What is wrong; nothing, if the promise holds."""
    data_dir = DataDir(folder)
    try:
        keys = changing.keys_of(data_dir, owner)
        path = data_dir.database
        fitting = [key for key in (keys.key, keys.coming) if key and opens(path, key)]
        if len(fitting) != 1:
            return [f"{len(fitting)} keys of the key file open the record"]
        if keys.coming is not None:
            keys.settle(came=came_through(path, keys.key, keys.coming))
        again = changing.keys_of(data_dir, owner)
        with closing(connect(path, again.key)) as found:
            wrong = [str(row[0]) for row in found.execute("PRAGMA cipher_integrity_check")]
            wrong += [r[0] for r in found.execute("PRAGMA quick_check(5)") if r[0] != "ok"]
            return wrong + _lost(found, {str(slot.user) for slot in again.vault.slots}, acked)
    except (sqlcipher3.Error, ClinicError, ValueError) as error:
        return [f"{type(error).__name__}: {error}"]


def _lost(found: Any, inside: set[str], acked: list[str]) -> list[str]:
    told: dict[str, str] = {}
    wrong = []
    for line in acked:
        kind, _space, what = line.partition(" ")
        if kind in {"in", "out"}:
            told[what] = kind
        elif kind == "kept":
            row = found.execute("SELECT 1 FROM setting WHERE key = ?", (f"round.{what}",))
            wrong += [] if row.fetchone() else [f"round {what} is lost"]
    # Whoever comes next may be half-way in or out: only the last word is not yet certain.
    certain = list(told.items())[:-1] if acked and acked[-1].startswith(("in", "out")) else told
    for user, kind in dict(certain).items():
        if (kind == "in") != (user in inside) and not (kind == "in" and _leaves_next(user)):
            wrong.append(f"{user} is not {kind}")
    return wrong


def _leaves_next(user: str) -> bool:
    return int(user[-1], 16) % 2 == 1


def prove(size: int, seed: int, jobs: int = 1) -> Result:
    """``size`` power cuts over as many recorded runs as that takes."""
    passed = 0
    failures: list[str] = []
    with tempfile.TemporaryDirectory(dir=in_memory()) as scratch:
        for run, first in enumerate(range(0, size, STATES_A_RUN)):
            folder, count = Path(scratch) / str(run), min(STATES_A_RUN, size - first)
            owner = record(folder, rounds=2 + count // 500)
            steps = recorder.read_log(folder / "log")
            place = folder / "after"
            for number, left in cuts(folder / "start", steps, count, seed + run, (0, 1)):
                put(left, place)
                wrong = faults(place, owner, left.acked)
                passed += not wrong
                if wrong:
                    failures.append(f"run {seed + run} cut {number} of {count}: {wrong[0]}")
            shutil.rmtree(folder)
    return Result("T7", passed, failures, seed)
