"""Room on the record's disk that nobody else can take: given up when the disk is full.

The file holds nothing. While it has its size all is well; cut to nothing it says, over restarts
too, that the disk was full and nothing new is begun before there is room for it again.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

SIZE = 64 << 20
_CHUNK = 1 << 20


class Ballast:
    """The file beside one record; ``size`` in bytes."""

    def __init__(self, path: Path, size: int | None = None) -> None:
        self.path, self.size = path, SIZE if size is None else size

    @property
    def is_whole(self) -> bool:
        """Whether the room is kept."""
        return self._found() == self.size

    @property
    def was_given_up(self) -> bool:
        """Whether the disk was full and the room has not come back."""
        return self._found() not in {None, self.size}

    def _found(self) -> int | None:
        try:
            return self.path.stat().st_size
        except OSError:
            return None

    def give_up(self) -> bool:
        """Let go of the room; whether there was any."""
        if not self._found():
            return False
        try:
            os.truncate(self.path, 0)
        except OSError:
            return False
        return True

    def make(self) -> bool:
        """Take the room where there is enough of it; whether it is kept now."""
        if self.is_whole:
            return True
        try:
            # A quarter more, so that the first page written after it does not end it again.
            if shutil.disk_usage(self.path.parent).free < self.size + self.size // 4:
                return False
            return self._fill()
        except OSError:
            self.give_up()
            return False

    def _fill(self) -> bool:
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(handle, "wb") as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, self.size)
            else:  # a file that is only made longer may be without any room behind it
                for _chunk in range(self.size // _CHUNK):
                    file.write(bytes(_CHUNK))
                file.write(bytes(self.size % _CHUNK))
            file.flush()
            os.fsync(file.fileno())
        return self.is_whole
