"""The proofs of backup and restore at the size of CI."""

from __future__ import annotations

import sys

import pytest

from tests.proofs.backups import drills, full_disk

needs_limits = pytest.mark.skipif(sys.platform == "win32", reason="limits of files are POSIX's")


@needs_limits
@pytest.mark.slow
def test_backups_come_back_row_by_row_or_not_at_all() -> None:
    result = drills.prove(size=6, seed=20_261_122)
    assert not result.failures
    assert result.passed == 6


@needs_limits
@pytest.mark.slow
def test_a_full_disk_loses_no_save() -> None:
    result = full_disk.prove(size=4, seed=20_261_122)
    assert not result.failures
    assert result.passed == 4
