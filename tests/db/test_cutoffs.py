"""What a PC writes after it was taken out does not count, unless others built on it before."""

from __future__ import annotations

import uuid

from clinic_desktop.db import membership as chain
from clinic_desktop.db.devices import show_members
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.security.membership_entries import Device, PutDevice, RevokeDevice
from clinic_desktop.security.primitives import Identity
from tests.support.pcs import Pc, meet, new_patient, same
from tests.support.records import Record, keys_of


def held(pc: Pc) -> list[str]:
    return [
        str(row[0]) for row in pc.rows("SELECT why FROM sync_hold WHERE dseq > 0 ORDER BY dseq")
    ]


def take_out(record: Record, first: Pc, gone: Pc) -> None:
    entry = RevokeDevice(uuid.UUID(bytes=gone.device_id), first.tip(gone))

    def write(uow: UnitOfWork) -> None:
        chain.append(uow, keys_of(record).identity, entry)
        show_members(uow.cursor)

    first.write(write)


def test_what_a_stolen_pc_writes_later_does_not_count(
    three: tuple[Pc, Pc, Pc], record: Record
) -> None:
    first, second, stolen = three
    new_patient(stolen, "Before")
    meet(*three)
    take_out(record, first, stolen)
    second.pull(first)
    new_patient(stolen, "After")
    for pc in (first, second):
        assert pc.pull(stolen).quarantined
        assert held(pc) == ["cutoff"]
    same(first, second)
    assert [row[0] for row in first.rows("SELECT family FROM patient")] == ["Before"]


def test_work_of_a_pc_that_had_not_heard_of_it_is_not_held_up(
    three: tuple[Pc, Pc, Pc], record: Record
) -> None:
    first, second, stolen = three
    take_out(record, first, stolen)
    new_patient(stolen, "Late")
    second.pull(stolen)
    first.pull(stolen)
    assert held(first) == ["cutoff"]
    new_patient(second, "Built on it")
    new_patient(stolen, "Later still")
    first.pull(second)
    assert held(first) == []
    second.pull(first)
    second.pull(stolen)
    first.pull(stolen)
    assert held(first) == held(second) == ["cutoff"]
    same(first, second)
    found = first.rows("SELECT family FROM patient ORDER BY family")
    assert [row[0] for row in found] == ["Built on it", "Late"]


def test_a_step_that_two_commits_hold_was_seen_by_whoever_saw_either(
    three: tuple[Pc, Pc, Pc], record: Record
) -> None:
    """As of a PC's work that was written anew at another: the next step follows either."""
    first, second, gone = three
    meet(*three)
    take_out(record, first, gone)
    (step,) = first.rows(
        "SELECT id, n, prev, kind, wall, body, author, signature FROM membership_entry"
        " ORDER BY n DESC LIMIT 1"
    )
    second.sql(
        "INSERT INTO membership_entry (id, n, prev, kind, wall, body, author, signature)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        *step,
    )
    sealing = Identity.new().public
    more = Device(uuid.UUID(int=7), "PC 7", sealing.signing, sealing.sealing)
    second.write(lambda uow: chain.append(uow, keys_of(record).identity, PutDevice(more)) and None)
    first.pull(second)
    second.pull(first)
    assert held(first) == held(second) == []
    later = Device(uuid.UUID(int=8), "PC 8", sealing.signing, sealing.sealing)
    first.write(lambda uow: chain.append(uow, keys_of(record).identity, PutDevice(later)) and None)
    second.pull(first)
    assert held(second) == []
    same(first, second)
