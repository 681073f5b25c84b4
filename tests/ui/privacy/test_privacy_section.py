"""The privacy section of a chart and its drawers, by hand and by keys."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from clinic_desktop.domain.names import HumanName
from clinic_desktop.services import patients
from clinic_desktop.services.patients import Decision, PatientEntry, RegisterPatient
from clinic_desktop.services.patients.consent_texts import SaveText, save_text
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.privacy.consents_card import ConsentsCard
from clinic_desktop.ui.privacy.decision_form import DecisionForm
from clinic_desktop.ui.privacy.privacy_section import PrivacySection
from tests.support.records import Record
from tests.support.windows import RecordingHost


@pytest.fixture
def maria(record: Record) -> uuid.UUID:
    record.write(save_text, SaveText("data", "Your data", "We keep it ten years.", "en"))
    entry = PatientEntry(HumanName("Otieno", "Maria"))
    return record.write(patients.register, RegisterPatient(entry))


def idle(context: Context, qtbot: QtBot) -> None:
    for _turn in range(2):
        qtbot.waitUntil(lambda: context.tasks.is_idle)


def shown(widget: Any, context: Context, qtbot: QtBot) -> Any:
    qtbot.addWidget(widget)
    widget.resize(800, 700)
    widget.show()
    idle(context, qtbot)
    return widget


def card(section: PrivacySection, kind: type[Any]) -> Any:
    return next(each for each in section.cards if isinstance(each, kind))


@pytest.fixture
def section(ui_context: Context, qtbot: QtBot, maria: uuid.UUID) -> PrivacySection:
    made: PrivacySection = shown(PrivacySection(ui_context), ui_context, qtbot)
    made.set_patient(maria)
    idle(ui_context, qtbot)
    return made


def test_consents_follow_what_is_recorded_elsewhere(
    section: PrivacySection, record: Record, maria: uuid.UUID, qtbot: QtBot
) -> None:
    listed = card(section, ConsentsCard)
    assert not listed.earlier.isVisible()
    record.write(patients.decide, Decision(maria, "data"))
    qtbot.waitUntil(lambda: len(listed.listed.facts) == 1)
    record.write(patients.decide, Decision(maria, "data", "withdrawn"))
    qtbot.waitUntil(lambda: listed.listed.facts[0].pill.text == "withdrawn")
    assert listed.listed.facts[0].text == "Your data"

    listed.earlier.click()
    assert [each.pill.text for each in listed.listed.facts] == ["withdrawn", "given"]


def test_another_patient_is_shown_without_a_line_of_the_one_before(
    section: PrivacySection, record: Record, maria: uuid.UUID, ui_context: Context, qtbot: QtBot
) -> None:
    listed = card(section, ConsentsCard)
    record.write(patients.decide, Decision(maria, "data"))
    qtbot.waitUntil(lambda: len(listed.listed.facts) == 1)
    other = record.write(patients.register, RegisterPatient(PatientEntry(HumanName("Abara"))))
    section.set_patient(other)
    assert listed.listed.facts == ()
    idle(ui_context, qtbot)
    assert listed.listed.facts == ()


def test_a_guardian_decides_by_the_drawer(
    ui_context: Context, record: Record, maria: uuid.UUID, qtbot: QtBot
) -> None:
    form = shown(DecisionForm(ui_context, to.DecideConsent(maria)), ui_context, qtbot)
    form.kind.set_value("data")
    form._show_text()
    assert "We keep it ten years." in form.text.text()
    form.role.set_value("guardian")
    form._on_role("guardian")
    form.submit(print_too=False)
    idle(ui_context, qtbot)
    assert "name" in form.rows["given_by"].message.text()
    QTest.keyClicks(form.given_by, "Anna Otieno")
    with qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)

    (row,) = record.read(patients.consents_of, maria)
    assert (row.kind, row.status, row.given_by, row.version) == (
        "data", "active", "Anna Otieno", "1",
    )  # fmt: skip
    assert isinstance(ui_context.host, RecordingHost)
    assert ui_context.host.toasts == ["The decision is recorded."]


def test_the_form_is_printed_before_it_is_signed(
    ui_context: Context, record: Record, maria: uuid.UUID, qtbot: QtBot
) -> None:
    form = shown(DecisionForm(ui_context, to.DecideConsent(maria)), ui_context, qtbot)
    form.kind.set_value("data")
    form.secondary()[0][1]()
    host = ui_context.host
    assert isinstance(host, RecordingHost)
    qtbot.waitUntil(lambda: bool(host.drawers), timeout=20000)
    assert record.read(patients.decisions_of, maria)[0].status == "proposed"
    assert record.read(patients.consents_of, maria) == []
