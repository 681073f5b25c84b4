"""``conflicts resolve ID --again``: an owner's step that came to nothing, from the command line."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from clinic_desktop.cli import run
from clinic_desktop.clinic import Clinic
from tests.support.records import PASSWORD
from tests.sync.conftest import Practice
from tests.sync.test_cli import call
from tests.sync.test_sheet_at_one_pc import NEW, OLD_KEYS
from tests.sync.test_steps_again import owner_in_vain, question

__all__ = ["owner_in_vain"]


@pytest.fixture
def asked(practice: Practice, owner_in_vain: Clinic, monkeypatch: pytest.MonkeyPatch) -> uuid.UUID:
    """The question at the PC where the sheet was used; no program is open at either."""
    found = question(owner_in_vain).row.id
    for pc in practice.opened:
        pc.close()
    practice.opened.clear()
    monkeypatch.setenv("CLINIC_PASSWORD", NEW)
    return found


def listed(folder: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    code, said = call(folder, capsys, "conflicts", "list")
    assert code == 0
    return {each["id"]: each for each in said["conflicts"]}


def test_a_step_is_taken_again(
    practice: Practice, asked: uuid.UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, key = practice.root / "back", str(asked)
    assert listed(folder, capsys)[key]["again"] == "add-person"
    code, said = call(folder, capsys, "conflicts", "resolve", key, "--again")
    assert (code, said) == (0, {"id": key, "again": True})
    assert key not in listed(folder, capsys)
    _code, said = call(folder, capsys, "user", "list")
    assert "olga" in json.dumps(said)
    code, said = call(folder, capsys, "conflicts", "resolve", key, "--again")
    assert (code, said["error"]["code"]) == (3, "not-found")


def test_the_list_says_what_the_step_is(
    practice: Practice, asked: uuid.UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        run(["--data-dir", str(practice.root / "back"), "--user", "ana", "conflicts", "list"]) == 0
    )
    told = capsys.readouterr().out
    assert str(asked) in told
    assert "olga" in told
    assert "--again" in told


def test_it_is_not_taken_with_the_keys_of_before(
    practice: Practice,
    asked: uuid.UUID,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CLINIC_PASSWORD", PASSWORD)
    folder, key = practice.root / "front", str(asked)
    (key,) = [each["id"] for each in listed(folder, capsys).values() if each["again"]]
    code, said = call(folder, capsys, "conflicts", "resolve", key, "--again")
    assert (code, said["error"]["code"]) == (6, "rule")
    assert OLD_KEYS in said["error"]["message"]
    assert key in listed(folder, capsys)


def test_what_cannot_be_meant_is_refused(
    practice: Practice, asked: uuid.UUID, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, key = practice.root / "back", str(asked)
    code, said = call(folder, capsys, "conflicts", "resolve", "no-id", "--again")
    assert (code, said["error"]["place"]) == (2, "id")
    code, said = call(folder, capsys, "conflicts", "resolve", str(uuid.uuid4()), "--again")
    assert (code, said["error"]["code"]) == (3, "not-found")
    code, said = call(folder, capsys, "conflicts", "resolve", key, "--again", "--keep", "x")
    assert (code, said["error"]["place"]) == (2, "keep")
    others = [each["id"] for each in listed(folder, capsys).values() if not each["again"]]
    for other in others:
        code, said = call(folder, capsys, "conflicts", "resolve", other, "--again")
        assert code == 6
    assert key in listed(folder, capsys)
