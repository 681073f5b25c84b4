"""``python -m bench.sync.first [--patients N]``: what a first sync by a snapshot takes.

Twenty rows for each patient, in six commits, over ten years. Bytes are those of the sealed pieces
of each part; seconds are by the clock; memory is the most that a process had above what it had when
its record was open and nobody used it. Then the record takes ten thousand rows of another PC.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
import uuid
from collections import Counter
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench.sync.memory import Growth
from bench.sync.task import people
from clinic_desktop.clock import SystemClock
from clinic_desktop.db.applying import apply
from clinic_desktop.db.commits import CommitRecord, outgoing
from clinic_desktop.db.log_check import LogReport, check_log
from clinic_desktop.db.opening import create_store, open_store
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.snapshot_loading import Loader, little_memory
from clinic_desktop.db.snapshot_making import tell
from clinic_desktop.db.snapshot_pages import (
    CommitsPage,
    DeviceAt,
    Head,
    Part,
    read,
    write,
)
from clinic_desktop.db.versions_check import VersionsCheck
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.instants import from_millis, to_millis
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.models.clinical import AllergyIntolerance
from clinic_desktop.models.encounter import Encounter, Note
from clinic_desktop.models.observation import Observation
from clinic_desktop.models.patient import ContactPoint, Patient, PatientIdentifier
from clinic_desktop.models.registry import SCHEMA_VERSION, TABLES
from clinic_desktop.sync.snapshot import Sealer

YEAR = 365 * 86_400_000
VISITS = 5
NOTES = (
    "Cough for three days, no fever, chest clear.",
    "Blood pressure controlled, goes on.",
    "Back pain after lifting, no red flags, paracetamol.",
    "Child well, growing, vaccines due.",
)
NO_KEYS = ("signature", "not-signed")
"""The keys of the first PC are not known to the second here: there is no chain of members."""
_PULLED, _TOGETHER = 10_000, 7
KEY = bytes(range(48))
SEALER = Sealer(uuid.UUID(int=1), 1, bytes(32))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.sync.first", description=__doc__)
    parser.add_argument("--patients", type=int, default=1000)
    patients = parser.parse_args().patients
    print("load at the beginning:", *(f"{each:.1f}" for each in os.getloadavg()))
    with tempfile.TemporaryDirectory(prefix="bench-first-") as work:
        folder = Path(work)
        with ProcessPoolExecutor(1, get_context("spawn")) as other:
            made = other.submit(_make, folder, patients).result()
        print(made, flush=True)
        with ProcessPoolExecutor(1, get_context("spawn")) as other:
            print(other.submit(_load, folder).result(), flush=True)
        with ProcessPoolExecutor(1, get_context("spawn")) as other:
            came = other.submit(_of_another, folder).result()
        with ProcessPoolExecutor(1, get_context("spawn")) as other:
            print(other.submit(_pull, folder, *came).result())
    print("load at the end:", *(f"{each:.1f}" for each in os.getloadavg()))


def _make(folder: Path, patients: int) -> str:
    store = create_store(folder / "first.db", KEY, SystemClock(), "bench")
    _fill(store, patients)
    started, growth = time.perf_counter(), Growth()
    found: str = store.read(SYSTEM, _tell, folder / "pages").result()
    seconds = time.perf_counter() - started
    store.close()
    return f"{patients:,} patients: {found}; made in {seconds:.1f} s, {growth}"


def _fill(store: Store, patients: int) -> None:
    chance, writes, now = random.Random(1), list[Future[Any]](), to_millis(store.clock.now())
    for person in people(patients):
        one = store.clock.new_id()
        last = now - int(chance.random() * 5 * YEAR)
        writes.append(store.write(SYSTEM, _register, one, person, chance.randrange(10**9)))
        for visit in range(VISITS):
            at = last - visit * YEAR
            writes.append(store.write(SYSTEM, _visit, one, at, chance.randrange(10**9)))
        if len(writes) > 600:
            for each in writes:
                each.result()
            writes.clear()
    for each in writes:
        each.result()


def _register(uow: UnitOfWork, one: uuid.UUID, person: dict[str, str], number: int) -> None:
    named = {k: v for k, v in person.items() if k in {"mrn", "family", "given", "middle", "sex"}}
    uow.add(
        Patient(id=one, **named),
        ContactPoint(patient_id=one, system="phone", value=f"+2547{number % 10**8:08d}"),
        ContactPoint(patient_id=one, system="phone", value=f"+2541{number:010d}"),
        PatientIdentifier(patient_id=one, value=f"{number:010d}"),
        AllergyIntolerance(patient_id=one, display="Penicillin"),
    )


def _visit(uow: UnitOfWork, one: uuid.UUID, at: int, number: int) -> None:
    when, visit = from_millis(at), uow.new_id()
    words = NOTES[number % len(NOTES)]
    uow.add(
        Encounter(id=visit, patient_id=one, start_at=when),
        Note(encounter_id=visit, patient_id=one, written_at=when, subjective=f"{words} {number}"),
        Observation(
            patient_id=one, encounter_id=visit, display="Body weight", value_number=number % 90
        ),
    )


def _tell(reads: ReadSession, folder: Path) -> str:
    """Seal all pages; keep them by part for the other process, and count."""
    folder.mkdir()
    cursor, sizes, pages = reads.cursor, Counter[int](), 0
    since = to_millis(reads.now) - YEAR
    with little_memory(cursor):
        for number, told in enumerate(tell(cursor, since)):
            _mark, pieces = SEALER.seal(told.page)
            sizes[told.part] += sum(len(sealed) for _name, sealed in pieces)
            pages += len(pieces)
            (folder / f"{told.part}-{number:06d}").write_bytes(write(told.page))
    rows = sum(
        cursor.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0] for table in TABLES
    )
    (commits,) = cursor.execute("SELECT count(*) FROM sync_commit").fetchone()
    parts = ", ".join(f"{part.name.lower()} {sizes[part] / 1e6:.2f} MB" for part in Part)
    each = (sum(sizes.values()) - sizes[Part.LOG]) / rows
    return f"{rows:,} rows, {commits:,} commits, {pages} pieces: {parts} ({each:.0f} bytes a row)"


def _load(folder: Path) -> str:
    store = create_store(folder / "second.db", KEY, SystemClock(), "bench")
    growth, started = Growth(), time.perf_counter()
    store.write(SYSTEM, _take, folder / "pages").result()
    loaded = time.perf_counter() - started
    checked = time.perf_counter()
    report, others = store.write(SYSTEM, _compare).result()
    seconds = time.perf_counter() - checked
    store.close()
    broken = [each for each in report.findings if not each.what.startswith(NO_KEYS)]
    return (
        f"loaded in {loaded:.1f} s, compared with the log in {seconds:.1f} s ({len(broken)}"
        f" findings, {others} other versions), {growth}"
    )


def _compare(uow: UnitOfWork) -> tuple[LogReport, int]:
    """As ``refuse_untold`` does, which would not get past what is not signed here."""
    with little_memory(uow.cursor):
        versions = VersionsCheck(uow.cursor)
        return check_log(uow.cursor, None, also=versions.take), len(list(versions.finish()))


def _take(uow: UnitOfWork, folder: Path) -> None:
    pages = sorted(folder.iterdir())
    found: Counter[bytes] = Counter()
    for path in pages:
        page = read(path.read_bytes())
        if isinstance(page, CommitsPage):
            found.update(page.devices[maker] for maker in page.makers)
    blank = bytes(32)
    at = tuple(DeviceAt(each, upto, blank, 0, 0, blank) for each, upto in sorted(found.items()))
    with little_memory(uow.cursor):
        loader = Loader(uow.cursor, Head(SCHEMA_VERSION, 0, at))
        for path in pages:
            loader.take(read(path.read_bytes()))


def _of_another(folder: Path) -> tuple[bytes, list[CommitRecord]]:
    """The id of a PC and its commits, of 500 people each."""
    with closing(create_store(folder / "third.db", KEY, SystemClock(), "bench")) as store:
        some = people(_PULLED)
        for start in range(0, _PULLED, 500):
            store.write(SYSTEM, _add, some[start : start + 500]).result()
        return store.read(SYSTEM, _outgoing).result()


def _add(uow: UnitOfWork, some: list[dict[str, str]]) -> None:
    uow.add(*(Patient(**each) for each in some))


def _outgoing(reads: ReadSession) -> tuple[bytes, list[CommitRecord]]:
    (device,) = reads.cursor.execute("SELECT device_id FROM sync_device WHERE dev = 1").fetchone()
    return bytes(device), outgoing(reads.cursor, 0, _PULLED)


def _pull(folder: Path, device: bytes, commits: list[CommitRecord]) -> str:
    """Into the record that the snapshot made, in transactions as large as the exchange's."""
    with closing(open_store(folder / "second.db", KEY, SystemClock())) as store:
        growth, started, applied = Growth(), time.process_time(), 0
        for start in range(0, len(commits), _TOGETHER):
            some = commits[start : start + _TOGETHER]
            applied += store.write(SYSTEM, apply, device, some, []).result().applied
        seconds = time.process_time() - started
        told = f"{applied} commits applied in {seconds:.1f} s of processor, {growth}"
    return f"{_PULLED:,} rows of another PC: {told}"


if __name__ == "__main__":
    main()
