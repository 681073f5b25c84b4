"""The backup beside the window: what waits for it, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from clinic_desktop import clinic
from clinic_desktop.clinic import Clinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.errors import StorageError
from clinic_desktop.restore import Way, restore
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.services.backups import ledger
from clinic_desktop.services.backups.ledger import Reason
from clinic_desktop.services.backups.making import Backup
from clinic_desktop.services.backups.places import Place
from clinic_desktop.ui.core.backup_keeper import BackupKeeper
from tests.support.charts import put_chart
from tests.support.records import CHEAP, NOON, PASSWORD

NEW_PASSWORD = "a whole new sentence"
SHEET = RecoveryKey(bytes(range(20)))


@pytest.fixture
def opened(clinic_dir: DataDir) -> Iterator[Clinic]:
    """An open clinic whose clock stands at noon."""
    found = clinic.open_clinic(clinic_dir, "amina", PASSWORD, FixedClock(NOON, seed=5000))
    found.use_recovery(SHEET)
    yield found
    found.close()


@pytest.fixture
def keeper(opened: Clinic, qtbot: QtBot) -> Iterator[BackupKeeper]:
    """Its keeper, at work."""
    found = BackupKeeper(opened)
    found.start()
    yield found
    qtbot.waitUntil(lambda: found.is_idle)
    found.close()


def patients(opened: Clinic) -> int:
    sql = "SELECT count(*) FROM patient"
    found = opened.store.read(opened.actor, lambda reads: reads.cursor.execute(sql).fetchone())
    return int(found.result()[0])


def test_a_step_waits_for_the_state_before_it_and_not_for_the_trial(
    keeper: BackupKeeper, opened: Clinic, tmp_path: Path, qtbot: QtBot
) -> None:
    opened.store.write(opened.actor, put_chart, 1).result()
    running = []

    def step() -> None:
        opened.store.write(opened.actor, put_chart, 1).result()
        running.append(keeper.is_running)

    with qtbot.waitSignal(keeper.ended, timeout=60_000) as ended:
        keeper.hold(Reason.MERGE, step)
    assert running == [True]
    made = ended.args[0]
    assert isinstance(made, Backup)
    assert patients(opened) == 2
    way = Way("amina", NEW_PASSWORD, SHEET)
    back = restore(made.path, DataDir(tmp_path / "new"), way, lambda *_told: None, cost=CHEAP)
    with closing(clinic.open_clinic(back.data_dir, "amina", NEW_PASSWORD)) as again:
        assert patients(again) == 1


def test_the_last_backup_will_do_within_the_hour(
    keeper: BackupKeeper, opened: Clinic, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(keeper.ended, timeout=60_000):
        keeper.hold(Reason.MERGE, lambda: None)
    opened.store.write(opened.actor, put_chart, 1).result()
    done = []
    with qtbot.waitSignal(keeper.ended):
        keeper.hold(Reason.MERGE, lambda: done.append(True))
    assert done
    assert len(ledger.read(opened.data_dir).results) == 1


def test_where_none_can_be_made_the_step_is_taken_all_the_same(
    keeper: BackupKeeper, opened: Clinic, tmp_path: Path, qtbot: QtBot
) -> None:
    with ledger.changing(opened.data_dir) as changed:
        changed.places = [Place("gone", str(tmp_path / "gone"))]
    done = []
    with qtbot.waitSignal(keeper.ended) as ended:
        keeper.hold(Reason.MERGE, lambda: done.append(True))
    assert done
    assert isinstance(ended.args[0], StorageError)
