"""What a disk may hold after the power went, by what was asked of it before.

A write is safe once its file was synced. Until then it may be there, be missing, or be there in
some of its sectors, whatever was written before or after it. A new, moved or removed name is safe
at once on disks that keep names in order, or once its folder was synced: both are played.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from tests.proofs.storage.recorder import ACKED, ARMED, Step

SECTOR = 512
Names = dict[str, int]


@dataclass
class Inode:
    """A file's bytes: those that are safe, and what was asked since."""

    safe: bytearray = field(default_factory=bytearray)
    pending: list[Step] = field(default_factory=list)
    syncs: int = 0

    def sync(self) -> None:
        for step in self.pending:
            _apply(self.safe, step)
        self.syncs += bool(self.pending)
        self.pending.clear()


Kept = tuple[tuple[int, int], ...]
"""Which of the steps since the last sync the disk kept: their numbers, and of a torn write the
number of the sector, -1 for all of it."""


@dataclass(frozen=True)
class Left:
    """What one power cut leaves; to be read before the disk does its next step."""

    point: int
    """How many steps were done before it."""
    kept: dict[str, tuple[int, int, Kept]]
    """Of each name: the file, how often it was synced, and what of the rest is there. Disks of
    which this is equal are equal, byte by byte."""
    acked: list[str]
    """What the program had said is saved."""
    inodes: dict[int, Inode] = field(repr=False)

    def unsafe_from(self, name: str) -> int:
        """Before this byte the file holds what was synced, whatever the disk kept."""
        inode = self.inodes[self.kept[name][0]]
        return min([len(inode.safe), *(step.offset for step in inode.pending)])

    def content(self, name: str, start: int = 0) -> bytearray:
        """The bytes of one file; from ``start`` on, which is not beyond ``unsafe_from``."""
        number, _syncs, kept = self.kept[name]
        inode = self.inodes[number]
        content = inode.safe[start:]
        for which, sector in kept:
            step = inode.pending[which]
            _apply(content, step if sector < 0 else _sectors(step)[sector], start)
        return content


class Disk:
    """A disk that is told each step, and asked what it may hold if the power goes now."""

    def __init__(self, start: Path) -> None:
        self._inodes: dict[int, Inode] = {}
        self._names: Names = {}
        self._safe_names: Names = {}
        self._pending_names: list[Step] = []
        self._made: dict[int, int] = {}
        self.acked = ""
        for path in sorted(start.rglob("*")) if start.exists() else []:
            if path.is_file():
                inode = self._new()
                self._inodes[inode].safe[:] = path.read_bytes()
                self._names[path.relative_to(start).as_posix()] = inode
        self._safe_names = dict(self._names)

    def _new(self) -> int:
        self._inodes[len(self._inodes)] = Inode()
        return len(self._inodes) - 1

    def do(self, step: Step) -> None:
        """Take one step."""
        if step.name == ACKED:
            self.acked += step.data.decode()
        elif step.name == ARMED:
            pass
        elif step.kind in "wt":
            self._inodes[self._names[step.name]].pending.append(step)
        elif step.kind == "s" and step.name in self._names:
            self._inodes[self._names[step.name]].sync()
        elif step.kind == "s":
            self._sync_names(step.name)
        elif step.kind in "cum":
            if step.kind == "c":
                self._made[id(step)] = self._new()
            self._pending_names.append(step)
            self._rename(self._names, step)

    def _sync_names(self, folder: str) -> None:
        for step in self._pending_names:
            if str(PurePosixPath(step.name).parent) == (folder or "."):
                self._rename(self._safe_names, step)
                self._pending_names = [each for each in self._pending_names if each is not step]

    def _rename(self, names: Names, step: Step) -> None:
        if step.kind == "c":
            names[step.name] = self._made[id(step)]
        elif step.name in names:
            inode = names.pop(step.name)
            if step.kind == "m":
                names[step.data.decode()] = inode

    def cut(self, point: int, rng: random.Random) -> Left:
        """One of the states that the disk may be in if the power goes now."""
        names, keep = dict(self._safe_names), len(self._pending_names)
        if rng.random() < 0.5:
            keep = rng.randint(0, keep)
        for step in self._pending_names[:keep]:
            self._rename(names, step)
        mood = rng.choice(("all", "none", "prefix", "some", "torn"))
        kept = {}
        for name, number in names.items():
            inode = self._inodes[number]
            kept[name] = number, inode.syncs, tuple(self._kept(inode, mood, rng))
        return Left(point, kept, self.acked.split("\n")[:-1], self._inodes)

    @staticmethod
    def _kept(inode: Inode, mood: str, rng: random.Random) -> Iterator[tuple[int, int]]:
        if mood == "none" or not inode.pending:
            return
        ends = rng.randint(0, len(inode.pending)) if mood == "prefix" else len(inode.pending)
        for which, step in enumerate(inode.pending[:ends]):
            if mood in {"all", "prefix"} or rng.random() < 0.5:
                yield which, -1
            elif mood == "torn" and step.kind == "w":
                for sector in range(len(_sectors(step))):
                    if rng.random() < 0.5:
                        yield which, sector


def _apply(content: bytearray, step: Step, start: int = 0) -> None:
    """Do a step to a file's bytes from ``start`` on."""
    at = step.offset - start
    if len(content) < at:
        content.extend(bytes(at - len(content)))
    if step.kind == "t":
        del content[at:]
    else:
        content[at : at + len(step.data)] = step.data


def _sectors(step: Step) -> list[Step]:
    found = []
    at = step.offset
    end = at + len(step.data)
    while at < end:
        stop = min(end, (at // SECTOR + 1) * SECTOR)
        found.append(Step("w", step.name, at, step.data[at - step.offset : stop - step.offset]))
        at = stop
    return found


def cuts(
    start: Path, steps: Iterable[Step], count: int, seed: int, share: tuple[int, int] = (0, 1)
) -> Iterator[tuple[int, Left]]:
    """``count`` numbered power cuts, spread over the steps; ``share`` (k, n) takes each n-th."""
    log = list(steps)
    disk = Disk(start)
    done = 0
    for point, step in enumerate(log, 1):
        disk.do(step)
        wanted = count * point // len(log)
        for number in range(done, wanted):
            if number % share[1] == share[0]:
                yield number, disk.cut(point, random.Random(f"{seed}/{number}"))
        done = wanted
