"""The window of an insurer's agent: one place, a list of bills, and what one of them says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import cast

from pytestqt.qtbot import QtBot

from clinic_desktop.models.patient import Coverage, Patient
from clinic_desktop.services.billing import invoices
from clinic_desktop.services.billing.invoices import InvoiceForm, LineForm
from clinic_desktop.ui.billing.insured_view import InsuredView
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.settings.people_page import NewPersonForm
from clinic_desktop.ui.settings.settings_view import SettingsView
from clinic_desktop.ui.shell.desk import Desk
from tests.support.records import NOON, Record
from tests.support.windows import RecordingHost

INSURER = "AAR Insurance"


def _bill(record: Record, family: str, insurer: str) -> str:
    row = Patient(id=record.clock.new_id(), mrn=family, family=family, given="Ann")
    cover = Coverage(patient_id=row.id, payer_name=insurer, policy_number=f"P-{family}")
    record.write(lambda uow: uow.add(row, cover))
    form = InvoiceForm(row.id, (LineForm("Consultation", 100),))
    return record.write(invoices.issue, form).number


def test_the_agents_window_has_one_place_with_the_bills_of_his_insurer(
    record: Record, ui_context: Context, qtbot: QtBot
) -> None:
    number = _bill(record, "Kamau", INSURER)
    _bill(record, "Otieno", "Jubilee")
    until = NOON + timedelta(days=9)
    ui_context.tasks.actor = replace(
        record.as_role("insurer"), engaged_until=until, insurer=INSURER
    )
    desk = Desk(ui_context)
    qtbot.addWidget(desk)
    desk.open_first()
    view = desk.shown
    assert isinstance(view, InsuredView)
    qtbot.waitUntil(lambda: view.table.model_.rowCount() == 1)
    assert [each.key for each in desk.rail._buttons] == ["insured", "settings"]
    view.table.select_id(view.table.model_.id_at(0))
    qtbot.waitUntil(lambda: view.side.currentIndex() == 1)
    words = " ".join(fact.spoken for fact in view.panel.about.facts)
    assert "P-Kamau" in words
    assert number in view.panel.header.title.text()

    view.field.set_text("Otieno")
    view.field.searched.emit("Otieno")
    qtbot.waitUntil(lambda: view.table.model_.rowCount() == 0)
    desk._go(to.Settings())
    settings = cast("SettingsView", desk.shown)
    for key in list(settings._specs):
        desk._go(to.Settings(key))
    desk._go(to.Billing())
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)
    host = cast("RecordingHost", ui_context.host)
    (refused,) = host.errors  # billing is not there for him
    assert "invoice.read" in str(refused)


def test_an_agent_is_added_with_one_of_the_patients_insurers(
    record: Record, ui_context: Context, qtbot: QtBot
) -> None:
    _bill(record, "Kamau", INSURER)
    form = NewPersonForm(ui_context)
    qtbot.addWidget(form)
    form.show()
    qtbot.waitUntil(lambda: form.insurer.count() == 1)
    assert not form.insurer.isVisible()
    form.roles.choose(("insurer",))
    assert form.insurer.isVisible()
    form.insurer.set_value(INSURER)
    form.name.setText("Joseph Mwangi")
    form.login.setText("joseph")
    form.password.password.setText("green kettle garden")
    form.password.repeat.setText("green kettle garden")
    form.until.set_text("30.11.2026")
    form.reason.setText("Claims of October")
    with qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)
    assert record.rows("SELECT count(*) FROM membership_entry WHERE kind = 'engage'") == [(1,)]
