"""Making a backup: copied while the record is in use, restored on trial, and only then named."""

from __future__ import annotations

import os
import shutil
import threading
import uuid
from collections.abc import Callable, Collection
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from clinic_desktop import __version__
from clinic_desktop.config import DataDir
from clinic_desktop.db.backup import copy_record
from clinic_desktop.db.engine import connect
from clinic_desktop.db.facts import Facts
from clinic_desktop.db.signing import sign_by_device
from clinic_desktop.domain.permissions import Actor
from clinic_desktop.errors import InUseError, SetupError, StorageError
from clinic_desktop.files import flush_folder
from clinic_desktop.i18n import _
from clinic_desktop.security.vault import Vault, new_database_key
from clinic_desktop.services.access import require
from clinic_desktop.services.backups.container import digest_of, finish, sealed_part
from clinic_desktop.services.backups.manifest import Head, Manifest, Part
from clinic_desktop.services.backups.trial import in_fresh_process

SUFFIX: Final = ".clinicbackup"
UNFINISHED: Final = ".part"
_SPARE_BYTES = 4 << 20

_one_at_a_time = threading.Lock()
"""The schedule and a person may wish for one in the same moment."""

Tell = Callable[[str, int, int], None]
"""Told the stage (``copy`` or ``trial``) and how far it is; raises ``StoppedError`` to stop."""


@dataclass(frozen=True)
class Source:
    """The record to copy, and who may open the copy."""

    data_dir: DataDir
    key: bytes
    vault: Vault
    owners: Collection[uuid.UUID]
    now: datetime


@dataclass(frozen=True)
class Backup:
    """A backup that was brought back on trial without a fault."""

    path: Path
    size: int
    """Bytes."""
    made_at: datetime
    log_length: int
    """How much of this PC's log it holds."""
    rows: int = 0
    """Of all its tables."""


def file_name(device: uuid.UUID, now: datetime) -> str:
    """Sorts by time, and two PCs that share a place do not take each other's for their own."""
    return f"clinic-{now:%Y%m%d-%H%M%S}-{owner_mark(device)}{SUFFIX}"


def free_path(folder: Path, device: uuid.UUID, now: datetime) -> Path:
    """Where a backup made ``now`` goes in ``folder``; a second one of that second goes one on."""
    while (path := folder / file_name(device, now)).exists():
        now += timedelta(seconds=1)
    return path


def owner_mark(device: uuid.UUID) -> str:
    """What the names of this PC's backups end with."""
    return device.hex[-8:]


def back_up(actor: Actor, source: Source, target: Path, tell: Tell) -> Backup:
    """Make the backup file ``target``; it has that name only once it was brought back on trial.

    Raises:
        PermissionDeniedError: not the owner.
        StorageError: no room, no such place, or there is such a file already.
        DatabaseDamagedError: the record is damaged, or the trial failed; nothing is left behind.
        InUseError: another backup is being made.
        StoppedError: ``tell`` wished it.
    """
    require(actor, "record.check")
    if not _one_at_a_time.acquire(blocking=False):
        raise InUseError(
            _("A backup is being made already."),
            kept=_("Nothing was changed."),
            hint=_("Wait until it is done."),
        )
    try:
        return _back_up(source, target, tell)
    finally:
        _one_at_a_time.release()


def _back_up(source: Source, target: Path, tell: Tell) -> Backup:
    part = target.with_name(target.name + UNFINISHED)
    try:
        _prepare(source, target)
        key = new_database_key()
        facts = copy_record(
            source.data_dir.database, source.key, part, key,
            lambda done, total: tell("copy", done, total),
        )  # fmt: skip
        _complete(source, part, key, facts)
        scratch = source.data_dir.root / "trial"
        in_fresh_process(part, key, scratch, lambda: tell("trial", 0, 0))
        part.rename(target)
        flush_folder(target.parent)
        return Backup(target, target.stat().st_size, source.now, facts.log_length,
                      sum(facts.counts.values()))  # fmt: skip
    except OSError as error:
        raise StorageError(
            _("The backup cannot be written there: {reason}").format(
                reason=error.strerror or error
            ),
            kept=_("The record itself was not touched."),
            hint=_("Choose another folder, or free some space."),
            place=str(target.parent),
        ) from error
    finally:
        _sweep(part)


def _sweep(part: Path) -> None:
    """Take away what is not a backup."""
    for end in ("", "-journal", "-wal", "-shm"):
        with suppress(OSError):  # a stick that was pulled out takes them along
            part.with_name(part.name + end).unlink()


def _prepare(source: Source, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if target.exists():
        raise StorageError(
            _("There already is a file of this name."),
            kept=_("Nothing was changed."),
            hint=_("A backup never takes the place of another file: choose another name."),
            place=str(target),
        )
    record = source.data_dir.database
    size = record_size(source.data_dir) + _SPARE_BYTES
    check_room(target.parent, size)
    shutil.rmtree(source.data_dir.root / "trial", ignore_errors=True)
    same_disk = target.parent.stat().st_dev == record.parent.stat().st_dev
    check_room(record.parent, 2 * size if same_disk else size)


def record_size(data_dir: DataDir) -> int:
    """Bytes of the record with what is not yet in its main file."""
    log = data_dir.database.with_name(data_dir.database.name + "-wal")
    return data_dir.database.stat().st_size + (log.stat().st_size if log.exists() else 0)


def check_room(folder: Path, size: int) -> None:
    """Refuse before the work what would fail in the middle of it.

    Raises:
        StorageError: fewer bytes are free.
    """
    free = shutil.disk_usage(folder).free
    if free < size:
        raise StorageError(
            _("There is no room for it: {needed} MB are needed, {free} MB are free.").format(
                needed=-(-size // 1_000_000), free=free // 1_000_000
            ),
            kept=_("Nothing was changed."),
            hint=_("Free some space, or choose another disk."),
            place=str(folder),
        )


def _complete(source: Source, part: Path, key: bytes, facts: Facts) -> None:
    """Turn the copied record into a backup file."""
    with part.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        digest = digest_of(file, size, lambda _done, _size: None)
        record = Part(source.data_dir.database.name, size, digest)
        files = []
        for path in _added_files(source.data_dir):
            name = path.relative_to(source.data_dir.root).as_posix()
            each, sealed = sealed_part(name, path.read_bytes(), key)
            file.write(sealed)
            files.append(each)
        manifest = Manifest(source.now, __version__, source.vault.name, record, tuple(files), facts)
        manifest = replace(manifest, signature=_signed(source, manifest.statement()))
        finish(file, Head(_ways_in(source, key)), manifest, key)


def _signed(source: Source, statement: bytes) -> bytes:
    """This PC's signature; a record from before it had a key gives none."""
    with closing(connect(source.data_dir.database, source.key, read_only=True)) as cursor:
        return sign_by_device(cursor, statement)


def _added_files(data_dir: DataDir) -> list[Path]:
    """What the clinic added that is not in the record: its own code packs."""
    return sorted(path for path in data_dir.packs.glob("*") if path.is_file())


def _ways_in(source: Source, key: bytes) -> Vault:
    """The vault's owners and recovery sheet, for another key; without the names of people."""
    slots = tuple(
        replace(slot, name="")
        for slot in source.vault.slots
        if slot.user in source.owners and slot.to
    )
    ways = replace(source.vault, name="", slots=slots, boxes=(), recovery=b"")
    for slot in slots:
        ways = replace(ways.with_recovery(key, slot.to), recovery=b"")
    if source.vault.recovery:
        ways = ways.with_recovery(key, source.vault.recovery)
    if not ways.boxes:
        raise SetupError(
            _("Nobody could open this backup: there is neither a recovery sheet nor an owner."),
            hint=_("Let an owner sign in, and print a recovery sheet."),
        )
    return ways.finished(key)
