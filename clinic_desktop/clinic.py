"""From a data folder and a password to an open clinic, for window and command line alike."""

from __future__ import annotations

import json
import platform
import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from clinic_desktop import i18n
from clinic_desktop.clock import Clock, SystemClock
from clinic_desktop.config import DataDir
from clinic_desktop.db.lock import FolderLock
from clinic_desktop.db.opening import create_store, open_store
from clinic_desktop.db.place import check_place
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM, Actor
from clinic_desktop.errors import (
    ClinicError,
    NotFoundError,
    SetupError,
    StorageError,
    WrongPasswordError,
)
from clinic_desktop.i18n import Language, _
from clinic_desktop.models.practice import AppUser, Practice, Practitioner
from clinic_desktop.security import vault as vaults


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
    vault: vaults.Vault
    key: bytes
    actor: Actor
    lock: FolderLock

    def language(self, language: str = "") -> Language:
        """The clinic's language and formats, or another language in the clinic's formats."""
        return self.store.read(SYSTEM, _language, language).result()

    def switch_user(self, login: str, password: str) -> Actor:
        """Sign another person in on the open record.

        Raises:
            WrongPasswordError: user and password do not fit.
        """
        self.vault.unlock(login, password)
        self.actor = self.store.write(SYSTEM, _sign_in, login).result()
        return self.actor

    def save_vault(self, vault: vaults.Vault) -> None:
        """Keep a changed vault."""
        self.vault = vaults.save(vault, self.data_dir.vault)

    def close(self) -> None:
        """Finish all work and let go of the folder."""
        self.store.close()
        self.lock.release()


def exists(data_dir: DataDir) -> bool:
    """Whether a clinic lives in this folder."""
    return data_dir.vault.exists() or data_dir.database.exists()


def create(
    data_dir: DataDir,
    new: NewClinic,
    clock: Clock | None = None,
    cost: vaults.KdfCost | None = None,
) -> Clinic:
    """Make a clinic in an empty folder and sign its owner in.

    Raises:
        SetupError: there already is one.
        ValidationError: the password is too short.
        StorageError: the folder cannot be used.
    """
    vaults.check_password(new.password)
    lock = _take_folder(data_dir)
    try:
        _refuse_occupied(data_dir)
        clock = clock or SystemClock()
        key, user_id = vaults.new_database_key(), clock.new_id()
        vault = vaults.Vault(clock.new_id(), name=new.practice)
        vault = vault.with_user(key, user_id, new.owner_login, new.owner_name, new.password, cost)
        # The vault first: a file whose key was lost in a power cut would be a file of nobody.
        vault = vaults.save(vault, data_dir.vault)
        store = create_store(data_dir.database, key, clock, platform.node())
        actor = store.write(SYSTEM, _begin_practice, new, user_id).result()
        remember(data_dir, language=new.language)
        return Clinic(data_dir, store, vault, key, actor, lock)
    except BaseException:
        lock.release()
        raise


def _refuse_occupied(data_dir: DataDir) -> None:
    if exists(data_dir):
        raise SetupError(
            _("There already is a clinic in this folder."),
            kept=_("Nothing was changed."),
            hint=_("Open it, or choose an empty folder."),
            place=str(data_dir.root),
        )


def open_clinic(data_dir: DataDir, login: str, password: str, clock: Clock | None = None) -> Clinic:
    """Unlock and open the clinic of a folder.

    Raises:
        SetupError: there is none.
        WrongPasswordError, InUseError, DatabaseDamagedError, NewerDatabaseError, StorageError.
    """
    if not exists(data_dir):
        raise SetupError(
            _("There is no clinic in this folder yet."),
            hint=_("Make one with “init”, or open the folder of your clinic."),
            place=str(data_dir.root),
        )
    lock = _take_folder(data_dir)
    try:
        vault = vaults.load(data_dir.vault)
        key = vault.unlock(login, password)
        store = open_store(data_dir.database, key, clock or SystemClock())
        actor = store.write(SYSTEM, _sign_in, login).result()
        return Clinic(data_dir, store, vault, key, actor, lock)
    except BaseException:
        lock.release()
        raise


def _take_folder(data_dir: DataDir) -> FolderLock:
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
    return lock


def _begin_practice(uow: UnitOfWork, new: NewClinic, user_id: uuid.UUID) -> Actor:
    practice = Practice(
        name=new.practice,
        language=new.language,
        country=new.country,
        currency=new.currency,
        time_zone=new.time_zone,
        is_sample=new.is_sample,
    )
    doctor = Practitioner(name=new.owner_name, family=new.owner_name, is_staff=True)
    uow.add(practice, doctor)
    user = AppUser(
        id=user_id,
        login=new.owner_login,
        name=new.owner_name,
        roles=["owner", "doctor"],
        practitioner_id=doctor.id,
    )
    uow.add(user)
    return _actor(user)


def _sign_in(uow: UnitOfWork, login: str) -> Actor:
    users = uow.session.scalars(select(AppUser).where(AppUser.is_active)).all()
    wanted = login.strip().casefold()
    user = next((each for each in users if each.login.casefold() == wanted), None)
    if user is None:
        raise WrongPasswordError(
            _("This person may not sign in any more."), hint=_("Ask the owner of the practice.")
        )
    uow.actor = _actor(user)
    uow.audit("session.sign-in")
    return uow.actor


def _actor(user: AppUser) -> Actor:
    return Actor(user.id, user.login, user.name, tuple(user.roles), user.practitioner_id)


def _language(reads: ReadSession, language: str) -> Language:
    practice = reads.session.scalar(select(Practice).limit(1))
    if practice is None:
        raise NotFoundError(_("The practice has not been set up."))
    return Language(language or practice.language, practice.country, practice.time_zone)


def remembered(data_dir: DataDir) -> dict[str, Any]:
    """Choices of this PC that are needed before unlock: language, theme. Never patient data."""
    try:
        found = json.loads(data_dir.local_settings.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def remember(data_dir: DataDir, **choices: str | int | bool) -> None:
    """Keep such choices; failing to is not worth stopping for."""
    try:
        content = json.dumps(remembered(data_dir) | choices, indent=1)
        data_dir.local_settings.write_text(content, "utf-8")
    except OSError as error:
        raise StorageError(_("The settings of this PC cannot be written.")) from error


def speak(data_dir: DataDir) -> None:
    """Speak the language this PC was last used in, before anyone has signed in."""
    i18n.use(Language(str(remembered(data_dir).get("language", "en"))))


__all__ = ["Clinic", "ClinicError", "NewClinic", "create", "exists", "open_clinic"]
