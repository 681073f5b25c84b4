"""A backup: record and key file in a folder of their own, read back before it counts.

Scheduled backups and restoring from within the program are not here; putting the two files of a
backup into an empty data folder restores it.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from clinic_desktop.config import DataDir
from clinic_desktop.db.backup import Progress, copy_record, verify_copy
from clinic_desktop.domain.permissions import Actor
from clinic_desktop.errors import StorageError
from clinic_desktop.i18n import _
from clinic_desktop.services.access import require

SUFFIX = ".part"


@dataclass(frozen=True)
class Backup:
    """A backup that was read back without a fault."""

    folder: Path
    size: int
    """Bytes."""
    made_at: datetime


def back_up(
    actor: Actor,
    data_dir: DataDir,
    key: bytes,
    place: Path,
    now: datetime,
    progress: Progress | None = None,
) -> Backup:
    """Copy record and key file below ``place``, and read the copy back.

    Raises:
        PermissionDeniedError: not the owner.
        StorageError: the place cannot be written.
        DatabaseDamagedError: the copy does not read back whole; it is taken away again.
    """
    require(actor, "record.check")
    target = _free(place / f"clinic-{now:%Y-%m-%d-%H%M%S}")
    part = target.with_name(target.name + SUFFIX)
    copied = DataDir(part)
    try:
        part.mkdir(parents=True, mode=0o700)
        copy_record(data_dir.database, key, copied.database, progress)
        verify_copy(copied.database, key)
        shutil.copyfile(data_dir.vault, copied.vault)
        part.rename(target)
    except OSError as error:
        raise StorageError(
            _("The backup cannot be written there: {reason}").format(reason=error.strerror),
            kept=_("The record itself was not touched."),
            hint=_("Choose another folder, or free some space."),
            place=str(place),
        ) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Backup(target, DataDir(target).database.stat().st_size, now)


def _free(wanted: Path) -> Path:
    """A name that no earlier backup has."""
    names = (wanted.with_name(f"{wanted.name}-{count}") for count in range(2, 100))
    return wanted if not wanted.exists() else next(each for each in names if not each.exists())
