"""Who opens the vault, who does not, and what a changed file is called."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic_desktop.errors import (
    DatabaseDamagedError,
    NewerDatabaseError,
    ValidationError,
    WrongPasswordError,
)
from clinic_desktop.security import vault_file
from clinic_desktop.security.primitives import Identity, KdfCost, UnreadableError
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.security.vault import MAX_SLOTS, Person, Vault

CHEAP = KdfCost(32 * 1024, 2, 1)
KEY, SECRET = bytes(range(48)), bytes(range(100, 132))
ANN, BO = (
    Person(uuid.UUID(int=n), login, login.title(), words, Identity.new(), CHEAP)
    for n, login, words in ((1, "ann", "correct horse battery"), (2, "bo", "another long one"))
)
SHEET = RecoveryKey(bytes(range(20)))


@pytest.fixture(scope="module")
def made() -> Vault:
    """Ann and Bo, and a recovery sheet."""
    blank = Vault(uuid.UUID(int=9), uuid.UUID(int=8), "Clinic")
    both = blank.with_person(KEY, ANN, SECRET).with_person(KEY, BO, SECRET)
    return both.with_recovery(KEY, SHEET.identity.public.sealing).finished(KEY)


@pytest.fixture
def path(made: Vault, tmp_path: Path) -> Path:
    """The vault as a file."""
    path = tmp_path / "vault.json"
    vault_file.save(made, KEY, path)
    return path


def changed(path: Path, place: tuple[str | int, ...], value: object) -> Vault:
    """The file with one value of it replaced."""
    data: Any = json.loads(path.read_text())
    inner = data
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = value
    path.write_text(json.dumps(data))
    return vault_file.load(path)


def test_each_password_opens_the_same_record_with_its_own_keys(path: Path) -> None:
    found = vault_file.load(path)
    ann, bo = (found.unlock(who.login, who.password, SECRET) for who in (ANN, BO))
    assert ann.key == bo.key == KEY
    assert (ann.identity, bo.identity) == (ANN.identity, BO.identity)
    assert found.unlock("  BO ", BO.password, SECRET).key == KEY
    assert found.name == "Clinic"


def test_neither_half_opens_anything_alone(made: Vault) -> None:
    for login, password, secret in (
        ("ann", BO.password, SECRET),
        ("ann", ANN.password, bytes(32)),
        ("ann", ANN.password, b""),
        ("nobody", ANN.password, SECRET),
    ):
        with pytest.raises(WrongPasswordError, match="do not fit"):
            made.unlock(login, password, secret)


def test_the_recovery_sheet_opens_it_and_a_new_one_ends_the_old(made: Vault) -> None:
    assert made.open_box(SHEET.identity) == KEY
    other = RecoveryKey.new()
    renewed = made.with_recovery(KEY, other.identity.public.sealing).finished(KEY)
    assert renewed.open_box(other.identity) == KEY
    assert renewed.open_box(SHEET.identity) == KEY
    people = {slot.user: {slot.to} for slot in renewed.slots}
    renewed = renewed.only_for(people, other.identity.public.sealing).finished(KEY)
    with pytest.raises(UnreadableError):
        renewed.open_box(SHEET.identity)
    assert renewed.open_box(other.identity) == KEY
    assert renewed.unlock("ann", ANN.password, SECRET).key == KEY


def test_a_new_password_ends_the_old_one(made: Vault) -> None:
    renewed = made.with_person(KEY, replace(ANN, password="a new sentence"), SECRET).finished(KEY)
    assert renewed.unlock("ann", "a new sentence", SECRET).identity == ANN.identity
    with pytest.raises(WrongPasswordError):
        renewed.unlock("ann", ANN.password, SECRET)
    assert len(renewed.boxes) == len(made.boxes)
    for password, sentence in (("short", "at least 8"), ("long " * 26, "at most 128")):
        with pytest.raises(ValidationError, match=sentence):
            made.with_person(KEY, replace(ANN, password=password), SECRET)


def test_one_who_left_opens_nothing_and_the_last_one_stays(made: Vault) -> None:
    alone = made.without_person(BO.user).finished(KEY)
    assert alone.slot("bo") is None
    with pytest.raises(UnreadableError):
        alone.open_box(BO.identity)
    with pytest.raises(ValidationError):
        alone.without_person(ANN.user)


def test_only_the_sheet_is_left_without_slots(made: Vault) -> None:
    bare = made.without_slots().finished(KEY)
    assert bare.open_box(SHEET.identity) == KEY
    with pytest.raises(UnreadableError):
        bare.open_box(ANN.identity)


def test_a_password_is_the_same_in_either_unicode_form(made: Vault) -> None:
    cafe = replace(ANN, password="caf\u00e9 caf\u00e9")
    renewed = made.with_person(KEY, cafe, SECRET).finished(KEY)
    assert renewed.unlock("ann", "cafe\u0301 cafe\u0301", SECRET).key == KEY


# ------------------------------------------------------------------ the file


def test_the_file_gives_nothing_away(path: Path) -> None:
    vault_file.save(vault_file.load(path), KEY, path)
    for file in path.parent.iterdir():
        content = file.read_bytes()
        for secret in (KEY, SECRET, bytes(ANN.identity), ANN.identity.sealing, SHEET.secret):
            assert secret not in content
            assert secret.hex().encode() not in content
        assert ANN.password.encode() not in content
    assert path.with_name("vault.json.previous").exists()
    assert vault_file.load(path).generation == 3


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("slots", 0, "login"), "eve"),
        (("slots", 0, "user"), str(uuid.UUID(int=2))),
        (("slots", 0, "cost", "passes"), 3),
        (("device",), str(uuid.UUID(int=7))),
        (("clinic",), str(uuid.UUID(int=7))),
    ],
)
def test_a_slot_cannot_be_given_to_anybody_else(
    path: Path, place: tuple[str | int, ...], value: object
) -> None:
    found = changed(path, place, value)
    with pytest.raises(WrongPasswordError):
        found.unlock(found.slots[0].login, ANN.password, SECRET)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("name",), "Another clinic"),
        (("generation",), 1),
        (("slots", 1, "name"), "Bob"),
        (("slots", 1, "login"), "bob"),
        (("mac",), ""),
        (("recovery",), ""),
    ],
)
def test_a_file_changed_from_outside_is_found_at_unlock(
    path: Path, place: tuple[str | int, ...], value: object
) -> None:
    found = changed(path, place, value)
    with pytest.raises(DatabaseDamagedError, match="from outside"):
        found.unlock("ann", ANN.password, SECRET)


@pytest.mark.parametrize(
    ("field", "value"), [("memory_kib", 8), ("memory_kib", 1 << 30), ("passes", 1), ("lanes", 99)]
)
def test_weakened_or_absurd_costs_are_refused(path: Path, field: str, value: int) -> None:
    with pytest.raises(DatabaseDamagedError):
        changed(path, ("slots", 0, "cost", field), value)


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(DatabaseDamagedError, match="missing"):
        vault_file.load(tmp_path / "vault.json")


@pytest.mark.parametrize(
    ("place", "value"),
    [(("slots", 0, "salt"), "AAAA"), (("slots", 0, "sealed"), None), (("boxes", 0, "to"), "AAAA")],
)
def test_parts_of_another_length_are_damage(
    path: Path, place: tuple[str | int, ...], value: object
) -> None:
    with pytest.raises(DatabaseDamagedError):
        changed(path, place, value)


@pytest.mark.parametrize("sealed", ["", "AAAA"])
def test_keys_cut_short_open_nothing(path: Path, sealed: str) -> None:
    found = changed(path, ("slots", 0, "sealed"), sealed)
    with pytest.raises(WrongPasswordError):
        found.unlock("ann", ANN.password, SECRET)


def test_a_newer_file_is_said_to_be_newer(path: Path) -> None:
    with pytest.raises(NewerDatabaseError):
        changed(path, ("version",), 3)


@settings(max_examples=200)
@given(content=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_garbage_is_an_error_with_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("v") / "vault.json"
    path.write_bytes(content)
    with pytest.raises(DatabaseDamagedError):
        vault_file.load(path)


def test_a_sound_file_is_far_from_the_limits(path: Path) -> None:
    """And texts with brackets and quotes in them are not taken for depth."""
    found = changed(path, ("slots", 0, "name"), 'Ann "[[[[[[[[{{{{" \\')
    assert found.slots[0].name.startswith("Ann")


@pytest.mark.parametrize(
    "content",
    [
        b"[" * (vault_file.MAX_BYTES // 2),
        b'{"format": "clinic-vault", "version": 2, "other": ' + b"[" * 50 + b"]" * 50 + b"}",
        b'"' + b'\\"' * (vault_file.MAX_BYTES // 2 - 8),
        b'"' * vault_file.MAX_BYTES,
        b"\\" * vault_file.MAX_BYTES,
        b" " * (vault_file.MAX_BYTES + 1),
    ],
    ids=["deep", "deep-in-a-field", "quotes", "texts", "backslashes", "long"],
)
def test_bombs_are_refused_before_they_are_taken_apart(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(DatabaseDamagedError):
        vault_file.load(path)


def test_more_slots_than_people_there_can_be_are_damage(path: Path) -> None:
    slots = json.loads(path.read_text("utf-8"))["slots"]
    with pytest.raises(DatabaseDamagedError):
        changed(path, ("slots",), slots * (MAX_SLOTS + 1))


# ------------------------------------------------------------------ version 1


def test_a_file_of_version_1_still_opens() -> None:
    """Written by the program of that time."""
    found = vault_file.load(Path(__file__).parent / "vault-version-1.json")
    assert found.is_first_format
    assert [slot.login for slot in found.slots] == ["ann", "bo"]
    opened = found.unlock("ann", ANN.password, b"")
    assert (opened.key, opened.identity) == (KEY, None)
    with pytest.raises(WrongPasswordError):
        found.unlock("bo", ANN.password, b"")


def test_one_person_after_the_other_leaves_version_1() -> None:
    first = vault_file.load(Path(__file__).parent / "vault-version-1.json")
    ann = first.with_person(KEY, ANN, SECRET).finished(KEY)
    assert not ann.is_first_format
    assert ann.unlock("ann", ANN.password, SECRET).identity == ANN.identity
    assert ann.unlock("bo", BO.password, SECRET).identity is None
    both = ann.with_person(KEY, BO, SECRET).finished(KEY)
    assert both.unlock("bo", BO.password, SECRET).identity == BO.identity
