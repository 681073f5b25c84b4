"""A PC joins by a snapshot: a real server keeps it, and is believed nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from clinic_desktop.bundle_taking import import_bundle
from clinic_desktop.bundle_writing import export_bundle
from clinic_desktop.clinic import Clinic
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.db.snapshot_loading import Loader
from clinic_desktop.db.snapshot_making import Told, tell
from clinic_desktop.db.snapshot_pages import RowsPage
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.security.membership_entries import BadEntryError
from clinic_desktop.sync import kept_segments, passes, snapshot, state
from clinic_desktop.sync.connecting import link_of
from clinic_desktop.sync.snapshot_leaving import Leaving
from tests.sync.conftest import CANARY, Practice, add_patient, patients, rows, sync
from tests.sync.test_files import SCAN, add_scan, content
from tests.sync.test_recovering import bring_back, opened


@pytest.fixture
def told(practice: Practice, back: Clinic) -> Practice:
    """The practice, with work of both PCs; the first has left a snapshot of it."""
    add_patient(practice.front, "Ada")
    add_patient(back, "Bea")
    sync(practice.front, back, practice.front)
    assert leave(practice.front)
    return practice


def leave(pc: Clinic, least: int = 1, seconds: float = 600) -> bool:
    with closing(link_of(pc.store)) as link:
        return Leaving(pc.store, link).run(least, seconds)


@contextmanager
def kept(practice: Practice) -> Iterator[sqlite3.Connection]:
    """What the server keeps of the practice."""
    (path,) = practice.server.folder.glob("??/??/*.db")
    with closing(sqlite3.connect(path)) as connection:
        yield connection
        connection.commit()


def brought_by_segments(pc: Clinic) -> int:
    """How many segments came whole; what a snapshot covers is there by its digest only."""
    found = rows(pc, "SELECT count(*) FROM sync_segment WHERE dev <> 1 AND content <> x''")
    return int(str(found[0][0]))


def test_a_pc_joins_by_a_snapshot_and_goes_on(told: Practice, back: Clinic) -> None:
    new = told.new_pc("new")
    assert [row[:2] for row in patients(new)] == [(CANARY, "Ada"), (CANARY, "Bea")]
    with kept(told) as server:
        (all_of_them,) = server.execute("SELECT count(*) FROM segment").fetchone()
    # Those that came after it, and of each PC the last run before, which it signed.
    assert 2 <= brought_by_segments(new) < all_of_them
    add_patient(new, "Cleo")
    add_patient(back, "Dan")
    sync(new, back, new, told.front)
    assert patients(new) == patients(back) == patients(told.front)
    assert len(patients(new)) == 4
    assert rows(new, "SELECT count(*) FROM sync_page") == [(0,)]


def test_a_stick_says_what_it_cannot_hold(told: Practice, back: Clinic) -> None:
    """A PC that joined by a snapshot has the record, and not every segment."""
    new, stick = told.new_pc("third"), told.root / "stick.clinicbundle"
    made = export_bundle(new, stick)
    assert made.lacks > 0
    assert "needs a line once" in made.warning
    assert export_bundle(back, stick).warning == ""


def test_a_stick_with_what_a_snapshot_stands_for_is_no_other_log(practice: Practice) -> None:
    """The one who joined by a snapshot does not keep the segments before it."""
    front, stick = practice.front, practice.root / "early.clinicbundle"
    add_patient(front, "Ada")
    sync(front)
    export_bundle(front, stick)  # to whom nothing is known yet: from the first segment on
    add_patient(front, "Bea")
    sync(front)
    assert leave(front)
    third = practice.new_pc("third")
    sync(third)
    taken = rows(third, "SELECT min(seg_no) FROM sync_segment WHERE dev > 1 AND content <> x''")
    assert taken > [(1,)]
    import_bundle(third, stick)
    assert rows(third, "SELECT why FROM sync_hold") == []
    assert third.store.read(SYSTEM, passes.still_open).result().kept_out == 0


def test_files_of_documents_follow_it(practice: Practice) -> None:
    add_scan(practice.front)
    sync(practice.front)
    assert leave(practice.front)
    new = practice.new_pc("new")
    assert rows(new, "SELECT count(*) FROM sync_segment WHERE content = x''") == [(1,)]
    sync(new)
    assert content(new) == SCAN
    assert rows(new, "SELECT count(*) FROM sync_piece") == [(0,)]


def test_the_server_reads_nothing_of_it(told: Practice) -> None:
    found = b"".join(p.read_bytes() for p in told.server.folder.rglob("*") if p.is_file())
    assert CANARY.encode() not in found


def test_one_that_was_broken_off_goes_on(practice: Practice) -> None:
    front = practice.front
    sync(front)
    assert not leave(front, seconds=-1)
    (before,) = rows(front, "SELECT id FROM sync_snapshot")
    add_patient(front, "Ada")
    assert leave(front)
    with kept(practice) as server:
        assert server.execute("SELECT id FROM snapshot").fetchall() == [before]
    assert rows(front, "SELECT count(*) FROM sync_page") == [(0,)]


def test_nothing_new_is_not_told_again(told: Practice, back: Clinic) -> None:
    assert not leave(told.front)
    with kept(told) as server:
        before = server.execute("SELECT count(*) FROM page").fetchone()[0]
    add_patient(back, "Eve")
    sync(back, told.front)
    assert leave(told.front)
    for given in ("Fay", "Gus"):
        add_patient(told.front, given)
        sync(told.front)
        assert leave(told.front)
    with kept(told) as server:
        assert server.execute("SELECT count(*) FROM snapshot").fetchone() == (2,)
        assert server.execute("SELECT count(*) FROM page").fetchone()[0] < 3 * before
        used, kept_bytes = server.execute(
            "SELECT used, (SELECT sum(length(bytes)) FROM segment)"
            " + (SELECT sum(length(body)) FROM page) + (SELECT sum(length(body)) FROM snapshot)"
            " FROM practice"
        ).fetchone()
        assert used == kept_bytes


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE page SET body = (SELECT body FROM page ORDER BY id LIMIT 1)",
        "DELETE FROM page WHERE id = (SELECT max(id) FROM page)",
        "UPDATE snapshot SET body = CAST(substr(body, 1, length(body) - 1) || x'01' AS BLOB)",
    ],
)
def test_a_wrong_snapshot_is_not_taken(
    told: Practice, back: Clinic, harm: str, caplog: pytest.LogCaptureFixture
) -> None:
    with kept(told) as server:
        server.execute(harm)
    new = told.new_pc("new")
    assert patients(new) == patients(told.front)
    assert brought_by_segments(new) >= brought_by_segments(back)
    caplog.clear()


@pytest.fixture
def doubtful(practice: Practice, back: Clinic) -> Practice:
    """The snapshot on the server says of the second PC's work what that PC did not sign."""
    for given in ("Bea", "Cleo"):
        add_patient(back, given)
        sync(back, practice.front)
    practice.front.store.write(SYSTEM, _say_otherwise).result(60)
    assert leave(practice.front)
    return practice


def test_a_snapshot_that_another_pc_did_not_sign_is_left_out(
    doubtful: Practice, back: Clinic, caplog: pytest.LogCaptureFixture
) -> None:
    new = doubtful.new_pc("new")
    assert patients(new) == patients(back)
    assert rows(new, "SELECT count(*) FROM sync_segment WHERE content = x''") == [(0,)]
    add_patient(new, "Dan")
    sync(new, back)
    assert patients(new) == patients(back)
    caplog.clear()


def test_nor_does_it_keep_the_sheet_from_bringing_the_practice_back(
    doubtful: Practice, caplog: pytest.LogCaptureFixture
) -> None:
    bring_back(doubtful, doubtful.sheet)
    fresh = opened(doubtful)
    assert [row[1] for row in patients(fresh)] == ["Bea", "Cleo"]
    assert rows(fresh, "SELECT count(*) FROM sync_segment WHERE content = x''") == [(0,)]
    caplog.clear()


@pytest.mark.parametrize("kind", ["sql", "chain of members"])
def test_whatever_its_pages_bring_about_segments_tell_the_rest(
    told: Practice, kind: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def finish(loader: Loader) -> None:
        if kind == "sql":
            loader._cursor.execute("SELECT what FROM nowhere")
        raise BadEntryError(1, "made up")

    monkeypatch.setattr(Loader, "finish", finish)
    new = told.new_pc("new")
    assert patients(new) == patients(told.front)
    caplog.clear()


def test_one_that_nobody_would_take_is_not_kept(
    practice: Practice, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    front = practice.front
    sync(front)
    monkeypatch.setattr(snapshot, "MAX_MANIFEST", 100)
    assert not leave(front)
    assert rows(front, "SELECT count(*) FROM sync_page") == [(0,)]
    assert rows(front, "SELECT count(*) FROM sync_snapshot") == [(0,)]
    monkeypatch.undo()
    assert not leave(front)  # it would fail again: only when there is more to tell
    add_patient(front, "Ada")
    sync(front)
    assert leave(front)
    caplog.clear()


def test_none_is_left_where_the_server_lacks_what_it_covers(told: Practice) -> None:
    front = told.front
    add_patient(front, "Cleo")
    sync(front)
    front.store.write(SYSTEM, _hold_more).result(60)
    assert not leave(front)
    with kept(told) as server:
        assert server.execute("SELECT count(*) FROM snapshot").fetchone() == (1,)


def test_another_server_has_no_snapshot_yet(told: Practice) -> None:
    front = told.front
    assert in_snapshot(front) > 0
    front.store.write(SYSTEM, _turn_away).result(60)
    assert in_snapshot(front) == 0


def test_a_server_that_lost_work_may_have_lost_its_snapshot(told: Practice) -> None:
    told.front.store.write(SYSTEM, _lose).result(60)
    assert in_snapshot(told.front) == 0


def in_snapshot(pc: Clinic) -> int:
    peer = pc.store.read(SYSTEM, lambda reads: state.peer(reads.cursor)).result(60)
    assert peer is not None
    return peer.settings.in_snapshot


def _hold_more(uow: UnitOfWork) -> None:
    uow.cursor.execute("UPDATE sync_device SET seg_tip = seg_tip + 1 WHERE dev = 2")


def _turn_away(uow: UnitOfWork) -> None:
    state.turn_to(uow.cursor, "http://127.0.0.1:9", "", ())


def _lose(uow: UnitOfWork) -> None:
    kept_segments.arrived(uow.cursor, 1)


def _say_otherwise(uow: UnitOfWork) -> None:
    """The second PC's segments, but the last, bear other digests here."""
    uow.cursor.execute("UPDATE sync_segment SET hash = zeroblob(32) WHERE dev = 2 AND seg_no > 0")


def test_a_snapshot_with_a_value_that_was_put_right_is_left(
    told: Practice, back: Clinic, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The PC that makes it is one of the practice, and says that an older value stands."""
    rename(told.front, "Wrong")
    sync(told.front, back)
    rename(back, "Right")
    sync(back, told.front)

    def put_back(cursor: Any, since: int) -> Iterator[Told]:
        for each in tell(cursor, since):
            if isinstance(each.page, RowsPage):
                columns = each.page.values
                columns[:] = [["Wrong" if v == "Right" else v for v in c] for c in columns]
            yield each

    with monkeypatch.context() as dishonest:
        dishonest.setattr("clinic_desktop.sync.snapshot_leaving.tell", put_back)
        assert leave(told.front)
    new = told.new_pc("new")
    assert patients(new) == patients(back)
    assert "Right" in [row[1] for row in patients(new)]
    assert "A snapshot cannot be taken" in caplog.text
    caplog.clear()


def rename(pc: Clinic, given: str) -> None:
    def change(uow: UnitOfWork) -> None:
        uow.cursor.execute("UPDATE patient SET given = ? WHERE given <> 'Ada'", (given,))

    pc.store.write(pc.actor, change).result(60)
