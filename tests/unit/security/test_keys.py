"""A person loses the key store, the password or the PC, and gets back in."""

from __future__ import annotations

import dataclasses
import shutil
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringError, PasswordDeleteError
from msgspec.structs import replace

from clinic_desktop.config import DataDir
from clinic_desktop.errors import DeviceSecretError, WrongPasswordError
from clinic_desktop.security import device_secret, keys
from clinic_desktop.security.keys import Keys, NewOwner
from clinic_desktop.security.membership import Membership
from clinic_desktop.security.membership_entries import Person, Root, Rules
from clinic_desktop.security.primitives import Identity, KdfCost
from clinic_desktop.security.recovery_key import RecoveryKey

CHEAP = KdfCost(32 * 1024, 2, 1)
CLINIC, DEVICE, ANN, BO = (uuid.UUID(int=n) for n in range(1, 5))
WORDS = "correct horse battery"


class FakeStore(KeyringBackend):
    """The system's key store in memory: the edge of the operating system."""

    priority = 1.0

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the library has no types here
        self.kept: dict[tuple[str, str], str] = {}
        self.broken = False
        self.prompt: threading.Event | None = None

    def _ask(self) -> None:
        if self.prompt is not None:
            self.prompt.wait(30)
        if self.broken:
            raise KeyringError

    def get_password(self, service: str, username: str) -> str | None:
        self._ask()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._ask()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._ask()
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStore]:
    """A key store that the program trusts."""
    found, before = FakeStore(), keyring.get_keyring()
    monkeypatch.setattr(device_secret, "_TRUSTED", (f"{__name__}.",))
    monkeypatch.setattr(device_secret, "TIMEOUT_S", 0.2)
    keyring.set_keyring(found)
    yield found
    keyring.set_keyring(before)


@pytest.fixture
def folder(tmp_path: Path) -> DataDir:
    """An empty data folder."""
    return DataDir(tmp_path)


def begin(folder: DataDir) -> tuple[Keys, RecoveryKey]:
    owner = NewOwner(ANN, "ann", "Ann", WORDS)
    made, sheet = keys.make(folder, CLINIC, DEVICE, "Clinic", owner, CHEAP)
    made.save()
    return made, sheet


def test_a_folder_without_the_key_store_opens_nothing(
    folder: DataDir, store: FakeStore, tmp_path: Path
) -> None:
    made, _sheet = begin(folder)
    assert not made.is_reduced
    assert not folder.device_secret.exists()
    assert keys.unlock(folder, "ann", WORDS, CHEAP).key == made.key
    stolen = DataDir(Path(shutil.copytree(folder.root, tmp_path / "stolen")))
    store.kept.clear()
    with pytest.raises(DeviceSecretError, match="recovery sheet"):
        keys.unlock(stolen, "ann", WORDS, CHEAP)


def test_without_a_key_store_protection_is_reduced_and_says_so(folder: DataDir) -> None:
    made, _sheet = begin(folder)
    assert made.is_reduced
    assert folder.device_secret.stat().st_mode & 0o077 == 0
    assert keys.unlock(folder, "ann", WORDS, CHEAP).is_reduced


def test_a_key_store_that_comes_later_takes_the_secret_over(
    folder: DataDir, store: FakeStore
) -> None:
    store.broken = True
    made, _sheet = begin(folder)
    assert made.is_reduced
    store.broken = False
    again = keys.unlock(folder, "ann", WORDS, CHEAP)
    assert not again.is_reduced
    assert again.key == made.key
    assert not folder.device_secret.exists()


def members(made: Keys, sheet: RecoveryKey, floor: KdfCost = CHEAP) -> Membership:
    """The chain's state that knows the people of the key file."""
    people = {each.user: Person(each.user, each.login, each.name, ("owner",), each.to)
              for each in made.vault.slots}  # fmt: skip
    root = sheet.identity.public
    return Membership(CLINIC, Root(root.sealing, root.signing), people, {}, floor, Rules())


def test_the_key_file_follows_the_chain(folder: DataDir) -> None:
    made, sheet = begin(folder)
    state = members(made, sheet)
    made.admit(BO, "bo", "Bo", "another long one")
    assert made.follow(state) == 2
    assert [slot.login for slot in made.vault.slots] == ["ann"]
    assert made.follow(state) == 0
    with pytest.raises(WrongPasswordError):
        keys.unlock(folder, "bo", "another long one", CHEAP)


def test_keys_that_a_sheet_replaced_elsewhere_still_let_in(folder: DataDir) -> None:
    made, sheet = begin(folder)
    now = members(made, sheet)
    fresh, before = Identity.new().public, made.identity.public.sealing
    people = {ANN: replace(now.people[ANN], sealing=fresh.sealing)}
    state = dataclasses.replace(now, people=people, earlier={ANN: frozenset({before})})
    assert made.follow(state) == 0
    made.change_key(lambda _old, _new: None)
    again = keys.unlock(folder, "ann", WORDS, CHEAP)
    assert (again.key, again.identity) == (made.key, made.identity)
    assert again.follow(dataclasses.replace(state, earlier={})) == 2
    with pytest.raises(WrongPasswordError):
        keys.unlock(folder, "ann", WORDS, CHEAP)


def test_a_sheet_that_was_printed_at_another_pc_opens_here_too(folder: DataDir) -> None:
    made, sheet = begin(folder)
    newer = RecoveryKey.new()
    made.follow(members(made, newer))
    assert keys.recover(folder, newer, CHEAP).key == made.key
    with pytest.raises(WrongPasswordError, match="newest"):
        keys.recover(folder, sheet, CHEAP)
    before = made.vault.generation
    made.follow(members(made, newer))
    assert made.vault.generation == before  # nothing to write


def test_a_risen_floor_makes_the_way_in_dearer(folder: DataDir) -> None:
    made, sheet = begin(folder)
    dearer = KdfCost(33 * 1024, 3, 1)
    made.follow(members(made, sheet, dearer))
    made.make_dearer("ann", WORDS, dearer)
    assert [slot.cost for slot in made.vault.slots] == [dearer]
    assert keys.unlock(folder, "ann", WORDS, CHEAP).identity == made.identity


@pytest.mark.parametrize("how", ["wiped", "changed", "broken", "locked"])
def test_the_sheet_opens_the_record_when_the_key_store_does_not(
    folder: DataDir, store: FakeStore, how: str
) -> None:
    made, sheet = begin(folder)
    made.admit(BO, "bo", "Bo", "another long one")
    prompt = threading.Event()
    if how == "wiped":
        store.kept.clear()
    elif how == "changed":
        store.kept = dict.fromkeys(store.kept, "{}")
    elif how == "broken":
        store.broken = True
    else:
        store.prompt = prompt
    with pytest.raises(DeviceSecretError):
        keys.unlock(folder, "ann", WORDS, CHEAP)
    back = keys.recover(folder, sheet, CHEAP)
    assert back.key == made.key
    back.identity = back.admit(ANN, "ann", "Ann", "a whole new sentence")
    again = keys.unlock(folder, "ann", "a whole new sentence", CHEAP)
    assert again.identity == back.identity
    assert again.is_reduced == (how in {"broken", "locked"})
    assert again.vault.slot("bo") is None  # sealed with a secret that nobody has any more
    prompt.set()


def test_a_forgotten_password_costs_nobody_else_theirs(folder: DataDir, store: FakeStore) -> None:
    made, sheet = begin(folder)
    made.admit(BO, "bo", "Bo", "another long one")
    back = keys.recover(folder, sheet, CHEAP)
    back.admit(ANN, "ann", "Ann", "a whole new sentence")
    assert keys.unlock(folder, "ann", "a whole new sentence", CHEAP).key == made.key
    assert keys.unlock(folder, "bo", "another long one", CHEAP).key == made.key
    with pytest.raises(WrongPasswordError):
        keys.unlock(folder, "ann", WORDS, CHEAP)
    assert store.kept


def test_another_sheet_opens_nothing_and_a_new_one_ends_the_old(folder: DataDir) -> None:
    made, sheet = begin(folder)
    with pytest.raises(WrongPasswordError, match="sheet"):
        keys.recover(folder, RecoveryKey.new(), CHEAP)
    newer = RecoveryKey.new()
    made.add_recovery(newer)
    assert keys.recover(folder, newer, CHEAP).key == made.key
    assert keys.recover(folder, sheet, CHEAP).key == made.key
    made.follow(members(made, newer))
    assert keys.recover(folder, newer, CHEAP).key == made.key
    with pytest.raises(WrongPasswordError, match="newest"):
        keys.recover(folder, sheet, CHEAP)


def test_a_change_of_password_keeps_the_keys_of_the_person(folder: DataDir) -> None:
    made, _sheet = begin(folder)
    before = made.identity
    made.change_password("ann", WORDS, "a whole new sentence")
    again = keys.unlock(folder, "ann", "a whole new sentence", CHEAP)
    assert again.identity == before
    with pytest.raises(WrongPasswordError):
        made.change_password("ann", WORDS, "yet another one")


def test_a_record_of_the_first_format_is_taken_over_at_sign_in(folder: DataDir) -> None:
    shutil.copy(Path(__file__).parent / "vault-version-1.json", folder.vault)
    with pytest.raises(WrongPasswordError):
        keys.unlock(folder, "ann", "wrong", CHEAP)
    ann = keys.unlock(folder, "ann", WORDS, CHEAP)
    assert ann.key == bytes(range(48))
    assert not ann.vault.is_first_format
    bo = keys.unlock(folder, "bo", "another long one", CHEAP)
    assert bo.key == ann.key
    assert keys.unlock(folder, "bo", "another long one", CHEAP).identity == bo.identity
    assert keys.unlock(folder, "ann", WORDS, CHEAP).identity == ann.identity


def test_a_fast_switch_takes_the_other_persons_keys(folder: DataDir) -> None:
    made, _sheet = begin(folder)
    bo = made.admit(BO, "bo", "Bo", "another long one")
    made.sign_in("bo", "another long one")
    assert made.identity == bo
