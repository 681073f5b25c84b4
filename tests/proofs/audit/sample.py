"""A record with a log of every shape, made through the program's own writer."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clinic_desktop.clock import FixedClock
from clinic_desktop.db.mirror import Mirror
from clinic_desktop.db.opening import create_store, open_store
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import Actor
from clinic_desktop.models.patient import ContactPoint, Patient
from clinic_desktop.security.vault import new_database_key

NOON = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
NAMES = ("Otieno", "Иванова", "الحسن", "Łukasz", "Nguyễn", "O'Brien", "Müller")


class Sample:
    """One record of a proof: its folder, its key, its clock, the ids of its patients."""

    def __init__(self, folder: Path, chance: random.Random, key: bytes = b"") -> None:
        self.path = folder / "clinic.db"
        self.key = key or new_database_key()
        self.chance = chance
        self.clock = FixedClock(NOON, seed=chance.getrandbits(40))
        self.people: list[uuid.UUID] = []
        self.actors = [Actor(uuid.UUID(int=n), f"user{n}", roles=("owner",)) for n in (1, 2)]

    def begin(self, like: bytes = b"") -> None:
        """Make the file, or copy one that was made so with the same key: that is quicker."""
        if like:
            self.path.write_bytes(like)
        else:
            create_store(self.path, self.key, self.clock).close()

    @contextmanager
    def open(self) -> Iterator[Store]:
        """The store, closed with its last signature."""
        store = open_store(self.path, self.key, self.clock)
        try:
            yield store
        finally:
            store.close()

    def work_at_all(self, store: Store) -> None:
        """One transaction of each kind that the log of a day must have."""
        for kind in (self._add, self._look, self._change, self._many):
            store.write(self.actors[0], kind).result()

    def work(self, store: Store, commits: int) -> None:
        """So many transactions of random kinds; the clock goes on, and sometimes back."""
        for _turn in range(commits):
            self.clock.advance(seconds=self.chance.choice((0, 0.2, 5, 30, 90, 4000, -600)))
            kind = self.chance.choices(
                (self._add, self._change, self._look, self._many, self._give_up, self._hide),
                (5, 8, 4, 1, 1, 1),
            )[0]
            try:
                store.write(self.chance.choice(self.actors), kind).result()
            except _GivenUpError:
                continue

    def _add(self, uow: UnitOfWork) -> None:
        patient = Patient(family=self.chance.choice(NAMES), mrn=str(len(self.people)))
        uow.add(patient)
        uow.add(ContactPoint(patient_id=patient.id, system="phone", value="+254700"))
        self.people.append(patient.id)

    def _change(self, uow: UnitOfWork) -> None:
        if self.people:
            row = uow.session.get_one(Patient, self.chance.choice(self.people))
            for name in self.chance.sample(("family", "given", "city", "note", "sex"), 2):
                setattr(row, name, self.chance.choice((*NAMES, "", "female")))

    def _look(self, uow: UnitOfWork) -> None:
        kind = self.chance.choice(("chart.open", "session.sign-in", "patient.search"))
        patient = self.chance.choice(self.people) if self.people else None
        uow.audit(kind, patient_id=patient, count=self.chance.randrange(100))

    def _many(self, uow: UnitOfWork) -> None:
        for _each in range(self.chance.randrange(2, 40)):
            self._add(uow)

    def _give_up(self, uow: UnitOfWork) -> None:
        before = list(self.people)
        self._many(uow)
        uow.session.flush()
        self.people = before
        raise _GivenUpError

    def _hide(self, uow: UnitOfWork) -> None:
        if self.people:
            row = uow.session.get_one(Patient, self.chance.choice(self.people))
            row.is_deleted = not row.is_deleted


class _GivenUpError(Exception):
    """A transaction that fails on purpose."""


def mirror_of(path: Path, connection: Any) -> Mirror:
    """The files beside a record, by a bare connection to it."""
    return Mirror.beside(path, connection)
