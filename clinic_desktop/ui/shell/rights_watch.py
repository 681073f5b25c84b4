"""Notices when another PC brings that the signed-in person has other rights, or none any more."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from clinic_desktop.clinic import Clinic
from clinic_desktop.db.journal import Changes
from clinic_desktop.services import membership
from clinic_desktop.ui.core.tasks import Tasks

_TABLE = "membership_entry"


class RightsWatch(QObject):
    """One per desk. What this PC itself changes holds from the next sign-in on."""

    changed = Signal()

    def __init__(self, tasks: Tasks, opened: Clinic, parent: QObject) -> None:
        super().__init__(parent)
        self._tasks, self._clinic = tasks, opened
        tasks.committed.connect(self._on_committed)

    def _on_committed(self, changes: Changes) -> None:
        if changes.origin == "sync" and changes.touches(_TABLE):
            self._tasks.read(self, membership.goes_on, self._tasks.actor, done=self._on_known)

    def _on_known(self, goes_on: bool) -> None:
        if not goes_on and self._clinic.actor.user_id == self._tasks.actor.user_id:
            self.changed.emit()
