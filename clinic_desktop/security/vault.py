"""The vault file: the database key, wrapped once for each person by that person's password.

Algorithm 1 is Argon2id over the password (NFC, UTF-8) to a 256-bit key, which seals the 48 bytes
of the raw SQLCipher key with XChaCha20-Poly1305; the header of the slot is authenticated with it.
The file is replaced as a whole and the generation before is kept as ``vault.json.previous``.
"""

from __future__ import annotations

import base64
import json
import secrets
import unicodedata
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from argon2.low_level import Type, hash_secret_raw
from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import CryptoError

from clinic_desktop.errors import (
    DatabaseDamagedError,
    NewerDatabaseError,
    StorageError,
    ValidationError,
    WrongPasswordError,
)
from clinic_desktop.files import replace_file
from clinic_desktop.i18n import _

FORMAT, VERSION = "clinic-vault", 1
ALG_ARGON2ID_XCHACHA = 1
MAX_BYTES = 1 << 20
PASSWORD_MIN, PASSWORD_MAX = 8, 128
KEY_BYTES, SALT_BYTES, NONCE_BYTES = 48, 16, 24
SEALED_BYTES = KEY_BYTES + 16
_FLOOR_KIB, _CEILING_KIB = 32 * 1024, 1024 * 1024
_FLOOR_PASSES, _CEILING_PASSES, _CEILING_LANES = 2, 10, 8


@dataclass(frozen=True)
class KdfCost:
    """What one guess costs: memory in KiB, passes, lanes."""

    memory_kib: int = 64 * 1024
    passes: int = 3
    lanes: int = 1


@dataclass(frozen=True)
class Slot:
    """One person's way in, and what the lock screen may show of the person."""

    user_id: uuid.UUID
    login: str
    name: str
    alg: int
    cost: KdfCost
    salt: bytes
    nonce: bytes
    sealed: bytes

    def header(self, clinic: uuid.UUID) -> bytes:
        """The authenticated part: changing any of it makes the slot unreadable."""
        fields = [FORMAT, VERSION, str(clinic), str(self.user_id), self.login, self.alg]
        fields += [self.cost.memory_kib, self.cost.passes, self.cost.lanes, self.salt.hex()]
        return json.dumps(fields, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Vault:
    """All slots of one data folder."""

    clinic: uuid.UUID
    slots: tuple[Slot, ...] = ()
    generation: int = 0
    name: str = ""
    """The practice's name, for the lock screen."""

    def slot(self, login: str) -> Slot | None:
        """The slot of a login, without regard to case."""
        wanted = login.strip().casefold()
        return next((slot for slot in self.slots if slot.login.casefold() == wanted), None)

    def unlock(self, login: str, password: str) -> bytes:
        """The database key.

        Raises:
            WrongPasswordError: the same answer for an unknown user and a wrong password.
        """
        slot = self.slot(login)
        probe = slot or _decoy(login)
        wrapping = _derive(password, probe.salt, probe.cost)
        try:
            key = crypto_aead_xchacha20poly1305_ietf_decrypt(
                probe.sealed, probe.header(self.clinic), probe.nonce, wrapping
            )
        except CryptoError:
            key = None
        if slot is None or key is None:
            raise WrongPasswordError(
                _("User and password do not fit together."),
                hint=_("Check the keyboard layout and Caps Lock, then try again."),
            )
        return key

    def with_user(
        self,
        key: bytes,
        user_id: uuid.UUID,
        login: str,
        name: str,
        password: str,
        cost: KdfCost | None = None,
    ) -> Vault:
        """A vault in which this person's password opens the key; an older slot is replaced."""
        check_password(password)
        cost = cost or KdfCost()
        slot = Slot(
            user_id, login, name, ALG_ARGON2ID_XCHACHA, cost,
            secrets.token_bytes(SALT_BYTES), secrets.token_bytes(NONCE_BYTES), b"",
        )  # fmt: skip
        sealed = crypto_aead_xchacha20poly1305_ietf_encrypt(
            key, slot.header(self.clinic), slot.nonce, _derive(password, slot.salt, cost)
        )
        others = tuple(each for each in self.slots if each.user_id != user_id)
        return replace(self, slots=(*others, replace(slot, sealed=sealed)))

    def without_user(self, user_id: uuid.UUID) -> Vault:
        """A vault that this person can no longer open; the last slot is never taken away."""
        left = tuple(slot for slot in self.slots if slot.user_id != user_id)
        if not left:
            raise ValidationError("user", _("The last person who can sign in cannot be removed."))
        return replace(self, slots=left)


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


def _derive(password: str, salt: bytes, cost: KdfCost) -> bytes:
    # Bytes of the command line that are no text are a password like any other: a wrong one.
    secret = unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
    return hash_secret_raw(secret, salt, cost.passes, cost.memory_kib, cost.lanes, 32, Type.ID)


def _decoy(login: str) -> Slot:
    # An unknown user costs the same time as a wrong password.
    blank = bytes(SALT_BYTES)
    return Slot(
        uuid.UUID(int=0), login, "", ALG_ARGON2ID_XCHACHA, KdfCost(),
        blank, bytes(NONCE_BYTES), bytes(SEALED_BYTES),
    )  # fmt: skip


def save(vault: Vault, path: Path) -> Vault:
    """Write the vault so that a power cut leaves the old or the new one; returns it as written."""
    vault = replace(vault, generation=vault.generation + 1)
    content = json.dumps(_to_dict(vault), ensure_ascii=False, indent=1).encode()
    try:
        if path.exists():
            replace_file(path.with_name(path.name + ".previous"), path.read_bytes())
        replace_file(path, content)
    except OSError as error:
        raise StorageError(
            _("The key file cannot be written: {reason}").format(reason=error.strerror),
            kept=_("The key file before this change is still in place."),
            place=str(path),
        ) from error
    return vault


def load(path: Path) -> Vault:
    """Read the vault file within limits.

    Raises:
        DatabaseDamagedError: not a vault, or with key-derivation costs outside the allowed range.
        NewerDatabaseError: written by a newer program.
    """
    hint = _("Put back vault.json from a backup; vault.json.previous is the one before.")
    if not path.exists():
        raise DatabaseDamagedError(
            _("The key file is missing."),
            kept=_("The record file was not touched."),
            hint=hint,
            place=str(path),
        )
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES)  # what lies beyond makes it unreadable, as it should
        return _from_dict(json.loads(raw))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DatabaseDamagedError(
            _("The key file cannot be read."),
            kept=_("The record file was not touched."),
            hint=hint,
            place=str(path),
        ) from error


def _to_dict(vault: Vault) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "clinic": str(vault.clinic),
        "name": vault.name,
        "generation": vault.generation,
        "slots": [
            {
                "user": str(slot.user_id),
                "login": slot.login,
                "name": slot.name,
                "alg": slot.alg,
                "kdf": {
                    "memory_kib": slot.cost.memory_kib,
                    "passes": slot.cost.passes,
                    "lanes": slot.cost.lanes,
                    "salt": base64.b64encode(slot.salt).decode(),
                },
                "nonce": base64.b64encode(slot.nonce).decode(),
                "sealed": base64.b64encode(slot.sealed).decode(),
            }
            for slot in vault.slots
        ],
    }


def _from_dict(data: dict[str, Any]) -> Vault:
    if data["format"] != FORMAT:
        raise ValueError(FORMAT)
    if int(data["version"]) > VERSION:
        raise NewerDatabaseError(
            _("The key file was written by a newer version of the program."),
            kept=_("Nothing was changed."),
            hint=_("Install the newer version on this PC."),
        )
    slots = tuple(_slot(each) for each in data["slots"])
    if not slots:
        raise ValueError(slots)
    return Vault(uuid.UUID(data["clinic"]), slots, int(data["generation"]), str(data["name"]))


def _slot(data: dict[str, Any]) -> Slot:
    kdf = data["kdf"]
    cost = KdfCost(int(kdf["memory_kib"]), int(kdf["passes"]), int(kdf["lanes"]))
    sound = (
        data["alg"] == ALG_ARGON2ID_XCHACHA
        and _FLOOR_KIB <= cost.memory_kib <= _CEILING_KIB
        and _FLOOR_PASSES <= cost.passes <= _CEILING_PASSES
        and 1 <= cost.lanes <= _CEILING_LANES
    )
    if not sound:  # a weakened or absurd slot is an attack or damage, never a choice of ours
        raise ValueError(data["alg"])
    texts = (kdf["salt"], data["nonce"], data["sealed"])
    salt, nonce, sealed = (base64.b64decode(each, validate=True) for each in texts)
    lengths = len(salt), len(nonce), len(sealed)
    if lengths != (SALT_BYTES, NONCE_BYTES, SEALED_BYTES):
        raise ValueError(lengths)
    return Slot(
        uuid.UUID(data["user"]), str(data["login"]), str(data["name"]), int(data["alg"]), cost,
        salt, nonce, sealed,
    )  # fmt: skip


def new_database_key() -> bytes:
    """A random 256-bit key with its 128-bit salt."""
    return secrets.token_bytes(KEY_BYTES)
