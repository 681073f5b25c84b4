"""A chart kept in confidence: its cover, opening it in an emergency, its care team."""

from __future__ import annotations

import uuid

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.models.confidentiality import CareTeamMember, ChartConfidentiality
from clinic_desktop.services.confidentiality import emergency, team
from clinic_desktop.services.confidentiality.emergency import OpenChart
from clinic_desktop.services.unfinished import unfinished
from clinic_desktop.ui.chart.care_team_form import CareTeamForm
from clinic_desktop.ui.chart.chart_view import ChartView
from clinic_desktop.ui.chart.emergency_form import EmergencyForm
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.navigator import Chart, EditCareTeam, OpenInEmergency
from clinic_desktop.ui.settings.emergencies import EmergencyTable, ReviewForm
from clinic_desktop.ui.today.unfinished import _place
from clinic_desktop.ui.widgets.patient_banner import AllergyState
from tests.support.charts import put_chart
from tests.support.records import Record

WHY = "Found without consciousness"


@pytest.fixture(name="closed")
def chart_of_a_colleague(record: Record) -> uuid.UUID:
    patient = record.write(put_chart)
    colleague = record.as_role("doctor")

    def keep(uow: UnitOfWork) -> None:
        member = CareTeamMember(patient_id=patient, user_id=colleague.user_id)
        uow.add(ChartConfidentiality(patient_id=patient), member)

    record.write(keep)
    return patient


def _opened(context: Context, patient: uuid.UUID, qtbot: QtBot) -> ChartView:
    view = ChartView(context)
    qtbot.addWidget(view)
    view.resize(1200, 800)
    view.show()
    view.go_to(Chart(patient))
    qtbot.waitUntil(lambda: context.tasks.is_idle)
    return view


def test_a_closed_chart_shows_its_cover_and_nothing_else(
    ui_context: Context, closed: uuid.UUID, qtbot: QtBot
) -> None:
    view = _opened(ui_context, closed, qtbot)
    assert view.door.cover.isVisible()
    assert not view.tabs.isVisible()
    assert not view.stack.isVisible()
    assert not view.start.isVisible()
    assert view.sections == {}
    assert view.banner.card().allergy_state is AllergyState.CONFIDENTIAL
    assert ui_context.host.errors == []  # type: ignore[attr-defined]

    view.show_section("results")  # Alt and a digit do not get past it either
    assert view.sections == {}


def test_the_chart_opens_in_an_emergency_and_closes_when_its_time_is_over(
    ui_context: Context, record: Record, closed: uuid.UUID, qtbot: QtBot
) -> None:
    view = _opened(ui_context, closed, qtbot)
    form = EmergencyForm(ui_context, OpenInEmergency(closed))
    qtbot.addWidget(form)
    form.show()
    form.reason.set_value("unable")
    form.words.setText("short")
    form.submit(print_too=False)
    qtbot.waitUntil(lambda: "happened" in form.rows["words"].message.text())
    form.words.setText(WHY)
    with qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)
    qtbot.waitUntil(lambda: view.tabs.isVisible() and ui_context.tasks.is_idle)
    assert view.door.notice.isVisible()
    assert view.sections

    record.clock.advance(minutes=31)
    view.door.ran_out.emit()
    qtbot.waitUntil(view.door.cover.isVisible)
    assert view.sections == {}


def _asked(context: Context, patient: uuid.UUID, qtbot: QtBot) -> EmergencyForm:
    form = EmergencyForm(context, OpenInEmergency(patient))
    qtbot.addWidget(form)
    form.show()
    qtbot.waitUntil(lambda: context.tasks.is_idle)
    return form


def test_why_a_chart_is_to_be_opened_is_there_again_until_it_is_thrown_away(
    ui_context: Context, record: Record, closed: uuid.UUID, qtbot: QtBot
) -> None:
    form = _asked(ui_context, closed, qtbot)
    form.reason.set_value("unable")
    QTest.keyClicks(form.words, WHY)
    form.draft.flush()
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)
    again = _asked(ui_context, closed, qtbot)  # as after a crash: nobody closed the first
    qtbot.waitUntil(lambda: again.words.text() == WHY)
    assert again.reason.value() == "unable"
    assert record.rows("SELECT * FROM emergency_access") == [], "nothing was opened by that"
    (line,) = record.read(unfinished)
    assert _place(line) == Chart(closed)
    again.draft.start_afresh()
    assert (again.reason.value(), again.words.text()) == (None, "")
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)
    assert record.read(unfinished) == ()


def test_the_time_is_extended_once_by_a_button(
    ui_context: Context, record: Record, closed: uuid.UUID, qtbot: QtBot
) -> None:
    record.write(emergency.open_chart, OpenChart(closed, "emergency", WHY))
    view = _opened(ui_context, closed, qtbot)
    view.door.extend.click()
    qtbot.waitUntil(lambda: not view.door.extend.isVisible())
    assert record.rows("SELECT is_extended FROM emergency_access") == [(1,)]


def test_a_doctor_keeps_a_chart_in_confidence_and_opens_it_again(
    ui_context: Context, record: Record, qtbot: QtBot
) -> None:
    patient = record.write(put_chart)
    record.as_role("doctor")
    form = CareTeamForm(ui_context, EditCareTeam(patient))
    qtbot.addWidget(form)
    form.show()
    qtbot.waitUntil(lambda: len(form.ticks) == 2)
    assert [tick.isChecked() for tick in form.ticks.values()].count(True) == 1
    with qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)
    assert record.read(team.care_team, patient).is_restricted

    again = CareTeamForm(ui_context, EditCareTeam(patient))
    qtbot.addWidget(again)
    again.show()
    qtbot.waitUntil(again.end.isVisible)
    with qtbot.waitSignal(again.close_requested):
        again.end.click()
    assert not record.read(team.care_team, patient).is_restricted


def test_the_owner_looks_at_an_emergency_by_keys(
    ui_context: Context, record: Record, closed: uuid.UUID, qtbot: QtBot
) -> None:
    record.write(emergency.open_chart, OpenChart(closed, "emergency", WHY))
    table = EmergencyTable(ui_context)
    qtbot.addWidget(table)
    table.resize(700, 400)
    table.show()
    table.load()
    qtbot.waitUntil(lambda: table.model_.rowCount() == 1)
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_Home)
    QTest.keyClick(table, Qt.Key.Key_Return)
    form = ui_context.host.drawers[-1]  # type: ignore[attr-defined]
    assert isinstance(form, ReviewForm)
    form.words.setText("Right")
    with qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)
    assert record.rows("SELECT review FROM emergency_access") == [("Right",)]
