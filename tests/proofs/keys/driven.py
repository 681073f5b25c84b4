"""The real program with its window, in which somebody signs in and opens a chart by itself.

``python -m tests.proofs.keys.driven FOLDER``; the password comes from standard input, so that it
is nowhere but in the memory that the proof looks through. Prints ``open`` once a chart is shown.
"""

from __future__ import annotations

import sys
import uuid
from pathlib import Path

from clinic_desktop import start
from clinic_desktop.app import Session
from clinic_desktop.config import DataDir
from clinic_desktop.ui.core.navigator import Chart


class Driven(Session):
    """Signs in as soon as it has started."""

    password = ""

    def start(self) -> None:
        """As the program, and then by itself."""
        super().start()
        self.desk_shown.connect(self._open_chart)
        self.unlock("amina", self.password)

    def _open_chart(self) -> None:
        assert self.context is not None
        patient = uuid.UUID(sys.argv[2])
        self.context.navigator.open(Chart(patient))
        print("open", flush=True)


def main() -> int:
    """Run the window."""
    Driven.password = sys.stdin.readline().rstrip("\n")
    start.Session = Driven  # type: ignore[attr-defined]
    return start.run_window(DataDir(Path(sys.argv[1])), "amina")


if __name__ == "__main__":
    sys.exit(main())
