"""The server's files after a fault: nothing half remembered, the next request is served."""

from __future__ import annotations

import json
import random
import shutil
import sys
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2

from clinic_desktop.clock import FixedClock
from clinic_desktop.errors import StorageError
from clinic_desktop.sync.messages import SyncReply, decode
from clinic_desktop.sync.server import keyboxes, tables
from clinic_desktop.sync.server.app import make_app
from clinic_desktop.sync.server.calls import Call
from clinic_desktop.sync.server.files import Files, PlainFile
from clinic_desktop.sync.server.limits import Limits
from clinic_desktop.sync.server.relay import Relay
from clinic_desktop.sync.server.tables import NoRoomError
from tests.support.asgi import ask
from tests.support.relays import PaperPractice, Pc


@pytest.fixture
def practices(tmp_path: Path) -> Iterator[Files]:
    made = Files(tmp_path / "server")
    yield made
    made.close()


def use(practices: Files, clinic: uuid.UUID) -> int:
    with practices.practice(clinic, make=True) as rows:
        assert rows is not None
        return len(rows.all("SELECT n FROM statement WHERE clinic = :clinic"))


def test_a_file_whose_tables_could_not_be_made_is_made_at_the_next_request(
    practices: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_file: PlainFile, *_tables: tuple[str, ...]) -> None:
        raise dbapi2.OperationalError("database or disk is full")

    clinic = uuid.uuid4()
    with monkeypatch.context() as patched:
        patched.setattr(PlainFile, "make", full)
        with pytest.raises(NoRoomError):
            use(practices, clinic)
    assert use(practices, clinic) == 0


def test_a_full_disk_takes_nothing_and_is_said(
    practices: Files, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    relay = Relay(practices, clock, Limits())
    practice = PaperPractice()
    front = Pc(practice.clinic)
    relay.found(Call("POST", "/v1/practices", "", practice.found(front), "192.0.2.1"))
    file = next(iter(practices._open.values()))
    (pages,) = file.connection.execute("PRAGMA page_count").fetchone()
    file.connection.execute(f"PRAGMA max_page_count = {pages}")
    call = front.call(
        "POST", "/v1/sync", front.sync_body(front.work(random.Random(1).randbytes(20_000)))
    )
    answer = ask(
        make_app(relay), call.method, call.path, call.body, {"Clinic-Request": call.header}
    )
    assert (answer.status, json.loads(answer.body)["code"]) == (507, "full")
    assert "disk of the server is full" in caplog.text
    caplog.clear()
    file.connection.execute("PRAGMA max_page_count = 1000000")
    again = front.call("POST", "/v1/sync", front.sync_body(*front.made))
    assert decode(relay.sync(again), SyncReply).tip == 1


def test_a_transaction_that_sqlite_ended_itself_shows_its_own_cause(practices: Files) -> None:
    """As it does when the disk is full."""
    with (
        pytest.raises(dbapi2.IntegrityError),
        practices.letters() as letters,
    ):
        letters.run("INSERT OR ROLLBACK INTO letter (box, until) VALUES (x'00', NULL)")
    with practices.letters() as letters:
        assert letters.one("SELECT count(*) FROM letter") == (0,)


def test_a_commit_that_fails_leaves_nothing_open(practices: Files) -> None:
    with practices.letters() as letters:
        letters.run("CREATE TABLE box (id BLOB PRIMARY KEY)")
        letters.run("CREATE TABLE note (box BLOB REFERENCES box DEFERRABLE INITIALLY DEFERRED)")
    with (
        pytest.raises(dbapi2.IntegrityError),
        practices.letters() as letters,
    ):
        letters.run("INSERT INTO note VALUES (x'07')")
    with practices.letters() as letters:
        assert letters.one("SELECT count(*) FROM note") == (0,)


def test_files_of_another_version_are_left_alone(practices: Files) -> None:
    clinic = uuid.uuid4()
    use(practices, clinic)
    practices.close()
    path = practices.path(clinic)
    with closing(dbapi2.connect(str(path))) as other:
        other.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    again = Files(practices.root)
    try:
        with pytest.raises(StorageError, match="another version"):
            use(again, clinic)
    finally:
        again.close()
    assert path.read_bytes() == before


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_a_file_of_an_older_version_gets_what_is_new(practices: Files, version: int) -> None:
    clinic = uuid.uuid4()
    use(practices, clinic)
    practices.close()
    with closing(dbapi2.connect(str(practices.path(clinic)))) as other, other:
        for table, since in tables.SINCE.items():
            if since > version:
                other.execute(f"DROP TABLE {table}")
        for table in tables.HASHED:
            if tables.SINCE.get(table, 1) <= version < 4:
                other.execute(f"ALTER TABLE {table} DROP COLUMN hash")
        other.execute(
            "CREATE TABLE keybox (clinic BLOB, device_id BLOB, epoch INTEGER, body BLOB NOT NULL,"
            " PRIMARY KEY (clinic, device_id, epoch)) STRICT"
        )
        other.execute("INSERT INTO keybox VALUES (?, x'01', 5, x'08')", (clinic.bytes,))
        other.execute(
            "INSERT INTO chunk (clinic, id, body) VALUES (?, x'01', x'02')", (clinic.bytes,)
        )
        other.execute(f"PRAGMA user_version = {version}")
    again = Files(practices.root)
    try:
        with again.practice(clinic) as rows:
            assert rows is not None
            assert rows.all("SELECT id, hash FROM page WHERE clinic = :clinic") == []
            assert rows.all("SELECT id FROM lost WHERE clinic = :clinic") == []
            assert rows.all("SELECT body, hash FROM chunk WHERE clinic = :clinic") == [
                (b"\x02", None)
            ]
            assert keyboxes.of(rows, b"\x01") == (b"\x08",)
            assert rows.all("SELECT said FROM vouch WHERE clinic = :clinic") == []
    finally:
        again.close()


def test_practices_lie_apart(practices: Files) -> None:
    clinics = [uuid.uuid4() for _ in range(3)]
    for each in clinics:
        use(practices, each)
    found = {path.stem for path in practices.root.glob("??/??/*.db")}
    assert found == {each.hex for each in clinics}


def remember(practices: Files, clinic: uuid.UUID, body: bytes, *, make: bool = True) -> bool:
    with practices.practice(clinic, make=make) as rows:
        if rows is not None:
            rows.run(
                "INSERT INTO statement (clinic, n, body) VALUES (:clinic, 1, :body)",
                body=body,
            )
        return rows is not None


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be deleted there")
@pytest.mark.parametrize("with_folder", [True, False])
def test_a_file_deleted_while_the_server_runs_takes_nothing_more(
    practices: Files, caplog: pytest.LogCaptureFixture, *, with_folder: bool
) -> None:
    clinic = uuid.uuid4()
    remember(practices, clinic, b"before")
    if with_folder:
        shutil.rmtree(practices.path(clinic).parent)
    else:
        practices.path(clinic).unlink()
    assert not remember(practices, clinic, b"into the air", make=False)
    assert use(practices, clinic) == 0  # set up again, it is a new one
    remember(practices, clinic, b"after")
    assert "deleted" in caplog.text
    caplog.clear()
    again = Files(practices.root)
    assert use(again, clinic) == 1
    again.close()


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be exchanged there")
def test_a_file_brought_back_while_the_server_runs_is_the_one_that_counts(
    practices: Files, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clinic = uuid.uuid4()
    use(practices, clinic)
    practices.close()
    kept = tmp_path / "copy.db"
    shutil.copy(practices.path(clinic), kept)
    again = Files(practices.root)
    remember(again, clinic, b"after the copy")
    kept.replace(again.path(clinic))
    assert use(again, clinic) == 0
    again.close()
    assert "exchanged" in caplog.text
    caplog.clear()


def test_a_file_that_is_no_database_is_not_said_to_be_deleted(
    practices: Files, caplog: pytest.LogCaptureFixture
) -> None:
    clinic = uuid.uuid4()
    use(practices, clinic)
    practices.close()
    practices.path(clinic).write_bytes(b"no database" * 1000)
    again = Files(practices.root)
    try:
        with pytest.raises(dbapi2.DatabaseError):
            use(again, clinic)
    finally:
        again.close()
    assert "deleted" not in caplog.text
