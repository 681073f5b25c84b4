"""What the billing screen shows: a list, and one checkout or document beside it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from PySide6.QtCore import QObject, Signal

from clinic_desktop.db.journal import Changes
from clinic_desktop.db.session import ReadSession
from clinic_desktop.domain.permissions import Actor, allowed
from clinic_desktop.errors import ClinicError
from clinic_desktop.services.billing import accounts, catalogue, refunds
from clinic_desktop.services.billing.accounts import Checkout, InvoiceRow, InvoiceView
from clinic_desktop.services.billing.refunds import RequestRow
from clinic_desktop.ui.core.context import Context

_TABLES = ("invoice", "payment", "task", "encounter", "appointment", "patient")


class Tab(StrEnum):
    """The parts of the list."""

    TO_BILL = "to-bill"
    UNPAID = "unpaid"
    ALL = "all"
    REQUESTS = "requests"


@dataclass(frozen=True)
class Line:
    """One line of the list: a visit to bill, a document, or what was asked for about one."""

    id: uuid.UUID
    patient_id: uuid.UUID
    patient_name: str
    encounter_id: uuid.UUID | None = None
    document: InvoiceRow | None = None
    request: RequestRow | None = None


@dataclass(frozen=True)
class BillingState:
    """Everything the screen draws from."""

    tab: Tab = Tab.TO_BILL
    lines: tuple[Line, ...] | None = None
    taken_today_minor: int | None = None
    """``None`` for a person who may not know."""
    waiting: int = 0
    """Requests that are not decided yet."""
    currency: str = ""
    checkout: Checkout | None = None
    document: InvoiceView | None = None
    is_opening: bool = False
    """Whether what was asked for last is still to come."""
    error: str = ""


@dataclass(frozen=True)
class _Loaded:
    lines: tuple[Line, ...]
    taken_minor: int | None
    currency: str
    waiting: int


def _load(reads: ReadSession, tab: Tab, patient_id: uuid.UUID | None) -> _Loaded:
    today: date = reads.today
    asked = refunds.requests(reads)
    if tab is Tab.REQUESTS:
        lines = tuple(Line(row.id, row.patient_id, row.patient_name, request=row) for row in asked)
    elif tab is Tab.TO_BILL:
        lines = tuple(
            Line(encounter, patient, name, encounter)
            for encounter, patient, name in accounts.to_bill(reads, today)
        )
    else:
        rows = accounts.invoices(reads, patient_id=patient_id, unpaid=tab is Tab.UNPAID)
        lines = tuple(
            Line(row.id, row.patient_id, row.patient_name, row.encounter_id, row) for row in rows
        )
    taken = None
    if allowed(reads.actor, "payment.read"):
        taken = sum(row.amount_minor for row in accounts.payments_of_day(reads, today))
    waiting = sum(row.status == "requested" for row in asked)
    return _Loaded(lines, taken, catalogue.currency(reads), waiting)


def _tabs_for(actor: Actor) -> tuple[Tab, ...]:
    """The parts of the list that a person has any use for, the most used first."""
    bills = allowed(actor, "invoice.create")
    asks = allowed(actor, "refund.create") or allowed(actor, "refund.read")
    first, last = (Tab.TO_BILL,) if bills else (), (Tab.REQUESTS,) if asks else ()
    return (*first, Tab.UNPAID, Tab.ALL, *last)


class BillingVM(QObject):
    """Reads again whenever money, visits or people change."""

    changed = Signal(object)

    def __init__(self, context: Context, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.tabs = _tabs_for(context.actor)
        self.state = BillingState(self.tabs[0])
        self._shown: uuid.UUID | None = None
        context.tasks.committed.connect(self._on_committed)

    def load(self) -> None:
        """Read the list."""
        tab = self.state.tab
        self._context.tasks.read(
            self, _load, tab, None, done=lambda found: self._loaded(tab, found),
            failed=self._failed,
        )  # fmt: skip

    def show_tab(self, tab: object) -> None:
        """Show another part."""
        self._set(tab=Tab(str(tab)), lines=None)
        self.load()

    def open_checkout(self, patient_id: uuid.UUID, encounter_id: uuid.UUID | None) -> None:
        """Show what a visit, or a person without one, has to pay."""
        wanted = self._begin_opening(encounter_id or patient_id)

        def show(found: Checkout) -> None:
            if wanted == self._shown:
                self._set(checkout=found, document=None, is_opening=False)

        self._context.tasks.read(self, accounts.checkout, patient_id, encounter_id, done=show)

    def open_document(self, invoice_id: uuid.UUID) -> None:
        """Show an issued document."""
        wanted = self._begin_opening(invoice_id)
        # What is issued is never charged again, whatever else arrives before the document.
        self.state = replace(self.state, checkout=None)

        def show(found: InvoiceView | None) -> None:
            if wanted == self._shown:
                self._set(document=found, checkout=None, is_opening=False)

        self._context.tasks.read(self, accounts.invoice, invoice_id, done=show)

    def _begin_opening(self, wanted: uuid.UUID) -> uuid.UUID:
        """Only what was asked for last is shown: two readers answer in any order."""
        self._shown = wanted
        self.state = replace(self.state, is_opening=True)
        return wanted

    def _loaded(self, tab: Tab, found: _Loaded) -> None:
        self._set(
            lines=found.lines if tab is self.state.tab else self.state.lines,
            taken_today_minor=found.taken_minor,
            currency=found.currency,
            waiting=found.waiting,
            error="",
        )

    def _failed(self, error: ClinicError) -> None:
        self._set(error=str(error))

    @property
    def _is_asked(self) -> bool:
        rows = [line.document for line in self.state.lines or ()]
        rows += [self.state.document.row] if self.state.document else []
        return any(row.question_id for row in rows if row)

    def _on_committed(self, changes: object) -> None:
        if not isinstance(changes, Changes):
            return
        # Questions come with what other PCs wrote; where one is asked, any write may answer it.
        if not (changes.origin == "sync" or self._is_asked or changes.touches(*_TABLES)):
            return
        self.load()
        document = self.state.document
        if document is not None and document.row.id == self._shown:
            self.open_document(document.row.id)

    def _set(self, **values: object) -> None:
        self.state = replace(self.state, **values)  # type: ignore[arg-type]
        self.changed.emit(self.state)
