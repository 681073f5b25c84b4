"""What another PC or the disk does wrong: a sentence, nothing applied of it, nothing lost."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest
from backports import zstd

from clinic_desktop.clinic import Clinic
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import ClinicError, ReadOnlyError, RevokedError, StorageError
from clinic_desktop.services import devices
from clinic_desktop.sync import kept_segments, segment, state
from clinic_desktop.sync.connecting import link_of
from clinic_desktop.sync.exchange import Exchange
from clinic_desktop.sync.keys import subkey
from clinic_desktop.sync.segment import Header, Origin, Segment
from clinic_desktop.syncing import Syncing
from tests.sync.conftest import Practice, add_patient, patients, rows, sync
from tests.sync.test_lying_server import LyingLink, with_segments

ENDLESS = 1 << 30
"""Pages."""


def names(pc: Clinic) -> list[object]:
    return [row[1] for row in patients(pc)]


def bomb(uow: UnitOfWork) -> Segment:
    """The next segment of this PC: little on the line, and without end when unpacked."""
    found, last = state.peer(uow.cursor), kept_segments.tip(uow.cursor)
    assert found is not None
    me, (epoch, dek) = (
        state.me(uow.cursor, found.settings.clinic),
        max(state.keys(uow.cursor).items()),
    )
    origin = Origin(me.clinic, me.device, me.keys, epoch, dek, last.seg_no, last.hash)
    following = kept_segments.covered(uow.cursor) + 1
    header = Header(
        1, me.clinic.bytes, me.device.bytes, last.seg_no + 1, following, following, 1, 1, epoch,
        last.hash,
    )  # fmt: skip
    packed = zstd.compress(bytes(4 * segment.MAX_UNPACKED))
    return segment._seal_part(header, packed, subkey(dek, b"segment"), origin)


def test_a_bomb_of_a_pc_of_the_practice_is_kept_out(practice: Practice, back: Clinic) -> None:
    front, third = practice.front, practice.new_pc("third")
    sync(front, back)
    made = front.store.write(SYSTEM, bomb).result()
    add_patient(third, "Cleo")
    sync(third)
    add_patient(back, "Bea")
    with closing(link_of(back.store)) as link:
        last = with_segments(lambda all_: (*all_, made.raw))
        passed = Exchange(back.store, LyingLink(link, last)).run()  # type: ignore[arg-type]
    assert names(back) == ["Bea", "Cleo"]
    assert (passed.open.kept_out, passed.open.to_send) == (1, 0)


def _limit(uow: UnitOfWork, pages: int) -> None:
    """No more than these fit on the disk."""
    uow.cursor.execute(f"PRAGMA max_page_count = {pages}").fetchall()


def test_a_disk_that_is_full_while_others_work_comes_in(practice: Practice, back: Clinic) -> None:
    front = practice.front
    add_patient(back, "Bea")
    for room in (0, 6):  # it is full at another step each time
        for number in range(30):
            add_patient(front, f"Ada {room} {number:02}", "A" * 120)
        sync(front)
        [(pages,)] = rows(back, "PRAGMA page_count")
        assert isinstance(pages, int)
        back.store.write(SYSTEM, _limit, pages + room).result()
        with pytest.raises(ClinicError) as caught:
            Syncing(back).run()
        assert isinstance(caught.value, StorageError | ReadOnlyError)
        assert "full" in caught.value.message
        assert caught.value.kept
        assert "Bea" in names(back)
        _make_room(back)
        add_patient(back, f"Bea {room}")
    sync(back, front)
    assert patients(back) == patients(front)
    assert len(patients(front)) == 63
    assert Syncing(back).status().open.kept_out == 0


def _make_room(pc: Clinic) -> None:
    with pc.store._writer_engine.connect() as connection:
        cursor: Any = connection.connection.dbapi_connection
        cursor.execute(f"PRAGMA max_page_count = {ENDLESS}").fetchall()
    pc.store.gate.look()


def test_two_pcs_of_one_name_are_told_apart(practice: Practice, back: Clinic) -> None:
    front, third = practice.front, practice.new_pc("third")
    for pc, given in ((front, "Ada"), (back, "Bea"), (third, "Cleo")):
        add_patient(pc, given)
        sync(pc)
    sync(front)
    found = front.store.read(front.actor, devices.pcs).result()
    assert len({each.name for each in found}) == 1  # all three are this machine
    assert len({each.prefix for each in found}) == len({each.id for each in found}) == 3
    assert len({row[2] for row in patients(front)}) == 3
    [here] = [each for each in third.store.read(third.actor, devices.pcs).result() if each.is_this]
    Syncing(front).revoke(here.id)
    with pytest.raises(RevokedError):
        Syncing(third).run()
    add_patient(back, "Dora")
    sync(back, front)
    assert names(front) == names(back) == ["Ada", "Bea", "Cleo", "Dora"]
