"""A real PostgreSQL of a test run, from what Debian or a Python wheel installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

MOST_S = 120


def programs() -> Path | None:
    """The folder with ``initdb``; ``CLINIC_POSTGRES`` names another."""
    named = os.environ.get("CLINIC_POSTGRES")
    folders = [Path(named)] if named else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    on_path = shutil.which("initdb")
    if on_path:
        folders.insert(0, Path(on_path).resolve().parent)
    return next((each for each in reversed(folders) if (each / "initdb").exists()), None)


@dataclass
class Cluster:
    """One PostgreSQL, reached by a socket in its own folder only."""

    folder: Path

    @property
    def url(self) -> str:
        """Its one database; tests share it, each with practices of its own."""
        return f"postgresql://postgres@/postgres?host={self.folder}"


@contextmanager
def running() -> Iterator[Cluster]:
    """A cluster of its own, gone at the end."""
    found = programs()
    if found is None or sys.platform == "win32":
        pytest.skip("there is no PostgreSQL on this machine (Debian: apt install postgresql)")
    # It refuses to run as root, and its user must reach the folder.
    user = "postgres" if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="clinic-pg-"))
    if user:
        shutil.chown(folder, user)
    words = f"-k {folder} -c listen_addresses= -c max_connections=60 -c shared_buffers=32MB"

    def run(*command: str) -> None:
        with (folder.with_suffix(".log")).open("ab") as log:
            subprocess.run(
                [str(found / command[0]), *command[1:]],
                check=True, user=user, cwd=folder, stdout=log, stderr=log, timeout=MOST_S,
            )  # fmt: skip

    data = str(folder / "data")
    try:
        run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8")
        run("pg_ctl", "-D", data, "-w", "-t", str(MOST_S), "-o", words, "start")
        try:
            yield Cluster(folder)
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        folder.with_suffix(".log").unlink(missing_ok=True)
