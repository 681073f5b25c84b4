"""FHIR import, beside decoding the same file and inserting the same rows bare."""

from __future__ import annotations

import itertools
import lzma
import os
import shutil
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from bench.data import CHEAP, LOGIN, PASSWORD
from bench.timing import Line, Spent, Stopwatch
from clinic_desktop import clinic
from clinic_desktop.config import DataDir
from clinic_desktop.confined import reading
from clinic_desktop.db.engine import connect
from clinic_desktop.services.fhir.importing import import_files

_OURS = ("sync_", "sqlite_", "patient_fts", "patient_search", "number_series")
"""Tables of journal and search: what the floor is spared."""


def importing(folder: Path, bundles: Path, count: int, repeats: int) -> tuple[list[Line], str]:
    """Resources per second of one core; returns the line and a sentence with the rates."""
    part = folder / "part.jsonl"
    with lzma.open(bundles, "rt", encoding="utf-8") as lines:
        part.write_text("".join(itertools.islice(lines, count)), "utf-8")
    line = Line("FHIR import", "decode the same file, insert the same rows bare", 4)
    resources = 0
    for turn in range(-1, repeats):
        place = folder / f"import-{turn}"
        key = _fresh(place)
        spent, resources = _import(place, part)
        bare = _bare(place, key, part)
        shutil.rmtree(place)
        if turn >= 0:
            line.ours.append(spent)
            line.floors.append(bare)
    per_core = resources / statistics.median(spent.cpu for spent in line.ours)
    per_second = resources / statistics.median(spent.wall for spent in line.ours)
    line.note = f"{resources:,} resources a time; {per_core:,.0f} resources/s per core"
    goal = "reached" if per_core >= 2000 else "missed"
    return [line], (
        f"FHIR import: {per_core:,.0f} resources per second and core ({per_second:,.0f}/s by the"
        f" clock), {resources:,} resources of {count} real records (goal 2,000/s: {goal})."
    )


def _fresh(place: Path) -> bytes:
    new = clinic.NewClinic("Lakeside Clinic", LOGIN, "Dr Amina Kamau", PASSWORD, "en", "US")
    made = clinic.create(DataDir(place), new, cost=CHEAP)
    made.close()
    shutil.copy(DataDir(place).database, place / "bare.db")
    return made.keys.key


def _import(place: Path, part: Path) -> tuple[Spent, int]:
    opened = clinic.open_clinic(DataDir(place), LOGIN, PASSWORD)
    before, watch = os.times(), Stopwatch()
    report = import_files(opened.store, opened.actor, [part])
    reading.bulk.close()  # its time counts only when it has ended
    after, spent = os.times(), watch.spent()
    helper = after.children_user + after.children_system
    helper -= before.children_user + before.children_system
    spent = Spent(spent.wall, spent.cpu + helper)
    opened.close()
    assert not report.errors, report.errors
    return spent, sum(report.imported.values()) + sum(report.kept.values())


def _bare(place: Path, key: bytes, part: Path) -> Spent:
    """Into an equal empty file without triggers, in one transaction."""
    full, target = connect(DataDir(place).database, key), connect(place / "bare.db", key)
    batches = list(_rows(full, target))
    full.close()
    for (name,) in target.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
        target.execute(f'DROP TRIGGER "{name}"')
    watch = Stopwatch()
    decode = msgspec.json.Decoder().decode
    with part.open("rb") as file:
        for text in file:
            decode(text)
    target.execute("BEGIN IMMEDIATE")
    for statement, rows in batches:
        target.executemany(statement, rows)
    target.execute("COMMIT")
    spent = watch.spent()
    target.close()
    return spent


def _rows(full: Any, empty: Any) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """What the import added, as statements with their rows."""
    tables = [
        name
        for (name,) in full.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        if not name.startswith(_OURS) and name != "alembic_version"
    ]
    for table in tables:
        there = set(empty.execute(f"SELECT * FROM {table}").fetchall())
        found = full.execute(f"SELECT * FROM {table}")
        marks = ", ".join("?" * len(found.description))
        added = [row for row in found.fetchall() if row not in there]
        if added:
            yield f"INSERT OR REPLACE INTO {table} VALUES ({marks})", added
