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
    signature: bytes = b""
    """Over ``statement``, by the key of the PC that made it, which the record names."""

    def statement(self) -> bytes:
        """What is signed: text that a person can read."""
        parts = (self.record, *self.files)
        lines = (
            "clinic-desktop backup 1",
            f"made {self.made_at.isoformat()}",
            f"schema {self.facts.schema}",
            f"commit {self.facts.log_length}",
            f"chain {self.facts.log_chain.hex()}",
            f"rows {sum(self.facts.counts.values())}",
            *(f"part {part.sha256.hex()} {part.size} {part.name}" for part in parts),
        )
        return ("\n".join(lines) + "\n").encode()
