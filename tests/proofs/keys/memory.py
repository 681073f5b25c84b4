"""T22: after the record is closed behind the lock screen, its key and its people left the memory.

The real program signs somebody in and shows a chart; all its memory is then read through
``/proc/PID/mem``. Before ``clinic-desktop lock`` key and names are found there, or the search would
prove nothing; afterwards, in the same process at its lock screen, neither they nor the password.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from clinic_desktop import cli, clinic
from clinic_desktop.clock import SystemClock
from clinic_desktop.config import DataDir
from clinic_desktop.domain.names import HumanName
from clinic_desktop.security.primitives import KdfCost
from clinic_desktop.services.patients import registration
from clinic_desktop.services.patients.entry import PatientEntry, RegisterPatient
from tests.proofs.keys import driven
from tests.proofs.result import Result

CANARIES = 40
PASSWORD = "quite unguessable marmalade"
_CHUNK = 16 << 20
_LOOKS, _LOOK_S = 1200, 0.1


@dataclass(frozen=True)
class Secrets:
    """What must not be found."""

    key: bytes
    names: list[str]
    patient: UUID

    @property
    def needles(self) -> dict[str, list[bytes]]:
        """Each in the forms in which programs keep it."""
        words = [PASSWORD, *self.names]
        raw = self.key[:32]
        return {
            "key": [raw, raw.hex().encode(), raw.hex().upper().encode()],
            "password": [_forms(PASSWORD)[0], _forms(PASSWORD)[1]],
            "names": [form for word in words[1:] for form in _forms(word)],
        }


def _forms(word: str) -> tuple[bytes, bytes]:
    return word.encode(), word.encode("utf-16-le")


def make(root: Path, seed: int) -> Secrets:
    """A clinic with patients whose names stand nowhere else."""
    new = clinic.NewClinic("Proof", "amina", "Dr Amina Kamau", PASSWORD)
    made = clinic.create(DataDir(root), new, SystemClock(), KdfCost(32 * 1024, 2, 1))
    names = [f"Qx{seed:04d}vz{number:04d}wj" for number in range(CANARIES)]
    try:
        ids = []
        for name in names:
            entry = RegisterPatient(PatientEntry(HumanName(family=name)), consents=("treatment",))
            ids.append(made.store.write(made.actor, registration.register, entry).result())
    finally:
        made.close()
    return Secrets(made.keys.key, names, ids[0])


def memory_of(pid: int) -> Iterator[bytes]:
    """All readable memory of a process, in pieces that overlap a little."""
    with Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            found = re.match(r"([0-9a-f]+)-([0-9a-f]+) (r\S+)", line)
            if found is None or line.endswith(("[vvar]", "[vsyscall]")):
                continue
            start, end = int(found[1], 16), int(found[2], 16)
            for at in range(start, end, _CHUNK):
                try:
                    memory.seek(at)
                    yield memory.read(min(_CHUNK + 256, end - at))
                except OSError:
                    continue


def look(pid: int, secrets: Secrets) -> dict[str, int]:
    """How many of each kind of secret are in a process's memory."""
    counts = dict.fromkeys(secrets.needles, 0)
    for piece in memory_of(pid):
        for kind, needles in secrets.needles.items():
            counts[kind] += sum(piece.count(needle) for needle in needles)
    return counts


def _wait_for_lock_screen(program: subprocess.Popen[str]) -> None:
    """Wait for the program to end, looking now and then whether it has become its lock screen.

    That it became another program and loaded its window is told to nobody.
    """
    here = Path(f"/proc/{program.pid}")
    for _look in range(_LOOKS):
        words = (here / "cmdline").read_bytes().split(b"\0")
        if b"clinic_desktop" in words and "libQt6Widgets" in (here / "maps").read_text():
            return
        with suppress(subprocess.TimeoutExpired):
            raise RuntimeError(f"it ended with {program.wait(_LOOK_S)}")
    raise TimeoutError


def run_once(root: Path, seed: int) -> list[str]:
    """One evening: what was still found, in words."""
    data_dir = DataDir(root)
    secrets = make(root, seed)
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", driven.__name__, str(root), str(secrets.patient)]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        try:
            assert program.stdin is not None
            assert program.stdout is not None
            program.stdin.write(PASSWORD + "\n")
            program.stdin.flush()
            assert program.stdout.readline() == "open\n"
            before = look(program.pid, secrets)
            if not (before["key"] and before["names"]):
                return [f"run {seed}: the search is blind: {before}"]
            if cli.run(["--data-dir", str(data_dir.root), "lock", "--json"]):
                return [f"run {seed}: it did not lock"]
            _wait_for_lock_screen(program)
            found = {kind: n for kind, n in look(program.pid, secrets).items() if n}
            return [f"run {seed}: still in memory: {found}"] if found else []
        finally:
            program.kill()


def prove(size: int, seed: int, jobs: int = 1) -> Result:
    """``size`` evenings."""
    failures: list[str] = []
    for number in range(size):
        with tempfile.TemporaryDirectory() as scratch:
            failures += run_once(Path(scratch) / "clinic", seed + number)
    return Result("T22", size - len(failures), failures, seed)
