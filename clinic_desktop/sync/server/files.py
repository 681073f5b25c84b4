"""What a server keeps, one SQLite file per practice, on the disk before anything is acknowledged.

``DIR/ab/cd/<clinic>.db`` is a plain SQLite file of sealed segments: one file to back up, to move
or to delete. ``DIR/letters.db`` holds open invitations. SQLite comes from the module that the
record uses, without a key, so that the program has one SQLite.
"""

from __future__ import annotations

import errno
import hashlib
import logging
import shutil
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlcipher3 import dbapi2

from clinic_desktop.db.engine import set_pragmas
from clinic_desktop.errors import StorageError
from clinic_desktop.files import flush_folder
from clinic_desktop.i18n import _
from clinic_desktop.sync.server import tables
from clinic_desktop.sync.server.tables import NoRoomError, Rows

log = logging.getLogger(__name__)
_MOST_OPEN: Final = 128
_LEAST_FREE: Final = 1 << 20
_SMALL_CACHE: Final = "PRAGMA cache_size = -1024"


Added = Callable[[int], tuple[str, ...]]
"""The statements that bring the tables of an older version, by its number, to this one."""


def _none(_version: int) -> tuple[str, ...]:
    return ()


class PlainFile:
    """One SQLite file; one at a time uses it, and the first one opens it."""

    def __init__(self, path: Path, made: tuple[str, ...] = (), added: Added = _none) -> None:
        """``made`` and ``added`` are its tables, see ``make``."""
        self.path = path
        self.turn = threading.Lock()
        self.users = 0
        self._tables = made, added
        self._connection: Any = None
        self._place: tuple[int, int] | None = None
        """Of the open file on the disk."""
        self._beside: dict[Path, tuple[int, int] | None] = {}
        """The same of those that SQLite keeps beside it while it is open."""

    @property
    def is_open(self) -> bool:
        """Whether it was used and not closed since."""
        return self._connection is not None

    @property
    def connection(self) -> Any:
        """For whoever has its turn; opened now if it is not open.

        A file that was deleted or exchanged meanwhile is let go of: what went into it would be
        acknowledged, and gone with the server's end.
        """
        if self._connection is not None and self._is_lost:
            self._close()
        if self._connection is None:
            self._open()
        return self._connection

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """A cursor; what it wrote is on the disk when the block ends, or nothing of it is."""
        with self.turn, _whole(self.connection, self.path.parent) as cursor:
            yield cursor
            if not self._beside:
                self._beside = {each: _place_of(each) for each in self._names_beside}

    def _open(self) -> None:
        try:
            self._connection = dbapi2.connect(
                str(self.path), isolation_level=None, check_same_thread=False
            )
            set_pragmas(self._connection)
            self._place = _place_of(self.path)
            self._connection.execute(_SMALL_CACHE)
            if self._tables[0]:
                self.make(*self._tables)
        except BaseException as error:  # not open without its tables: the next request makes them
            self._close()
            if is_full(error, self.path.parent):
                raise NoRoomError from error
            raise

    def close(self) -> None:
        """Let go of it; whoever uses it next opens it again."""
        with self.turn:
            self._close()

    def _close(self) -> None:
        if self._connection is None:
            return
        is_lost = self._is_lost
        self._connection.close()
        self._connection = self._place = None
        if is_lost:
            log.error("%s was deleted or exchanged while it was in use", self.path)
            # SQLite would bring what they hold into whatever lies there now.
            for each, place in self._beside.items():
                if place is not None and place == _place_of(each):
                    each.unlink()
        self._beside = {}

    @property
    def _is_lost(self) -> bool:
        """Whether what is open is not what lies under its name; one that did not open is not."""
        return self._place is not None and self._place != _place_of(self.path)

    @property
    def _names_beside(self) -> tuple[Path, ...]:
        return tuple(self.path.with_name(self.path.name + end) for end in ("-wal", "-shm"))

    def make(self, made: tuple[str, ...], added: Added = _none) -> None:
        """Make its tables, all or none; ``added`` brings those that an older version lacks.

        Raises:
            StorageError: its tables are of another version of the server.
        """
        if self._version() == tables.VERSION:
            return
        with _whole(self.connection, self.path.parent) as cursor:
            version = self._version()
            if version == tables.VERSION:
                return
            if 1 <= version < tables.VERSION:
                made = added(version)
            elif version or cursor.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                raise StorageError(
                    _("The files of this server are of another version of the program."),
                    kept=_("Nothing was changed."),
                    hint=_("Use the version that made them, or another folder."),
                    place=str(self.path),
                )
            for statement in made:
                cursor.execute(statement)
            cursor.execute(f"PRAGMA user_version = {tables.VERSION}")

    def _version(self) -> int:
        return int(self.connection.execute("PRAGMA user_version").fetchone()[0])


def _place_of(path: Path) -> tuple[int, int] | None:
    """Which file lies under a name now; ``None`` for no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


@contextmanager
def _whole(connection: Any, folder: Path) -> Iterator[Any]:
    cursor = connection.cursor()
    try:
        cursor.execute("BEGIN IMMEDIATE")
        yield cursor
        cursor.execute("COMMIT")
    except BaseException as error:
        if connection.in_transaction:  # a full disk may have ended it already
            cursor.execute("ROLLBACK")
        if is_full(error, folder):
            raise NoRoomError from error
        raise


def is_full(error: BaseException, folder: Path) -> bool:
    """Whether a fault comes from a disk without room; SQLite does not always name it so."""
    if isinstance(error, OSError):
        return error.errno in {errno.ENOSPC, errno.EDQUOT}
    if not isinstance(error, dbapi2.OperationalError):
        return False
    return "is full" in str(error) or shutil.disk_usage(folder).free < _LEAST_FREE


class Files:
    """A folder of them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.Lock()
        self._open: OrderedDict[Path, PlainFile] = OrderedDict()
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._letters = PlainFile(root / "letters.db", tables.in_sqlite(tables.LETTERS))
        with self._letters.transaction():
            pass  # it is to be seen now whether the folder can be used
        self._tables = tables.in_sqlite(tables.PRACTICE), tables.new_in_sqlite
        self._closer = ThreadPoolExecutor(1, "relay-closer")
        """Closes what is idle: that flushes the disk, and no request is to wait for it."""

    def path(self, clinic: uuid.UUID) -> Path:
        """Where a practice lies; ids begin with the time, so the folders go by their digest."""
        fan = hashlib.blake2b(clinic.bytes, digest_size=2).hexdigest()
        return self.root / fan[:2] / fan[2:] / f"{clinic.hex}.db"

    def count(self) -> int:
        """How many practices there are."""
        return sum(1 for _ in self.root.glob("??/??/*.db"))

    def free_bytes(self) -> int | None:
        """What is left on the disk."""
        return shutil.disk_usage(self.root).free

    @contextmanager
    def practice(self, clinic: uuid.UUID, *, make: bool = False) -> Iterator[Rows | None]:
        """A transaction on a practice's rows, alone with them; ``None`` where there is none."""
        with self._using(clinic, make=make) as file:
            if file is None:
                yield None
                return
            with file.transaction() as cursor:
                yield Rows(cursor, clinic.bytes)

    @contextmanager
    def letters(self) -> Iterator[Rows]:
        """A transaction on the letter boxes."""
        with self._letters.transaction() as cursor:
            yield Rows(cursor, b"")

    @contextmanager
    def _using(self, clinic: uuid.UUID, *, make: bool) -> Iterator[PlainFile | None]:
        path = self.path(clinic)
        with self._lock:
            found = self._open.get(path)
            if make:
                self._make_folder(path.parent)
            if found is None and (make or path.exists()):
                found = self._open[path] = PlainFile(path, *self._tables)
            if found is not None:
                self._open.move_to_end(path)
                found.users += 1
            is_gone = found is not None and found.is_open and not make and not path.exists()
        try:
            yield None if is_gone else found
        finally:
            if found is not None and is_gone:
                self._closer.submit(self._close_idle, found)
            elif found is not None:
                self._leave(found)

    def _make_folder(self, folder: Path) -> None:
        if folder.exists():
            return
        try:
            folder.mkdir(parents=True, mode=0o700)
            flush_folder(folder.parent)
            flush_folder(self.root)
        except OSError as error:
            if is_full(error, self.root):
                raise NoRoomError from error
            raise

    def _leave(self, file: PlainFile) -> None:
        with self._lock:
            file.users -= 1
            if not file.users and not file.is_open:  # it could not be opened
                self._open.pop(file.path, None)
            spare = len(self._open) - _MOST_OPEN
            idle = [each for each in self._open.values() if not each.users][: max(spare, 0)]
            for each in idle:
                each.users += 1
        for each in idle:
            self._closer.submit(self._close_idle, each)

    def _close_idle(self, file: PlainFile) -> None:
        """Close a file; it is remembered until it is closed, so that none is open twice."""
        file.close()
        with self._lock:
            file.users -= 1
            if not file.users and not file.is_open:
                self._open.pop(file.path, None)

    def close(self) -> None:
        """Let go of all files."""
        self._closer.shutdown()
        with self._lock:
            every = [*self._open.values(), self._letters]
            self._open.clear()
        for each in every:
            each.close()
