"""What a backup file says of itself: in the clear who may open it, sealed what is in it."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal

from msgspec import Struct

from clinic_desktop.db.facts import Facts
from clinic_desktop.security.vault import Vault

FORMAT: Final = "clinic-backup"
VERSION: Final = 1


class Head(Struct, frozen=True, forbid_unknown_fields=True):
    """Readable without a key; nobody's name is in it but the owners' sign-in names."""

    ways: Vault
    """The owners' ways in and the recovery sheet's, to the key of this backup."""
    format: str = FORMAT
    version: Literal[1] = 1
    alg: Literal[1] = 1
    """1: SQLCipher 4 pages, and XChaCha20-Poly1305 for what is not pages."""


class Part(Struct, frozen=True):
    """One file in the backup, in the order of their places."""

    name: str
    """Relative to the data folder, with ``/``."""
    size: int
    """Bytes in the backup file."""
    sha256: bytes
    """Of those bytes."""


class Manifest(Struct, frozen=True):
    """Everything that a restored copy is held against."""

    made_at: datetime
    program: str
    practice: str
    record: Part
    files: tuple[Part, ...]
    facts: Facts
