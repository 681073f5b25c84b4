"""Looking after the installation and the record: ``doctor`` and ``check``."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from sqlcipher3 import dbapi2

from clinic_desktop import __version__, clinic
from clinic_desktop.cli.access import open_clinic
from clinic_desktop.db.engine import check_library, cipher_version, is_plain_sqlite
from clinic_desktop.db.migrations import HEAD
from clinic_desktop.db.opening import look_at
from clinic_desktop.db.place import check_place
from clinic_desktop.errors import ClinicError, DatabaseDamagedError, StorageError
from clinic_desktop.i18n import _
from clinic_desktop.security import vault_file
from clinic_desktop.services import integrity

if TYPE_CHECKING:
    from clinic_desktop.cli.output import Output
    from clinic_desktop.config import DataDir

_PACKAGES = ("sqlalchemy", "sqlcipher3", "PySide6-Essentials", "reportlab", "babel", "argon2-cffi")

LEAST_FREE = 200 << 20
"""Bytes; below it the doctor warns of the disk."""


def register(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
) -> None:
    """Add ``doctor`` and ``check``."""
    doctor = commands.add_parser("doctor", parents=[common], help="versions, cipher, printers")
    doctor.set_defaults(run=_doctor)
    check = commands.add_parser("check", parents=[common], help="is the record whole?")
    check.add_argument(
        "--deep", action="store_true", help="look up every chart and read every attachment too"
    )
    check.set_defaults(run=_check)


def _doctor(_options: argparse.Namespace, data_dir: DataDir, output: Output) -> int:
    check_library()
    checks = _look_around(data_dir)
    facts: dict[str, Any] = {
        "version": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "sqlite": dbapi2.sqlite_version,
        "cipher": cipher_version(),
        "schema": HEAD,
        "packages": {name: version(name) for name in _PACKAGES},
        "data_dir": str(data_dir.root),
        "clinic": clinic.exists(data_dir),
        "encrypted": _is_encrypted(data_dir),
        "checks": checks,
        "printers": integrity.printers(),
        "fonts": integrity.fonts(),
    }
    told = {name: value for name, value in facts.items() if name != "checks"}
    output.result(facts, *(f"{name}: {value}" for name, value in told.items()), *_lines(checks))
    return 0 if not any(checks.values()) else DatabaseDamagedError.exit_code


def _is_encrypted(data_dir: DataDir) -> bool | None:
    """Nothing can be said of a file that is not there or holds nothing."""
    path = data_dir.database
    return not is_plain_sqlite(path) if path.is_file() and path.stat().st_size else None


def _look_around(data_dir: DataDir) -> dict[str, str]:
    """What is wrong with the data folder as far as can be seen without a password."""
    looks: dict[str, Callable[[], object]] = {"place": lambda: check_place(data_dir.root)}
    if clinic.exists(data_dir):
        looks |= {
            "folder": lambda: _try_folder(data_dir),
            "key file": lambda: vault_file.load(data_dir.vault),
            "record": lambda: look_at(data_dir.database, encrypted=True),
        }
    return {name: _complaint(look) for name, look in looks.items()}


def _try_folder(data_dir: DataDir) -> None:
    if shutil.disk_usage(data_dir.root).free < LEAST_FREE:
        raise StorageError(_("The disk is almost full."), hint=_("Free some space."))
    if not os.access(data_dir.root, os.W_OK):
        raise StorageError(_("The data folder cannot be written."))


def _complaint(look: Callable[[], object]) -> str:
    try:
        look()
    except ClinicError as error:
        return str(error)
    return ""


def _lines(checks: dict[str, str]) -> Iterator[str]:
    return (f"{name}: {found or _('in order')}" for name, found in checks.items())


def _check(options: argparse.Namespace, data_dir: DataDir, output: Output) -> int:
    with open_clinic(options, data_dir) as opened:
        report = opened.store.read(opened.actor, integrity.check, deep=options.deep).result()
    output.result(
        {"ok": report.ok, "checks": report.checks},
        *_lines(report.checks),
    )
    return 0 if report.ok else DatabaseDamagedError.exit_code
