"""A record of an earlier version, brought to this one, takes its place among other PCs."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinic_desktop.db import incarnation
from clinic_desktop.db import membership as chain
from clinic_desktop.db.opening import open_store
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.security.membership import Root
from tests.db.test_snapshots_hard import begin_anew, invite
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
from tests.support.records import JustGiven, Record, keys_of

VERSIONS = (1, 2, 8, 11, 14)
"""Before the chain of members and signatures, before erasures, before and after the exchange.

All sixteen were tried when this was written; they take a minute and a half.
"""


@pytest.fixture
def old(request: pytest.FixtureRequest, record: Record, tmp_path: Path) -> Iterator[Record]:
    """A record of an earlier version with work in it, opened by this program."""
    pc, key = as_pc(record), record.key
    person = fill(pc, 1)["app_user"]
    pc.sql("UPDATE app_user SET is_active = 0 WHERE id = ?", person)
    kept, gone = new_patient(pc, "First"), new_patient(pc, "Gone")
    set_family(pc, kept, "Second")
    pc.sql("UPDATE patient SET is_deleted = 1 WHERE id = ?", gone.bytes)
    record.store.close()
    folder = Path(shutil.copytree(record.path.parent, tmp_path / "old"))
    shutil.rmtree(folder / "audit", ignore_errors=True)
    path = folder / record.path.name
    for each in folder.glob(f"{path.name}*"):
        each.unlink()
    lay_back(record.path, key, path, request.param)
    store = open_store(path, key, record.clock)
    store.proofs = JustGiven(record.clock)
    found = Record(store, record.clock, record.owner, key, path)
    try:
        found.write(_begin_chain, found)
        yield found
    finally:
        store.close()


def _begin_chain(uow: UnitOfWork, record: Record) -> None:
    """As the owner's first signing in does where the record is older than its chain."""
    if chain.current(uow) is None:
        keys = keys_of(record)
        chain.begin(uow, keys.identity, keys.vault, Root(keys.vault.recovery), keys.identity.public)


def rows_of(pc: Pc) -> dict[str, uuid.UUID]:
    found = pc.rows("SELECT family, id FROM patient WHERE family IN ('Second', 'Gone')")
    return {str(name): uuid.UUID(bytes=bytes(pk)) for name, pk in found}


def work_of_before_is_there(pc: Pc) -> None:
    rows = rows_of(pc)
    assert not hidden(pc, rows["Second"])
    assert hidden(pc, rows["Gone"])


@pytest.mark.parametrize("old", VERSIONS, indirect=True)
def test_an_upgraded_record_shares_all_it_has(old: Record, tmp_path: Path) -> None:
    first = as_pc(old)
    assert findings(first) == []
    work_of_before_is_there(first)
    second = join(old, tmp_path / "second", 2)
    try:
        meet(first, second)
        work_of_before_is_there(second)
        row = rows_of(first)["Second"]
        set_family(second, row, "Third")
        meet(first, second)
        assert family(first, row) == "Third"
        same(first, second)
        # Brought back later: what the other PC had of it stays, the rest is told anew.
        common = second.tip(first)
        left = new_patient(first, "Left")
        begin_anew(first, old, common, "X1", second)
        meet(first, second)
        assert family(second, left) == "Left"
        same(first, second)
    finally:
        second.store.close()


@pytest.mark.parametrize("old", [1, 11], indirect=True)
def test_an_upgraded_record_goes_on_under_another_name(old: Record, tmp_path: Path) -> None:
    """Nobody had anything of it: every commit of before is written anew."""
    first = as_pc(old)
    first.write(lambda uow: incarnation.mark_restored(uow.cursor))
    begin_anew(first, old, 0, "X1")
    assert findings(first) == []
    second = join(old, tmp_path / "second", 2)
    try:
        invite(second, first)
        meet(first, second)
        work_of_before_is_there(second)
        same(first, second)
    finally:
        second.store.close()
