"""T6: the program dies at a statement of an upgrade; the record is of one version or of the other.

Each case takes a record of some earlier version with a row in every table that takes one, begins to
bring it to today's, and gets SIGKILL before its nth statement. A size of at least the number of all
statements tries each of them once.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

from clinic_desktop.db import migrations, triggers
from clinic_desktop.db.engine import connect, create_file, make_engine
from clinic_desktop.db.facts import tables
from clinic_desktop.db.migrations import HEAD, is_newer, version_of
from clinic_desktop.security.vault import new_database_key
from tests.proofs.audit.corpus import remember
from tests.proofs.result import Result

_LAYOUT = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
_OF_THE_UPGRADE = frozenset({"alembic_version", "sync_ctx"})
Rows = dict[str, list[tuple[tuple[str, Any], ...]]]


def bring_to(path: Path, key: bytes, version: int, deadly: int = 0) -> int:
    """Run the revisions up to a version; dies before the statement ``deadly``. Returns how many."""
    count = 0

    def step(_statement: str) -> None:
        nonlocal count
        count += 1
        if count == deadly:
            os.kill(os.getpid(), signal.SIGKILL)

    def opener() -> Any:
        connection = connect(path, key)
        connection.set_trace_callback(step)
        return connection

    engine = make_engine(opener, writer=True)
    _upgrade(engine, version)
    engine.dispose()
    return count


def _upgrade(engine: Engine, version: int) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.attributes["engine"] = engine
    command.upgrade(config, f"{version:04d}")


def _fill(cursor: Any) -> None:
    """A row in every table that takes one of made-up values."""
    cursor.execute("PRAGMA foreign_keys = OFF")
    cursor.execute("UPDATE sync_ctx SET applying = 1")
    for table in tables(cursor):
        described = cursor.execute(f'PRAGMA table_info("{table}")').fetchall()
        columns = [row for row in described if row[3] or row[5]]  # not null, or of the key
        values = [b"\x07" * 16 if "BLOB" in row[2] or "CHAR" in row[2] else 1 for row in columns]
        if columns and table not in _OF_THE_UPGRADE:
            names = ", ".join(f'"{row[1]}"' for row in columns)
            marks = ", ".join("?" * len(columns))
            insert = f'INSERT OR IGNORE INTO "{table}" ({names}) VALUES ({marks})'  # noqa: S608
            cursor.execute(insert, values)
    cursor.execute("UPDATE sync_ctx SET applying = 0")


def _rows(cursor: Any) -> Rows:
    """Every row with the names of its columns; an upgrade may add to them."""
    found: Rows = {}
    for table in tables(cursor):
        rows = cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - of the file
        names = [each[0] for each in rows.description]
        found[table] = [tuple(zip(names, row, strict=True)) for row in rows.fetchall()]
    return found


def _lost(before: Rows, after: Rows) -> list[str]:
    """Tables of which a row, or a value of one, is not there any more."""
    return [
        table
        for table, rows in before.items()
        if table not in _OF_THE_UPGRADE and rows
        if not all(any(set(row) <= set(now) for now in after.get(table, ())) for row in rows)
    ]


class _Ladder:
    """A record of each version, and what it looks like."""

    def __init__(self, folder: Path, key: bytes) -> None:
        self.key, self.files, self.layouts, self.rows = key, {}, {}, {}
        path = folder / "ladder.db"
        create_file(path, key)
        for version in range(HEAD + 1):
            if version:
                bring_to(path, key, version)
            with closing(connect(path, key)) as cursor:
                self.layouts[version] = cursor.execute(_LAYOUT).fetchall()
                if version == 1:
                    _fill(cursor)
                self.rows[version] = _rows(cursor)
            self.files[version] = Path(shutil.copyfile(path, folder / f"{version}.db"))
        self.steps = {v: self._count(folder, v) for v in range(HEAD)}

    def _count(self, folder: Path, version: int) -> int:
        path = Path(shutil.copyfile(self.files[version], folder / "count.db"))
        return bring_to(path, self.key, HEAD)

    def cases(self) -> list[tuple[int, int]]:
        """Every version with every statement of its upgrade."""
        return [(v, n) for v, steps in self.steps.items() for n in range(1, steps + 1)]

    def try_once(self, path: Path, version: int, deadly: int) -> list[str]:
        """Die there, look, and go on as the next start does; what is wrong."""
        for end in ("-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)
        shutil.copyfile(self.files[version], path)
        child = os.fork()
        if not child:
            bring_to(path, self.key, HEAD, deadly)
            os._exit(0)
        if os.waitpid(child, 0)[1] != signal.SIGKILL:
            return ["it did not die"]
        with closing(connect(path, self.key)) as cursor:
            faults = self._faults(cursor, version, version)
        bring_to(path, self.key, HEAD)
        with closing(connect(path, self.key)) as cursor:
            return faults + self._faults(cursor, version, HEAD)

    def _faults(self, cursor: Any, begun: int, least: int) -> list[str]:
        found = version_of(cursor)
        if not least <= found <= HEAD or is_newer(cursor):
            return [f"version {found}"]
        # Alembic makes its own table before the first revision begins.
        own = cursor.execute(_LAYOUT).fetchall()
        same = own == self.layouts[found] or (
            found == 0 and all("alembic_version" in row[2] for row in own)
        )
        whole = [row[0] for row in cursor.execute("PRAGMA integrity_check(3)")]
        return [
            *([] if same else [f"half of version {found + 1}"]),
            *([] if whole == ["ok"] else whole),
            *(triggers.missing(cursor) if found == HEAD else []),
            *_lost(self.rows[begun], _rows(cursor)),
        ]


def prove(size: int, seed: int, jobs: int = 1) -> Result:
    """Die ``size`` times in upgrades from all versions."""
    passed = 0
    failures: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder, key = Path(name), new_database_key()
        ladder = _Ladder(folder, key)
        cases = ladder.cases()
        chosen = cases if size >= len(cases) else random.Random(seed).sample(cases, size)
        for version, deadly in chosen:
            found = ladder.try_once(folder / "clinic.db", version, deadly)
            if found:
                failures.append(f"from {version}, statement {deadly}: {'; '.join(found[:3])}")
            else:
                passed += 1
    return remember(Result("T6", passed, failures, seed))
