"""T29: the system's key store is emptied, changed, locked, hangs, dies or comes later.

With a real Secret Service (gnome-keyring on a session bus of its own, with a home folder of its
own). Never may the record open without its half of the key, never may anything be changed by the
attempt, and always does the recovery sheet open it.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.proofs.keys import store_inside
from tests.proofs.result import Result

NEEDED = ("dbus-run-session", "gnome-keyring-daemon", "pgrep")


def lacks() -> list[str]:
    """What this machine lacks for the proof."""
    return [name for name in NEEDED if shutil.which(name) is None]


def _run(case: str, scratch: Path) -> str:
    home = scratch / "home"
    for part in (home, scratch / "run"):
        part.mkdir(mode=0o700)
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTHON_KEYRING_BACKEND"},
        "HOME": str(home), "XDG_RUNTIME_DIR": str(scratch / "run"),
        "XDG_DATA_HOME": str(home / "data"), "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_CACHE_HOME": str(home / "cache"),
    }  # fmt: skip
    inside = [sys.executable, "-m", store_inside.__name__, case, str(scratch / "clinic")]
    unlock = "printf proof | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1"
    done = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", f"{unlock}; exec {shlex.join(inside)}"],
        env=environment, capture_output=True, text=True, check=False, timeout=300,
        start_new_session=True,
    )  # fmt: skip
    return done.stdout.strip() or done.stderr.strip()[-300:]


def prove(size: int, seed: int, jobs: int = 1) -> Result:
    """``size`` cases, each kind in turn."""
    failures = []
    names = sorted(store_inside.CASES)
    for number in range(size):
        case = names[(seed + number) % len(names)]
        with tempfile.TemporaryDirectory() as scratch:
            answer = _run(case, Path(scratch))
        if answer != "held":
            failures.append(f"{case}: {answer}")
    return Result("T29", size - len(failures), failures, seed)
