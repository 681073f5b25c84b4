"""The keys of one data folder while it is open, and every change to who may open it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from clinic_desktop.config import DataDir
from clinic_desktop.domain.passwords import LEAST
from clinic_desktop.errors import DeviceSecretError, StorageError, WrongPasswordError
from clinic_desktop.i18n import _
from clinic_desktop.security import device_secret, vault, vault_file
from clinic_desktop.security.device_secret import DeviceSecret
from clinic_desktop.security.membership import Membership
from clinic_desktop.security.password_rules import LEAST_ALONE
from clinic_desktop.security.primitives import Identity, KdfCost, UnreadableError
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.security.vault import Person, Vault


@dataclass(frozen=True)
class NewOwner:
    """The first person of a practice."""

    user: uuid.UUID
    login: str
    name: str
    password: str


@dataclass
class Keys:
    """What was opened with a password or the recovery sheet, and the file it came from."""

    path: Path
    vault: Vault
    key: bytes = field(repr=False)
    """The record's: 32 bytes and a salt of 16."""
    identity: Identity
    """Of the signed-in person."""
    secret: DeviceSecret
    cost: KdfCost
    coming: bytes | None = field(default=None, repr=False)
    """The record's next key, where rewriting it was cut short: it is under one of the two."""

    @property
    def is_reduced(self) -> bool:
        """Whether this PC's half of the keys lies in a file, for want of a key store."""
        return self.secret.keeping is device_secret.Keeping.FILE

    @property
    def least_password(self) -> int:
        """The fewest characters of a new password at this PC."""
        return LEAST_ALONE if self.is_reduced else LEAST

    def sign_in(self, login: str, password: str) -> None:
        """Put another person's keys in the place of these.

        Raises:
            WrongPasswordError: user and password do not fit.
        """
        opened = self.vault.unlock(login, password, self.secret.secret)
        self.identity = opened.identity or self.identity

    def admit(
        self, user: uuid.UUID, login: str, name: str, password: str,
        fresh: Identity | None = None,
    ) -> Identity:  # fmt: skip
        """Give somebody a way in with new keys, which are returned; an older way in ends.

        Raises:
            ValidationError: the password is too short.
            StorageError: the key file cannot be written.
        """
        fresh = fresh or Identity.new()
        self._put(Person(user, login, name, password, fresh, self.cost))
        return fresh

    def follow(self, state: Membership) -> int:
        """Let nobody in but those of the chain, and nobody more cheaply than its floor.

        Returns how many ways in were taken away: what a crash or somebody else left behind.

        Raises:
            StorageError: the key file cannot be written.
        """
        floor, cost = state.floor, self.cost
        memory, passes = max(floor.memory_kib, cost.memory_kib), max(floor.passes, cost.passes)
        self.cost = KdfCost(memory, passes, cost.lanes)
        people, root = {key: state.ways_in(key) for key in state.people}, state.root.sealing
        left = self.vault.only_for(people, root)
        gone = len(self.vault.boxes) - len(left.boxes) + len(self.vault.slots) - len(left.slots)
        if root and all(each.to != root for each in left.boxes):
            left = left.with_recovery(self.key, root)  # a sheet that was printed at another PC
        if gone or left.recovery != self.vault.recovery or len(left.boxes) != len(self.vault.boxes):
            self._save(left)
        return gone

    def make_dearer(self, login: str, password: str, floor: KdfCost) -> None:
        """Seal a person's keys anew where the practice's floor has risen since.

        Refusing such a way in instead would lock people out, and nobody in: who cannot open it
        cannot make it cheaper either.
        """
        slot = self.vault.slot(login)
        if slot is not None and (
            slot.cost.memory_kib < floor.memory_kib or slot.cost.passes < floor.passes
        ):
            self._put(Person(slot.user, slot.login, slot.name, password, self.identity, self.cost))

    def change_password(self, login: str, old: str, new: str) -> None:
        """The same keys under another password.

        Raises:
            WrongPasswordError: the old one is wrong.
            ValidationError: the new one is too short.
        """
        vault.check_password(new)
        slot = self.vault.slot(login)
        opened = self.vault.unlock(login, old, self.secret.secret)
        if slot is not None:
            identity = opened.identity or Identity.new()
            self._put(Person(slot.user, slot.login, slot.name, new, identity, self.cost))
            self.identity = identity

    def dismiss(self, user: uuid.UUID) -> None:
        """End somebody's way in.

        Raises:
            ValidationError: it is the last one.
        """
        self._save(self.vault.without_person(user))

    def rename(self, name: str) -> None:
        """Show another name of the practice on the lock screen."""
        self._save(self.vault.named(name))

    def add_recovery(self, recovery: RecoveryKey) -> None:
        """Let this sheet open the record too; ``follow`` ends the one before."""
        self._save(self.vault.with_recovery(self.key, recovery.identity.public.sealing))

    def change_key(self, rewrite: Callable[[bytes, bytes], None]) -> None:
        """Give the record another key, so that who knew the old one cannot read it any more.

        The key file holds both until ``rewrite(old, new)`` is through: no moment locks out.

        Raises:
            StorageError: as ``rewrite`` says; the old key stays.
        """
        fresh = vault.new_database_key()
        self._save(self.vault.with_coming(fresh))
        self.coming = fresh
        try:
            rewrite(self.key, fresh)
        except StorageError:
            self.settle(came=False)
            raise
        self.settle(came=True)

    def settle(self, *, came: bool) -> None:
        """Keep only the key that the record is under: the next one if it ``came``."""
        if came and self.coming is not None:
            self.key = self.coming
        self._save(self.vault.settled(came=came))
        self.coming = None

    def save(self) -> None:
        """Write the key file of a new practice.

        Raises:
            StorageError: it cannot be written.
        """
        self._save(self.vault)

    def _put(self, person: Person) -> None:
        self._save(self.vault.with_person(self.key, person, self.secret.secret))

    def _save(self, changed: Vault) -> None:
        self.vault = vault_file.save(changed, self.key, self.path)


def make(
    data_dir: DataDir, clinic: uuid.UUID, device: uuid.UUID, name: str, owner: NewOwner,
    cost: KdfCost,
) -> tuple[Keys, RecoveryKey]:  # fmt: skip
    """The keys of a new practice and its recovery sheet; ``Keys.save`` writes the key file.

    Raises:
        ValidationError: the password is too short.
        StorageError: this PC's secret cannot be kept.
    """
    vault.check_password(owner.password)
    kept = device_secret.make(device, data_dir.device_secret)
    key, identity = vault.new_database_key(), Identity.new()
    person = Person(owner.user, owner.login, owner.name, owner.password, identity, cost)
    recovery = RecoveryKey.new()
    first = Vault(clinic, device, name).with_person(key, person, kept.secret)
    first = first.with_recovery(key, recovery.identity.public.sealing)
    return Keys(data_dir.vault, first, key, identity, kept, cost), recovery


@dataclass(frozen=True)
class Place:
    """The practice that a key file belongs to, and the number of the file."""

    clinic: uuid.UUID
    device: uuid.UUID
    name: str


def take_over(data_dir: DataDir, key: bytes, place: Place, person: Person, root: bytes) -> Keys:
    """The keys of a PC that joined, for a person whose own keys came with it.

    Raises:
        ValidationError: the password is too short.
        StorageError: this PC's secret cannot be kept.
    """
    vault.check_password(person.password)
    kept = device_secret.make(place.device, data_dir.device_secret)
    first = Vault(place.clinic, place.device, place.name).with_person(key, person, kept.secret)
    if root:
        first = first.with_recovery(key, root)
    return Keys(data_dir.vault, first, key, person.identity, kept, person.cost)


def unlock(data_dir: DataDir, login: str, password: str, cost: KdfCost) -> Keys:
    """The keys, by a person's password and this PC's secret.

    A way in of the first format becomes one of today's.

    Raises:
        DeviceSecretError: this PC's half is gone; the recovery sheet opens the record.
        WrongPasswordError, DatabaseDamagedError, NewerDatabaseError.
    """
    found = vault_file.load(data_dir.vault)
    kept = device_secret.find(found.device, data_dir.device_secret)
    if kept is None and found.is_first_format:
        kept = device_secret.make(found.device, data_dir.device_secret)
    if kept is None:
        raise DeviceSecretError(
            _("This PC's half of the key is missing from the system's key store."),
            kept=_("The record is whole; nothing was changed."),
            hint=_("Open it with the recovery sheet, and choose a new password."),
        )
    opened = found.unlock(login, password, kept.secret)
    keys = Keys(data_dir.vault, found, opened.key, opened.identity or Identity.new(), kept, cost)
    if opened.identity is not None:
        keys.coming = found.open_coming(opened.identity)
    slot = found.slot(login)
    if opened.identity is None and slot is not None:
        keys.identity = keys.admit(slot.user, slot.login, slot.name, password)
    return keys


def check_sheet(data_dir: DataDir, recovery: RecoveryKey) -> None:
    """Whether a recovery sheet opens the record; nothing is changed.

    Raises:
        WrongPasswordError: it is not the newest sheet of this practice.
        DatabaseDamagedError, NewerDatabaseError.
    """
    _opened_by(vault_file.load(data_dir.vault), recovery)


def recover(data_dir: DataDir, recovery: RecoveryKey, cost: KdfCost) -> Keys:
    """The keys, by the recovery sheet alone; nobody is signed in yet.

    This PC gets a new secret, so every other password of this PC ends: each person's is set anew.

    Raises:
        WrongPasswordError: it is not this practice's sheet.
        DatabaseDamagedError, NewerDatabaseError, StorageError.
    """
    found = vault_file.load(data_dir.vault)
    key, coming = _opened_by(found, recovery), found.open_coming(recovery.identity)
    kept = device_secret.find(found.device, data_dir.device_secret)
    if kept is None:
        kept = device_secret.make(found.device, data_dir.device_secret)
        found = found.without_slots()
    return Keys(data_dir.vault, found, key, Identity.new(), kept, cost, coming)


def _opened_by(found: Vault, recovery: RecoveryKey) -> bytes:
    try:
        return found.open_box(recovery.identity)
    except UnreadableError:
        raise WrongPasswordError(
            _("This recovery sheet does not belong to this record."),
            kept=_("Nothing was changed."),
            hint=_("A newer sheet may have been printed since; look for the newest one."),
        ) from None
