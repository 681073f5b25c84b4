"""A server drops what two checked snapshots cover, and nobody loses anything by it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from clinic_desktop.clinic import Clinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import ServerError
from clinic_desktop.sync import state
from clinic_desktop.sync.client import Address
from clinic_desktop.sync.connecting import link_of
from clinic_desktop.sync.snapshot_checking import Checking
from clinic_desktop.syncing import Syncing
from tests.support.relays import ServerProcess, running
from tests.sync.conftest import Practice, add_patient, patients, rows, sync
from tests.sync.test_incarnations import agree, close, copy
from tests.sync.test_recovering import bring_back as with_sheet
from tests.sync.test_recovering import opened
from tests.sync.test_snapshots import kept, leave

KEEP_NOTHING = "UPDATE segment SET received = 0"
"""As if all of it had come long ago."""


@pytest.fixture
def server(template: Path, tmp_path: Path) -> Iterator[ServerProcess]:
    """One that drops what may go a day after it came."""
    shutil.copytree(template / "server", tmp_path / "server")
    with running(tmp_path / "server", "--insecure", "--keep-days", "1") as server:
        yield server


def check(pc: Clinic, seconds: float = 600) -> None:
    """Say of the snapshots what there is to say, and check all that are not checked."""
    with closing(link_of(pc.store)) as link:
        for _each in range(4):
            Checking(pc.store, link).run(seconds, at_once=True)


def segments(practice: Practice) -> int:
    with kept(practice) as server:
        return int(server.execute("SELECT count(*) FROM segment").fetchone()[0])


def all_came_long_ago(practice: Practice) -> None:
    with kept(practice) as server:
        server.execute(KEEP_NOTHING)


def two_snapshots(maker: Clinic, *others: Clinic) -> None:
    """Work, and a snapshot of it, twice; nobody has checked them yet."""
    for given in ("Ada", "Bea"):
        for pc in (maker, *others):
            add_patient(pc, f"{given} {pc.store.path.parent.name}")
        sync(maker, *others, maker)
        assert leave(maker)
    sync(*others)


def drop(practice: Practice, maker: Clinic, *others: Clinic) -> None:
    """Two checked snapshots, and the segments that they cover are gone."""
    two_snapshots(maker, *others)
    all_came_long_ago(practice)
    before = segments(practice)
    check(maker)
    for pc in others:
        check(pc)
    check(maker)
    assert segments(practice) < before


def test_what_two_checked_snapshots_cover_is_dropped(practice: Practice, back: Clinic) -> None:
    front = practice.front
    two_snapshots(front, back)
    all_came_long_ago(practice)
    before = segments(practice)
    check(front)
    assert segments(practice) == before  # the maker's own word is not enough
    check(back)
    after = segments(practice)
    assert after < before
    with kept(practice) as server:
        used, counted = server.execute(
            "SELECT used, (SELECT sum(length(bytes)) FROM segment)"
            " + (SELECT sum(length(body)) FROM page) + (SELECT sum(length(body)) FROM snapshot)"
            " FROM practice"
        ).fetchone()
        assert used == counted
    add_patient(front, "Cleo")
    add_patient(back, "Dan")
    sync(front, back, front)
    assert patients(front) == patients(back)
    new = practice.new_pc("new")
    assert patients(new) == patients(front)
    assert rows(front, "SELECT count(*) FROM sync_page") == [(0,)]
    assert not list(front.store.path.parent.glob("checking-*"))


def test_nothing_goes_that_came_lately(practice: Practice, back: Clinic) -> None:
    two_snapshots(practice.front, back)
    before = segments(practice)
    for pc in (practice.front, back):
        check(pc)
    assert segments(practice) == before


def test_a_pc_that_was_away_takes_it_from_the_snapshot(practice: Practice, back: Clinic) -> None:
    """It wrote meanwhile, as the others did: both are asked about, and nothing is lost."""
    front, third = practice.front, practice.new_pc("third")
    add_patient(front, "Shared")
    sync(front, back, third)
    rename(third, "Third's")
    add_patient(third, "Alone")
    practice.server.kill()
    age(practice)  # the third has not been here for a hundred days
    practice.server.start()
    rename(front, "Front's")
    for given in ("Eve", "Fay"):
        sync(front, back)
        add_patient(back, given)
        sync(back)
    before = taken_another_way(third)
    drop(practice, front, back)
    sync(third)
    assert taken_another_way(third) == before + 2  # of both PCs
    sync(front, back, third)
    assert patients(third) == patients(front) == patients(back)
    assert "Alone" in [row[1] for row in patients(front)]
    for pc in (front, back, third):
        assert Syncing(pc).status().open.conflicts == 1
    add_patient(third, "After")
    sync(third, back)
    assert patients(third) == patients(back)


def test_a_pc_that_is_still_here_and_has_not_said_so_keeps_it(
    practice: Practice, back: Clinic
) -> None:
    practice.new_pc("third")
    two_snapshots(practice.front, back)
    all_came_long_ago(practice)
    before = segments(practice)
    for pc in (practice.front, back):
        check(pc)
    assert segments(practice) == before


def test_a_server_that_drops_what_it_may_not_is_noticed(
    practice: Practice, back: Clinic, caplog: pytest.LogCaptureFixture
) -> None:
    """And what a PC writes that had shown to be no older state is still sent."""
    front, current = practice.front, Syncing(back)
    current.run()
    for given in ("Ada", "Bea", "Cleo"):
        add_patient(front, given)
        sync(front)
    add_patient(back, "Dan")
    with kept(practice) as server:
        server.execute("DELETE FROM segment WHERE sseq < (SELECT max(sseq) FROM segment)")
    with pytest.raises(ServerError, match="no longer holds"):
        current.run()
    assert "Dan" in [row[1] for row in patients(back)]
    assert current.status().open.to_send == 0
    add_patient(back, "Eve")
    with pytest.raises(ServerError, match="no longer holds"):
        sync(back)
    assert current.status().open.to_send > 0
    caplog.clear()


def test_a_snapshot_that_a_pc_finds_wrong_stands_for_nothing(
    practice: Practice, back: Clinic, caplog: pytest.LogCaptureFixture
) -> None:
    front = practice.front
    two_snapshots(front, back)
    all_came_long_ago(practice)
    before = segments(practice)
    with kept(practice) as server:
        server.execute(  # it came like this: the server has nothing to see
            "UPDATE page SET (body, hash) = (SELECT body, hash FROM page ORDER BY id LIMIT 1)"
        )
    check(back)
    check(front)
    check(back)
    assert segments(practice) == before
    for pc in (front, back):
        assert Syncing(pc).status().is_doubted
    assert "not what it says" in caplog.text
    caplog.clear()


def test_a_check_that_was_broken_off_goes_on(practice: Practice, back: Clinic) -> None:
    two_snapshots(practice.front, back)
    check(back, seconds=-1)
    with kept(practice) as server:
        assert server.execute("SELECT count(*) FROM vouch WHERE said > 1").fetchone() == (0,)
    check(back)
    with kept(practice) as server:
        assert server.execute("SELECT count(*) FROM vouch WHERE said = 2").fetchone() == (2,)
        assert server.execute("SELECT count(*) FROM vouch WHERE said = 3").fetchone() == (0,)


def test_a_server_that_lost_everything_begins_with_a_snapshot(
    practice: Practice, back: Clinic, clock: FixedClock, tmp_path: Path
) -> None:
    """The second PC is gone, and its first segments with the server: two others joined later."""
    front, gone = practice.front, back
    for given in ("Ada", "Abe"):
        add_patient(gone, given)
        sync(gone, front)
    assert leave(front)
    third = practice.new_pc("third")
    add_patient(gone, "Bea")
    sync(gone, front, third)
    forget_segments(front)  # as if it had joined by the snapshot too
    gone.close()
    practice.opened.remove(gone)
    with running(tmp_path / "fresh", "--insecure", "--keep-days", "1") as fresh:
        Syncing(front).set_up(Address(fresh.url))
        for pc in (front, third):
            if pc is third:
                pc.store.write(SYSTEM, turn_to, fresh.url).result(60)
            sync(pc)
            assert Syncing(pc).status().server_lacks == 1
        assert leave(front)
        check(third)
        for pc in (front, third, front):
            sync(pc)
        assert Syncing(front).status().server_lacks == 0
        practice.server.kill()
        practice.server.folder, practice.server.url = fresh.folder, fresh.url
        new = practice.new_pc("new")
        assert patients(new) == patients(front) == patients(third)
        for pc in practice.opened:
            pc.close()
        practice.opened.clear()


def taken_another_way(pc: Clinic) -> int:
    """Of how many segments only the digest is here."""
    found = rows(pc, "SELECT count(*) FROM sync_segment WHERE content = x''")
    return int(str(found[0][0]))


def test_the_sheet_brings_back_what_only_snapshots_hold(practice: Practice, back: Clinic) -> None:
    front = practice.front
    drop(practice, front, back)
    held = patients(front)
    for pc in (front, back):
        close(practice, pc)
    with_sheet(practice, practice.sheet)
    assert patients(opened(practice)) == held


def test_a_copy_that_is_older_than_what_is_dropped_goes_on(
    practice: Practice, back: Clinic
) -> None:
    """What it wrote, and what was done under its name meanwhile, are both there."""
    front = practice.front
    sync(back, front)
    copy(practice, back, "twin")
    one = practice.open("back")
    for given in ("Eve", "Fay", "Gus"):
        add_patient(one, given)
        sync(one, front)
    drop(practice, front, one)
    two = practice.open("twin")
    add_patient(two, "Alone")
    assert Syncing(two).run().sent
    agree(front, one, two)
    found = [row[1] for row in patients(front)]
    assert {"Alone", "Eve", "Gus"} <= set(found)
    assert len(found) == len(set(found))


def turn_to(uow: UnitOfWork, url: str) -> None:
    state.turn_to(uow.cursor, url, "", ())


def forget_segments(pc: Clinic) -> None:
    """What it has of the second PC up to its last segment but one is here by its commits only."""

    def forget(uow: UnitOfWork) -> None:
        uow.cursor.execute(
            "UPDATE sync_segment SET content = x'' WHERE dev = 2 AND seg_no <"
            " (SELECT seg_tip FROM sync_device WHERE dev = 2)"
        )

    pc.store.write(SYSTEM, forget).result(60)


def age(practice: Practice) -> None:
    """All that were here before have not been here for a hundred days."""
    with kept(practice) as server:
        server.execute("UPDATE device SET last_seen = 1")


def rename(pc: Clinic, given: str) -> None:
    def change(uow: UnitOfWork) -> None:
        uow.cursor.execute("UPDATE patient SET given = ? WHERE given = 'Shared'", (given,))

    pc.store.write(pc.actor, change).result(60)
