"""The vault opens for the right password and for nothing else."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic_desktop.errors import (
    DatabaseDamagedError,
    NewerDatabaseError,
    ValidationError,
    WrongPasswordError,
)
from clinic_desktop.security import vault as vaults
from tests.support.records import CHEAP, PASSWORD

KEY = bytes(range(48))
ANN, BO = uuid.UUID(int=1), uuid.UUID(int=2)


def _vault() -> vaults.Vault:
    vault = vaults.Vault(uuid.UUID(int=9), name="Clinic")
    vault = vault.with_user(KEY, ANN, "ann", "Ann", PASSWORD, CHEAP)
    return vault.with_user(KEY, BO, "bo", "Bo", "another long one", CHEAP)


def test_each_person_opens_it_with_their_own_password(tmp_path: Path) -> None:
    """Two people, two passwords, one key; also after a round through the file."""
    path = tmp_path / "vault.json"
    vaults.save(_vault(), path)
    vault = vaults.load(path)

    assert vault.unlock("ann", PASSWORD) == KEY
    assert vault.unlock("BO", "another long one") == KEY
    with pytest.raises(WrongPasswordError):
        vault.unlock("ann", "another long one")
    with pytest.raises(WrongPasswordError):
        vault.unlock("nobody", PASSWORD)


def test_removed_person_is_out_and_the_last_one_stays() -> None:
    """A removed slot opens nothing; the last slot cannot be removed."""
    vault = _vault().without_user(ANN)

    with pytest.raises(WrongPasswordError):
        vault.unlock("ann", PASSWORD)
    with pytest.raises(ValidationError):
        vault.without_user(BO)


def test_password_has_no_composition_rules_but_a_length() -> None:
    """Eight characters of anything; composed and decomposed letters are the same password."""
    empty = vaults.Vault(uuid.UUID(int=9))
    vault = empty.with_user(KEY, ANN, "ann", "", "caf\u00e9 caf\u00e9", CHEAP)

    assert vault.unlock("ann", "cafe\u0301 cafe\u0301") == KEY
    with pytest.raises(ValidationError, match="at least 8"):
        vaults.check_password("short")
    with pytest.raises(ValidationError, match="at most 128"):
        vaults.check_password("long " * 26)


def test_file_holds_neither_key_nor_password(tmp_path: Path) -> None:
    """Nothing in the file or its previous generation gives the key away."""
    path = tmp_path / "vault.json"
    vaults.save(vaults.save(_vault(), path), path)

    for file in tmp_path.iterdir():
        content = file.read_bytes()
        assert KEY not in content
        assert KEY.hex().encode() not in content
        assert PASSWORD.encode() not in content
    assert vaults.load(path).generation == 2


@pytest.mark.parametrize(
    ("field", "value"), [("memory_kib", 8), ("memory_kib", 1 << 30), ("passes", 1), ("lanes", 99)]
)
def test_weakened_or_absurd_costs_are_refused(tmp_path: Path, field: str, value: int) -> None:
    """A slot whose key derivation was made cheap, or endless, is never tried."""
    path = tmp_path / "vault.json"
    vaults.save(_vault(), path)
    data = json.loads(path.read_text())
    data["slots"][0]["kdf"][field] = value
    path.write_text(json.dumps(data))

    with pytest.raises(DatabaseDamagedError):
        vaults.load(path)


@pytest.mark.parametrize(
    ("field", "value"), [("sealed", "AAAA"), ("nonce", "AAAA"), ("sealed", ""), ("sealed", None)]
)
def test_parts_of_another_length_are_damage(tmp_path: Path, field: str, value: object) -> None:
    """A part cut short is found when the file is read, not in the middle of the arithmetic."""
    path = tmp_path / "vault.json"
    vaults.save(_vault(), path)
    data = json.loads(path.read_text())
    data["slots"][0][field] = value
    path.write_text(json.dumps(data))

    with pytest.raises(DatabaseDamagedError):
        vaults.load(path)


def test_a_vault_of_nobody_or_none_at_all_is_said(tmp_path: Path) -> None:
    """A missing file is called missing; one that nobody can open is called damaged."""
    path = tmp_path / "vault.json"
    with pytest.raises(DatabaseDamagedError, match="missing"):
        vaults.load(path)
    vaults.save(vaults.Vault(uuid.UUID(int=9)), path)
    with pytest.raises(DatabaseDamagedError, match="cannot be read"):
        vaults.load(path)


def test_changed_header_makes_the_slot_unreadable(tmp_path: Path) -> None:
    """A slot cannot be given to another login."""
    path = tmp_path / "vault.json"
    vaults.save(_vault(), path)
    data = json.loads(path.read_text())
    data["slots"][0]["login"] = "eve"
    path.write_text(json.dumps(data))

    with pytest.raises(WrongPasswordError):
        vaults.load(path).unlock("eve", PASSWORD)


def test_newer_vault_is_said_to_be_newer(tmp_path: Path) -> None:
    """A later format is not called damage."""
    path = tmp_path / "vault.json"
    vaults.save(_vault(), path)
    path.write_text(path.read_text().replace('"version": 1', '"version": 2'))

    with pytest.raises(NewerDatabaseError):
        vaults.load(path)


@settings(max_examples=200)
@given(content=st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
def test_garbage_is_an_error_with_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    """Whatever lies in the file, the answer is one of our errors."""
    path = tmp_path_factory.mktemp("v") / "vault.json"
    path.write_bytes(content)

    with pytest.raises(DatabaseDamagedError):
        vaults.load(path)
