"""A day of work over lines that are slow and late, cut, refuse and double, with real sockets.

Two PCs write, attach a photo and exchange with a server that is a process of its own, through a
carrier in the user's space (``bad_line``). What was told must be at both PCs in the end, with the
bytes of the photo, and nothing readable may have passed.
"""

from __future__ import annotations

import hashlib
import random
import tempfile
import uuid
from pathlib import Path
from typing import Final

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.errors import ServerError
from clinic_desktop.models.document import Attachment
from clinic_desktop.models.patient import Patient
from clinic_desktop.syncing import Syncing
from tests.proofs.result import Result, in_memory, progress
from tests.proofs.sync.bad_line import Weather
from tests.proofs.sync.kills import NAMES, Bench, use
from tests.proofs.sync.simulated import judge
from tests.proofs.sync.simulated.machine import Pc
from tests.proofs.sync.simulated.machines import one_thread
from tests.proofs.sync.simulated.practice import Template, template
from tests.proofs.sync.simulated.troubles import CANARY

NAME = "bad-network"
WEATHERS: Final = (
    Weather(bytes_per_s=60_000, delay_s=0.05),
    Weather(faults=0.02, refused=0.2),
    Weather(faults=0.05, delay_s=0.02, doubled=0.5),
    Weather(faults=0.1, refused=0.2, doubled=0.3),
    Weather(bytes_per_s=60_000, faults=0.05, refused=0.1, doubled=0.2),
)
SAVES: Final = 12
PHOTO: Final = 150_000
"""Bytes: three pieces on the line."""
_PASSES: Final = 200


class Day:
    """One day at two PCs."""

    def __init__(self, made: Template, root: Path, seed: int) -> None:
        self._chance, self._root = random.Random(seed), root
        weather = self._chance.choice(WEATHERS)
        heard = {"secret": CANARY.encode(), "heard": root / "heard"}
        fields = {name: getattr(weather, name) for name in weather.__dataclass_fields__}
        self._bench = Bench(made, root, seed, Weather(**{**fields, **heard}))
        self._pcs = list(self._bench.pcs.values())
        self.seed, self.passes, self._told = seed, 0, list[str]()
        self._unsaid: list[str] = []
        self._photo = f"{CANARY} ".encode() + self._chance.randbytes(PHOTO)

    def play(self) -> list[str]:
        """What does not hold at the end."""
        bench = self._bench
        for name in ("server", "line"):
            bench.start(name)
        with one_thread(self.seed):
            try:
                for pc in self._pcs:
                    pc.start()
                    pc.write(lambda uow: use(uow, bench.url), "server")
                self._work()
                found = self._settle()
                return [f"seed {self.seed}: {each}" for each in found]
            finally:
                bench.close()

    def _work(self) -> None:
        for number in range(SAVES):
            pc = self._chance.choice(self._pcs)
            work = self._attach if number == SAVES // 2 else self._write
            work(pc, f"save {number}")
            self._told.append(f"save {number}")
            if self._chance.random() < 0.5:
                self._pass(pc)

    def _write(self, pc: Pc, reason: str) -> None:
        rows = pc.rows("SELECT id FROM patient ORDER BY id")
        new = [
            Patient(id=uuid.UUID(bytes=self._chance.randbytes(16)), mrn=reason, family=CANARY)
            for _each in range(self._chance.randrange(1, 8))
        ]

        def write(uow: UnitOfWork) -> None:
            uow.add(*new)
            words = (self._chance.randbytes(200).hex(), self._chance.choice(rows)[0])
            uow.cursor.execute("UPDATE patient SET note = ? WHERE id = ?", words)

        pc.write(write, reason)

    def _attach(self, pc: Pc, reason: str) -> None:
        digest = hashlib.sha256(self._photo).hexdigest()

        def attach(uow: UnitOfWork) -> None:
            size = len(self._photo)
            uow.add(Attachment(sha256=digest, size=size, mime="image/png", filename="a"))
            blob = (digest, self._photo)
            uow.cursor.execute("INSERT INTO blob (sha256, encoding, data) VALUES (?, '', ?)", blob)

        pc.write(attach, reason)

    def _pass(self, pc: Pc) -> bool:
        """Whether one came to its end; one that fails says why."""
        self.passes += 1
        try:
            Syncing(pc.opened).run()
        except ServerError as error:
            if not (error.message and error.kept):
                self._unsaid.append(error.code)
            return False
        return True

    def _settle(self) -> list[str]:
        """Pass after pass until both have all; what is then not as it must be."""
        found = ["nothing was tried"]
        while found and self.passes < _PASSES:
            ended = [self._pass(pc) for pc in self._pcs]
            found = [*self._lacking(), *judge.agreement(self._pcs)] if any(ended) else found
        found += [each for pc in self._pcs for each in judge.soundness(pc)]
        found += [f"a failure without a sentence: {each}" for each in self._unsaid]
        if (self._root / "heard").exists():
            found.append("readable on the line")
        return found

    def _lacking(self) -> list[str]:
        found = []
        for pc in self._pcs:
            there = {row[0] for row in pc.rows("SELECT reason FROM sync_commit")}
            found += [f"{pc.name} lacks {each}" for each in self._told if each not in there]
            if [row[0] for row in pc.rows("SELECT data FROM blob")] != [self._photo]:
                found.append(f"{pc.name} lacks the photo")
        return found


def faults_of(made: Template, seed: int) -> list[str]:
    """What one day did not keep."""
    with tempfile.TemporaryDirectory(dir=in_memory()) as folder:
        return Day(made, Path(folder), seed).play()


def prove(size: int, seed: int, jobs: int) -> Result:
    """Play so many days."""
    del jobs
    failures: list[str] = []
    with template(NAMES) as made:
        for done in range(size):
            failures += faults_of(made, seed + done)
            progress(NAME, done + 1, size, failures)
    return Result(NAME, size - len(failures), failures, seed)
