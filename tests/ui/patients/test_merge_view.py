"""Joining two charts and taking it back, by keys."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QRadioButton

from clinic_desktop.domain.names import HumanName
from clinic_desktop.services import patients
from clinic_desktop.services.patients import RegisterPatient
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.patients.merge_view import MergeView
from tests.support.records import Record
from tests.ui.patients.conftest import MARIA, Stage

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def other(record: Record, maria: uuid.UUID) -> uuid.UUID:
    """Maria's second chart."""
    entry = replace(MARIA, name=HumanName("Ivanova", "Maria"), phones=(), language="en")
    return record.write(patients.register, RegisterPatient(entry))


@pytest.fixture
def form(stage: Stage, maria: uuid.UUID, other: uuid.UUID) -> MergeView:
    """The drawer, opened from the first chart."""
    made = MergeView(stage.context, to.MergePatients(maria))
    stage.open(made)
    stage.until(lambda: made.vm.state.survivor is not None)
    return made


def choose_other(stage: Stage, form: MergeView) -> None:
    form.other.edit.setFocus()
    stage.keys.press(Qt.Key.Key_Down)
    stage.until(lambda: form.other._popup is not None and form.other._popup.isVisible())
    stage.keys.press(Qt.Key.Key_Return)
    stage.until(lambda: form.vm.state.other is not None)


def test_likely_charts_are_offered_before_anything_is_typed(
    stage: Stage, form: MergeView, other: uuid.UUID
) -> None:
    choose_other(stage, form)
    assert form.vm.state.other is not None
    assert form.vm.state.other.id == other
    assert form.vm.state.differing == ("name",)


def test_a_chart_given_up_before_it_was_read_is_not_compared(
    stage: Stage, form: MergeView, other: uuid.UUID
) -> None:
    form.vm.choose_other(other)
    form.vm.choose_other(None)
    stage.settle()
    assert form.vm.state.other is None


def test_joining_and_taking_it_back(
    stage: Stage, record: Record, form: MergeView, maria: uuid.UUID, other: uuid.UUID
) -> None:
    choose_other(stage, form)
    theirs = form.findChild(QRadioButton, "patient.merge-name-theirs")
    assert theirs is not None
    theirs.click()
    form.reason.setFocus()
    stage.keys.type("same passport")
    stage.keys.press(Qt.Key.Key_Return, CTRL)
    stage.settle()
    joined = record.read(patients.record_of, other)
    assert joined.id == maria
    assert joined.entry.name == HumanName("Ivanova", "Maria")
    assert joined.entry.language == "en"
    assert stage.visited == [to.Chart(maria)]
    stage.host._toast.button.click()
    stage.settle()
    assert record.read(patients.record_of, maria).entry.name == MARIA.name
    assert record.read(patients.record_of, other).id == other


def test_the_other_chart_can_be_the_one_that_stays(
    stage: Stage, record: Record, form: MergeView, maria: uuid.UUID, other: uuid.UUID
) -> None:
    choose_other(stage, form)
    form.swap.click()
    form.reason.setText("same")
    form.submit(False)
    stage.settle()
    assert record.read(patients.record_of, maria).id == other


def test_the_other_chart_and_a_reason_are_needed(
    stage: Stage, record: Record, form: MergeView, other: uuid.UUID
) -> None:
    form.submit(False)
    assert "other chart" in form._find_row.message.text()
    choose_other(stage, form)
    form.submit(False)
    stage.settle()
    assert form._reason_row.message.text()
    assert form.reason.hasFocus()
    assert record.read(patients.record_of, other).id == other


def test_an_old_joining_can_be_taken_back_any_time(
    stage: Stage, record: Record, maria: uuid.UUID, other: uuid.UUID
) -> None:
    mrn = record.read(patients.record_of, other).mrn
    record.write(patients.merge, maria, other, reason="same passport")
    record.clock.advance(days=300)
    form = MergeView(stage.context, to.MergePatients(maria))
    stage.open(form)
    stage.until(form.past.isVisible)
    stage.click(form, f"patient.part-{mrn}")
    stage.settle()
    assert record.read(patients.record_of, other).id == other


def test_very_different_charts_are_warned_about(
    stage: Stage, record: Record, form: MergeView
) -> None:
    stranger = replace(MARIA, name=HumanName("Otieno", "Brian"), sex="male")
    form.vm.choose_other(record.write(patients.register, RegisterPatient(stranger)))
    stage.until(lambda: form.vm.state.other is not None)
    assert form._advice.property("tone") == "warn"
