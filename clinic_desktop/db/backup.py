"""A copy of the record while it is in use: one state of it, under another key."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import sqlcipher3
from sqlcipher3 import dbapi2

from clinic_desktop.db.engine import connect, storage_error
from clinic_desktop.db.facts import Facts, facts

PAGES_A_STEP = 256
"""A megabyte; whoever works beside the copy waits for no more than this."""
Pace = Callable[[int, int], None]
"""Told pages copied and pages in all after each step; may wait, and may raise to stop."""


def copy_record(source: Path, key: bytes, target: Path, target_key: bytes, pace: Pace) -> Facts:
    """Copy the record as it is now and say what that state is known by.

    The copy is not on the disk for certain before the caller has flushed it.

    Raises:
        StorageError: the target cannot be written.
        DatabaseDamagedError: the source cannot be read.
    """
    with closing(connect(source, key, read_only=True)) as origin:
        try:
            # One state for copy and facts, so that saving goes on beside it and nothing restarts.
            origin.execute("BEGIN")
            origin.execute("SELECT count(*) FROM sqlite_master").fetchone()
            _copy(origin, target, target_key, pace)
            return facts(origin)
        except sqlcipher3.Error as error:
            raise storage_error(error, target) from error


def _copy(origin: Any, target: Path, key: bytes, pace: Pace) -> None:
    def tell(_status: int, remaining: int, total: int) -> None:
        pace(total - remaining, total)

    with closing(dbapi2.connect(str(target), isolation_level=None)) as copy:
        copy.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        copy.execute("PRAGMA synchronous = OFF")  # a copy that was cut short is thrown away
        origin.backup(copy, pages=PAGES_A_STEP, progress=tell)
