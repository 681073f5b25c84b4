"""The privacy section of a chart and its drawers, by hand and by keys."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from clinic_desktop.domain.names import HumanName
from clinic_desktop.services import patients
from clinic_desktop.services.patients import (
    Decision,
    PatientEntry,
    RegisterPatient,
    Relative,
    UpdatePatient,
)
from clinic_desktop.services.patients.consent_texts import SaveText, save_text
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.privacy.consents_card import ConsentsCard
from clinic_desktop.ui.privacy.decision_form import DecisionForm
from clinic_desktop.ui.privacy.disclosure_form import DisclosureForm
from clinic_desktop.ui.privacy.privacy_section import PrivacySection
from clinic_desktop.ui.privacy.record_forms import CopyForm, EraseForm
from clinic_desktop.ui.privacy.request_forms import OutcomeForm, RequestForm
from clinic_desktop.ui.privacy.requests_card import RequestsCard
from clinic_desktop.ui.privacy.restriction_card import RestrictionCard
from clinic_desktop.ui.privacy.restriction_forms import LiftForm, RestrictForm, UseForm
from clinic_desktop.ui.privacy.share_form import ShareForm
from clinic_desktop.ui.privacy.trusted_card import TrustedCard
from tests.support.records import Record
from tests.support.windows import RecordingHost, VisitedNavigator


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


def test_who_reads_the_chart_is_found_beside_its_use(
    section: PrivacySection, ui_context: Context, maria: uuid.UUID
) -> None:
    card(section, RestrictionCard).readers.click()
    assert isinstance(ui_context.navigator, VisitedNavigator)
    assert ui_context.navigator.visited == [to.EditCareTeam(maria)]


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


def test_a_request_is_taken_shown_with_its_day_and_answered(
    section: PrivacySection,
    ui_context: Context,
    record: Record,
    maria: uuid.UUID,
    qtbot: QtBot,
) -> None:
    listed = card(section, RequestsCard)
    form = shown(RequestForm(ui_context, to.ReceiveRequest(maria)), ui_context, qtbot)
    form.kind.set_value("erasure")
    QTest.keyClicks(form.asked_by, "Anna")
    with qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)
    qtbot.waitUntil(lambda: len(listed.listed.facts) == 1)
    fact = listed.listed.facts[0]
    assert (fact.text, fact.pill.text.split()[0]) == ("Have the data erased", "due")

    fact.actions[0].run()
    asked = ui_context.navigator.visited[-1]  # type: ignore[attr-defined]
    assert isinstance(asked, to.CloseRequest)
    answer = shown(OutcomeForm(ui_context, asked), ui_context, qtbot)
    answer.submit(print_too=False)
    idle(ui_context, qtbot)
    assert "may ask" in answer.rows["outcome"].message.text()
    answer.outcome.setPlainText("The law keeps it until 2036.")
    answer.refused.setChecked(True)
    with qtbot.waitSignal(answer.close_requested):
        answer.submit(print_too=False)
    qtbot.waitUntil(lambda: listed.listed.facts[0].pill.text == "refused")


def test_a_copy_is_written_into_the_folder_that_was_typed(
    ui_context: Context, record: Record, maria: uuid.UUID, qtbot: QtBot, tmp_path: Path
) -> None:
    form = shown(CopyForm(ui_context, to.CopyRecord(maria)), ui_context, qtbot)
    form.submit(print_too=False)
    assert "where" in form.rows["folder"].message.text()
    form.folder.setText(str(tmp_path / "out"))
    with qtbot.waitSignal(form.close_requested, timeout=20000):
        form.submit(print_too=False)
    assert {each.name for each in (tmp_path / "out").iterdir()} >= {"record.pdf", "bundle.json"}
    idle(ui_context, qtbot)


def test_erasing_says_until_when_the_law_keeps_the_chart(
    ui_context: Context, maria: uuid.UUID, qtbot: QtBot
) -> None:
    form = shown(EraseForm(ui_context, to.EraseRecord(maria)), ui_context, qtbot)
    assert form.primary_text() == "Only store this chart"
    assert not form.form.isVisible()
    assert "2036" in form.notice._title.text()
    with qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)
    assert ui_context.navigator.visited == [to.RestrictUse(maria)]  # type: ignore[attr-defined]


def test_a_chart_is_only_stored_used_for_a_reason_and_free_again(
    section: PrivacySection, ui_context: Context, maria: uuid.UUID, qtbot: QtBot
) -> None:
    held = card(section, RestrictionCard)
    assert held.notice.isHidden()
    form = shown(RestrictForm(ui_context, to.RestrictUse(maria)), ui_context, qtbot)
    QTest.keyClicks(form.words, "Says the diagnosis is wrong")
    with qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)
    qtbot.waitUntil(held.notice.isVisible)
    assert held.use.isVisible()

    use = shown(UseForm(ui_context, to.UseAnyway(maria)), ui_context, qtbot)
    QTest.keyClicks(use.words, "Brought in unconscious")
    with qtbot.waitSignal(use.close_requested):
        use.submit(print_too=False)
    qtbot.waitUntil(held.use.isHidden)
    lift = shown(LiftForm(ui_context, to.LiftRestriction(maria)), ui_context, qtbot)
    QTest.keyClicks(lift.words, "It was put right and told")
    with qtbot.waitSignal(lift.close_requested):
        lift.submit(print_too=False)
    qtbot.waitUntil(held.notice.isHidden)


def test_erasing_takes_the_patient_away_and_leads_to_the_list(
    ui_context: Context, record: Record, maria: uuid.UUID, qtbot: QtBot
) -> None:
    record.clock.advance(days=366 * 11)
    form = shown(EraseForm(ui_context, to.EraseRecord(maria)), ui_context, qtbot)
    assert "Backups" in form.told.text()
    QTest.keyClicks(form.reason, "Asked for in writing")
    with qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)
    assert record.rows("SELECT family, is_deleted FROM patient") == [("", 1)]
    assert isinstance(ui_context.navigator.visited[-1], to.Patients)  # type: ignore[attr-defined]


def test_a_mother_is_given_the_parts_that_are_ticked(
    section: PrivacySection, ui_context: Context, record: Record, maria: uuid.UUID, qtbot: QtBot,
    tmp_path: Path,
) -> None:  # fmt: skip
    before = record.read(patients.record_of, maria).entry
    after = replace(before, relatives=(Relative("Anna", "mother"),))
    record.write(patients.update, UpdatePatient(maria, before, after))
    listed = card(section, TrustedCard)
    qtbot.waitUntil(lambda: len(listed.listed.facts) == 1)
    assert listed.listed.facts[0].sub == "may be given nothing"
    listed.listed.facts[0].actions[0].run()
    asked = ui_context.navigator.visited[-1]  # type: ignore[attr-defined]
    form = shown(ShareForm(ui_context, asked), ui_context, qtbot)
    form.ticks["appointments"].click()
    form.ticks["vaccines"].click()
    with qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)
    qtbot.waitUntil(lambda: listed.listed.facts[0].sub == "may be given: appointments, vaccines")

    copy = shown(CopyForm(ui_context, to.CopyRecord(maria)), ui_context, qtbot)
    copy.kind.set_value("relative")
    copy._on_kind("relative")
    copy.folder.setText(str(tmp_path / "out"))
    copy.submit(print_too=False)
    assert "missing" in copy.rows["person"].message.text()
    copy.person.set_value(asked.related_person_id)
    copy._on_person(asked.related_person_id)
    copy.purpose.setText("School")
    with qtbot.waitSignal(copy.close_requested, timeout=20000):
        copy.submit(print_too=False)
    idle(ui_context, qtbot)
    told = (tmp_path / "out" / "rows.json").read_text("utf-8")
    assert '"consent"' not in told


def test_who_got_what_is_noted_by_hand(
    ui_context: Context, qtbot: QtBot, maria: uuid.UUID, record: Record
) -> None:
    """Without a name nothing is noted, and what was typed stays; then it is."""
    form = shown(DisclosureForm(ui_context, to.NoteDisclosure(maria)), ui_context, qtbot)
    form.purpose.setText("Second opinion")
    form.submit(print_too=False)
    qtbot.waitUntil(lambda: bool(form.rows["recipient"].message.text()))
    assert form.purpose.text() == "Second opinion"
    assert not form.may_close()
    form.recipient.setText("City Hospital")
    with qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)
    assert record.rows("SELECT recipient, purpose, kind FROM disclosure") == [
        ("City Hospital", "Second opinion", "copy")
    ]
