"""The trial of a backup: restored for real in a process that knows nothing but file and key."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import sqlcipher3

from clinic_desktop.config import program_root
from clinic_desktop.db.engine import connect, storage_error
from clinic_desktop.db.facts import Facts, facts, look_through
from clinic_desktop.db.signing import is_signed_by_device
from clinic_desktop.errors import ClinicError, DatabaseDamagedError
from clinic_desktop.i18n import _
from clinic_desktop.services.backups.container import find, manifest_of, unpack
from clinic_desktop.services.backups.manifest import Manifest

WORD: Final = "--try-backup"
"""What the program is started with for it; ``__main__`` loads nothing else then."""
_LOOK_S = 0.1
"""How often the waiting side asks whether it shall stop."""
_NICER = 10
"""The trial yields to whoever works in the window."""


def in_fresh_process(path: Path, key: bytes, scratch: Path, look: Callable[[], None]) -> None:
    """Have another process restore the backup into ``scratch`` and compare it; ``look`` may raise.

    Raises:
        DatabaseDamagedError: it could not be brought back whole.
    """
    command = [*_program(), WORD, str(path), str(scratch)]
    with subprocess.Popen(  # noqa: S603 - this very program
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(program_root())},
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    ) as trial:
        try:
            said = _wait(trial, key, look)
        except BaseException:
            trial.kill()
            trial.communicate()
            raise
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    found = _understood(said)
    if trial.returncode != 0 or found.get("whole") is not True:
        raise DatabaseDamagedError(
            _("The backup could not be brought back in a trial, so it does not count."),
            kept=_("The record itself was not touched; earlier backups are still there."),
            hint=_("Choose another disk for backups, and check the record in the settings."),
            place=str(found.get("place", "")),
        )


def _program() -> list[str]:
    frozen = getattr(sys, "frozen", False)
    return [sys.executable] if frozen else [sys.executable, "-m", "clinic_desktop"]


def _wait(trial: subprocess.Popen[bytes], key: bytes, look: Callable[[], None]) -> bytes:
    # By a pipe: what stands in arguments or the environment can be read by others.
    words: bytes | None = key.hex().encode() + b"\n"
    while True:
        try:
            return trial.communicate(words, timeout=_LOOK_S)[0]
        except subprocess.TimeoutExpired:
            words = None
            look()


def _understood(said: bytes) -> dict[str, object]:
    try:
        found = json.loads(said)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def serve(path: Path, scratch: Path) -> int:
    """Be that process: the key comes by the pipe, what was found goes back by it."""
    if hasattr(os, "nice"):
        os.nice(_NICER)
    key = bytes.fromhex(sys.stdin.readline().strip())
    try:
        found = _restore_and_compare(path, key, scratch)
        wrong = "; ".join(f"{name}: {text}" for name, text in found.items() if text)
    except ClinicError as error:
        wrong = f"{error.place}: {error.message}"
    json.dump({"whole": not wrong, "place": wrong}, sys.stdout)
    return DatabaseDamagedError.exit_code if wrong else 0


def _restore_and_compare(path: Path, key: bytes, scratch: Path) -> dict[str, str]:
    """What is wrong with a backup, by the name of the check."""
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(mode=0o700)
    try:
        found = find(path)
        manifest = manifest_of(found, key)
        unpack(found, manifest, key, scratch, lambda _done, _size: None)
        return wrong_with(scratch / manifest.record.name, key, manifest)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def wrong_with(record: Path, key: bytes, manifest: Manifest) -> dict[str, str]:
    """What a restored record lacks of what its manifest says; empty texts where all is well.

    Raises:
        DatabaseDamagedError: it cannot be opened.
    """
    with closing(connect(record, key)) as cursor:
        try:
            found = look_through(cursor)
            now = facts(cursor, list(manifest.facts.charts))
            found["capture"] = _capture(cursor, manifest.facts, now)
            signed = is_signed_by_device(cursor, manifest.statement(), manifest.signature)
            found["signature"] = "" if signed else "not this PC's"
        except sqlcipher3.Error as error:
            raise storage_error(error, record) from error
    wanted = manifest.facts
    rows = [name for name, count in wanted.counts.items() if now.counts.get(name) != count]
    charts = [chart for chart, digest in wanted.charts.items() if now.charts[chart] != digest]
    log = (now.log_length, now.log_chain) == (wanted.log_length, wanted.log_chain)
    return found | {
        "schema": "" if now.schema == wanted.schema else f"{now.schema} ≠ {wanted.schema}",
        "rows": "; ".join(rows),
        "log head": "" if log else f"{now.log_length} ≠ {wanted.log_length}",
        "charts": f"{len(charts)}" if charts else "",
    }


def _capture(cursor: Any, wanted: Facts, now: Facts) -> str:
    """The source's triggers were looked at when it was opened; the copy has to have the same."""
    if wanted.layout:
        return "" if now.layout == wanted.layout else "layout"
    # A backup of an earlier version does not say. Imported here: it loads every table.
    from clinic_desktop.db.checks import capture_faults  # noqa: PLC0415

    return capture_faults(cursor)
