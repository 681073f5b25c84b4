"""Where backups go: folders with a mark, found again wherever a stick is plugged in."""

from __future__ import annotations

import os
import shutil
import string
import sys
import uuid
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from clinic_desktop.domain.backup_ages import given_up_first, kept
from clinic_desktop.errors import StorageError
from clinic_desktop.files import flush_folder, replace_file
from clinic_desktop.i18n import _
from clinic_desktop.services.backups.container import digest_of, unreadable
from clinic_desktop.services.backups.making import SUFFIX, UNFINISHED, check_room, owner_mark

MARK = "clinic-backups.json"
_SPARE_COPIES = 2
"""A place keeps room for so many further backups before old ones are given up."""


class Mark(Struct, frozen=True):
    """What lies in a place to know it by."""

    id: str


class Place(Struct):
    """A place for backups and what came of it last."""

    id: str
    path: str
    last_at: datetime | None = None
    """When the newest verified backup there was made."""
    log_length: int = 0
    """How much of the log it holds."""
    trouble: str = ""
    """Why the last try failed; empty if it did not."""


def take(path: Path) -> Place:
    """Make a folder a place for backups; a place already known by its mark keeps its identity.

    Raises:
        StorageError: it cannot be written.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = _mark(path)
        if found is None:
            found = Mark(str(uuid.uuid4()))
            replace_file(path / MARK, msgspec.json.encode(found))
    except OSError as error:
        raise StorageError(
            _("Backups cannot be written there: {reason}").format(reason=error.strerror or error),
            kept=_("Nothing was changed."),
            hint=_("Choose another folder."),
            place=str(path),
        ) from error
    return Place(found.id, str(path))


def _mark(path: Path) -> Mark | None:
    with suppress(OSError, ValueError):
        return msgspec.json.decode((path / MARK).read_bytes()[:4096], type=Mark)
    return None


def find(place: Place) -> Path | None:
    """Where the place is now; ``None`` while its disk or stick is not here. Asks the disks."""
    usual = Path(place.path)
    for path in (usual, *_elsewhere(usual)):
        found = _mark(path)
        if found is not None and found.id == place.id:
            return path
    return None


def _elsewhere(usual: Path) -> Iterator[Path]:
    """The same folder on each disk that can be plugged in."""
    parts = usual.parts[1:]
    for root in _removable():
        for skipped in range(len(parts) + 1):
            yield root.joinpath(*parts[skipped:])


def _removable() -> list[Path]:
    if sys.platform == "win32":
        letters = (Path(f"{letter}:\\") for letter in string.ascii_uppercase[2:])
        return [path for path in letters if path.exists()]
    if sys.platform == "darwin":
        return list(Path("/Volumes").glob("*"))
    points = []
    with suppress(OSError):
        for line in Path("/proc/self/mounts").read_text("utf-8", "replace").splitlines():
            point = line.split(" ")[1].replace("\\040", " ")
            if point.startswith(("/media/", "/run/media/", "/mnt/")):
                points.append(Path(point))
    return points


# ------------------------------------------------------------ what lies there


def backups_in(folder: Path, device: uuid.UUID) -> dict[datetime, Path]:
    """This PC's verified backups in a place, by the moment in their names."""
    found = {}
    for path in folder.glob(f"clinic-*-{owner_mark(device)}{SUFFIX}"):
        with suppress(ValueError, IndexError):
            _clinic, day, time, _mark = path.name.removesuffix(SUFFIX).split("-")
            found[datetime.strptime(day + time, "%Y%m%d%H%M%S").replace(tzinfo=UTC)] = path
    return found


def copy_to(made: Path, folder: Path) -> Path:
    """Copy a verified backup to a further place and read the copy back.

    Raises:
        StorageError: it cannot be written, or comes back with other bytes.
    """
    target = folder / made.name
    part = target.with_name(target.name + UNFINISHED)
    try:
        check_room(folder, made.stat().st_size)
        with made.open("rb") as source, part.open("wb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
            copy.flush()
            os.fsync(copy.fileno())
        if _digest(part) != _digest(made):
            raise StorageError(
                _("The disk gave back other bytes than were written."),
                kept=_("Other backups were not touched."),
                hint=_("Do not use this disk any more."),
                place=str(folder),
            )
        part.replace(target)
        flush_folder(folder)
        return target
    except OSError as error:
        raise unreadable(folder, error) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return digest_of(file, path.stat().st_size, lambda _done, _size: None)


def tidy(folder: Path, device: uuid.UUID) -> list[Path]:
    """Remove what the rotation gives up, after a new backup was verified; returns what went."""
    found = backups_in(folder, device)
    gone = [path for at, path in found.items() if at not in kept(found)]
    _remove(gone)
    found = {at: path for at, path in found.items() if path not in gone}
    for at in given_up_first(found):
        size = max(path.stat().st_size for path in found.values() if path.exists())
        if shutil.disk_usage(folder).free >= _SPARE_COPIES * size:
            break
        _remove([found[at]])
        gone.append(found[at])
    stale = folder.glob(f"clinic-*-{owner_mark(device)}{SUFFIX}{UNFINISHED}*")
    _remove(list(stale))
    return gone


def _remove(paths: list[Path]) -> None:
    for path in paths:
        with suppress(OSError):  # a stick may be write-protected: more backups than promised
            path.unlink()
