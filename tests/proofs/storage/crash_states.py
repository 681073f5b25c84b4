"""T1: the power goes at any moment of a working day, and no save that was told is lost.

A process of its own makes the saves of a day on a recorded disk; then states that the disk may be
in after a power cut are built (writes since the last sync missing, reordered, torn by sectors) and
opened. Disks that are equal are looked at once, and so are records that SQLite makes of different
disks with the same pages: it finds the end of the log of each, and only then is compared.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import sqlcipher3
from sqlcipher3 import dbapi2

from clinic_desktop.config import DataDir
from clinic_desktop.domain.permissions import Actor
from tests.proofs.audit.corpus import remember
from tests.proofs.result import Result, in_memory, progress
from tests.proofs.storage import forked, recorder, working_day
from tests.proofs.storage.afterwards import Verdict, examine, put
from tests.proofs.storage.power_cut import Kept, Left, cuts

INDEX = slice(16, 40)
"""How many frames, pages, their checksum and salt: https://sqlite.org/walformat.html, 2.1."""

STATES_A_DAY = 5_000
"""Power cuts of one recorded day; a larger proof records more days."""
DAYS = (20, 20, 40, 20, 20, 80, 20, 20, 40, 150)
"""Saves of the days in turn; the long ones fill the log of changes until it is emptied."""
WHOLE_EACH = 10
"""Each so many different records the program itself opens, too."""


@dataclass(frozen=True)
class Checked:
    """How many power cuts held, what was wrong with the others, how many were different."""

    held: int
    failures: list[str]
    disks: int
    records: int

    def __add__(self, other: Checked) -> Checked:
        return Checked(
            self.held + other.held,
            self.failures + other.failures,
            self.disks + other.disks,
            self.records + other.records,
        )


@dataclass(frozen=True)
class Beginning:
    """A closed clinic, to be copied for each day."""

    root: Path
    key: bytes
    actor: Actor


@dataclass(frozen=True)
class Recorded:
    """A day on a recorded disk."""

    folder: Path
    start: Path
    key: bytes
    seed: int
    count: int

    @property
    def log(self) -> Path:
        return self.folder / "log"


def begin(folder: Path) -> Beginning:
    """A clinic before its first day, made below ``folder``."""
    folder.mkdir(parents=True)
    return Beginning(folder, *working_day.make_clinic(folder))


def record_day(
    beginning: Beginning, folder: Path, seed: int, count: int, saves: int, *manner: str
) -> Recorded:
    """Work for a day below ``folder`` and record what was asked of the disk."""
    root = folder / "clinic"
    shutil.copytree(beginning.root, root)
    day = Recorded(folder, beginning.root, beginning.key, seed, count)
    environment = working_day.environment_of(beginning.key, beginning.actor)
    environment |= recorder.wishes(root, log=day.log)
    said = forked.run([str(root), "--saves", str(saves), "--seed", str(seed), *manner], environment)
    if "Traceback" in said:
        raise RuntimeError(said)
    return day


@dataclass(frozen=True)
class Lying:
    """A file as the last power cut left it."""

    inode: int
    syncs: int
    parts: Kept
    unsafe_from: int
    """Up to there it is what was synced."""

    @property
    def kept(self) -> tuple[int, int, Kept]:
        """As ``Left`` has it."""
        return self.inode, self.syncs, self.parts


class Judge:
    """Tells of each power cut of a day what is wrong, and remembers what it has seen."""

    def __init__(self, day: Recorded, place: Path) -> None:
        self._key, self._place = day.key, place
        self._lying: dict[str, Lying] = {}
        self._of_disk: dict[bytes, Verdict] = {}
        self._of_pages: dict[bytes, Verdict] = {}

    @property
    def seen(self) -> tuple[int, int]:
        """How many different disks, and how many different records on them."""
        return len(self._of_disk), len(self._of_pages)

    def faults(self, left: Left) -> list[str]:
        """What is wrong with what a power cut left."""
        disk = blake2b(repr(sorted(left.kept.items())).encode(), digest_size=16).digest()
        if disk not in self._of_disk:
            self._of_disk[disk] = self._judged(left)
        return self._of_disk[disk].faults(left.acked)

    def _judged(self, left: Left) -> Verdict:
        pages = self._pages(left)
        if pages is None:  # it does not even open: say why
            return self._examined(left, whole=False)
        if pages not in self._of_pages:
            whole = len(self._of_pages) % WHOLE_EACH == 0
            self._of_pages[pages] = self._examined(left, whole=whole)
        return self._of_pages[pages]

    def _examined(self, left: Left, *, whole: bool) -> Verdict:
        put(left, self._place)
        self._lying = {}
        return examine(self._place, self._key, whole=whole)

    def _pages(self, left: Left) -> bytes | None:
        """What SQLite makes of the disk: the file, and its log as far as it takes it for whole.

        How far that is, and its own sum over all of it, SQLite writes into the file beside them.
        """
        path = DataDir(self._place).database
        index = path.with_name(f"{path.name}-shm")
        if path.name not in left.kept:
            return None
        self.lay(left)
        index.unlink(missing_ok=True)  # gone with the power
        try:
            with closing(dbapi2.connect(f"file:{path}?mode=ro", uri=True)) as record:
                record.execute("PRAGMA cipher_log_level = NONE")
                record.execute(f"PRAGMA key = \"x'{self._key.hex()}'\"")
                record.execute("PRAGMA user_version").fetchone()
                log = index.read_bytes()[INDEX] if index.exists() else b""
        except sqlcipher3.Error:
            return None
        found = blake2b(repr(left.kept[path.name]).encode(), digest_size=16)
        if int.from_bytes(log[:4], sys.byteorder):
            found.update(log)
        return found.digest()

    def lay(self, left: Left) -> None:
        """Put the record there, both its files."""
        name = DataDir(self._place).database.name
        for each in (name, f"{name}-wal"):
            self._lay(left, each)

    def _lay(self, left: Left, name: str) -> None:
        """Put a file there; what lies there of it already stays."""
        path, wanted = self._place / name, left.kept.get(name)
        lying = self._lying.pop(name, None)
        if wanted is None:
            path.unlink(missing_ok=True)
            return
        self._lying[name] = Lying(*wanted, left.unsafe_from(name))
        if lying is not None and lying.kept == wanted:
            return
        start = 0
        if lying is not None and lying.kept[:2] == wanted[:2]:  # nothing was synced since
            start = min(lying.unsafe_from, left.unsafe_from(name))
        self._place.mkdir(parents=True, exist_ok=True)
        with path.open("r+b" if start else "wb") as file:
            file.seek(start)
            file.write(left.content(name, start))
            file.truncate()


def check_share(day: Recorded, share: tuple[int, int]) -> Checked:
    """Check each n-th power cut of a day."""
    held, wrong = 0, []
    place = day.folder / f"after-{share[0]}"
    judge = Judge(day, place)
    for number, left in cuts(day.start, recorder.read_log(day.log), day.count, day.seed, share):
        found = judge.faults(left)
        if found:
            wrong.append(f"day {day.seed} cut {number} of {day.count}: {'; '.join(found[:3])}")
        else:
            held += 1
    shutil.rmtree(place, ignore_errors=True)
    return Checked(held, wrong, *judge.seen)


def prove(size: int, seed: int, jobs: int = 1) -> Result:
    """``size`` power cuts, over as many recorded days as that takes."""
    total = Checked(0, [], 0, 0)
    with tempfile.TemporaryDirectory(dir=in_memory()) as scratch:
        beginning = begin(Path(scratch) / "start")
        for number, first in enumerate(range(0, size, STATES_A_DAY)):
            count = min(STATES_A_DAY, size - first)
            saves = min(DAYS[number % len(DAYS)], 10 + count // 20)
            folder = Path(scratch) / str(number)
            day = record_day(beginning, folder, seed + number, count, saves)
            with ProcessPoolExecutor(jobs) as pool:
                shares = [(share, jobs) for share in range(jobs)]
                for each in pool.map(check_share, [day] * jobs, shares):
                    total += each
            shutil.rmtree(day.folder)
            if number % 10 == 9:
                progress("T1", first + count, size, total.failures)
    print(f"{total.disks} different disks, {total.records} different records on them")
    return remember(Result("T1", total.held, total.failures, seed))
