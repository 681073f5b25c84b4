"""One program per data folder; the second says so instead of waiting or harming."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import IO

from clinic_desktop.errors import InUseError, StorageError
from clinic_desktop.i18n import _

if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[str]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(file: IO[str]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


class FolderLock:
    """Held from opening to closing; the system lets go of it if the program dies."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def acquire(self) -> None:
        """Take the folder.

        Raises:
            InUseError: another program holds it.
            StorageError: the folder cannot be written.
        """
        try:
            # Byte 0 is locked; the file is never truncated before the lock is ours.
            file = os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+")
        except OSError as error:
            raise StorageError(
                _("The data folder cannot be written."),
                kept=_("Nothing was changed."),
                hint=_("Check that the folder exists and belongs to you."),
                place=str(self._path.parent),
            ) from error
        try:
            _take(file)
        except OSError as error:
            file.close()
            raise InUseError(
                _("Clinic Desktop is already open on this data folder."),
                kept=_("Nothing was changed."),
                hint=_("Use the window that is already open, or close it first."),
                place=str(self._path.parent),
            ) from error
        self._file = file

    def release(self) -> None:
        """Let go."""
        if self._file is not None:
            self._file.close()
            self._file = None
