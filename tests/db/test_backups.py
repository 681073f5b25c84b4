"""Backup files: made while the record is in use, tried, brought back; refused when not whole."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from clinic_desktop import cli, clinic, moving_in, this_pc
from clinic_desktop.cli.access import NEW_PASSWORD_VARIABLE, PASSWORD_VARIABLE
from clinic_desktop.cli.recovery import VARIABLE
from clinic_desktop.clinic import Clinic
from clinic_desktop.config import DataDir
from clinic_desktop.confined.reading import shared
from clinic_desktop.db.engine import connect
from clinic_desktop.domain.permissions import Actor
from clinic_desktop.errors import (
    BadFileError,
    DatabaseDamagedError,
    PermissionDeniedError,
    SetupError,
    StoppedError,
    StorageError,
    WrongPasswordError,
)
from clinic_desktop.restore import Restored, Way, owners, restore
from clinic_desktop.security.primitives import Identity, sign
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.services.backups import container, making
from clinic_desktop.services.backups.making import UNFINISHED, Backup, Source
from tests.support.charts import put_chart
from tests.support.records import CHEAP, PASSWORD

NEW_PASSWORD = "a whole new sentence"
SHEET = RecoveryKey(bytes(range(20)))


def silent(_stage: str, _done: int, _total: int) -> None:
    """Nobody looks."""


@pytest.fixture(scope="session")
def clinic_and_backup(
    clinic_folder: tuple[Path, bytes, Actor], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Backup]:
    """A closed clinic with a recovery sheet and some charts, and a backup of it."""
    root = Path(shutil.copytree(clinic_folder[0], tmp_path_factory.mktemp("backed-up") / "clinic"))
    found = clinic.open_clinic(DataDir(root), "amina", PASSWORD)
    found.use_recovery(SHEET)
    for visits in (1, 3, 5):
        found.store.write(found.actor, put_chart, visits).result()
    made = found.back_up(tmp_path_factory.mktemp("stick") / "clinic.clinicbackup", silent)
    found.close()
    return root, made


@pytest.fixture
def opened(clinic_and_backup: tuple[Path, Backup], tmp_path: Path) -> Iterator[Clinic]:
    """That clinic, open and of this test's own."""
    root = Path(shutil.copytree(clinic_and_backup[0], tmp_path / "clinic"))
    found = clinic.open_clinic(DataDir(root), "amina", PASSWORD)
    yield found
    found.close()


@pytest.fixture
def made(clinic_and_backup: tuple[Path, Backup]) -> Backup:
    """The backup; not to be written."""
    return clinic_and_backup[1]


def by_sheet(path: Path, into: Path, sheet: RecoveryKey = SHEET, **more: Any) -> Restored:
    """Bring a backup back with the recovery sheet."""
    way = Way("amina", NEW_PASSWORD, sheet)
    return restore(path, DataDir(into), way, silent, cost=CHEAP, **more)


def rows(path: Path, key: bytes) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, in order."""
    with closing(connect(path, key)) as cursor:
        names = [
            row[0]
            for row in cursor.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'"
            )
        ]
        return {
            name: sorted(cursor.execute(f'SELECT * FROM "{name}"').fetchall(), key=repr)  # noqa: S608
            for name in names
        }


# ------------------------------------------------------------------ making


def test_a_backup_comes_back_on_another_pc_with_the_sheet_alone(
    opened: Clinic, tmp_path: Path
) -> None:
    made = opened.back_up(tmp_path / "stick" / "clinic.clinicbackup", silent)
    assert [path.name for path in made.path.parent.iterdir()] == ["clinic.clinicbackup"]
    assert not (opened.data_dir.root / "trial").exists()
    assert this_pc.last_backup(opened.data_dir) == made.made_at
    before = rows(opened.data_dir.database, opened.keys.key)
    found = by_sheet(made.path, tmp_path / "new pc")
    assert (found.practice, found.login) == ("Kilimani Family Clinic", "amina")
    again = clinic.open_clinic(found.data_dir, "amina", NEW_PASSWORD)
    key = again.keys.key
    again.close()
    assert key != opened.keys.key
    after = rows(found.data_dir.database, key)
    grown = {"audit_event", "sync_commit", "local_setting"}
    assert after.pop("number_series") == []  # papers that were numbered since may exist
    del before["number_series"]
    for name, content in before.items():
        if name in grown:
            assert set(map(repr, content)) < set(map(repr, after[name]))
        elif not name.startswith(("sync_", "member")):
            assert content == after[name], name


def test_a_folder_is_given_a_file_named_by_time(opened: Clinic, tmp_path: Path) -> None:
    found = opened.back_up(tmp_path / "stick", silent)
    assert found.path.parent == tmp_path / "stick"
    assert found.path.name.startswith(f"clinic-{found.made_at:%Y%m%d-%H%M%S}-")


def test_two_of_the_same_second_in_a_folder_are_two_files(opened: Clinic, tmp_path: Path) -> None:
    device, now = opened.keys.vault.device, datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC)
    first = making.free_path(tmp_path, device, now)
    first.write_bytes(b"made a moment ago")
    second = making.free_path(tmp_path, device, now)
    assert first.name.startswith("clinic-20260302-235959-")
    assert second.name.startswith("clinic-20260303-000000-")


def test_a_backup_shows_nothing_without_its_key(made: Backup) -> None:
    raw = made.path.read_bytes()
    for word in (b"SQLite format", b"Kilimani", b"Otieno", b"Amina Kamau"):
        assert word not in raw


def test_a_backup_has_a_key_of_its_own(opened: Clinic, made: Backup) -> None:
    found = container.find(made.path)
    key = found.head.ways.open_box(SHEET.identity)
    assert key != opened.keys.key
    with pytest.raises(BadFileError):
        container.manifest_of(found, opened.keys.key)


def test_code_packs_of_the_clinic_come_along(opened: Clinic, tmp_path: Path) -> None:
    opened.data_dir.packs.mkdir()
    (opened.data_dir.packs / "own.clinicpack").write_bytes(b"codes" * 1000)
    made = opened.back_up(tmp_path / "a.clinicbackup", silent)
    found = by_sheet(made.path, tmp_path / "new")
    assert (found.data_dir.packs / "own.clinicpack").read_bytes() == b"codes" * 1000


def test_a_disk_that_returns_other_bytes_is_found_out(
    opened: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, before = making._complete, this_pc.last_backup(opened.data_dir)

    def rotten(source: Source, part: Path, key: bytes, facts: Any) -> None:
        real(source, part, key, facts)
        with part.open("r+b") as file:
            file.seek(50_000)
            file.write(b"\xff" * 100)

    monkeypatch.setattr(making, "_complete", rotten)
    with pytest.raises(DatabaseDamagedError, match="trial"):
        opened.back_up(tmp_path / "stick" / "a.clinicbackup", silent)
    assert list((tmp_path / "stick").iterdir()) == []
    assert this_pc.last_backup(opened.data_dir) == before


def test_a_record_that_lost_a_row_meanwhile_is_found_out(
    opened: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The facts are those of the source: a copy that lacks something does not pass."""
    real = making._complete

    def shorter(source: Source, part: Path, key: bytes, facts: Any) -> None:
        with closing(connect(part, key)) as cursor:
            cursor.execute("UPDATE sync_ctx SET applying = 1")
            cursor.execute("DELETE FROM contact_point")
            cursor.execute("DELETE FROM audit_event")
            cursor.execute("UPDATE sync_ctx SET applying = 0")
        real(source, part, key, facts)

    monkeypatch.setattr(making, "_complete", shorter)
    with pytest.raises(DatabaseDamagedError) as caught:
        opened.back_up(tmp_path / "a.clinicbackup", silent)
    assert "audit_event" in caught.value.place


@pytest.mark.parametrize("stage", ["copy", "trial"])
def test_stopped_at_any_stage_it_leaves_nothing(opened: Clinic, tmp_path: Path, stage: str) -> None:
    def stop(now: str, _done: int, _total: int) -> None:
        if now == stage:
            raise StoppedError("stopped")

    with pytest.raises(StoppedError):
        opened.back_up(tmp_path / "stick" / "a.clinicbackup", stop)
    assert list((tmp_path / "stick").iterdir()) == []
    assert not (opened.data_dir.root / "trial").exists()


def test_saving_goes_on_while_a_backup_is_made(opened: Clinic, tmp_path: Path) -> None:
    saved: list[uuid.UUID] = []

    def save(stage: str, _done: int, _total: int) -> None:
        if stage == "copy" and not saved:
            saved.append(opened.store.write(opened.actor, put_chart, 1).result())

    made = opened.back_up(tmp_path / "a.clinicbackup", save)
    assert saved
    key = container.find(made.path).head.ways.open_box(SHEET.identity)
    facts = container.manifest_of(container.find(made.path), key).facts
    assert facts.counts["patient"] == 3


def test_no_backup_takes_the_place_of_a_file(opened: Clinic, made: Backup) -> None:
    before = made.path.read_bytes()
    with pytest.raises(StorageError, match="already"):
        opened.back_up(made.path, silent)
    assert made.path.read_bytes() == before


def test_a_place_that_cannot_be_written_is_said(opened: Clinic, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StorageError):
        opened.back_up(tmp_path / "file" / "below", silent)


def test_only_the_owner_makes_a_backup(opened: Clinic, tmp_path: Path) -> None:
    opened.actor = Actor(None, "x")
    with pytest.raises(PermissionDeniedError):
        opened.back_up(tmp_path / "a.clinicbackup", silent)


# ------------------------------------------------------------------ bringing back


def test_another_sheet_opens_nothing_and_leaves_nothing(made: Backup, tmp_path: Path) -> None:
    with pytest.raises(WrongPasswordError, match="does not open"):
        by_sheet(made.path, tmp_path / "new", RecoveryKey.new())
    assert not this_pc.exists(DataDir(tmp_path / "new"))


def test_an_owner_gets_in_by_password_on_the_same_pc(
    opened: Clinic, made: Backup, tmp_path: Path
) -> None:
    way = Way("amina", PASSWORD, old_pc=opened.data_dir)
    found = restore(made.path, DataDir(tmp_path / "new"), way, silent, cost=CHEAP)
    again = clinic.open_clinic(found.data_dir, "amina", PASSWORD)
    device = again.keys.vault.device
    again.close()
    assert device != opened.keys.vault.device
    with pytest.raises(WrongPasswordError):
        restore(
            made.path, DataDir(tmp_path / "x"), Way("amina", "not mine", old_pc=opened.data_dir),
            silent,
        )  # fmt: skip


def test_a_folder_with_anything_in_it_is_refused(made: Backup, tmp_path: Path) -> None:
    into = tmp_path / "new"
    into.mkdir()
    (into / "thesis.txt").write_text("words")
    with pytest.raises(SetupError, match="not empty"):
        by_sheet(made.path, into)
    assert (into / "thesis.txt").read_text() == "words"


def test_what_was_in_the_folder_is_kept_when_it_is_replaced(opened: Clinic, made: Backup) -> None:
    opened.close()
    before = opened.data_dir.database.read_bytes()
    found = by_sheet(made.path, opened.data_dir.root, replacing=True)
    assert found.kept is not None
    assert (found.kept / "clinic.db").read_bytes() == before
    assert (found.kept / "vault.json").exists()
    clinic.open_clinic(found.data_dir, "amina", NEW_PASSWORD).close()


def test_the_restore_is_on_record(made: Backup, tmp_path: Path) -> None:
    found = by_sheet(made.path, tmp_path / "new")
    again = clinic.open_clinic(found.data_dir, "amina", NEW_PASSWORD)
    sql = "SELECT detail FROM audit_event WHERE kind = 'record.restored'"
    noted = again.store.read(again.actor, lambda reads: reads.cursor.execute(sql).fetchall())
    told = noted.result()
    again.close()
    assert json.loads(told[0][0]) == {"made_at": made.made_at.isoformat()}


@pytest.mark.parametrize("place", range(10))
def test_a_changed_byte_anywhere_is_found(made: Backup, tmp_path: Path, place: int) -> None:
    raw = bytearray(made.path.read_bytes())
    spots = [0, 20, 5000, len(raw) // 2, -1, -20, -24, -30, -1000, -3000]
    raw[spots[place]] ^= 0x01
    path = tmp_path / "changed.clinicbackup"
    path.write_bytes(raw)
    with pytest.raises((BadFileError, WrongPasswordError)):
        by_sheet(path, tmp_path / "new")
    assert not this_pc.exists(DataDir(tmp_path / "new"))


@pytest.mark.parametrize("left", [0, 1, 100, 5000, -1, -100, -4096])
def test_a_file_that_was_cut_short_is_refused(made: Backup, tmp_path: Path, left: int) -> None:
    path = tmp_path / "cut.clinicbackup"
    path.write_bytes(made.path.read_bytes()[:left])
    with pytest.raises(BadFileError, match="cut short"):
        by_sheet(path, tmp_path / "new")


@pytest.mark.parametrize("after", range(12))
def test_a_power_cut_while_moving_in_loses_neither_the_old_nor_the_new(
    opened: Clinic, made: Backup, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Each rename is the last before the power goes; the next start goes on from there."""
    opened.close()
    before = opened.data_dir.database.read_bytes()
    data_dir = opened.data_dir
    steps = 0
    for name in ("replace", "rename"):
        real = getattr(Path, name)

        def step(self: Path, target: Path, real: Any = real) -> Path:
            nonlocal steps
            if steps >= after and moving:
                raise KeyboardInterrupt
            steps += moving
            found: Path = real(self, target)
            return found

        monkeypatch.setattr(Path, name, step)
    moving = 0
    real_settle = moving_in.settle

    def settle(where: DataDir) -> None:
        nonlocal moving
        moving = int(where.root == data_dir.root and where.arrived.exists())
        real_settle(where)

    monkeypatch.setattr(moving_in, "settle", settle)
    try:
        by_sheet(made.path, data_dir.root, replacing=True)
    except KeyboardInterrupt:
        monkeypatch.undo()
        assert this_pc.exists(data_dir)
    monkeypatch.undo()
    clinic.open_clinic(data_dir, "amina", NEW_PASSWORD).close()
    kept = [path for path in data_dir.root.iterdir() if path.name.startswith("kept-")]
    assert (kept[0] / "clinic.db").read_bytes() == before
    assert not data_dir.moving_in.exists()


# ------------------------------------------------------------------ command line


@pytest.fixture
def said(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Any:
    """Run a command on the clinic; its exit code and the JSON it printed."""
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    monkeypatch.setenv(NEW_PASSWORD_VARIABLE, NEW_PASSWORD)

    def run(*words: str) -> tuple[int, dict[str, Any]]:
        code = cli.run(["--data-dir", str(tmp_path / "clinic"), *words, "--json"])
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return code, found

    return run


def test_backup_and_restore_on_the_command_line(
    clinic_dir: DataDir, said: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = said("recovery", "new")[1]["recovery_key"]
    monkeypatch.setenv(VARIABLE, sheet)
    file = tmp_path / "a.clinicbackup"
    code, made = said("backup", str(file))
    assert (code, made["file"], made["verified"]) == (0, str(file), True)
    code, found = said("restore", str(file), "--into", str(tmp_path / "new"))
    assert (code, found["login"], found["need_new_password"]) == (0, "amina", [])
    clinic.open_clinic(DataDir(tmp_path / "new"), "amina", NEW_PASSWORD).close()
    code, found = said("restore", str(file), "--into", str(tmp_path / "new"))
    assert (code, found["error"]["code"]) == (12, "setup")
    code, found = said("restore", str(file), "--into", str(tmp_path / "3"), "--with-password")
    assert code == 0
    os.truncate(file, 1000)
    code, found = said("restore", str(file), "--into", str(tmp_path / "4"))
    assert (code, found["error"]["code"]) == (13, "bad-file")
    assert UNFINISHED not in "".join(path.name for path in tmp_path.iterdir())


def test_the_deep_check_finds_a_chart_that_the_search_lost(said: Any, opened: Clinic) -> None:
    key, path = opened.keys.key, opened.data_dir.database
    opened.close()
    assert said("check", "--deep")[1]["ok"] is True
    with closing(connect(path, key)) as cursor:
        cursor.execute("DELETE FROM patient_fts WHERE rowid = 1")
    code, found = said("check", "--deep")
    assert code == DatabaseDamagedError.exit_code
    assert found["checks"]["search"]
    assert said("check")[1]["ok"] is True


def test_a_foreign_backup_is_taken_apart_elsewhere(
    made: Backup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    real = shared.read

    def read(task: str, *args: Any, **kwargs: Any) -> Any:
        seen.append(task)
        return real(task, *args, **kwargs)

    monkeypatch.setattr(shared, "read", read)
    by_sheet(made.path, tmp_path / "new")
    assert seen == ["backup-head", "backup-manifest"]


@pytest.mark.parametrize(
    "head", [b"[" * 200_000, b'{"format": "clinic-backup", "version": 1}', b""]
)
def test_a_head_that_is_none_is_refused_in_a_sentence(tmp_path: Path, head: bytes) -> None:
    path = tmp_path / "strange.clinicbackup"
    tail = (0).to_bytes(4, "big") + len(head).to_bytes(4, "big") + b"clinic-backup/1\n"
    path.write_bytes(b"pages" + head + tail)
    with pytest.raises(BadFileError, match="not a whole backup"):
        owners(path)


@pytest.mark.parametrize("signer", ["another", "nobody"])
def test_a_backup_that_its_pc_did_not_sign_is_found_out(
    opened: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signer: str
) -> None:
    def forged(_source: Source, statement: bytes) -> bytes:
        return sign(Identity.new(), statement) if signer == "another" else b""

    monkeypatch.setattr(making, "_signed", forged)
    with pytest.raises(DatabaseDamagedError, match="trial") as refused:
        opened.back_up(tmp_path / "a.clinicbackup", silent)
    assert "signature" in refused.value.place


def test_what_is_signed_names_every_part(made: Backup) -> None:
    found = container.find(made.path)
    key = found.head.ways.open_box(SHEET.identity)
    manifest = container.manifest_of(found, key)
    said = manifest.statement().decode()
    assert manifest.record.sha256.hex() in said
    assert f"commit {made.log_length}" in said
