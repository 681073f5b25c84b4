"""State of an import: what was chosen, how far it is, what came of it."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from clinic_desktop.errors import ClinicError
from clinic_desktop.services.backups.ledger import Reason
from clinic_desktop.services.fhir.importing import ImportReport, Progress, import_files
from clinic_desktop.ui.core.context import Context


class Phase(StrEnum):
    """Where the import stands."""

    CHOOSING = "choosing"
    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True)
class ImportState:
    """What the screen shows."""

    phase: Phase = Phase.CHOOSING
    paths: tuple[Path, ...] = ()
    dry_run: bool = False
    progress: Progress | None = None
    report: ImportReport | None = None
    error: ClinicError | None = None

    @property
    def can_start(self) -> bool:
        """Whether there is something to import and nothing under way."""
        return bool(self.paths) and self.phase is not Phase.RUNNING


class ImportVM(QObject):
    """Runs one import at a time on a worker thread."""

    changed = Signal()
    _told = Signal(object)

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._cancel = threading.Event()
        self.state = ImportState()
        self._told.connect(self._on_progress, Qt.ConnectionType.QueuedConnection)
        # A closed screen stops what nobody watches any more.
        self.destroyed.connect(self._cancel.set)

    def choose(self, paths: tuple[Path, ...]) -> None:
        """Add files and folders to what will be imported."""
        if self.state.phase is Phase.RUNNING:
            return
        kept = () if self.state.phase is Phase.DONE else self.state.paths
        chosen = tuple(dict.fromkeys((*kept, *paths)))
        self._set(ImportState(paths=chosen, dry_run=self.state.dry_run))

    def forget(self) -> None:
        """Begin anew."""
        if self.state.phase is not Phase.RUNNING:
            self._set(ImportState(dry_run=self.state.dry_run))

    def set_dry_run(self, dry_run: bool) -> None:
        """Only say what would happen, or do it."""
        self._set(replace(self.state, dry_run=dry_run))

    def start(self) -> None:
        """Import what was chosen."""
        if not self.state.can_start:
            return
        self._cancel.clear()
        running = replace(self.state, phase=Phase.RUNNING, progress=None, report=None, error=None)
        self._set(running)
        self._context.tasks.call(
            self, self._run, running, done=self._on_done, failed=self._on_failed
        )

    def start_for_real(self) -> None:
        """After a dry run: now write it."""
        self._set(replace(self.state, dry_run=False))
        self.start()

    def cancel(self) -> None:
        """Stop after what is being written now."""
        self._cancel.set()

    def _run(self, state: ImportState) -> ImportReport:
        if not state.dry_run:
            self._context.backups.make_here(Reason.IMPORT)
        return import_files(
            self._context.clinic.store,
            self._context.actor,
            state.paths,
            dry_run=state.dry_run,
            on_progress=self._told.emit,  # on the worker's thread; the signal brings it here
            cancel=self._cancel,
        )

    def _on_progress(self, progress: Progress) -> None:
        if self.state.phase is Phase.RUNNING:
            self._set(replace(self.state, progress=progress))

    def _on_done(self, report: ImportReport) -> None:
        self._set(replace(self.state, phase=Phase.DONE, report=report))

    def _on_failed(self, error: ClinicError) -> None:
        self._set(replace(self.state, phase=Phase.DONE, error=error))

    def _set(self, state: ImportState) -> None:
        self.state = state
        self.changed.emit()
