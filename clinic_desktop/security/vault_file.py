"""The vault as a file: read within limits, replaced as a whole."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from clinic_desktop.errors import DatabaseDamagedError, NewerDatabaseError, StorageError
from clinic_desktop.files import replace_file
from clinic_desktop.i18n import _
from clinic_desktop.security.primitives import KdfCost
from clinic_desktop.security.vault import FORMAT, VERSION, Salt, Slot, Vault

MAX_BYTES = 1 << 20


def save(vault: Vault, key: bytes, path: Path) -> Vault:
    """Write the vault so that a power cut leaves the old or the new one; returns it as written.

    Raises:
        StorageError: the file before this change is still in place.
    """
    vault = vault.finished(key)
    try:
        if path.exists():
            replace_file(path.with_name(path.name + ".previous"), path.read_bytes())
        replace_file(path, msgspec.json.format(msgspec.json.encode(vault), indent=1))
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
        DatabaseDamagedError: not a vault, or with key-derivation costs outside the limits.
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
        version = _version(raw)
        if version == 1:
            return _from_first(msgspec.json.decode(raw, type=_First))
        return msgspec.json.decode(raw, type=Vault)
    except (OSError, ValueError, RecursionError) as error:  # msgspec's errors are ValueErrors
        raise DatabaseDamagedError(
            _("The key file cannot be read."),
            kept=_("The record file was not touched."),
            hint=hint,
            place=str(path),
        ) from error


class _Head(Struct):
    format: str
    version: int


def _version(raw: bytes) -> int:
    head = msgspec.json.decode(raw, type=_Head)
    if head.format != FORMAT:
        raise ValueError(head.format)
    if head.version > VERSION:
        raise NewerDatabaseError(
            _("The key file was written by a newer version of the program."),
            kept=_("Nothing was changed."),
            hint=_("Install the newer version on this PC."),
        )
    return head.version


class _FirstCost(KdfCost, frozen=True, kw_only=True):
    salt: Salt


class _FirstSlot(Struct):
    user: uuid.UUID
    login: str
    name: str
    alg: Literal[1]
    kdf: _FirstCost
    nonce: bytes
    sealed: bytes


class _First(Struct):
    """The file of version 1."""

    clinic: uuid.UUID
    name: str
    generation: int
    slots: list[_FirstSlot]


def _from_first(file: _First) -> Vault:
    slots = (
        Slot(
            each.user, each.login, each.name,
            KdfCost(each.kdf.memory_kib, each.kdf.passes, each.kdf.lanes),
            each.kdf.salt, each.nonce + each.sealed, alg=1,
        )
        for each in file.slots
    )  # fmt: skip
    return Vault(file.clinic, uuid.uuid4(), file.name, file.generation, tuple(slots), version=1)
