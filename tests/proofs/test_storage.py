"""The proofs of the storage at the size of CI, and that they find what they look for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.proofs.needs import needs_recorder
from tests.proofs.storage import crash_states, failing_calls, kills, migrating, recorder
from tests.proofs.storage.power_cut import cuts


@needs_recorder
def test_power_cuts_lose_no_save() -> None:
    result = crash_states.prove(size=300, seed=20_261_122)
    assert not result.failures
    assert result.passed == 300


@needs_recorder
def test_a_program_that_does_not_wait_for_the_disk_is_caught(tmp_path: Path) -> None:
    beginning = crash_states.begin(tmp_path / "start")
    day = crash_states.record_day(beginning, tmp_path / "day", 5, 60, 12, "--careless")
    checked = crash_states.check_share(day, (0, 1))
    assert checked.held < 60
    assert any("is lost" in sentence for sentence in checked.failures)


@needs_recorder
def test_what_is_looked_at_is_what_the_power_cut_left(tmp_path: Path) -> None:
    """Only what differs from the last disk is written anew, however much came between."""
    beginning = crash_states.begin(tmp_path / "start")
    day = crash_states.record_day(beginning, tmp_path / "day", 8, 2000, 60)
    place = tmp_path / "place"
    judge = crash_states.Judge(day, place)
    seen = 0
    for number, left in cuts(day.start, recorder.read_log(day.log), 2000, 8):
        if number % 31:
            continue
        judge.lay(left)
        for name in ("clinic.db", "clinic.db-wal"):
            there = (place / name).read_bytes() if (place / name).exists() else None
            assert there == (bytes(left.content(name)) if name in left.kept else None)
            seen += there is not None
    assert seen > 100


def test_killed_at_work() -> None:
    result = kills.prove(size=4, seed=20_261_122)
    assert not result.failures
    assert result.passed == 4


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL and fork are POSIX's")
def test_an_upgrade_that_dies_leaves_one_version_or_the_other() -> None:
    result = migrating.prove(size=25, seed=20_261_122)
    assert not result.failures
    assert result.passed == 25


@needs_recorder
def test_failing_calls_of_the_disk_are_sentences() -> None:
    result = failing_calls.prove(size=30, seed=20_261_122)
    assert not result.failures
    assert result.passed >= 30
