"""Words half typed into the drawers of a chart's privacy outlive the program that took them."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from clinic_desktop.domain.names import HumanName
from clinic_desktop.services import drafts, patients
from clinic_desktop.services.patients import (
    PatientEntry,
    RegisterPatient,
    Relative,
    UpdatePatient,
    sharing,
)
from clinic_desktop.services.patients.consent_texts import SaveText, save_text
from clinic_desktop.services.privacy import requests, restriction
from clinic_desktop.services.unfinished import unfinished
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.privacy.decision_form import DecisionForm
from clinic_desktop.ui.privacy.disclosure_form import DisclosureForm
from clinic_desktop.ui.privacy.record_forms import CopyForm, EraseForm
from clinic_desktop.ui.privacy.request_forms import OutcomeForm, RequestForm
from clinic_desktop.ui.privacy.restriction_forms import LiftForm, RestrictForm, UseForm
from clinic_desktop.ui.privacy.share_form import ShareForm
from clinic_desktop.ui.today.unfinished import UnfinishedCard
from tests.support.records import Record


@pytest.fixture
def maria(record: Record) -> uuid.UUID:
    record.write(save_text, SaveText("data", "Your data", "We keep it ten years.", "en"))
    entry = PatientEntry(HumanName("Otieno", "Maria"))
    return record.write(patients.register, RegisterPatient(entry))


@pytest.fixture
def asked(record: Record, maria: uuid.UUID) -> uuid.UUID:
    """A request of hers that waits for its answer."""
    return record.write(requests.receive, requests.ReceiveRequest(maria, "access"))


class Desk:
    """Opens forms as the program does when it is started again: nobody closed those before."""

    def __init__(self, context: Context, record: Record, qtbot: QtBot) -> None:
        self.context, self.record, self.qtbot = context, record, qtbot

    def open(self, kind: type[Any], place: to.Destination) -> Any:
        form = kind(self.context, place)
        self.qtbot.addWidget(form)
        form.show()
        self.settle()
        return form

    def settle(self) -> None:
        for _turn in range(2):
            self.qtbot.waitUntil(lambda: self.context.tasks.is_idle)

    def close_record(self, form: Any) -> None:
        """The lock closes the record while the form is open."""
        self.context.tasks.closing.emit()
        self.settle()
        assert not form.may_close()

    def kept(self) -> list[tuple[str, str]]:
        self.settle()
        return [(row.kind, row.subject) for row in self.record.read(drafts.my_drafts)]

    def line(self) -> tuple[str, to.Destination]:
        """The one line under "Not finished", as read and where it leads."""
        card = UnfinishedCard(self.context)
        self.qtbot.addWidget(card)
        card.load()
        self.qtbot.waitUntil(lambda: len(card.lines) == 1)
        card.lines[0].click()
        visited: list[to.Destination] = self.context.navigator.visited  # type: ignore[attr-defined]
        return card.lines[0].accessibleName(), visited[-1]


@pytest.fixture
def desk(ui_context: Context, record: Record, qtbot: QtBot) -> Desk:
    return Desk(ui_context, record, qtbot)


def test_a_consent_half_written_is_there_again_with_its_text(desk: Desk, maria: uuid.UUID) -> None:
    form = desk.open(DecisionForm, to.DecideConsent(maria))
    form.kind.set_value("data")
    form.role.set_value("guardian")
    QTest.keyClicks(form.given_by, "Anna Otieno")
    QTest.keyClicks(form.note, "asks again in May")
    desk.close_record(form)

    again = desk.open(DecisionForm, to.DecideConsent(maria))
    assert (again.given_by.text(), again.note.text()) == ("Anna Otieno", "asks again in May")
    assert (again.kind.value(), again.role.value()) == ("data", "guardian")
    assert "We keep it ten years." in again.text.text()
    assert again.given_by.isVisible()
    assert again.kept.notice.isVisible()
    name, place = desk.line()
    assert name.startswith("OTIENO Maria, Consent · ")
    assert place == to.Chart(maria, "privacy")


def test_a_consent_that_is_recorded_or_thrown_away_is_not_given_back(
    desk: Desk, maria: uuid.UUID, qtbot: QtBot
) -> None:
    form = desk.open(DecisionForm, to.DecideConsent(maria))
    form.kind.set_value("data")
    QTest.keyClicks(form.note, "by telephone")
    desk.close_record(form)
    assert desk.kept() == [("consent", str(maria))]
    with qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)
    assert desk.kept() == []

    other = desk.open(DecisionForm, to.DecideConsent(maria))
    assert other.note.text() == ""
    QTest.keyClicks(other.note, "no")
    desk.close_record(other)
    other.was_closed()
    assert desk.kept() == []


def test_a_disclosure_half_noted_is_there_again(desk: Desk, maria: uuid.UUID, qtbot: QtBot) -> None:
    form = desk.open(DisclosureForm, to.NoteDisclosure(maria))
    QTest.keyClicks(form.recipient, "City Hospital")
    form.on.set_text("2026-02-01")
    desk.close_record(form)

    again = desk.open(DisclosureForm, to.NoteDisclosure(maria))
    assert (again.recipient.text(), again.on.text()) == ("City Hospital", "2026-02-01")
    name, place = desk.line()
    assert name.startswith("OTIENO Maria, Note what was given · ")
    assert place == to.Chart(maria, "privacy")
    QTest.keyClicks(again.purpose, "Second opinion")
    with qtbot.waitSignal(again.close_requested):
        again.submit(print_too=False)
    assert desk.kept() == []


def test_a_request_half_taken_is_there_again(desk: Desk, maria: uuid.UUID, qtbot: QtBot) -> None:
    form = desk.open(RequestForm, to.ReceiveRequest(maria))
    form.kind.set_value("rectification")
    QTest.keyClicks(form.note, "The birthday is wrong")
    desk.close_record(form)

    again = desk.open(RequestForm, to.ReceiveRequest(maria))
    assert (again.kind.value(), again.note.text()) == ("rectification", "The birthday is wrong")
    name, place = desk.line()
    assert name.startswith("OTIENO Maria, Take a request about data · ")
    assert place == to.Chart(maria, "privacy")
    with qtbot.waitSignal(again.close_requested):
        again.submit(print_too=False)
    assert desk.kept() == []


def test_an_answer_half_written_leads_back_to_its_own_request(
    desk: Desk, record: Record, maria: uuid.UUID, asked: uuid.UUID, qtbot: QtBot
) -> None:
    other = record.write(requests.receive, requests.ReceiveRequest(maria, "erasure"))
    form = desk.open(OutcomeForm, to.CloseRequest(maria, asked))
    form.outcome.setPlainText("A copy was sent")
    form.refused.setChecked(True)
    desk.close_record(form)

    assert desk.open(OutcomeForm, to.CloseRequest(maria, other)).outcome.toPlainText() == ""
    again = desk.open(OutcomeForm, to.CloseRequest(maria, asked))
    assert again.outcome.toPlainText() == "A copy was sent"
    assert again.refused.isChecked()
    assert [row.patient_id for row in record.read(unfinished)] == [maria]
    name, place = desk.line()
    assert name.startswith("OTIENO Maria, What came of the request · ")
    assert place == to.CloseRequest(maria, asked)
    with qtbot.waitSignal(again.close_requested):
        again.submit(print_too=False)
    assert desk.kept() == []


@pytest.fixture
def anna(record: Record, maria: uuid.UUID) -> uuid.UUID:
    """Her mother, who may be given her appointments."""
    before = record.read(patients.record_of, maria).entry
    after = replace(before, relatives=(Relative("Anna", "mother"),))
    record.write(patients.update, UpdatePatient(maria, before, after))
    (person,) = record.read(sharing.trusted_of, maria)
    record.write(sharing.share, sharing.Share(maria, person.id, ("appointments",)))
    return person.id


def test_what_a_mother_may_be_given_is_ticked_again(
    desk: Desk, maria: uuid.UUID, anna: uuid.UUID, qtbot: QtBot
) -> None:
    place = to.ShareParts(maria, anna)
    form = desk.open(ShareForm, place)
    form.ticks["vaccines"].click()
    form.role.set_value("guardian")
    form._on_role("guardian")
    QTest.keyClicks(form.given_by, "Juma Otieno")
    desk.close_record(form)

    again = desk.open(ShareForm, place)
    assert again._chosen() == ("appointments", "vaccines")
    assert (again.role.value(), again.given_by.text()) == ("guardian", "Juma Otieno")
    assert again.given_by.isVisible()
    name, leads_to = desk.line()
    assert name.startswith("OTIENO Maria, May be given · ")
    assert leads_to == to.Chart(maria, "privacy")
    with qtbot.waitSignal(again.close_requested):
        again.submit(print_too=False)
    assert desk.kept() == []


def test_ticks_set_before_somebody_else_decided_are_not_given_back(
    desk: Desk, record: Record, maria: uuid.UUID, anna: uuid.UUID
) -> None:
    form = desk.open(ShareForm, to.ShareParts(maria, anna))
    form.ticks["vaccines"].click()
    desk.close_record(form)
    record.write(sharing.share, sharing.Share(maria, anna, ()))

    assert desk.open(ShareForm, to.ShareParts(maria, anna))._chosen() == ()


@pytest.mark.parametrize(
    ("kind", "place", "title", "is_restricted"),
    [
        (RestrictForm, to.RestrictUse, "Only store this chart", False),
        (UseForm, to.UseAnyway, "Use it all the same", True),
        (LiftForm, to.LiftRestriction, "Use this chart again", True),
    ],
)
def test_a_reason_half_written_is_there_again(
    desk: Desk, record: Record, maria: uuid.UUID, qtbot: QtBot, kind: type[Any],
    place: type[Any], title: str, is_restricted: bool,
) -> None:  # fmt: skip
    if is_restricted:
        record.write(restriction.restrict, maria, "accuracy", "Says it is wrong")
    form = desk.open(kind, place(maria))
    QTest.keyClicks(form.words, "Brought in unconscious")
    desk.close_record(form)

    again = desk.open(kind, place(maria))
    assert again.words.text() == "Brought in unconscious"
    name, leads_to = desk.line()
    assert name.startswith(f"OTIENO Maria, {title} · ")
    assert leads_to == to.Chart(maria, "privacy")
    with qtbot.waitSignal(again.close_requested):
        again.submit(print_too=False)
    assert desk.kept() == []


def test_why_a_record_is_erased_is_there_again_until_it_is_gone(
    desk: Desk, record: Record, maria: uuid.UUID, qtbot: QtBot
) -> None:
    record.clock.advance(days=366 * 11)
    form = desk.open(EraseForm, to.EraseRecord(maria))
    QTest.keyClicks(form.reason, "Asked for in writing")
    desk.close_record(form)

    again = desk.open(EraseForm, to.EraseRecord(maria))
    assert again.reason.text() == "Asked for in writing"
    name, leads_to = desk.line()
    assert name.startswith("OTIENO Maria, Erase the record · ")
    assert leads_to == to.Chart(maria, "privacy")
    with qtbot.waitSignal(again.close_requested):
        again.submit(print_too=False)
    assert desk.kept() == []


def test_a_copy_half_asked_for_is_there_again_and_written(
    desk: Desk, maria: uuid.UUID, anna: uuid.UUID, qtbot: QtBot, tmp_path: Path
) -> None:
    form = desk.open(CopyForm, to.CopyRecord(maria))
    form.kind.set_value("relative")
    form._on_kind("relative")
    form.person.set_value(anna)
    form._on_person(anna)
    QTest.keyClicks(form.purpose, "School")
    form.folder.setText(str(tmp_path / "out"))
    desk.close_record(form)

    again = desk.open(CopyForm, to.CopyRecord(maria))
    assert (again.kind.value(), again.person.value()) == ("relative", anna)
    assert (again.recipient.text(), again.purpose.text()) == ("Anna", "School")
    assert again.purpose.isVisible()
    name, leads_to = desk.line()
    assert name.startswith("OTIENO Maria, Copy of the record · ")
    assert leads_to == to.Chart(maria, "privacy")
    with qtbot.waitSignal(again.close_requested, timeout=20000):
        again.submit(print_too=False)
    assert desk.kept() == []


def test_a_copy_for_a_trusted_person_is_not_given_back_to_one_who_may_have_nothing(
    desk: Desk, record: Record, maria: uuid.UUID, anna: uuid.UUID, tmp_path: Path
) -> None:
    form = desk.open(CopyForm, to.CopyRecord(maria))
    form.kind.set_value("relative")
    form._on_kind("relative")
    form.person.set_value(anna)
    form._on_person(anna)
    QTest.keyClicks(form.purpose, "School")
    form.folder.setText(str(tmp_path / "out"))
    desk.close_record(form)
    record.write(sharing.share, sharing.Share(maria, anna, ()))

    again = desk.open(CopyForm, to.CopyRecord(maria))
    assert (again.person.value(), again.recipient.text()) == ("", "")
    again.submit(print_too=False)
    assert "missing" in again.rows["person"].message.text()
    assert not (tmp_path / "out").exists()


def test_a_name_typed_for_somebody_else_makes_nobody_a_trusted_person(
    desk: Desk, maria: uuid.UUID, tmp_path: Path
) -> None:
    form = desk.open(CopyForm, to.CopyRecord(maria))
    form.kind.set_value("clinician")
    form._on_kind("clinician")
    QTest.keyClicks(form.recipient, "City Hospital")
    QTest.keyClicks(form.purpose, "Admission")
    form.kind.set_value("relative")
    form._on_kind("relative")
    form.folder.setText(str(tmp_path / "out"))
    form.submit(print_too=False)
    desk.settle()
    assert "missing" in form.rows["person"].message.text()
    assert not (tmp_path / "out").exists()
