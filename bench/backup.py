"""What a backup costs: copied beside the open window, tried in a fresh process, flushed, named."""

from __future__ import annotations

import os
import shutil
from contextlib import AbstractContextManager
from pathlib import Path

from bench.desk import OpenDesk, wait_until
from bench.timing import Line, Spent, Stopwatch, interleave, timed

_CHUNK = 1 << 20


def backing_up(
    desk: OpenDesk, folder: Path, repeats: int, watching: AbstractContextManager[None]
) -> list[Line]:
    """The keeper's own way, at its pace; each file is thrown away again."""
    line = Line("backup, brought back on trial", "copying the file and flushing it", 6)
    line.note = "the trial's own process is in the times, not in the CPU"
    keeper, record = desk.context.backups, desk.clinic.data_dir.database
    place, copied = folder / "backups", folder / "copy"
    keeper.backups.choose(place)

    def backup() -> Spent:
        watch = Stopwatch()
        keeper.make()
        wait_until(lambda: keeper.is_idle)
        spent = watch.spent()
        for path in place.glob("*.clinicbackup"):  # two of the same second would have one name
            path.unlink()
        return spent

    def copy() -> None:
        with record.open("rb") as source, copied.open("wb") as target:
            shutil.copyfileobj(source, target, _CHUNK)
            target.flush()
            os.fsync(target.fileno())

    with watching:
        return [interleave(line, backup, timed(copy), repeats, warm=1)]
