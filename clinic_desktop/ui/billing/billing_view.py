"""Billing: who is to pay, the checkout, and every document."""

from __future__ import annotations

import uuid
from collections.abc import Hashable

from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from clinic_desktop.domain.permissions import allowed
from clinic_desktop.i18n import _, current
from clinic_desktop.services.billing.payments import CheckedOut
from clinic_desktop.ui.billing.billing_model import columns
from clinic_desktop.ui.billing.billing_vm import BillingState, BillingVM, Line, Tab
from clinic_desktop.ui.billing.checkout_panel import CheckoutPanel
from clinic_desktop.ui.billing.document_panel import DocumentPanel
from clinic_desktop.ui.billing.words import money
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.actions import Action
from clinic_desktop.ui.core.context import Context, Screen
from clinic_desktop.ui.core.navigator import Billing, Destination
from clinic_desktop.ui.theme.icons import Icon
from clinic_desktop.ui.theme.tokens import SPACE_3, SPACE_4, SPACE_5
from clinic_desktop.ui.widgets.card import Card, SectionHeader
from clinic_desktop.ui.widgets.data_table import DataTable
from clinic_desktop.ui.widgets.empty_state import EmptyState
from clinic_desktop.ui.widgets.page import ScrollPage
from clinic_desktop.ui.widgets.segmented import Option, SegmentedControl
from clinic_desktop.ui.widgets.split_inspector import SplitInspector


class BillingView(Screen):
    """The list on one side, checkout or document on the other."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.setObjectName("billing")
        self.setProperty("role", "page")
        self.vm = BillingVM(context, self)
        self._rows: dict[uuid.UUID, Line] = {}
        self._takes_focus = False
        self._build()
        self.vm.changed.connect(self._render)

    def _build(self) -> None:
        self.header = SectionHeader(_("Billing"), " ", role="page")
        titles = {
            Tab.TO_BILL: _("To bill"),
            Tab.UNPAID: _("Unpaid"),
            Tab.ALL: _("All documents"),
            Tab.REQUESTS: _("Requests"),
        }
        options = [Option(tab, titles[tab]) for tab in self.vm.tabs]
        self.tabs = SegmentedControl(options, _("Part of the list"), self.vm.state.tab)
        self.tabs.changed.connect(self.vm.show_tab)
        self.table = DataTable(columns(), _("Documents"), tall=True)
        self.table.setObjectName("billing.table")
        self.table.set_empty(Icon.OK, _("Nothing here"), _("Visits that end appear by themselves."))
        self.table.current_changed.connect(self._on_current)
        self.table.opened.connect(self._on_opened)
        if to.may_open(self.context.actor, to.Conflicts):
            self.table.letters.bind("D", _("Decide what is asked"), self._decide)
        sheet = Card(flush=True)
        sheet.body.addWidget(self.table, 1)
        self.checkout = CheckoutPanel(self.context)
        self.checkout.finished.connect(self._on_checked_out)
        self.document = DocumentPanel(self.context)
        self.nothing = EmptyState(
            Icon.BILLING, _("Choose a line"), _("Its checkout or document shows here.")
        )
        self.side = QStackedWidget()
        self._checkout_page, self._document_page = map(self._page, (self.checkout, self.document))
        for widget in (self.nothing, self._checkout_page, self._document_page):
            self.side.addWidget(widget)
        row = QHBoxLayout()
        row.addWidget(self.tabs)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACE_5, SPACE_4, SPACE_5, SPACE_5)
        column.setSpacing(SPACE_3)
        column.addWidget(self.header)
        column.addLayout(row)
        column.addWidget(SplitInspector(sheet, self.side, shares=(12, 8)), 1)

    def _page(self, panel: QWidget) -> ScrollPage:
        page = ScrollPage()
        page.column.setContentsMargins(0, 0, 0, 0)
        page.column.addWidget(panel)
        return page

    # ------------------------------------------------------------ the screen's contract

    def go_to(self, destination: Destination) -> None:
        """Come here; a visit or a document named is opened at once."""
        self.vm.load()
        if not isinstance(destination, Billing):
            return
        if destination.invoice_id is not None:
            self.vm.open_document(destination.invoice_id)
        elif destination.patient_id is not None:
            self._takes_focus = True
            self.vm.open_checkout(destination.patient_id, destination.encounter_id)
        else:
            self.table.setFocus()

    def screen_actions(self) -> tuple[Action, ...]:
        """What can be done here."""
        return (
            Action("checkout.take", _("Take the payment"), self.primary, "Ctrl+Return", Icon.CASH,
                   _("Billing")),
            Action("document.print", _("Print the document"), self._print, "Ctrl+P", Icon.PRINT,
                   _("Billing")),
        )  # fmt: skip

    def _print(self) -> None:
        if self.side.currentWidget() is self._document_page:
            self.document.print.click()

    def _decide(self) -> None:
        key = self.table.current_id()
        line = self._rows.get(key) if isinstance(key, uuid.UUID) else None
        if line is not None and line.document is not None and line.document.question_id:
            question = line.document.question_id
            self.context.navigator.open(to.Conflicts(conflict_id=question))

    def primary(self) -> None:
        """Ctrl+Enter takes the money."""
        if self.side.currentWidget() is self._checkout_page:
            self.checkout.submit()

    # ------------------------------------------------------------ rendering

    def _render(self, state: BillingState) -> None:
        self.tabs.set_value(state.tab)
        asked = _("Requests")
        count = current().number(state.waiting)
        words = _("Requests ({count})").format(count=count) if state.waiting else asked
        self.tabs.set_label(Tab.REQUESTS, words)
        if state.currency and state.taken_today_minor is not None:
            taken = money(state.taken_today_minor, state.currency)
            words = _("Taken today: {amount}").format(amount=taken)
            self.header.set_title(_("Billing"), words)
        self.table.set_error(state.error)
        if state.lines is None:
            self.table.set_loading(True)
        else:
            self.table.set_loading(False)
            self._rows = {line.id: line for line in state.lines}
            self.table.model_.set_rows(self._rows)
        self._render_side(state)

    def _render_side(self, state: BillingState) -> None:
        if state.checkout is not None and state.checkout.invoices:
            self.vm.open_document(state.checkout.invoices[0].id)
        elif state.checkout is not None and allowed(self.context.actor, "invoice.create"):
            form = self.checkout.form
            shown = (state.checkout.patient_id, state.checkout.encounter_id)
            if form is None or (form.patient_id, form.encounter_id) != shown:
                self.checkout.show_checkout(state.checkout)
            self.side.setCurrentWidget(self._checkout_page)
            if self._takes_focus:
                self._takes_focus = False
                self.checkout.begin()
        elif state.document is not None:
            self.document.show_document(state.document)
            self.side.setCurrentWidget(self._document_page)
        elif not state.is_opening:
            self.side.setCurrentWidget(self.nothing)

    def _on_current(self, key: Hashable | None) -> None:
        line = self._rows.get(key) if isinstance(key, uuid.UUID) else None
        if line is None or not self.table.hasFocus():
            return
        self._takes_focus = False  # the arrows go on through the list
        self._open(line)

    def _on_opened(self, key: Hashable) -> None:
        line = self._rows.get(key) if isinstance(key, uuid.UUID) else None
        if line is not None:
            self._takes_focus = True
            self._open(line)

    def _open(self, line: Line) -> None:
        if line.request is not None:
            self.vm.open_document(line.request.invoice_id)
        elif line.document is not None:
            self.vm.open_document(line.document.id)
        else:
            self.vm.open_checkout(line.patient_id, line.encounter_id)

    def _on_checked_out(self, done: CheckedOut) -> None:
        currency = self.vm.state.currency
        self.context.host.toast(CheckoutPanel.change_words(done, currency))
        if done.payment is not None:
            self.context.printing.print_paper("receipt", done.payment.id)
        else:
            self.context.printing.print_paper("invoice", done.invoice.id)
        if self.checkout.form is None:  # nobody else is being charged by now
            self.vm.open_document(done.invoice.id)
