"""A program of its own that types into a visit until it is killed.

``python -m tests.support.typist FOLDER ENCOUNTER``: says ``SAVED text`` on each draft.
"""

from __future__ import annotations

import sys
import uuid
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from clinic_desktop import clinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.ui.core.navigator import Visit
from clinic_desktop.ui.visits.visit_view import VisitView
from tests.support.records import NOON, PASSWORD, Record
from tests.support.windows import make_context


def main() -> None:
    """Open the visit and type a numbered word every few milliseconds."""
    folder, encounter = Path(sys.argv[1]), uuid.UUID(sys.argv[2])
    app = QApplication([])
    opened = clinic.open_clinic(DataDir(folder), "amina", PASSWORD)
    clock = FixedClock(NOON)
    record = Record(opened.store, clock, opened.actor, opened.keys.key, opened.data_dir.database)
    view = VisitView(make_context(record))
    edit = view.note.edits["subjective"]
    typing = QTimer(interval=15)
    count = 0

    def type_word() -> None:
        nonlocal count
        count += 1
        QTest.keyClicks(edit, f"word{count} ")

    def tell(_at: object) -> None:
        sys.stdout.write(f"SAVED {count}\n")
        sys.stdout.flush()

    typing.timeout.connect(type_word)
    view.vm.opened.connect(lambda _state: typing.start())
    view.vm.draft_saved.connect(tell)
    view.show()
    view.go_to(Visit(encounter, encounter))
    app.exec()


if __name__ == "__main__":
    main()
