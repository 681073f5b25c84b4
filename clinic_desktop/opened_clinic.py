"""An open clinic and the person at it: signing in, people, keys, backups."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from clinic_desktop.config import DataDir
from clinic_desktop.db import looking
from clinic_desktop.db import membership as chain
from clinic_desktop.db.lock import FolderLock
from clinic_desktop.db.page_seals import broken_seals
from clinic_desktop.db.rekeying import change_key
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import SYSTEM, Actor
from clinic_desktop.errors import ClinicError, ReadOnlyError, WrongPasswordError
from clinic_desktop.i18n import Language, _
from clinic_desktop.practice_language import language_of
from clinic_desktop.security import keys as keyring
from clinic_desktop.security.attempts import Attempts
from clinic_desktop.security.keys import Keys
from clinic_desktop.security.membership_entries import Person as PersonInChain
from clinic_desktop.security.membership_entries import Rules
from clinic_desktop.security.password_rules import check_new
from clinic_desktop.security.pins import Returning, looks_like
from clinic_desktop.security.primitives import Identity
from clinic_desktop.security.recovery_drill import Drill
from clinic_desktop.security.recovery_key import RecoveryKey
from clinic_desktop.services import membership, own_code, own_pin, people, practice
from clinic_desktop.services.access import require, require_password
from clinic_desktop.services.audit.events import note_lock, note_refusals
from clinic_desktop.services.backups.making import SUFFIX, Backup, Source, Tell, back_up, free_path
from clinic_desktop.services.backups.upgrade import made_before
from clinic_desktop.signing_in import let_in_by_sheet, let_sign_in, sign_in
from clinic_desktop.this_pc import lock_minutes, remember

P = ParamSpec("P")
T = TypeVar("T")


def _in_turn(action: Callable[Concatenate[Clinic, P], T]) -> Callable[Concatenate[Clinic, P], T]:
    """One after the other, so that no change of the key file undoes another."""

    @wraps(action)
    def held(self: Clinic, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with self._turn:
            return action(self, *args, **kwargs)

    return held


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
    rules: Rules = field(default_factory=Rules)
    """What the practice demanded at the last sign-in."""
    lacks_code: bool = False
    """Whether the person has to switch on a code before anything else."""
    _turn: threading.RLock = field(default_factory=threading.RLock, init=False, repr=False)
    """Record and key file change together: one such change at a time, whoever asks."""

    @property
    def attempts(self) -> Attempts:
        """The count of wrong passwords."""
        return Attempts(self.data_dir.attempts, self.store.clock)

    def language(self, language: str = "") -> Language:
        """The person's language, or another one, in the clinic's formats."""
        return self.store.read(self.actor, language_of, language).result()

    @_in_turn
    def switch_user(self, login: str, password: str, code: str = "") -> Actor:
        """Sign another person in on the open record.

        Whoever was here in the last hours is not asked for the code of the second factor again.

        Raises:
            WrongPasswordError: user and password do not fit.
            CodeNeededError, WrongCodeError, TooManyAttemptsError: nobody was signed in.
        """
        before, slot = self.keys.identity, self.keys.vault.slot(login)
        was_here = slot is not None and self.returning.may(slot.user, self.store.clock.uptime())
        try:
            with self.attempts.counted(login):
                self.keys.sign_in(login, password)
            asked = None if was_here else code
            found = let_sign_in(self.store, self.keys, self.attempts, login, password, asked)
            self._came(found)
        except BaseException:
            self.keys.identity = before
            raise
        finally:
            self._tell_failures()
        self._remember()
        return self.actor

    def _tell_failures(self) -> None:
        """Put what failed at signing in into the log, from whichever program."""
        logins = [slot.login for slot in self.keys.vault.slots]
        if failed := self.attempts.untold(logins):
            with suppress(ClinicError):  # a record that takes nothing: a later sign-in does
                self.store.write(SYSTEM, note_refusals, failed).result()
                self.attempts.told()

    def __post_init__(self) -> None:
        """Whoever opened the record may come back with a PIN."""
        self._remember()
        self._tell_failures()

    def _remember(self) -> None:
        if self.actor.user_id is not None:
            self.store.proofs.gave(self.actor.user_id)
            uptime = self.store.clock.uptime()
            self.returning.remember(self.actor.user_id, self.keys.identity, uptime)

    def prove_password(self, password: str) -> None:
        """Give the signed-in person's password again, for what asks for a fresh one.

        Raises:
            WrongPasswordError, TooManyAttemptsError: it counts as any other attempt.
        """
        user, login = self.actor.user_id, self.actor.login
        try:
            with self.attempts.counted(login):
                self.keys.vault.unlock(login, password, self.keys.secret.secret)
        finally:
            self._tell_failures()
        if user is not None:
            self.store.proofs.gave(user)

    def leave(self) -> None:
        """The desk was hidden: whoever comes back with a PIN has not given the password."""
        if self.actor.user_id is not None:
            self.store.proofs.forget(self.actor.user_id)
        self.store.write(self.actor, note_lock)

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

    def enter(self, login: str, typed: str, code: str = "") -> Actor:
        """Sign somebody in with what was typed: the password, or the PIN where it counts.

        Raises:
            WrongPasswordError, CodeNeededError, WrongCodeError, TooManyAttemptsError: nobody was
                signed in.
        """
        if looks_like(typed) and login in self.logins_with_pin():
            return self.come_back(login, typed)
        return self.switch_user(login, typed, code)

    @_in_turn
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
        try:
            self.keys.identity = self.returning.come_back(slot.user, pin, kept[slot.user], uptime)
        except WrongPasswordError:
            with suppress(ClinicError):  # it is refused in any case
                self.store.write(SYSTEM, note_refusals, {login: 1}).result()
            raise
        try:
            found = sign_in(self.store, self.keys, login, None)
        except BaseException:
            self.keys.identity = before
            raise
        return self._came(found)

    def _came(self, found: membership.SignedIn) -> Actor:
        self.actor, self.rules, self.lacks_code = found.actor, found.rules, found.lacks_code
        return self.actor

    def lock_minutes(self) -> int:
        """Minutes without a touch after which the window of this PC locks."""
        return lock_minutes(self.data_dir, len(self.keys.vault.slots), self.rules.lock_minutes)

    @_in_turn
    def set_rules(self, rules: Rules, seen: Rules | None = None) -> None:
        """Demand something else of everybody; ``seen`` is what the form showed before.

        Raises:
            PermissionDeniedError, PasswordAgainError, RuleError, StaleError: nothing was changed.
        """
        self._write(membership.set_rules, rules, self.keys.identity, seen)
        self.rules = rules

    @_in_turn
    def add_person(self, new: people.NewPerson, password: str) -> uuid.UUID:
        """Enter a person who can sign in from now on.

        Raises:
            PermissionDeniedError, ValidationError: as in ``people.add_person``.
        """
        login = practice.short_name("login", new.login)
        name = practice.short_name("name", new.name)
        self._check_password(password, login, name)
        new, fresh = replace(new, login=login, name=name), Identity.new()
        user_id = self._write(people.add_person, new, self.keys.identity, fresh.public)
        self.keys.admit(user_id, login, name, password, fresh)
        return user_id

    @_in_turn
    def set_password(self, person: people.Person, password: str) -> None:
        """Give somebody a new password, as the owner may for one who forgot it.

        Raises:
            PermissionDeniedError, NotFoundError, ValidationError: nothing was changed.
        """
        require(self.actor, "user.approve")
        self._check_password(password, person.login, person.name)
        fresh = Identity.new()
        self._write(people.renew_keys, person.id, self.keys.identity, fresh.public)
        self.keys.admit(person.id, person.login, person.name, password, fresh)
        self.attempts.forgive(person.login)
        self.returning.forget(person.id)
        if person.id == self.actor.user_id:
            self.keys.identity = fresh

    @_in_turn
    def let_in(self, person: PersonInChain, password: str, identity: Identity) -> None:
        """Give a person of the practice a way in here with the keys that came from another PC.

        Whoever is signed in here with keys of before goes on with these at once.

        Raises:
            ValidationError, StorageError: nobody was let in.
        """
        self.keys.admit(person.id, person.login, person.name, password, identity)
        self.returning.forget(person.id)
        if person.id == self.actor.user_id:
            self.keys.identity = identity

    def switch_code_off(self, person: people.Person) -> None:
        """Ask somebody for no code any more who lost the phone.

        Raises:
            PermissionDeniedError, NotFoundError: nothing was changed.
        """
        self._write(own_code.switch_off_for, person.id)
        self.attempts.forgive(person.login)

    @_in_turn
    def change_roles(
        self, user_id: uuid.UUID, roles: tuple[str, ...], seen: tuple[str, ...] | None = None
    ) -> None:
        """Give a person other roles; they hold from the next sign-in on.

        Raises:
            PermissionDeniedError, NotFoundError, ValidationError, StaleError: as in the record.
        """
        self._write(people.change_roles, user_id, roles, self.keys.identity, seen)

    @_in_turn
    def change_password(self, old: str, new: str) -> None:
        """Change the signed-in person's own password.

        Raises:
            WrongPasswordError: the old one is wrong.
            ValidationError: the new one is too short.
        """
        self.store.gate.check()
        looking.check(self.actor)
        self._check_password(new, self.actor.login, self.actor.name)
        with self.attempts.counted(self.actor.login):
            self.keys.change_password(self.actor.login, old, new)

    @_in_turn
    def retire_person(
        self, user_id: uuid.UUID, prepare: Callable[[], object] = lambda: None
    ) -> None:
        """End a person's right to sign in, and change the record's key, which the person may know.

        ``prepare`` sees to a backup before the key; the person is out before it begins. The last
        owner stays. Copies made before stay readable with the key of their time.

        Raises:
            PermissionDeniedError, NotFoundError, ValidationError: as in the record.
            StorageError: the person is out, but the key is still the old one; it is changed at the
                next sign-in of an owner.
        """
        self._write(people.retire_person, user_id, self.keys.identity)
        self.returning.forget(user_id)
        self.keys.dismiss(user_id)
        prepare()
        self.change_key()

    @_in_turn
    def change_key(self) -> None:
        """Write the whole record under another key; about 5 s for 200 MB.

        Raises:
            PermissionDeniedError: not the owner.
            StorageError: the disk does not let us; nothing was changed.
        """
        require(self.actor, "user.approve")
        self.store.gate.check()
        self.keys.change_key(lambda old, new: change_key(self.store, old, new))
        self._write(people.note_new_key)

    @_in_turn
    def broken_seals(self) -> list[str]:
        """What SQLCipher says of broken pages while nobody writes, and no key changes.

        Raises:
            DatabaseDamagedError, StorageError: the record cannot even be opened.
        """
        path = self.data_dir.database
        return self.store.alone(lambda: broken_seals(path, self.keys.key), writes=False).result()

    @_in_turn
    def rename(self, name: str) -> None:
        """Show another name of the practice on the lock screen."""
        self.store.gate.check()
        self.keys.rename(name)

    @_in_turn
    def use_recovery(self, recovery: RecoveryKey) -> None:
        """Let this recovery sheet, now on paper, open the record, and no earlier one.

        Raises:
            PermissionDeniedError: not the owner.
            StorageError: the key file cannot be written; the sheet before stays good.
        """
        require(self.actor, "user.approve")
        require_password(self.actor, self.store.proofs)
        self.store.gate.check()
        self.store.read(SYSTEM, chain.refuse_earlier, self.keys.identity).result()
        # Both sheets open the record until the chain knows the new one: no crash locks out.
        self.keys.add_recovery(recovery)
        drill = Drill.of(recovery, self.keys.cost)
        self._write(people.renew_recovery, self.keys.identity, recovery.identity, drill)
        state = self.store.read(SYSTEM, chain.current).result()
        if state is not None:
            self.keys.follow(state)
        self.recovery = None

    @_in_turn
    def switch_by_recovery(self, recovery: RecoveryKey, login: str, password: str) -> Actor:
        """Let an owner who forgot the password in at the open record, with a new one.

        Raises:
            WrongPasswordError, ValidationError, StorageError: as in ``recover``.
        """
        self._check_password(password, login)
        keyring.check_sheet(self.data_dir, recovery)
        self.actor = let_in_by_sheet(
            self.data_dir, self.store, self.keys, recovery, login, password
        )
        return self.actor

    def back_up(self, target: Path, tell: Tell, actor: Actor | None = None) -> Backup:
        """Make a backup, bring it back on trial, and remember when.

        ``target`` is the new file, or the folder in which the file gets its own name.

        Raises:
            PermissionDeniedError, StorageError, DatabaseDamagedError, StoppedError: see
            ``services.backups.making``.
            ReadOnlyError: the record is still coming.
        """
        self.store.gate.refuse_a_part()
        staff = self.store.read(SYSTEM, people.everybody).result()
        owners = [each.id for each in staff if each.is_active and "owner" in each.roles]
        now = self.store.clock.now()
        if target.suffix != SUFFIX:
            target = free_path(target, self.keys.vault.device, now)
        source = Source(self.data_dir, self.keys.key, self.keys.vault, owners, now)
        made = back_up(actor or self.actor, source, target, tell)
        remember(self.data_dir, backup_at=now.isoformat())
        return made

    @property
    def backup_before_upgrade(self) -> Path | None:
        """The way back where a newer program has brought the record to its version."""
        gate = self.store.gate
        is_newer = isinstance(gate.refusal, ReadOnlyError) and not gate.passes
        return made_before(self.data_dir) if is_newer else None

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
