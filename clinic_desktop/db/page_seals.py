"""Whether each page of the record still carries the seal it was written with."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import sqlcipher3

from clinic_desktop.db.engine import connect, storage_error
from clinic_desktop.db.facts import MOST_NAMED

_PAGE, _SALT, _SEAL = 4096, 16, 64
_KEY = 32
_SALT_MASK = 0x3A
_LOCK_PAGE = (1 << 30) // _PAGE + 1
"""SQLite locks bytes of this page and never writes it."""
_STEP = 256
"""Pages between two questions whether to go on: 1 MiB."""


def has_broken_seals(path: Path, key: bytes, go_on: Callable[[], object]) -> bool:
    """Whether a page of the file does not carry its seal; ``go_on`` may raise to end the look.

    SQLCipher's own check (``broken_seals``) cannot be stopped. A page that is just being written,
    and all pages under another key, look broken: ask again while nobody writes.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb", buffering=_STEP * _PAGE) as file:
        salt = file.read(_SALT)
        file.seek(0)
        masked = bytes(each ^ _SALT_MASK for each in salt)
        seal_key = hashlib.pbkdf2_hmac("sha512", key[:_KEY], masked, 2, _KEY)
        number = 0
        while page := file.read(_PAGE):
            number += 1
            if number % _STEP == 0:
                go_on()
            body = page[_SALT if number == 1 else 0 : -_SEAL]
            seal = hmac.digest(seal_key, body + number.to_bytes(4, "little"), "sha512")
            if seal != page[-_SEAL:] and number != _LOCK_PAGE:
                return True
    return False


def broken_seals(path: Path, key: bytes) -> list[str]:
    """What SQLCipher says of pages that were changed past it; reads the whole file, writes nothing.

    Raises:
        DatabaseDamagedError, StorageError: it cannot even be opened.
    """
    with closing(connect(path, key, read_only=True)) as cursor:
        try:
            rows = cursor.execute("PRAGMA cipher_integrity_check").fetchmany(MOST_NAMED)
        except sqlcipher3.Error as error:
            raise storage_error(error, path) from error
    return [str(row[0]) for row in rows]
