"""The server's files after a fault: nothing half remembered, the next request is served."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2

from clinic_desktop.sync.server.practices import PlainFile, Practices


@pytest.fixture
def practices(tmp_path: Path) -> Iterator[Practices]:
    made = Practices(tmp_path / "server")
    yield made
    made.close()


def use(practices: Practices, clinic: uuid.UUID) -> int:
    with practices.using(clinic, make=True) as file:
        assert file is not None
        with file.transaction() as cursor:
            return int(cursor.execute("SELECT count(*) FROM statement").fetchone()[0])


def test_a_file_whose_tables_could_not_be_made_is_made_at_the_next_request(
    practices: Practices, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_file: PlainFile, _schema: str) -> None:
        raise dbapi2.OperationalError("database or disk is full")

    clinic = uuid.uuid4()
    with monkeypatch.context() as patched:
        patched.setattr(PlainFile, "make", full)
        with pytest.raises(dbapi2.OperationalError, match="full"):
            use(practices, clinic)
    assert use(practices, clinic) == 0


def test_a_transaction_that_sqlite_ended_itself_shows_its_own_cause(practices: Practices) -> None:
    """As it does when the disk is full."""
    with (
        pytest.raises(dbapi2.IntegrityError),
        practices.mail.transaction() as cursor,
    ):
        cursor.execute("INSERT OR ROLLBACK INTO mail (id, until) VALUES (x'00', NULL)")
    with practices.mail.transaction() as cursor:
        assert cursor.execute("SELECT count(*) FROM mail").fetchone() == (0,)


def test_a_commit_that_fails_leaves_nothing_open(practices: Practices) -> None:
    with practices.mail.transaction() as cursor:
        cursor.execute("CREATE TABLE box (id BLOB PRIMARY KEY)")
        cursor.execute("CREATE TABLE note (box BLOB REFERENCES box DEFERRABLE INITIALLY DEFERRED)")
    with (
        pytest.raises(dbapi2.IntegrityError),
        practices.mail.transaction() as cursor,
    ):
        cursor.execute("INSERT INTO note VALUES (x'07')")
    with practices.mail.transaction() as cursor:
        assert cursor.execute("SELECT count(*) FROM note").fetchone() == (0,)
