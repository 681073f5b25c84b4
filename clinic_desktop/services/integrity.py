"""Is the record whole, and is this PC able to work with it?"""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass

from clinic_desktop.db.arriving import refuse_arriving
from clinic_desktop.db.checks import examine, examine_content
from clinic_desktop.db.log_check import Trouble, check_log
from clinic_desktop.db.session import ReadSession, UnitOfWork
from clinic_desktop.services.access import command, query

_MOST = 20
"""Rows that are named."""


@dataclass(frozen=True)
class CheckReport:
    """What each check found; an empty text means that all is well."""

    checks: dict[str, str]

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not any(self.checks.values())


@query("record.check")
def check(reads: ReadSession, *, deep: bool = False) -> CheckReport:
    """Read every page, every reference, every trigger and every link of the log.

    ``deep`` also looks each chart up in the search index, reads every attachment, and compares
    every row with the log.
    """
    found = examine(reads.cursor)
    if deep:
        refuse_arriving(reads.cursor)
        found |= examine_content(reads.cursor) | {"rows": _rows_past_the_log(reads)}
    report = CheckReport(found)
    if not report.ok:
        reads.note("integrity.fault", checks=", ".join(k for k, v in report.checks.items() if v))
    return report


@command("practice.read")
def note_broken_pages(uow: UnitOfWork, count: int) -> None:
    """Put on record that the daily look found pages without their seal; for the program itself."""
    uow.audit("integrity.fault", checks="pages", count=count)


def _rows_past_the_log(reads: ReadSession) -> str:
    found = check_log(reads.cursor, None).findings
    broken = [each for each in found if each.trouble > Trouble.UNANCHORED]
    return "; ".join(
        " ".join(
            part for part in (each.what, f"{each.dev}/{each.dseq}", each.table, each.row) if part
        )
        for each in broken[:_MOST]
    )


def printers() -> list[str]:
    """Names of the printers this PC knows, without starting a window."""
    if sys.platform == "win32":
        command = ["powershell", "-NoProfile", "-Command", "Get-Printer | % Name"]
    else:
        command = ["lpstat", "-e"]
    if shutil.which(command[0]) is None:
        return []
    try:
        done = subprocess.run(  # noqa: S603 - fixed words, no shell
            command, capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return done.stdout.split("\n")[:-1] if done.returncode == 0 else []


def fonts() -> dict[str, bool]:
    """Whether the font of each script of our papers is installed."""
    from importlib.util import find_spec  # noqa: PLC0415

    packages = {
        "Latin, Cyrillic": "fontpkg_noto_sans",
        "Arabic": "fontpkg_noto_sans_arabic",
        "Devanagari": "fontpkg_noto_sans_devanagari",
        "Hebrew": "justmytype_intl_rtl",
    }
    return {script: find_spec(package) is not None for script, package in packages.items()}
