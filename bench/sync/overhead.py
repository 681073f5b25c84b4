"""What the signed, chained log adds to a save: one edit with it and one without, in turns.

Seconds of the processor, of all threads of this process: a busy machine changes them little, and
both sides meet the same one. The search index is kept up to date on both.
"""

from __future__ import annotations

import statistics
import uuid
from contextlib import closing
from pathlib import Path
from unittest.mock import patch

from bench.timing import Line, Spent, interleave, timed
from clinic_desktop.clock import SystemClock
from clinic_desktop.db import triggers
from clinic_desktop.db.journal import Changes
from clinic_desktop.db.opening import create_store
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.models.patient import Patient

_KEY = bytes(range(48))
_TURNS = 400


def of_the_log(folder: Path, turns: int = _TURNS) -> Line:
    """An edit of one field, saved."""
    line = Line("an edit saved with its log", "the same edit without the log")
    with closing(_record(folder / "with.db")) as ours, closing(_record(folder / "bare.db")) as bare:
        bare.write(SYSTEM, _without_capture).result()

        (chart,) = bare.read(SYSTEM, _charts).result()
        said = Changes(frozenset({("patient", chart)}))

        def without_log() -> Spent:
            with patch("clinic_desktop.db.journal.pack", return_value=said):
                return timed(lambda: bare.write(SYSTEM, _edit).result())()

        interleave(line, timed(lambda: ours.write(SYSTEM, _edit).result()), without_log, turns, 20)
        counts = [each.read(SYSTEM, _commits).result() for each in (ours, bare)]
    if counts[0] < turns or counts[1] > counts[0] - turns:
        raise RuntimeError("the log does not say which side wrote it")
    return line


def in_words(line: Line) -> str:
    """Medians in milliseconds of the processor."""
    ours, bare = (
        statistics.median(each.cpu for each in times) * 1000 for times in (line.ours, line.floors)
    )
    return (
        f"{line.work}: {ours:.2f} ms of processor; {line.floor}: {bare:.2f} ms;"
        f" the log: {ours - bare:.2f} ms"
    )


def _record(path: Path) -> Store:
    store = create_store(path, _KEY, SystemClock(), "bench")
    store.write(SYSTEM, lambda uow: uow.add(Patient(mrn="A1", family="Otieno"))).result()
    return store


def _without_capture(uow: UnitOfWork) -> None:
    for name in triggers.present(uow.cursor):
        if name.startswith(triggers.PREFIX):
            uow.cursor.execute(f'DROP TRIGGER "{name}"')


def _edit(uow: UnitOfWork) -> None:
    uow.cursor.execute("UPDATE patient SET note = ? || length(note)", (uow.new_id().hex,))


def _commits(reads: ReadSession) -> int:
    return int(reads.cursor.execute("SELECT count(*) FROM sync_commit").fetchone()[0])


def _charts(reads: ReadSession) -> list[uuid.UUID]:
    rows = reads.cursor.execute("SELECT id FROM patient").fetchall()
    return [uuid.UUID(bytes=row[0]) for row in rows]
