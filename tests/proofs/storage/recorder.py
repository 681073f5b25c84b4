"""Runs a program with ``disk.c`` between it and the C library."""

from __future__ import annotations

import hashlib
import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("disk.c")
ARMED, ACKED = ".armed", ".acked"
"""Files of the workload: calls may fail once the first exists; the second tells what was saved."""
_ENTRY = struct.Struct("<cHIq")


@dataclass(frozen=True)
class Step:
    """One change of the disk, in the order in which the program asked for it."""

    kind: str
    """``c`` create, ``w`` write, ``t`` truncate, ``s`` sync, ``u`` unlink, ``m`` move, ``d``
    mkdir; ``f`` a call that was made to fail."""
    name: str
    """Below the recorded folder; empty for the folder itself."""
    offset: int
    """Of a write; the new length of a truncation."""
    data: bytes
    """Of a write; the new name of a move."""


def compiler() -> str | None:
    """The C compiler of this machine, if there is one."""
    return shutil.which("cc") or shutil.which("gcc")


def library() -> Path:
    """The compiled recorder, made once for each version of its source."""
    mark = hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]
    made = Path(tempfile.gettempdir()) / f"clinic-desktop-disk-{os.getuid()}-{mark}.so"
    if not made.exists():
        half = made.with_suffix(f".{os.getpid()}")
        command = [compiler() or "cc", "-shared", "-fPIC", "-O2", "-o", str(half), str(SOURCE)]
        subprocess.run([*command, "-ldl", "-lpthread"], check=True)
        half.rename(made)
    return made


def wishes(root: Path, *, log: Path | None = None, fail: str = "") -> dict[str, str]:
    """What the recorder is to do, as it reads it."""
    found = {"CLINIC_DISK_ROOT": str(root.resolve())}
    if log is not None:
        found["CLINIC_DISK_LOG"] = str(log)
    if fail:
        found["CLINIC_DISK_FAIL"] = fail
    return found


def environment(root: Path, *, log: Path) -> dict[str, str]:
    """The environment in which a program's disk is recorded."""
    return {**os.environ, "LD_PRELOAD": str(library()), **wishes(root, log=log)}


def read_log(path: Path) -> Iterator[Step]:
    """The steps of a log."""
    whole, at = memoryview(path.read_bytes()), 0
    while at < len(whole):
        kind, name_length, length, offset = _ENTRY.unpack_from(whole, at)
        at += _ENTRY.size
        name = bytes(whole[at : at + name_length]).decode()
        at += name_length
        yield Step(kind.decode(), name, offset, bytes(whole[at : at + length]))
        at += length
