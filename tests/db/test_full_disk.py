"""A full disk: the ballast lets open work end, then the record can only be looked at."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlcipher3

from clinic_desktop import clinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.db import ballast as ballasts
from clinic_desktop.db.ballast import Ballast
from clinic_desktop.db.opening import open_store
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.errors import ReadOnlyError, StorageError, WrongPasswordError
from clinic_desktop.security.attempts import Attempts
from clinic_desktop.services import practice
from clinic_desktop.services.patients.looks import OPENED, look_only
from tests.support.charts import put_chart
from tests.support.records import NOON, PASSWORD, Record

SMALL = 64 << 10
TOO_LARGE = 1 << 60
"""No disk has room for it."""


@pytest.fixture
def ballast(record: Record) -> Ballast:
    """Room that a test can spare."""
    return Ballast(DataDir(record.path.parent).ballast, SMALL)


@pytest.fixture
def store(record: Record, ballast: Ballast) -> Store:
    """The record opened with it."""
    record.store.close()
    record.store = open_store(record.path, record.key, record.clock, ballast=ballast)
    record.store.gate.look()
    return record.store


class Full:
    """A save on a disk that is full as often as said; the words are SQLite's."""

    def __init__(self, times: int) -> None:
        self.left = times

    def __call__(self, uow: UnitOfWork) -> str:
        """Write, then fail."""
        practice.choose(uow, "proof", "kept")
        uow.session.flush()
        self.left -= 1
        if self.left >= 0:
            raise sqlcipher3.OperationalError("database or disk is full")
        return "saved"


def kept(reads: ReadSession) -> object:
    """What the save above wrote."""
    return practice.setting(reads, "proof", personal=True)


def test_the_room_is_there_from_the_first_look(store: Store, ballast: Ballast) -> None:
    assert ballast.path.stat().st_blocks * 512 >= SMALL  # behind it, not only promised
    assert store.gate.halt is None


def test_the_save_that_met_it_is_saved_once_and_nothing_new_begins(
    record: Record, store: Store, ballast: Ballast
) -> None:
    changes, heard = record.changes(), []
    store.gate.subscribe(lambda: heard.append(store.gate.halt))
    assert record.write(Full(1)) == "saved"
    assert len(changes) == 1
    assert record.read(kept) == "kept"
    assert ballast.was_given_up
    assert heard == [store.gate.halt]
    assert "begin nothing new" in str(store.gate.halt)
    assert store.gate.refusal is None
    record.write(practice.choose, "more", "of what is open")


def test_full_again_it_is_only_looked_at_until_there_is_room(
    record: Record, store: Store, ballast: Ballast
) -> None:
    ballast.size = TOO_LARGE
    with pytest.raises(StorageError, match="disk is full"):
        record.write(Full(2))
    with pytest.raises(ReadOnlyError, match="looked at, not changed"):
        record.write(Full(0))
    assert record.read(kept) is None
    ballast.size = SMALL
    assert record.write(Full(0)) == "saved"  # the next try notices by itself
    assert store.gate.halt is None
    assert ballast.is_whole


def test_sqlite_itself_says_full(record: Record, store: Store, ballast: Ballast) -> None:
    def limit(uow: UnitOfWork) -> None:
        pages = uow.cursor.execute("PRAGMA page_count").fetchone()[0]
        uow.cursor.execute(f"PRAGMA max_page_count = {pages + 2}").fetchall()

    record.write(limit)
    ballast.size = TOO_LARGE
    with pytest.raises(StorageError, match="disk is full"):
        record.write(put_chart, 400)
    assert isinstance(store.gate.refusal, ReadOnlyError)


def test_looks_wait_for_the_room(record: Record, store: Store, ballast: Ballast) -> None:
    patient = record.write(put_chart, 1)
    ballast.size = TOO_LARGE
    with pytest.raises(StorageError):
        record.write(Full(2))
    record.read(look_only, patient)
    ballast.size = SMALL
    store.gate.look()
    record.write(Full(0))
    assert (OPENED,) in record.rows("SELECT kind FROM audit_event")


def test_a_full_disk_is_remembered_over_a_restart(
    clinic_dir: DataDir, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic_dir.ballast.write_bytes(b"")
    with monkeypatch.context() as patch:
        patch.setattr(ballasts, "SIZE", TOO_LARGE)
        opened = clinic.open_clinic(clinic_dir, "amina", PASSWORD)
        assert opened.actor.login == "amina"
        assert isinstance(opened.store.gate.refusal, ReadOnlyError)
        assert opened.backup_before_upgrade is None
        assert opened.switch_user("amina", PASSWORD) == opened.actor
        opened.close()
    opened = clinic.open_clinic(clinic_dir, "amina", PASSWORD)
    assert opened.store.gate.halt is None
    opened.close()


@pytest.fixture
def no_room_beside(clinic_dir: DataDir, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Nothing can come into being beside a closed record, and the disk says that it is full."""
    in_the_way = clinic_dir.database.with_name(f"{clinic_dir.database.name}-shm")
    in_the_way.mkdir()
    free = shutil.disk_usage(clinic_dir.root)
    with monkeypatch.context() as patch:
        patch.setattr("shutil.disk_usage", lambda _path: free._replace(free=0))
        yield in_the_way


def test_a_disk_that_is_full_from_the_start_lets_people_look(
    clinic_dir: DataDir, no_room_beside: Path
) -> None:
    before = clinic_dir.database.read_bytes()
    opened = clinic.open_clinic(clinic_dir, "amina", PASSWORD)
    assert opened.store.read(opened.actor, practice.details).result().name
    with pytest.raises(ReadOnlyError, match="looked at, not changed"):
        opened.store.write(opened.actor, practice.choose, "proof", "lost").result()
    opened.close()
    assert clinic_dir.database.read_bytes() == before
    with pytest.raises(WrongPasswordError):
        clinic.open_clinic(clinic_dir, "amina", "no")
    no_room_beside.rmdir()
    assert Attempts(clinic_dir.attempts, FixedClock(NOON)).untold(["amina"]) == {"amina": 1}


def test_work_that_is_not_yet_in_the_one_file_is_not_passed_over(
    clinic_dir: DataDir, no_room_beside: Path
) -> None:
    log = clinic_dir.database.with_name(f"{clinic_dir.database.name}-wal")
    log.write_bytes(b"what the program had no time to bring in")
    with pytest.raises(StorageError, match="disk is full"):
        clinic.open_clinic(clinic_dir, "amina", PASSWORD)
    assert no_room_beside.is_dir()
