"""The vault file of one PC: who may open its record, and with what.

The record's key (48 bytes: the raw SQLCipher key and its salt) is random and of this PC alone. It
is sealed to the public key of each person and of the recovery sheet (``boxes``). A person's
private keys are sealed with the password, stretched by Argon2id, together with the device secret
(``slots``): neither the password nor a copy of the data folder opens anything alone.

The whole file is authenticated under a key made from the record's key, so that a slot put back
from an older file is found at unlock. A file of version 1 (a password alone sealed the record's
key itself) still opens; each person's slot becomes one of today's at the next sign-in.
"""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from clinic_desktop.errors import (
    DatabaseDamagedError,
    ValidationError,
    WrongPasswordError,
)
from clinic_desktop.i18n import _
from clinic_desktop.security import primitives as crypto
from clinic_desktop.security.primitives import Identity, KdfCost, UnreadableError

FORMAT: Final = "clinic-vault"
VERSION: Final = 2
PASSWORD_ALONE = 1
"""The algorithm of slots in files of version 1; today's is 2."""
MAX_SLOTS = 1000
"""As many as there can be people in the membership; the file is read within limits."""
PASSWORD_MIN, PASSWORD_MAX = 8, 128
Salt = Annotated[bytes, Meta(min_length=crypto.SALT_BYTES, max_length=crypto.SALT_BYTES)]
Key = Annotated[bytes, Meta(min_length=crypto.KEY_BYTES, max_length=crypto.KEY_BYTES)]
KeyBytes = Annotated[bytes, Meta(max_length=1024)]
"""A key, or a few sealed ones with their nonce: 104 bytes at most today."""
Name = Annotated[str, Meta(max_length=1000)]
"""Of a person; what is typed is shorter (``practice.short_name``)."""


class Slot(Struct, frozen=True):
    """One person's way in, and what the lock screen may show of the person."""

    user: uuid.UUID
    login: Name
    name: Name
    cost: KdfCost
    salt: Salt
    sealed: KeyBytes
    """The person's private keys, or the record's key in algorithm 1; nonce and ciphertext."""
    to: KeyBytes = b""
    """The X25519 key that the person's box is sealed to; none in algorithm 1."""
    alg: Literal[1, 2] = 2


class Box(Struct, frozen=True):
    """The record's key, sealed to somebody's X25519 key."""

    to: Key
    sealed: KeyBytes


Boxes = Annotated[tuple[Box, ...], Meta(max_length=2 * MAX_SLOTS)]


class Opened(Struct, frozen=True):
    """What a password opens."""

    key: bytes
    identity: Identity | None
    """None by a slot of algorithm 1."""

    def __repr__(self) -> str:  # never a key in a log or a crash report
        return "Opened(…)"


class Vault(Struct, frozen=True, forbid_unknown_fields=True):
    """All ways into the record of one data folder."""

    clinic: uuid.UUID
    device: uuid.UUID
    name: str = ""
    """The practice's name, for the lock screen."""
    generation: int = 0
    slots: Annotated[tuple[Slot, ...], Meta(max_length=MAX_SLOTS)] = ()
    boxes: Boxes = ()
    recovery: KeyBytes = b""
    """The X25519 key of the newest recovery sheet; none in a file that was of version 1."""
    coming: Boxes = ()
    """The record's next key, sealed to the same people, while the record is being rewritten."""
    mac: KeyBytes = b""
    format: str = FORMAT
    version: Literal[1, 2] = 2
    """1 until a file of version 1 is written anew."""

    def slot(self, login: str) -> Slot | None:
        """The slot of a login, without regard to case."""
        wanted = login.strip().casefold()
        return next((slot for slot in self.slots if slot.login.casefold() == wanted), None)

    @property
    def is_first_format(self) -> bool:
        """Whether this file was written before there were device secrets."""
        return self.version == 1

    def unlock(self, login: str, password: str, device_secret: bytes) -> Opened:
        """The record's key and the person's private keys.

        Raises:
            WrongPasswordError: the same answer for an unknown user, a wrong password and a wrong
                device secret.
            DatabaseDamagedError: the file was changed by somebody who could not open it.
        """
        slot = self.slot(login)
        probe = slot or self._decoy(login)
        wrapping = self._wrapping(probe, password, device_secret)
        try:
            opened = crypto.unseal(wrapping, probe.sealed, self._header(probe))
            if probe.alg == PASSWORD_ALONE:
                self._check(opened)
                return Opened(opened, None)
            identity = Identity.from_bytes(opened)
            return Opened(self.open_box(identity), identity)
        except UnreadableError:
            raise WrongPasswordError(
                _("User and password do not fit together."),
                hint=_("Check the keyboard layout and Caps Lock, then try again."),
            ) from None

    def open_coming(self, identity: Identity) -> bytes | None:
        """The record's next key; ``None`` where the record is not being rewritten.

        Raises:
            UnreadableError: it is not sealed to these keys.
        """
        if not self.coming:
            return None
        mine = identity.public.sealing
        box = next((each for each in self.coming if each.to == mine), None)
        if box is None:
            raise UnreadableError
        return crypto.unseal_mine(identity, box.sealed, _box_header(self, mine))

    def with_coming(self, key: bytes) -> Vault:
        """A vault that opens with both keys: the record may be written under either.

        A slot of version 1 holds the key itself and ends here: its person needs a new password.
        """
        to = tuple(each.to for each in self.boxes)
        made = tuple(Box(each, crypto.seal_to(each, key, _box_header(self, each))) for each in to)
        slots = tuple(each for each in self.slots if each.alg != PASSWORD_ALONE)
        return replace(self, slots=slots, coming=made)

    def settled(self, *, came: bool) -> Vault:
        """A vault with one key again: the next one if it ``came``, else the one before."""
        return replace(self, boxes=self.coming if came else self.boxes, coming=())

    def open_box(self, identity: Identity) -> bytes:
        """The record's key, by private keys alone: a person's, or the recovery sheet's.

        Raises:
            UnreadableError: nothing here is sealed to these keys.
            DatabaseDamagedError: the file was changed by somebody who could not open it.
        """
        mine = identity.public.sealing
        box = next((each for each in self.boxes if each.to == mine), None)
        if box is None:
            raise UnreadableError
        key = crypto.unseal_mine(identity, box.sealed, _box_header(self, mine))
        self._check(key)
        return key

    def _check(self, key: bytes) -> None:
        whole = self.is_first_format or crypto.same(self.mac, _mac(self, key))
        if not whole:
            raise DatabaseDamagedError(
                _("The key file was changed from outside."),
                kept=_("The record file was not touched."),
                hint=_("Put back vault.json from a backup; vault.json.previous is the one before."),
            )

    def with_person(self, key: bytes, who: Person, device_secret: bytes) -> Vault:
        """A vault that this person's password opens; an older way in is replaced.

        Raises:
            ValidationError: the password is too short or too long.
        """
        check_password(who.password)
        to, salt = who.identity.public.sealing, secrets.token_bytes(crypto.SALT_BYTES)
        blank = Slot(who.user, who.login, who.name, who.cost, salt, b"", to)
        wrapping = self._wrapping(blank, who.password, device_secret)
        sealed = crypto.seal(wrapping, bytes(who.identity), self._header(blank))
        others = self._without(who.user)
        kept = replace(others, slots=(*others.slots, replace(blank, sealed=sealed)))
        return _with_box(kept, key, to)

    def with_recovery(self, key: bytes, to: bytes) -> Vault:
        """A vault that the recovery sheet with this X25519 key opens too; see ``only_for``."""
        return _with_box(replace(self, recovery=to), key, to)

    def only_for(self, people: Mapping[uuid.UUID, Collection[bytes]], root: bytes) -> Vault:
        """A vault that opens for these people's X25519 keys and this sheet, and nobody else.

        A slot of version 1 has no such key; it stays for a person who has none either.
        """
        slots = tuple(each for each in self.slots if each.to in people.get(each.user, ()))
        to = {*(each.to for each in slots), root}
        boxes = tuple(each for each in self.boxes if each.to in to)
        return replace(self, slots=slots, boxes=boxes, recovery=root)

    def without_person(self, user: uuid.UUID) -> Vault:
        """A vault that this person can no longer open; the last way in is never taken away.

        Raises:
            ValidationError: it is the last person.
        """
        left = self._without(user)
        if not left.slots:
            raise ValidationError("user", _("The last person who can sign in cannot be removed."))
        return left

    def without_slots(self) -> Vault:
        """A vault that only the recovery sheet opens."""
        boxes = tuple(each for each in self.boxes if each.to == self.recovery)
        return replace(self, slots=(), boxes=boxes)

    def named(self, name: str) -> Vault:
        """A vault with another name of the practice."""
        return replace(self, name=name)

    def _without(self, user: uuid.UUID) -> Vault:
        gone = {each.to for each in self.slots if each.user == user}
        slots = tuple(each for each in self.slots if each.user != user)
        return replace(self, slots=slots, boxes=tuple(b for b in self.boxes if b.to not in gone))

    def finished(self, key: bytes) -> Vault:
        """The next generation, authenticated; what ``save`` writes."""
        following = replace(self, generation=self.generation + 1, version=VERSION)
        return replace(following, mac=_mac(following, key))

    def _decoy(self, login: str) -> Slot:
        """An unknown name costs the time of somebody's wrong password, and the same each time."""
        costs = [slot.cost for slot in self.slots if slot.alg != PASSWORD_ALONE] or [KdfCost()]
        cost = costs[
            crypto.digest(login.strip().casefold().encode("utf-8", "replace"))[0] % len(costs)
        ]
        return Slot(uuid.UUID(int=0), login, "", cost, bytes(16), bytes(24 + 64 + 16), bytes(32))

    def _wrapping(self, slot: Slot, password: str, device_secret: bytes) -> bytes:
        stretched = crypto.stretch(password, slot.salt, slot.cost)
        if slot.alg == PASSWORD_ALONE:
            return stretched
        return crypto.expand(stretched + device_secret, self._header(slot), slot.salt)

    def _header(self, slot: Slot) -> bytes:
        """What a slot is tied to: changing any of it makes the slot unreadable."""
        cost = [slot.cost.memory_kib, slot.cost.passes, slot.cost.lanes]
        if slot.alg == PASSWORD_ALONE:
            first = [FORMAT, 1, str(self.clinic), str(slot.user), slot.login, slot.alg]
            return json.dumps([*first, *cost, slot.salt.hex()], separators=(",", ":")).encode()
        place = [FORMAT, slot.alg, self.clinic, self.device, slot.user, slot.login, slot.to]
        return msgspec.json.encode([*place, *cost, slot.salt])


@dataclass(frozen=True)
class Person:
    """Somebody who is to get a way in."""

    user: uuid.UUID
    login: str
    name: str
    password: str
    identity: Identity
    cost: KdfCost


def _with_box(vault: Vault, key: bytes, to: bytes) -> Vault:
    box = Box(to, crypto.seal_to(to, key, _box_header(vault, to)))
    return replace(vault, boxes=(*(each for each in vault.boxes if each.to != to), box))


def _box_header(vault: Vault, to: bytes) -> bytes:
    return msgspec.json.encode([FORMAT, "box", vault.clinic, vault.device, to])


def _mac(vault: Vault, key: bytes) -> bytes:
    fields = {name: getattr(vault, name) for name in vault.__struct_fields__} | {"mac": b""}
    if not vault.coming:  # files from before there was such a thing have their sum without it
        del fields["coming"]
    plain = msgspec.json.encode(fields)
    return crypto.keyed_digest(crypto.expand(key, b"clinic-desktop/v1/vault-file"), plain)


def check_password(password: str) -> None:
    """Refuse a password that is too short; any characters are fine.

    Raises:
        ValidationError: fewer than eight or more than 128 characters.
    """
    if len(password) > PASSWORD_MAX:
        raise ValidationError(
            "password",
            _("A password has at most {count} characters.").format(count=PASSWORD_MAX),
        )
    if len(password) < PASSWORD_MIN:
        raise ValidationError(
            "password",
            _("A password has at least {count} characters.").format(count=PASSWORD_MIN),
            hint=_("A short sentence is easy to remember and hard to guess."),
        )


def new_database_key() -> bytes:
    """A random 256-bit key with its 128-bit salt."""
    return secrets.token_bytes(48)
