"""The places of this PC and what became of its last backups: ``backups.json``, no patient data."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import Struct

from clinic_desktop.config import DataDir
from clinic_desktop.errors import StorageError
from clinic_desktop.files import replace_file
from clinic_desktop.i18n import _
from clinic_desktop.services.backups.places import Place

_REMEMBERED, _UPGRADES = 20, 3
_one_at_a_time = threading.RLock()


class Reason(StrEnum):
    """Why a backup was made."""

    BY_HAND = "by-hand"
    HOURLY = "hourly"
    CLOSING = "closing"
    IMPORT = "import"
    MERGE = "merge"
    REKEY = "rekey"
    UPGRADE = "upgrade"


class Result(Struct, frozen=True):
    """What became of one try in one place."""

    at: datetime
    path: str
    """The backup file, or the place where none could be made."""
    reason: Reason
    size: int = 0
    trouble: str = ""
    """Empty when it was verified."""
    schema: int = 0
    """Version of the record before an upgrade."""


class Ledger(Struct):
    """What is remembered on this PC."""

    places: list[Place] = []
    results: list[Result] = []
    """Newest first."""
    sheet: bytes = b""
    """Public key of the recovery sheet that opens the newest backup."""

    rows: int = 0
    """Rows of the newest verified backup."""

    @property
    def last_at(self) -> datetime | None:
        """When the newest verified backup of any place was made."""
        return max((place.last_at for place in self.places if place.last_at), default=None)


def read(data_dir: DataDir) -> Ledger:
    """The ledger; before the first choice the one place is a folder beside the record."""
    try:
        return msgspec.json.decode(data_dir.backup_ledger.read_bytes(), type=Ledger)
    except (OSError, ValueError):
        return Ledger()


def _upgrades(older: list[Result]) -> list[Result]:
    """The way back from an upgrade is not forgotten for the hourly backups after it."""
    return [each for each in older if each.reason is Reason.UPGRADE][:_UPGRADES]


@contextmanager
def changing(data_dir: DataDir) -> Iterator[Ledger]:
    """The ledger to change; kept when the block ends.

    Raises:
        StorageError: it cannot be written.
    """
    with _one_at_a_time:
        found = read(data_dir)
        yield found
        found.results[_REMEMBERED:] = _upgrades(found.results[_REMEMBERED:])
        try:
            replace_file(data_dir.backup_ledger, msgspec.json.encode(found))
        except OSError as error:
            raise StorageError(_("The settings of this PC cannot be written.")) from error
