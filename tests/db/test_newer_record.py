"""A record that a newer program wrote: everything can be looked at, not a byte is changed."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from clinic_desktop import cli, clinic
from clinic_desktop.cli.access import NEW_PASSWORD_VARIABLE, PASSWORD_VARIABLE
from clinic_desktop.clinic import Clinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.db.engine import connect
from clinic_desktop.db.migrations import HEAD
from clinic_desktop.domain.permissions import Actor
from clinic_desktop.errors import (
    CodeNeededError,
    NewerDatabaseError,
    ReadOnlyError,
    WrongCodeError,
    WrongPasswordError,
)
from clinic_desktop.restore import Way, restore
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.security.second_factor import Offer
from clinic_desktop.services import integrity, own_code, patients, people, practice
from clinic_desktop.services.backups import ledger
from clinic_desktop.services.backups.ledger import Reason, Result
from tests.support.charts import put_chart
from tests.support.phone import Phone
from tests.support.records import CHEAP, NOON, PASSWORD

SHEET = RecoveryKey(bytes(range(20)))


def bring_forward(data_dir: DataDir, key: bytes) -> str:
    """What a newer program leaves: its version, a table and a column of its own; the digest."""
    with closing(connect(data_dir.database, key)) as cursor:
        cursor.execute(f"PRAGMA user_version = {HEAD + 1}")
        cursor.execute("UPDATE alembic_version SET version_num = ?", (f"{HEAD + 1:04d}",))
        cursor.execute("CREATE TABLE from_the_future (id INTEGER PRIMARY KEY)")
        cursor.execute("ALTER TABLE patient ADD COLUMN of_the_future TEXT")
    return digest(data_dir)


def digest(data_dir: DataDir) -> str:
    """Of the record's file."""
    return hashlib.sha256(data_dir.database.read_bytes()).hexdigest()


@pytest.fixture
def newer(clinic_folder: tuple[Path, bytes, Actor], clinic_dir: DataDir) -> tuple[DataDir, str]:
    """A closed clinic with a chart, brought forward; and the digest of its record."""
    opened = clinic.open_clinic(clinic_dir, "amina", PASSWORD)
    opened.store.write(opened.actor, put_chart, 2).result()
    opened.close()
    return clinic_dir, bring_forward(clinic_dir, clinic_folder[1])


@pytest.fixture
def opened(newer: tuple[DataDir, str]) -> Iterator[Clinic]:
    """That clinic, open."""
    found = clinic.open_clinic(newer[0], "amina", PASSWORD)
    yield found
    found.close()


def test_it_is_read_and_left_as_it_is(newer: tuple[DataDir, str]) -> None:
    data_dir, before = newer
    found = clinic.open_clinic(data_dir, "amina", PASSWORD)
    try:
        assert len(found.store.read(found.actor, patients.search, "Ivanova", 5).result()) == 1
        with pytest.raises(ReadOnlyError, match="newer version"):
            found.store.write(found.actor, put_chart, 1).result()
        with pytest.raises(ReadOnlyError):
            found.store.write(found.actor, practice.choose, "proof", "x").result()
        found.store.sign_off().result()
    finally:
        found.close()
    assert digest(data_dir) == before
    assert not list((data_dir.root / "audit").glob("*.new"))


def test_a_record_not_closed_by_the_newer_program_keeps_its_log(
    clinic_folder: tuple[Path, bytes, Actor], newer: tuple[DataDir, str], tmp_path: Path
) -> None:
    """What is still in the file beside the record is read, and stays where it is."""
    data_dir = newer[0]
    with closing(connect(data_dir.database, clinic_folder[1])) as cursor:
        cursor.execute("INSERT INTO from_the_future VALUES (1)")
        left = Path(shutil.copytree(data_dir.root, tmp_path / "left"))
    before = digest(DataDir(left)), (left / "clinic.db-wal").read_bytes()
    found = clinic.open_clinic(DataDir(left), "amina", PASSWORD)
    rows = found.store.read(
        found.actor, lambda reads: reads.cursor.execute("SELECT * FROM from_the_future").fetchall()
    ).result()
    found.close()
    assert rows == [(1,)]
    assert (digest(DataDir(left)), (left / "clinic.db-wal").read_bytes()) == before


def test_the_keys_are_left_alone_too(opened: Clinic) -> None:
    before = opened.data_dir.vault.read_bytes()
    for attempt in (
        lambda: opened.change_password(PASSWORD, "another long sentence"),
        lambda: opened.use_recovery(SHEET),
        opened.change_key,
        lambda: opened.rename("Another"),
        lambda: opened.add_person(people.NewPerson("bo", "Bo", ("nurse",)), "a long sentence"),
    ):
        with pytest.raises(ReadOnlyError):
            attempt()
    assert opened.data_dir.vault.read_bytes() == before


def test_a_wrong_password_opens_nothing(newer: tuple[DataDir, str]) -> None:
    with pytest.raises(WrongPasswordError):
        clinic.open_clinic(newer[0], "amina", "wrong password")


def test_the_second_factor_is_asked_for_here_too(
    clinic_folder: tuple[Path, bytes, Actor], clinic_dir: DataDir
) -> None:
    clock, offer = FixedClock(NOON, seed=1000), Offer.new()
    first = clinic.open_clinic(clinic_dir, "amina", PASSWORD, clock)
    shown = Phone(offer.seed).shows(clock.now())
    first.store.write(first.actor, own_code.switch_on, offer, shown).result()
    first.close()
    bring_forward(clinic_dir, clinic_folder[1])
    clock.advance(minutes=1)
    with pytest.raises(CodeNeededError):
        clinic.open_clinic(clinic_dir, "amina", PASSWORD, clock)
    with pytest.raises(WrongCodeError):
        clinic.open_clinic(clinic_dir, "amina", PASSWORD, clock, code="000000")
    code = Phone(offer.seed).shows(clock.now())
    clinic.open_clinic(clinic_dir, "amina", PASSWORD, clock, code=code).close()


def test_what_the_newer_program_took_away_is_said_in_a_sentence(opened: Clinic) -> None:
    with pytest.raises(ReadOnlyError, match="newer program only"):
        opened.store.read(
            opened.actor, lambda reads: reads.cursor.execute("SELECT gone FROM patient")
        ).result()


def test_the_check_does_not_take_it_for_damaged(opened: Clinic) -> None:
    assert opened.store.read(opened.actor, integrity.check).result().ok


def test_reads_work_on_the_command_line_and_writes_have_a_code(
    newer: tuple[DataDir, str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data_dir, before = newer
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    monkeypatch.setenv(NEW_PASSWORD_VARIABLE, "a long sentence")
    folder = ["--data-dir", str(data_dir.root), "--json"]
    assert cli.run([*folder, "check"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["ok"]
    assert "newer version" in told.err
    assert (
        cli.run([*folder, "user", "add", "--login", "bo", "--name", "Bo", "--role", "nurse"]) == 21
    )
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "read-only"
    assert digest(data_dir) == before


def test_the_way_back_is_the_newest_backup_that_this_program_reads(
    opened: Clinic, tmp_path: Path
) -> None:
    assert opened.backup_before_upgrade is None
    made = [tmp_path / name for name in ("too new", "ours", "older")]
    for path in made[1:]:
        path.write_bytes(b"")
    now = opened.store.clock.now()
    with ledger.changing(opened.data_dir) as changed:
        changed.results = [
            Result(now, str(path), Reason.UPGRADE, 1, schema=schema)
            for path, schema in zip(made, (HEAD + 1, HEAD, HEAD - 1), strict=True)
        ] + [Result(now, "hourly", Reason.HOURLY)] * 40
    assert opened.backup_before_upgrade == made[1]
    with ledger.changing(opened.data_dir) as changed:
        changed.results = [Result(now, "hourly", Reason.HOURLY)] * 40 + changed.results
    assert opened.backup_before_upgrade == made[1]


def test_a_backup_of_it_is_whole_but_is_not_brought_back_by_an_older_program(
    clinic_folder: tuple[Path, bytes, Actor], clinic_dir: DataDir, tmp_path: Path
) -> None:
    first = clinic.open_clinic(clinic_dir, "amina", PASSWORD)
    first.use_recovery(SHEET)
    first.close()
    before = bring_forward(clinic_dir, clinic_folder[1])
    found = clinic.open_clinic(clinic_dir, "amina", PASSWORD)
    made = found.back_up(tmp_path / "new.clinicbackup", lambda *_told: None)
    found.close()
    assert digest(clinic_dir) == before
    way = Way("amina", "a whole new sentence", SHEET)
    with pytest.raises(NewerDatabaseError):
        restore(made.path, DataDir(tmp_path / "x"), way, lambda *_told: None, cost=CHEAP)
