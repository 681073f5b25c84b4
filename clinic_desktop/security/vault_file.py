"""The vault as a file: read within limits, replaced as a whole."""

from __future__ import annotations

import re
import uuid
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from clinic_desktop.errors import DatabaseDamagedError, NewerDatabaseError, StorageError
from clinic_desktop.files import replace_file
from clinic_desktop.i18n import _
from clinic_desktop.security.primitives import KdfCost
from clinic_desktop.security.vault import (
    FORMAT,
    MAX_SLOTS,
    VERSION,
    KeyBytes,
    Name,
    Salt,
    Slot,
    Vault,
)

MAX_BYTES = 1 << 20
MAX_DEPTH = 6
"""A sound file has lists of objects with an object in each: four levels."""
_MOST_SIGNS = 16 * MAX_SLOTS
_TEXTS = re.compile(rb'(?s)"(?:[^"\\]|\\.)*+(?:"|\\?\Z)')
"""Texts in JSON; an unfinished one counts to the end, so that no bytes are gone through twice."""


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
            return decoded(file.read(MAX_BYTES + 1))
    except (OSError, ValueError, RecursionError) as error:
        raise DatabaseDamagedError(
            _("The key file cannot be read."),
            kept=_("The record file was not touched."),
            hint=hint,
            place=str(path),
        ) from error


def decoded(raw: bytes) -> Vault:
    """The vault in these bytes, which may be anything: size, depth and every value are bounded.

    Raises:
        ValueError, RecursionError: no vault. msgspec's errors are ValueErrors.
        NewerDatabaseError: of a newer program.
    """
    if len(raw) > MAX_BYTES or _depth(raw) > MAX_DEPTH:
        raise ValueError(len(raw))
    if _version(raw) == 1:
        return _from_first(msgspec.json.decode(raw, type=_First))
    return msgspec.json.decode(raw, type=Vault)


def _depth(raw: bytes) -> int:
    """How deep lists and objects lie in each other, texts left out; far too many are too deep."""
    depth = deepest = 0
    signs = re.findall(rb"[\[\]{}]", _TEXTS.sub(b"", raw))
    if len(signs) > _MOST_SIGNS:
        return len(signs)
    for sign in signs:
        depth += 1 if sign in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


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
    login: Name
    name: Name
    alg: Literal[1]
    kdf: _FirstCost
    nonce: KeyBytes
    sealed: KeyBytes


class _First(Struct):
    """The file of version 1."""

    clinic: uuid.UUID
    name: str
    generation: int
    slots: Annotated[list[_FirstSlot], Meta(max_length=MAX_SLOTS)]


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
