"""Small programs of their own, for what must be measured from a process's start.

``python -m bench.child lock DIR`` is the real program up to its lock screen; ``empty`` imports
PySide6 and SQLAlchemy and shows an empty window; ``chart DIR ID`` opens a chart. Each prints
``painted``, its resident memory in KiB and its processor seconds once its window has been drawn.
"""

from __future__ import annotations

import os
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def _memory_kib() -> int:
    """Resident memory; where the system has no ``/proc``, its peak."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = status.read_text("ascii").splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith("VmRSS")))
    import resource  # not on Windows, which has neither

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak


def _say() -> None:
    print("painted", _memory_kib(), time.process_time(), flush=True)
    os._exit(0)


def _watch(window: Any) -> object:
    """Tell when the window has been drawn for the first time."""
    from PySide6.QtCore import QEvent, QObject, QTimer

    class Watch(QObject):
        def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.UpdateRequest:
                QTimer.singleShot(0, _say)
            return False

    watch = Watch(window)
    window.installEventFilter(watch)
    return watch


def lock(folder: str) -> None:
    """The program, from the command line to its lock screen."""
    from clinic_desktop import app
    from clinic_desktop.__main__ import main

    start = app.Session.start

    def watched(session: app.Session) -> None:
        _watch(session.window)
        start(session)

    # By hand: unittest.mock would load what the program does not.
    app.Session.start = watched  # type: ignore[method-assign, assignment]
    main(["--data-dir", folder])


def empty() -> None:
    """What no program of this kind can do without."""
    import sqlalchemy.orm  # noqa: F401 - to load it is all that is wanted
    from PySide6.QtWidgets import QApplication, QWidget

    application = QApplication(sys.argv[:1])
    window = QWidget()
    window.resize(1440, 900)
    _watch(window)
    window.show()
    application.exec()


def chart(folder: str, patient_id: str) -> None:
    """The desk with a chart open and come to rest."""
    from bench.data import Generated
    from bench.desk import OpenDesk
    from bench.sizes import SIZES
    from clinic_desktop.ui.core import navigator as to

    desk = OpenDesk(Generated(Path(folder), SIZES["tiny"], b""))
    desk.context.navigator.open(to.Chart(uuid.UUID(patient_id)))
    desk.settle()
    _say()


_PROGRAMS: dict[str, Callable[..., None]] = {"lock": lock, "empty": empty, "chart": chart}

if __name__ == "__main__":
    _PROGRAMS[sys.argv[1]](*sys.argv[2:])
