"""Patients from the command line, as a script uses them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clinic_desktop import cli
from clinic_desktop.config import DataDir
from tests.support.records import PASSWORD


@pytest.fixture
def clinic(
    clinic_dir: DataDir, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    """Runs a command with ``--json``; gives the exit code and what it printed."""
    monkeypatch.setenv("CLINIC_PASSWORD", PASSWORD)

    def run(*argv: str) -> tuple[int, dict[str, Any]]:
        code = cli.run(["--data-dir", str(clinic_dir.root), *argv, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return run


def test_a_patient_is_added_shown_and_found(clinic: Any) -> None:
    code, added = clinic(
        *("patient", "add", "--family", "Иванова", "--given", "Мария", "--sex", "F"),
        *("--birth-date", "1955-03-14", "--phone", "0712 345 678", "--identifier", "passport=A1"),
    )
    assert code == 0
    code, shown = clinic("patient", "show", added["id"])
    assert (code, shown["id"], shown["mrn"]) == (0, added["id"], added["mrn"])
    assert (shown["family"], shown["sex"], shown["birth_date"]) == (
        "Иванова",
        "female",
        "1955-03-14",
    )
    assert [phone["value"] for phone in shown["phones"]] == ["+254 712 345678"]
    assert [(each["kind"], each["value"]) for each in shown["identifiers"]] == [("passport", "A1")]
    for text in (["ivanova"], ["bdfyjdf"], ["мария", "иванова"], ["345678"], [added["mrn"]]):
        code, found = clinic("search", *text)
        assert code == 0
        assert [row["id"] for row in found["patients"]] == [added["id"]]
        assert found["patients"][0]["name"] == "ИВАНОВА Мария"


def test_nobody_found_is_an_empty_list(clinic: Any) -> None:
    assert clinic("search", "nobody") == (0, {"patients": []})


@pytest.mark.parametrize(
    ("options", "place"),
    [
        (["--given", "", "--family", " "], "family"),
        (["--family", "A", "--birth-date", "31.2.1990"], "--birth-date"),
        (["--family", "A", "--birth-date", "2990-01-01"], "--birth-date"),
        (["--family", "A", "--sex", "maybe"], "sex"),
        (["--family", "A", "--phone", "call me"], "phone"),
        (["--family", "A", *(["--phone", "0712345678"] * 3000)], "phone"),
        (["--family", "A", *(["--email", "a@example.org"] * 21)], "phone"),
        (["--family", "A", *(["--identifier", "passport=A1"] * 21)], "identifier"),
        (["--family", "A" * 201], "family"),
        (["--family", "A", "--suffix", "A" * 201], "suffix"),
        (["--family", "A", "--identifier", "passport=" + "1" * 201], "identifier"),
        (["--family", "A", "--patient-language", "e" * 201], "language"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_kept(
    clinic: Any, options: list[str], place: str
) -> None:
    code, said = clinic("patient", "add", *options)
    assert (code, said["error"]["code"], said["error"]["place"]) == (2, "invalid", place)
    assert said["error"]["message"]
    assert clinic("search", "A") == (0, {"patients": []})


def test_an_id_that_is_none_and_one_of_nobody_are_told_apart(clinic: Any) -> None:
    assert clinic("patient", "show", "42")[0] == 2
    code, said = clinic("patient", "show", "00000000-0000-7000-8000-000000000000")
    assert (code, said["error"]["code"]) == (3, "not-found")


def test_people_read_sentences(
    clinic_dir: DataDir, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLINIC_PASSWORD", PASSWORD)
    where = ["--data-dir", str(clinic_dir.root)]
    assert cli.run([*where, "patient", "add", "--family", "Otieno", "--birth-date", "40y"]) == 0
    patient_id = capsys.readouterr().out.split()[-1]
    assert cli.run([*where, "search", "otieno"]) == 0
    assert "OTIENO" in capsys.readouterr().out
    assert cli.run([*where, "patient", "show", patient_id]) == 0
    told = capsys.readouterr().out
    assert "about \u20681986" in told
    assert "Sex not known" in told
    assert "birth_precision" not in told
