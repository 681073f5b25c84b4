"""Small forms whose words outlive a crash: what is given back, and never a sum twice."""

from __future__ import annotations

import uuid
from typing import cast

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from clinic_desktop.services import drafts, note_templates
from clinic_desktop.services.billing import accounts, invoices, payments
from clinic_desktop.services.billing.accounts import InvoiceView
from clinic_desktop.services.billing.invoices import InvoiceForm, LineForm
from clinic_desktop.services.billing.payments import TakePayment
from clinic_desktop.services.note_templates import SaveTemplate, TemplateRow
from clinic_desktop.services.notes import NoteText
from clinic_desktop.services.scheduling import bookings, resources
from clinic_desktop.ui.billing.money_forms import PayForm
from clinic_desktop.ui.booking.walk_in_view import WalkInView
from clinic_desktop.ui.calendar.waitlist_form import WaitlistForm
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.scheduling.cancel_form import CancelForm
from clinic_desktop.ui.settings.templates_page import TemplateLine
from clinic_desktop.ui.visits.templates_form import TemplatesForm
from tests.support.busy_day import BusyDay
from tests.support.records import Record
from tests.support.windows import RecordingHost, VisitedNavigator


class Bench:
    """Opens forms one after the other."""

    def __init__(self, qtbot: QtBot, context: Context) -> None:
        self.qtbot, self.context = qtbot, context

    def open(self, form: QWidget) -> None:
        self.qtbot.addWidget(form)
        form.show()
        self.settle()

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: self.context.tasks.is_idle)

    def lock(self) -> None:
        """What a lock and the end of the program do; a kill finds what the timer saved before."""
        self.context.tasks.closing.emit()
        self.settle()


@pytest.fixture
def bench(qtbot: QtBot, ui_context: Context) -> Bench:
    """A desk."""
    return Bench(qtbot, ui_context)


# ------------------------------------------------------------ money


@pytest.fixture
def invoice(busy_day: BusyDay) -> uuid.UUID:
    """1,500.00 to pay."""
    form = InvoiceForm(busy_day.people["Singh"], (LineForm("Consultation", 150_000),))
    return busy_day.record.write(invoices.issue, form).id


def view_of(record: Record, invoice: uuid.UUID) -> InvoiceView:
    found = record.read(accounts.invoice, invoice)
    return cast("InvoiceView", found)


def type_sum(form: PayForm, text: str) -> None:
    form.amount.edit.selectAll()
    QTest.keyClicks(form.amount.edit, text)


def test_a_sum_typed_before_a_crash_is_given_back_but_never_paid_by_itself(
    bench: Bench, record: Record, invoice: uuid.UUID
) -> None:
    form = PayForm(bench.context, view_of(record, invoice))
    bench.open(form)
    type_sum(form, "120")
    form.method.set_value("card")
    bench.lock()
    again = PayForm(bench.context, view_of(record, invoice))
    bench.open(again)
    assert (again.amount.text(), again.method.value()) == ("120", "card")
    assert again.draft.notice.isVisible()
    assert record.rows("SELECT count(*) FROM payment") == [(0,)]
    again.draft.start_afresh()
    assert again.amount.text() == "1,500.00"


def test_a_sum_is_forgotten_once_somebody_has_paid(
    bench: Bench, record: Record, invoice: uuid.UUID
) -> None:
    """The program may have been killed between the payment and the end of its draft."""
    form = PayForm(bench.context, view_of(record, invoice))
    bench.open(form)
    type_sum(form, "500")
    bench.lock()
    record.write(payments.take, TakePayment(invoice, 50_000, "cash"))
    again = PayForm(bench.context, view_of(record, invoice))
    bench.open(again)
    assert again.amount.text() == "1,000.00"
    assert not again.draft.notice.isVisible()
    assert record.read(drafts.my_drafts) == []


def test_a_sum_given_up_or_paid_leaves_no_draft(
    bench: Bench, record: Record, invoice: uuid.UUID
) -> None:
    form = PayForm(bench.context, view_of(record, invoice))
    bench.open(form)
    type_sum(form, "500")
    bench.lock()
    assert form.may_close()
    bench.settle()
    assert record.read(drafts.my_drafts) == []
    host = bench.context.host
    assert isinstance(host, RecordingHost)
    assert host.undo is not None
    host.undo()
    bench.settle()
    form = cast("PayForm", host.drawers[-1])
    bench.open(form)
    assert form.amount.text() == "500"
    type_sum(form, "600")
    form.submit(print_too=False)
    bench.settle()
    assert record.rows("SELECT amount_minor FROM payment") == [(60_000,)]
    assert record.read(drafts.my_drafts) == []


# ------------------------------------------------------------ the front desk


def test_a_walk_in_comes_back_with_its_person_doctor_and_type(
    bench: Bench, busy_day: BusyDay
) -> None:
    form = WalkInView(bench.context, to.WalkIn())
    bench.open(form)
    form.patient.combo.set_value(busy_day.people["Singh"], "SINGH Harpreet")
    form.doctor.set_value(busy_day.doctors["Njeri"])
    form.kind.set_value(busy_day.types["Vaccine"])
    QTest.keyClicks(form.reason, "Headache")
    bench.lock()
    again = WalkInView(bench.context, to.WalkIn())
    bench.open(again)
    assert again.reason.text() == "Headache"
    assert again.patient.value() == busy_day.people["Singh"]
    assert again.doctor.value() == busy_day.doctors["Njeri"]
    assert again.kind.value() == busy_day.types["Vaccine"]
    for_other = WalkInView(bench.context, to.WalkIn(busy_day.people["Nguyen"]))
    bench.open(for_other)
    assert for_other.reason.text() == ""
    again.submit(print_too=False)
    bench.settle()
    assert busy_day.record.read(drafts.my_drafts) == []
    assert busy_day.record.rows("SELECT count(*) FROM appointment WHERE is_walk_in") == [(1,)]


def test_esc_gives_a_walk_in_up_and_one_key_brings_it_back(bench: Bench, busy_day: BusyDay) -> None:
    """The next person at the desk does not find the words of the one before."""
    form = WalkInView(bench.context, to.WalkIn())
    bench.open(form)
    QTest.keyClicks(form.reason, "Headache")
    bench.lock()
    assert form.may_close()
    bench.settle()
    other = WalkInView(bench.context, to.WalkIn())
    bench.open(other)
    assert other.reason.text() == ""
    assert busy_day.record.read(drafts.my_drafts) == []
    host, navigator = bench.context.host, bench.context.navigator
    assert isinstance(host, RecordingHost)
    assert isinstance(navigator, VisitedNavigator)
    assert host.undo is not None
    host.undo()
    bench.settle()
    assert navigator.visited == [to.WalkIn()]
    again = WalkInView(bench.context, to.WalkIn())
    bench.open(again)
    assert again.reason.text() == "Headache"


def test_a_wait_list_entry_comes_back_until_it_is_added(bench: Bench, busy_day: BusyDay) -> None:
    offered = busy_day.record.read(resources.bookable)
    form = WaitlistForm(bench.context, offered)
    bench.open(form)
    QTest.keyClicks(form.note, "After work only")
    QTest.keyClicks(form.until.edit, "in 2w")
    form.part.set_value("evening")
    bench.lock()
    again = WaitlistForm(bench.context, offered)
    bench.open(again)
    assert (again.note.text(), again.until.text(), again.part.value()) == (
        "After work only",
        "in 2w",
        "evening",
    )
    again.patient.combo.set_value(busy_day.people["Singh"], "SINGH Harpreet")
    again.submit(print_too=False)
    bench.settle()
    assert busy_day.record.read(drafts.my_drafts) == []


def test_the_reason_of_a_cancellation_belongs_to_its_appointment(
    bench: Bench, busy_day: BusyDay
) -> None:
    rows = [
        busy_day.record.read(bookings.appointment, busy_day.book(name, at).appointment_id)
        for name, at in (("Singh", "09:00"), ("Petrov", "10:00"))
    ]
    form = CancelForm(bench.context, rows[0], lambda: None)
    bench.open(form)
    QTest.keyClicks(form.reason.edit, "Moved away")
    bench.lock()
    other, again = (CancelForm(bench.context, row, lambda: None) for row in reversed(rows))
    bench.open(other)
    assert other.reason.text() == ""
    bench.open(again)
    assert again.reason.text() == "Moved away"
    again.submit(print_too=False)
    bench.settle()
    assert busy_day.record.read(drafts.my_drafts) == []


# ------------------------------------------------------------ templates


@pytest.fixture
def template(record: Record) -> TemplateRow:
    """A template of the practice."""
    text = NoteText(subjective="Cough for ⟦days⟧")
    record.write(note_templates.save_template, SaveTemplate("Cough", "cough", text, "en"))
    (row,) = record.read(note_templates.templates)
    return row


def test_a_template_half_written_in_the_settings_comes_back(
    bench: Bench, record: Record, template: TemplateRow
) -> None:
    for row, typed in ((None, "Back pain"), (template, " and fever")):
        form = TemplateLine(bench.context, row)
        bench.open(form)
        QTest.keyClicks(form.name, typed)
        form.parts["plan"].setPlainText("Rest")
        assert form.may_close()
        bench.settle()
    for row, name in ((None, "Back pain"), (template, "Cough and fever")):
        again = TemplateLine(bench.context, row)
        bench.open(again)
        assert (again.name.text(), again.parts["plan"].toPlainText()) == (name, "Rest")
    again.submit(print_too=False)
    bench.settle()
    assert [row.name for row in record.read(note_templates.templates)] == ["Cough and fever"]
    assert [draft.subject for draft in record.read(drafts.my_drafts)] == [""]


def test_editing_another_template_keeps_the_words_of_each_apart(
    bench: Bench, record: Record, template: TemplateRow
) -> None:
    form = TemplatesForm(bench.context, NoteText(subjective="Sore throat"))
    bench.open(form)
    QTest.keyClicks(form.shortcut, "sore")
    form._edit(template)
    bench.settle()
    assert form.name.text() == "Cough"
    QTest.keyClicks(form.name, " dry")
    assert form.may_close()
    bench.settle()
    kept = {draft.subject: draft.body for draft in record.read(drafts.my_drafts)}
    assert kept[""]["shortcut"] == "sore"
    assert kept[""]["subjective"] == "Sore throat"
    assert kept[str(template.id)]["name"] == "Cough dry"
    again = TemplatesForm(bench.context, NoteText())
    bench.open(again)
    assert again.shortcut.text() == "sore"
    again._edit(template)
    bench.settle()
    assert again.name.text() == "Cough dry"
