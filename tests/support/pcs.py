"""Several PCs of one clinic, each with a real record, that hand each other their logs directly."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec
import pytest
from sqlalchemy import Boolean, Integer

from clinic_desktop.clock import FixedClock
from clinic_desktop.db import applying, commits, conflicts
from clinic_desktop.db import membership as chain
from clinic_desktop.db.applying import ApplyReport
from clinic_desktop.db.chain import chain_value
from clinic_desktop.db.conflicts import OpenConflict
from clinic_desktop.db.log_check import LogReport, check_log
from clinic_desktop.db.opening import create_store
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM, Actor
from clinic_desktop.models import Base
from clinic_desktop.models.patient import Patient
from clinic_desktop.models.registry import BY_NAME, TABLES, TableSpec
from clinic_desktop.security.membership_entries import Device, PutDevice
from clinic_desktop.security.primitives import Identity
from tests.support.records import NOON, JustGiven, Record, keys_of

P = ParamSpec("P")
T = TypeVar("T")


@dataclass
class Pc:
    """One PC with its open record."""

    store: Store
    actor: Actor
    clock: FixedClock

    def write(
        self, command: Callable[Concatenate[UnitOfWork, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a command as the owner."""
        return self.store.write(self.actor, command, *args, **kwargs).result(60)

    def read(
        self, query: Callable[Concatenate[ReadSession, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run a query as the owner."""
        return self.store.read(self.actor, query, *args, **kwargs).result(60)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Bare SQL, to look behind the services."""
        return self.read(lambda reads: reads.cursor.execute(sql, values).fetchall())

    def sql(self, statement: str, *values: Any) -> None:
        """One captured write of this PC."""
        self.write(lambda uow: uow.cursor.execute(statement, values) and None)

    @property
    def device_id(self) -> bytes:
        """As the other PCs know it."""
        return bytes(self.rows("SELECT device_id FROM sync_device WHERE dev = 1")[0][0])

    def tip(self, other: Pc) -> int:
        """How far this PC has come with the log of another."""
        rows = self.rows("SELECT tip FROM sync_device WHERE device_id = ?", other.device_id)
        return int(rows[0][0]) if rows else 0

    def outgoing(self, after: int = 0) -> list[commits.CommitRecord]:
        """What it hands out."""
        return self.read(lambda reads: commits.outgoing(reads.cursor, after, 100_000))

    def points(self, after: int = 0) -> list[commits.CheckpointRecord]:
        """The signatures over it."""
        return self.read(lambda reads: commits.checkpoints(reads.cursor, 1, after))

    def take(self, other: Pc, handed: list[commits.CommitRecord]) -> ApplyReport:
        """Apply some commits of another PC, signatures apart."""
        return self.store.write(SYSTEM, applying.apply, other.device_id, handed, []).result(60)

    def pull(self, other: Pc) -> ApplyReport:
        """Apply what another PC has and this one has not, with the signatures over it."""
        return self.store.write(
            SYSTEM, applying.apply, other.device_id, other.outgoing(self.tip(other)), other.points()
        ).result(60)

    def conflicts(self) -> list[OpenConflict]:
        """The questions that are open here."""
        return self.read(lambda reads: conflicts.open_conflicts(reads.cursor))

    def decide(self, asked: OpenConflict, **values: Any) -> None:
        """Answer a question."""
        self.write(
            lambda uow: conflicts.decide(uow.cursor, asked.table, asked.row_id, asked.group, values)
        )

    def check(self) -> LogReport:
        """The whole log, compared with the tables."""
        self.store.sign_off().result(60)
        return self.read(lambda reads: check_log(reads.cursor, self.store.mirror))


def join(first: Record, folder: Path, number: int) -> Pc:
    """One more PC of the clinic of a record; the owner lets it in."""
    folder.mkdir()
    clock = FixedClock(NOON, seed=5000 * number)
    store = create_store(folder / "clinic.db", bytes(range(48)), clock, f"PC {number}")
    store.proofs = JustGiven(clock)
    pc = Pc(store, first.owner, clock)
    device, public = pc.rows("SELECT device_id, sign_pk FROM sync_device WHERE dev = 1")[0]
    sealing = Identity.new().public.sealing
    there = Device(uuid.UUID(bytes=device), f"PC {number}", bytes(public), sealing)
    signer = keys_of(first).identity
    first.write(lambda uow: chain.append(uow, signer, PutDevice(there)))
    return pc


def as_pc(record: Record) -> Pc:
    """The PC of an open record."""
    return Pc(record.store, record.owner, record.clock)


def meet(*pcs: Pc) -> None:
    """Everybody hands everything to everybody, until nothing is new."""
    for _round in pcs:
        for one in pcs:
            for other in pcs:
                if one is not other:
                    one.pull(other)


def tables_of(pc: Pc) -> dict[str, list[tuple[Any, ...]]]:
    """Every synced row, without the number that a record gives its own commits."""
    return {
        table.name: pc.rows(
            f"SELECT id, {', '.join(table.columns)} FROM {table.name} ORDER BY id"  # noqa: S608
        )
        for table in TABLES
    }


@pytest.fixture
def two(record: Record, tmp_path: Path) -> Iterator[tuple[Pc, Pc]]:
    """Two PCs that have everything of each other."""
    first, second = as_pc(record), join(record, tmp_path / "two", 2)
    meet(first, second)
    yield first, second
    second.store.close()


@pytest.fixture
def three(record: Record, tmp_path: Path) -> Iterator[tuple[Pc, Pc, Pc]]:
    first = as_pc(record)
    others = [join(record, tmp_path / str(number), number) for number in (2, 3)]
    meet(first, *others)
    yield first, others[0], others[1]
    for pc in others:
        pc.store.close()


def new_patient(pc: Pc, family: str = "Wanjiru") -> uuid.UUID:
    def add(uow: UnitOfWork) -> uuid.UUID:
        row = Patient(family=family, given="Maria", mrn=f"A{uow.new_id().hex[-8:]}")
        uow.add(row)
        return row.id

    return pc.write(add)


def set_family(pc: Pc, row: uuid.UUID, family: str) -> None:
    pc.sql("UPDATE patient SET family = ? WHERE id = ?", family, row.bytes)


def family(pc: Pc, row: uuid.UUID) -> str:
    return str(pc.rows("SELECT family FROM patient WHERE id = ?", row.bytes)[0][0])


def hidden(pc: Pc, row: uuid.UUID) -> bool:
    return bool(pc.rows("SELECT is_deleted FROM patient WHERE id = ?", row.bytes)[0][0])


def findings(pc: Pc) -> list[str]:
    return [
        f"{each.what} {each.dev}/{each.dseq} {each.table}"
        for each in pc.check().findings
        if each.what != "not-signed-yet"
    ]


def same(*pcs: Pc) -> None:
    """All hold the same rows and questions, and their logs say so."""
    held = tables_of(pcs[0])
    asked = [(each.id, each.kind) for each in pcs[0].conflicts()]
    for pc in pcs[1:]:
        for table, rows in tables_of(pc).items():
            assert rows == held[table], table
        assert [(each.id, each.kind) for each in pc.conflicts()] == asked
    for pc in pcs:
        assert findings(pc) == []


MADE_BY_HAND = {"membership_entry", "log_redaction"}


def made_up(table: TableSpec, column: str, rows: dict[str, bytes], turn: int) -> Any:
    found = Base.metadata.tables[table.name].columns[column]
    target = next(iter(found.foreign_keys), None)
    if target is not None:
        return rows.get(target.column.table.name)
    if isinstance(found.type, Boolean) or type(found.type).__name__ == "Boolean":
        return turn % 2
    kind = type(getattr(found.type, "impl", found.type))
    if issubclass(kind, Integer):
        return turn
    if kind.__name__ == "LargeBinary":
        return bytes([turn]) * 16
    return f"{turn}"


def fill(pc: Pc, turn: int) -> dict[str, bytes]:
    """A row in every table that is synced."""
    rows: dict[str, bytes] = {}
    with_parents = [t for t in Base.metadata.sorted_tables if t.name in BY_NAME]

    def write(uow: UnitOfWork) -> None:
        for model in with_parents:
            table = BY_NAME[model.name]
            if table.name in MADE_BY_HAND:
                continue
            pk = uow.new_id().bytes
            columns = [name for name in table.columns if name != "is_deleted"]
            values = [made_up(table, name, rows, turn) for name in columns]
            marks = ", ".join("?" * (len(columns) + 1))
            uow.cursor.execute(
                f"INSERT INTO {table.name} (id, {', '.join(columns)}) VALUES ({marks})",  # noqa: S608
                (pk, *values),
            )
            rows[table.name] = pk

    pc.write(write)
    return rows


def forged(taker: Pc, giver: Pc, commit: commits.CommitRecord, body: bytes) -> commits.CommitRecord:
    """A commit with another body, rightly chained."""
    bare = msgspec.structs.replace(commit, body=body)
    before = taker.rows(
        "SELECT c.chain FROM sync_commit c JOIN sync_device d ON d.dev = c.dev"
        " WHERE d.device_id = ? ORDER BY c.dseq DESC LIMIT 1",
        giver.device_id,
    )
    last = bytes(before[0][0]) if before else bytes(32)
    return msgspec.structs.replace(bare, chain=chain_value(last, bare.header, bare.stored_body))
