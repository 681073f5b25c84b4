"""T9: a file that was damaged, or put together from pages of different days, is found out.

Each case changes the closed file as somebody can who has no key: a bit is flipped, two pages change
places, one or several pages are put back as an older copy of the file has them, or the whole copy.
The program's own checks then read it. A case that changed nothing anybody can read (a page that is
not in use any more) is counted as harmless only if every row of every table is what it was.
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlcipher3

from clinic_desktop.db.checks import examine_content
from clinic_desktop.db.engine import connect
from clinic_desktop.db.facts import tables
from clinic_desktop.db.log_check import check_log
from clinic_desktop.errors import ClinicError
from tests.proofs.audit.corpus import remember
from tests.proofs.audit.sample import Sample, mirror_of
from tests.proofs.result import Result

PAGE = 4096
COMMITS = 80
Change = Callable[[bytearray, bytes, random.Random], None]


def flip(data: bytearray, _old: bytes, chance: random.Random) -> None:
    """One bit."""
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def swap(data: bytearray, _old: bytes, chance: random.Random) -> None:
    """Two pages change places."""
    one, other = (PAGE * each for each in chance.sample(range(len(data) // PAGE), 2))
    first, second = data[one : one + PAGE], data[other : other + PAGE]
    data[one : one + PAGE], data[other : other + PAGE] = second, first


def replay(data: bytearray, old: bytes, chance: random.Random) -> None:
    """Pages as they once were: one, or some, or all of a stretch."""
    pages = [
        place
        for place in range(0, min(len(old), len(data)), PAGE)
        if old[place : place + PAGE] != data[place : place + PAGE]
    ]
    count = chance.choice((1, 1, 1, 2, 5, len(pages) // 2))
    start = chance.randrange(len(pages))
    chosen = pages[start : start + count] if chance.random() < 0.5 else chance.sample(pages, count)
    for place in chosen:
        data[place : place + PAGE] = old[place : place + PAGE]


def roll_back(data: bytearray, old: bytes, _chance: random.Random) -> None:
    """The whole file of another day."""
    data[:] = old


KINDS: tuple[Change, ...] = (flip, replay, replay, swap, replay, flip, roll_back, replay)


def prove(size: int, seed: int, jobs: int = 1) -> Result:
    """``size`` damaged files."""
    failures: list[str] = []
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="clinic-proof-") as folder:
        sample = Sample(Path(folder), random.Random(seed))
        sample.begin()
        older = []
        for _day in range(3):
            with sample.open() as store:
                sample.work(store, COMMITS)
            older.append(sample.path.read_bytes())
        newest = older.pop()
        content = _content(sample.path, sample.key)
        for number in range(size):
            chance = random.Random(f"{seed}/{number}")
            change = KINDS[number % len(KINDS)]
            data = bytearray(newest)
            change(data, chance.choice(older), chance)
            sample.path.write_bytes(data)
            outcome = _outcome(sample.path, sample.key, content)
            found[f"{change.__name__}: {outcome}"] += 1
            if outcome.startswith("missed"):
                failures.append(f"case {number} {change.__name__}: {outcome}")
            for left in Path(folder).glob("clinic.db-*"):
                left.unlink()
        shutil.rmtree(folder, ignore_errors=True)
        Path(folder).mkdir()
    print("; ".join(f"{kind} {count}" for kind, count in sorted(found.items())))
    return remember(Result("T9", size - len(failures), failures, seed))


def _outcome(path: Path, key: bytes, content: dict[str, list[Any]]) -> str:
    """Who noticed, or what is different without anybody noticing."""
    try:
        with closing(connect(path, key)) as record:
            if record.execute("PRAGMA cipher_integrity_check").fetchone() is not None:
                return "found by the seals"
            if record.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                return "found by the structure"
            if check_log(record, mirror_of(path, record)).trouble:
                return "found by the log"
            if any(examine_content(record).values()):
                return "found by the content"
    except (sqlcipher3.Error, ClinicError, ValueError, TypeError):
        return "found at opening"
    now = _content(path, key)
    different = [table for table, rows in content.items() if now.get(table) != rows]
    return f"missed in {', '.join(different)}" if different else "harmless"


def _content(path: Path, key: bytes) -> dict[str, list[Any]]:
    with closing(connect(path, key)) as record:
        return {
            table: sorted(record.execute(f'SELECT * FROM "{table}"').fetchall(), key=repr)  # noqa: S608
            for table in tables(record)
        }
