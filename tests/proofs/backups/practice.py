"""A practice with a recovery sheet that the drills back up, lose and bring back."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from clinic_desktop import clinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.db.engine import connect
from clinic_desktop.db.facts import tables
from clinic_desktop.restore import Restored, Way, restore
from clinic_desktop.security.primitives import KdfCost
from clinic_desktop.security.recovery_key import RecoveryKey
from tests.support.charts import put_chart

DAY = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PASSWORD, NEW_PASSWORD = "a long sentence for proofs", "another sentence for proofs"
CHEAP = KdfCost(32 * 1024, 2, 1)
GROWING = frozenset({"audit_event", "sync_commit"})
"""The restore itself is on record; in these tables rows may come, and none may go."""
OF_THIS_PC = frozenset({"membership_entry", "sync_checkpoint", "sync_key", "sync_cell"})
"""What a new PC writes anew: its keys and its place in the membership."""
NUMBERS_ANEW = {
    "local_setting": "SELECT * FROM local_setting WHERE key <> 'prefix-before'",
    "sync_device": "SELECT dev, device_id, name, status, sign_pk, box_pk, tip, told, cutoff,"
    " seg_tip, seg_hash, incarnation FROM sync_device",
}
"""Here all but the letters of this PC's papers: a record that was brought back gets new ones,
because papers may have been numbered since."""
Rows = dict[str, Counter[str]]


def silent(_stage: str, _done: int, _total: int) -> None:
    """Nobody looks."""


@dataclass
class Practice:
    """A closed clinic in a folder, with its sheet."""

    root: Path
    sheet: RecoveryKey

    @property
    def data_dir(self) -> DataDir:
        """Its folder."""
        return DataDir(self.root)

    def work(self, rng: random.Random) -> tuple[bytes, Rows]:
        """Write some charts; the key, and every row afterwards."""
        opened = self.open(rng)
        try:
            for _chart in range(rng.randint(1, 3)):
                opened.store.write(opened.actor, put_chart, rng.randint(1, 12)).result()
            key = opened.keys.key
        finally:
            opened.close()
        return key, every_row(self.data_dir.database, key)

    def open(self, rng: random.Random) -> clinic.Clinic:
        """Sign the owner in."""
        clock = FixedClock(DAY, seed=rng.randrange(1 << 40))
        return clinic.open_clinic(self.data_dir, "amina", PASSWORD, clock)

    def back_up(self, file: Path, rng: random.Random) -> Path:
        """Make a backup file."""
        opened = self.open(rng)
        try:
            return opened.back_up(file, silent).path
        finally:
            opened.close()

    def bring_back(
        self, file: Path, into: Path, sheet: RecoveryKey | None = None, *, replacing: bool = False
    ) -> Restored:
        """Restore with the sheet."""
        way = Way("amina", NEW_PASSWORD, sheet or self.sheet)
        return restore(file, DataDir(into), way, silent, replacing=replacing, cost=CHEAP)


def make_practice(root: Path) -> Practice:
    """A new one."""
    new = clinic.NewClinic(
        practice="Proof", owner_login="amina", owner_name="Dr Amina Kamau", password=PASSWORD
    )
    made = clinic.create(DataDir(root), new, FixedClock(DAY), CHEAP)
    sheet = made.recovery
    assert sheet is not None
    made.use_recovery(sheet)
    made.close()
    return Practice(root, sheet)


def every_row(path: Path, key: bytes) -> Rows:
    """All rows of all tables, byte by byte, but the letters of this PC's papers."""
    with closing(connect(path, key)) as cursor:
        names = [name for name in tables(cursor) if not name.startswith("patient_fts")]
        of = {name: NUMBERS_ANEW.get(name, f'SELECT * FROM "{name}"') for name in names}  # noqa: S608
        return {name: Counter(map(repr, cursor.execute(sql))) for name, sql in of.items()}


def differences(before: Rows, after: Rows) -> list[str]:
    """Tables that came back with other rows."""
    return [
        name
        for name in sorted(before.keys() - OF_THIS_PC)
        if (before[name] - after.get(name, Counter()))
        or (name not in GROWING and after[name] != before[name])
    ]


def command(practice: Practice, *words: str, limit: int = 0) -> subprocess.Popen[bytes]:
    """The program itself with these words; ``limit`` is the largest file it may write, in bytes."""
    environment = os.environ | {
        "CLINIC_PASSWORD": PASSWORD,
        "CLINIC_NEW_PASSWORD": NEW_PASSWORD,
        "CLINIC_RECOVERY_KEY": practice.sheet.text,
    }
    line = [sys.executable, "-m", "clinic_desktop", "--data-dir", str(practice.root), *words]
    return subprocess.Popen(
        [*line, "--json"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        preexec_fn=at_most(limit),  # noqa: PLW1509 - a limit of the child alone
    )  # fmt: skip


def at_most(limit: int) -> Callable[[], None] | None:
    """Let a child write no larger file than this; none where the system cannot."""
    if not limit or sys.platform == "win32":
        return None
    import resource
    import signal

    def set_limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return set_limit


def empty(folder: Path) -> Path:
    """A folder that is not there."""
    shutil.rmtree(folder, ignore_errors=True)
    return folder
