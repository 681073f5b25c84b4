"""Reasons and findings half typed outlive the record that is closed while they are typed."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.models.confidentiality import CareTeamMember, ChartConfidentiality
from clinic_desktop.services import drafts, patients
from clinic_desktop.services.billing import invoices, payments, refunds
from clinic_desktop.services.billing.invoices import InvoiceForm, LineForm
from clinic_desktop.services.billing.payments import GiveBack, TakePayment
from clinic_desktop.services.confidentiality import emergency
from clinic_desktop.services.confidentiality.emergency import OpenChart
from clinic_desktop.ui.billing.request_form import DeclineForm
from clinic_desktop.ui.chart.emergency_form import EmergencyForm
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.patients.merge_view import MergeView
from clinic_desktop.ui.settings.emergencies import ReviewForm
from clinic_desktop.ui.settings.schedule_closures import ClosureForm
from clinic_desktop.ui.today.unfinished import UnfinishedCard
from tests.support.busy_day import BusyDay
from tests.support.charts import put_chart
from tests.support.records import Record

WHY = "Found without consciousness"


class Desk:
    """Opens forms as the program does when it is started again: nobody closed those before."""

    def __init__(self, context: Context, record: Record, qtbot: QtBot) -> None:
        self.context, self.record, self.qtbot = context, record, qtbot

    def open(self, make: Callable[[], QWidget]) -> Any:
        form = make()
        self.qtbot.addWidget(form)
        form.show()
        self.settle()
        return form

    def settle(self) -> None:
        for _turn in range(2):
            self.qtbot.waitUntil(lambda: self.context.tasks.is_idle)

    def close_record(self) -> None:
        self.context.tasks.closing.emit()
        self.settle()

    def kept(self) -> list[str]:
        self.settle()
        return [row.kind for row in self.record.read(drafts.my_drafts)]

    def lines(self) -> list[tuple[str, to.Destination]]:
        """What stands under "Not finished", as read and where it leads."""
        card = UnfinishedCard(self.context)
        self.qtbot.addWidget(card)
        card.load()
        self.settle()
        visited: list[to.Destination] = self.context.navigator.visited  # type: ignore[attr-defined]
        found = []
        for line in card.lines:
            line.click()
            found.append((line.accessibleName(), visited[-1]))
        return found


@pytest.fixture
def desk(ui_context: Context, record: Record, qtbot: QtBot) -> Desk:
    return Desk(ui_context, record, qtbot)


@pytest.fixture
def closed(record: Record) -> uuid.UUID:
    """A chart that only a colleague reads."""
    patient = record.write(put_chart)
    colleague = record.as_role("doctor")

    def keep(uow: UnitOfWork) -> None:
        member = CareTeamMember(patient_id=patient, user_id=colleague.user_id)
        uow.add(ChartConfidentiality(patient_id=patient), member)

    record.write(keep)
    return patient


def test_what_an_owner_found_in_an_emergency_is_there_again_until_it_is_on_record(
    desk: Desk, record: Record, closed: uuid.UUID
) -> None:
    record.write(emergency.open_chart, OpenChart(closed, "emergency", WHY))
    (row,) = record.read(emergency.emergencies)
    form = desk.open(lambda: ReviewForm(desk.context, row))
    QTest.keyClicks(form.words, "Asked the ward, it was right")
    desk.close_record()

    again = desk.open(lambda: ReviewForm(desk.context, row))
    assert again.words.text() == "Asked the ward, it was right"
    assert again.draft.notice.isVisible()
    ((name, place),) = desk.lines()
    assert "Opened in an emergency" in name
    assert place == to.Settings("audit")
    with desk.qtbot.waitSignal(again.close_requested):
        again.submit(print_too=False)
    assert desk.kept() == []
    assert record.rows("SELECT review FROM emergency_access") == [("Asked the ward, it was right",)]


def test_a_finding_thrown_away_is_kept_nowhere_and_a_colleagues_review_ends_its_line(
    desk: Desk, record: Record, closed: uuid.UUID
) -> None:
    record.write(emergency.open_chart, OpenChart(closed, "emergency", WHY))
    (row,) = record.read(emergency.emergencies)
    form = desk.open(lambda: ReviewForm(desk.context, row))
    QTest.keyClicks(form.words, "Right")
    assert not form.may_close()
    desk.close_record()
    form.was_closed()
    assert desk.kept() == []

    form = desk.open(lambda: ReviewForm(desk.context, row))
    QTest.keyClicks(form.words, "Right")
    desk.close_record()
    record.write(emergency.review, row.id, "Looked at")
    assert desk.lines() == []


def test_the_reason_for_an_emergency_is_listed_only_while_the_chart_is_closed(
    desk: Desk, record: Record, closed: uuid.UUID
) -> None:
    form = desk.open(lambda: EmergencyForm(desk.context, to.OpenInEmergency(closed)))
    QTest.keyClicks(form.words, WHY)
    desk.close_record()
    assert [place for _name, place in desk.lines()] == [to.Chart(closed)]
    record.write(emergency.open_chart, OpenChart(closed, "emergency", WHY))  # by another window
    assert desk.lines() == []
    record.clock.advance(minutes=31)
    assert [place for _name, place in desk.lines()] == [to.Chart(closed)]


def test_why_money_is_not_given_back_is_there_again(
    desk: Desk, record: Record, busy_day: BusyDay
) -> None:
    cashier = record.as_role("cashier")
    wish = InvoiceForm(busy_day.people["Singh"], (LineForm("Consultation", 1000),))
    invoice = record.write(invoices.issue, wish).id
    record.write(payments.take, TakePayment(invoice, 1000))
    record.store.write(cashier, payments.refund, GiveBack(invoice, 400, "Twice")).result()
    (asked,) = record.read(refunds.requests)
    form = desk.open(lambda: DeclineForm(desk.context, asked))
    QTest.keyClicks(form.reason, "Paid once only")
    desk.close_record()

    again = desk.open(lambda: DeclineForm(desk.context, asked))
    assert again.reason.text() == "Paid once only"
    ((name, place),) = desk.lines()
    assert name.startswith("SINGH Harpreet, Decline the request")
    assert place == to.Billing(busy_day.people["Singh"], None, invoice)
    with desk.qtbot.waitSignal(again.close_requested):
        again.submit(print_too=False)
    assert desk.kept() == []
    assert record.rows("SELECT status FROM task") == [("rejected",)]


def test_closed_days_half_typed_are_there_again_with_whose_they_are(
    desk: Desk, busy_day: BusyDay
) -> None:
    kamau = busy_day.doctors["Kamau"]
    form = desk.open(lambda: ClosureForm(desk.context))
    form.first.set_text("mon")
    QTest.keyClicks(form.reason, "Congress")
    form.whose.set_value(kamau)
    assert form.may_close(), "Esc threw it away"
    desk.close_record()

    again = desk.open(lambda: ClosureForm(desk.context))
    assert (again.first.text(), again.reason.text()) == ("mon", "Congress")
    assert again.whose.value() == kamau
    ((name, place),) = desk.lines()
    assert name.startswith("Closed days, ")
    assert place == to.Settings("closed-days")
    with desk.qtbot.waitSignal(again.close_requested):
        again.submit(print_too=False)
    assert desk.kept() == []
    assert desk.open(lambda: ClosureForm(desk.context)).reason.text() == ""


def test_why_two_charts_are_one_person_is_there_again_with_the_other_chart(
    desk: Desk, record: Record, busy_day: BusyDay
) -> None:
    first, other = busy_day.people["Okafor"], busy_day.people["Mensah"]
    form = desk.open(lambda: MergeView(desk.context, to.MergePatients(first)))
    form.vm.choose_other(other)
    desk.settle()
    form.vm.swap()
    QTest.keyClicks(form.reason, "Same passport")
    assert form.may_close()
    desk.close_record()

    again = desk.open(lambda: MergeView(desk.context, to.MergePatients(first)))
    desk.qtbot.waitUntil(lambda: again.vm.state.other is not None)
    assert again.vm.state.other.id == other
    assert "MENSAH" in again.other.text()
    assert again.reason.text() == "Same passport"
    ((name, place),) = desk.lines()
    assert name.startswith("OKAFOR Adaeze, Join the charts")
    assert place == to.MergePatients(first)
    again.draft.start_afresh()
    assert (again.reason.text(), again.other.text(), again.vm.state.other) == ("", "", None)
    assert desk.kept() == []

    third = desk.open(lambda: MergeView(desk.context, to.MergePatients(first)))
    third.vm.choose_other(other)
    desk.qtbot.waitUntil(lambda: third.vm.state.other is not None)
    QTest.keyClicks(third.reason, "Same passport")
    desk.close_record()
    assert desk.kept() == ["merge"]
    with desk.qtbot.waitSignal(third.vm.joined):
        third.submit(print_too=False)
    assert desk.kept() == []
    assert [row.reason for row in record.read(patients.merges_of, first)] == ["Same passport"]
