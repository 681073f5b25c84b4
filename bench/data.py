"""The generated clinic: made once from real records, kept in a cache folder, copied for a run."""

from __future__ import annotations

import itertools
import json
import lzma
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.population import SLICE, Population
from bench.sizes import Size
from bench.templates import read_lives
from clinic_desktop import clinic
from clinic_desktop.config import DataDir
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.security.primitives import KdfCost
from clinic_desktop.services.fhir.importing import import_files

LOGIN, PASSWORD = "amina", "a long walk by the lake"
CHEAP = KdfCost(32 * 1024, 2, 1)
_VERSION = 3
"""Raised when a clinic is generated differently: older ones are then made anew."""


@dataclass
class Generated:
    """A generated clinic, closed."""

    folder: Path
    size: Size
    chart: bytes
    """The patient with the big chart."""
    counts: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    """How long each step of the making took."""

    @property
    def data_dir(self) -> DataDir:
        """Its files."""
        return DataDir(self.folder)

    def open(self) -> clinic.Clinic:
        """Sign its owner in."""
        return clinic.open_clinic(self.data_dir, LOGIN, PASSWORD)

    def copy(self, to: Path) -> Generated:
        """The same in a folder that a run may write to."""
        shutil.copytree(self.folder, to, ignore=shutil.ignore_patterns("twin-*"))
        return Generated(to, self.size, self.chart, self.counts, self.seconds)


def generated(cache: Path, size: Size, bundles: Path, say: Callable[[str], None]) -> Generated:
    """The clinic of this size, made if the cache has none.

    Raises:
        FileNotFoundError: it must be made, and the real records are not there.
    """
    folder = cache / f"{size.name}-{_VERSION}"
    facts = folder / "facts.json"
    if not facts.exists():
        if not bundles.exists():
            raise FileNotFoundError(bundles)
        shutil.rmtree(folder, ignore_errors=True)
        _make(folder, size, bundles, say)
    found = json.loads(facts.read_text("utf-8"))
    chart = bytes.fromhex(found["chart"])
    return Generated(folder, size, chart, found["counts"], found["seconds"])


def _make(folder: Path, size: Size, bundles: Path, say: Callable[[str], None]) -> None:
    opened = clinic.create(
        DataDir(folder),
        clinic.NewClinic("Lakeside Clinic", LOGIN, "Dr Amina Kamau", PASSWORD, "en", "US"),
        cost=CHEAP,
    )
    seconds: dict[str, float] = {}

    def step(name: str, work: Callable[[], Any]) -> Any:
        say(f"  {name} …")
        begun = time.perf_counter()
        result = work()
        seconds[name] = round(time.perf_counter() - begun, 1)
        return result

    try:
        part = folder / "bundles.jsonl"
        with lzma.open(bundles, "rt", encoding="utf-8") as lines:
            part.write_text("".join(itertools.islice(lines, size.bundles)), "utf-8")
        step("import", lambda: import_files(opened.store, opened.actor, [part]))
        part.unlink()
        chart = step("copies", lambda: _multiply(opened, size, say))
        counts = opened.store.read(opened.actor, lambda reads: _counts(reads.cursor)).result()
        step("checkpoint", lambda: _checkpoint(opened))
    finally:
        opened.close()
    facts = {"chart": chart.hex(), "counts": counts, "seconds": seconds}
    (folder / "facts.json").write_text(json.dumps(facts, indent=1), "utf-8")


def _multiply(opened: clinic.Clinic, size: Size, say: Callable[[str], None]) -> bytes:
    store, actor = opened.store, opened.actor
    lives = store.read(actor, lambda reads: read_lives(reads.cursor)).result()
    store.write(actor, _hurry).result()
    population = Population(lives, size.observations_each)
    for start in range(0, size.patients, SLICE):
        count = min(SLICE, size.patients - start)
        store.write(actor, population.write, count).result()
        if start % (SLICE * 20) == 0:
            say(f"    {start + count:,} patients")
    return store.write(actor, population.write_chart, size.visits).result()


def _hurry(uow: UnitOfWork) -> None:
    """Let the writer's connection keep more in memory; losing a half-made clinic costs nothing."""
    uow.cursor.execute("PRAGMA cache_size = -1000000")
    uow.cursor.execute("PRAGMA wal_autocheckpoint = 50000")


def _counts(cursor: Any) -> dict[str, int]:
    tables = ("patient", "encounter", "observation", "condition", "sync_commit")
    return {
        table: cursor.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables
    }


def _checkpoint(opened: clinic.Clinic) -> None:
    def truncate(cursor: Any) -> None:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    opened.store.read(opened.actor, lambda reads: truncate(reads.cursor)).result()
