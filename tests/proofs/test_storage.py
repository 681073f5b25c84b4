"""The proofs of the storage at the size of CI, and that they find what they look for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.proofs.needs import needs_recorder
from tests.proofs.storage import crash_states, failing_calls, kills, migrating


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
