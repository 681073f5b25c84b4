"""Real processes of two PCs and their server are killed at work, again and again.

Each PC saves and exchanges over real sockets and a bad line; one of the three gets SIGKILL at a
moment of its own and starts again on the same files. What was told as saved must be there at the
end, at both PCs, and both must hold the same.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import selectors
import shutil
import socket
import sys
import tempfile
import traceback
import uuid
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from clinic_desktop.clock import SystemClock
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.errors import ServerError
from clinic_desktop.models.patient import Patient
from clinic_desktop.sync import state
from clinic_desktop.sync.server.limits import Limits
from clinic_desktop.sync.server.serving import Place, serve
from clinic_desktop.syncing import Syncing
from tests.proofs.result import Result, in_memory, progress
from tests.proofs.sync import bad_line
from tests.proofs.sync.bad_line import Weather
from tests.proofs.sync.simulated import judge
from tests.proofs.sync.simulated.machine import Pc
from tests.proofs.sync.simulated.machines import one_thread
from tests.proofs.sync.simulated.practice import Template, template

NAME = "sync-kill"
NAMES: Final = ("a", "b")
KILLS_A_PRACTICE: Final = 50
LONGEST_S: Final = 0.4
"""The kill comes within this time after a PC told of a save, or the server that it serves."""
MOST_S: Final = 120
AT_WORK: Final = Weather(faults=0.05)


# ------------------------------------------------------------------ in processes of their own


def _serve(folder: Path, port: int, told: int) -> None:
    limits = Limits(per_minute=10**6, burst=10**6)
    serve(Place(folder, "127.0.0.1", port), lambda _url: _tell(told, "serves"), limits)


def _work(pc: Pc, url: str, seed: int, told: int) -> None:
    """Save and exchange until somebody ends it."""
    chance = random.Random(seed)
    pc.start()
    pc.write(lambda uow: use(uow, url), "server")
    rows = [row[0] for row in pc.rows("SELECT id FROM patient")]
    number = 0
    while True:
        number += 1
        reason = f"save {pc.name} {seed} {number}"
        if not rows or chance.random() < 0.2:
            rows.append(uuid.uuid4().bytes)
            pc.write(_registering(rows[-1]), reason)
        else:
            pc.write(_noting(chance.choice(rows[-5:]), "x" * chance.randrange(3000)), reason)
        _tell(told, reason)
        if chance.random() < 0.4:
            with contextlib.suppress(ServerError):
                Syncing(pc.opened).run()


def _registering(row: bytes) -> Callable[[UnitOfWork], None]:
    new = Patient(id=uuid.UUID(bytes=row), mrn=row.hex()[:12], given="A", family="B")
    return lambda uow: uow.add(new)


def _noting(row: bytes, words: str) -> Callable[[UnitOfWork], None]:
    def write(uow: UnitOfWork) -> None:
        uow.cursor.execute("UPDATE patient SET note = ? WHERE id = ?", (uuid.uuid4().hex, row))
        uow.cursor.execute("UPDATE patient SET city = ? WHERE id = ?", (words, row))

    return write


def use(uow: UnitOfWork, url: str) -> None:
    found = state.peer(uow.cursor)
    assert found is not None
    state.use_peer(uow.cursor, url, found.settings)


def _tell(told: int, words: str) -> None:
    os.write(told, f"{words}\n".encode())


# ------------------------------------------------------------------ who kills


@dataclass
class Running:
    """A process, and what it told."""

    process: Any
    pipe: Any
    words: bytes = b""

    def hears(self, most_s: float) -> bool:
        """Whether it tells something within a time."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.pipe, selectors.EVENT_READ)
            if not selector.select(most_s):
                return False
        piece = os.read(self.pipe, 1 << 16)
        self.words += piece
        return bool(piece)

    def kill(self) -> list[str]:
        """End it at once; what it told."""
        self.process.kill()
        self.process.join()
        while piece := os.read(self.pipe, 1 << 16):
            self.words += piece
        os.close(self.pipe)
        return self.words.decode().split("\n")[:-1]


class Bench:
    """Two PCs, a bad line and a server."""

    def __init__(self, made: Template, root: Path, seed: int, weather: Weather = AT_WORK) -> None:
        self._chance, self.seed, self._weather = random.Random(seed), seed, weather
        shutil.copytree(made.root, root, dirs_exist_ok=True, ignore=made.not_closed)
        self._root = root
        clock: Any = SystemClock()
        self.pcs = {name: Pc(name, root / name, clock, made.people[name]) for name in NAMES}
        self._line = socket.create_server(("127.0.0.1", 0))
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.told: dict[str, list[str]] = {name: [] for name in NAMES}
        self.running: dict[str, Running] = {}
        self.starts = 0

    @property
    def url(self) -> str:
        """Where the PCs find the server."""
        return f"http://127.0.0.1:{self._line.getsockname()[1]}"

    def start(self, name: str) -> None:
        """Start a PC, the server or the line."""
        self.starts += 1
        url = self.url
        reading, writing = os.pipe()
        seed = self.seed * 1000 + self.starts
        target, words = {
            "server": (_serve, (self._root / "server", self._port, writing)),
            "line": (bad_line.carry, (self._line, self._port, seed, self._weather)),
        }.get(name) or (_work, (self.pcs[name], url, seed, writing))
        process = multiprocessing.get_context("fork").Process(
            target=_quietly, args=(self._root / "errors", target, words), daemon=True
        )
        with warnings.catch_warnings():  # of later Pythons: no thread of ours works at this moment
            warnings.simplefilter("ignore", DeprecationWarning)
            process.start()
        os.close(writing)
        self.running[name] = Running(process, reading)

    def kill_one(self) -> str:
        """Kill one of the three at work, and start it again; why that was not possible."""
        name = self._chance.choice((*NAMES, "server"))
        one = self.running[name]
        wanted = 1 if name == "server" else self._chance.randint(1, 6)
        while one.words.count(b"\n") < wanted:
            if not one.hears(MOST_S):
                return f"{name} does not go on: {self._errors()}"
        one.process.join(self._chance.uniform(0, LONGEST_S))
        ended = not one.process.is_alive()
        self._end(name)
        self.start(name)
        return f"{name} ended by itself: {self._errors()}" if ended else ""

    def _errors(self) -> str:
        path = self._root / "errors"
        return path.read_text()[-1500:] if path.exists() else ""

    def _end(self, name: str) -> None:
        told = self.running.pop(name).kill()
        if name in self.told:
            self.told[name] += told

    def end(self) -> list[str]:
        """End all, let the PCs exchange over a good line, and look at what they hold."""
        for name in list(self.running):
            if name != "server":
                self._end(name)
        if not self._is_serving():
            self.close()
            return [f"seed {self.seed}: the server does not serve: {self._errors()}"]
        with one_thread(self.seed):
            try:
                return self._looked_at(f"http://127.0.0.1:{self._port}")
            finally:
                self.close()

    def _is_serving(self) -> bool:
        """Whether the server answers: it may have been killed just now, and starts again."""
        server = self.running["server"]
        return bool(server.words or server.hears(MOST_S)) and server.process.is_alive()

    def close(self) -> None:
        """Everything has ended."""
        for pc in self.pcs.values():
            pc.stop()
        for name in list(self.running):
            self._end(name)
        self._line.close()

    def _looked_at(self, url: str) -> list[str]:
        pcs = list(self.pcs.values())
        for pc in pcs:
            pc.start()
            pc.write(lambda uow: use(uow, url), "server")
        for pc in (*pcs, *pcs, *pcs):
            Syncing(pc.opened).run()
        found = [each for pc in pcs for each in judge.soundness(pc)]
        found += judge.agreement(pcs)
        for pc in pcs:
            there = {row[0] for row in pc.rows("SELECT reason FROM sync_commit")}
            lost = [each for told in self.told.values() for each in told if each not in there]
            found += [f"{pc.name} lacks {lost[0]} and {len(lost) - 1} more"] if lost else []
        return [f"seed {self.seed}: {each}" for each in found]


def _quietly(errors: Path, target: Callable[..., None], words: tuple[Any, ...]) -> None:
    """Run, and leave what went wrong in a file."""
    with errors.open("a") as file:
        os.dup2(file.fileno(), sys.stderr.fileno())
        try:
            target(*words)
        except BaseException:
            traceback.print_exc()
            raise


@contextlib.contextmanager
def _bench(made: Template, seed: int) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory(dir=in_memory()) as folder:
        bench = Bench(made, Path(folder), seed)
        for name in ("server", "line", *NAMES):
            bench.start(name)
        yield bench


def kill(made: Template, seed: int, times: int) -> list[str]:
    """Kill so often on one practice; what did not hold."""
    with _bench(made, seed) as bench:
        found = [why for _time in range(times) if (why := bench.kill_one())]
        return found + bench.end()


def prove(size: int, seed: int, jobs: int) -> Result:
    """Kill ``size`` times."""
    del jobs
    failures: list[str] = []
    with template(NAMES) as made:
        for first in range(0, size, KILLS_A_PRACTICE):
            times = min(KILLS_A_PRACTICE, size - first)
            failures += kill(made, seed + first, times)
            progress(NAME, first + times, size, failures)
    return Result(NAME, size - len(failures), failures, seed)
