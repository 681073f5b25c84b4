"""Correcting a patient's details: reads them, watches for others' changes, saves the difference."""

from __future__ import annotations

import uuid

from PySide6.QtCore import QObject, Signal

from clinic_desktop.db.journal import Changes
from clinic_desktop.domain.consent import GIVEN
from clinic_desktop.errors import ClinicError
from clinic_desktop.services import patients
from clinic_desktop.services.patients import ConsentRow, PatientEntry, PatientRecord, UpdatePatient
from clinic_desktop.services.patients.photo import Photo
from clinic_desktop.ui.core.context import Context

_TABLES = ("patient", "contact_point", "patient_identifier", "related_person", "coverage")


class EditVM(QObject):
    """``opened(record)`` at first, ``overtaken(record)`` when somebody else changed it since."""

    opened = Signal(object)
    overtaken = Signal(object)
    saved = Signal()
    refused = Signal(object)

    def __init__(
        self, context: Context, patient_id: uuid.UUID, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._context, self._patient_id = context, patient_id
        self.record: PatientRecord | None = None
        self.newer: PatientRecord | None = None
        self.consents: frozenset[str] = frozenset()
        self._is_saving = False
        context.tasks.committed.connect(self._on_committed)

    def open(self) -> None:
        """Read the patient."""
        self._context.tasks.read(self, patients.consents_of, self._patient_id, done=self._consented)

    def _consented(self, rows: list[ConsentRow]) -> None:
        self.consents = frozenset(row.kind for row in rows if row.status == GIVEN)
        self._context.tasks.read(self, patients.record_of, self._patient_id, done=self._arrived)

    def _arrived(self, record: PatientRecord) -> None:
        if self.record is None:
            self.record = record
            self.opened.emit(record)
        elif record.entry != self.record.entry and not self._is_saving:
            self.newer = record
            self.overtaken.emit(record)

    def take_newer(self) -> None:
        """Go on from the newer version: what is typed is given up."""
        if self.newer is not None:
            self.record, self.newer = self.newer, None
            self.opened.emit(self.record)

    def keep_mine(self) -> None:
        """Go on with what is typed, knowing the newer version."""
        if self.newer is not None:
            self.record, self.newer = self.newer, None

    def save(
        self,
        entry: PatientEntry,
        consents: frozenset[str],
        photo: Photo | None,
        *,
        drops_photo: bool,
    ) -> None:
        """Write the fields that differ from those opened."""
        if self.record is None or self._is_saving:
            return
        self._is_saving = True
        change = UpdatePatient(
            self.record.id, self.record.entry, entry, photo, drops_photo, consents
        )
        self._context.tasks.write(
            self, patients.update, change, done=self._done, failed=self._failed
        )

    def _done(self, _nothing: None) -> None:
        self.saved.emit()

    def _failed(self, error: ClinicError) -> None:
        self._is_saving = False
        self.refused.emit(error)
        if error.code == "stale":
            self._read_again()

    def _read_again(self) -> None:
        self._context.tasks.read(self, patients.record_of, self._patient_id, done=self._arrived)

    def _on_committed(self, changes: Changes) -> None:
        if self.record is not None and not self._is_saving and changes.touches(*_TABLES):
            self._read_again()
