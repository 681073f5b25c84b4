"""Closing the record that a window has open: ``lock``."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from clinic_desktop import clinic
from clinic_desktop.db.lock import FolderLock
from clinic_desktop.errors import InUseError
from clinic_desktop.files import replace_file
from clinic_desktop.i18n import _

if TYPE_CHECKING:
    from clinic_desktop.cli.output import Output
    from clinic_desktop.config import DataDir

WAIT_S = 10.0


def register(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],
    common: argparse.ArgumentParser,
) -> None:
    """Add ``lock``."""
    lock = commands.add_parser("lock", parents=[common], help="close the record behind the window")
    lock.set_defaults(run=_lock)


def _lock(_options: argparse.Namespace, data_dir: DataDir, output: Output) -> None:
    clinic.refuse_empty(data_dir)
    is_open = _is_open(data_dir)
    if is_open:
        _ask(data_dir)
    words = _("The record is closed.") if is_open else _("The record was not open.")
    output.result({"locked": True, "was_open": is_open}, words)


def _is_open(data_dir: DataDir) -> bool:
    lock = FolderLock(data_dir.lock)
    try:
        lock.acquire()
    except InUseError:
        return True
    lock.release()
    return False


def _ask(data_dir: DataDir) -> None:
    """Leave a note in the folder; the window takes it away and closes the record."""
    wanted = data_dir.lock_wanted
    replace_file(wanted, b"")
    until = time.monotonic() + WAIT_S
    try:
        # Asked again and again: no system tells another program that a lock was let go of, and a
        # lock that is waited for cannot be given up after a while.
        while time.monotonic() < until:
            if not wanted.exists() and not _is_open(data_dir):
                return
            time.sleep(0.05)
    finally:
        wanted.unlink(missing_ok=True)
    raise InUseError(
        _("The program that has the record open did not close it."),
        kept=_("Nothing was changed."),
        hint=_("Close its window."),
        place=str(data_dir.root),
    )
