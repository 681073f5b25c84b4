"""``import`` and ``export`` on the command line: the names that scripts rely on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from clinic_desktop import cli
from clinic_desktop.config import DataDir
from tests.support.fhir import bundle, encounter, observation, patient, write
from tests.support.records import PASSWORD

Run = Any


@pytest.fixture
def run(
    clinic_dir: DataDir, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run a command in a clinic; its exit code, what it printed and what it told besides."""
    monkeypatch.setenv("CLINIC_PASSWORD", PASSWORD)

    def go(*words: str | Path) -> tuple[int, str, str]:
        code = cli.run(["--data-dir", str(clinic_dir.root), *map(str, words)])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return go


def test_import_says_in_json_what_came_of_it(run: Run, tmp_path: Path) -> None:
    good = write(tmp_path / "good.json", bundle(patient(), encounter(), observation()))
    bad = write(tmp_path / "bad.json", "{")
    code, out, _err = run("import", good, bad, "--dry-run", "--json")
    dry = json.loads(out)
    assert code == 13
    assert dry["dry_run"]
    code, out, _err = run("import", good, bad, "--json")
    found = json.loads(out)
    assert code == 13, "one file could not be imported"
    assert found["imported"] == dry["imported"] == {"Encounter": 1, "Observation": 1, "Patient": 1}
    assert found["unchanged"] == 0
    assert found["kept"] == {}
    (error,) = found["errors"]
    assert error["file"] == str(bad)
    assert error["line"] == 1
    assert error["reason"]
    code, out, err = run("import", good, "--json")
    assert code == 0, err or out
    assert json.loads(out)["unchanged"] == 3


def test_import_speaks_in_sentences_too(run: Run, tmp_path: Path) -> None:
    code, out, _err = run("import", write(tmp_path / "a.json", bundle(patient())))
    assert code == 0
    assert "Patient: 1" in out


def test_export_writes_a_folder_that_import_reads(run: Run, tmp_path: Path) -> None:
    run("import", write(tmp_path / "a.json", bundle(patient(), encounter())))
    code, out, _err = run("export", "--format", "fhir", tmp_path / "out", "--json")
    assert code == 0
    told = json.loads(out)
    assert told["exported"]["Patient"] == 1
    assert (tmp_path / "out" / "Patient.ndjson").read_text("utf-8").count("\n") == 1
    code, out, _err = run("export", "--format", "fhir", tmp_path / "out", "--json")
    assert code == 12
    assert json.loads(out)["error"]["kept"]
