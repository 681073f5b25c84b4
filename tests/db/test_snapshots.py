# ruff: noqa: S608 - names of our own tables
"""A PC that took a snapshot holds what one holds that took every commit, and goes on alike."""

from __future__ import annotations

import hashlib
import random
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clinic_desktop.db.conflicts import open_conflicts
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.snapshot_loading import Loader, refuse_untold_erasures
from clinic_desktop.db.snapshot_making import Told, head, tell
from clinic_desktop.db.snapshot_pages import (
    Head,
    LogPage,
    Part,
    RowsPage,
    SnapshotError,
    read,
    write,
)
from clinic_desktop.domain.permissions import SYSTEM
from tests.support.pcs import (
    Pc,
    as_pc,
    fill,
    join,
    meet,
    new_patient,
    same,
    set_family,
    tables_of,
)
from tests.support.records import Record

Snapshot = tuple[Head, list[tuple[Part, bytes, bool]]]


def sealed_everything(uow: UnitOfWork) -> None:
    """As if all work of each PC lay in one segment."""
    uow.cursor.execute("DELETE FROM sync_segment")
    uow.cursor.execute(
        "INSERT INTO sync_segment (dev, seg_no, from_dseq, to_dseq, epoch, hash, content, state)"
        " SELECT dev, 1, 1, max(dseq), 1, zeroblob(32), x'01', 'sent' FROM sync_commit GROUP BY dev"
    )


def snapshot(pc: Pc) -> Snapshot:
    """What a PC tells of its record."""

    def told(reads: ReadSession) -> Snapshot:
        found = head(reads.cursor, 0)
        assert found is not None
        pages: list[Told] = sorted(tell(reads.cursor, 0), key=lambda each: each.part)
        return found, [(each.part, write(each.page), each.counts) for each in pages]

    pc.store.write(SYSTEM, sealed_everything).result(60)
    return pc.read(told)


def load(pc: Pc, told: Snapshot) -> None:
    """Take it over, in one transaction."""

    def take(uow: UnitOfWork) -> None:
        loader = Loader(uow.cursor, told[0])
        for _part, plain, _counts in told[1]:
            loader.take(read(plain))
        loader.finish()

    pc.store.write(SYSTEM, take).result(60)


def behind_the_rows(pc: Pc) -> dict[str, Any]:
    """What merging needs beside the rows, in names that hold on every PC."""
    dot = "d.device_id, c.dseq"
    commit = "JOIN sync_commit c ON c.cid = {} JOIN sync_device d ON d.dev = c.dev"
    found: dict[str, Any] = {
        "makers": [
            pc.rows(f"SELECT t.id, {dot} FROM {name} t {commit.format('t.sv')} ORDER BY t.id")
            for name in tables_of(pc)
        ],
        "versions": pc.rows(
            f"SELECT s.tbl, s.pk, s.grp, {dot}, s.val FROM sync_cell s {commit.format('s.ver')}"
            " ORDER BY 1, 2, 3, 4, 5"
        ),
        "unknown": pc.rows(
            f"SELECT s.tbl, s.pk, s.grp, {dot} FROM sync_unknown s {commit.format('s.cid')}"
            " ORDER BY 1, 2, 3, 4, 5"
        ),
        "the log": pc.rows(
            f"SELECT {dot}, c.hlc, c.wall, c.user_id, c.reason, c.schema_ver, c.deps, c.chain"
            " FROM sync_commit c JOIN sync_device d USING (dev) ORDER BY 1, 2"
        ),
        "pasts": pc.rows(
            "SELECT d.device_id, o.device_id, s.dseq, s.upto FROM sync_dep s"
            " JOIN sync_device d ON d.dev = s.dev JOIN sync_device o ON o.dev = s.other"
            " ORDER BY 1, 2, 3, 4"
        ),
        "PCs": pc.rows(
            "SELECT device_id, status, cutoff, sign_pk FROM sync_device ORDER BY device_id"
        ),
    }
    found["questions"] = pc.read(
        lambda reads: [
            (each.id, each.kind, each.severity, each.table, each.row_id, each.group,
             each.patient_id, each.opened_hlc, each.other_id)
            for each in open_conflicts(reads.cursor)
        ]
    )  # fmt: skip
    return found


def alike(one: Pc, other: Pc) -> None:
    """Row for row the same, and what lies behind the rows."""
    same(one, other)
    here, there = behind_the_rows(one), behind_the_rows(other)
    for what, held in here.items():
        assert there[what] == held, what


@pytest.fixture
def trio(record: Record, tmp_path: Path) -> Iterator[tuple[Pc, Pc, Pc]]:
    """Two PCs that work, and one that was let in and has nothing yet."""
    first = as_pc(record)
    second, new = (join(record, tmp_path / str(number), number) for number in (2, 3))
    meet(first, second)
    yield first, second, new
    for pc in (second, new):
        pc.store.close()


def work(pc: Pc, chance: random.Random, patients: list[Any]) -> None:
    """A few changes, some of rows that the other PC changes at the same time."""
    for _turn in range(chance.randint(1, 4)):
        if not patients or chance.random() < 0.3:
            patients.append(new_patient(pc, f"Family {chance.random()}"))
            continue
        row = chance.choice(patients)
        if not pc.rows("SELECT 1 FROM patient WHERE id = ?", row.bytes):
            continue
        match chance.randrange(4):
            case 0:
                set_family(pc, row, f"Name {chance.random()}")
            case 1:
                pc.sql("UPDATE patient SET sex = ? WHERE id = ?", f"{chance.random()}", row.bytes)
            case 2:
                pc.sql("UPDATE patient SET is_deleted = 1 WHERE id = ?", row.bytes)
            case _:
                pc.sql("UPDATE patient SET is_deleted = 0 WHERE id = ?", row.bytes)


@pytest.mark.parametrize("seed", range(4))
def test_a_snapshot_is_what_all_commits_come_to(trio: tuple[Pc, Pc, Pc], seed: int) -> None:
    first, second, new = trio
    chance, patients = random.Random(seed), list[Any]()
    for _day in range(4):
        work(first, chance, patients)
        work(second, chance, patients)
        if chance.random() < 0.7:
            second.pull(first)
        first.pull(second)
    meet(first, second)
    told = snapshot(first)
    load(new, told)
    alike(first, new)
    for _day in range(3):  # they go on, the new one too
        for pc in (first, second, new):
            work(pc, chance, patients)
        first.pull(second)
    meet(first, second, new)
    alike(first, new)
    alike(second, new)


def test_two_pcs_tell_the_same(trio: tuple[Pc, Pc, Pc]) -> None:
    first, second, new = trio
    rows = fill(first, 1)
    meet(first, second)
    set_family(first, uuid.UUID(bytes=rows["patient"]), "One")
    set_family(second, uuid.UUID(bytes=rows["patient"]), "Two")
    meet(first, second)
    counted = [[each[:2] for each in snapshot(pc)[1] if each[2]] for pc in (first, second)]
    assert counted[0] == counted[1]
    load(new, snapshot(second))
    alike(first, new)
    assert [each[:2] for each in snapshot_of_loaded(new) if each[2]] == counted[0]


def snapshot_of_loaded(pc: Pc) -> list[tuple[Part, bytes, bool]]:
    """The pages of a PC that made nothing itself."""
    return pc.read(
        lambda reads: [
            (each.part, write(each.page), each.counts)
            for each in sorted(tell(reads.cursor, 0), key=lambda each: each.part)
        ]
    )


def test_words_that_no_erasure_told_of_are_refused(trio: tuple[Pc, Pc, Pc]) -> None:
    """Whoever makes a snapshot cannot say of another PC's work that an erasure touched it."""
    first, second, new = trio
    new_patient(second, "Truth")
    meet(first, second)
    at, pages = snapshot(first)
    told = []
    for part, plain, counts in pages:
        page = read(plain)
        if isinstance(page, LogPage):
            for place, body in enumerate(page.bodies):
                if b"Truth" in body:
                    digest = hashlib.blake2b(body, digest_size=32).digest()
                    page.originals[page.first + place] = digest
                    page.bodies[place] = body.replace(b"Truth", b"False")
        if isinstance(page, RowsPage):
            page.values[:] = [["False" if v == "Truth" else v for v in c] for c in page.values]
        told.append((part, write(page), counts))
    assert told != pages
    load(new, (at, told))  # it is whole in itself
    with pytest.raises(SnapshotError, match="erasure"):
        new.read(lambda reads: refuse_untold_erasures(reads.cursor))
