"""A PC that begins a list of members of its own stops nobody, and is nobody's owner."""

from __future__ import annotations

from pathlib import Path

from clinic_desktop.db import membership as chain
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.security.membership import Membership
from clinic_desktop.security.membership_entries import Genesis, Person, Root
from clinic_desktop.security.primitives import Identity
from tests.support.pcs import Pc, join, new_patient, same
from tests.support.records import Record


def members(pc: Pc) -> Membership:
    found = pc.read(chain.current)
    assert found is not None
    return found


def test_a_second_beginning_is_kept_out(two: tuple[Pc, Pc], record: Record, tmp_path: Path) -> None:
    first, second = two
    stranger, eve = join(record, tmp_path / "three", 3), Identity.new()
    second.pull(first)
    before = members(first)

    def begin(uow: UnitOfWork) -> None:
        """As if there were no practice yet: nothing of it lies in the past of this commit."""
        keys = eve.public
        person = Person(uow.new_id(), "eve", "Eve", ("owner",), keys.sealing, keys.signing)
        pcs = (chain.this_device(uow),)
        chain.append(uow, eve, Genesis(before.clinic, Root(), (person,), pcs))

    try:
        stranger.store.write(SYSTEM, begin).result(60)
        for pc in (first, second):
            assert [each[2] for each in pc.pull(stranger).quarantined] == ["membership"]
            assert members(pc) == before
        new_patient(second, "Later")
        first.pull(second)
        same(first, second)
        assert first.rows("SELECT family FROM patient") == [("Later",)]
    finally:
        stranger.store.close()
