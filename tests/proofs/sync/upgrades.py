"""Upgrade matrix: a record of an earlier version, brought to today's, among PCs of today.

Each case takes the next version in turn and another day's work in it: rows in every table, changed
and hidden ones. The record is laid back to that version, opened by this program, and exchanges
with a PC of today, both ways: first what it had, then what both write apart, into the same rows
too. A third of the records goes on under another name, as one that was brought back from a backup
does; another third does so before anybody has anything of it.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from clinic_desktop import clinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.db import incarnation
from clinic_desktop.db import membership as chain
from clinic_desktop.db.migrations import HEAD
from clinic_desktop.db.opening import open_store
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.permissions import Actor
from clinic_desktop.security.membership_entries import Root
from tests.db.test_snapshots_hard import begin_anew, invite
from tests.proofs.audit.corpus import remember
from tests.proofs.result import Result, in_memory, progress
from tests.support.old_records import lay_back
from tests.support.pcs import (
    Pc,
    as_pc,
    family,
    fill,
    findings,
    hidden,
    join,
    meet,
    new_patient,
    same,
    set_family,
)
from tests.support.records import CHEAP, NOON, OWNERS, PASSWORD, JustGiven, Record, keys_of

VERSIONS = range(1, HEAD + 1)
"""Today's own is among them: nothing may depend on there being an upgrade."""


@dataclass
class Template:
    """A closed clinic of today; each case works in a copy of it."""

    folder: Path
    key: bytes
    owner: Actor


@contextmanager
def template() -> Iterator[Template]:
    """A clinic, made once."""
    with tempfile.TemporaryDirectory(dir=in_memory()) as name:
        new = clinic.NewClinic("Kilimani Family Clinic", "amina", "Dr Amina Kamau", PASSWORD)
        made = clinic.create(DataDir(Path(name) / "clinic"), new, FixedClock(NOON), CHEAP)
        made.close()
        OWNERS[made.keys.vault.clinic] = made.keys.identity
        yield Template(Path(name) / "clinic", made.keys.key, made.actor)


def faults_of(made: Template, version: int, seed: int) -> list[str]:
    """Play one case; a sentence for what does not hold."""
    with tempfile.TemporaryDirectory(dir=in_memory()) as name:
        try:
            _Case(made, Path(name), random.Random(seed)).play(version)
        except AssertionError as error:
            return [f"version {version}, seed {seed}: {str(error)[:300] or 'a row differs'}"]
    return []


class _Case:
    """One record of before, and one PC of today."""

    def __init__(self, made: Template, folder: Path, chance: random.Random) -> None:
        self._made, self._folder, self._chance = made, folder, chance
        self._expected: dict[uuid.UUID, tuple[str, bool]] = {}
        """Patients with their family name, and whether they are hidden."""
        self._names = 0

    def play(self, version: int) -> None:
        with self._upgraded(version) as old:
            first = as_pc(old)
            assert findings(first) == []
            self._is_there(first)
            kind = self._chance.randrange(3)
            if kind == 0:  # nobody had anything of it: every commit is written anew
                first.write(lambda uow: incarnation.mark_restored(uow.cursor))
                begin_anew(first, old, 0, "X1")
                assert findings(first) == []
            second = join(old, self._folder / "second", 2)
            try:
                if kind == 0:
                    invite(second, first)
                self._exchange(first, second)
                if kind == 1:  # brought back later: what the other has of it stays
                    common = second.tip(first)
                    self._work(first)
                    begin_anew(first, old, common, "X2", second)
                    self._exchange(first, second)
            finally:
                second.store.close()

    def _exchange(self, first: Pc, second: Pc) -> None:
        """All that is in one comes to the other, and then what both write apart."""
        meet(first, second)
        self._is_there(second)
        rows = sorted(self._expected)
        both = rows.pop(self._chance.randrange(len(rows)))
        place = self._chance.randrange(len(rows) + 1)
        self._work(first, rows[:place])
        self._work(second, rows[place:])
        for pc in (first, second):
            set_family(pc, both, self._name())
        meet(first, second)
        is_hidden = self._expected.pop(both)[1]  # which of the two is shown, nobody has decided
        assert is_hidden or both in {each.row_id for each in first.conflicts()}
        for pc in (first, second):
            self._is_there(pc)
        same(first, second)

    @contextmanager
    def _upgraded(self, version: int) -> Iterator[Record]:
        """A record of that version with work in it, opened by this program."""
        source = Path(shutil.copytree(self._made.folder, self._folder / "now"))
        clock = FixedClock(NOON, seed=1000)
        path = DataDir(source).database
        store = open_store(path, self._made.key, clock)
        store.proofs = JustGiven(clock)
        try:
            record = Record(store, clock, self._made.owner, self._made.key, path)
            self._fill(as_pc(record))
        finally:
            store.close()
        target = Path(shutil.copytree(source, self._folder / "old")) / path.name
        shutil.rmtree(target.parent / "audit", ignore_errors=True)
        for each in target.parent.glob(f"{path.name}*"):
            each.unlink()
        lay_back(path, self._made.key, target, version)
        store = open_store(target, self._made.key, clock)
        store.proofs = JustGiven(clock)
        found = Record(store, clock, self._made.owner, self._made.key, target)
        try:
            found.write(_begin_chain, found)
            yield found
        finally:
            store.close()

    def _fill(self, pc: Pc) -> None:
        person = fill(pc, self._chance.randrange(1, 9))["app_user"]
        pc.sql("UPDATE app_user SET is_active = 0 WHERE id = ?", person)
        for _turn in range(self._chance.randrange(1, 4)):
            self._work(pc, sorted(self._expected))

    def _work(self, pc: Pc, of: Sequence[uuid.UUID] = ()) -> None:
        """New patients, changed names, and some that are taken away; of these, and of the new."""
        mine = [row for row in of if not self._expected[row][1]]
        for _turn in range(self._chance.randrange(1, 5)):
            name = self._name()
            mine.append(new_patient(pc, name))
            self._expected[mine[-1]] = name, False
        for row in self._chance.sample(mine, self._chance.randrange(len(mine))):
            if self._chance.random() < 0.3:
                pc.sql("UPDATE patient SET is_deleted = 1 WHERE id = ?", row.bytes)
                self._expected[row] = self._expected[row][0], True
            else:
                self._expected[row] = self._name(), False
                set_family(pc, row, self._expected[row][0])

    def _name(self) -> str:
        self._names += 1
        return f"Name {self._names}"

    def _is_there(self, pc: Pc) -> None:
        for row, expected in self._expected.items():
            found = family(pc, row), hidden(pc, row)
            assert found == expected, f"{found} in place of {expected}"


def _begin_chain(uow: UnitOfWork, record: Record) -> None:
    """As the owner's first signing in does where the record is older than its chain."""
    if chain.current(uow) is None:
        keys = keys_of(record)
        chain.begin(uow, keys.identity, keys.vault, Root(keys.vault.recovery), keys.identity.public)


def prove(size: int, seed: int, jobs: int = 1) -> Result:
    """``size`` records, of every version in turn."""
    failures: list[str] = []
    with template() as made:
        for number in range(size):
            version = VERSIONS[(seed + number) % len(VERSIONS)]
            failures += faults_of(made, version, seed + number)
            if number % 100 == 99:
                progress("upgrade-matrix", number + 1, size, failures)
    return remember(Result("upgrade-matrix", size - len(failures), failures, seed))
