"""The server's files: one per practice, append-only, on the disk before anything is acknowledged.

``DIR/ab/cd/<clinic>.db`` is a plain SQLite file of sealed segments: one file to back up, to move
or to delete. ``DIR/mail.db`` holds open invitations. SQLite comes from the module that the record
uses, without a key, so that the program has one SQLite.
"""

from __future__ import annotations

import hashlib
import threading
import uuid
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlcipher3 import dbapi2

from clinic_desktop.db.engine import set_pragmas
from clinic_desktop.files import flush_folder

if TYPE_CHECKING:
    from clinic_desktop.sync.statements import Known

_MOST_OPEN: Final = 64
_SMALL_CACHE: Final = "PRAGMA cache_size = -1024"
_PRACTICE: Final = """
CREATE TABLE IF NOT EXISTS practice (one INTEGER PRIMARY KEY CHECK (one = 1), clinic BLOB NOT NULL,
  used INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE IF NOT EXISTS statement (n INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS device (device_id BLOB PRIMARY KEY, counter INTEGER NOT NULL DEFAULT 0,
  tip INTEGER NOT NULL DEFAULT 0, tip_hash BLOB NOT NULL, last_seen INTEGER) STRICT;
CREATE TABLE IF NOT EXISTS segment (sseq INTEGER PRIMARY KEY, device_id BLOB NOT NULL,
  seg_no INTEGER NOT NULL, hash BLOB NOT NULL, received INTEGER NOT NULL, bytes BLOB NOT NULL,
  UNIQUE (device_id, seg_no)) STRICT;
CREATE TABLE IF NOT EXISTS keybox (device_id BLOB NOT NULL, epoch INTEGER NOT NULL,
  body BLOB NOT NULL, PRIMARY KEY (device_id, epoch)) STRICT;
"""
_MAIL: Final = """
CREATE TABLE IF NOT EXISTS mail (id BLOB PRIMARY KEY, until INTEGER NOT NULL, body BLOB) STRICT;
"""


class PlainFile:
    """One SQLite file; one at a time uses it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.turn = threading.Lock()
        self.users = 0
        self.known: Known | None = None
        """What its statements came to when they were last looked at."""
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
            cursor.execute("BEGIN IMMEDIATE")
            try:
                yield cursor
                cursor.execute("COMMIT")
            except BaseException:
                if self.connection.in_transaction:  # a full disk may have ended it already
                    cursor.execute("ROLLBACK")
                raise

    def make(self, schema: str) -> None:
        """Make its tables, all or none."""
        with self.transaction() as cursor:
            for statement in schema.split(";\n"):
                cursor.execute(statement)


class Practices:
    """All practices of one folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.Lock()
        self._open: OrderedDict[Path, PlainFile] = OrderedDict()
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.mail = PlainFile(root / "mail.db")
        self.mail.make(_MAIL)

    def path(self, clinic: uuid.UUID) -> Path:
        """Where a practice lies; ids begin with the time, so the folders go by their digest."""
        fan = hashlib.blake2b(clinic.bytes, digest_size=2).hexdigest()
        return self.root / fan[:2] / fan[2:] / f"{clinic.hex}.db"

    def count(self) -> int:
        """How many practices there are."""
        return sum(1 for _ in self.root.glob("??/??/*.db"))

    @contextmanager
    def using(self, clinic: uuid.UUID, *, make: bool = False) -> Iterator[PlainFile | None]:
        """The file of a practice while it is used; ``None`` where there is none."""
        path = self.path(clinic)
        with self._lock:
            found = self._open.get(path)
            if found is None and (make or path.exists()):
                found = self._take(path)
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
            found.make(_PRACTICE)
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
            for each in (*self._open.values(), self.mail):
                each.connection.close()
            self._open.clear()
