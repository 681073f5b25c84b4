"""The folder of a clinic before its record is open: taken, empty, occupied, half made."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from clinic_desktop.config import DataDir
from clinic_desktop.db.lock import FolderLock
from clinic_desktop.db.place import check_place
from clinic_desktop.db.rekeying import came_through
from clinic_desktop.errors import SetupError, StorageError
from clinic_desktop.files import flush_folder
from clinic_desktop.i18n import _
from clinic_desktop.moving_in import settle
from clinic_desktop.security.keys import Keys
from clinic_desktop.this_pc import exists


def take_folder(data_dir: DataDir) -> FolderLock:
    """Hold the folder of a clinic against a second program; a restored clinic moves in.

    Raises:
        StorageError: it cannot be made or is no place for a record.
        InUseError: another program holds it.
    """
    try:
        data_dir.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StorageError(
            _("The data folder cannot be made."),
            hint=_("Choose a folder that belongs to you."),
            place=str(data_dir.root),
        ) from error
    check_place(data_dir.root)
    lock = FolderLock(data_dir.lock)
    lock.acquire()
    settle(data_dir)
    return lock


def refuse_empty(data_dir: DataDir) -> None:
    """Say how to begin where there is no clinic yet.

    Raises:
        SetupError: there is none.
    """
    if not exists(data_dir):
        raise SetupError(
            _("There is no clinic in this folder yet."),
            hint=_("Make one with “init”, or open the folder of your clinic."),
            place=str(data_dir.root),
        )


def refuse_occupied(data_dir: DataDir) -> None:
    """Say that a clinic is never made over another.

    Raises:
        SetupError: there is one.
    """
    if exists(data_dir):
        raise SetupError(
            _("There already is a clinic in this folder."),
            kept=_("Nothing was changed."),
            hint=_("Open it, or choose an empty folder."),
            place=str(data_dir.root),
        )


def refuse_unwritten(data_dir: DataDir) -> None:
    """After a new record was closed: SQLite does not say so, but a log that is left is not in it.

    Raises:
        StorageError: the disk had no room for the record.
    """
    if data_dir.unborn.with_name(f"{data_dir.unborn.name}-wal").exists():
        raise StorageError(
            _("The disk is full."),
            kept=_("Nothing was changed."),
            hint=_("Free some space and try again."),
            place=str(data_dir.root),
        )


def name_newborn(data_dir: DataDir) -> None:
    """The last step of ``create``, done at the next opening if the power went before it."""
    if data_dir.unborn.exists() and not data_dir.database.exists():
        data_dir.half_joined.unlink(missing_ok=True)
        data_dir.unborn.rename(data_dir.database)
        flush_folder(data_dir.root)


def remove_unborn(data_dir: DataDir) -> None:
    """Throw away what a beginning that was cut short left behind."""
    data_dir.half_joined.unlink(missing_ok=True)
    remove_record(data_dir)


def remove_record(data_dir: DataDir) -> None:
    """The same of the record alone: it is made anew."""
    for path in data_dir.root.glob(f"{data_dir.unborn.name}*"):
        path.unlink()


def remove_failed(data_dir: DataDir) -> None:
    """After a joining failed: what can be gone on with stays.

    A record that has its key file is named at the next opening; one that is half here has its keys
    under the person's password.
    """
    if not (data_dir.vault.exists() or data_dir.half_joined.exists()):
        remove_unborn(data_dir)
        data_dir.device_secret.unlink(missing_ok=True)


@contextmanager
def joining_folder(data_dir: DataDir, *, goes_on: bool = False) -> Iterator[None]:
    """An empty folder, held while its record comes from another PC; emptied if that fails.

    ``goes_on``: with what came of the record before.

    Raises:
        StorageError, InUseError: as ``take_folder``.
        SetupError: there is a clinic.
    """
    lock = take_folder(data_dir)
    try:
        refuse_occupied(data_dir)
        if not goes_on:
            remove_unborn(data_dir)
        try:
            yield
        except BaseException:
            remove_failed(data_dir)
            raise
    finally:
        lock.release()


def settle_key(data_dir: DataDir, keys: Keys) -> None:
    """Where a change of key was cut short: keep the one that the record is under."""
    if keys.coming is not None:
        keys.settle(came=came_through(data_dir.database, keys.key, keys.coming))
