"""The window of an insurer's agent: one place, a list of bills, and what one of them says."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from clinic_desktop.errors import StorageError
from clinic_desktop.models.patient import Coverage, Patient
from clinic_desktop.services import insured
from clinic_desktop.services.billing import invoices
from clinic_desktop.services.billing.invoices import InvoiceForm, LineForm
from clinic_desktop.services.insured import InsuredBill
from clinic_desktop.services.privacy import disclosures, restriction
from clinic_desktop.services.privacy.disclosures import NoteDisclosure
from clinic_desktop.ui.billing.insured_view import InsuredView
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.settings.people_page import NewPersonForm
from clinic_desktop.ui.settings.settings_view import SettingsView
from clinic_desktop.ui.shell.desk import Desk
from clinic_desktop.ui.widgets.label import Label
from tests.support.records import NOON, Record
from tests.support.windows import RecordingHost

INSURER = "AAR Insurance"


def _bill(record: Record, family: str, insurer: str) -> str:
    row = Patient(id=record.clock.new_id(), mrn=family, family=family, given="Ann")
    cover = Coverage(patient_id=row.id, payer_name=insurer, policy_number=f"P-{family}")
    record.write(lambda uow: uow.add(row, cover))
    form = InvoiceForm(row.id, (LineForm("Consultation", 100),))
    return record.write(invoices.issue, form).number


def _view(record: Record, ui_context: Context, qtbot: QtBot, bills: int) -> InsuredView:
    """The agent's place on a screen, with so many bills in its list."""
    until = NOON + timedelta(days=9)
    ui_context.tasks.actor = replace(
        record.as_role("insurer"), engaged_until=until, insurer=INSURER
    )
    view = InsuredView(ui_context)
    qtbot.addWidget(view)
    view.show()
    view.go_to(to.Insured())
    qtbot.waitUntil(lambda: view.table.model_.rowCount() == bills)
    return view


def _choose(view: InsuredView, number: str, qtbot: QtBot) -> None:
    model = view.table.model_
    rows = {key: model.row_at(place) for place in range(model.rowCount())
            if (key := model.id_at(place)) is not None}  # fmt: skip
    (key,) = (key for key, row in rows.items() if cast("InsuredBill", row).number == number)
    view.table.select_id(key)
    qtbot.waitUntil(lambda: view.side.currentIndex() == 1)
    qtbot.waitUntil(lambda: number in view.panel.header.title.text())


def _looks(record: Record) -> int:
    """How many bills were looked at, by the log."""
    record.store.alone(lambda: None).result()
    return int(record.rows("SELECT count(*) FROM audit_event WHERE kind = ?", insured.SEEN)[0][0])


def test_a_search_that_leaves_the_open_bill_out_opens_no_other(
    record: Record, ui_context: Context, qtbot: QtBot
) -> None:
    number, _other = (_bill(record, family, INSURER) for family in ("Kamau", "Otieno"))
    view = _view(record, ui_context, qtbot, 2)
    view.table.clearFocus()
    view.table.setFocus()
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)
    assert _looks(record) == 0  # the keyboard came to the list: nothing is chosen by that
    QTest.keyClick(view.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.side.currentIndex() == 1)
    assert [each.row() for each in view.table.selectionModel().selectedRows()] == [0]
    view.table.selectionModel().clear()
    assert view.side.currentIndex() == 0
    _choose(view, number, qtbot)
    for text in ("Otieno", "Nobody"):
        view.field.set_text(text)
        qtbot.waitUntil(lambda: ui_context.tasks.is_idle)
        assert view.table.model_.rowCount() == (text == "Otieno")
        assert view.side.currentIndex() == 0
        assert view.table.current_id() is None
    assert _looks(record) == 2


@pytest.mark.parametrize("included", [True, False])
def test_the_sum_of_a_bill_can_be_followed(
    record: Record, ui_context: Context, qtbot: QtBot, included: bool
) -> None:
    """From the lines over discount and tax to the total, as on the paper."""
    row = Patient(id=record.clock.new_id(), mrn="1", family="Kamau", given="Ann")
    cover = Coverage(patient_id=row.id, payer_name=INSURER, policy_number="P-1")
    record.write(lambda uow: uow.add(row, cover))
    line = LineForm("Consultation", 200_000, tax_bp=1600, tax_inclusive=included)
    form = InvoiceForm(row.id, (line,), discount_bp=1000, discount_reason="Child")
    number = record.write(invoices.issue, form).number
    view = _view(record, ui_context, qtbot, 1)
    _choose(view, number, qtbot)
    words = [label.text() for label in view.panel.sums.findChildren(Label) if label.isVisible()]
    told = {
        name: re.sub(r"[^0-9.-]", "", amount)
        for name, amount in zip(words[::2], words[1::2], strict=True)
    }
    if included:
        assert told == {
            "Subtotal": "2000.00",
            "Discount": "-200.00",
            "Total": "1800.00",
            "Tax contained in it": "248.28",
        }
    else:
        assert told == {
            "Subtotal": "2000.00",
            "Discount": "-200.00",
            "Tax": "288.00",
            "Total": "2088.00",
        }


def test_an_open_bill_follows_the_record(record: Record, ui_context: Context, qtbot: QtBot) -> None:
    """What is said of it changes while it is open, and it goes when it is no longer theirs."""
    number, _other = (_bill(record, family, INSURER) for family in ("Kamau", "Otieno"))
    view = _view(record, ui_context, qtbot, 2)
    _choose(view, number, qtbot)
    ((raw,),) = record.rows("SELECT id FROM patient WHERE family = 'Kamau'")
    patient = uuid.UUID(bytes=raw)
    released = NoteDisclosure(patient, INSURER, "Claim of May", recipient_kind="insurer")
    record.write(disclosures.note_disclosure, released)
    qtbot.waitUntil(lambda: len(view.panel.released.facts) == 1)
    assert view.side.currentIndex() == 1
    looks = _looks(record)
    with qtbot.waitSignal(ui_context.tasks.committed):
        record.write(lambda uow: uow.add(Patient(id=uow.new_id(), mrn="new", family="Another")))
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)
    assert _looks(record) == looks, "a commit about somebody else is no new look"
    record.write(restriction.restrict, patient, "accuracy", "Said by phone")
    qtbot.waitUntil(lambda: view.side.currentIndex() == 0)
    qtbot.waitUntil(lambda: view.table.model_.rowCount() == 1)
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)
    assert view.side.currentIndex() == 0
    assert _looks(record) == looks


def test_a_bill_that_cannot_be_read_leaves_no_other_beside_its_line(
    record: Record, ui_context: Context, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (_bill(record, family, INSURER) for family in ("Kamau", "Otieno"))
    view = _view(record, ui_context, qtbot, 2)

    def gone(*_args: object) -> None:
        return None

    def fails(*_args: object) -> None:
        raise StorageError("The disk is away.")

    for answer in (gone, fails):
        _choose(view, first, qtbot)
        with monkeypatch.context() as patch:
            patch.setattr(insured, "document", answer)
            view.table.setCurrentIndex(
                view.table.model_.index(1 - view.table.currentIndex().row(), 0)
            )
            qtbot.waitUntil(lambda: view.side.currentIndex() == 0)
        view.table.opened.emit(view.table.current_id())  # tried once more
        qtbot.waitUntil(lambda: view.side.currentIndex() == 1)
        assert second in view.panel.header.title.text()


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
