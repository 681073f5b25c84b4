"""The billing screen takes money with few keys and never twice."""

from __future__ import annotations

import threading
import uuid
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.models.encounter import Encounter
from clinic_desktop.models.patient import Patient
from clinic_desktop.services import drafts
from clinic_desktop.services.billing import accounts, catalogue, invoices
from clinic_desktop.services.billing.invoices import InvoiceForm, LineForm
from clinic_desktop.ui.billing.account_section import AccountSection
from clinic_desktop.ui.billing.billing_view import BillingView
from clinic_desktop.ui.billing.money_forms import CreditForm, PayForm, RefundForm
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.navigator import Billing
from tests.support.records import Record
from tests.support.windows import RecordingHost

Visit = tuple[uuid.UUID, uuid.UUID]


@pytest.fixture
def visit(record: Record) -> Visit:
    """A finished visit with its service: patient and encounter."""
    record.write(
        catalogue.save_service, catalogue.ServiceForm("Consultation", 150_000, category="visit")
    )
    record.write(catalogue.save_service, catalogue.ServiceForm("Dressing", 40_000))

    def add(uow: UnitOfWork) -> Visit:
        patient = Patient(family="Otieno", given="Brian", mrn="A1-7")
        uow.add(patient)
        encounter = Encounter(patient_id=patient.id, start_at=uow.now, status="finished")
        uow.add(encounter)
        return patient.id, encounter.id

    return record.write(add)


@pytest.fixture
def view(ui_context: Context, qtbot: QtBot) -> BillingView:
    """The screen, shown."""
    screen = BillingView(ui_context)
    qtbot.addWidget(screen)
    screen.resize(1180, 720)
    screen.show()
    return screen


def _idle(qtbot: QtBot, context: Context) -> None:
    qtbot.waitUntil(lambda: context.tasks.is_idle)


def test_the_arrows_go_through_the_list_and_enter_takes_a_line(
    view: BillingView, visit: Visit, qtbot: QtBot
) -> None:
    """Looking at a checkout never puts the keys on the button that takes the money."""
    view.go_to(Billing())
    qtbot.waitUntil(lambda: view.table.model_.rowCount() == 1)
    view.table.setFocus()
    view.table.selectRow(0)
    qtbot.waitUntil(lambda: view.side.currentIndex() == 1)
    assert view.table.hasFocus()

    QTest.keyClick(view.table, Qt.Key.Key_Return)
    qtbot.waitUntil(view.checkout.take.hasFocus)


def test_visit_is_paid_with_one_key(
    view: BillingView, ui_context: Context, record: Record, visit: Visit, qtbot: QtBot
) -> None:
    """The checkout comes prefilled; Enter takes the exact cash and the receipt is shown."""
    view.go_to(Billing(*visit))
    qtbot.waitUntil(lambda: view.side.currentIndex() == 1)
    assert "1,500.00" in view.checkout.total.text()

    QTest.keyClick(view.checkout.take, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.side.currentIndex() == 2)
    _idle(qtbot, ui_context)

    host = cast("RecordingHost", ui_context.host)
    assert record.read(accounts.balance_minor, visit[0]) == 0
    assert record.rows("SELECT count(*) FROM payment") == [(1,)]
    assert any("Receipt" in text for text in host.toasts)
    assert host.titles == ["Receipt"]


def test_the_checkout_says_whose_it_is(
    view: BillingView, ui_context: Context, record: Record, visit: Visit, qtbot: QtBot
) -> None:
    """Also for somebody who is not on the list; with nothing to charge a service is looked for."""
    other = record.write(_add_patient)
    view.activateWindow()
    view.go_to(Billing(other))
    qtbot.waitUntil(lambda: "SINGH Harpreet" in _words(view.checkout))
    assert view.checkout.service.edit.hasFocus()
    view.go_to(Billing(*visit))
    qtbot.waitUntil(lambda: "OTIENO Brian" in _words(view.checkout))
    assert "SINGH" not in _words(view.checkout)
    _idle(qtbot, ui_context)


def _add_patient(uow: UnitOfWork) -> uuid.UUID:
    patient = Patient(family="Singh", given="Harpreet", mrn="A1-8")
    uow.add(patient)
    return patient.id


def _words(panel: QWidget) -> str:
    return " ".join(label.text() for label in panel.findChildren(QLabel))


def test_enter_held_down_pays_once(
    view: BillingView, ui_context: Context, record: Record, visit: Visit, qtbot: QtBot
) -> None:
    """Three quick Enters are one invoice."""
    view.go_to(Billing(*visit))
    qtbot.waitUntil(lambda: view.side.currentIndex() == 1)

    for _press in range(3):
        view.checkout.submit()
    _idle(qtbot, ui_context)

    assert record.rows("SELECT count(*) FROM invoice") == [(1,)]


def _add_dressing(view: BillingView, record: Record) -> None:
    dressing = record.read(catalogue.services, "dress")[0]
    view.checkout.service.taken.emit(type("S", (), {"value": dressing})())


def test_what_was_paid_is_not_offered_again_before_its_document_is_there(
    view: BillingView, ui_context: Context, record: Record, visit: Visit, qtbot: QtBot
) -> None:
    """The list may be read sooner than the document: Enter must find nothing to charge."""
    view.go_to(Billing(*visit))
    qtbot.waitUntil(lambda: view.side.currentIndex() == 1)
    offered = []

    def read_again() -> None:
        view.vm.changed.emit(view.vm.state)
        offered.append(view.checkout.form)

    view.checkout.finished.connect(read_again)
    view.checkout.submit()
    qtbot.waitUntil(lambda: view.side.currentIndex() == 2)
    _idle(qtbot, ui_context)
    assert offered == [None]


def test_the_next_bill_outlives_the_end_of_the_one_before(
    view: BillingView, ui_context: Context, record: Record, visit: Visit, qtbot: QtBot
) -> None:
    """Somebody quick opens the next person while the payment is still being written."""
    other, gate = record.write(_add_patient), threading.Event()
    view.go_to(Billing(*visit))
    qtbot.waitUntil(lambda: view.side.currentIndex() == 1)
    record.store.write(record.owner, lambda _uow: gate.wait(30))
    view.checkout.submit()
    view.go_to(Billing(other))
    qtbot.waitUntil(lambda: "SINGH Harpreet" in _words(view.checkout))
    _add_dressing(view, record)
    with qtbot.waitSignal(view.checkout.finished):
        gate.set()
    _idle(qtbot, ui_context)
    form = view.checkout.form
    assert form is not None
    assert (form.patient_id, len(form.lines)) == (other, 1)
    assert view.side.currentIndex() == 1
    assert record.rows("SELECT patient_id FROM invoice") == [(visit[0].bytes,)]
    view.checkout.draft.save()
    _idle(qtbot, ui_context)
    assert [row.subject for row in record.read(drafts.my_drafts)] == [str(other)]


def test_what_was_asked_for_last_is_shown_whichever_comes_first(
    view: BillingView,
    ui_context: Context,
    record: Record,
    visit: Visit,
    qtbot: QtBot,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A document that takes long does not cover the checkout opened after it."""
    issued = record.write(invoices.issue, InvoiceForm(visit[0], (LineForm("Consultation", 1000),)))
    gate, quick = threading.Event(), accounts.invoice
    monkeypatch.setattr(accounts, "invoice", lambda *args: gate.wait(30) and quick(*args))
    view.go_to(Billing(invoice_id=issued.id))
    view.go_to(Billing(record.write(_add_patient)))
    qtbot.waitUntil(lambda: "SINGH Harpreet" in _words(view.checkout))
    gate.set()
    _idle(qtbot, ui_context)
    assert view.side.currentIndex() == 1


def test_a_bill_half_made_is_kept(
    view: BillingView, ui_context: Context, record: Record, visit: Visit, qtbot: QtBot
) -> None:
    """Lines, discount and money given come back after a kill; what was only looked at does not."""
    view.go_to(Billing(*visit))
    qtbot.waitUntil(lambda: view.side.currentIndex() == 1)
    view.checkout.draft.save()
    _idle(qtbot, ui_context)
    assert record.read(drafts.my_drafts) == []
    dressing = record.read(catalogue.services, "dress")[0]
    view.checkout.service.taken.emit(type("S", (), {"value": dressing})())
    QTest.keyClicks(view.checkout.discount, "10")
    QTest.keyClicks(view.checkout.reason, "Staff")
    QTest.keyClicks(view.checkout.tendered.edit, "2000")
    ui_context.tasks.closing.emit()
    _idle(qtbot, ui_context)

    again = BillingView(ui_context)
    qtbot.addWidget(again)
    again.go_to(Billing(*visit))
    qtbot.waitUntil(lambda: again.checkout.tendered.text() == "2000")
    assert "1,710.00" in again.checkout.total.text()
    again.checkout._start_afresh()
    assert "1,500.00" in again.checkout.total.text()
    again.checkout.submit()
    _idle(qtbot, ui_context)
    assert record.read(drafts.my_drafts) == []


def test_lines_discount_and_change(
    view: BillingView, ui_context: Context, record: Record, visit: Visit, qtbot: QtBot
) -> None:
    """A service more, a discount with its reason, cash given: total and change follow."""
    view.go_to(Billing(*visit))
    qtbot.waitUntil(lambda: view.side.currentIndex() == 1)
    panel = view.checkout
    dressing = record.read(catalogue.services, "dress")[0]

    panel.service.taken.emit(type("S", (), {"value": dressing})())
    QTest.keyClicks(panel.discount, "10")
    QTest.keyClicks(panel.reason, "Staff")
    QTest.keyClicks(panel.tendered.edit, "2000")

    assert "1,710.00" in panel.total.text()
    panel.submit()
    _idle(qtbot, ui_context)
    stored = record.rows("SELECT total_minor, discount_reason FROM invoice")
    assert stored == [(171_000, "Staff")]
    assert record.rows("SELECT change_minor FROM payment") == [(29_000,)]


def test_wrong_entries_are_said_and_keep_the_form(
    view: BillingView, ui_context: Context, record: Record, visit: Visit, qtbot: QtBot
) -> None:
    """Too little cash and a discount without reason leave the lines where they are."""
    view.go_to(Billing(*visit))
    qtbot.waitUntil(lambda: view.side.currentIndex() == 1)
    panel = view.checkout

    QTest.keyClicks(panel.tendered.edit, "100")
    panel.submit()
    _idle(qtbot, ui_context)
    assert record.rows("SELECT count(*) FROM invoice") == [(0,)]
    assert panel.form is not None
    assert len(panel.form.lines) == 1

    panel.tendered.edit.clear()
    QTest.keyClicks(panel.discount, "5")
    panel.submit()
    _idle(qtbot, ui_context)
    assert record.rows("SELECT count(*) FROM invoice") == [(0,)]


def test_part_payment_refund_and_credit_note(
    view: BillingView, ui_context: Context, record: Record, visit: Visit, qtbot: QtBot
) -> None:
    """The drawers add documents; the invoice itself is never touched."""
    issued = record.write(invoices.issue, InvoiceForm(visit[0], (LineForm("Consultation", 1000),)))
    view.go_to(Billing(invoice_id=issued.id))
    qtbot.waitUntil(lambda: view.side.currentIndex() == 2)

    def shown() -> object:
        found = record.read(accounts.invoice, issued.id)
        assert found is not None
        return found

    for kind, amount, reason in ((PayForm, "4", ""), (RefundForm, "1.50", "Overcharged")):
        form = kind(ui_context, shown())  # type: ignore[arg-type]
        qtbot.addWidget(form)
        form.amount.set_text(amount)
        if reason:
            form.reason.setText(reason)  # type: ignore[union-attr]
        with qtbot.waitSignal(form.close_requested):
            form.submit(False)
    credit = CreditForm(ui_context, shown())  # type: ignore[arg-type]
    qtbot.addWidget(credit)
    credit.reason.setText("Wrong person")
    with qtbot.waitSignal(credit.close_requested):
        credit.submit(False)
    _idle(qtbot, ui_context)

    amounts = record.rows("SELECT amount_minor FROM payment ORDER BY number")
    assert amounts == [(400,), (-150,)]
    assert record.rows("SELECT count(*) FROM invoice WHERE kind = 'credit-note'") == [(1,)]


def test_list_shows_what_is_to_bill(
    view: BillingView, ui_context: Context, visit: Visit, qtbot: QtBot
) -> None:
    """A finished visit without invoice stands in the list; Enter opens its checkout."""
    view.go_to(Billing())
    qtbot.waitUntil(lambda: view.table.model_.rowCount() == 1)

    view.table.selectRow(0)
    QTest.keyClick(view.table, Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: view.side.currentIndex() == 1)
    assert view.checkout.form is not None
    assert view.checkout.form.encounter_id == visit[1]


def test_chart_section_follows_payments(
    ui_context: Context, record: Record, visit: Visit, qtbot: QtBot
) -> None:
    """The account in the chart refreshes when money moves."""
    section = AccountSection(ui_context)
    qtbot.addWidget(section)
    section.set_patient(visit[0])
    _idle(qtbot, ui_context)

    record.write(invoices.issue, InvoiceForm(visit[0], (LineForm("Consultation", 1000),)))

    qtbot.waitUntil(lambda: section.table.model_.rowCount() == 1)
