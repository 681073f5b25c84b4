"""The drawers of a chart's past, and the owner's page of looks."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.models.patient import Patient
from clinic_desktop.services.audit.seen import MANY_CHARTS
from clinic_desktop.services.patients.looks import look
from clinic_desktop.ui.chart.changes_form import ChangesForm
from clinic_desktop.ui.chart.looks_form import LooksForm
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.navigator import ChartChanges, ChartLooks
from clinic_desktop.ui.settings.audit_page import AuditPage
from clinic_desktop.ui.widgets.data_table import DataTable
from tests.support.records import Record
from tests.support.windows import RecordingHost


def _add(uow: UnitOfWork, family: str) -> uuid.UUID:
    patient = Patient(family=family, given="Ann", mrn=family, sex="female")
    uow.add(patient)
    return patient.id


def _name(uow: UnitOfWork, patient_id: uuid.UUID, given: str) -> None:
    uow.session.get_one(Patient, patient_id).given = given


@pytest.fixture
def patient_id(record: Record) -> uuid.UUID:
    return record.write(_add, "Otieno")


def _shown(form: Any, context: Context, qtbot: QtBot) -> Any:
    qtbot.addWidget(form)
    form.resize(460, 600)
    form.show()
    qtbot.waitUntil(lambda: context.tasks.is_idle)
    return form


def _texts(table: DataTable) -> list[list[str]]:
    model = table.model_
    return [
        [str(model.index(row, column).data()) for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def test_an_old_value_is_put_back_by_keys(
    ui_context: Context, record: Record, patient_id: uuid.UUID, qtbot: QtBot
) -> None:
    """Down to the line, Enter: the old name stands again, and the list says so at once."""
    record.write(_name, patient_id, "Anna")
    form = _shown(ChangesForm(ui_context, ChartChanges(patient_id)), ui_context, qtbot)
    assert [row[0].split(",")[0] for row in _texts(form.table)] == ["Given name"]

    form.table.setFocus()
    QTest.keyClick(form.table, Qt.Key.Key_Home)
    assert form.primary_text() == "Put the old value back"
    QTest.keyClick(form.table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: form.table.model_.rowCount() == 2 and ui_context.tasks.is_idle)

    assert record.rows("SELECT given FROM patient") == [("Ann",)]
    host = ui_context.host
    assert isinstance(host, RecordingHost)
    assert host.toasts == ["The old value stands again."]
    host.undo_last()
    qtbot.waitUntil(lambda: form.table.model_.rowCount() == 3)
    assert record.rows("SELECT given FROM patient") == [("Anna",)]


def test_a_chart_without_a_past_says_so(
    ui_context: Context, patient_id: uuid.UUID, qtbot: QtBot
) -> None:
    """An empty list is a sentence, and the main button has nothing to put back."""
    form = _shown(ChangesForm(ui_context, ChartChanges(patient_id)), ui_context, qtbot)

    assert form.table.model_.rowCount() == 0
    form.submit(print_too=False)
    host = ui_context.host
    assert isinstance(host, RecordingHost)
    assert host.toasts == []


def test_who_saw_a_chart_is_listed(
    ui_context: Context, record: Record, patient_id: uuid.UUID, qtbot: QtBot
) -> None:
    """Two looks on one day are one line with their number."""
    for _turn in range(2):
        record.write(look, patient_id)

    form = _shown(LooksForm(ui_context, ChartLooks(patient_id)), ui_context, qtbot)

    assert len(_texts(form.table)) == 1
    assert _texts(form.table)[0][2] == "2"


def test_owner_sees_what_stands_out_and_checks_the_log(
    ui_context: Context, record: Record, qtbot: QtBot
) -> None:
    """Many charts in an hour are a line; the log is checked by a button."""
    for number in range(MANY_CHARTS):
        record.write(look, record.write(_add, f"F{number}"))
    record.store.sign_off().result()

    page = _shown(AuditPage(ui_context), ui_context, qtbot)

    assert len(_texts(page.table)) == 1
    page.check.click()
    qtbot.waitUntil(lambda: page.check.isEnabled() and page.found.isVisible())
    assert [fact.key for fact in page.found.facts] == ["commits", "head"]
