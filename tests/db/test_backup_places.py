"""Where backups go, when one is due, and which stay."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from clinic_desktop import cli, clinic, this_pc
from clinic_desktop.backups import SHRUNKEN, Backups
from clinic_desktop.cli.access import PASSWORD_VARIABLE
from clinic_desktop.clinic import Clinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.db.engine import connect
from clinic_desktop.db.migrations import HEAD
from clinic_desktop.domain.permissions import Actor
from clinic_desktop.errors import PermissionDeniedError, ShrunkenRecordError, StorageError
from clinic_desktop.security import vault_file
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.services import people
from clinic_desktop.services.backups import ledger, places
from clinic_desktop.services.backups.ledger import Reason
from clinic_desktop.services.backups.making import UNFINISHED, file_name
from clinic_desktop.services.backups.upgrade import before_upgrade
from tests.support.charts import put_chart
from tests.support.records import NOON, PASSWORD

DEVICE = uuid.UUID(int=7)


def silent(_stage: str, _done: int, _total: int) -> None:
    """Nobody looks."""


@pytest.fixture
def opened(clinic_dir: DataDir) -> Iterator[Clinic]:
    """An open clinic whose clock stands at noon."""
    found = clinic.open_clinic(clinic_dir, "amina", PASSWORD, FixedClock(NOON, seed=5000))
    yield found
    found.close()


def put_backup(folder: Path, at: datetime, device: uuid.UUID = DEVICE) -> Path:
    """A file that is named as a backup of that moment."""
    path = folder / file_name(device, at)
    path.write_bytes(b"pages")
    return path


def pass_time(opened: Clinic, **delta: float) -> datetime:
    """Let the clock go on."""
    clock = opened.store.clock
    assert isinstance(clock, FixedClock)
    clock.advance(**delta)
    return clock.now()


def test_every_place_that_is_here_gets_the_backup_and_a_stick_is_known_again(
    opened: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper, stick = Backups(opened), tmp_path / "media" / "AAAA" / "clinic"
    assert [place.path for place in keeper.known()] == [str(opened.data_dir.backups)]
    keeper.add(stick)
    assert keeper.is_due(NOON)
    made = keeper.make(Reason.HOURLY, silent)
    assert (stick / made.path.name).read_bytes() == made.path.read_bytes()
    assert not keeper.is_due(NOON)
    assert not keeper.has_changed()

    opened.store.write(opened.actor, put_chart, 1).result()
    assert keeper.has_changed()
    assert not keeper.is_due(pass_time(opened, minutes=59))
    shutil.move(tmp_path / "media", tmp_path / "drawer")
    assert keeper.is_due(pass_time(opened, minutes=1))
    keeper.make(Reason.HOURLY, silent)
    assert not keeper.is_due(pass_time(opened, hours=2))

    elsewhere = tmp_path / "other" / "BBBB"
    (tmp_path / "other").mkdir()
    shutil.move(tmp_path / "drawer" / "AAAA", elsewhere)
    monkeypatch.setattr(places, "_removable", lambda: [elsewhere])
    assert keeper.is_due(pass_time(opened, hours=2))
    keeper.make(Reason.HOURLY, silent)
    known = ledger.read(opened.data_dir)
    assert [place.path for place in known.places][1] == str(elsewhere / "clinic")
    assert len(places.backups_in(elsewhere / "clinic", opened.keys.vault.device)) == 2
    assert known.last_at == pass_time(opened)
    assert [result.trouble for result in known.results] == [""] * 5


def test_a_new_sheet_makes_a_backup_due_at_once(opened: Clinic) -> None:
    keeper = Backups(opened)
    keeper.make(Reason.BY_HAND, silent)
    assert not keeper.is_due(NOON)
    opened.use_recovery(RecoveryKey.new())
    assert keeper.is_due(NOON)


def test_where_the_first_place_fails_the_second_is_used_and_both_are_told(
    opened: Clinic, tmp_path: Path
) -> None:
    keeper = Backups(opened)
    keeper.known()
    keeper.add(tmp_path / "stick")
    first = opened.data_dir.backups
    (first / (file_name(opened.keys.vault.device, NOON) + UNFINISHED)).mkdir()
    made = keeper.make(Reason.HOURLY, silent)
    assert made.path.parent == tmp_path / "stick"
    bad, good = ledger.read(opened.data_dir).places
    assert bad.trouble
    assert (good.trouble, good.last_at) == ("", NOON)


def test_with_no_place_here_it_is_said(opened: Clinic, tmp_path: Path) -> None:
    keeper = Backups(opened)
    keeper.known()
    shutil.move(opened.data_dir.backups, tmp_path / "gone")
    with pytest.raises(StorageError, match="None of the places"):
        keeper.make(Reason.HOURLY, silent)
    assert not keeper.is_due(NOON + timedelta(days=9))


def test_only_an_owner_changes_the_places(opened: Clinic, tmp_path: Path) -> None:
    keeper = Backups(opened)
    place = keeper.known()[0]
    opened.actor = Actor(None, "x")
    with pytest.raises(PermissionDeniedError):
        keeper.add(tmp_path / "stick")
    with pytest.raises(PermissionDeniedError):
        keeper.remove(place.id)


# ------------------------------------------------------------------ rotation


def test_old_backups_go_and_those_of_another_pc_stay(tmp_path: Path) -> None:
    mine = [put_backup(tmp_path, NOON - timedelta(minutes=20 * n)) for n in range(300)]
    other = put_backup(tmp_path, NOON - timedelta(days=999), uuid.UUID(int=8))
    stale = tmp_path / (file_name(DEVICE, NOON) + ".part")
    stale.write_bytes(b"half")
    gone = places.tidy(tmp_path, DEVICE)
    left = places.backups_in(tmp_path, DEVICE)
    assert other.exists()
    assert not stale.exists()
    assert len(left) + len(gone) == 300
    assert mine[0] in left.values()
    assert 24 <= len(left) <= 24 + 14


def test_without_room_the_densest_go_first_and_three_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for hours in range(10):
        put_backup(tmp_path, NOON - timedelta(hours=hours))
    full: Any = type("Usage", (), {"free": 0})
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: full)
    places.tidy(tmp_path, DEVICE)
    assert len(places.backups_in(tmp_path, DEVICE)) == 3


# ------------------------------------------------------------------ before an upgrade


def test_a_record_of_an_earlier_version_is_backed_up_before_it_is_changed(
    clinic_dir: DataDir, clinic_folder: tuple[Path, bytes, Actor]
) -> None:
    """The file says it is older; what the migrations would do is not the subject here."""
    key = clinic_folder[1]
    vault = vault_file.load(clinic_dir.vault)
    assert before_upgrade(clinic_dir, key, vault, NOON) is None
    with closing(connect(clinic_dir.database, key)) as cursor:
        cursor.execute(f"PRAGMA user_version = {HEAD - 1}")
        cursor.execute("DROP TRIGGER guard_payment")
    made = before_upgrade(clinic_dir, key, vault, NOON)
    assert made is not None
    assert made.path.parent == clinic_dir.backups
    assert ledger.read(clinic_dir).results[0].reason is Reason.UPGRADE


def test_without_room_for_that_backup_nothing_is_changed(
    clinic_dir: DataDir, clinic_folder: tuple[Path, bytes, Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(connect(clinic_dir.database, clinic_folder[1])) as cursor:
        cursor.execute(f"PRAGMA user_version = {HEAD - 1}")
    full: Any = type("Usage", (), {"free": 0})
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: full)
    with pytest.raises(StorageError, match="no room"):
        clinic.open_clinic(clinic_dir, "amina", PASSWORD)
    with closing(connect(clinic_dir.database, clinic_folder[1])) as cursor:
        assert cursor.execute("PRAGMA user_version").fetchone()[0] == HEAD - 1


# ------------------------------------------------------------------ before a step that changes much


def test_before_an_import_everything_must_be_in_a_backup_and_before_others_the_hourly_will_do(
    opened: Clinic,
) -> None:
    keeper = Backups(opened)
    made = keeper.before(Reason.IMPORT, silent)
    assert made is not None
    assert keeper.before(Reason.IMPORT, silent) is None  # it holds everything
    opened.store.write(opened.actor, put_chart, 1).result()
    for reason in (Reason.MERGE, Reason.REKEY):
        assert keeper.before(reason, silent) is None
    pass_time(opened, hours=1)
    assert keeper.before(Reason.REKEY, silent) is not None
    opened.store.write(opened.actor, put_chart, 1).result()
    pass_time(opened, minutes=1)
    assert keeper.before(Reason.IMPORT, silent) is not None
    told = [result.reason for result in ledger.read(opened.data_dir).results]
    assert told == [Reason.IMPORT, Reason.REKEY, Reason.IMPORT]


def test_who_leaves_is_out_before_the_backup_and_the_key_is_changed_after_it(
    opened: Clinic,
) -> None:
    bo = opened.add_person(people.NewPerson("bo", "Bo", ("nurse",)), "a long sentence for bo")
    key, seen = opened.keys.key, []

    def prepare() -> None:
        seen.append((opened.keys.key == key, opened.keys.vault.slot("bo")))
        raise StorageError("no room")

    with pytest.raises(StorageError, match="no room"):
        opened.retire_person(bo, prepare)
    assert seen == [(True, None)]
    assert opened.keys.key == key


def test_an_import_on_the_command_line_has_a_backup_first(
    opened: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened.close()
    monkeypatch.setenv(PASSWORD_VARIABLE, PASSWORD)
    (tmp_path / "one.json").write_text('{"resourceType": "Patient", "id": "p1"}')
    words = [
        "--data-dir",
        str(opened.data_dir.root),
        "--json",
        "import",
        str(tmp_path / "one.json"),
    ]
    assert cli.run([*words, "--dry-run"]) == 0
    assert ledger.read(opened.data_dir).results == []
    assert cli.run(words) == 0
    assert [each.reason for each in ledger.read(opened.data_dir).results] == [Reason.IMPORT]


# ------------------------------------------------------------------ fewer rows than before


def test_a_record_that_lost_a_third_is_set_aside_and_removes_nothing(
    opened: Clinic, tmp_path: Path
) -> None:
    keeper = Backups(opened)
    keeper.choose(tmp_path / "stick")
    opened.store.write(opened.actor, put_chart, 30).result()
    first = keeper.make(Reason.HOURLY, silent)
    with ledger.changing(opened.data_dir) as changed:
        assert changed.rows == first.rows
        changed.rows = first.rows * 2  # as if half of it were gone
    opened.store.write(opened.actor, put_chart, 1).result()
    for _time in range(2):
        pass_time(opened, hours=2)
        with pytest.raises(ShrunkenRecordError, match="far fewer rows"):
            keeper.make(Reason.HOURLY, silent)
        known = ledger.read(opened.data_dir)
        assert known.last_at == first.made_at == this_pc.last_backup(opened.data_dir)
        assert "far fewer rows" in known.results[0].trouble
        names = {path.name for path in (tmp_path / "stick").glob("*.clinicbackup")}
        assert names == {first.path.name, SHRUNKEN}
    made = keeper.make(Reason.BY_HAND, silent)
    assert ledger.read(opened.data_dir).rows == made.rows
    assert ledger.read(opened.data_dir).last_at == made.made_at
