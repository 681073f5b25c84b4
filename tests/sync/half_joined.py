"""``python -m tests.sync.half_joined FOLDER URL CODE STEPS``: joins, and dies in the middle.

It dies as by ``kill -9``, after so many steps of what comes over the line.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from unittest import mock

from clinic_desktop.clock import SystemClock
from clinic_desktop.config import DataDir
from clinic_desktop.joining import Joining, join
from clinic_desktop.sync import snapshot_beginning
from clinic_desktop.sync.client import Address
from tests.support.records import CHEAP, PASSWORD


def main(folder: str, url: str, code: str, steps: str) -> None:
    """Say the six digits, and go on until it is over."""
    mock.patch.object(snapshot_beginning, "MANY", 1).start()  # the record is small
    left = int(steps)

    def tell(*_far: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def show(digits: str) -> None:
        sys.stdout.write(f"{digits}\n")
        sys.stdout.flush()

    join(
        DataDir(Path(folder)), Joining(Address(url), code, "ana", PASSWORD), show,
        lambda: threading.Event().wait(0.25), SystemClock(), CHEAP, tell,
    )  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
