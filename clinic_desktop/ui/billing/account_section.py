"""The billing section of a chart: what the person owes, and every document."""

from __future__ import annotations

import uuid
from collections.abc import Hashable, Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinic_desktop.db.journal import Changes
from clinic_desktop.i18n import _
from clinic_desktop.services.billing import accounts
from clinic_desktop.services.billing.accounts import Checkout, InvoiceRow
from clinic_desktop.ui.billing.billing_model import columns_of_one
from clinic_desktop.ui.billing.billing_vm import Line
from clinic_desktop.ui.billing.words import money
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.navigator import Billing
from clinic_desktop.ui.core.panels import ChartSection
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_3
from clinic_desktop.ui.widgets.buttons import Button
from clinic_desktop.ui.widgets.card import Card, SectionHeader
from clinic_desktop.ui.widgets.data_table import DataTable


class AccountSection(ChartSection):
    """Opens the billing screen for more."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._patient_id: uuid.UUID | None = None
        self.header = SectionHeader(_("Billing"), " ")
        self.charge = Button(_("Charge a service"), "secondary", Icon.BILLING)
        self.charge.clicked.connect(self._charge)
        self.header.add_action(self.charge)
        self.table = DataTable(columns_of_one(), _("Documents"), tall=True)
        self.table.set_empty(Icon.BILLING, _("Nothing was charged yet"))
        self.table.opened.connect(self._open)
        sheet = Card(flush=True)
        sheet.body.addWidget(self.table, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE_3)
        column.addWidget(self.header)
        column.addWidget(sheet, 1)
        context.tasks.committed.connect(self._on_committed)

    def set_patient(self, patient_id: uuid.UUID) -> None:
        """Show a person's account."""
        self._patient_id = patient_id
        tasks = self.context.tasks
        tasks.read(
            self,
            accounts.invoices,
            patient_id=patient_id,
            done=lambda rows: self._show_documents(patient_id, rows),
        )
        tasks.read(
            self,
            accounts.checkout,
            patient_id,
            done=lambda found: self._show_balance(patient_id, found),
        )

    def _show_documents(self, asked: uuid.UUID, rows: Sequence[InvoiceRow]) -> None:
        if asked == self._patient_id:  # else another chart is open by now
            self.table.model_.set_rows(
                {
                    row.id: Line(row.id, row.patient_id, row.patient_name, row.encounter_id, row)
                    for row in rows
                }
            )

    def _show_balance(self, asked: uuid.UUID, found: Checkout) -> None:
        if asked != self._patient_id:
            return
        owed = money(found.balance_minor, found.currency)
        self.header.set_title(_("Billing"), _("Balance {amount}").format(amount=owed))

    def _open(self, key: Hashable) -> None:
        if isinstance(key, uuid.UUID):
            self.context.navigator.open(Billing(invoice_id=key))

    def _charge(self) -> None:
        if self._patient_id is not None:
            self.context.navigator.open(Billing(patient_id=self._patient_id))

    def _on_committed(self, changes: object) -> None:
        money_moved = isinstance(changes, Changes) and changes.touches("invoice", "payment")
        if money_moved and self._patient_id is not None:
            self.set_patient(self._patient_id)
