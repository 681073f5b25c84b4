"""State of the list of patients: what is asked for, what was found, who is selected."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QObject, QTimer, Signal

from clinic_desktop.db.journal import Changes
from clinic_desktop.errors import ClinicError
from clinic_desktop.services import patients
from clinic_desktop.services.patients import Order, PatientFilter, PatientList, PatientRow
from clinic_desktop.ui.core.context import Context

_LIST_TABLES = ("patient", "contact_point", "patient_merge")
_ROW_TABLES = ("encounter", "invoice", "payment", "appointment")
_REFRESH_MS = 300
"""An import commits many times a second; the list follows a little later."""


@dataclass(frozen=True)
class PatientsState:
    """What the screen shows."""

    wanted: PatientFilter = field(default_factory=PatientFilter)
    found: PatientList | None = None
    answered: PatientFilter | None = None
    """What ``found`` is the answer to."""
    error: str = ""

    @property
    def is_filtered(self) -> bool:
        """Whether patients are left out."""
        return bool(self.wanted.text.strip()) or self.wanted.only_owing


class PatientsVM(QObject):
    """``changed(state)`` for the list, ``rows_arrived({id: row})`` for its pages."""

    changed = Signal(object)
    rows_arrived = Signal(object)
    rows_stale = Signal()

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.state = PatientsState()
        self._serial = 0
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_REFRESH_MS)
        self._later.timeout.connect(self.load)
        context.tasks.committed.connect(self._on_committed)

    def load(self) -> None:
        """Ask the record again."""
        self._serial += 1
        serial, wanted = self._serial, self.state.wanted
        self._context.tasks.read(
            self,
            patients.patient_list,
            wanted,
            done=lambda found: self._loaded(serial, found),
            failed=lambda error: self._failed(serial, error),
        )

    def search(self, text: str) -> None:
        """List those whom a text means."""
        if text != self.state.wanted.text:
            order = Order.RANK if text.strip() else self.state.wanted.order
            self._ask(replace(self.state.wanted, text=text, order=order, descending=False))

    def sort(self, key: str, *, descending: bool) -> None:
        """List in another order."""
        self._ask(replace(self.state.wanted, order=Order(key), descending=descending))

    def show_owing(self, only: bool) -> None:
        """List those only who owe something, the largest debt first."""
        order, descending = (Order.BALANCE, True) if only else (Order.RANK, False)
        self._ask(replace(self.state.wanted, only_owing=only, order=order, descending=descending))

    def fetch(self, ids: tuple[uuid.UUID, ...]) -> None:
        """Rows that are about to be seen."""
        self._context.tasks.read(self, patients.rows, ids, done=self._rows)

    def _ask(self, wanted: PatientFilter) -> None:
        self.state = replace(self.state, wanted=wanted)
        self.load()

    def _loaded(self, serial: int, found: PatientList) -> None:
        if serial == self._serial:
            self.state = replace(self.state, found=found, answered=self.state.wanted, error="")
            self.changed.emit(self.state)

    def _failed(self, serial: int, error: ClinicError) -> None:
        if serial == self._serial:
            self.state = replace(self.state, error=str(error))
            self.changed.emit(self.state)

    def _rows(self, rows: list[PatientRow]) -> None:
        self.rows_arrived.emit({row.id: row for row in rows})

    def _on_committed(self, changes: Changes) -> None:
        if changes.touches(*_LIST_TABLES) and not self._later.isActive():
            self._later.start()
        elif changes.touches(*_ROW_TABLES):
            self.rows_stale.emit()
