"""Opening the encrypted file: right library, right key, right pragmas, or not at all."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlcipher3
from sqlcipher3 import dbapi2

from clinic_desktop.errors import DatabaseDamagedError, SetupError, StorageError
from clinic_desktop.i18n import _

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

SQLITE_FLOOR = (3, 51, 3)
"""The WAL-reset corruption bug of SQLite 3.7.0–3.51.2 is fixed here."""
CIPHER_FLOOR = (4, 9)
FREE_BYTES = 64 << 10
"""What SQLite needs on the disk to open a file at all."""
STATEMENTS = 512
"""How many statements a connection keeps prepared: more than the program has in use.

The driver gives up the one that was used the least. Where they do not all fit, a new one is given
up for the next new one, and a transaction of many short statements prepares each of them anew.
"""

# For each value that is neither number nor text the driver looks for a way to spell it, which took
# half of the time of a new row. What it finds here gives back the value as it is.
dbapi2.register_adapter(bytes, bytes)
dbapi2.register_adapter(type(None), {}.get)

PRAGMAS: tuple[tuple[str, str, object], ...] = (
    ("journal_mode", "WAL", "wal"),
    ("synchronous", "FULL", 2),
    ("foreign_keys", "ON", 1),
    ("busy_timeout", "5000", 5000),
    ("secure_delete", "ON", 1),
    ("temp_store", "MEMORY", 2),
    ("mmap_size", "0", None),
    ("trusted_schema", "OFF", 0),
    ("cell_size_check", "ON", 1),
    ("wal_autocheckpoint", "1000", 1000),
    ("journal_size_limit", str(64 << 20), 64 << 20),
    ("cache_size", "-65536", -65536),
)
"""Set on every connection and read back; a mismatch refuses the file."""
MAC_PRAGMAS: tuple[tuple[str, str, object], ...] = (
    ("fullfsync", "ON", 1),
    ("checkpoint_fullfsync", "ON", 1),
)


def check_library() -> None:
    """Refuse a SQLite that would lose data or write plain text.

    Raises:
        SetupError: wrong version, or the library cannot encrypt.
    """
    if dbapi2.sqlite_version_info < SQLITE_FLOOR:
        raise SetupError(
            _("The database library {found} is too old.").format(found=dbapi2.sqlite_version),
            hint=_("Install the program again from its installer."),
        )
    found = cipher_version()
    if not found or tuple(int(part) for part in found.split()[0].split(".")[:2]) < CIPHER_FLOOR:
        raise SetupError(
            _("The database library cannot encrypt."),
            hint=_("Install the program again from its installer."),
        )


def cipher_version() -> str:
    """SQLCipher's version, such as ``4.19.0 community``; empty where nothing encrypts."""
    with closing(dbapi2.connect(":memory:")) as connection:
        row = connection.execute("PRAGMA cipher_version").fetchone()
    return str(row[0]) if row else ""


def connect(
    path: Path, key: bytes | None, *, read_only: bool = False, is_frozen: bool = False
) -> Any:
    """One connection with key and pragmas set; ``key=None`` opens a plain file (benchmarks, packs).

    With ``read_only`` not a byte of the file changes, not even when the connection is closed. With
    ``is_frozen`` no file comes into being beside it either, and nobody else may write it meanwhile.

    Raises:
        DatabaseDamagedError: the file is not a database, or not one of this key.
        StorageError: the file cannot be opened.
    """
    try:
        frozen = "&immutable=1" if is_frozen else ""
        is_uri = read_only or is_frozen
        name = f"{path.absolute().as_uri()}?mode=ro{frozen}" if is_uri else str(path)
        connection = dbapi2.connect(
            name,
            isolation_level=None,
            check_same_thread=False,
            uri=is_uri,
            cached_statements=STATEMENTS,
        )
    except sqlcipher3.Error as error:
        raise storage_error(error, path) from error
    try:
        if key is not None:
            connection.execute("PRAGMA cipher_log_level = NONE")  # our errors say it, not stderr
            connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        set_pragmas(connection, *(("journal_mode",) if is_frozen else ()))
    except sqlcipher3.Error as error:
        connection.close()
        raise storage_error(error, path) from error
    return connection


def connect_to_look(path: Path, key: bytes | None) -> Any:
    """One that changes nothing; on a full disk without the files that SQLite keeps beside.

    Raises:
        As ``connect``; on a full disk also where not all of the record is in its one file.
    """
    try:
        return connect(path, key, read_only=True)
    except StorageError:
        if not is_full(path) or was_left_open(path):
            raise
        return connect(path, key, is_frozen=True)


def was_left_open(path: Path) -> bool:
    """Whether the program or the PC went down: a record that was closed is all in its one file."""
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


def set_pragmas(connection: Any, *but: str) -> None:
    """Set and read back what durability depends on, ``but`` for what a file has no use for."""
    wanted = PRAGMAS + (MAC_PRAGMAS if sys.platform == "darwin" else ())
    for name, value, expected in wanted:
        if name in but:
            continue
        connection.execute(f"PRAGMA {name} = {value}").fetchall()
        row = connection.execute(f"PRAGMA {name}").fetchone()
        if expected is not None and (row is None or row[0] != expected):
            raise SetupError(
                _("The database refused the setting {name}.").format(name=name),
                hint=_("Move the data folder to a disk of this PC."),
            )


def storage_error(error: Exception, path: Path) -> DatabaseDamagedError | StorageError:
    """Turn SQLite's error into a sentence a person can act on."""
    text = str(error)
    kept = _("Nothing was changed.")
    if "not a database" in text or "malformed" in text or "hmac" in text.lower():
        return DatabaseDamagedError(
            _("The record file cannot be read: it is damaged or belongs to another key."),
            kept=kept,
            hint=_("Restore a backup, or open the right data folder."),
            place=str(path),
        )
    if "locked" in text or "busy" in text:
        return StorageError(
            _("Another program holds the record file."),
            kept=kept,
            hint=_("Close it and try again."),
        )
    if "full" in text or is_full(path):
        return StorageError(
            _("The disk is full."), kept=kept, hint=_("Free some space and try again.")
        )
    if "readonly" in text or "read-only" in text or "unable to open" in text:
        return StorageError(
            _("The data folder cannot be written."),
            kept=kept,
            hint=_("Check that the folder exists and belongs to you."),
            place=str(path),
        )
    return StorageError(
        _("The disk reported an error: {reason}").format(reason=text), kept=kept, place=str(path)
    )


def is_full(path: Path) -> bool:
    """Whether that is why: a full disk shows itself as a failure of any kind."""
    try:
        return shutil.disk_usage(path.parent).free < FREE_BYTES
    except OSError:
        return False


def make_engine(opener: Callable[[], Any], *, writer: bool) -> Engine:
    """An engine whose transactions begin when we say so: IMMEDIATE for the writer."""
    # Imported here: who only looks at a file does not pay for it.
    from sqlalchemy import create_engine, event  # noqa: PLC0415
    from sqlalchemy.pool import QueuePool  # noqa: PLC0415

    engine = create_engine(
        "sqlite://",
        module=dbapi2,
        creator=opener,
        poolclass=QueuePool,
        pool_size=1 if writer else 2,
        max_overflow=0,
        pool_reset_on_return=None if writer else "rollback",
    )
    begin = "BEGIN IMMEDIATE" if writer else "BEGIN"

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        driver: Any = connection.connection.dbapi_connection
        driver.execute(begin)

    return engine


def create_file(path: Path, key: bytes | None) -> None:
    """Make an empty file whose pages can be given back to the disk later."""
    connection = dbapi2.connect(str(path), isolation_level=None)
    try:
        if key is not None:
            connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA user_version = 0")
        connection.execute("VACUUM")
    finally:
        connection.close()


def is_plain_sqlite(path: Path) -> bool:
    """Whether the file on the disk is readable without a key."""
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\x00"
