"""The owner's look at who may do what, and at what was done without a second person."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from pytestqt.qtbot import QtBot

from clinic_desktop.domain.permissions import USUAL_SETS
from clinic_desktop.models.patient import Coverage, Patient
from clinic_desktop.services import drafts, people
from clinic_desktop.services.billing import invoices, payments
from clinic_desktop.services.billing.invoices import InvoiceForm, LineForm
from clinic_desktop.services.billing.payments import GiveBack, TakePayment
from clinic_desktop.services.papers import rights_review
from clinic_desktop.services.unfinished import unfinished
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core import spool
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.settings.audit_page import AuditPage
from clinic_desktop.ui.settings.people_page import NewPersonForm, PersonForm, RoleTicks
from clinic_desktop.ui.settings.rights_page import RightsForm, RightsPage
from clinic_desktop.ui.shell.desk import Desk
from clinic_desktop.ui.today.unfinished import _place
from clinic_desktop.ui.widgets.pill import Pill
from tests.support.pdf_reading import text_of
from tests.support.records import Record, engage, keys_of
from tests.support.windows import RecordingHost


def _idle(qtbot: QtBot, context: Context) -> None:
    qtbot.waitUntil(lambda: context.tasks.is_idle)


def _refunded_alone(record: Record) -> None:
    patient = Patient(family="Otieno", given="Brian", mrn="A1-7")
    record.write(lambda uow: uow.add(patient))
    issued = record.write(invoices.issue, InvoiceForm(patient.id, (LineForm("ECG", 100),)))
    record.write(payments.take, TakePayment(issued.id, 100))
    record.write(payments.refund, GiveBack(issued.id, 40, "Paid twice"))


def test_the_list_is_gone_through_and_kept_as_a_table(
    record: Record,
    ui_context: Context,
    qtbot: QtBot,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engage(record, "nurse", "stock")
    record.clock.advance(days=200)
    page = RightsPage(ui_context)
    qtbot.addWidget(page)
    page.load()
    qtbot.waitUntil(lambda: page.table.model_.rowCount() == 2)
    assert "time to do so" in page.when.text()
    page._open("signed-nurse-stock")
    host = cast("RecordingHost", ui_context.host)
    form = host.drawers[-1]
    assert isinstance(form, RightsForm)
    words = " ".join(fact.spoken for fact in form.rights.facts)
    assert "Notes of visits" in words
    assert "not used: add" in words
    page.done.click()
    qtbot.waitUntil(lambda: record.owner.name in page.when.text())
    assert "time to do so" not in page.when.text()

    page.save_to(tmp_path / "rights.csv")
    _idle(qtbot, ui_context)
    with (tmp_path / "rights.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {line["login"] for line in csv.DictReader(file)} == {"amina", "signed-nurse-stock"}

    pdf, _choice = record.read(rights_review.rights_review)
    assert "signed-nurse-stock" in text_of(pdf)
    sent: list[bytes] = []

    def printer(made: bytes, _choice: object) -> str:
        sent.append(made)
        return "Laser"

    monkeypatch.setattr(spool, "print_unkept", printer)
    page.paper.click()
    qtbot.waitUntil(lambda: len(sent) == 1)
    _idle(qtbot, ui_context)
    assert "signed-nurse-stock" in text_of(sent[0])


def test_what_was_done_alone_is_listed_and_said_after_a_week(
    record: Record, ui_context: Context, qtbot: QtBot
) -> None:
    _refunded_alone(record)
    host = cast("RecordingHost", ui_context.host)
    desk = Desk(ui_context)
    qtbot.addWidget(desk)
    desk.open_first()
    _idle(qtbot, ui_context)
    assert host.toasts == []
    record.clock.advance(days=8)
    desk.open_first()
    _idle(qtbot, ui_context)
    assert host.toasts == ["1 thing was done without a second person."]

    page = AuditPage(ui_context)
    qtbot.addWidget(page)
    _idle(qtbot, ui_context)
    week, refund = page.alone.list.facts
    assert "Paid twice" in refund.sub
    assert "16" in week.text
    page.alone.seen.click()
    _idle(qtbot, ui_context)
    host.toasts.clear()
    desk.open_first()
    _idle(qtbot, ui_context)
    assert host.toasts == []


def test_a_usual_set_ticks_its_roles_and_no_others(qtbot: QtBot) -> None:
    ticks = RoleTicks(("stock",))
    qtbot.addWidget(ticks)
    assert ticks.sets.keys() == USUAL_SETS.keys()
    for name, button in ticks.sets.items():
        button.click()
        assert set(ticks.value()) == set(USUAL_SETS[name])


def _new_person(context: Context, qtbot: QtBot) -> NewPersonForm:
    form = NewPersonForm(context)
    qtbot.addWidget(form)
    form.show()
    _idle(qtbot, context)
    return form


def test_a_person_half_entered_is_there_again_without_the_password(
    record: Record, ui_context: Context, qtbot: QtBot
) -> None:
    patient = Patient(family="Otieno", given="Brian", mrn="A1-7")
    record.write(lambda uow: uow.add(patient))
    record.write(lambda uow: uow.add(Coverage(patient_id=patient.id, payer_name="Jubilee")))
    form = _new_person(ui_context, qtbot)
    form.name.setText("Ruth Njeri")
    form.login.setText("ruth")
    form.roles.choose(("insurer",))
    form.until.set_text("30.11.2026")
    form.reason.setText("Claims of this year")
    form.insurer.set_value("Jubilee")
    form.number.setText("KE-77")
    form.password.password.setText("green kettle garden")
    form.password.repeat.setText("green kettle garden")
    form.draft.flush()
    _idle(qtbot, ui_context)
    (kept,) = record.read(drafts.my_drafts)
    assert "kettle" not in str(kept.body)
    again = _new_person(ui_context, qtbot)  # as after a crash: nobody closed the first
    qtbot.waitUntil(lambda: again.insurer.value() == "Jubilee")
    assert (again.name.text(), again.login.text()) == ("Ruth Njeri", "ruth")
    assert (again.roles.value(), again.until.text()) == (("insurer",), "30.11.2026")
    assert (again.reason.text(), again.number.text()) == ("Claims of this year", "KE-77")
    assert again.password.password.text() == ""
    assert again.draft.notice.isVisible()
    assert not again.may_close(), "the drawer asks before it is thrown away"
    (line,) = record.read(unfinished)
    assert _place(line) == to.Settings("people")
    again.was_closed()
    _idle(qtbot, ui_context)
    assert record.read(drafts.my_drafts) == []


def test_somebody_from_outside_comes_with_a_last_day(
    record: Record, ui_context: Context, qtbot: QtBot
) -> None:
    """The fields are there for an auditor only; the bar then says until when."""
    form = NewPersonForm(ui_context)
    qtbot.addWidget(form)
    form.show()
    assert not form.until.isVisible()
    form.roles.ticks["auditor"].setChecked(True)
    assert form.until.isVisible()
    form.roles.sets["doctor"].click()
    assert not form.until.isVisible()
    form.roles.choose(("auditor",))
    form.name.setText("Ruth Njeri")
    form.login.setText("ruth")
    form.password.password.setText("green kettle garden")
    form.password.repeat.setText("green kettle garden")
    form.submit(print_too=False)
    _idle(qtbot, ui_context)
    assert record.rows("SELECT count(*) FROM app_user") == [(1,)]
    form.until.set_text("30.11.2026")
    form.reason.setText("Yearly audit")
    with qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)
    assert record.rows("SELECT count(*) FROM membership_entry WHERE kind = 'engage'") == [(1,)]

    ends = datetime(2026, 11, 30, 21, tzinfo=UTC)
    auditor = replace(record.as_role("auditor"), engaged_until=ends)
    ui_context.tasks.actor = auditor
    desk = Desk(ui_context)
    qtbot.addWidget(desk)
    desk.open_first()
    _idle(qtbot, ui_context)
    pills = [each.text() for each in desk.top.findChildren(Pill)]
    assert any(text.startswith("Only to look, until") for text in pills)
    assert [each.key for each in desk.rail._buttons if each.key != "conflicts"] == [
        *("today", "calendar", "patients", "billing", "settings"),
    ]
    host = cast("RecordingHost", ui_context.host)
    assert host.errors == []


def test_a_colleague_who_was_quicker_is_not_overwritten(
    record: Record, ui_context: Context, qtbot: QtBot
) -> None:
    """The form says what the roles are by now, and keeps what was ticked."""
    nurse = engage(record, "nurse")
    person = next(each for each in record.read(people.everybody) if each.id == nurse.user_id)
    form = PersonForm(ui_context, person)
    qtbot.addWidget(form)
    form.show()
    signer = keys_of(record).identity
    record.write(people.change_roles, person.id, ("nurse", "stock"), signer, person.roles)
    form.roles.choose(("nurse", "cashier"))
    form.submit(print_too=False)
    qtbot.waitUntil(lambda: form.person.roles == ("nurse", "stock"))
    assert "Stock" in form.notice.accessibleName()
    assert form.roles.value() == ("nurse", "cashier")
    with qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)
    roles = {each.id: each.roles for each in record.read(people.everybody)}
    assert roles[person.id] == ("nurse", "cashier")
