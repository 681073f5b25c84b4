"""From a backup file and a recovery sheet to a clinic on this PC, for window and command line."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from clinic_desktop import clinic, moving_in
from clinic_desktop.after_sheet import of_other_pcs
from clinic_desktop.clock import Clock, SystemClock
from clinic_desktop.config import DataDir
from clinic_desktop.db.backup import copy_record
from clinic_desktop.db.migrations import HEAD
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.errors import (
    CopiedRecordError,
    DatabaseDamagedError,
    DeviceSecretError,
    ServerError,
    SetupError,
    StorageError,
    ValidationError,
    WrongPasswordError,
)
from clinic_desktop.files import flush_folder
from clinic_desktop.i18n import _
from clinic_desktop.renewing import begin_anew
from clinic_desktop.security import device_secret, vault_file
from clinic_desktop.security.password_rules import LEAST_ALONE, check_new
from clinic_desktop.security.primitives import Identity, KdfCost, UnreadableError
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.security.vault import Person, Vault, new_database_key
from clinic_desktop.services import people
from clinic_desktop.services.backups import confining, history
from clinic_desktop.services.backups.container import (
    Found,
    find,
    manifest_of,
    newer,
    not_whole,
    unpack,
)
from clinic_desktop.services.backups.making import Tell, check_room
from clinic_desktop.services.backups.manifest import Manifest
from clinic_desktop.services.backups.trial import wrong_with

_OURS = frozenset({"clinic.lock", "logs", "local.json", "restored.new", "trial"})
"""What may lie in a folder that holds no clinic."""


@dataclass(frozen=True)
class Way:
    """How the backup is opened, and who signs in afterwards."""

    login: str
    password: str
    """New with the recovery sheet; without it, the owner's own."""
    recovery: RecoveryKey | None = None
    old_pc: DataDir | None = None
    """Where to look for this PC's half of the keys, if there is no sheet."""


@dataclass(frozen=True)
class Restored:
    """A clinic brought back."""

    data_dir: DataDir
    practice: str
    made_at: datetime
    login: str
    without_password: tuple[str, ...]
    """Who worked here and needs a new password."""
    elsewhere: tuple[str, ...]
    """What to know of the other PCs."""
    kept: Path | None
    """Where the files that were in the folder before lie now."""


def owners(path: Path) -> tuple[str, ...]:
    """Sign-in names of the owners at the time of a backup; needs no key.

    Raises:
        BadFileError, NewerDatabaseError, StorageError: as ``container.find``.
    """
    return tuple(slot.login for slot in find(path, confining.head).head.ways.slots)


def restore(
    path: Path,
    into: DataDir,
    way: Way,
    tell: Tell,
    *,
    replacing: bool = False,
    clock: Clock | None = None,
    cost: KdfCost | None = None,
) -> Restored:
    """Bring a backup back into a folder; stopped or killed before the end, nothing is there.

    With ``replacing``, a clinic that is in the folder makes room and is kept beside it.

    Raises:
        SetupError: the folder is not empty.
        BadFileError: not a whole backup.
        WrongPasswordError, DeviceSecretError, ValidationError: not by this way, or not this person.
        DatabaseDamagedError: the record in it is not what its manifest says.
        StorageError, InUseError, NewerDatabaseError, StoppedError.
    """
    if way.recovery is not None:
        check_new(way.password, (way.login,), LEAST_ALONE)
    found = find(path, confining.head)
    clock = clock or SystemClock()
    lock = clinic.take_folder(into)
    try:
        if not replacing:
            _refuse_occupied(into)
        key, identity = _open(found, way)
        manifest = manifest_of(found, key, confining.manifest)
        _refuse_newer(manifest)
        kept = into.root / f"kept-{clock.now():%Y%m%d-%H%M%S}"
        try:
            told = _build(found, manifest, (key, identity), into, way, tell, clock, cost)
            tell("end", 0, 0)
            moving_in.announce(into, kept.name)
        except OSError as error:
            raise _disk_said(error, into) from error
        finally:
            shutil.rmtree(into.arriving, ignore_errors=True)
        moving_in.settle(into)
    finally:
        lock.release()
    return Restored(
        into, manifest.practice, manifest.made_at, way.login, *told,
        kept if kept.exists() else None,
    )  # fmt: skip


def _refuse_occupied(into: DataDir) -> None:
    strange = sorted(path.name for path in into.root.iterdir() if path.name not in _OURS)
    if strange:
        raise SetupError(
            _("The folder is not empty."),
            kept=_("Nothing was changed."),
            hint=_("Choose an empty folder, or the name of a new one."),
            place=str(into.root / strange[0]),
        )


def _refuse_newer(manifest: Manifest) -> None:
    if manifest.facts.schema > HEAD:
        raise newer()


def _open(found: Found, way: Way) -> tuple[bytes, Identity | None]:
    """The backup's key, and the owner's keys if the owner's password opened it."""
    ways = found.head.ways
    try:
        if way.recovery is not None:
            return ways.open_box(way.recovery.identity), None
        old_pc = way.old_pc
        half = device_secret.find(ways.device, old_pc.device_secret) if old_pc else None
        if half is None:
            raise DeviceSecretError(
                _("A password opens this backup only on the PC that made it."),
                kept=_("Nothing was changed."),
                hint=_("Take the recovery sheet: it opens the backup on any PC."),
            )
        opened = ways.unlock(way.login, way.password, half.secret)
        return opened.key, opened.identity
    except UnreadableError:
        raise WrongPasswordError(
            _("This recovery sheet does not open this backup."),
            kept=_("Nothing was changed."),
            hint=_("A backup opens with the sheet that was valid when it was made."),
        ) from None
    except DatabaseDamagedError as error:
        raise not_whole(found.path) from error


def _build(
    found: Found, manifest: Manifest, opened: tuple[bytes, Identity | None], into: DataDir,
    way: Way, tell: Tell, clock: Clock, cost: KdfCost | None,
) -> tuple[tuple[str, ...], tuple[str, ...]]:  # fmt: skip
    """Make the whole clinic beside its place; returns what ``_let_in`` does."""
    fresh, scratch = DataDir(into.arriving), into.arriving / "unpacked"
    shutil.rmtree(fresh.root, ignore_errors=True)
    check_room(into.root, 2 * manifest.record.size + (4 << 20))
    fresh.root.mkdir(mode=0o700)
    scratch.mkdir(mode=0o700)
    unpack(found, manifest, opened[0], scratch, lambda done, size: tell("unpack", done, size))
    key = new_database_key()
    copy_record(
        scratch / manifest.record.name, opened[0], fresh.database, key,
        lambda done, total: tell("copy", done, total),
    )  # fmt: skip
    tell("check", 0, 0)
    wrong = {name: text for name, text in wrong_with(fresh.database, key, manifest).items() if text}
    if wrong:
        raise DatabaseDamagedError(
            _("The record in this backup is damaged."),
            kept=_("Nothing was changed."),
            hint=_("Take another backup; each place keeps several."),
            place="; ".join(f"{name}: {text}" for name, text in wrong.items()),
        )
    for part in manifest.files:
        (fresh.root / part.name).parent.mkdir(exist_ok=True, mode=0o700)
        (scratch / part.name).replace(fresh.root / part.name)
    shutil.rmtree(scratch)
    told = _let_in(found, manifest, (key, opened[1]), fresh, way, clock, cost or KdfCost())
    for path in fresh.root.rglob("*"):
        _flush(path)
    flush_folder(fresh.root)
    return told


def _let_in(
    found: Found, manifest: Manifest, keys: tuple[bytes, Identity | None], fresh: DataDir,
    way: Way, clock: Clock, cost: KdfCost,
) -> tuple[tuple[str, ...], tuple[str, ...]]:  # fmt: skip
    """Give the restored record a key file of this PC; the owner signs in, and it is on record.

    Returns who needs a new password, and what to know of the other PCs.
    """
    key, identity = keys
    ways = found.head.ways
    made = Vault(ways.clinic, clock.new_id(), manifest.practice)
    if ways.recovery:
        made = made.with_recovery(key, ways.recovery)
    slot = ways.slot(way.login)
    if way.recovery is None and identity is not None and slot is not None:
        half = device_secret.make(made.device, fresh.device_secret)
        person = Person(slot.user, slot.login, slot.login, way.password, identity, cost)
        vault_file.save(made.with_person(key, person, half.secret), key, fresh.vault)
        opened = clinic.open_clinic(fresh, way.login, way.password, clock, None)
    elif way.recovery is not None:
        vault_file.save(made, key, fresh.vault)
        opened = clinic.recover(fresh, way.recovery, way.login, way.password, clock, cost)
    else:
        raise ValidationError("login", _("Type the sign-in name of an owner."))
    try:
        opened.store.write(opened.actor, history.note_restored, manifest.made_at).result()
        if way.recovery is not None:
            # The sheet is at hand now: to the server the owner's keys of today are nobody's.
            with suppress(ServerError, CopiedRecordError, SetupError):
                begin_anew(opened, way.recovery.identity)
        staff = opened.store.read(SYSTEM, people.everybody).result()
        inside = {each.user for each in opened.keys.vault.slots}
        without = tuple(each.login for each in staff if each.is_active and each.id not in inside)
        return without, of_other_pcs(opened.store) if way.recovery is not None else ()
    finally:
        opened.close()


def _flush(path: Path) -> None:
    """What is in this file or folder is on the disk afterwards."""
    if path.is_dir():
        flush_folder(path)
        return
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _disk_said(error: OSError, into: DataDir) -> StorageError:
    return StorageError(
        _("The backup cannot be brought back there: {reason}").format(
            reason=error.strerror or error
        ),
        kept=_("Nothing was changed."),
        hint=_("Free some space, or choose another folder."),
        place=str(error.filename or into.root),
    )
