"""A record opens with its own key, or says in a sentence why not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2

from clinic_desktop import clinic
from clinic_desktop.clock import SystemClock
from clinic_desktop.config import DataDir
from clinic_desktop.db.engine import connect, create_file, is_plain_sqlite
from clinic_desktop.db.migrations import HEAD, version_of
from clinic_desktop.db.opening import open_store
from clinic_desktop.db.place import check_place
from clinic_desktop.db.schema import file_statements, model_statements
from clinic_desktop.errors import (
    DatabaseDamagedError,
    InUseError,
    SetupError,
    StorageError,
    WrongPasswordError,
)
from clinic_desktop.security.vault import new_database_key
from tests.support.records import CHEAP, PASSWORD, Record


def test_file_is_encrypted(record: Record) -> None:
    """The file shows neither SQLite's header nor a word of a patient."""
    record.write(lambda uow: uow.cursor.execute("UPDATE practice SET phone = 'CANARY-4711'"))
    record.store.close()

    folder = record.path.parent
    assert not is_plain_sqlite(record.path)
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert all(b"CANARY-4711" not in file.read_bytes() for file in files)


def test_migrations_give_what_the_models_say(record: Record) -> None:
    """The migrated file and the models are the same schema."""
    expected = sorted(
        line for line in (sql.strip() for sql in model_statements()) if line.startswith("CREATE")
    )
    found = record.read(lambda reads: file_statements(reads.cursor))

    def squeeze(statements: list[str]) -> list[str]:
        return sorted(" ".join(sql.split()) for sql in statements)

    assert squeeze(found) == squeeze(expected)
    assert record.read(lambda reads: version_of(reads.cursor)) == HEAD


def test_wrong_key_and_damage_leave_the_file_alone(record: Record) -> None:
    """A key of another clinic, or a damaged page, is an error and never a new file."""
    record.store.close()
    before = record.path.read_bytes()

    with pytest.raises(DatabaseDamagedError):
        open_store(record.path, new_database_key(), SystemClock())
    assert record.path.read_bytes() == before

    damaged = bytearray(before)
    damaged[100:200] = bytes(100)
    record.path.write_bytes(damaged)
    with pytest.raises(DatabaseDamagedError):
        open_store(record.path, record.key, SystemClock())
    assert record.path.read_bytes() == bytes(damaged)


def test_missing_file_is_not_made_anew(record: Record) -> None:
    """A vault without its record is said, not papered over with an empty one."""
    record.store.close()
    record.path.unlink()

    with pytest.raises(DatabaseDamagedError):
        open_store(record.path, record.key, SystemClock())
    assert not record.path.exists()


@pytest.mark.parametrize("content", [b"", None])
def test_empty_file_is_not_filled(record: Record, content: bytes | None) -> None:
    """A file cut to nothing, or one that never held a table, does not become a new record."""
    record.store.close()
    record.path.unlink()
    if content is None:
        create_file(record.path, record.key)
    else:
        record.path.write_bytes(content)
    before = record.path.read_bytes()

    with pytest.raises(DatabaseDamagedError, match="empty"):
        open_store(record.path, record.key, SystemClock())
    assert record.path.read_bytes() == before


def test_file_that_cannot_be_read_is_said(record: Record) -> None:
    """Something else in the file's place is an error of the disk, in a sentence."""
    record.store.close()
    record.path.unlink()
    record.path.mkdir()

    with pytest.raises(StorageError, match="cannot be read"):
        open_store(record.path, record.key, SystemClock())


def test_power_cut_while_a_clinic_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut before the key is kept there is no clinic yet; cut after it, the clinic is whole."""
    data_dir = DataDir(tmp_path / "clinic")
    data_dir.root.mkdir()
    data_dir.unborn.write_bytes(b"half a record")
    new = clinic.NewClinic("Clinic", "anna", "Anna", PASSWORD)

    def cut(_data_dir: DataDir) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(clinic, "name_newborn", cut)
    with pytest.raises(KeyboardInterrupt):
        clinic.create(data_dir, new, cost=CHEAP)
    monkeypatch.undo()
    assert not data_dir.database.exists()
    clinic.open_clinic(data_dir, "anna", PASSWORD).close()
    assert not data_dir.unborn.exists()


def test_plain_file_is_refused(record: Record) -> None:
    """A file somebody decrypted is not worked on."""
    record.store.close()
    record.path.unlink()
    create_file(record.path, None)

    with pytest.raises(DatabaseDamagedError, match="not encrypted"):
        open_store(record.path, record.key, SystemClock())


def test_second_program_is_told(clinic_dir: DataDir) -> None:
    """Two programs on one folder: the second says so, the first goes on."""
    first = clinic.open_clinic(clinic_dir, "amina", PASSWORD)
    try:
        with pytest.raises(InUseError):
            clinic.open_clinic(clinic_dir, "amina", PASSWORD)
    finally:
        first.close()
    clinic.open_clinic(clinic_dir, "amina", PASSWORD).close()


def test_sign_in_needs_the_password_and_is_recorded(clinic_dir: DataDir) -> None:
    """A wrong password opens nothing; each leaves an audit event."""
    with pytest.raises(WrongPasswordError):
        clinic.open_clinic(clinic_dir, "amina", "wrong password")

    opened = clinic.open_clinic(clinic_dir, "Amina", PASSWORD)
    kinds = opened.store.read(
        opened.actor,
        lambda reads: reads.cursor.execute("SELECT kind FROM audit_event").fetchall(),
    ).result()
    opened.close()

    assert kinds == [("session.refused",), ("session.sign-in",)]


def test_clinic_is_not_made_over_another(clinic_dir: DataDir) -> None:
    """``init`` on an existing clinic changes nothing."""
    new = clinic.NewClinic("Other", "bo", "Bo", PASSWORD)

    with pytest.raises(SetupError):
        clinic.create(clinic_dir, new, cost=CHEAP)
    clinic.open_clinic(clinic_dir, "amina", PASSWORD).close()


def test_cloud_folders_are_refused(tmp_path: Path) -> None:
    """A folder that a cloud client copies is no place for a database."""
    with pytest.raises(StorageError):
        check_place(tmp_path / "OneDrive - Clinic" / "data")
    check_place(tmp_path)


_MIGRATE_AND_DIE = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from clinic_desktop.db.engine import connect, create_file, make_engine
from clinic_desktop.db.migrations import migrate
path, key, deadly = Path(sys.argv[1]), bytes.fromhex(sys.argv[2]), int(sys.argv[3])
create_file(path, key)
engine = make_engine(lambda: connect(path, key), writer=True)
count = 0
@event.listens_for(engine, "before_cursor_execute")
def step(*args):
    global count
    count += 1
    if count == deadly:
        os.kill(os.getpid(), signal.SIGKILL)
migrate(engine)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is the POSIX way to die at once")
@pytest.mark.parametrize("deadly", [1, 2, 5, 40, 90, 130, 138])
def test_migration_killed_anywhere_is_old_or_new(tmp_path: Path, deadly: int) -> None:
    """Killed at any statement, the file is empty or whole, and the next start completes it."""
    path, key = tmp_path / "clinic.db", new_database_key()
    done = subprocess.run(
        [sys.executable, "-c", _MIGRATE_AND_DIE, str(path), key.hex(), str(deadly)],
        check=False, capture_output=True, env=os.environ | {"PYTHONPATH": "."},
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode in {-signal.SIGKILL, 0}, done.stderr.decode()

    connection = connect(path, key)
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    version = version_of(connection)
    connection.close()

    assert (version >= 1) == ("patient" in tables)
    assert (version >= 2) == ("membership_entry" in tables)
    if version < HEAD:
        assert version or not tables - {"alembic_version"}
        from clinic_desktop.db.engine import make_engine
        from clinic_desktop.db.migrations import migrate

        engine = make_engine(lambda: connect(path, key), writer=True)
        migrate(engine)
        engine.dispose()
        connection = connect(path, key)
        assert version_of(connection) == HEAD
        connection.close()


def test_library_is_the_one_that_encrypts() -> None:
    """The standard library's sqlite3 would silently ignore the key."""
    assert dbapi2.sqlite_version_info >= (3, 51, 3)
