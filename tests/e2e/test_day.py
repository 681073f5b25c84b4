"""The clinic day, as ``make demo`` plays it without a display."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TARGETS = {
    "register": 9,
    "book": 5,
    "start-visit": 1,
    "note": 15,
}
"""Keys beside typed content that a task may take, each with one to spare."""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, object]]]:
    """The day, played once by the real program in a process of its own."""
    out = tmp_path_factory.mktemp("day")
    done = subprocess.run(
        [sys.executable, "-m", "clinic_desktop", "day", "--out", str(out), "--json"],
        capture_output=True, text=True, check=False, timeout=300,
        env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert not done.stderr
    found: dict[str, list[dict[str, object]]] = json.loads(done.stdout)
    return found


def test_every_step_was_done(played: dict[str, list[dict[str, object]]]) -> None:
    """From the lock screen to the lock screen, with a picture of each step."""
    names = [step["name"] for step in played["steps"]]

    assert names[0] == "unlock"
    assert names[-1] == "close"
    assert {"register", "book", "check-in", "note", "prescribe", "sign", "pay"} <= set(names)
    assert len(played["pictures"]) >= len(names)


def test_papers_came_out(played: dict[str, list[dict[str, object]]]) -> None:
    """The slip, the prescription, the receipt and the invoice lie in the folder as PDF."""
    papers = [Path(str(path)) for path in played["papers"]]

    assert {path.name.split("-")[0] for path in papers} == {
        *("appointment", "prescription", "receipt", "invoice")
    }
    assert all(path.read_bytes().startswith(b"%PDF") for path in papers)


@pytest.mark.parametrize("name", ["register", "book", "start-visit", "note"])
def test_task_takes_few_keys(played: dict[str, list[dict[str, object]]], name: str) -> None:
    """No task of the day takes more keys than its target and one."""
    acts = next(step["acts"] for step in played["steps"] if step["name"] == name)

    assert isinstance(acts, int)
    assert acts <= TARGETS[name] + 1
