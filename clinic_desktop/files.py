"""Files that a power cut leaves whole: the old content or the new, never half of it."""

from __future__ import annotations

import errno
import os
from pathlib import Path


def replace_file(path: Path, content: bytes) -> None:
    """Put content in the place of a file that only this account may read.

    Written beside it, flushed to the disk, renamed over it, and the rename flushed too.

    Raises:
        OSError: what was there before is still there.
    """
    beside = path.with_name(path.name + ".new")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)  # on a full disk its half is the room that is missing
        raise
    flush_folder(path.parent)


def overwrite_file(path: Path, content: bytes) -> None:
    """Put content over that of a file, without asking the disk for room; its size stays.

    Where ``content`` is longer, only blanks may be lost of it. For files that may be lost when the
    power fails meanwhile.

    Raises:
        OSError: there is no such file, or it is too short.
    """
    handle = os.open(path, os.O_WRONLY)
    with os.fdopen(handle, "wb") as file:
        size = os.fstat(handle).st_size
        if len(content.rstrip()) > size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        file.write(content[:size].ljust(size))
        file.flush()
        os.fsync(handle)


def flush_folder(folder: Path) -> None:
    """Make a rename in this folder durable; Windows does that by itself."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
