"""A practice with two PCs and a server that is a process of its own."""

from __future__ import annotations

import queue
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clinic_desktop import clinic
from clinic_desktop.clinic import Clinic, NewClinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.names import HumanName
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.joining import Joined, Joining, join
from clinic_desktop.security.recovery_key import RecoveryKey, parse
from clinic_desktop.services.patients.entry import PatientEntry, RegisterPatient
from clinic_desktop.services.patients.registration import register
from clinic_desktop.sync import state
from clinic_desktop.sync.client import Address
from clinic_desktop.syncing import Syncing
from tests.support import postgres
from tests.support.records import CHEAP, PASSWORD
from tests.support.relays import ServerProcess, running

MORNING = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)
SHEET = "sheet.txt"
CANARY = "Kanarienvogel"
"""A family name that must never be readable away from the PCs."""


@dataclass
class Practice:
    """Two PCs and their server."""

    server: ServerProcess
    root: Path
    clock: FixedClock
    front: Clinic = field(init=False)
    opened: list[Clinic] = field(default_factory=list)

    @property
    def sheet(self) -> RecoveryKey:
        """The recovery sheet, on paper."""
        return parse((self.root / SHEET).read_text())

    @property
    def address(self) -> Address:
        return Address(self.server.url)

    def new_pc(self, name: str) -> Clinic:
        """One more PC, joined and opened."""
        self.join(name)
        return self.open(name)

    def open(self, name: str) -> Clinic:
        """A PC that joined before."""
        found = clinic.open_clinic(DataDir(self.root / name), "ana", PASSWORD, self.clock)
        self.opened.append(found)
        with found.store.filling():  # also where people may only look yet
            found.store.write(SYSTEM, self._use_server).result()
        return found

    def _use_server(self, uow: UnitOfWork) -> None:
        """The same server, which has another port in each test."""
        peer = state.peer(uow.cursor)
        assert peer is not None
        state.use_peer(uow.cursor, self.server.url, peer.settings)

    def join(self, name: str, *, opens_early: bool = False) -> Joined:
        code = Syncing(self.front).invite().code
        digits: queue.Queue[str] = queue.Queue()
        given_up = threading.Event()

        def wait() -> None:
            if given_up.wait(0.25):
                raise AssertionError("nobody let it in")

        with ThreadPoolExecutor(1) as other:
            joined = other.submit(
                join, DataDir(self.root / name), Joining(self.address, code, "ana", PASSWORD),
                digits.put, wait, self.clock, CHEAP, opens_early=opens_early,
            )  # fmt: skip
            try:
                Syncing(self.front).approve(digits.get(timeout=120))
            except BaseException:
                given_up.set()
                raise
            return joined.result(120)


def sync(*pcs: Clinic) -> None:
    for pc in pcs:
        Syncing(pc).run()


def add_patient(pc: Clinic, given: str, family: str = CANARY) -> None:
    entry = PatientEntry(HumanName(family=family, given=given), sex="female")
    pc.store.write(pc.actor, register, RegisterPatient(entry)).result(60)


def rows(pc: Clinic, sql: str) -> list[tuple[object, ...]]:
    """Bare SQL, to look behind the services."""
    found = pc.store.read(pc.actor, lambda reads: reads.cursor.execute(sql).fetchall()).result(60)
    return [tuple(row) for row in found]


def patients(pc: Clinic) -> list[tuple[object, ...]]:
    return rows(pc, "SELECT family, given, mrn FROM patient ORDER BY given")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A practice of two PCs and what its server keeps, made once and copied for each test."""
    root, clock = tmp_path_factory.mktemp("practice"), FixedClock(MORNING)
    with running(root / "server") as server:
        new = NewClinic("Canary Clinic", "ana", "Dr Ana", PASSWORD)
        front = clinic.create(DataDir(root / "front"), new, clock, CHEAP)
        try:
            sheet = front.recovery
            assert sheet is not None
            front.use_recovery(sheet)
            (root / SHEET).write_text(sheet.text)
            Syncing(front).set_up(Address(server.url))
            made = Practice(server, root, clock)
            made.front = front
            made.join("back")
        finally:
            front.close()
        assert server.stop() == 0
    return root


@pytest.fixture
def server(template: Path, tmp_path: Path) -> Iterator[ServerProcess]:
    shutil.copytree(template / "server", tmp_path / "server")
    with running(tmp_path / "server") as server:
        yield server


@pytest.fixture
def practice(
    server: ServerProcess, template: Path, tmp_path: Path, clock: FixedClock
) -> Iterator[Practice]:
    """Its first PC is open; the second joined and waits to be opened."""
    made = Practice(server, tmp_path, clock)
    for name in ("front", "back"):
        shutil.copytree(template / name, tmp_path / name)
    shutil.copy(template / SHEET, tmp_path)
    try:
        made.front = made.open("front")
        yield made
    finally:
        for each in made.opened:
            each.close()


@pytest.fixture
def back(practice: Practice) -> Clinic:
    """The second PC."""
    return practice.open("back")


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster]:
    """A PostgreSQL without databases of ours."""
    with postgres.running() as found:
        yield found
