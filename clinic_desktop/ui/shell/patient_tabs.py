"""Tabs of the charts that are open, each with its own colour band."""

from __future__ import annotations

import uuid

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desktop.db.journal import Changes
from clinic_desktop.i18n import _
from clinic_desktop.services.patients.listing import rows
from clinic_desktop.services.patients.rows import PatientRow
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.widgets.tabs import TabStrip

LIMIT = 8
"""More open charts than this invite mistakes; the one longest unused is closed."""


class PatientTabs(QWidget):
    """``chosen`` when a tab is taken, ``closed`` when the one in front was closed."""

    chosen = Signal(object)
    closed = Signal(object)

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._used: list[uuid.UUID] = []
        self._showing = False
        self.current: uuid.UUID | None = None
        self.strip = TabStrip(_("Open charts"))
        self.strip.activated.connect(self._on_activated)
        self.strip.close_wanted.connect(self.close_tab)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.strip)
        context.tasks.committed.connect(self._on_committed)
        self.hide()

    @property
    def open_ids(self) -> tuple[uuid.UUID, ...]:
        """The charts that have a tab, in their order."""
        opened = self.strip.keys()
        return tuple(key for key in opened if isinstance(key, uuid.UUID))

    def show_patient(self, patient_id: uuid.UUID) -> None:
        """Mark a chart's tab, making one if there is none; its name follows."""
        self._showing = True
        if patient_id not in self.open_ids:
            if len(self._used) >= LIMIT:
                self.close_tab(self._used[0])
            self.strip.add(patient_id, "…")
            self._ask((patient_id,))
        self._used = [each for each in self._used if each != patient_id] + [patient_id]
        self.current = patient_id
        self.strip.set_current(patient_id)
        self.show()
        self._showing = False

    def show_none(self) -> None:
        """No chart is in front."""
        self.current = None

    def close_tab(self, patient_id: object) -> None:
        """Take a tab away."""
        if not isinstance(patient_id, uuid.UUID) or patient_id not in self._used:
            return
        self._showing = True
        self.strip.remove(patient_id)
        self._showing = False
        self._used.remove(patient_id)
        self.setVisible(bool(self._used))
        if self.current == patient_id:
            self.current = None
            self.closed.emit(patient_id)

    def _on_activated(self, patient_id: object) -> None:
        if not self._showing:
            self.chosen.emit(patient_id)

    def _on_committed(self, changes: object) -> None:
        if isinstance(changes, Changes):
            self._ask(tuple(changes.ids("patient") & set(self._used)))

    def _ask(self, patient_ids: tuple[uuid.UUID, ...]) -> None:
        if patient_ids:
            self._context.tasks.read(
                self, rows, patient_ids, done=lambda found: self._name(patient_ids, found)
            )

    def _name(self, asked: tuple[uuid.UUID, ...], found: list[PatientRow]) -> None:
        for gone in set(asked) - {row.id for row in found} - {self.current}:
            self.close_tab(gone)  # joined to another chart: no tab may say the old name
        for row in found:
            if row.id in self._used:
                self.strip.set_text(row.id, row.name.listed())
