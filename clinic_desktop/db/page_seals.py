"""Whether each page of the record still carries the seal it was written with."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import sqlcipher3

from clinic_desktop.db.engine import connect, storage_error
from clinic_desktop.db.facts import MOST_NAMED


def broken_seals(path: Path, key: bytes) -> list[str]:
    """What SQLCipher says of pages that were changed past it; reads the whole file, writes nothing.

    Pages that are being written meanwhile may look broken: ask again while nobody writes.

    Raises:
        DatabaseDamagedError, StorageError: it cannot even be opened.
    """
    with closing(connect(path, key, read_only=True)) as cursor:
        try:
            rows = cursor.execute("PRAGMA cipher_integrity_check").fetchmany(MOST_NAMED)
        except sqlcipher3.Error as error:
            raise storage_error(error, path) from error
    return [str(row[0]) for row in rows]
