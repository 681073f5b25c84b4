"""Steps of the membership whose rows bear one id: none of them takes the place of another."""

from __future__ import annotations

import uuid

import msgspec

from clinic_desktop.db import confirmed
from clinic_desktop.db import membership as chain
from clinic_desktop.db.commits import CommitRecord
from clinic_desktop.models.registry import BY_NAME
from clinic_desktop.security import membership_chain
from clinic_desktop.security.membership import Membership
from clinic_desktop.security.membership_entries import (
    Body,
    Device,
    Entry,
    PutDevice,
    RevokeDevice,
)
from clinic_desktop.security.primitives import Identity
from tests.support.pcs import Pc, forged, new_patient
from tests.support.records import Record, keys_of

ENTRY = BY_NAME["membership_entry"]


def members(pc: Pc) -> Membership:
    found = pc.read(chain.current)
    assert found is not None
    return found


def id_of(entry: Entry, pc: Pc) -> bytes:
    rows = pc.rows("SELECT id FROM membership_entry WHERE signature = ?", entry.signature)
    return bytes(rows[0][0])


def last(pc: Pc) -> Entry:
    return pc.read(chain.entries)[-1]


def under(pk: bytes, entry: Entry, giver: Pc, taker: Pc) -> CommitRecord:
    """A commit of one PC that bears an entry in a row of this id."""
    new_patient(giver)
    handed = giver.outgoing(taker.tip(giver))[-1]
    inserts, updates = msgspec.msgpack.decode(handed.body)
    columns = list(ENTRY.column_numbers)
    said = [getattr(entry, name) for name in ENTRY.columns if name != "is_deleted"]
    inserts.append([ENTRY.number, [n for n in columns if n], [[pk, *said]]])
    return forged(taker, giver, handed, msgspec.msgpack.encode([inserts, updates]))


def test_nobody_writes_over_a_step_by_giving_another_its_id(
    three: tuple[Pc, Pc, Pc], record: Record
) -> None:
    """Whoever has an owner's keys would undo with it that his PC was taken out."""
    first, second, third = three
    owner, gone = keys_of(record).identity, uuid.UUID(bytes=third.device_id)
    keys = Identity.new().public
    came = PutDevice(Device(uuid.uuid4(), "Reception", keys.signing, keys.sealing))
    apart, _after = membership_chain.write(members(second), owner, came, 7)
    step = write(first, owner, RevokeDevice(gone))
    second.pull(first)
    commit = under(id_of(step, first), apart, third, second)
    for pc in (first, second):
        assert pc.take(third, [commit]).quarantined
        assert last(pc) == step
        assert gone not in members(pc).devices


def test_a_step_that_another_pc_says_too_lies_at_both(
    three: tuple[Pc, Pc, Pc], record: Record
) -> None:
    first, second, third = three
    owner, keys = keys_of(record).identity, Identity.new().public
    came = PutDevice(Device(uuid.uuid4(), "Reception", keys.signing, keys.sealing))
    step = write(first, owner, came)
    commit = under(id_of(step, first), step, third, second)
    second.take(third, [commit])
    second.pull(first)
    second.take(third, [commit])
    first.take(third, [commit])
    for pc in (first, second):
        found = pc.read(lambda reads: confirmed.written(reads.cursor))
        assert {each.device.bytes for each in found if each.entry == step} == {
            first.device_id, third.device_id
        }  # fmt: skip
    assert members(first) == members(second)


def write(pc: Pc, owner: Identity, body: Body) -> Entry:
    pc.write(lambda uow: chain.append(uow, owner, body))
    return last(pc)
