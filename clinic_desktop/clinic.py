"""From a data folder and a password to an open clinic, for window and command line alike."""

from __future__ import annotations

import platform
import uuid
from contextlib import suppress

from clinic_desktop.clinic_folder import (
    name_newborn,
    refuse_empty,
    refuse_occupied,
    refuse_unwritten,
    remove_unborn,
    settle_key,
    take_folder,
)
from clinic_desktop.clock import Clock, SystemClock
from clinic_desktop.config import DataDir
from clinic_desktop.db.ballast import Ballast
from clinic_desktop.db.engine import is_full
from clinic_desktop.db.opening import create_store, open_store
from clinic_desktop.domain.permissions import SYSTEM, Actor, allowed
from clinic_desktop.errors import (
    ClinicError,
    StorageError,
)
from clinic_desktop.new_clinic import NewClinic, begin_practice, checked
from clinic_desktop.opened_clinic import Clinic
from clinic_desktop.security import keys as keyring
from clinic_desktop.security.attempts import Attempts
from clinic_desktop.security.keys import Keys, NewOwner
from clinic_desktop.security.password_rules import LEAST_ALONE, check_new
from clinic_desktop.security.primitives import KdfCost
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.services import people
from clinic_desktop.services.backups.history import note_moved
from clinic_desktop.services.backups.upgrade import before_upgrade
from clinic_desktop.signing_in import let_in_by_sheet, let_sign_in
from clinic_desktop.this_pc import exists, remember, remembered, speak


def create(
    data_dir: DataDir,
    new: NewClinic,
    clock: Clock | None = None,
    cost: KdfCost | None = None,
) -> Clinic:
    """Make a clinic in an empty folder and sign its owner in; a failure leaves the folder empty.

    Raises:
        SetupError: there already is one.
        ValidationError: a name, a code or the password cannot be taken.
        StorageError: the folder cannot be used.
    """
    new = checked(new)
    lock = take_folder(data_dir)
    try:
        refuse_occupied(data_dir)
        clock = clock or SystemClock()
        user_id = clock.new_id()
        owner = NewOwner(user_id, new.owner_login, new.owner_name, new.password)
        keys, recovery = keyring.make(
            data_dir, clock.new_id(), clock.new_id(), new.practice, owner, cost or KdfCost()
        )
        try:
            actor = _give_birth(data_dir, keys, recovery, new, user_id, clock)
            keys.save()
        except BaseException:
            remove_unborn(data_dir)
            data_dir.device_secret.unlink(missing_ok=True)
            raise
        name_newborn(data_dir)
        with suppress(StorageError):  # the language of the lock screen is not worth stopping for
            remember(data_dir, language=new.language)
        ballast = Ballast(data_dir.ballast)
        store = open_store(data_dir.database, keys.key, clock, ballast=ballast)
        return Clinic(data_dir, store, keys, actor, lock, recovery)
    except BaseException:
        lock.release()
        raise


def _give_birth(
    data_dir: DataDir, keys: Keys, recovery: RecoveryKey, new: NewClinic, user_id: uuid.UUID,
    clock: Clock,
) -> Actor:  # fmt: skip
    """Make the record beside its name: killed at any moment, there is no half-made clinic."""
    remove_unborn(data_dir)
    store = create_store(data_dir.unborn, keys.key, clock, platform.node())
    try:
        actor = store.write(SYSTEM, begin_practice, new, user_id, keys, recovery).result()
    finally:
        store.close()
    refuse_unwritten(data_dir)
    return actor


def open_clinic(
    data_dir: DataDir,
    login: str,
    password: str,
    clock: Clock | None = None,
    code: str | None = "",
) -> Clinic:
    """Unlock and open the clinic of a folder.

    ``code`` is that of the second factor; ``None`` where nobody is let in: the program's own work.

    Raises:
        SetupError: there is none.
        CodeNeededError, WrongCodeError: the password is right; the code is missing or is not.
        WrongPasswordError, InUseError, DatabaseDamagedError, NewerDatabaseError, StorageError.
    """
    refuse_empty(data_dir)
    lock = take_folder(data_dir)
    try:
        name_newborn(data_dir)
        clock = clock or SystemClock()
        _make_room(data_dir)
        attempts = Attempts(data_dir.attempts, clock)
        with attempts.counted(login):
            keys = keyring.unlock(data_dir, login, password, KdfCost())
        settle_key(data_dir, keys)
        before_upgrade(data_dir, keys.key, keys.vault, clock.now())
        ballast = Ballast(data_dir.ballast)
        store = open_store(data_dir.database, keys.key, clock, ballast=ballast)
        try:
            found = let_sign_in(store, keys, attempts, login, password, code)
            opened = Clinic(
                data_dir, store, keys, found.actor, lock,
                rules=found.rules, lacks_code=found.lacks_code,
            )  # fmt: skip
            _change_key_if_due(opened)
        except BaseException:
            store.close()
            raise
        return opened
    except BaseException:
        lock.release()
        raise


def _make_room(data_dir: DataDir) -> None:
    """On a full disk not even an attempt to sign in could be counted."""
    if is_full(data_dir.database):
        Ballast(data_dir.ballast).give_up()


def _change_key_if_due(opened: Clinic) -> None:
    """Somebody left, and the power went before the key was changed."""
    if opened.store.gate.refusal is None and allowed(opened.actor, "user.approve"):
        is_due = opened.store.read(opened.actor, people.new_key_is_due).result()
        if is_due:
            with suppress(StorageError):  # the disk may have room another day
                opened.change_key()


def recover(
    data_dir: DataDir,
    recovery: RecoveryKey,
    login: str,
    password: str,
    clock: Clock | None = None,
    cost: KdfCost | None = None,
    *,
    is_new: bool = False,
) -> Clinic:
    """Open the clinic with the recovery sheet and give one of its owners a new password.

    ``is_new`` says that nobody worked under this PC's name before.

    The sheet stays good until another one replaces it. Where this PC's half of the keys was lost,
    everybody else's password ends.

    Raises:
        SetupError, WrongPasswordError, ValidationError, InUseError, DatabaseDamagedError,
        NewerDatabaseError, StorageError.
    """
    check_new(password, (login,), LEAST_ALONE)
    refuse_empty(data_dir)
    lock = take_folder(data_dir)
    try:
        name_newborn(data_dir)
        keys = keyring.recover(data_dir, recovery, cost or KdfCost())
        settle_key(data_dir, keys)
        clock = clock or SystemClock()
        before_upgrade(data_dir, keys.key, keys.vault, clock.now())
        store = open_store(data_dir.database, keys.key, clock, ballast=Ballast(data_dir.ballast))
        try:
            if not (keys.vault.slots or is_new):
                store.write(SYSTEM, note_moved).result()
            actor = let_in_by_sheet(data_dir, store, keys, recovery, login, password)
        except BaseException:
            store.close()
            raise
        return Clinic(data_dir, store, keys, actor, lock)
    except BaseException:
        lock.release()
        raise


__all__ = [
    "Clinic",
    "ClinicError",
    "NewClinic",
    "create",
    "exists",
    "open_clinic",
    "recover",
    "refuse_empty",
    "remember",
    "remembered",
    "speak",
    "take_folder",
]
