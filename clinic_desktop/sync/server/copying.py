"""A copy of a server's folder while it serves: each practice whole, as of one moment.

The copy is itself a server's folder. A server that begins on it is behind its PCs; they send again
what it lacks.
"""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

from sqlcipher3 import dbapi2

from clinic_desktop.errors import StorageError
from clinic_desktop.files import flush_folder
from clinic_desktop.i18n import _


def copy_folder(source: Path, target: Path) -> tuple[int, int]:
    """Bring a copy up to date; how many practices it holds, and their bytes.

    A file is replaced when its copy is whole, so that a copy that is broken off leaves the one
    before.

    Raises:
        StorageError: there is no server's folder, or the copy cannot be written.
    """
    letters = source / "letters.db"
    if not letters.is_file():
        raise StorageError(
            _("There is no server's folder here."),
            hint=_("--dir names the folder that the server was given."),
            place=str(source),
        )
    practices = sorted(source.glob("??/??/*.db"))
    try:
        for path in (letters, *practices):
            _copy(path, target / path.relative_to(source))
    except (OSError, dbapi2.Error) as error:
        raise StorageError(
            _("The copy cannot be written."),
            kept=_("The server goes on; what was copied before stays."),
            hint=_("Check that the folder belongs to you and its disk has room."),
            place=str(target),
        ) from error
    return len(practices), sum(path.stat().st_size for path in target.glob("??/??/*.db"))


def _copy(path: Path, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = to.with_suffix(".part")
    part.unlink(missing_ok=True)
    with (
        closing(dbapi2.connect(str(path))) as live,
        closing(dbapi2.connect(str(part))) as made,
    ):
        live.execute("PRAGMA busy_timeout = 5000")
        live.backup(made)  # as of one moment; the server goes on writing into its log
        made.execute("PRAGMA journal_mode = DELETE").fetchall()  # one file, without a log beside it
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(to)
    flush_folder(to.parent)
