"""Prescribing by keys: a line is read, checked, kept and issued once."""

from __future__ import annotations

import threading
import uuid
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.models.encounter import Encounter
from clinic_desktop.models.patient import Patient
from clinic_desktop.services import drafts
from clinic_desktop.services.allergies import RecordAllergy, record_allergy
from clinic_desktop.services.chart_medicines import medicines_of
from clinic_desktop.services.prescribing import prescriptions
from clinic_desktop.services.prescribing.lines import LineForm
from clinic_desktop.services.prescribing.prescriptions import Prescribe
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.prescribing.letter_forms import ReferralForm, SickNoteForm
from clinic_desktop.ui.prescribing.prescribe_panel import PrescribePanel
from tests.support.records import Record
from tests.support.windows import RecordingHost

Visit = tuple[uuid.UUID, uuid.UUID]


@pytest.fixture
def visit(record: Record) -> Visit:
    """An open visit: patient and encounter."""

    def add(uow: UnitOfWork) -> Visit:
        patient = Patient(family="Otieno", given="Brian", mrn="A1-7", language="en")
        uow.add(patient)
        encounter = Encounter(patient_id=patient.id, start_at=uow.now)
        uow.add(encounter)
        return patient.id, encounter.id

    return record.write(add)


@pytest.fixture
def panel(ui_context: Context, visit: Visit, qtbot: QtBot) -> PrescribePanel:
    """The panel of that visit, shown."""
    return _panel(ui_context, visit, qtbot)


def _panel(context: Context, visit: Visit, qtbot: QtBot) -> PrescribePanel:
    panel = PrescribePanel(context)
    qtbot.addWidget(panel)
    panel.resize(520, 700)
    panel.set_visit(*visit, is_open=True)
    panel.show()
    qtbot.waitUntil(lambda: context.tasks.is_idle)
    return panel


def _type(panel: PrescribePanel, product: str, strength: str, directions: str) -> None:
    editor = panel.editor
    editor.begin()
    QTest.keyClicks(editor.product.edit, product)
    QTest.keyClicks(editor.strength, strength)
    QTest.keyClicks(editor.directions, directions)


def test_what_is_prescribed_for_one_person_never_reaches_the_next(
    panel: PrescribePanel, ui_context: Context, record: Record, visit: Visit, qtbot: QtBot
) -> None:
    """Another visit is opened while the first prescription is still being written."""
    form, gate = LineForm("Ibuprofen", "1 tab tid 3d"), threading.Event()
    other = record.write(_other_visit)
    kept = {"lines": [{"product": "Paracetamol", "directions": "1 tab tid 3d"}], "typed": None}
    record.write(drafts.save_draft, "prescription", str(other[1]), kept)
    given = record.write(prescriptions.prescribe, Prescribe(visit[0], (form,), None))
    panel._add(form)
    record.store.write(record.owner, lambda _uow: gate.wait(30))
    panel.issue.click()
    panel.repeat([row.id for row in record.read(medicines_of, visit[0])])
    panel.set_visit(*other, is_open=True)
    qtbot.waitUntil(panel.can_print)
    gate.set()
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)
    assert given
    assert [line.product for line in panel._lines] == ["Paracetamol"]
    assert panel._issued == []
    assert panel.issue.isEnabled()
    assert [row.subject for row in record.read(drafts.my_drafts)] == [str(other[1])]
    assert len(record.read(medicines_of, visit[0])) == 2


def _other_visit(uow: UnitOfWork) -> Visit:
    patient = Patient(family="Singh", given="Harpreet", mrn="A1-8", language="en")
    uow.add(patient)
    encounter = Encounter(patient_id=patient.id, start_at=uow.now)
    uow.add(encounter)
    return patient.id, encounter.id


def test_a_line_added_while_another_is_issued_stays(
    panel: PrescribePanel, ui_context: Context, qtbot: QtBot
) -> None:
    panel._add(LineForm("Ibuprofen", "1 tab tid 3d"))
    panel.issue.click()
    panel._add(LineForm("Paracetamol", "1 tab tid 3d"))
    qtbot.waitUntil(lambda: bool(panel._issued))
    assert [line.product for line in panel._lines] == ["Paracetamol"]
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)


def test_words_typed_behind_enter_are_checked_before_the_line_is_kept(
    panel: PrescribePanel, qtbot: QtBot
) -> None:
    _type(panel, "Ibuprofen", "", "1 tab tid 3d")
    panel.editor.submit()
    QTest.keyClicks(panel.editor.directions, " or whenever it hurts")
    qtbot.waitUntil(lambda: bool(panel.editor.message.text()))
    assert panel._lines == [], "these directions cannot be read"


def test_line_is_previewed_added_and_issued(
    panel: PrescribePanel, ui_context: Context, record: Record, visit: Visit, qtbot: QtBot
) -> None:
    """Type, see the patient's sentence and the quantity, Enter, issue: it is in the chart."""
    _type(panel, "Amoxicillin", "500 mg", "1 cap 3x/day 7d")
    qtbot.waitUntil(lambda: "Take 1 capsule" in panel.editor.sig.text())
    assert panel.editor.amount.placeholderText() == "21"
    covered = panel.editor.notices._covered
    assert covered.isVisible()
    assert "Not checked: allergies: nobody has asked yet, interactions" in covered.text()

    QTest.keyClick(panel.editor.directions, Qt.Key.Key_Return)
    qtbot.waitUntil(panel.can_print)
    panel.issue.click()
    qtbot.waitUntil(lambda: bool(record.read(medicines_of, visit[0])))
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)

    host = cast("RecordingHost", ui_context.host)
    assert any("issued" in text for text in host.toasts)
    assert host.titles == ["Prescription"]


def test_favourite_is_three_keys(
    panel: PrescribePanel, record: Record, visit: Visit, qtbot: QtBot
) -> None:
    """What was prescribed before comes back with its directions from the first letters."""
    form = LineForm("Metformin", "1 tab bd 30d", "850 mg", "tablet")
    record.write(prescriptions.prescribe, Prescribe(visit[0], (form,)))
    panel.activateWindow()
    panel.editor.begin()
    qtbot.waitUntil(panel.editor.product.edit.hasFocus)

    QTest.keyClicks(panel.editor.product.edit, "met")
    popup = panel.editor.product
    qtbot.waitUntil(lambda: popup._popup is not None and popup._popup.isVisible())
    QTest.keyClick(panel.editor.product.edit, Qt.Key.Key_Return)

    assert panel.editor.form().strength == "850 mg"
    assert panel.editor.form().directions == "1 tab bd 30d"


def test_allergy_stands_in_the_way(
    panel: PrescribePanel, record: Record, visit: Visit, qtbot: QtBot
) -> None:
    """A stop card appears while typing; without a reason the line is not added."""
    record.write(record_allergy, RecordAllergy(visit[0], "Penicillin", criticality="high"))
    _type(panel, "Amoxicillin", "500 mg", "1 cap 3x/day 7d")
    qtbot.waitUntil(panel.editor.notices._reason.isVisible)

    QTest.keyClick(panel.editor.directions, Qt.Key.Key_Return)
    assert not panel.can_print()

    QTest.keyClicks(panel.editor.notices._reason, "Test was negative")
    qtbot.waitUntil(lambda: panel.editor.form().override_reason == "Test was negative")
    panel.editor.submit()
    qtbot.waitUntil(panel.can_print)


def test_impossible_directions_keep_the_line_in_the_form(
    panel: PrescribePanel, qtbot: QtBot
) -> None:
    """Words that are no dose are said to be none; nothing is added."""
    _type(panel, "Aspirin", "100 mg", "some now and then")
    panel.editor.submit()

    qtbot.waitUntil(lambda: bool(panel.editor.message.text()))
    assert not panel.can_print()
    assert panel.editor.form().product == "Aspirin"


def test_lines_survive_as_a_draft(
    panel: PrescribePanel, ui_context: Context, record: Record, visit: Visit, qtbot: QtBot
) -> None:
    """Lines that were not issued are there again in another window."""
    _type(panel, "Ibuprofen", "400 mg", "1 tab tid 3d")
    panel.editor.submit()
    qtbot.waitUntil(panel.can_print)
    qtbot.waitUntil(lambda: record.rows("SELECT count(*) FROM draft") == [(1,)])

    other = _panel(ui_context, visit, qtbot)

    qtbot.waitUntil(other.can_print)


def test_a_line_half_typed_is_kept_when_the_desk_closes(
    panel: PrescribePanel, ui_context: Context, record: Record, qtbot: QtBot
) -> None:
    """Nothing waits for the timer when the window goes."""
    _type(panel, "Ibuprofen", "400 mg", "1 tab")
    ui_context.tasks.close()
    qtbot.waitUntil(lambda: len(record.read(drafts.my_drafts)) == 1)
    (kept,) = record.read(drafts.my_drafts)
    assert kept.body["typed"]["directions"] == "1 tab"


def test_why_a_medicine_is_given_all_the_same_is_kept_with_the_line_half_typed(
    panel: PrescribePanel, ui_context: Context, record: Record, visit: Visit, qtbot: QtBot
) -> None:
    record.write(record_allergy, RecordAllergy(visit[0], "Penicillin", criticality="high"))
    _type(panel, "Amoxicillin", "500 mg", "1 cap 3x/day 7d")
    reason = panel.editor.notices._reason
    qtbot.waitUntil(reason.isVisible)
    QTest.keyClicks(reason, "Test was neg")
    ui_context.tasks.closing.emit()
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)

    again = _panel(ui_context, visit, qtbot)
    qtbot.waitUntil(again.editor.notices._reason.isVisible)
    assert again.editor.form().override_reason == "Test was neg"
    again.editor.clear()
    _type(again, "Amoxicillin", "250 mg", "1 cap 3x/day 7d")
    qtbot.waitUntil(again.editor.notices._reason.isVisible)
    assert again.editor.form().override_reason == "", "a reason given for another line"


def test_a_strength_typed_before_the_medicine_is_kept(
    panel: PrescribePanel, ui_context: Context, visit: Visit, qtbot: QtBot
) -> None:
    QTest.keyClicks(panel.editor.strength, "500 mg")
    ui_context.tasks.closing.emit()
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)
    again = _panel(ui_context, visit, qtbot)
    qtbot.waitUntil(lambda: again.editor.form().strength == "500 mg")


def test_what_waits_stays_in_sight_after_signing(
    panel: PrescribePanel, visit: Visit, qtbot: QtBot
) -> None:
    """A line begun and forgotten would otherwise never be prescribed."""
    _type(panel, "Ibuprofen", "400 mg", "1 tab tid 3d")
    panel.set_visit(*visit, is_open=False)
    assert panel.isVisible()
    panel.editor.submit()
    qtbot.waitUntil(panel.can_print)
    panel.print_papers()
    qtbot.waitUntil(lambda: not panel.isVisible())


def test_a_letter_left_with_esc_is_there_again(
    ui_context: Context, record: Record, visit: Visit, qtbot: QtBot
) -> None:
    """The long text of a referral is kept, given back once, and forgotten when it is issued."""
    place = to.ReferralLetter(*visit)
    form = ReferralForm(ui_context, place)
    qtbot.addWidget(form)
    form.recipient.setText("City Hospital")
    form.body.setPlainText("Chest pain on effort for two weeks.")
    form.urgency.set_value("urgent")
    assert form.may_close()
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)

    again = ReferralForm(ui_context, place)
    qtbot.addWidget(again)
    qtbot.waitUntil(lambda: again.recipient.text() == "City Hospital")
    assert again.body.toPlainText() == "Chest pain on effort for two weeks."
    assert again.urgency.value() == "urgent"
    again.reason.setText("Chest pain")
    with qtbot.waitSignal(again.close_requested):
        again.submit(False)
    qtbot.waitUntil(lambda: record.read(drafts.my_drafts) == [])


def test_repeat_puts_earlier_lines_in(
    panel: PrescribePanel, record: Record, visit: Visit, qtbot: QtBot
) -> None:
    """Two medicines of the chart are prescribed again without typing."""
    forms = (LineForm("Metformin", "1 tab bd 30d"), LineForm("Amlodipine", "1 tab od 30d"))
    record.write(prescriptions.prescribe, Prescribe(visit[0], forms))
    ids = [row.id for row in record.read(medicines_of, visit[0])]

    panel.repeat(ids)
    qtbot.waitUntil(panel.can_print)
    panel.print_papers()

    qtbot.waitUntil(lambda: record.rows("SELECT count(*) FROM prescription") == [(2,)])


def test_a_repeat_without_readable_directions_waits_to_be_typed(
    panel: PrescribePanel, qtbot: QtBot
) -> None:
    """It goes back into the form; what was being typed there is not lost."""
    _type(panel, "Ibuprofen", "400 mg", "1 tab tid 5d")
    panel._add_all((LineForm("Metformin", "1 tab bd 30d"), LineForm("Methotrexate", "")))

    assert panel.editor.form().product == "Methotrexate"
    assert panel.editor.directions.hasFocus()
    assert [line.product for line in panel._lines] == ["Metformin", "Ibuprofen"]


def test_a_line_on_the_list_can_be_changed(panel: PrescribePanel, qtbot: QtBot) -> None:
    """With its quantity and reason to give again, as if it were typed anew."""
    panel._add(LineForm("Metformin", "1 tab bd 30d", quantity="90"))
    names = [each for each in panel.findChildren(QAbstractButton) if each.isVisibleTo(panel)]
    (button,) = [each for each in names if each.accessibleName().startswith("Change Metformin")]
    button.click()

    assert panel._lines == []
    assert panel.editor.form() == LineForm("Metformin", "1 tab bd 30d", quantity="90")


def test_letters_are_issued_and_printed(
    ui_context: Context, record: Record, visit: Visit, qtbot: QtBot
) -> None:
    """A referral and a sick note get their numbers; what is missing is said."""
    referral = ReferralForm(ui_context, to.ReferralLetter(*visit))
    note = SickNoteForm(ui_context, to.SickNote(*visit))
    for form in (referral, note):
        qtbot.addWidget(form)
        form.submit(False)
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)
    assert record.rows("SELECT count(*) FROM referral") == [(0,)]

    referral.recipient.setText("City Hospital")
    referral.reason.setText("Chest pain")
    note.end.set_text("in 3d")
    for form in (referral, note):
        with qtbot.waitSignal(form.close_requested):
            form.submit(False)
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)

    assert record.rows("SELECT count(*) FROM referral") == [(1,)]
    assert record.rows("SELECT start_on, end_on FROM sick_note") == [("2026-11-21", "2026-11-24")]
