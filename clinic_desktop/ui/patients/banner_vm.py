"""The banner of the open chart, kept true while others write to the record."""

from __future__ import annotations

import uuid

from PySide6.QtCore import QObject, Signal

from clinic_desktop.db.journal import Changes
from clinic_desktop.services import patients
from clinic_desktop.services.patients import PatientBannerData
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.patient_card import patient_card

_TABLES = (
    "patient",
    "contact_point",
    "related_person",
    "allergy_intolerance",
    "patient_alert",
    "patient_merge",
    "invoice",
    "payment",
)


class BannerVM(QObject):
    """``changed(PatientCard)`` when the patient is another one, or something about them changed."""

    changed = Signal(object)

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._patient_id: uuid.UUID | None = None
        self.data: PatientBannerData | None = None
        context.tasks.committed.connect(self._on_committed)

    def show_patient(self, patient_id: uuid.UUID | None) -> None:
        """Follow a patient; nobody clears the banner's data."""
        if patient_id != self._patient_id:
            self._patient_id, self.data = patient_id, None
        self._load()

    def _load(self) -> None:
        if self._patient_id is None:
            return
        wanted = self._patient_id
        self._context.tasks.read(
            self, patients.banner, wanted, done=lambda data: self._loaded(wanted, data)
        )

    def _loaded(self, wanted: uuid.UUID, data: PatientBannerData) -> None:
        if wanted == self._patient_id and data != self.data:
            self.data = data
            self.changed.emit(patient_card(data))

    def _on_committed(self, changes: Changes) -> None:
        # Questions come with what other PCs wrote, and go with what is written here.
        asked = changes.origin == "sync" or bool(self.data and self.data.undecided.count)
        if asked or changes.touches(*_TABLES):
            self._load()
