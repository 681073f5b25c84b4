"""A copy of the record while it is in use, and the proof that the copy can be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import sqlcipher3
from sqlcipher3 import dbapi2

from clinic_desktop.db.engine import connect, storage_error
from clinic_desktop.errors import DatabaseDamagedError
from clinic_desktop.i18n import _

PAGES_A_STEP = 1000
Progress = Callable[[int, int], None]
"""Pages copied, pages in all."""


def copy_record(source: Path, key: bytes, target: Path, progress: Progress | None = None) -> None:
    """Copy the record as it is now, with the same key, through SQLite's online backup.

    Raises:
        StorageError: the target cannot be written.
        DatabaseDamagedError: the source cannot be read.
    """
    origin = connect(source, key)
    try:
        # One snapshot for the whole copy, so that saving goes on beside it and nothing restarts.
        origin.execute("BEGIN")
        origin.execute("SELECT count(*) FROM sqlite_master").fetchone()
        copy = dbapi2.connect(str(target), isolation_level=None)
        try:
            copy.execute(f"PRAGMA key = \"x'{key.hex()}'\"")

            def tell(_status: int, remaining: int, total: int) -> None:
                if progress is not None:
                    progress(total - remaining, total)

            origin.backup(copy, pages=PAGES_A_STEP, progress=tell)
        finally:
            copy.close()
    except sqlcipher3.Error as error:
        raise storage_error(error, target) from error
    finally:
        origin.close()


def verify_copy(path: Path, key: bytes) -> None:
    """Open the copy with the key and read every page of it.

    Raises:
        DatabaseDamagedError: a page does not carry its seal, or the structure is broken.
    """
    copy = connect(path, key)
    try:
        found = [str(row[0]) for row in copy.execute("PRAGMA cipher_integrity_check").fetchmany(3)]
        found += [
            str(row[0])
            for row in copy.execute("PRAGMA integrity_check(3)").fetchall()
            if row[0] != "ok"
        ]
    except sqlcipher3.Error as error:
        raise storage_error(error, path) from error
    finally:
        copy.close()
    if found:
        raise DatabaseDamagedError(
            _("The copy could not be read back."),
            kept=_("The record itself was not touched."),
            hint=_("Choose another disk for backups, and check this one."),
            place="; ".join(found),
        )
