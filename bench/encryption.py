"""The encrypted file beside the same content in plain SQLite, with the same cache."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.data import Generated
from bench.timing import Line, Spent, Timed, interleave, timed
from clinic_desktop.db.engine import connect

_READS = (
    "SELECT * FROM patient WHERE id = ?",
    "SELECT * FROM encounter WHERE patient_id = ? ORDER BY start_at DESC",
    "SELECT * FROM observation WHERE patient_id = ? ORDER BY effective_at DESC",
    "SELECT * FROM condition WHERE patient_id = ?",
)
_DESK, _CHARTS = 300, 100
"""Patients of a day that are looked at again and again; charts of one turn."""


def make_twins(clinic: Generated, key: bytes, say: Callable[[str], None]) -> tuple[Path, Path]:
    """Two copies of a clinic's file, written by the same export: one encrypted, one plain."""
    encrypted, plain = clinic.folder / "twin-encrypted.db", clinic.folder / "twin-plain.db"
    if not plain.exists():
        say("  twins …")
        source = connect(clinic.data_dir.database, key)
        part = clinic.folder / "twin-part.db"
        for path, quoted in ((encrypted, f"\"x'{key.hex()}'\""), (plain, "''")):
            part.unlink(missing_ok=True)
            source.execute(f"ATTACH '{part}' AS twin KEY {quoted}")
            source.execute("SELECT sqlcipher_export('twin')")
            source.execute("DETACH twin")
            part.rename(path)
        source.close()
    return encrypted, plain


def encryption(twins: tuple[Path, Path], key: bytes, repeats: int) -> list[Line]:
    """Charts that are in the cache, charts all over the file, and saved visits."""
    ours, plain = connect(twins[0], key), connect(twins[1], None)
    ids = [row[0] for row in plain.execute("SELECT id FROM patient").fetchall()]
    pick = random.Random(3)
    near = pick.sample(ids, min(_DESK, len(ids)))
    floor = "the same in plain SQLite, same cache"
    desk = Line("encrypted file: reading a day's charts", floor, 1.3)
    interleave(desk, _reading(ours, near, 5), _reading(plain, near, 5), repeats, 3)
    far = Line("encrypted file: reading charts all over the file", floor)
    interleave(far, _reading(ours, ids, 6), _reading(plain, ids, 6), repeats, 3)
    writes = Line("encrypted file: writing, ten rows a transaction", floor, 1.6)
    interleave(writes, _writing(ours, ids), _writing(plain, ids), repeats * 3, 3)
    ours.close()
    plain.close()
    return [desk, far, writes]


def _reading(connection: Any, ids: list[bytes], seed: int) -> Timed:
    pick = random.Random(seed)

    def read() -> Spent:
        charts = [pick.choice(ids) for _turn in range(_CHARTS)]

        def all_of_them() -> None:
            for chart in charts:
                for statement in _READS:
                    connection.execute(statement, (chart,)).fetchall()

        return timed(all_of_them)()

    return read


def _writing(connection: Any, ids: list[bytes]) -> Timed:
    found = connection.execute("SELECT * FROM observation LIMIT 10")
    columns = [column[0] for column in found.description]
    rows = [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
    statement = f"INSERT INTO observation VALUES ({', '.join('?' * len(columns))})"
    pick = random.Random(5)

    def write() -> Spent:
        chart = pick.choice(ids)
        own = {"patient_id": chart, "encounter_id": None, "parent_id": None, "report_id": None}
        fresh = [[*(row | own | {"id": uuid.uuid4().bytes}).values()] for row in rows]

        def transaction() -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(statement, fresh)
            connection.execute("DELETE FROM sync_journal")
            connection.execute("COMMIT")

        return timed(transaction)()

    return write
