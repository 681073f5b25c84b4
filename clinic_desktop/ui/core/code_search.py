"""Looks up diagnoses in the code packs of this PC, off the window's thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject

from clinic_desktop.config import DataDir
from clinic_desktop.services.conditions import Coded
from clinic_desktop.services.packs.finding import CodeHit
from clinic_desktop.services.packs.library import Library
from clinic_desktop.services.packs.pack import SUFFIX
from clinic_desktop.ui.core.tasks import Tasks

MOST_HITS = 12
Found = Callable[[Sequence[Coded]], None]
Search = Callable[[str, Found], None]
"""Looks a text up in the code packs and calls back with what it found."""


class PackSearch(QObject):
    """Opens the packs at the first question and keeps them open."""

    def __init__(self, tasks: Tasks, parent: QObject) -> None:
        super().__init__(parent)
        self._tasks = tasks
        self._shelf = _Shelf(DataDir(tasks.folder))
        self.destroyed.connect(self._shelf.close)

    def __call__(self, text: str, found: Found) -> None:
        """Look a text up; the answer follows."""
        if text:
            self._tasks.call(self, self._shelf.find, text, done=found)
        else:
            found(())


class _Shelf:
    """Knows nothing of Qt: it is asked on the record's threads."""

    def __init__(self, data_dir: DataDir) -> None:
        self._data_dir = data_dir
        self._lock = threading.Lock()
        self._library: Library | None = None
        self._files: frozenset[tuple[str, int]] = frozenset()

    def find(self, text: str) -> list[Coded]:
        with self._lock:
            hits = self._current().diagnoses(text, limit=MOST_HITS)
        return [_coded(hit) for hit in hits if hit.is_selectable]

    def _current(self) -> Library:
        """The packs that are there now: one added while a visit is open is found in it."""
        added = self._data_dir.packs.glob(f"*{SUFFIX}")
        files = frozenset((path.name, path.stat().st_mtime_ns) for path in added)
        if self._library is None or files != self._files:
            self._put_away()
            self._library, self._files = Library(self._data_dir), files
        return self._library

    def _put_away(self) -> None:
        if self._library is not None:
            self._library.close()
            self._library = None

    def close(self) -> None:
        with self._lock:
            self._put_away()


def _coded(hit: CodeHit) -> Coded:
    return Coded(hit.display, hit.system, hit.code, hit.version)
