"""Writing the record anew under another key, while it stays open.

``PRAGMA rekey`` is one transaction: killed at any moment, the file opens with exactly the old or
the new key. The caller keeps both until this has returned (``security.keys.Keys.change_key``).
"""

from __future__ import annotations

from contextlib import closing, suppress
from pathlib import Path

import sqlcipher3

from clinic_desktop.db.engine import connect, make_engine, storage_error
from clinic_desktop.db.session import capture_commits
from clinic_desktop.db.worker import Store
from clinic_desktop.errors import DatabaseDamagedError
from clinic_desktop.files import flush_folder
from clinic_desktop.i18n import _


def change_key(store: Store, old: bytes, new: bytes) -> None:
    """Write every page under the new key and read every page back; others wait meanwhile.

    Raises:
        StorageError: the disk does not let us; the record is as before, under the old key.
        DatabaseDamagedError: a page does not read back.
    """
    store.alone(lambda: _change(store, old, new)).result()


def _change(store: Store, old: bytes, new: bytes) -> None:
    store.let_go()
    try:
        rewrite(store.path, old, new)
    finally:
        _take(store, new if came_through(store.path, old, new) else old)


def _take(store: Store, key: bytes) -> None:
    def opener() -> object:
        return connect(store.path, key)

    writer, readers = make_engine(opener, writer=True), make_engine(opener, writer=False)
    capture_commits(writer)
    store.take(writer, readers)


def put_in_place(store: Store, key: bytes, fresh: Path) -> None:
    """Go on with another file under the same key in place of the open one, which is gone then.

    Raises:
        StorageError: the disk does not let us; the record is as before.
    """
    store.alone(lambda: _put(store, key, fresh), writes=False).result()


def _put(store: Store, key: bytes, fresh: Path) -> None:
    store.let_go()
    try:
        with closing(connect(store.path, key)) as connection:  # or its log would be taken for ours
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        fresh.replace(store.path)
        flush_folder(store.path.parent)
    except (OSError, sqlcipher3.Error) as error:
        raise storage_error(error, store.path) from error
    finally:
        _take(store, key)


def rewrite(path: Path, old: bytes, new: bytes) -> None:
    """The same on a record that nobody else has open."""
    try:
        with closing(connect(path, old)) as connection:
            connection.execute(f"PRAGMA rekey = \"x'{new.hex()}'\"").fetchall()
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        with closing(connect(path, new)) as connection:
            faults = connection.execute("PRAGMA cipher_integrity_check").fetchall()
    except sqlcipher3.Error as error:
        raise storage_error(error, path) from error
    if faults:
        raise DatabaseDamagedError(
            _("The record could not be read back under its new key."),
            hint=_("Restore a backup, or ask for help."),
            place=str(path),
        )


def came_through(path: Path, old: bytes, new: bytes) -> bool:
    """Whether the record is under the new key, and under that alone.

    A change that was cut short may lie in SQLite's log only. It is brought into the file: checks of
    the seals read the file without its log, and would call every page damaged.
    """
    if opens(path, old) or not opens(path, new):
        return False
    with suppress(sqlcipher3.Error), closing(connect(path, new)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    return True


def opens(path: Path, key: bytes) -> bool:
    """Whether this key opens the record."""
    try:
        connect(path, key, read_only=True).close()
    except DatabaseDamagedError:
        return False
    return True
