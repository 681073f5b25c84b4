"""A day's work in a process of its own that is forked from one which has loaded the program.

To start Python and to load the program takes longer than the work that is killed or refused.
Systems without fork start a fresh process for each.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import sys
import tempfile
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from tests.proofs.storage import recorder, working_day

WARM = "tests.proofs.storage.warmed"
_WAYS = multiprocessing.get_all_start_methods()
_CONTEXT: Any = multiprocessing.get_context("forkserver" if "forkserver" in _WAYS else "spawn")


def begin(
    words: list[str],
    environment: dict[str, str],
    said: Path,
    *,
    told: Connection | None = None,
    largest_file: int = 0,
) -> BaseProcess:
    """Start to work; what goes wrong is written to ``said``, the saves to ``told``."""
    _warm_up()
    process: BaseProcess = _CONTEXT.Process(
        target=_work, args=(words, environment, str(said), told, largest_file)
    )
    process.start()
    return process


def run(words: list[str], environment: dict[str, str], *, largest_file: int = 0) -> str:
    """Work to the end; what went wrong."""
    with tempfile.NamedTemporaryFile("r", encoding="utf-8") as said:
        process = begin(words, environment, Path(said.name), largest_file=largest_file)
        process.join()
        process.close()
        return said.read()


def _warm_up() -> None:
    """Start the process that is forked, with the disk's recorder between it and the C library."""
    if _CONTEXT.get_start_method() != "forkserver":
        return
    from multiprocessing import forkserver

    _CONTEXT.set_forkserver_preload([WARM])
    before = os.environ.get("LD_PRELOAD")
    if sys.platform.startswith("linux") and recorder.compiler() is not None:
        os.environ["LD_PRELOAD"] = str(recorder.library())
    try:
        forkserver.ensure_running()
    finally:
        os.environ.pop("LD_PRELOAD", None)
        if before is not None:
            os.environ["LD_PRELOAD"] = before


def _work(
    words: list[str],
    environment: dict[str, str],
    said: str,
    told: Connection | None,
    largest_file: int,
) -> None:
    os.environ.update(environment)
    _to(2, os.open(said, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600))
    if told is not None:
        _to(1, told.fileno())
    if largest_file:
        from tests.proofs.backups.practice import at_most

        limit = at_most(largest_file)
        if limit is not None:
            limit()
    recording = (
        getattr(ctypes.CDLL(None), "clinic_disk_begin", None) if os.name == "posix" else None
    )
    if recording is not None:
        recording()
    working_day.main(words)


def _to(number: int, file: int) -> None:
    os.dup2(file, number)
