"""Correcting a patient's details, while others work on the same record."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt

from clinic_desktop.domain.names import HumanName
from clinic_desktop.services import drafts, patients
from clinic_desktop.services.patients import PatientEntry, Phone, UpdatePatient
from clinic_desktop.services.patients.photo import photo_file
from clinic_desktop.services.unfinished import unfinished
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.patients.edit_view import EditView
from clinic_desktop.ui.today.unfinished import _place
from tests.support.records import Record
from tests.ui.patients.conftest import Stage

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def form(stage: Stage, maria: uuid.UUID) -> EditView:
    """Maria's details, open."""
    made = EditView(stage.context, to.EditPatient(maria))
    stage.open(made)
    stage.until(made.form.isEnabled)
    stage.settle()
    return made


def entry_of(record: Record, patient_id: uuid.UUID) -> PatientEntry:
    return record.read(patients.record_of, patient_id).entry


def change_elsewhere(record: Record, patient_id: uuid.UUID, **fields: object) -> None:
    before = entry_of(record, patient_id)
    after = replace(before, **fields)  # type: ignore[arg-type]
    record.write(patients.update, UpdatePatient(patient_id, before, after))


def test_a_correction_by_keys(
    stage: Stage, record: Record, maria: uuid.UUID, form: EditView
) -> None:
    stage.keys.press(Qt.Key.Key_Tab)
    stage.keys.press(Qt.Key.Key_End)
    stage.keys.type("нна")
    stage.keys.press(Qt.Key.Key_Return, CTRL)
    stage.settle()
    assert entry_of(record, maria).name == HumanName("Иванова", "Мариянна")
    assert "saved" in stage.said


def test_opening_and_saving_changes_nothing(
    stage: Stage, record: Record, maria: uuid.UUID, form: EditView
) -> None:
    before = entry_of(record, maria)
    seen = record.changes()
    form.submit(False)
    stage.settle()
    assert entry_of(record, maria) == before
    assert [commit for commit in seen if commit.tables] == []


def test_anothers_change_shows_in_an_untouched_form(
    stage: Stage, record: Record, maria: uuid.UUID, form: EditView
) -> None:
    change_elsewhere(record, maria, name=HumanName("Петрова", "Мария"))
    stage.until(lambda: form.form.entry().name.family == "Петрова")
    assert not form.overtaken.isVisible()


def test_a_form_being_edited_is_never_overwritten(
    stage: Stage, record: Record, maria: uuid.UUID, form: EditView
) -> None:
    form.form._edits["family"].setText("Сидорова")
    change_elsewhere(record, maria, name=HumanName("Петрова", "Мария"))
    stage.until(form.overtaken.isVisible)
    assert form.form.entry().name.family == "Сидорова"
    form._take_newer()
    assert form.form.entry().name.family == "Петрова"


def test_what_is_typed_can_be_kept_over_the_newer_version(
    stage: Stage, record: Record, maria: uuid.UUID, form: EditView
) -> None:
    form.form._edits["family"].setText("Сидорова")
    change_elsewhere(record, maria, name=HumanName("Петрова", "Мария"))
    stage.until(form.overtaken.isVisible)
    form.submit(False)
    stage.settle()
    assert entry_of(record, maria).name.family == "Петрова"
    stage.until(form.overtaken.isVisible)
    form._keep_mine()
    form.submit(False)
    stage.settle()
    assert entry_of(record, maria).name.family == "Сидорова"


def test_keeping_mine_leaves_what_others_changed_elsewhere(
    stage: Stage, record: Record, maria: uuid.UUID, form: EditView
) -> None:
    form.form._edits["family"].setText("Сидорова")
    change_elsewhere(record, maria, note="Prefers mornings")
    stage.until(form.overtaken.isVisible)
    form._keep_mine()
    form.submit(False)
    stage.settle()
    saved = entry_of(record, maria)
    assert (saved.name.family, saved.note) == ("Сидорова", "Prefers mornings")


def test_an_old_draft_takes_nothing_back(
    stage: Stage, record: Record, maria: uuid.UUID, form: EditView
) -> None:
    form.form._edits["family"].setText("Сидорова")
    stage.keys.press(Qt.Key.Key_Escape)
    stage.settle()
    change_elsewhere(record, maria, phones=(Phone("+254 722 000111"),))
    again = EditView(stage.context, to.EditPatient(maria))
    stage.open(again)
    stage.until(again.restored.isVisible)
    again.submit(False)
    stage.settle()
    saved = entry_of(record, maria)
    assert (saved.name.family, saved.phones[0].value) == ("Сидорова", "+254 722 000111")


def test_an_unsaved_correction_comes_back(
    stage: Stage, record: Record, maria: uuid.UUID, form: EditView
) -> None:
    form.form._edits["family"].setText("Сидорова")
    stage.keys.press(Qt.Key.Key_Escape)
    stage.settle()
    assert record.read(drafts.load_draft, "patient", str(maria)) is not None
    again = EditView(stage.context, to.EditPatient(maria))
    stage.open(again)
    stage.until(again.restored.isVisible)
    assert again.form.entry().name.family == "Сидорова"
    again._start_afresh()
    stage.settle()
    assert again.form.entry().name.family == "Иванова"


def test_consent_is_given_and_withdrawn_by_a_tick(
    stage: Stage, record: Record, maria: uuid.UUID, form: EditView
) -> None:
    form.form.consents["messages"].click()
    form.submit(False)
    stage.settle()
    assert {row.kind: row.status for row in record.read(patients.consents_of, maria)} == {
        "messages": "active"
    }
    again = EditView(stage.context, to.EditPatient(maria))
    stage.open(again)
    stage.until(again.form.consents["messages"].isChecked)
    stage.settle()
    again.form.consents["messages"].click()
    again.submit(False)
    stage.settle()
    (row,) = record.read(patients.consents_of, maria)
    assert row.status == "withdrawn"


def test_a_death_is_recorded_with_its_day_and_taken_back(
    stage: Stage, record: Record, maria: uuid.UUID, form: EditView
) -> None:
    form.form.deceased.click()
    form.form.died_on.set_text("20.11.2026")
    form.submit(False)
    stage.settle()
    found = entry_of(record, maria)
    assert found.deceased
    assert found.deceased_at is not None
    assert stage.context.language.local(found.deceased_at).date().isoformat() == "2026-11-20"
    again = EditView(stage.context, to.EditPatient(maria))
    stage.open(again)
    stage.until(again.form.deceased.isChecked)
    stage.settle()
    again.form.deceased.click()
    again.submit(False)
    stage.settle()
    found = entry_of(record, maria)
    assert (found.deceased, found.deceased_at) == (False, None)


def test_a_further_phone_is_added_and_removed(
    stage: Stage, record: Record, maria: uuid.UUID, form: EditView
) -> None:
    form.form.lines["phones"].add_button.click()
    form.form.lines["phones"].set_texts([{"value": "0722 111 222", "use": "son"}])
    form.submit(False)
    stage.settle()
    assert [each.value for each in entry_of(record, maria).phones] == [
        "+254 712 345678",
        "+254 722 111222",
    ]
    again = EditView(stage.context, to.EditPatient(maria))
    stage.open(again)
    stage.until(again.form.isEnabled)
    stage.settle()
    again.form.lines["phones"].set_texts([])
    again.submit(False)
    stage.settle()
    assert [each.value for each in entry_of(record, maria).phones] == ["+254 712 345678"]


def test_a_flag_is_raised_and_taken_off_with_a_way_back(
    stage: Stage, record: Record, maria: uuid.UUID, form: EditView
) -> None:
    form.flags.message.setFocus()
    stage.keys.type("Deaf")
    stage.keys.press(Qt.Key.Key_Return)
    stage.settle()
    stage.until(lambda: not form.flags.message.text())
    (alert,) = record.read(patients.alerts_of, maria)
    assert (alert.message, alert.severity) == ("Deaf", "warning")
    stage.settle()
    stage.click(form, f"patient.flag-off-{alert.id}")
    stage.settle()
    assert record.read(patients.alerts_of, maria) == []
    stage.host._toast.button.click()
    stage.settle()
    assert [each.message for each in record.read(patients.alerts_of, maria)] == ["Deaf"]


def test_the_next_flag_being_typed_outlives_the_one_before(
    stage: Stage, record: Record, maria: uuid.UUID, form: EditView
) -> None:
    form.flags.message.setFocus()
    stage.keys.type("Deaf")
    stage.keys.press(Qt.Key.Key_Return)
    stage.keys.type(" mute")
    stage.settle()
    assert [each.message for each in record.read(patients.alerts_of, maria)] == ["Deaf"]
    assert form.flags.message.text() == "Deaf mute"


def test_a_flag_half_typed_is_there_again_until_it_is_raised(
    stage: Stage, record: Record, maria: uuid.UUID, form: EditView
) -> None:
    form.flags.severity.set_value("danger")
    stage.settle()
    assert form.may_close()
    stage.settle()
    assert record.read(drafts.my_drafts) == [], "without words there is nothing to keep"
    form.flags.message.setFocus()
    stage.keys.type("Deaf")
    stage.context.tasks.closing.emit()
    stage.settle()
    ((name, place),) = [(row.name.family, _place(row)) for row in record.read(unfinished)]
    assert (name, place) == ("Иванова", to.EditPatient(maria))

    again = EditView(stage.context, to.EditPatient(maria))
    stage.open(again)
    stage.until(again.flags.draft.notice.isVisible)
    assert (again.flags.message.text(), again.flags.severity.value()) == ("Deaf", "danger")
    again.flags.add.click()
    stage.settle()
    stage.until(lambda: not again.flags.message.text())
    stage.settle()
    assert record.read(drafts.my_drafts) == []
    (alert,) = record.read(patients.alerts_of, maria)
    assert (alert.message, alert.severity) == ("Deaf", "danger")


def test_an_empty_flag_is_not_raised(stage: Stage, record: Record, form: EditView) -> None:
    form.flags.add.click()
    stage.settle()
    assert form.flags._row.message.text()


def test_a_photo_chosen_is_kept_in_the_draft_until_it_is_saved(
    stage: Stage, record: Record, maria: uuid.UUID, form: EditView, tmp_path: Path
) -> None:
    picture = tmp_path / "face.png"
    Image.new("RGB", (40, 40), "red").save(picture)
    form.form.photo.take_file(str(picture))
    stage.settle()
    assert form.may_close()
    stage.settle()
    again = EditView(stage.context, to.EditPatient(maria))
    stage.open(again)
    stage.until(again.restored.isVisible)
    assert again.form.photo.photo is not None
    again.submit(False)
    stage.settle()
    assert record.read(patients.record_of, maria).photo == again.form.photo.photo.jpeg
    assert record.read(drafts.my_drafts) == []


def test_a_photo_taken_away_stays_so_in_the_draft(
    stage: Stage, record: Record, maria: uuid.UUID, tmp_path: Path
) -> None:
    entry = entry_of(record, maria)
    picture = tmp_path / "face.png"
    Image.new("RGB", (40, 40), "red").save(picture)
    record.write(patients.update, UpdatePatient(maria, entry, entry, photo_file(picture)))
    for _time in range(2):
        form = EditView(stage.context, to.EditPatient(maria))
        stage.open(form)
        stage.until(form.form.isEnabled)
        stage.settle()
        if not form.form.photo.is_dropped:
            form.form.photo.remove.click()
        assert form.may_close()
        stage.settle()
    assert form.restored.isVisible()
    form.submit(False)
    stage.settle()
    assert record.read(patients.record_of, maria).photo == b""
