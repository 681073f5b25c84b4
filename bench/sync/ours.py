"""This program: two real PCs with encrypted records, a real server, TLS, signatures, sealing."""

from __future__ import annotations

import contextlib
import queue
import resource
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.sync import line, task
from clinic_desktop import clinic
from clinic_desktop.clinic import Clinic, NewClinic
from clinic_desktop.clock import SystemClock
from clinic_desktop.config import DataDir
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.joining import Joining, join
from clinic_desktop.models.patient import Patient
from clinic_desktop.sync.client import Address
from clinic_desktop.syncing import Syncing
from tests.support.certificates import self_signed
from tests.support.records import CHEAP, PASSWORD
from tests.support.relays import running


@contextlib.contextmanager
def practice(root: Path, *words: str) -> Iterator[tuple[Clinic, Clinic, line.Line]]:
    """Two PCs that have everything of each other, and the line to their server."""
    shown = self_signed(root / "tls")
    tls = ("--tls-cert", str(shown.certificate), "--tls-key", str(shown.key), *words)
    with running(root / "server", *tls) as server, line.to(server.port) as wire:
        address = Address(f"https://127.0.0.1:{wire.port}", shown.certificate.read_text())
        with joined(root, address) as (front, back):
            yield front, back, wire


@contextlib.contextmanager
def joined(root: Path, address: Address) -> Iterator[tuple[Clinic, Clinic]]:
    """Two PCs of a new practice at a server."""
    new = NewClinic("Bench", "ana", "Dr Ana", PASSWORD)
    front = clinic.create(DataDir(root / "front"), new, SystemClock(), CHEAP)
    if front.recovery is not None:
        front.use_recovery(front.recovery)
    Syncing(front).set_up(address)
    _join(front, address, root / "back")
    back = clinic.open_clinic(DataDir(root / "back"), "ana", PASSWORD, SystemClock())
    for pc in (front, back, front, back):
        Syncing(pc).run()
    try:
        yield front, back
    finally:
        front.close()
        back.close()


def _join(front: Clinic, address: Address, folder: Path) -> None:
    code = Syncing(front).invite().code
    digits: queue.Queue[str] = queue.Queue()
    with ThreadPoolExecutor(1) as other:
        joined = other.submit(
            join, DataDir(folder), Joining(address, code, "ana", PASSWORD), digits.put,
            lambda: time.sleep(0.05), SystemClock(), CHEAP,
        )  # fmt: skip
        Syncing(front).approve(digits.get(timeout=120))
        joined.result(120)


def add(pc: Clinic, people: list[dict[str, str]], each: int) -> None:
    """Write people, so many in one commit."""

    def write(uow: UnitOfWork, some: list[dict[str, str]]) -> None:
        for person in some:
            uow.add(Patient(**person))

    for start in range(0, len(people), each):
        pc.store.write(pc.actor, write, people[start : start + each]).result()


def measure(root: Path, rows: int, each: int) -> task.Result:
    """The task for all."""
    word = "row" if each == 1 else f"{each} rows"
    found = task.Result(f"Clinic Desktop, a commit per {word}", is_sealed=True, rows=rows)
    with practice(root) as (front, back, wire):
        started = time.perf_counter()
        add(front, task.people(rows), each)
        found.local_s = time.perf_counter() - started
        both = Syncing(front, keeps_line=True), Syncing(back, keeps_line=True)  # as windows do
        spent = time.process_time()
        found.push_s, found.bytes_up = _pass(both[0], wire)
        pushed, spent = time.process_time() - spent, time.process_time()
        found.pull_s, found.bytes_down = _pass(both[1], wire)
        found.say_processor(pushed, time.process_time() - spent)
        edits = [_edit(front, both, wire, turn) for turn in range(9)]
        for syncing in both:
            syncing.end()
        anew = [_edit(front, (Syncing(front), Syncing(back)), wire, 9 + turn)[0] for turn in (0, 1)]
        found.remarks["bytes of an edit over new lines"] = f"{anew[-1]:,}"
        found.edit_bytes = sorted(each[0] for each in edits)[4]
        found.edit_ms = sorted(each[1] for each in edits)[4] * 1000
        found.remarks["round trips of the edit, sent and taken"] = ", ".join(
            sorted({f"{sent} and {taken}" for _b, _s, sent, taken in edits})
        )
    return found


def _pass(syncing: Syncing, wire: line.Line) -> tuple[float, int]:
    wire.take()
    started = time.perf_counter()
    syncing.run()
    return time.perf_counter() - started, wire.take()


def _edit(
    front: Clinic, both: tuple[Syncing, Syncing], wire: line.Line, turn: int
) -> tuple[int, float, int, int]:
    def change(uow: UnitOfWork) -> None:
        uow.cursor.execute(
            "UPDATE patient SET note = ? WHERE mrn = 'A0000007'", (f"seen again {turn}",)
        )

    front.store.write(front.actor, change).result()
    wire.take()
    started = time.perf_counter()
    sent, taken = both[0].run(), both[1].run()
    return wire.take(), time.perf_counter() - started, sent.round_trips, taken.round_trips


def applying_mib(root: Path, rows: int) -> float:
    """How much a PC's memory grows while it takes that many rows of another."""
    with practice(root) as (front, back, _wire):
        add(front, task.people(rows), 500)
        Syncing(front).run()
        most = [_resident()]
        before, done = most[0], threading.Event()

        def watch() -> None:
            while not done.wait(0.005):
                most.append(_resident())

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            Syncing(back).run()
        finally:
            done.set()
            watcher.join()
        return max(most) - before


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize() / (1 << 20)
