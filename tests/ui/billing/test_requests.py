"""Asking for money back and deciding about it, on the billing screen."""

from __future__ import annotations

import uuid
from typing import cast

import pytest
from pytestqt.qtbot import QtBot

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.domain.permissions import Actor
from clinic_desktop.models.patient import Patient
from clinic_desktop.services.billing import accounts, invoices, payments
from clinic_desktop.services.billing.invoices import InvoiceForm, LineForm
from clinic_desktop.services.billing.payments import GiveBack, TakePayment
from clinic_desktop.ui.billing.billing_view import BillingView
from clinic_desktop.ui.billing.billing_vm import Tab
from clinic_desktop.ui.billing.money_forms import RefundForm
from clinic_desktop.ui.billing.request_form import DeclineForm
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.navigator import Billing
from tests.support.records import Record
from tests.support.windows import RecordingHost


@pytest.fixture
def invoice_id(record: Record) -> uuid.UUID:
    """An invoice of 10.00, paid."""

    def add(uow: UnitOfWork) -> uuid.UUID:
        patient = Patient(family="Otieno", given="Brian", mrn="A1-7")
        uow.add(patient)
        return patient.id

    form = InvoiceForm(record.write(add), (LineForm("Consultation", 1000),))
    issued = record.write(invoices.issue, form)
    record.write(payments.take, TakePayment(issued.id, 1000))
    return issued.id


@pytest.fixture
def cashier(record: Record) -> Actor:
    return record.as_role("cashier")


def _shown(context: Context, actor: Actor, qtbot: QtBot, invoice_id: uuid.UUID) -> BillingView:
    context.tasks.actor = actor
    view = BillingView(context)
    qtbot.addWidget(view)
    view.show()
    view.go_to(Billing(invoice_id=invoice_id))
    qtbot.waitUntil(lambda: view.side.currentIndex() == 2 and context.tasks.is_idle)
    return view


def test_a_cashier_asks_and_nothing_is_printed(
    ui_context: Context, record: Record, invoice_id: uuid.UUID, cashier: Actor, qtbot: QtBot
) -> None:
    view = _shown(ui_context, cashier, qtbot, invoice_id)
    view.document.refund.click()
    form = cast("RecordingHost", ui_context.host).drawers[-1]
    assert isinstance(form, RefundForm)
    assert form.primary_text() == "Ask for the refund"
    form.amount.set_text("4")
    form.reason.setText("Paid twice")
    with qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)
    qtbot.waitUntil(view.document.withdraw.isVisible)
    host = cast("RecordingHost", ui_context.host)
    assert host.titles == ["Refund"]  # no receipt
    assert record.rows("SELECT count(*) FROM payment") == [(1,)]
    assert not view.document.refund.isVisible()
    assert not view.document.approve.isVisible()
    qtbot.waitUntil(lambda: "1" in view.tabs.buttons()[-1].text())

    view.document.withdraw.click()
    qtbot.waitUntil(view.document.refund.isVisible)
    assert record.rows("SELECT status FROM task") == [("cancelled",)]


def test_an_accountant_finds_it_and_approves(
    ui_context: Context, record: Record, invoice_id: uuid.UUID, cashier: Actor, qtbot: QtBot
) -> None:
    record.store.write(cashier, payments.refund, GiveBack(invoice_id, 400, "Twice")).result()
    ui_context.tasks.actor = record.as_role("accountant")
    view = BillingView(ui_context)
    qtbot.addWidget(view)
    view.show()
    view.go_to(Billing())
    view.vm.show_tab(Tab.REQUESTS)
    qtbot.waitUntil(lambda: view.table.model_.rowCount() == 1 and ui_context.tasks.is_idle)
    view._on_opened(next(iter(view._rows)))
    qtbot.waitUntil(view.document.approve.isVisible)
    assert not view.document.pay.isVisible()
    view.document.approve.click()
    qtbot.waitUntil(lambda: not view.document.approve.isVisible())
    found = record.read(accounts.invoice, invoice_id)
    assert found is not None
    assert found.row.due_minor == 400
    assert cast("RecordingHost", ui_context.host).toasts == ["Approved and done."]


def test_the_owner_declines_with_a_reason(
    ui_context: Context, record: Record, invoice_id: uuid.UUID, cashier: Actor, qtbot: QtBot
) -> None:
    record.store.write(cashier, payments.refund, GiveBack(invoice_id, 400, "Twice")).result()
    view = _shown(ui_context, record.owner, qtbot, invoice_id)
    view.document.decline.click()
    form = cast("RecordingHost", ui_context.host).drawers[-1]
    assert isinstance(form, DeclineForm)
    form.submit(print_too=False)
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)
    assert record.rows("SELECT status FROM task") == [("requested",)]
    form.reason.setText("Paid once only")
    with qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)

    again = _shown(ui_context, cashier, qtbot, invoice_id)
    (fact,) = again.document._requests.facts
    assert "Paid once only" in fact.sub
    assert again.document.refund.isVisible()
