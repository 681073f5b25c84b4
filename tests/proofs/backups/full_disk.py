"""T4: the disk fills up at every step of a working day; what was told to be saved is there.

Each case gives the clinic a little more room than the last. Every second one keeps a ballast: given
up at the first refusal it lets the work go on, and when room is made at the end, so does the
program. Where the system lets us, the room is a small disk of its own (tmpfs), so that the system
itself says that it is full; elsewhere the largest file that the program may write is limited.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.proofs.audit.corpus import remember
from tests.proofs.result import Result, progress
from tests.proofs.storage import forked, working_day
from tests.proofs.storage.afterwards import faults
from tests.proofs.storage.recorder import ACKED

SAVES = 60
BALLAST = 192 << 10
"""Of the program's own 64 MiB a day of the proof would never come to the end."""
_ROOM = 1200 << 10
"""Bytes that the day needs beside the clinic; the steps lie between none and this."""


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[bool]:
    """Mount a disk of this size there; ``False`` where the system does not let us."""
    folder.mkdir(parents=True)
    mount = shutil.which("mount")
    done = bool(mount) and not subprocess.run(
        [str(mount), "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
        capture_output=True, check=False,
    ).returncode  # fmt: skip
    try:
        yield done
    finally:
        if done:
            subprocess.run(["umount", str(folder)], check=True)


def fill_once(
    scratch: Path, source: Path, environment: dict[str, str], room: int, ballast: int
) -> list[str]:
    """Work on a copy with so much room; what is wrong afterwards."""
    key = bytes.fromhex(environment[working_day.KEY])
    whole = scratch / "afterwards"
    used = sum(path.stat().st_size for path in source.rglob("*") if path.is_file())
    kept = ballast * 4  # itself, what has to be free beside it, and what is freed at the end
    with small_disk(scratch / "disk", used + 65536 + room + kept) as is_disk:
        root = Path(shutil.copytree(source, scratch / "disk" / "clinic"))
        if ballast and is_disk:
            (root / working_day.FILLER).write_bytes(bytes(ballast * 2))
        largest = (root / "clinic.db").stat().st_size // 2
        said = forked.run(
            [str(root), "--saves", str(SAVES), "--ballast", str(ballast)],
            environment,
            largest_file=0 if is_disk else largest + room,
        )
        # Somebody made room: what is there is looked at on a disk that has enough.
        shutil.copytree(root, whole)
    acked = (whole / ACKED).read_text().split("\n") if (whole / ACKED).exists() else []
    told = acked[:-1]
    if told and len(told[-1].split(" ")) < 2:
        told.pop()  # the list of the proof itself was cut by the full disk
    bare = "Traceback" in said and "StorageError" not in said
    found = faults(whole, key, told, whole=True)
    shutil.rmtree(whole)
    shutil.rmtree(scratch / "disk")
    never_opens = "AssertionError" in said
    if never_opens or (bare and "OSError: [Errno" not in said):
        found.append(said.strip().splitlines()[-1])
    return found


def prove(size: int, seed: int, jobs: int = 1) -> Result:
    """Let the disk fill up ``size`` times, each time a little later."""
    passed = 0
    failures: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        source = scratch / "clinic"
        source.mkdir()
        key, actor = working_day.make_clinic(source)
        environment = working_day.environment_of(key, actor)
        for number in range(size):
            room = (number * _ROOM // size + seed) // 4096 * 4096
            ballast = BALLAST if number % 2 else 0
            found = fill_once(scratch, source, environment, room, ballast)
            if found:
                failures.append(f"room {room}, ballast {ballast}: {'; '.join(found[:3])}")
            else:
                passed += 1
            if number % 100 == 99:
                progress("T4", number + 1, size, failures)
    return remember(Result("T4", passed, failures, seed))
