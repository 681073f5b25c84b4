"""T8: backups are made, lost, cut, changed, killed, and brought back row by row.

Half of the drills bring a fresh backup back and compare every row; the others do a backup or its
file some harm. Harm must leave either nothing or something whole, and no wrong clinic.
"""

from __future__ import annotations

import random
import selectors
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from clinic_desktop import clinic, this_pc
from clinic_desktop.config import DataDir
from clinic_desktop.errors import BadFileError, ClinicError, StorageError, WrongPasswordError
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.services.backups.container import find
from tests.proofs.audit.corpus import remember
from tests.proofs.backups.practice import (
    NEW_PASSWORD,
    Practice,
    Rows,
    command,
    differences,
    empty,
    every_row,
    make_practice,
)
from tests.proofs.result import Result

LONGEST = 6.0
"""Seconds within which a kill comes."""
FRESH = 25
"""After so many drills a new practice is begun."""


class Drills:
    """One practice, its newest whole backup, and the harm that is done to it."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self.practice = make_practice(scratch / "clinic")
        self._file = scratch / "whole.clinicbackup"
        self._into = scratch / "new"

    def run(self, number: int, seed: int) -> str:
        """One drill; what was wrong, or nothing."""
        rng = random.Random(f"{seed}-{number}")
        harm: tuple[Callable[[random.Random], str], ...] = (
            self._cut, self._changed, self._other_sheet, self._killed_backup,
            self._killed_restore, self._full_disk_backup, self._full_disk_restore,
        )  # fmt: skip
        first = not self._file.exists()
        drill = self._there_and_back if first or number % 2 == 0 else rng.choice(harm)
        try:
            wrong = drill(rng)
        except ClinicError as error:
            wrong = f"{type(error).__name__}: {error} {error.place}"
        return f"{drill.__name__.strip('_')}: {wrong}" if wrong else ""

    def _there_and_back(self, rng: random.Random) -> str:
        _key, before = self.practice.work(rng)
        made = self.practice.back_up(self._scratch / "next.clinicbackup", rng)
        made.replace(self._file)
        found = self.practice.bring_back(self._file, empty(self._into))
        again = Practice(self._into, self.practice.sheet)
        return ", ".join(differences(before, _rows_of(again, found.login)))

    # ------------------------------------------------------------ harm to the file

    def _refused(self, path: Path, sheet: RecoveryKey | None = None) -> str:
        into = empty(self._into)
        try:
            self.practice.bring_back(path, into, sheet)
        except (BadFileError, WrongPasswordError):
            return "a clinic is there" if this_pc.exists(DataDir(into)) else ""
        return "it was taken"

    def _cut(self, rng: random.Random) -> str:
        path = Path(shutil.copy(self._file, self._scratch / "cut.clinicbackup"))
        size = path.stat().st_size
        with path.open("r+b") as file:
            file.truncate(rng.choice((rng.randrange(size), size - rng.randint(1, 4096))))
        return self._refused(path)

    def _changed(self, rng: random.Random) -> str:
        raw = bytearray(self._file.read_bytes())
        place = rng.choice((rng.randrange(len(raw)), len(raw) - rng.randint(1, 3000)))
        raw[place] ^= 1 << rng.randrange(8)
        path = self._scratch / "changed.clinicbackup"
        path.write_bytes(raw)
        return self._refused(path)

    def _other_sheet(self, _rng: random.Random) -> str:
        return self._refused(self._file, RecoveryKey.new())

    # ------------------------------------------------------------ harm to the program

    def _killed_backup(self, rng: random.Random) -> str:
        folder = empty(self._scratch / "stick")
        folder.mkdir()
        file = folder / "a.clinicbackup"
        _kill(command(self.practice, "backup", str(file)), rng)
        if file.exists():
            find(file)
            self.practice.bring_back(file, empty(self._into))
        self.practice.work(rng)
        return ""

    def _killed_restore(self, rng: random.Random) -> str:
        into = empty(self._into)
        _kill(command(self.practice, "restore", str(self._file), "--into", str(into)), rng)
        if not this_pc.exists(DataDir(into)):
            self.practice.bring_back(self._file, into)
        _rows_of(Practice(into, self.practice.sheet), "amina")
        return ""

    def _full_disk_backup(self, rng: random.Random) -> str:
        folder = empty(self._scratch / "stick")
        folder.mkdir()
        file = folder / "a.clinicbackup"
        limit = rng.randint(1, int(self._file.stat().st_size * 1.1))
        process = command(self.practice, "backup", str(file), limit=limit)
        process.communicate()
        if process.returncode == 0:
            self.practice.bring_back(file, empty(self._into))
            return ""
        self.practice.work(rng)
        left = [path.name for path in folder.iterdir()]
        return f"left {left}" if left else _told(process)

    def _full_disk_restore(self, rng: random.Random) -> str:
        into = empty(self._into)
        limit = rng.randint(1, int(self._file.stat().st_size * 1.1))
        words = ("restore", str(self._file), "--into", str(into))
        process = command(self.practice, *words, limit=limit)
        process.communicate()
        if process.returncode == 0:
            _rows_of(Practice(into, self.practice.sheet), "amina")
            return ""
        return "a clinic is there" if this_pc.exists(DataDir(into)) else _told(process)


def _told(process: subprocess.Popen[bytes]) -> str:
    """A sentence of ours ends with a code of ours."""
    known = {StorageError.exit_code, 9, 12}
    return "" if process.returncode in known else f"ended with {process.returncode}"


def _kill(process: subprocess.Popen[bytes], rng: random.Random) -> None:
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:  # its end, or a moment before
        selector.register(process.stdout, selectors.EVENT_READ)
        selector.select(rng.uniform(0, LONGEST))
    process.kill()
    process.communicate()


def _rows_of(practice: Practice, login: str) -> Rows:
    opened = clinic.open_clinic(practice.data_dir, login, NEW_PASSWORD)
    key = opened.keys.key
    opened.close()
    return every_row(practice.data_dir.database, key)


def prove(size: int, seed: int, jobs: int = 1) -> Result:
    """Do this many drills."""
    passed = 0
    failures: list[str] = []
    for start in range(0, size, FRESH):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
            drills = Drills(Path(scratch))
            for number in range(start, min(start + FRESH, size)):
                wrong = drills.run(number, seed)
                if wrong:
                    failures.append(f"drill {number} of seed {seed}: {wrong}")
                else:
                    passed += 1
    return remember(Result("T8", passed, failures, seed))
