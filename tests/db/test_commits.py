"""The log as other PCs get it: names that hold everywhere, and a chain that they can check."""

from __future__ import annotations

import uuid
import zlib

import msgspec
import pytest

from clinic_desktop.db import commits, journal
from clinic_desktop.db.chain import chain_value, verify_chain
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.errors import DatabaseDamagedError
from clinic_desktop.models.patient import Patient
from tests.support.records import Record


def _new(record: Record) -> uuid.UUID:
    def add(uow: UnitOfWork) -> uuid.UUID:
        row = Patient(
            family="Wanjiru", given="Maria", birth_date="1984-05", birth_precision="month",
            sex="female", mrn=f"A{uow.new_id().hex[:8]}",
        )  # fmt: skip
        uow.add(row)
        return row.id

    return record.write(add)


def _outgoing(record: Record, after: int = 0, limit: int = 10_000) -> list[commits.CommitRecord]:
    return record.read(lambda reads: commits.outgoing(reads.cursor, after, limit))


def _hidden(record: Record, row_id: uuid.UUID) -> None:
    def hide(uow: UnitOfWork) -> None:
        row = uow.get(Patient, row_id)
        assert row is not None
        row.is_deleted = True

    record.write(hide)


def _holds(found: list[commits.CommitRecord]) -> bool:
    previous = bytes(32)
    for each in found:
        if chain_value(previous, each.header, each.stored_body) != each.chain:
            return False
        previous = each.chain
    return True


def test_what_goes_out_is_whole_and_in_order(record: Record) -> None:
    maria = _new(record)
    _hidden(record, maria)
    found = _outgoing(record)
    assert [each.dseq for each in found] == list(range(1, len(found) + 1))
    assert _holds(found)
    inserts, updates = msgspec.msgpack.decode(found[-1].body)
    assert inserts == [] or inserts[0][0] != 8
    assert [8, maria.bytes, 0, [1]] in [each[:4] for each in updates]
    assert _outgoing(record, found[-2].dseq) == found[-1:]
    assert _outgoing(record, 0, 2) == found[:2]


def test_the_chain_covers_the_body_before_it_is_deflated(record: Record) -> None:
    """So that another PC, which deflates anew, keeps other bytes and the same chain."""
    _new(record)
    last = _outgoing(record)[-1]
    squeezed = zlib.compress(last.body, 9)
    assert chain_value(_outgoing(record)[-2].chain, last.header, squeezed) == last.chain


def test_older_commits_keep_the_older_rule(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "SCHEMA_VERSION", 10)
    _new(record)
    monkeypatch.undo()
    _new(record)
    found = _outgoing(record)
    assert {each.schema & 0xFFFF for each in found} == {10, 12}
    assert _holds(found)
    assert record.read(lambda reads: verify_chain(reads.cursor)) is None
    old = next(each for each in found if each.schema == 10)
    assert journal.read_body(old.body)


def test_a_log_that_others_could_misread_stays_here(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "SCHEMA_VERSION", 10)
    monkeypatch.setattr(journal, "next_cid", lambda _cursor: 10_000)
    _new(record)
    with pytest.raises(DatabaseDamagedError):
        _outgoing(record)


def test_signed_heads_go_out_after_a_number(record: Record) -> None:
    record.store.sign_off().result()
    found = record.read(lambda reads: commits.checkpoints(reads.cursor, 1, 0))
    assert [each.number for each in found] == list(range(1, len(found) + 1))
    assert record.read(lambda reads: commits.checkpoints(reads.cursor, 1, found[-1].number)) == []
