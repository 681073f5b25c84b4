"""``audit verify``, ``export`` and ``accept`` as an owner or a script calls them."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from clinic_desktop import clinic
from clinic_desktop.cli import run
from clinic_desktop.cli.audit import BROKEN, FORK
from clinic_desktop.config import DataDir
from clinic_desktop.db.engine import connect
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.models.patient import Patient
from tests.support.pdf_reading import read_pdf
from tests.support.records import PASSWORD

VERIFIER = Path(__file__).parents[2] / "packaging" / "verify_audit_export.py"


def _run(clinic_dir: DataDir, *words: str) -> int:
    return run(["--data-dir", str(clinic_dir.root), "--user", "amina", "--json", *words])


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLINIC_PASSWORD", PASSWORD)


def _verifier(*words: object) -> subprocess.CompletedProcess[str]:
    """The verifier in a process that has PyNaCl and nothing of ours."""
    return subprocess.run(
        [sys.executable, str(VERIFIER), *map(str, words)],
        capture_output=True, text=True, check=False, cwd=VERIFIER.parent,
        env={**os.environ, "PYTHONPATH": ""},
    )  # fmt: skip


def test_verify_tells_whole_broken_and_older_apart(
    clinic_dir: DataDir, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Each state has its exit code; accepting an older record needs a reason and ends the alarm."""
    assert _run(clinic_dir, "audit", "verify") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is True
    assert told["commits"] == told["heads"]["1"]["commit"] > 0

    yesterday = tmp_path / "yesterday.db"
    shutil.copyfile(clinic_dir.database, yesterday)
    assert _run(clinic_dir, "audit", "verify", "--since", "2026-01-01") == 0
    shutil.copyfile(yesterday, clinic_dir.database)
    capsys.readouterr()
    assert _run(clinic_dir, "audit", "verify") == FORK
    found = {each["what"] for each in json.loads(capsys.readouterr().out)["findings"]}
    assert "mirror-older" in found

    assert _run(clinic_dir, "audit", "accept", "--reason", "x") == 2
    assert _run(clinic_dir, "audit", "accept", "--reason", "The disk of yesterday broke") == 0
    capsys.readouterr()
    assert _run(clinic_dir, "audit", "verify") == 0
    assert json.loads(capsys.readouterr().out)["restored"]

    opened = clinic.open_clinic(clinic_dir, "amina", PASSWORD)
    key = opened.keys.key
    opened.close()
    with closing(connect(clinic_dir.database, key)) as connection:
        connection.execute("UPDATE practice SET phone = '1'")
        connection.execute("DELETE FROM sync_journal")
    capsys.readouterr()
    assert _run(clinic_dir, "audit", "verify") == BROKEN
    found = json.loads(capsys.readouterr().out)["findings"]
    assert [(each["what"], each["table"]) for each in found] == [("row", "practice")]


def test_a_day_that_is_none_is_refused(clinic_dir: DataDir) -> None:
    """``--since`` takes a date."""
    assert _run(clinic_dir, "audit", "verify", "--since", "yesterday") == 2


def _add(uow: UnitOfWork, family: str) -> None:
    uow.add(Patient(family=family, mrn=family))


@pytest.fixture
def exports(clinic_dir: DataDir, tmp_path: Path) -> tuple[Path, Path]:
    """An export, and a later one of the same clinic."""
    opened = clinic.open_clinic(clinic_dir, "amina", PASSWORD)
    for number in range(5):
        opened.store.write(opened.actor, _add, f"Canary{number}").result()
    opened.close()
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    assert _run(clinic_dir, "audit", "export", str(first)) == 0
    assert _run(clinic_dir, "audit", "export", str(second), "--content") == 0
    return first, second


def test_auditor_checks_the_export_alone(exports: tuple[Path, Path]) -> None:
    """The one-file verifier takes both exports, prints events, and knows the paper's head."""
    first, second = exports
    assert "Canary" not in first.read_text(encoding="utf-8")

    done = _verifier(first, second, "--events")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "session.sign-in" in done.stdout
    assert "Amina" in done.stdout
    last = [json.loads(line) for line in first.read_text(encoding="utf-8").splitlines()]
    point = next(line for line in reversed(last) if "checkpoint" in line)["checkpoint"]
    assert _verifier(first, "--head", f"{point[2]}:{point[5][:16]}").returncode == 0
    assert _verifier(first, "--head", f"{point[2]}:{'0' * 16}").returncode == FORK
    assert _verifier(first, "--key", "00" * 32).returncode == FORK
    assert _verifier(second, first).returncode == FORK
    assert _verifier(VERIFIER).returncode == 2


def test_auditor_finds_every_mutation(exports: tuple[Path, Path], tmp_path: Path) -> None:
    """Lines taken out, doubled, swapped, or with one letter changed never pass."""
    _first, second = exports
    lines = second.read_text(encoding="utf-8").splitlines(keepends=True)
    chance = random.Random(11)
    mutants = [lines[:-1], [*lines, lines[-1]], lines[:1] + lines[2:]]
    for _each in range(9):
        place = chance.randrange(1, len(lines) - 1)
        mutants.append(lines[:place] + lines[place + 1 :])
        mutants.append([*lines[:place], lines[place], *lines[place:]])
        text = lines[place]
        at = chance.choice([i for i, letter in enumerate(text) if letter in "0123456789"])
        changed = text[:at] + str((int(text[at]) + 1) % 10) + text[at + 1 :]
        mutants.append([*lines[:place], changed, *lines[place + 1 :]])

    paths = []
    for number, mutant in enumerate(mutants):
        paths.append(tmp_path / f"mutant{number}.jsonl")
        paths[-1].write_text("".join(mutant), encoding="utf-8")
    for path in paths:
        assert _verifier(path).returncode in {BROKEN, FORK}, path


def test_slip_of_the_day_carries_a_signed_head(
    exports: tuple[Path, Path], clinic_dir: DataDir, tmp_path: Path
) -> None:
    """The head on the slip is one that a later export has."""
    slip, later = tmp_path / "slip.pdf", tmp_path / "later.jsonl"
    assert exports[0].exists()
    assert _run(clinic_dir, "audit", "slip", str(slip)) == 0
    assert _run(clinic_dir, "audit", "export", str(later)) == 0

    text = read_pdf(slip.read_bytes())[0].text
    head = re.search(r"\b\d+:[0-9a-f]{16}\b", text)
    assert head is not None, text
    assert _verifier(later, "--head", head.group()).returncode == 0
