"""The drawers of allergies and problems."""

from __future__ import annotations

import uuid

import pytest
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from clinic_desktop.services import allergies, conditions, drafts
from clinic_desktop.services.allergies import AmendAllergy
from clinic_desktop.services.unfinished import unfinished
from clinic_desktop.ui.chart.allergies_form import AllergiesForm
from clinic_desktop.ui.chart.problems_form import ProblemsForm
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.navigator import Chart, EditAllergies, EditProblems
from clinic_desktop.ui.today.unfinished import _place
from tests.support.charts import put_chart
from tests.support.records import Record


@pytest.fixture
def patient_id(record: Record) -> uuid.UUID:
    return record.write(put_chart, 1)


def idle(context: Context, qtbot: QtBot) -> None:
    for _turn in range(2):
        qtbot.waitUntil(lambda: context.tasks.is_idle)


def opened(context: Context, qtbot: QtBot, patient_id: uuid.UUID) -> AllergiesForm:
    form = AllergiesForm(context, EditAllergies(patient_id))
    qtbot.addWidget(form)
    form.show()
    idle(context, qtbot)
    return form


@pytest.fixture
def allergy_form(ui_context: Context, qtbot: QtBot, patient_id: uuid.UUID) -> AllergiesForm:
    return opened(ui_context, qtbot, patient_id)


def problems(context: Context, qtbot: QtBot, patient_id: uuid.UUID) -> ProblemsForm:
    form = ProblemsForm(context, EditProblems(patient_id))
    qtbot.addWidget(form)
    form.show()
    idle(context, qtbot)
    return form


@pytest.fixture
def problem_form(ui_context: Context, qtbot: QtBot, patient_id: uuid.UUID) -> ProblemsForm:
    return problems(ui_context, qtbot, patient_id)


def test_an_allergy_is_recorded(
    allergy_form: AllergiesForm, ui_context: Context, record: Record,
    patient_id: uuid.UUID, qtbot: QtBot,
) -> None:  # fmt: skip
    QTest.keyClicks(allergy_form.substance, "Penicillin")
    QTest.keyClicks(allergy_form.reaction, "anaphylaxis")
    allergy_form.severity.set_value("severe")
    assert not allergy_form.may_close()
    with qtbot.waitSignal(allergy_form.close_requested):
        allergy_form.submit(print_too=False)
    (row,) = record.read(allergies.allergies_of, patient_id).rows
    assert (row.display, row.severity, row.criticality) == ("Penicillin", "severe", "high")
    assert allergy_form.may_close()


def test_an_allergy_half_typed_is_there_again_until_it_is_thrown_away(
    allergy_form: AllergiesForm, ui_context: Context, patient_id: uuid.UUID, qtbot: QtBot
) -> None:
    QTest.keyClicks(allergy_form.substance, "Penicillin")
    QTest.keyClicks(allergy_form.reaction, "anaphylaxis")
    allergy_form.severity.set_value("severe")
    allergy_form.draft.flush()
    idle(ui_context, qtbot)
    again = opened(ui_context, qtbot, patient_id)  # as after a crash: nobody closed the first
    qtbot.waitUntil(lambda: again.substance.text() == "Penicillin")
    assert (again.reaction.text(), again.severity.value()) == ("anaphylaxis", "severe")
    assert again.draft.notice.isVisible()
    again.was_closed()
    idle(ui_context, qtbot)
    assert opened(ui_context, qtbot, patient_id).substance.text() == ""


def changing(form: AllergiesForm, context: Context, qtbot: QtBot) -> AllergiesForm:
    """The pencil of the one allergy is pressed."""
    qtbot.waitUntil(lambda: len(form.listed.facts) == 1)
    form.listed.facts[0].actions[0].run()
    qtbot.waitUntil(lambda: form.edited is not None)
    idle(context, qtbot)
    return form


def test_a_change_half_typed_is_there_again_until_it_is_thrown_away(
    allergy_form: AllergiesForm, ui_context: Context, record: Record,
    patient_id: uuid.UUID, qtbot: QtBot,
) -> None:  # fmt: skip
    made = record.write(
        allergies.record_allergy, allergies.RecordAllergy(patient_id, "Nuts", reaction="rash")
    )
    changing(allergy_form, ui_context, qtbot)
    allergy_form.reaction.setText("rash and swelling")
    allergy_form.severity.set_value("severe")
    allergy_form.draft.flush()
    allergy_form.change.flush()
    idle(ui_context, qtbot)
    (line,) = record.read(unfinished)
    assert (line.kind, line.subject, _place(line)) == (
        "allergy-change",
        str(made),
        Chart(patient_id),
    )
    again = opened(ui_context, qtbot, patient_id)  # as after a crash: nobody closed the first
    assert again.substance.text() == "", "it is no new allergy"
    changing(again, ui_context, qtbot)
    assert (again.reaction.text(), again.severity.value()) == ("rash and swelling", "severe")
    assert again.change.notice.isVisible()
    assert "Somebody" not in again.rows["reaction"].message.text()
    assert not again.may_close(), "the drawer asks before it is thrown away"
    again.was_closed()
    idle(ui_context, qtbot)
    assert record.read(unfinished) == ()


def test_a_change_given_back_says_what_was_recorded_meanwhile(
    allergy_form: AllergiesForm, ui_context: Context, record: Record,
    patient_id: uuid.UUID, qtbot: QtBot,
) -> None:  # fmt: skip
    made = record.write(allergies.record_allergy, allergies.RecordAllergy(patient_id, "Nuts"))
    changing(allergy_form, ui_context, qtbot).reaction.setText("swelling")
    allergy_form.change.flush()
    idle(ui_context, qtbot)
    record.write(allergies.amend_allergy, AmendAllergy(made, "food", "moderate", "rash"))
    again = changing(opened(ui_context, qtbot, patient_id), ui_context, qtbot)
    assert again.reaction.text() == "swelling"
    assert "rash" in again.rows["reaction"].message.text()
    again.change.start_afresh()
    assert (again.reaction.text(), again.severity.value()) == ("rash", "moderate")
    assert "Somebody" not in again.rows["reaction"].message.text()
    again.reaction.setText("rash and swelling")
    again.change.flush()
    with qtbot.waitSignal(again.close_requested):
        again.submit(print_too=False)
    idle(ui_context, qtbot)
    assert record.read(drafts.my_drafts) == []


def test_a_new_allergy_half_typed_waits_while_another_is_changed(
    allergy_form: AllergiesForm, ui_context: Context, record: Record,
    patient_id: uuid.UUID, qtbot: QtBot,
) -> None:  # fmt: skip
    record.write(allergies.record_allergy, allergies.RecordAllergy(patient_id, "Nuts"))
    QTest.keyClicks(allergy_form.substance, "Latex")
    changing(allergy_form, ui_context, qtbot).reaction.setText("typed by mistake")
    assert allergy_form.substance.text() == "Nuts"
    allergy_form.keep.click()
    qtbot.waitUntil(lambda: allergy_form.substance.text() == "Latex")
    idle(ui_context, qtbot)
    assert [each.kind for each in record.read(drafts.my_drafts)] == ["allergy"]


def test_a_change_of_an_allergy_that_is_over_leads_nowhere(
    record: Record, patient_id: uuid.UUID
) -> None:
    made = record.write(allergies.record_allergy, allergies.RecordAllergy(patient_id, "Nuts"))
    record.write(drafts.save_draft, "allergy-change", str(made), {"reaction": "rash"})
    assert [_place(line) for line in record.read(unfinished)] == [Chart(patient_id)]
    record.write(allergies.retire_allergy, made, in_error=True)
    assert record.read(unfinished) == ()


def test_a_change_of_an_allergy_is_no_draft_of_a_new_one(
    allergy_form: AllergiesForm, ui_context: Context, record: Record,
    patient_id: uuid.UUID, qtbot: QtBot,
) -> None:  # fmt: skip
    record.write(allergies.record_allergy, allergies.RecordAllergy(patient_id, "Nuts"))
    qtbot.waitUntil(lambda: len(allergy_form.listed.facts) == 1)
    allergy_form.listed.facts[0].actions[0].run()
    qtbot.waitUntil(lambda: allergy_form.edited is not None)
    allergy_form.reaction.setText("rash and swelling")
    allergy_form.draft.flush()
    idle(ui_context, qtbot)
    assert opened(ui_context, qtbot, patient_id).substance.text() == ""


def test_an_allergy_is_changed_and_a_change_from_elsewhere_stays_in_sight(
    allergy_form: AllergiesForm, ui_context: Context, record: Record,
    patient_id: uuid.UUID, qtbot: QtBot,
) -> None:  # fmt: skip
    made = record.write(
        allergies.record_allergy,
        allergies.RecordAllergy(patient_id, "Nuts", reaction="rash", severity="severe"),
    )
    qtbot.waitUntil(lambda: len(allergy_form.listed.facts) == 1)
    allergy_form.listed.facts[0].actions[0].run()
    qtbot.waitUntil(lambda: allergy_form.edited is not None)
    assert allergy_form.substance.isReadOnly()
    assert allergy_form.primary_text() == "Save changes"
    assert allergy_form.may_close(), "nothing is typed yet"
    allergy_form.reaction.setText("rash and swelling")
    assert not allergy_form.may_close()
    record.write(allergies.amend_allergy, AmendAllergy(made, "food", "moderate", "rash"))
    message = allergy_form.rows["reaction"].message
    qtbot.waitUntil(lambda: "Moderate" in message.text())
    assert allergy_form.reaction.text() == "rash and swelling"
    allergy_form.severity.set_value("mild")
    with qtbot.waitSignal(allergy_form.close_requested):
        allergy_form.submit(print_too=False)
    (row,) = record.read(allergies.allergies_of, patient_id).rows
    assert (row.id, row.reaction, row.severity) == (made, "rash and swelling", "mild")
    assert row.criticality == "", "it was high only because of what was taken back"


def test_leaving_an_allergy_as_it_was_makes_ready_for_the_next(
    allergy_form: AllergiesForm, record: Record, patient_id: uuid.UUID, qtbot: QtBot
) -> None:
    record.write(allergies.record_allergy, allergies.RecordAllergy(patient_id, "Nuts"))
    qtbot.waitUntil(lambda: len(allergy_form.listed.facts) == 1)
    allergy_form.listed.facts[0].actions[0].run()
    qtbot.waitUntil(allergy_form.keep.isVisible)
    allergy_form.reaction.setText("typed by mistake")
    allergy_form.keep.click()
    assert not allergy_form.substance.text() + allergy_form.reaction.text()
    assert not allergy_form.substance.isReadOnly()
    assert allergy_form.primary_text() == "Record allergy"
    (row,) = record.read(allergies.allergies_of, patient_id).rows
    assert row.reaction == ""


def test_no_known_allergies_is_one_button_until_one_is_recorded(
    allergy_form: AllergiesForm, ui_context: Context, record: Record,
    patient_id: uuid.UUID, qtbot: QtBot,
) -> None:  # fmt: skip
    assert allergy_form.none_known.isVisible()
    with qtbot.waitSignal(allergy_form.close_requested):
        allergy_form.none_known.click()
    assert record.read(allergies.allergies_of, patient_id).status == "none-known"
    record.write(allergies.record_allergy, allergies.RecordAllergy(patient_id, "Latex"))
    qtbot.waitUntil(lambda: not allergy_form.none_known.isVisible())
    allergy_form.listed.facts[0].actions[2].run()
    qtbot.waitUntil(allergy_form.none_known.isVisible)


def test_no_known_allergies_never_throws_away_one_that_is_half_typed(
    allergy_form: AllergiesForm, ui_context: Context, record: Record, patient_id: uuid.UUID,
    qtbot: QtBot,
) -> None:  # fmt: skip
    QTest.keyClicks(allergy_form.substance, "Penic")
    allergy_form.none_known.click()
    idle(ui_context, qtbot)
    assert "empty it" in allergy_form.rows["substance"].message.text()
    assert allergy_form.substance.text() == "Penic"
    assert record.read(allergies.allergies_of, patient_id).status == "not-asked"
    allergy_form.substance.clear()
    with qtbot.waitSignal(allergy_form.close_requested):
        allergy_form.none_known.click()


def test_a_nameless_allergy_is_refused_at_its_field(
    allergy_form: AllergiesForm, ui_context: Context, qtbot: QtBot
) -> None:
    allergy_form.submit(print_too=False)
    idle(ui_context, qtbot)
    assert allergy_form.rows["substance"].message.text() == "Say what the person is allergic to."


def test_a_problem_is_added_with_the_year_it_began(
    problem_form: ProblemsForm, record: Record, patient_id: uuid.UUID, qtbot: QtBot
) -> None:
    QTest.keyClicks(problem_form.term.edit, "Asthma")
    QTest.keyClicks(problem_form.onset, "2014")
    with qtbot.waitSignal(problem_form.close_requested):
        problem_form.submit(print_too=False)
    rows = record.read(conditions.problems_of, patient_id)
    assert ("Asthma", "2014") in [(row.term.display, row.onset) for row in rows]


def test_a_problem_half_typed_is_there_again_with_its_code_until_it_is_thrown_away(
    problem_form: ProblemsForm, ui_context: Context, patient_id: uuid.UUID, qtbot: QtBot
) -> None:
    asthma = conditions.Coded("Asthma, unspecified", "icd-10", "J45.9", "2019")
    problem_form.term.set_value(asthma, asthma.display)
    problem_form.term.changed.emit(asthma)
    QTest.keyClicks(problem_form.onset, "2014")
    problem_form.draft.flush()
    idle(ui_context, qtbot)
    again = problems(ui_context, qtbot, patient_id)  # as after a crash: nobody closed the first
    qtbot.waitUntil(lambda: again.onset.text() == "2014")
    assert (again.term.value(), again.term.text()) == (asthma, asthma.display)
    assert again.draft.notice.isVisible()
    assert not again.may_close(), "the drawer asks before it is thrown away"
    again.was_closed()
    idle(ui_context, qtbot)
    empty = problems(ui_context, qtbot, patient_id)
    assert (empty.term.text(), empty.onset.text()) == ("", "")


def test_an_added_problem_leaves_nothing_unfinished(
    problem_form: ProblemsForm, ui_context: Context, record: Record, qtbot: QtBot
) -> None:
    QTest.keyClicks(problem_form.term.edit, "Asthma")
    QTest.keyClicks(problem_form.onset, "2014")
    problem_form.draft.flush()
    with qtbot.waitSignal(problem_form.close_requested):
        problem_form.submit(print_too=False)
    idle(ui_context, qtbot)
    assert record.read(drafts.my_drafts) == []
    assert problem_form.may_close()


def test_a_wrong_date_is_said_at_its_field(problem_form: ProblemsForm) -> None:
    QTest.keyClicks(problem_form.term.edit, "Asthma")
    QTest.keyClicks(problem_form.onset, "31.2.2014")
    problem_form.submit(print_too=False)
    assert problem_form.rows["onset"].message.property("tone") == "danger"


def test_a_problem_is_resolved_and_reopened(
    problem_form: ProblemsForm, record: Record, patient_id: uuid.UUID, qtbot: QtBot
) -> None:
    problem_form.listed.facts[0].actions[0].run()
    qtbot.waitUntil(lambda: problem_form.listed.facts[0].pill is not None)
    assert record.read(conditions.problems_of, patient_id) == []
    problem_form.listed.facts[0].actions[0].run()
    qtbot.waitUntil(lambda: problem_form.listed.facts[0].pill is None)
