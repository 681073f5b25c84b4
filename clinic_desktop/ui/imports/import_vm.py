"""State of an import: what was chosen, how far it is, what came of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from clinic_desktop.db.worker import Store
from clinic_desktop.domain.permissions import Actor
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

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._cancel = threading.Event()
        self.state = ImportState()
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
        context = self._context
        context.tasks.call(
            self,
            _import,
            context.clinic.store,
            context.actor,
            context.backups.beforehand(Reason.IMPORT, self._cancel),
            running,
            self._cancel,
            told=self._on_progress,
            done=self._on_done,
            failed=self._on_failed,
        )

    def start_for_real(self) -> None:
        """After a dry run: now write it."""
        self._set(replace(self.state, dry_run=False))
        self.start()

    def cancel(self) -> None:
        """Stop after what is being written now."""
        self._cancel.set()

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


def _import(
    store: Store,
    actor: Actor,
    back_up: Callable[[], None],
    state: ImportState,
    cancel: threading.Event,
    tell: Callable[[Progress], None],
) -> ImportReport:
    """On a thread beside the window: the backup first, if anything is to be written."""
    if not state.dry_run:
        back_up()
    return import_files(
        store, actor, state.paths, dry_run=state.dry_run, on_progress=tell, cancel=cancel
    )
