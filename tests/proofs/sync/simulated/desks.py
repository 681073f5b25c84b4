"""Records that stay open from one history to the next: opening one costs more than working in it.

A desk is a folder with a copy of a closed record and the connections to it. Between two histories
the bytes of its files are put back, those of the shared index of the log among them. SQLite sees
that they are others than it knows, and reads the pages anew; it keeps what it knows of the tables,
which are the same in every history, and its prepared statements.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from sqlcipher3 import dbapi2

RECORD = "clinic.db"
_connect = dbapi2.connect
_ANY_SIZE = "PRAGMA max_page_count = 4294967294"


class Desk:
    """The folder of one PC, laid out anew for each history."""

    def __init__(self, template: Path, folder: Path, key: bytes) -> None:
        self.folder = folder
        self.is_free = True
        self.is_whole = True
        """Whether the files are still those that it has open."""
        self._contents = {
            str(each.relative_to(template)): each.read_bytes()
            for each in template.rglob("*")
            if each.is_file()
        }
        self._idle: list[Any] = []
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(template, folder)
        # Never the last to go: what closes beside it has nothing to tidy up.
        self._host = _connect(str(folder / RECORD), isolation_level=None)
        self._host.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        self._host.execute("SELECT count(*) FROM sqlite_master").fetchone()
        self._index = self._beside("shm").read_bytes()

    def _beside(self, ending: str) -> Path:
        return self.folder / f"{RECORD}-{ending}"

    def lay_out(self) -> None:
        """Put every file back as it was; no program runs on them."""
        self.is_free = False
        kept = {RECORD, self._beside("shm").name, self._beside("wal").name}
        for each in self.folder.iterdir():
            if each.is_dir():
                shutil.rmtree(each)
            elif each.name not in kept:
                each.unlink()
        for name, content in self._contents.items():
            if name == RECORD:
                _overwrite(self.folder / name, content)
            else:
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                (self.folder / name).write_bytes(content)
        _overwrite(self._beside("wal"), b"")
        _overwrite(self._beside("shm"), self._index)

    def take(self) -> Any:
        """A connection that a program has closed; ``None`` if there is none."""
        while self._idle:
            found = self._idle.pop()
            found.interrupt()  # whoever still reads with it is told so at the next statement
            try:
                dbapi2.Cursor(found).execute(_ANY_SIZE)
            except dbapi2.OperationalError:
                found.end()
                continue
            return found
        return None

    def give_back(self, connection: Any) -> None:
        """A program has closed it."""
        self._idle.append(connection)

    def dissolve(self) -> None:
        """Close everything, as when a program ends that was alone with the files."""
        self.is_whole = False
        for each in self._idle:
            each.end()
        self._idle.clear()
        self._host.close()


def _overwrite(path: Path, content: bytes) -> None:
    """The same file with other bytes: whoever has it open goes on with it."""
    with path.open("r+b" if path.exists() else "wb") as file:
        file.write(content)
        file.truncate()
