"""The benchmark runs on the smallest clinic and says what it found; how fast is nobody's test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench.timing import Line, Spent, p95

GROUPS = ("search", "chart", "today", "visit", "paper", "encryption", "unlock", "backup")
WORK = (
    *("palette: from key", "open the big chart", "Today board", "save a visit"),
    *("prescription to PDF", "invoice to PDF", "encrypted file: writing"),
    *("unlock: from password", "switch user by password", "come back by PIN", "backup, brought"),
)


@pytest.mark.slow
def test_the_smallest_clinic_is_generated_and_every_line_measured(
    repository: Path, shared_data: Path, tmp_path: Path
) -> None:
    only = [word for group in GROUPS for word in ("--only", group)]
    bundles = shared_data / "synthea-fhir-r4" / "patients.jsonl.xz"
    run = subprocess.run(
        [sys.executable, "-m", "bench", "--size", "tiny", *only, "--data", tmp_path / "cache",
         "--bundles", bundles, "--out", tmp_path / "RESULTS.md"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-2000:]
    report = (tmp_path / "RESULTS.md").read_text("utf-8")
    missing = [work for work in WORK if f"\n| {work}" not in report]
    assert not missing
    assert "heartbeats" in report


def test_a_missing_set_of_records_is_said_in_words(repository: Path, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "bench", "--size", "tiny", "--data", tmp_path,
         "--bundles", tmp_path / "nowhere.xz"],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert run.returncode == 2
    assert "are not there" in run.stderr
    assert "Traceback" not in run.stderr


def test_ratio_is_of_medians_and_the_budget_holds_for_the_slow_ones() -> None:
    line = Line("work", "floor", goal=2, budget_ms=30)
    line.ours = [Spent(wall, wall) for wall in (0.01, 0.02, 0.5)]
    line.floors = [Spent(0.01, 0.005)] * 3
    assert line.ratio == pytest.approx(2)
    assert line.cpu_ratio == pytest.approx(4)
    assert p95([1, 2, 3]) == 3
    assert not line.is_met
