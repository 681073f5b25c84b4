"""Snapshots of records that are not plain: newer programs, kept-out commits, copies, erasures."""

from __future__ import annotations

import dataclasses
import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from clinic_desktop.db import (
    bodies,
    conflicts,
    incoming,
    lawful,
    replay,
    snapshot_loading,
    snapshot_making,
    unknown,
)
from clinic_desktop.db.devices import device_number
from clinic_desktop.db.incarnation import Last, NewPc
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.models.registry import BY_NAME, TABLES
from clinic_desktop.security.primitives import Identity
from clinic_desktop.services import devices
from clinic_desktop.services.privacy import erasure
from tests.db.test_cutoffs import held, take_out
from tests.db.test_erasure_of_pcs import WHY, WORDS, YEARS
from tests.db.test_snapshots import alike, behind_the_rows, load, snapshot, trio, work
from tests.support.pcs import (
    Pc,
    findings,
    forged,
    join,
    meet,
    new_patient,
    set_family,
    tables_of,
)
from tests.support.records import Record, keys_of

__all__ = ["trio"]
READERS = (bodies, conflicts, incoming, lawful, replay, snapshot_loading, snapshot_making, unknown)
PATIENT, LOCATION = BY_NAME["patient"], BY_NAME["location"]
LATIN, NOTE, ROOM = "name_latin", "note", b"L" * 16


@contextmanager
def older() -> Iterator[None]:
    """What is done here is done by a program without a table, a group and a column of today's."""
    groups = tuple(
        dataclasses.replace(each, columns=tuple(c for c in each.columns if c[0] != LATIN))
        for each in PATIENT.own_groups
        if each.name != NOTE
    )
    patient = dataclasses.replace(PATIENT, own_groups=groups)
    tables = tuple(patient if each is PATIENT else each for each in TABLES if each is not LOCATION)
    by_number = {each.number: each for each in tables}
    with pytest.MonkeyPatch.context() as before:
        for module in READERS:
            if hasattr(module, "TABLES"):
                before.setattr(module, "TABLES", tables)
            if hasattr(module, "BY_NUMBER"):
                before.setattr(module, "BY_NUMBER", by_number)
            if hasattr(module, "BY_NAME"):
                before.setattr(module, "BY_NAME", {**BY_NAME, "patient": patient})
        yield


@pytest.fixture
def late(record: Record, tmp_path: Path, trio: tuple[Pc, Pc, Pc]) -> Iterator[Pc]:
    """One more PC that was let in and has nothing yet."""
    pc = join(record, tmp_path / "late", 4)
    trio[1].pull(trio[0])
    yield pc
    pc.store.close()


def new_work(pc: Pc, chance: random.Random, patients: list[uuid.UUID]) -> None:
    """What only the newer program has a place for."""
    pc.sql(
        "INSERT INTO location (id, name, kind, position, is_active) VALUES (?, ?, 'room', 1, 1)"
        " ON CONFLICT (id) DO UPDATE SET name = excluded.name",
        ROOM[:15] + bytes([chance.randrange(3)]), f"Room {chance.random()}",
    )  # fmt: skip
    for row in patients:
        if pc.rows("SELECT 1 FROM patient WHERE id = ?", row.bytes):
            column = chance.choice([LATIN, NOTE])
            pc.sql(
                f"UPDATE patient SET {column} = ? WHERE id = ?",  # noqa: S608 - one of two
                f"{chance.random()}", row.bytes,
            )  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_what_a_newer_program_wrote_goes_along(
    trio: tuple[Pc, Pc, Pc], late: Pc, seed: int
) -> None:
    first, second, new = trio
    chance, patients = random.Random(seed), list[uuid.UUID]()
    for _day in range(3):
        work(second, chance, patients)
        new_work(second, chance, patients)
        second.pull(first)
        with older():
            first.pull(second)
        for row in patients:
            first.sql("UPDATE patient SET sex = ? WHERE id = ?", f"{chance.random()}", row.bytes)
    assert first.rows("SELECT count(*) FROM sync_unknown") != [(0,)]
    with older():
        told = snapshot(first)
        load(new, told)
        alike(first, new)
    load(late, told)  # a program that has a place for all of it
    second.pull(first)
    alike(second, late)
    for pc in (first, new):  # both get the update
        pc.write(lambda uow: unknown.replay(uow.cursor))
        assert pc.rows("SELECT count(*) FROM sync_unknown") == [(0,)]
    meet(first, second, new, late)
    for pc in (first, new, late):
        alike(second, pc)


def test_what_is_kept_out_is_not_in_it(trio: tuple[Pc, Pc, Pc], record: Record, late: Pc) -> None:
    first, second, new = trio
    stolen = late
    meet(first, second, stolen)
    new_patient(stolen, "Before")
    meet(first, second, stolen)
    take_out(record, first, stolen)
    second.pull(first)
    new_patient(stolen, "After")
    first.pull(stolen)
    tip = first.tip(second)
    for name in ("One", "Two", "Three"):
        new_patient(second, name)
    handed = second.outgoing(tip)
    first.take(second, handed[1:])
    wrong = forged(first, second, handed[0], b"\xc1")
    first.take(second, [wrong])
    assert sorted(held(first)) == ["cutoff", "unreadable", "waits", "waits"]
    invite(new, stolen)
    load(new, snapshot(first))
    alike(first, new)
    assert held(new) == []
    new.pull(stolen)
    assert held(new) == ["cutoff"]
    new_patient(new, "Four")
    new.pull(second)  # which was never shown the wrong one
    second.pull(new)
    second.pull(stolen)
    alike(second, new)
    assert held(new) == held(second) == ["cutoff"]
    assert new.rows("SELECT count(*) FROM patient") == [(5,)]


def invite(pc: Pc, other: Pc) -> None:
    """A PC hears the key of another, as from the one that let it in, or from an owner."""
    (public,) = other.rows("SELECT sign_pk FROM sync_device WHERE dev = 1")[0]
    device_id = other.device_id

    def hear(uow: UnitOfWork) -> None:
        device_number(uow.cursor, device_id)
        uow.cursor.execute(
            "UPDATE sync_device SET sign_pk = ? WHERE device_id = ?", (public, device_id)
        )

    pc.store.write(SYSTEM, hear).result(60)


def begin_anew(pc: Pc, record: Record, common: int, prefix: str, *others: Pc) -> None:
    """The PC goes on under another name, and an owner's word for it goes to the others."""
    name = NewPc(pc.clock.new_id().bytes, Identity.new(), prefix)
    pc.write(devices.begin_anew, name, Last(common, 0), keys_of(record).identity)
    for other in others:
        invite(other, pc)


@pytest.mark.parametrize("seed", range(3))
def test_pcs_with_several_names(
    trio: tuple[Pc, Pc, Pc], record: Record, late: Pc, seed: int
) -> None:
    first, second, new = trio
    chance, patients = random.Random(seed), list[Any]()
    for turn in range(3):
        work(first, chance, patients)
        work(second, chance, patients)
        first.pull(second)
        if chance.random() < 0.5:
            second.pull(first)
        work(second, chance, patients)  # what nobody else has yet
        begin_anew(second, record, first.tip(second), f"X{turn}", first)
        first.pull(second)
    meet(first, second)
    load(new, snapshot(first))
    load(late, snapshot(second))
    alike(first, new)
    alike(second, late)
    for pc in (first, second, new, late):
        work(pc, chance, patients)
    meet(first, second, new, late)
    for pc in (second, new, late):
        alike(first, pc)


def same_but_for_erasures(one: Pc, other: Pc) -> None:
    """Alike, though each PC is asked for itself about what was erased elsewhere."""
    assert tables_of(other) == tables_of(one)
    found = []
    for pc in (one, other):
        behind = behind_the_rows(pc)
        asked = [each for each in behind.pop("questions") if each[1] != "erasure"]
        found.append((behind, asked))
        assert findings(pc) == []
    assert found[0] == found[1]


@pytest.mark.parametrize("also", [False, True])
def test_erased_words_stay_out_of_it(trio: tuple[Pc, Pc, Pc], late: Pc, also: bool) -> None:
    first, second, new = trio
    row = new_patient(first)
    meet(first, second)
    set_family(first, row, "Quillfeather")
    set_family(second, row, "Persephone")
    meet(first, second)
    for pc in (first, second) if also else (first,):
        pc.clock.advance(seconds=YEARS)
        pc.write(erasure.erase, row, WHY)
    load(late, snapshot(first))
    same_but_for_erasures(first, late)
    assert late.read(erasure.places_of, WORDS) == {}
    meet(first, second)
    late.pull(first)
    late.pull(second)
    same_but_for_erasures(first, late)
    load(new, snapshot(first))
    same_but_for_erasures(first, new)
    for pc in (late, new):
        assert pc.read(erasure.places_of, WORDS) == {}


def test_an_erasure_that_is_not_told_yet_goes_along(trio: tuple[Pc, Pc, Pc], late: Pc) -> None:
    first, second, new = trio
    row = new_patient(first, "Quillfeather")
    before = second.tip(first)
    first.clock.advance(seconds=YEARS)
    first.write(erasure.erase, row, WHY)
    handed = first.outgoing(before)
    second.take(first, handed[:1])  # without the words, and without the row that says why
    assert second.rows("SELECT why FROM sync_hold") == [("erased",)]
    load(new, snapshot(second))
    assert tables_of(new) == tables_of(second)
    assert behind_the_rows(new) == behind_the_rows(second)
    assert findings(new) == findings(second) == [f"erasure-to-come 2/{before + 1} "]
    late.pull(first)
    for pc in (second, new):
        pc.pull(first)
        assert pc.rows("SELECT why FROM sync_hold") == []
        same_but_for_erasures(late, pc)
    meet(second, new)
    same_but_for_erasures(second, new)
