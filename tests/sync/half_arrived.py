"""``python -m tests.sync.half_arrived FOLDER URL STEPS``: fetches the rest, and dies in the middle.

It dies as by ``kill -9``, after so many steps: pieces that came, pages that were loaded, commits
that were compared, answers of the last pass.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from unittest import mock

from clinic_desktop.clinic import open_clinic
from clinic_desktop.clock import SystemClock
from clinic_desktop.config import DataDir
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.permissions import SYSTEM
from clinic_desktop.sync import snapshot_beginning, state
from clinic_desktop.syncing import Syncing
from tests.support.records import PASSWORD


def main(folder: str, url: str, steps: str) -> None:
    """Go on until it is over."""
    mock.patch.object(snapshot_beginning, "MANY", 1).start()  # the record is small
    opened, left = open_clinic(DataDir(Path(folder)), "ana", PASSWORD, SystemClock()), int(steps)

    def use_server(uow: UnitOfWork) -> None:
        peer = state.peer(uow.cursor)
        assert peer is not None
        state.use_peer(uow.cursor, url, peer.settings)

    def tell(*_far: int) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    with opened.store.filling():
        opened.store.write(SYSTEM, use_server).result()
    Syncing(opened).run(tell)


if __name__ == "__main__":
    main(*sys.argv[1:])
