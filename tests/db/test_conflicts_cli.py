"""``conflicts list`` and ``conflicts resolve`` as a script calls them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clinic_desktop.cli import run
from tests.support.pcs import Pc, meet, new_patient, set_family
from tests.support.records import PASSWORD, Record


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLINIC_PASSWORD", PASSWORD)


def call(record: Record, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, Any]:
    folder = str(record.path.parent)
    code = run(["--data-dir", folder, "--user", record.owner.login, "--json", *words])
    return code, json.loads(capsys.readouterr().out)


def test_a_question_is_listed_and_decided(
    two: tuple[Pc, Pc], record: Record, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = two
    row = new_patient(first)
    meet(first, second)
    set_family(first, row, "Kamau")
    set_family(second, row, "Otieno")
    meet(first, second)
    first.store.close()

    code, said = call(record, capsys, "conflicts", "list")
    (asked,) = said["conflicts"]
    assert code == 0
    assert (asked["kind"], asked["severity"], asked["table"]) == ("value", "clinical", "patient")
    assert asked["patient"] == str(row)
    versions = {each["values"]["family"]: each["version"] for each in asked["versions"]}
    assert versions.keys() == {"Kamau", "Otieno"}
    assert sorted(each["here"] for each in asked["versions"]) == [False, True]

    assert call(record, capsys, "conflicts", "resolve", "no-id", "--keep", "x")[0] == 2
    assert call(record, capsys, "conflicts", "resolve", asked["id"], "--keep", "x")[0] == 3
    code, said = call(record, capsys, "conflicts", "resolve", asked["id"])
    assert (code, said["error"]["place"]) == (2, "keep")
    both = [part for each in versions.values() for part in ("--keep", each)]
    assert call(record, capsys, "conflicts", "resolve", asked["id"], *both)[0] == 6
    keep = ("--keep", versions["Kamau"])
    code, said = call(record, capsys, "conflicts", "resolve", asked["id"], *keep)
    assert (code, said) == (0, {"id": asked["id"], "kept": [versions["Kamau"]]})
    assert call(record, capsys, "conflicts", "resolve", asked["id"], *keep)[0] == 3
    assert call(record, capsys, "conflicts", "list")[1] == {"conflicts": []}
