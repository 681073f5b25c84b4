"""The record under another key: nobody waits for ever, and no moment of it locks anybody out."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from clinic_desktop import clinic
from clinic_desktop.clinic import Clinic
from clinic_desktop.config import DataDir
from clinic_desktop.db import rekeying
from clinic_desktop.db.engine import connect
from clinic_desktop.db.facts import look_through
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import PermissionDeniedError, StorageError
from clinic_desktop.security import vault_file
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.security.vault import new_database_key
from clinic_desktop.services import people, practice
from clinic_desktop.services.people import NewPerson
from tests.support.records import CHEAP, PASSWORD

JOSE_PASSWORD = "blue bicycle bell"
OLD_AND_NEW = ("old", "new")


class PowerCutError(Exception):
    """The program ends here."""


@pytest.fixture
def opened(clinic_dir: DataDir) -> Iterator[Clinic]:
    """The clinic with its owner and a receptionist, the owner signed in."""
    found = clinic.open_clinic(clinic_dir, "amina", PASSWORD)
    found.keys.cost = CHEAP
    found.add_person(NewPerson("jose", "José", ("receptionist",)), JOSE_PASSWORD)
    yield found
    found.close()


def logins(of: Clinic) -> list[str]:
    return [each.login for each in of.store.read(SYSTEM, people.everybody).result()]


def test_the_record_goes_on_under_its_new_key(opened: Clinic) -> None:
    before, path = opened.keys.key, opened.data_dir.database
    opened.change_key()
    assert opened.keys.key != before
    assert not rekeying.opens(path, before)
    assert rekeying.opens(path, opened.keys.key)
    assert set(logins(opened)) == {"amina", "jose"}
    opened.store.write(opened.actor, practice.decide, "a", "b").result()
    opened.close()
    clinic.open_clinic(opened.data_dir, "jose", JOSE_PASSWORD).close()


def test_readers_finish_first_and_go_on_afterwards(opened: Clinic) -> None:
    begun, go = threading.Event(), threading.Event()

    def long_read(_reads: object) -> str:
        begun.set()
        go.wait(60)
        return "read"

    reading = opened.store.read(SYSTEM, long_read)
    assert begun.wait(60)
    changing = threading.Thread(target=opened.change_key)
    changing.start()
    after = opened.store.read(SYSTEM, people.everybody)
    go.set()
    changing.join(60)
    assert reading.result() == "read"
    assert len(after.result()) == 2


def test_the_window_asks_for_it_from_a_reading_thread(opened: Clinic) -> None:
    before = opened.keys.key
    both = [opened.store.call(opened.change_key) for _thread in range(2)]
    for each in both:
        each.result(60)
    assert opened.keys.key != before
    assert len(logins(opened)) == 2


@pytest.mark.parametrize("reached", OLD_AND_NEW)
@pytest.mark.parametrize("way", ["password", "sheet"])
def test_a_change_that_was_cut_short_opens(opened: Clinic, reached: str, way: str) -> None:
    sheet = RecoveryKey.new()
    opened.use_recovery(sheet)

    def cut(old: bytes, new: bytes) -> None:
        if reached == "new":
            rekeying.change_key(opened.store, old, new)
        raise PowerCutError

    with pytest.raises(PowerCutError):
        opened.keys.change_key(cut)
    key = opened.keys.coming if reached == "new" else opened.keys.key
    opened.close()
    folder = opened.data_dir
    again = (
        clinic.open_clinic(folder, "jose", JOSE_PASSWORD)
        if way == "password"
        else clinic.recover(folder, sheet, "amina", "a whole new sentence", cost=CHEAP)
    )
    assert again.keys.key == key
    assert len(logins(again)) == 2
    again.close()
    assert not vault_file.load(folder.vault).coming


def test_a_change_that_lies_in_the_log_only_is_not_taken_for_damage(
    opened: Clinic, tmp_path: Path
) -> None:
    """The power goes before SQLite brought the pages under the new key into the file."""
    opened.close()
    path, old, new = opened.data_dir.database, opened.keys.key, new_database_key()
    cut = tmp_path / path.name
    with closing(connect(path, old)) as record:
        record.execute("PRAGMA wal_autocheckpoint = 0").fetchall()
        record.execute(f"PRAGMA rekey = \"x'{new.hex()}'\"").fetchall()
        for each in path.parent.glob(f"{path.name}*"):
            if not each.name.endswith("-shm"):
                shutil.copy(each, tmp_path)
    assert not rekeying.came_through(cut, old, old)
    assert rekeying.came_through(cut, old, new)
    with closing(connect(cut, new)) as record:
        assert not any(look_through(record).values())


def test_a_full_disk_leaves_the_old_key(opened: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    before = opened.keys.key

    def full(*_args: object) -> None:
        raise StorageError("The disk is full.")

    monkeypatch.setattr(rekeying, "rewrite", full)
    with pytest.raises(StorageError):
        opened.change_key()
    assert opened.keys.key == before
    assert not opened.keys.vault.coming
    assert len(logins(opened)) == 2


def test_who_leaves_takes_a_key_that_opens_nothing(opened: Clinic) -> None:
    before = opened.keys.key
    jose = next(slot.user for slot in opened.keys.vault.slots if slot.login == "jose")
    opened.retire_person(jose)
    assert not rekeying.opens(opened.data_dir.database, before)
    assert not opened.store.read(opened.actor, people.new_key_is_due).result()


def test_a_change_that_did_not_begin_is_made_up_for(opened: Clinic) -> None:
    before = opened.keys.key
    jose = next(slot.user for slot in opened.keys.vault.slots if slot.login == "jose")
    opened.store.write(opened.actor, people.retire_person, jose, opened.keys.identity).result()
    opened.close()
    again = clinic.open_clinic(opened.data_dir, "amina", PASSWORD)
    assert again.keys.key != before
    assert [slot.login for slot in again.keys.vault.slots] == ["amina"]
    again.close()


def test_only_the_owner_changes_the_key(opened: Clinic) -> None:
    opened.switch_user("jose", JOSE_PASSWORD)
    with pytest.raises(PermissionDeniedError):
        opened.change_key()
