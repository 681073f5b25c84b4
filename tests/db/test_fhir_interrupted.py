"""An import that is stopped or killed half-way loses nothing, and goes on where it was."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from clinic_desktop import cli
from clinic_desktop.config import DataDir
from tests.support.fhir import bundle, observation, patient, write
from tests.support.records import PASSWORD

PEOPLE, RESULTS = 22, 500

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")


def life(number: int) -> str:
    """One person with many results."""
    first = 10_000 * number
    results = [observation(first + each, of=number) for each in range(1, RESULTS + 1)]
    return bundle(patient(number), *results)


@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGKILL])
def test_an_import_stopped_half_way_is_completed_by_the_next(
    clinic_dir: DataDir,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    blow: signal.Signals,
) -> None:
    file = write(tmp_path / "many.jsonl", *map(life, range(1, PEOPLE + 1)))
    monkeypatch.setenv("CLINIC_PASSWORD", PASSWORD)
    words = ["--data-dir", str(clinic_dir.root), "import", str(file)]
    running = subprocess.Popen(
        [sys.executable, "-m", "clinic_desktop", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ,
    )  # fmt: skip
    assert running.stderr is not None
    said = iter(running.stderr.readline, "")
    assert any("written" in line for line in said)  # 5,000 of 11,022; the backup before comes first
    running.send_signal(blow)
    told, _errors = running.communicate()
    if blow == signal.SIGINT:
        assert running.returncode == 130
        assert "goes on from there" in told
    else:
        assert running.returncode == -signal.SIGKILL

    assert cli.run([*words, "--json"]) == 0
    second = json.loads(capsys.readouterr().out)
    imported = sum(second["imported"].values())
    assert second["unchanged"] >= 5_000
    assert imported + second["unchanged"] == PEOPLE * (RESULTS + 1)
    assert imported, "the first run was not stopped in time to show anything"
    assert cli.run([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["unchanged"] == PEOPLE * (RESULTS + 1)
    assert cli.run([*words[:2], "check", "--json"]) == 0
