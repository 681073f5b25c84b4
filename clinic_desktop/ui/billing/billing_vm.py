"""What the billing screen shows: a list, and one checkout or document beside it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from PySide6.QtCore import QObject, Signal

from clinic_desktop.db.journal import Changes
from clinic_desktop.db.session import ReadSession
from clinic_desktop.errors import ClinicError
from clinic_desktop.services.billing import accounts, catalogue
from clinic_desktop.services.billing.accounts import Checkout, InvoiceRow, InvoiceView
from clinic_desktop.ui.core.context import Context

_TABLES = ("invoice", "payment", "encounter", "appointment", "patient")


class Tab(StrEnum):
    """The parts of the list."""

    TO_BILL = "to-bill"
    UNPAID = "unpaid"
    ALL = "all"


@dataclass(frozen=True)
class Line:
    """One line of the list: a visit to bill, or a document."""

    id: uuid.UUID
    patient_id: uuid.UUID
    patient_name: str
    encounter_id: uuid.UUID | None = None
    document: InvoiceRow | None = None


@dataclass(frozen=True)
class BillingState:
    """Everything the screen draws from."""

    tab: Tab = Tab.TO_BILL
    lines: tuple[Line, ...] | None = None
    taken_today_minor: int = 0
    currency: str = ""
    checkout: Checkout | None = None
    document: InvoiceView | None = None
    error: str = ""


@dataclass(frozen=True)
class _Loaded:
    lines: tuple[Line, ...]
    taken_minor: int
    currency: str


def _load(reads: ReadSession, tab: Tab, patient_id: uuid.UUID | None) -> _Loaded:
    today: date = reads.today
    if tab is Tab.TO_BILL:
        lines = tuple(
            Line(encounter, patient, name, encounter)
            for encounter, patient, name in accounts.to_bill(reads, today)
        )
    else:
        rows = accounts.invoices(reads, patient_id=patient_id, unpaid=tab is Tab.UNPAID)
        lines = tuple(
            Line(row.id, row.patient_id, row.patient_name, row.encounter_id, row) for row in rows
        )
    taken = sum(row.amount_minor for row in accounts.payments_of_day(reads, today))
    return _Loaded(lines, taken, catalogue.currency(reads))


class BillingVM(QObject):
    """Reads again whenever money, visits or people change."""

    changed = Signal(object)

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.state = BillingState()
        self._shown: uuid.UUID | None = None
        context.tasks.committed.connect(self._on_committed)

    def load(self) -> None:
        """Read the list."""
        self._context.tasks.read(
            self, _load, self.state.tab, None, done=self._loaded, failed=self._failed
        )

    def show_tab(self, tab: object) -> None:
        """Show another part."""
        self._set(tab=Tab(str(tab)), lines=None)
        self.load()

    def open_checkout(self, patient_id: uuid.UUID, encounter_id: uuid.UUID | None) -> None:
        """Show what a visit, or a person without one, has to pay."""
        self._shown = encounter_id or patient_id
        self._context.tasks.read(
            self,
            accounts.checkout,
            patient_id,
            encounter_id,
            done=lambda found: self._set(checkout=found, document=None),
        )

    def open_document(self, invoice_id: uuid.UUID) -> None:
        """Show an issued document."""
        self._shown = invoice_id
        self._context.tasks.read(
            self,
            accounts.invoice,
            invoice_id,
            done=lambda found: self._set(document=found, checkout=None),
        )

    def _loaded(self, found: _Loaded) -> None:
        self._set(
            lines=found.lines,
            taken_today_minor=found.taken_minor,
            currency=found.currency,
            error="",
        )

    def _failed(self, error: ClinicError) -> None:
        self._set(error=str(error))

    def _on_committed(self, changes: object) -> None:
        if not isinstance(changes, Changes) or not changes.touches(*_TABLES):
            return
        self.load()
        if self.state.document is not None:
            self.open_document(self.state.document.row.id)

    def _set(self, **values: object) -> None:
        self.state = replace(self.state, **values)  # type: ignore[arg-type]
        self.changed.emit(self.state)
