"""Where things lie: the data folder of a clinic and the files shipped with the program."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import platformdirs

APP_NAME = "Clinic Desktop"


def program_root() -> Path:
    """The folder that holds ``i18n/`` and ``resources/``, from source or from a built program."""
    bundle = getattr(sys, "_MEIPASS", None)
    return Path(bundle) if bundle else Path(__file__).resolve().parent.parent


def resource(*parts: str) -> Path:
    """A file below ``resources/``."""
    return program_root().joinpath("resources", *parts)


def default_data_dir() -> Path:
    """The data folder of this person on this PC, unless ``CLINIC_DATA_DIR`` names another."""
    named = os.environ.get("CLINIC_DATA_DIR")
    return Path(named) if named else Path(platformdirs.user_data_dir(APP_NAME, appauthor=False))


@dataclass(frozen=True)
class DataDir:
    """The files of one clinic on this PC."""

    root: Path

    @property
    def database(self) -> Path:
        """The encrypted record."""
        return self.root / "clinic.db"

    @property
    def unborn(self) -> Path:
        """The record while it is being made; becomes ``database`` once it is whole."""
        return self.root / "clinic.db.new"

    @property
    def ballast(self) -> Path:
        """Room kept for finishing what is open when the disk is full; holds nothing."""
        return self.root / "ballast"

    @property
    def joining(self) -> Path:
        """The keys of a PC that asked to join by a stick, under its password, until it belongs."""
        return self.root / "joining.wait"

    @property
    def half_joined(self) -> Path:
        """The keys of a PC that was let in, under its password, until its record has come."""
        return self.root / "joining.half"

    @property
    def vault(self) -> Path:
        """The wrapped keys."""
        return self.root / "vault.json"

    @property
    def device_secret(self) -> Path:
        """This PC's half of the keys, where the system has no key store for it."""
        return self.root / "device.secret"

    @property
    def attempts(self) -> Path:
        """How many wrong passwords were tried in a row."""
        return self.root / "attempts.json"

    @property
    def lock_wanted(self) -> Path:
        """There while somebody asks the window to close the record."""
        return self.root / "lock.wanted"

    @property
    def lock(self) -> Path:
        """Held while a program works in this folder."""
        return self.root / "clinic.lock"

    @property
    def local_settings(self) -> Path:
        """Choices of this PC that the lock screen needs before unlock; no patient data."""
        return self.root / "local.json"

    @property
    def packs(self) -> Path:
        """Reference packs the clinic added itself."""
        return self.root / "packs"

    @property
    def hub(self) -> Path:
        """What this PC keeps for others while it is the hub of the house; sealed by them."""
        return self.root / "hub"

    @property
    def arriving(self) -> Path:
        """A restored clinic while it is being made; nothing of it counts."""
        return self.root / "restored.new"

    @property
    def is_arriving(self) -> bool:
        """Whether this is itself such a clinic, not yet in its place."""
        return self.root.name == self.arriving.name

    @property
    def arrived(self) -> Path:
        """A restored clinic, whole; whatever was here before makes room for it."""
        return self.root / "restored"

    @property
    def moving_in(self) -> Path:
        """What is left of it to be moved to its places."""
        return self.root / "restored.in"

    @property
    def logs(self) -> Path:
        """Log files, without patient data."""
        return self.root / "logs"

    @property
    def backup_ledger(self) -> Path:
        """Places of backups and the last results; no patient data."""
        return self.root / "backups.json"

    @property
    def backups(self) -> Path:
        """Default place of backups."""
        return self.root / "backups"
