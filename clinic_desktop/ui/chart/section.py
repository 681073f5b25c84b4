"""What every section of a chart has: a patient, and a way to read again."""

from __future__ import annotations

import uuid
from typing import ClassVar

from PySide6.QtWidgets import QWidget

from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.panels import ChartSection


class Section(ChartSection):
    """A section of our own; ``tables`` are those whose changes it shows."""

    tables: ClassVar[tuple[str, ...]] = ()

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.patient_id: uuid.UUID | None = None

    def set_patient(self, patient_id: uuid.UUID) -> None:
        """Show a patient; the same one again is read anew."""
        self.patient_id = patient_id
        self.refresh()

    def refresh(self) -> None:
        """Read the record again."""
