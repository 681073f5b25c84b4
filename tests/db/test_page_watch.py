"""The daily look at every page: when it is due, and what it says of a damaged record."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinic_desktop import clinic
from clinic_desktop.clinic import Clinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.errors import DatabaseDamagedError
from clinic_desktop.page_watch import PageWatch
from tests.support.charts import put_chart
from tests.support.records import NOON, PASSWORD


@pytest.fixture
def opened(clinic_dir: DataDir) -> Iterator[Clinic]:
    """An open clinic whose clock stands at noon."""
    found = clinic.open_clinic(clinic_dir, "amina", PASSWORD, FixedClock(NOON, seed=5000))
    yield found
    found.close()


def test_it_is_due_once_a_day(opened: Clinic) -> None:
    clock = opened.store.clock
    assert isinstance(clock, FixedClock)
    watch = PageWatch(opened)
    assert watch.is_due(clock.now())
    watch.look()
    assert not watch.is_due(clock.now())
    assert not PageWatch(opened).is_due(clock.now())
    clock.advance(days=1)
    assert watch.is_due(clock.now())


def test_it_is_due_after_the_program_went_down(opened: Clinic, tmp_path: Path) -> None:
    PageWatch(opened).look()
    opened.store.write(opened.actor, put_chart, 1).result()
    left = DataDir(Path(shutil.copytree(opened.data_dir.root, tmp_path / "left")))
    opened.close()
    for data_dir, is_due in ((left, True), (opened.data_dir, False)):
        again = clinic.open_clinic(data_dir, "amina", PASSWORD, FixedClock(NOON, seed=6000))
        watch = PageWatch(again)
        assert watch.is_due(NOON) is is_due
        watch.look()
        assert not watch.is_due(NOON)
        again.close()


def test_a_broken_page_is_said_and_on_record(opened: Clinic) -> None:
    sql = "SELECT rootpage FROM sqlite_master WHERE name = 'observation'"
    found = opened.store.read(opened.actor, lambda reads: reads.cursor.execute(sql).fetchone())
    page = found.result()[0]  # nobody needs it to sign in
    opened.close()
    with opened.data_dir.database.open("r+b") as file:
        file.seek((page - 1) * 4096 + 1000)
        file.write(b"\xff" * 100)
    again = clinic.open_clinic(opened.data_dir, "amina", PASSWORD, FixedClock(NOON, seed=6000))
    try:
        with pytest.raises(DatabaseDamagedError, match="Pages of the record are damaged"):
            PageWatch(again).look()
        sql = "SELECT count(*) FROM audit_event WHERE kind = 'integrity.fault'"
        found = again.store.read(again.actor, lambda reads: reads.cursor.execute(sql).fetchone())
        assert found.result() == (1,)
    finally:
        again.close()
