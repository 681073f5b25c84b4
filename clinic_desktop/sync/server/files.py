"""What a server keeps, one SQLite file per practice, on the disk before anything is acknowledged.

``DIR/ab/cd/<clinic>.db`` is a plain SQLite file of sealed segments: one file to back up, to move
or to delete. ``DIR/letters.db`` holds open invitations. SQLite comes from the module that the
record uses, without a key, so that the program has one SQLite.
"""

from __future__ import annotations

import errno
import hashlib
import shutil
import threading
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator
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

_MOST_OPEN: Final = 64
_LEAST_FREE: Final = 1 << 20
_SMALL_CACHE: Final = "PRAGMA cache_size = -1024"


class PlainFile:
    """One SQLite file; one at a time uses it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.turn = threading.Lock()
        self.users = 0
        self.connection: Any = dbapi2.connect(
            str(path), isolation_level=None, check_same_thread=False
        )
        set_pragmas(self.connection)
        self.connection.execute(_SMALL_CACHE)

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """A cursor; what it wrote is on the disk when the block ends, or nothing of it is."""
        with self.turn:
            cursor = self.connection.cursor()
            try:
                cursor.execute("BEGIN IMMEDIATE")
                yield cursor
                cursor.execute("COMMIT")
            except BaseException as error:
                if self.connection.in_transaction:  # a full disk may have ended it already
                    cursor.execute("ROLLBACK")
                if is_full(error, self.path.parent):
                    raise NoRoomError from error
                raise

    def make(
        self, made: tuple[str, ...], added: Callable[[int], tuple[str, ...]] = lambda _old: ()
    ) -> None:
        """Make its tables, all or none; ``added`` brings those that an older version lacks.

        Raises:
            StorageError: its tables are of another version of the server.
        """
        with self.transaction() as cursor:
            version = int(cursor.execute("PRAGMA user_version").fetchone()[0])
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
        self._letters = PlainFile(root / "letters.db")
        self._letters.make(tables.in_sqlite(tables.LETTERS))

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
            if found is None and (make or path.exists()):
                try:
                    found = self._take(path)
                except (OSError, dbapi2.OperationalError) as error:
                    if is_full(error, self.root):
                        raise NoRoomError from error
                    raise
            if found is not None:
                self._open.move_to_end(path)
                found.users += 1
        try:
            yield found
        finally:
            if found is not None:
                with self._lock:
                    found.users -= 1
                    self._close_idle()

    def _take(self, path: Path) -> PlainFile:
        if not path.parent.exists():
            path.parent.mkdir(parents=True, mode=0o700)
            flush_folder(path.parent.parent)
            flush_folder(self.root)
        found = PlainFile(path)
        try:
            found.make(tables.in_sqlite(tables.PRACTICE), tables.new_in_sqlite)
        except BaseException:  # not remembered without its tables: the next request makes them
            found.connection.close()
            raise
        self._open[path] = found
        return found

    def _close_idle(self) -> None:
        spare = len(self._open) - _MOST_OPEN
        idle = [path for path, each in self._open.items() if not each.users]
        for path in idle[: max(spare, 0)]:
            self._open.pop(path).connection.close()

    def close(self) -> None:
        """Let go of all files."""
        with self._lock:
            for each in (*self._open.values(), self._letters):
                each.connection.close()
            self._open.clear()
