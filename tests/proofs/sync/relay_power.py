"""The power of the server goes at any moment, and nothing that it acknowledged is lost.

A day of requests is recorded as in ``storage/crash_states``; then states that the disk may be in
are built and opened by the server's own code.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import uuid
from hashlib import blake2b
from pathlib import Path
from typing import Final

import sqlcipher3

from clinic_desktop.errors import ClinicError
from clinic_desktop.sync import segment
from clinic_desktop.sync.server.files import Files
from clinic_desktop.sync.server.tables import Rows
from clinic_desktop.sync.snapshot import read_manifest
from tests.proofs.result import Result, in_memory, progress
from tests.proofs.storage import recorder
from tests.proofs.storage.afterwards import put
from tests.proofs.storage.power_cut import Left, cuts
from tests.support.relays import REPOSITORY

NAME = "relay-power-cut"
STATES_A_DAY: Final = 2_000
REQUESTS: Final = 60


def record_day(folder: Path, seed: int, requests: int, *manner: str) -> Path:
    """Let a server work below ``folder`` and record what was asked of the disk."""
    root, log = folder / "server", folder / "log"
    root.mkdir(parents=True)
    subprocess.run(
        [sys.executable, "-m", "tests.proofs.sync.relay_day", str(root), "--seed", str(seed),
         "--requests", str(requests), *manner],
        check=True, cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **recorder.environment(root, log=log)},
    )  # fmt: skip
    return log


def faults(left: Left, place: Path) -> list[str]:
    """What is wrong with what a power cut left."""
    told = [line.split() for line in left.acked]
    if not told:
        return []
    put(left, place)
    clinic = uuid.UUID(hex=told[0][1])
    try:
        files = Files(place)
        try:
            with files.practice(clinic) as rows:
                if rows is None:
                    return ["the practice is gone"]
                return [*_broken(rows), *_lost(rows, told[1:])]
        finally:
            files.close()
    except (sqlcipher3.Error, ClinicError) as error:
        return [f"it does not open: {error}"]


def _broken(rows: Rows) -> list[str]:
    """Whether the file is whole, and each PC's segments follow each other up to its tip."""
    found = [] if rows.one("PRAGMA integrity_check(1)") == ("ok",) else ["the file is damaged"]
    last: dict[bytes, tuple[int, bytes]] = {}
    floors = {
        bytes(device): first - 1
        for device, first in rows.all(
            "SELECT device_id, min(seg_no) FROM segment WHERE clinic = :clinic GROUP BY device_id"
        )
    }
    covered = _covered(rows)
    found += ["too much was dropped"] * any(n > covered.get(d, 0) for d, n in floors.items())
    for device, number, kept_hash, raw in rows.all(
        "SELECT device_id, seg_no, hash, bytes FROM segment WHERE clinic = :clinic ORDER BY sseq"
    ):
        one = segment.read(bytes(raw))
        first = floors.get(bytes(device), 0)
        begins = (first, one.header.prev) if number == first + 1 else (0, segment.BEGINNING)
        before = last.get(bytes(device), begins)
        if (number, one.header.prev, bytes(kept_hash)) != (before[0] + 1, before[1], one.hash):
            found.append(f"segment {number} does not follow")
        last[bytes(device)] = number, one.hash
    for device, tip, tip_hash in rows.all(
        "SELECT device_id, tip, tip_hash FROM device WHERE clinic = :clinic"
    ):
        if (tip, bytes(tip_hash)) != last.get(bytes(device), (0, segment.BEGINNING)):
            found.append("a tip without its segment")
    return found


def _covered(rows: Rows) -> dict[bytes, int]:
    """By PC up to which segment two checked snapshots stand for them, all their pages there."""
    pages = {bytes(row[0]) for row in rows.all("SELECT id FROM page WHERE clinic = :clinic")}
    checked = {
        bytes(row[0])
        for row in rows.all("SELECT snapshot FROM vouch WHERE clinic = :clinic AND said = 2")
    }
    whole = [
        each
        for (body,) in rows.all("SELECT body FROM snapshot WHERE clinic = :clinic ORDER BY n")
        if (each := read_manifest(bytes(body))).id in checked and pages.issuperset(each.names)
    ]
    if len(whole) < 2:
        return {}
    older, newer = whole[-2:]
    return {each: min(upto, newer.upto.get(each, 0)) for each, upto in older.upto.items()}


def _lost(rows: Rows, told: list[list[str]]) -> list[str]:
    """What was acknowledged and is not there."""
    segments = {
        (bytes(device).hex(), str(number), bytes(found).hex())
        for device, number, found in rows.all(
            "SELECT device_id, seg_no, hash FROM segment WHERE clinic = :clinic"
        )
    }
    keys = {
        (bytes(device).hex(), str(epoch))
        for device, epoch in rows.all("SELECT device_id, epoch FROM handed WHERE clinic = :clinic")
    }
    stated = {(str(row[0]),) for row in rows.all("SELECT n FROM statement WHERE clinic = :clinic")}
    there: dict[str, set[tuple[str, ...]]] = {
        "segment": set(segments), "key": set(keys), "statement": set(stated),
    }  # fmt: skip
    covered = _covered(rows)
    return [
        f"{' '.join(each)} is lost"
        for each in told
        if tuple(each[1:]) not in there[each[0]]
        and not (each[0] == "segment" and int(each[2]) <= covered.get(bytes.fromhex(each[1]), 0))
    ]


def check_day(folder: Path, log: Path, count: int, seed: int) -> tuple[int, list[str], int]:
    """How many power cuts held, what was wrong with others, how many disks were different."""
    held, wrong = 0, []
    seen: dict[bytes, list[str]] = {}
    start, place = folder / "nothing", folder / "after"
    for number, left in cuts(start, recorder.read_log(log), count, seed):
        kept = repr((sorted(left.kept.items()), left.acked)).encode()
        disk = blake2b(kept, digest_size=16).digest()
        if disk not in seen:
            seen[disk] = faults(left, place)
        if seen[disk]:
            wrong.append(f"day {seed} cut {number}: {'; '.join(seen[disk][:3])}")
        else:
            held += 1
    return held, wrong, len(seen)


def prove(size: int, seed: int, jobs: int) -> Result:
    """``size`` power cuts, over as many recorded days as that takes."""
    del jobs
    passed, disks = 0, 0
    failures: list[str] = []
    for day, first in enumerate(range(0, size, STATES_A_DAY)):
        count = min(STATES_A_DAY, size - first)
        with tempfile.TemporaryDirectory(dir=in_memory()) as scratch:
            folder = Path(scratch)
            log = record_day(folder, seed + day, min(REQUESTS, 10 + count // 20))
            held, wrong, different = check_day(folder, log, count, seed + day)
        passed, disks, failures = passed + held, disks + different, failures + wrong
        progress(NAME, first + count, size, failures)
    print(f"{disks} different disks")
    return Result(NAME, passed, failures, seed)
