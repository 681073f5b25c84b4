"""From a damaged record to a sound one with all that can be saved, for window and command line."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from clinic_desktop import clinic, moving_in
from clinic_desktop.clock import Clock, SystemClock
from clinic_desktop.config import DataDir
from clinic_desktop.db.rekeying import opens
from clinic_desktop.db.salvage.ladder import Salvaged, Told, salvage
from clinic_desktop.errors import ClinicError, SetupError, StorageError
from clinic_desktop.files import replace_file
from clinic_desktop.i18n import _, current, ngettext
from clinic_desktop.security import keys as keyring
from clinic_desktop.security.keys import Keys
from clinic_desktop.security.primitives import KdfCost, UnreadableError
from clinic_desktop.services.backups import ledger, places
from clinic_desktop.services.backups.container import find, manifest_of, unpack

REPORT = "salvage-report.json"
"""What was lost, by table and ids; no content."""


@dataclass(frozen=True)
class Outcome:
    """A saved record and where everything lies."""

    data_dir: DataDir
    found: Salvaged
    report: Path
    backup: Path | None
    """Which backup filled the gaps, if one could be opened."""
    kept: Path | None
    """Where the damaged record lies now; where it was, if it was saved into another folder."""


def save_what_can_be_read(
    data_dir: DataDir,
    login: str,
    password: str,
    told: Told,
    *,
    into: DataDir | None = None,
    backup: Path | None = None,
    clock: Clock | None = None,
) -> Outcome:
    """Save a damaged record row by row into another folder, or in its own place.

    In its own place the damaged file is kept in a folder of the same name with ``kept-…``. Stopped
    or killed before its end, nothing was changed.

    Raises:
        SetupError: there is no clinic, or the other folder has one.
        WrongPasswordError, DeviceSecretError: as at unlock.
        DatabaseDamagedError: nothing can be saved row by row.
        StorageError, InUseError.
    """
    clinic.refuse_empty(data_dir)
    lock = clinic.take_folder(data_dir)
    target = into or data_dir
    try:
        if into is not None and into.root.exists() and any(into.root.iterdir()):
            raise SetupError(
                _("The folder is not empty."),
                kept=_("Nothing was changed."),
                hint=_("Choose an empty folder, or the name of a new one."),
                place=str(into.root),
            )
        keys = keyring.unlock(data_dir, login, password, KdfCost())
        kept = target.root / f"kept-{(clock or SystemClock()).now():%Y%m%d-%H%M%S}"
        try:
            found, used = _build(data_dir, target, keys, backup, told)
            moving_in.announce(target, kept.name)
        except OSError as error:
            raise StorageError(
                _("The disk reported an error: {reason}").format(reason=error.strerror or error),
                kept=_("The damaged record was not touched."),
                hint=_("Free some space, or choose another folder."),
                place=str(error.filename or target.root),
            ) from error
        finally:
            shutil.rmtree(target.arriving, ignore_errors=True)
        moving_in.settle(target)
    finally:
        lock.release()
    damaged = kept if into is None else data_dir.root
    return Outcome(target, found, target.root / REPORT, used, damaged)


def summary(found: Salvaged) -> str:
    """What became of it, in a sentence."""
    if found.was_whole:
        return _("The record was whole: nothing is lost.")
    if not found.lost and not found.cut_tables:
        return _("Everything could be saved.")
    lost = len(found.lost)
    return ngettext("{n} row is lost.", "{n} rows are lost.", lost).format(n=current().number(lost))


def _build(
    data_dir: DataDir, target: DataDir, keys: Keys, backup: Path | None, told: Told
) -> tuple[Salvaged, Path | None]:
    fresh = DataDir(target.arriving)
    shutil.rmtree(fresh.root, ignore_errors=True)
    fresh.root.mkdir(parents=True, mode=0o700)
    scratch = fresh.root / "unpacked"
    scratch.mkdir(mode=0o700)
    opened, used = _backup(data_dir, keys, backup, scratch)
    key = keys.coming if keys.coming and opens(data_dir.database, keys.coming) else keys.key
    found = salvage(data_dir.database, key, fresh.database, opened, told)
    shutil.rmtree(scratch)
    for path in (data_dir.vault, data_dir.device_secret):
        if path.exists():
            shutil.copyfile(path, fresh.root / path.name)
    if target is not data_dir and data_dir.packs.exists():
        shutil.copytree(data_dir.packs, fresh.packs)
    replace_file(fresh.root / REPORT, msgspec.json.format(msgspec.json.encode(found), indent=1))
    return found, used


def _backup(
    data_dir: DataDir, keys: Keys, chosen: Path | None, scratch: Path
) -> tuple[tuple[Path, bytes] | None, Path | None]:
    """The newest backup that this person's keys open, unpacked."""
    for path in [chosen] if chosen else _newest(data_dir, keys):
        try:
            found = find(path)
            key = found.head.ways.open_box(keys.identity)
            manifest = manifest_of(found, key)
            unpack(found, manifest, key, scratch, lambda _done, _size: None)
        except UnreadableError:
            continue
        except ClinicError:
            if chosen:
                raise
            continue
        return (scratch / manifest.record.name, key), path
    return None, None


def _newest(data_dir: DataDir, keys: Keys) -> list[Path]:
    found: dict[datetime, Path] = {}
    for place in ledger.read(data_dir).places:
        with suppress(OSError):
            path = places.find(place)
            found |= places.backups_in(path, keys.vault.device) if path else {}
    return [found[at] for at in sorted(found, reverse=True)[:3]]
