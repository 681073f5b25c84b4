"""The last steps of a restore, which a power cut may interrupt and the next start goes on with.

A restored clinic is made whole in ``restored.new`` and then named ``restored``: from that moment
it is the clinic of this folder. What was here before is never removed but moved to ``kept-…``.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from clinic_desktop.config import DataDir
from clinic_desktop.errors import StorageError
from clinic_desktop.files import flush_folder, replace_file
from clinic_desktop.i18n import _

_KEPT_NAME = "kept.txt"
MIRROR = "audit"
"""Folder of the log's mirror."""
_BESIDE = ("-wal", "-shm", "-journal")


def announce(data_dir: DataDir, kept: str) -> None:
    """Let the clinic in ``arriving`` count; ``kept`` names the folder for what was here before.

    Raises:
        OSError: it does not count, and nothing else was changed.
    """
    replace_file(data_dir.arriving / _KEPT_NAME, kept.encode())
    data_dir.arriving.rename(data_dir.arrived)
    flush_folder(data_dir.root)


def settle(data_dir: DataDir) -> None:
    """Move a restored clinic to its place, from wherever that was interrupted.

    Raises:
        StorageError: the disk does not let us; nothing is lost, and the next start goes on.
    """
    try:
        if data_dir.arrived.exists():
            _keep_what_was_here(data_dir)
            data_dir.arrived.rename(data_dir.moving_in)
            flush_folder(data_dir.root)
        if data_dir.moving_in.exists():
            _move_in(data_dir)
    except OSError as error:
        raise StorageError(
            _("The restored record could not be put in its place: {reason}").format(
                reason=error.strerror or error
            ),
            kept=_("It is whole, and so is what was here before; the next start goes on."),
            place=str(data_dir.root),
        ) from error


def _keep_what_was_here(data_dir: DataDir) -> None:
    kept = data_dir.root / (data_dir.arrived / _KEPT_NAME).read_text("utf-8")
    record = data_dir.database
    was_here = [record, *(record.with_name(record.name + end) for end in _BESIDE)]
    vault = data_dir.vault
    was_here += [vault, vault.with_name(vault.name + ".previous"), data_dir.device_secret]
    if (data_dir.arrived / MIRROR).exists():  # of another log, and not to be mixed with it
        was_here.append(data_dir.root / MIRROR)
    for path in was_here:
        if path.exists():
            kept.mkdir(exist_ok=True, mode=0o700)
            path.replace(kept / path.name)
    if kept.exists():
        flush_folder(kept)
    flush_folder(data_dir.root)


def _move_in(data_dir: DataDir) -> None:
    found = sorted(data_dir.moving_in.iterdir())
    for path in found:
        if path.is_dir():
            _move_files(path, data_dir.root / path.name)
        elif path.name not in {_KEPT_NAME, data_dir.lock.name}:
            path.replace(data_dir.root / path.name)
    flush_folder(data_dir.root)
    shutil.rmtree(data_dir.moving_in)


def _move_files(source: Path, target: Path) -> None:
    target.mkdir(exist_ok=True, mode=0o700)
    for path in source.iterdir():
        path.replace(target / path.name)
    flush_folder(target)
