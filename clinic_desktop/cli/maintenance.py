"""Looking after the installation and the record: ``doctor`` and ``check``."""

from __future__ import annotations

import argparse
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from sqlcipher3 import dbapi2

from clinic_desktop import __version__, clinic
from clinic_desktop.cli.access import open_clinic
from clinic_desktop.db.engine import check_library, is_plain_sqlite
from clinic_desktop.db.migrations import HEAD
from clinic_desktop.i18n import _
from clinic_desktop.services import integrity

if TYPE_CHECKING:
    from clinic_desktop.cli.output import Output
    from clinic_desktop.config import DataDir

_PACKAGES = ("sqlalchemy", "sqlcipher3", "PySide6-Essentials", "reportlab", "babel", "argon2-cffi")


def register(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
) -> None:
    """Add ``doctor`` and ``check``."""
    doctor = commands.add_parser("doctor", parents=[common], help="versions, cipher, printers")
    doctor.set_defaults(run=_doctor)
    check = commands.add_parser("check", parents=[common], help="is the record whole?")
    check.set_defaults(run=_check)


def _doctor(_options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    check_library()
    connection = dbapi2.connect(":memory:")
    cipher = connection.execute("PRAGMA cipher_version").fetchone()[0]
    connection.close()
    database = data_dir.database
    facts: dict[str, Any] = {
        "version": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "sqlite": dbapi2.sqlite_version,
        "cipher": cipher,
        "schema": HEAD,
        "packages": {name: version(name) for name in _PACKAGES},
        "data_dir": str(data_dir.root),
        "clinic": clinic.exists(data_dir),
        "encrypted": not is_plain_sqlite(database) if database.exists() else None,
        "printers": integrity.printers(),
        "fonts": integrity.fonts(),
    }
    output.result(facts, *(f"{name}: {value}" for name, value in facts.items()))


def _check(options: argparse.Namespace, data_dir: DataDir, output: Output) -> int:
    with open_clinic(options, data_dir) as opened:
        report = opened.store.read(opened.actor, integrity.check).result()
    output.result(
        {"ok": report.ok, "checks": report.checks},
        *(f"{name}: {found or _('in order')}" for name, found in report.checks.items()),
    )
    return 0 if report.ok else 9
