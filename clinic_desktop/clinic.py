"""From a data folder and a password to an open clinic, for window and command line alike."""

from __future__ import annotations

import platform
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import select

from clinic_desktop.clock import Clock, SystemClock
from clinic_desktop.config import DataDir
from clinic_desktop.db import membership as chain
from clinic_desktop.db.lock import FolderLock
from clinic_desktop.db.opening import create_store, open_store
from clinic_desktop.db.place import check_place
from clinic_desktop.db.rekeying import change_key, opens
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SINGLE_DOCTOR, SYSTEM, Actor, allowed
from clinic_desktop.errors import (
    ClinicError,
    NotFoundError,
    SetupError,
    StorageError,
    WrongPasswordError,
)
from clinic_desktop.files import flush_folder
from clinic_desktop.i18n import Language, _
from clinic_desktop.models.practice import AppUser, Practice, Practitioner, Setting
from clinic_desktop.moving_in import settle
from clinic_desktop.security import keys as keyring
from clinic_desktop.security.attempts import Attempts
from clinic_desktop.security.keys import Keys, NewOwner
from clinic_desktop.security.membership import Root
from clinic_desktop.security.password_rules import LEAST_ALONE, check_new
from clinic_desktop.security.pins import Returning, looks_like
from clinic_desktop.security.primitives import Identity, KdfCost
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.services import membership, own_pin, practice
from clinic_desktop.services.access import require
from clinic_desktop.services.backups.making import SUFFIX, Backup, Source, Tell, back_up, file_name
from clinic_desktop.services.backups.upgrade import before_upgrade
from clinic_desktop.this_pc import exists, remember, remembered, speak

P = ParamSpec("P")
T = TypeVar("T")
LATIN_DIGITS = "formats.latin-digits"
"""The practice's choice of digits: one system for doses, results and receipts."""


@dataclass(frozen=True)
class NewClinic:
    """What a practice needs to begin."""

    practice: str
    owner_login: str
    owner_name: str
    password: str
    language: str = "en"
    country: str = ""
    currency: str = "USD"
    time_zone: str = "UTC"
    is_sample: bool = False


@dataclass
class Clinic:
    """An open clinic and the person at it."""

    data_dir: DataDir
    store: Store
    keys: Keys
    actor: Actor
    lock: FolderLock
    recovery: RecoveryKey | None = None
    """The recovery sheet that was just made, until somebody has it on paper."""
    returning: Returning = field(default_factory=Returning)

    @property
    def attempts(self) -> Attempts:
        """The count of wrong passwords."""
        return Attempts(self.data_dir.attempts, self.store.clock)

    def language(self, language: str = "") -> Language:
        """The person's language, or another one, in the clinic's formats."""
        return self.store.read(self.actor, _language, language).result()

    def switch_user(self, login: str, password: str) -> Actor:
        """Sign another person in on the open record.

        Raises:
            WrongPasswordError: user and password do not fit.
        """
        before = self.keys.identity
        with self.attempts.counted(login):
            self.keys.sign_in(login, password)
        try:
            self.actor = _let_sign_in(self.store, self.keys, login, password)
        except BaseException:
            self.keys.identity = before
            raise
        self._remember()
        return self.actor

    def __post_init__(self) -> None:
        """Whoever opened the record may come back with a PIN."""
        self._remember()

    def _remember(self) -> None:
        if self.actor.user_id is not None:
            uptime = self.store.clock.uptime()
            self.returning.remember(self.actor.user_id, self.keys.identity, uptime)

    def logins_with_pin(self) -> frozenset[str]:
        """Who may come back with a PIN now."""
        kept, uptime = (
            self.store.read(SYSTEM, own_pin.kept_pins).result(),
            self.store.clock.uptime(),
        )
        slots = self.keys.vault.slots
        return frozenset(
            slot.login
            for slot in slots
            if slot.user in kept and self.returning.may(slot.user, uptime)
        )

    def enter(self, login: str, typed: str) -> Actor:
        """Sign somebody in with what was typed: the password, or the PIN where it counts.

        Raises:
            WrongPasswordError, TooManyAttemptsError: nobody was signed in.
        """
        if looks_like(typed) and login in self.logins_with_pin():
            return self.come_back(login, typed)
        return self.switch_user(login, typed)

    def come_back(self, login: str, pin: str) -> Actor:
        """Sign somebody in with the PIN who had signed in with the password before.

        Raises:
            WrongPasswordError: not the PIN, or only the password helps now.
        """
        slot = self.keys.vault.slot(login)
        kept = self.store.read(SYSTEM, own_pin.kept_pins).result()
        if slot is None or slot.user not in kept:
            raise WrongPasswordError(_("Sign in with the password now."))
        uptime, before = self.store.clock.uptime(), self.keys.identity
        self.keys.identity = self.returning.come_back(slot.user, pin, kept[slot.user], uptime)
        try:
            found = self.store.write(
                SYSTEM, membership.sign_in, login, self.keys.identity, self.keys.vault
            ).result()
        except BaseException:
            self.keys.identity = before
            raise
        self.actor = found.actor
        return self.actor

    def add_person(self, new: practice.NewPerson, password: str) -> uuid.UUID:
        """Enter a person who can sign in from now on.

        Raises:
            PermissionDeniedError, ValidationError: as in ``practice.add_person``.
        """
        login = practice.short_name("login", new.login)
        name = practice.short_name("name", new.name)
        self._check_password(password, login, name)
        new, fresh = replace(new, login=login, name=name), Identity.new()
        user_id = self._write(practice.add_person, new, self.keys.identity, fresh.public)
        self.keys.admit(user_id, login, name, password, fresh)
        return user_id

    def set_password(self, person: practice.Person, password: str) -> None:
        """Give somebody a new password, as the owner may for one who forgot it.

        Raises:
            PermissionDeniedError, NotFoundError, ValidationError: nothing was changed.
        """
        require(self.actor, "user.approve")
        self._check_password(password, person.login, person.name)
        fresh = Identity.new()
        self._write(practice.renew_keys, person.id, self.keys.identity, fresh.public)
        self.keys.admit(person.id, person.login, person.name, password, fresh)
        self.attempts.forgive(person.login)
        self.returning.forget(person.id)
        if person.id == self.actor.user_id:
            self.keys.identity = fresh

    def change_roles(self, user_id: uuid.UUID, roles: tuple[str, ...]) -> None:
        """Give a person other roles; they hold from the next sign-in on.

        Raises:
            PermissionDeniedError, NotFoundError, ValidationError: as in the record.
        """
        self._write(practice.change_roles, user_id, roles, self.keys.identity)

    def change_password(self, old: str, new: str) -> None:
        """Change the signed-in person's own password.

        Raises:
            WrongPasswordError: the old one is wrong.
            ValidationError: the new one is too short.
        """
        self._check_password(new, self.actor.login, self.actor.name)
        with self.attempts.counted(self.actor.login):
            self.keys.change_password(self.actor.login, old, new)

    def retire_person(self, user_id: uuid.UUID) -> None:
        """End a person's right to sign in, and change the record's key, which the person may know.

        The last owner stays. Copies made before stay readable with the key of their time.

        Raises:
            PermissionDeniedError, NotFoundError, ValidationError: as in the record.
            StorageError: the person is out, but the key is still the old one; it is changed at the
                next sign-in of an owner.
        """
        self._write(practice.retire_person, user_id, self.keys.identity)
        self.returning.forget(user_id)
        self.keys.dismiss(user_id)
        self.change_key()

    def change_key(self) -> None:
        """Write the whole record under another key; about 5 s for 200 MB.

        Raises:
            PermissionDeniedError: not the owner.
            StorageError: the disk does not let us; nothing was changed.
        """
        require(self.actor, "user.approve")
        self.keys.change_key(lambda old, new: change_key(self.store, old, new))
        self._write(practice.note_new_key)

    def rename(self, name: str) -> None:
        """Show another name of the practice on the lock screen."""
        self.keys.rename(name)

    def use_recovery(self, recovery: RecoveryKey) -> None:
        """Let this recovery sheet, now on paper, open the record, and no earlier one.

        Raises:
            PermissionDeniedError: not the owner.
            StorageError: the key file cannot be written; the sheet before stays good.
        """
        require(self.actor, "user.approve")
        # Both sheets open the record until the chain knows the new one: no crash locks out.
        self.keys.add_recovery(recovery)
        self._write(practice.renew_recovery, self.keys.identity, recovery.identity.public)
        state = self.store.read(SYSTEM, chain.current).result()
        if state is not None:
            self.keys.follow(state)
        self.recovery = None

    def switch_by_recovery(self, recovery: RecoveryKey, login: str, password: str) -> Actor:
        """Let an owner who forgot the password in at the open record, with a new one.

        Raises:
            WrongPasswordError, ValidationError, StorageError: as in ``recover``.
        """
        self._check_password(password, login)
        keyring.check_sheet(self.data_dir, recovery)
        self.actor = _let_in(self.data_dir, self.store, self.keys, recovery, login, password)
        return self.actor

    def back_up(self, target: Path, tell: Tell, actor: Actor | None = None) -> Backup:
        """Make a backup, bring it back on trial, and remember when.

        ``target`` is the new file, or the folder in which the file gets its own name.

        Raises:
            PermissionDeniedError, StorageError, DatabaseDamagedError, StoppedError: see
            ``services.backups.making``.
        """
        people = self.store.read(SYSTEM, practice.people).result()
        owners = [each.id for each in people if each.is_active and "owner" in each.roles]
        now = self.store.clock.now()
        if target.suffix != SUFFIX:
            target /= file_name(self.keys.vault.device, now)
        source = Source(self.data_dir, self.keys.key, self.keys.vault, owners, now)
        made = back_up(actor or self.actor, source, target, tell)
        remember(self.data_dir, backup_at=now.isoformat())
        return made

    def _check_password(self, password: str, *own_words: str) -> None:
        own = self.store.read(SYSTEM, practice.details).result()
        if not own.is_sample:  # its password stands on the screen
            words = (*own_words, own.name, own.city)
            check_new(password, words, self.keys.least_password)

    def _write(
        self, command: Callable[Concatenate[UnitOfWork, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return self.store.write(self.actor, command, *args, **kwargs).result()

    def close(self) -> None:
        """Finish all work and let go of the folder."""
        self.store.close()
        self.lock.release()


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
    new = _checked(new)
    lock = take_folder(data_dir)
    try:
        _refuse_occupied(data_dir)
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
            _remove_unborn(data_dir)
            data_dir.device_secret.unlink(missing_ok=True)
            raise
        _name_newborn(data_dir)
        with suppress(StorageError):  # the language of the lock screen is not worth stopping for
            remember(data_dir, language=new.language)
        store = open_store(data_dir.database, keys.key, clock)
        return Clinic(data_dir, store, keys, actor, lock, recovery)
    except BaseException:
        lock.release()
        raise


def _checked(new: NewClinic) -> NewClinic:
    if not new.is_sample:  # its password stands on the screen
        check_new(new.password, (new.owner_login, new.owner_name, new.practice), LEAST_ALONE)
    practice.check_formats(new.language, new.country, new.currency, new.time_zone)
    return replace(
        new,
        practice=practice.short_name("practice", new.practice),
        owner_login=practice.short_name("owner", new.owner_login),
        owner_name=practice.short_name("owner", new.owner_name),
    )


def _give_birth(
    data_dir: DataDir, keys: Keys, recovery: RecoveryKey, new: NewClinic, user_id: uuid.UUID,
    clock: Clock,
) -> Actor:  # fmt: skip
    """Make the record beside its name: killed at any moment, there is no half-made clinic."""
    _remove_unborn(data_dir)
    store = create_store(data_dir.unborn, keys.key, clock, platform.node())
    try:
        actor = store.write(SYSTEM, _begin_practice, new, user_id, keys, recovery).result()
    finally:
        store.close()
    if data_dir.unborn.with_name(f"{data_dir.unborn.name}-wal").exists():
        # SQLite does not say so, but a log left behind is a record not yet in its file.
        raise StorageError(
            _("The disk is full."),
            kept=_("Nothing was changed."),
            hint=_("Free some space and try again."),
            place=str(data_dir.root),
        )
    return actor


def _name_newborn(data_dir: DataDir) -> None:
    """The last step of ``create``, done at the next opening if the power went before it."""
    if data_dir.unborn.exists() and not data_dir.database.exists():
        data_dir.unborn.rename(data_dir.database)
        flush_folder(data_dir.root)


def _remove_unborn(data_dir: DataDir) -> None:
    for path in data_dir.root.glob(f"{data_dir.unborn.name}*"):
        path.unlink()


def _refuse_occupied(data_dir: DataDir) -> None:
    if exists(data_dir):
        raise SetupError(
            _("There already is a clinic in this folder."),
            kept=_("Nothing was changed."),
            hint=_("Open it, or choose an empty folder."),
            place=str(data_dir.root),
        )


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


def open_clinic(data_dir: DataDir, login: str, password: str, clock: Clock | None = None) -> Clinic:
    """Unlock and open the clinic of a folder.

    Raises:
        SetupError: there is none.
        WrongPasswordError, InUseError, DatabaseDamagedError, NewerDatabaseError, StorageError.
    """
    refuse_empty(data_dir)
    lock = take_folder(data_dir)
    try:
        _name_newborn(data_dir)
        clock = clock or SystemClock()
        with Attempts(data_dir.attempts, clock).counted(login):
            keys = keyring.unlock(data_dir, login, password, KdfCost())
        _settle_key(data_dir, keys)
        clock = clock or SystemClock()
        before_upgrade(data_dir, keys.key, keys.vault, clock.now())
        store = open_store(data_dir.database, keys.key, clock)
        try:
            actor = _let_sign_in(store, keys, login, password)
            opened = Clinic(data_dir, store, keys, actor, lock)
            _change_key_if_due(opened)
        except BaseException:
            store.close()
            raise
        return opened
    except BaseException:
        lock.release()
        raise


def _settle_key(data_dir: DataDir, keys: Keys) -> None:
    """Where a change of key was cut short: keep the one that the record is under."""
    if keys.coming is not None:
        came = not opens(data_dir.database, keys.key) and opens(data_dir.database, keys.coming)
        keys.settle(came=came)


def _change_key_if_due(opened: Clinic) -> None:
    """Somebody left, and the power went before the key was changed."""
    if allowed(opened.actor, "user.approve"):
        is_due = opened.store.read(opened.actor, practice.new_key_is_due).result()
        if is_due:
            with suppress(StorageError):  # the disk may have room another day
                opened.change_key()


def _let_sign_in(store: Store, keys: Keys, login: str, password: str) -> Actor:
    """Take the roles from the membership chain, and leave no way in that it does not know."""
    found = store.write(SYSTEM, membership.sign_in, login, keys.identity, keys.vault).result()
    if found.state is not None:
        gone = keys.follow(found.state)
        keys.make_dearer(login, password, found.state.floor)
        if gone:
            store.write(SYSTEM, membership.note_removed_ways, gone).result()
    return found.actor


def recover(
    data_dir: DataDir,
    recovery: RecoveryKey,
    login: str,
    password: str,
    clock: Clock | None = None,
    cost: KdfCost | None = None,
) -> Clinic:
    """Open the clinic with the recovery sheet and give one of its owners a new password.

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
        _name_newborn(data_dir)
        keys = keyring.recover(data_dir, recovery, cost or KdfCost())
        _settle_key(data_dir, keys)
        clock = clock or SystemClock()
        before_upgrade(data_dir, keys.key, keys.vault, clock.now())
        store = open_store(data_dir.database, keys.key, clock)
        try:
            actor = _let_in(data_dir, store, keys, recovery, login, password)
        except BaseException:
            store.close()
            raise
        return Clinic(data_dir, store, keys, actor, lock)
    except BaseException:
        lock.release()
        raise


def _let_in(
    data_dir: DataDir, store: Store, keys: Keys, sheet: RecoveryKey, login: str, password: str
) -> Actor:
    fresh = Identity.new()
    user = store.write(SYSTEM, membership.recover, login, sheet, fresh.public, keys.vault).result()
    keys.identity = keys.admit(user.id, user.login, user.name, password, fresh)
    Attempts(data_dir.attempts, store.clock).forgive(user.login)
    return _let_sign_in(store, keys, login, password)


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


def _begin_practice(
    uow: UnitOfWork, new: NewClinic, user_id: uuid.UUID, keys: Keys, recovery: RecoveryKey
) -> Actor:
    own = Practice(
        name=new.practice,
        language=new.language,
        country=new.country,
        currency=new.currency,
        time_zone=new.time_zone,
        is_sample=new.is_sample,
    )
    doctor = Practitioner(name=new.owner_name, family=new.owner_name, is_staff=True)
    uow.add(own, doctor)
    user = AppUser(
        id=user_id,
        login=new.owner_login,
        name=new.owner_name,
        roles=list(SINGLE_DOCTOR),
        practitioner_id=doctor.id,
    )
    uow.add(user)
    uow.session.flush()
    root = recovery.identity
    as_root = Root(root.public.sealing, root.public.signing)
    chain.begin(uow, root, keys.vault, as_root, keys.identity.public)
    return Actor(user.id, user.login, user.name, tuple(user.roles), user.practitioner_id)


def _language(reads: ReadSession, language: str) -> Language:
    own = reads.session.scalar(select(Practice).limit(1))
    if own is None:
        raise NotFoundError(_("The practice has not been set up."))
    user = reads.session.get(AppUser, reads.actor.user_id) if reads.actor.user_id else None
    digits = reads.session.scalar(
        select(Setting.value).where(Setting.key == LATIN_DIGITS, Setting.user_id.is_(None))
    )
    spoken = language or (user.language if user else "") or own.language
    return Language(spoken, own.country, own.time_zone, latin_digits=digits is not False)


__all__ = [
    "Clinic",
    "ClinicError",
    "NewClinic",
    "create",
    "exists",
    "open_clinic",
    "remember",
    "remembered",
    "speak",
]
