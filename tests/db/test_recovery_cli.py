"""The recovery sheet on the command line: made, tried, used."""

from __future__ import annotations

import json

import pytest

from clinic_desktop import cli, clinic
from clinic_desktop.cli.access import NEW_PASSWORD_VARIABLE
from clinic_desktop.cli.recovery import VARIABLE
from clinic_desktop.config import DataDir
from clinic_desktop.errors import WrongPasswordError
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.services import people
from tests.support.records import PASSWORD

NEW_PASSWORD = "a whole new sentence"


def test_a_sheet_is_made_tried_and_used(
    clinic_dir: DataDir, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*words: str, code: int = 0) -> dict[str, object]:
        line = ["--data-dir", str(clinic_dir.root), "--user", "amina", "recovery", *words, "--json"]
        assert cli.run(line) == code
        out = capsys.readouterr()
        found: dict[str, object] = json.loads(out.out or "{}")
        return found

    monkeypatch.setenv("CLINIC_PASSWORD", PASSWORD)
    made = run("new")["recovery_key"]
    monkeypatch.setenv(VARIABLE, RecoveryKey.new().text)
    run("verify", code=WrongPasswordError.exit_code)
    monkeypatch.setenv(VARIABLE, str(made).lower().replace("-", " "))
    assert run("verify") == {"opens": True}
    monkeypatch.setenv(NEW_PASSWORD_VARIABLE, NEW_PASSWORD)
    assert run("use", "--login", "amina")["can_sign_in"] == ["amina"]
    opened = clinic.open_clinic(clinic_dir, "amina", NEW_PASSWORD)
    day = opened.store.read(opened.actor, people.recovery_sheet_day).result()
    opened.close()
    assert day is not None
