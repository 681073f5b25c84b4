"""A practice of four PCs and what its server keeps, made once; each history begins with copies."""

from __future__ import annotations

import random
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from clinic_desktop import clinic
from clinic_desktop.clinic import Clinic, NewClinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.permissions import Actor
from clinic_desktop.joining import Joining, join
from clinic_desktop.models.patient import Patient
from clinic_desktop.security.keys import Keys
from clinic_desktop.sync.client import Address
from clinic_desktop.syncing import Syncing
from tests.proofs.result import in_memory
from tests.proofs.sync.simulated.desks import Desk
from tests.proofs.sync.simulated.machines import forget, one_thread, seldom_collected
from tests.proofs.sync.simulated.oracle import COLUMNS, Cell, Op, Value
from tests.proofs.sync.simulated.wire import URL, Network, Server
from tests.support.records import CHEAP, NOON, PASSWORD

NAMES = ("a", "b", "c", "d")
OWNER = "ana"


@dataclass(frozen=True)
class Person:
    """Who works at a PC, with the keys that the password gave."""

    keys: Keys
    actor: Actor


def first_chart() -> Op:
    """A chart that is there when a history begins."""
    row = uuid.UUID("01997000-0000-7000-8000-000000000001")
    values: dict[Cell, Value] = {Cell(row, group): f"first {group}" for group in COLUMNS}
    values[Cell(row, 0)] = 0
    return Op(1, NAMES[0], values, dict.fromkeys(values, frozenset()), frozenset(), is_new=True)


@dataclass
class Template:
    """Closed files of all machines, and who sits where."""

    root: Path
    people: dict[str, Person] = field(default_factory=dict)
    chart: Op = field(default_factory=first_chart)
    """One that everybody has."""
    sound: dict[int, bool] = field(default_factory=dict)
    """Which histories were found to hold, or not to."""
    _desks: dict[str, Desk] = field(default_factory=dict)

    @staticmethod
    def not_closed(_folder: str, names: list[str]) -> list[str]:
        """What of the template's folder is no closed file, for ``shutil.copytree``."""
        return [each for each in names if each == "desks"]

    def desk(self, name: str) -> Desk | None:
        """The folder of a PC, laid out; ``None`` while another history uses it."""
        found = self._desks.get(name)
        if found is None:
            key = self.people[name].keys.key
            assert key is not None
            found = Desk(self.root / name, self.root / "desks" / name, key)
            self._desks[name] = found
        if not found.is_free:
            return None
        found.lay_out()
        return found

    def leave(self, name: str, *, is_sound: bool) -> None:
        """A history is over; of one that failed nothing is used again."""
        found = self._desks[name]
        found.is_free = True
        if not (is_sound and found.is_whole):
            found.dissolve()
            del self._desks[name]


def let_in(front: Clinic, folder: Path, clock: FixedClock) -> None:
    """One more PC, let in at another one while it waits."""
    shown: list[str] = []
    wanted = Joining(Address(URL), Syncing(front).invite().code, OWNER, PASSWORD)

    def approve() -> None:
        if shown:
            Syncing(front).approve(shown.pop())

    join(DataDir(folder), wanted, shown.append, approve, clock, CHEAP)


@contextmanager
def template(names: tuple[str, ...] = NAMES) -> Iterator[Template]:
    """A practice in the memory of this machine, gone at the end."""
    root = Path(tempfile.mkdtemp(prefix="clinic-simulated-", dir=in_memory()))
    made = Template(root)
    server = Server(root / "server", FixedClock(NOON))
    try:
        with one_thread(0), Network(server, random.Random(0)).in_use():
            server.start()
            _fill(made, names)
        server.close()
        forget(root / "server")
        with seldom_collected():
            yield made
    finally:
        shutil.rmtree(root, ignore_errors=True)


def _fill(made: Template, names: tuple[str, ...]) -> None:
    clocks = {name: FixedClock(NOON, seed=at << 40) for at, name in enumerate(names, 1)}
    new = NewClinic("Canary Clinic", OWNER, "Dr Ana", PASSWORD)
    front = clinic.create(DataDir(made.root / names[0]), new, clocks[names[0]], CHEAP)
    if front.recovery is not None:
        front.use_recovery(front.recovery)
    Syncing(front).set_up(Address(URL))
    for name in names[1:]:
        let_in(front, made.root / name, clocks[name])
    _write_chart(front, made.chart)
    front.close()
    for name in (*names, *names):  # the second time nobody has anything new
        opened = clinic.open_clinic(DataDir(made.root / name), OWNER, PASSWORD, clocks[name])
        made.people[name] = Person(opened.keys, opened.actor)
        Syncing(opened).run()
        opened.close()


def _write_chart(front: Clinic, op: Op) -> None:
    cells = {COLUMNS[cell.group]: value for cell, value in op.values.items() if cell.group}
    row = next(iter(op.values)).row
    new = Patient(id=row, mrn="1", given="A", **cells)

    def write(uow: UnitOfWork) -> None:
        uow.add(new)

    write.reason = f"op {op.number}"  # type: ignore[attr-defined]
    front.store.write(front.actor, write).result()
