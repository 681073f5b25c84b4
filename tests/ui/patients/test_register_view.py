"""Registering by keys alone."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from clinic_desktop.domain.names import HumanName
from clinic_desktop.i18n import Language
from clinic_desktop.services import drafts, patients
from clinic_desktop.services.patients import (
    Identifier,
    PatientEntry,
    PatientRecord,
    RegisterPatient,
)
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.patients.register_view import RegisterView
from clinic_desktop.ui.patients.register_vm import prefilled
from tests.support.records import Record
from tests.ui.patients.conftest import Stage

CTRL = Qt.KeyboardModifier.ControlModifier
TARGET_ACTS = 9
"""Of the task "register": Ctrl+N, Tab between the fields, F, Ctrl+Enter."""


@pytest.fixture
def form(stage: Stage) -> RegisterView:
    """An empty registration drawer."""
    made = RegisterView(stage.context, to.RegisterPatient())
    stage.open(made)
    return made


def everyone(record: Record) -> list[PatientRecord]:
    found = record.read(patients.patient_list, patients.PatientFilter())
    return [record.read(patients.record_of, each) for each in found.ids]


def test_registering_takes_few_keys(stage: Stage, record: Record, form: RegisterView) -> None:
    keys = stage.keys
    keys.acts = 1  # Ctrl+N opened the drawer
    keys.type("otieno")
    keys.press(Qt.Key.Key_Tab)
    keys.type("brian")
    keys.press(Qt.Key.Key_Tab)
    keys.press(Qt.Key.Key_M)
    keys.press(Qt.Key.Key_Tab)
    keys.type("34y")
    keys.press(Qt.Key.Key_Tab)
    keys.type("0712 345 678")
    keys.press(Qt.Key.Key_Return, CTRL)
    stage.settle()
    assert keys.acts <= TARGET_ACTS + 1
    (made,) = everyone(record)
    assert made.entry.name == HumanName("Otieno", "Brian")
    assert made.entry.sex == "male"
    assert made.entry.birth is not None
    assert (str(made.entry.birth), made.entry.birth.precision) == ("1992", "age")
    assert [each.value for each in made.entry.phones] == ["+254 712 345678"]
    assert "OTIENO Brian" in stage.said


def test_the_toast_leads_to_booking(stage: Stage, record: Record, form: RegisterView) -> None:
    stage.keys.type("otieno")
    stage.keys.press(Qt.Key.Key_Return, CTRL)
    stage.settle()
    stage.host._toast.button.click()
    (made,) = everyone(record)
    assert stage.visited == [to.BookAppointment(made.id)]


def test_with_shift_the_booking_opens_at_once(
    stage: Stage, record: Record, form: RegisterView
) -> None:
    stage.keys.type("otieno")
    stage.keys.press(Qt.Key.Key_Return, CTRL | Qt.KeyboardModifier.ShiftModifier)
    stage.settle()
    (made,) = everyone(record)
    assert stage.visited == [to.BookAppointment(made.id)]


def test_the_echo_says_what_an_age_means(stage: Stage, form: RegisterView) -> None:
    form.form.birth.edit.setFocus()
    stage.keys.type("71y")
    assert "1955" in form.form.birth.echo.text()
    assert "about" in form.form.birth.echo.text()


def test_similar_people_show_while_one_types_and_open_with_one_key(
    stage: Stage, maria: uuid.UUID, form: RegisterView
) -> None:
    stage.keys.type("ivanova")
    stage.keys.press(Qt.Key.Key_Tab)
    stage.keys.type("maria")
    stage.until(form.similar.isVisible)
    assert "ИВАНОВА" in form.similar.rows[0].button.text()
    assert "sounds the same" in form.similar.rows[0].spoken
    stage.keys.press(Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    stage.until(lambda: stage.visited == [to.Chart(maria)])


def test_a_warning_does_not_take_the_focus(
    stage: Stage, maria: uuid.UUID, form: RegisterView
) -> None:
    stage.keys.type("Иванова")
    stage.keys.press(Qt.Key.Key_Tab)
    stage.keys.type("Мария")
    stage.until(form.similar.isVisible)
    assert form.form._edits["given"].hasFocus()


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [("phone", "12", "digits"), ("birth", "31.2.1990", "no such day")],
)
def test_a_wrong_field_says_so_and_takes_the_caret(
    stage: Stage, record: Record, form: RegisterView, field: str, typed: str, words: str
) -> None:
    stage.keys.type("otieno")
    editor = getattr(form.form, field)
    editor.setFocus()
    stage.keys.type(typed)
    stage.keys.press(Qt.Key.Key_Return, CTRL)
    stage.settle()
    row = form.form._rows[field]
    assert words in (row.message.text() + getattr(editor, "message", row.message).text())
    assert (editor.focusProxy() or editor).hasFocus()
    assert everyone(record) == []


def test_a_name_is_needed(stage: Stage, record: Record, form: RegisterView) -> None:
    stage.keys.press(Qt.Key.Key_Return, CTRL)
    stage.settle()
    assert "name is missing" in form.form._rows["family"].message.text()
    assert everyone(record) == []


def test_a_held_key_registers_once(stage: Stage, record: Record, form: RegisterView) -> None:
    stage.keys.type("otieno")
    for _ in range(3):
        form.submit(False)
    stage.settle()
    assert len(everyone(record)) == 1


def test_a_number_of_somebody_else_is_refused_once(
    stage: Stage, record: Record, form: RegisterView
) -> None:
    """A child may be known by the mother's number, but nobody is registered twice unasked."""
    card = Identifier("1234-5678", "ID card")
    first = PatientEntry(HumanName("Auma", "Rose"), identifiers=(card,))
    record.write(patients.register, RegisterPatient(first))
    stage.keys.type("somebody")
    form.form.lines["identifiers"].set_texts([{"kind": "id card", "value": "12345678"}])
    stage.keys.press(Qt.Key.Key_Return, CTRL)
    stage.settle()
    assert len(everyone(record)) == 1
    said = form.form.lines["identifiers"]._lines[0].form.rows[0].message.text()
    assert "Auma Rose" in said
    stage.keys.press(Qt.Key.Key_Return, CTRL)
    stage.settle()
    assert len(everyone(record)) == 2


def test_what_is_wrong_behind_more_is_shown(
    stage: Stage, record: Record, form: RegisterView
) -> None:
    stage.keys.type("otieno")
    form.form.lines["policies"].set_texts([{"valid_to": "31.2.2030"}])
    stage.keys.press(Qt.Key.Key_Return, CTRL)
    stage.settle()
    assert everyone(record) == []
    assert form.form.details.isVisible()
    focus = QApplication.focusWidget()
    assert isinstance(focus, QLineEdit)
    assert focus.text() == "31.2.2030"


def test_a_sentence_goes_when_its_field_is_put_right(stage: Stage, form: RegisterView) -> None:
    stage.keys.type("otieno")
    stage.keys.press(Qt.Key.Key_Tab, times=4)
    stage.keys.type("12")
    stage.keys.press(Qt.Key.Key_Return, CTRL)
    stage.until(lambda: "digits" in form.form._rows["phone"].message.text())
    stage.keys.type("3")
    assert form.form._rows["phone"].message.text() == ""


def test_a_form_that_waits_for_the_person_gets_the_person(
    stage: Stage, record: Record, maria: uuid.UUID
) -> None:
    answers: list[uuid.UUID] = []
    stage.context.navigator.registered.connect(answers.append)
    form = RegisterView(stage.context, to.RegisterPatient("otieno", for_form=True))
    stage.open(form)
    assert not form.next_step.isVisible()
    stage.keys.press(Qt.Key.Key_Return, CTRL)
    stage.settle()
    assert [record.read(patients.record_of, each).entry.name.family for each in answers] == [
        "Otieno"
    ]
    # Who turns out to be on record already is the answer too.
    again = RegisterView(stage.context, to.RegisterPatient("Иванова Мария", for_form=True))
    stage.open(again)
    again.similar.opened.emit(maria)
    assert answers[1:] == [maria]
    assert stage.visited == []


# ---------------------------------------------------------------- drafts


def test_what_is_typed_is_kept_and_comes_back(
    stage: Stage, record: Record, form: RegisterView
) -> None:
    stage.keys.type("otieno")
    stage.keys.press(Qt.Key.Key_Tab, times=2)
    stage.keys.press(Qt.Key.Key_F)
    stage.keys.press(Qt.Key.Key_Escape)
    stage.settle()
    kept = record.read(drafts.load_draft, "patient", "")
    assert kept is not None
    again = RegisterView(stage.context, to.RegisterPatient())
    stage.open(again)
    stage.until(again._restored.isVisible)
    assert again.form.entry().name.family == "otieno"
    assert again.form.entry().sex == "female"
    again.form.lines["phones"].set_texts([{"value": "0711 222 333"}])
    again._start_afresh()
    stage.settle()
    assert not again.form.entry().name
    assert again.form.lines["phones"].lines() == ()
    assert record.read(drafts.load_draft, "patient", "") is None


def test_typing_is_saved_without_leaving_the_form(
    stage: Stage, record: Record, form: RegisterView
) -> None:
    stage.keys.type("otieno")
    stage.until(lambda: record.read(drafts.load_draft, "patient", "") is not None)
    stage.until(lambda: "Draft saved" in form._saved_at.text())


def test_registering_forgets_the_draft(stage: Stage, record: Record, form: RegisterView) -> None:
    stage.keys.type("otieno")
    form.drafts.flush()
    stage.settle()
    stage.keys.press(Qt.Key.Key_Return, CTRL)
    stage.settle()
    assert record.read(drafts.load_draft, "patient", "") is None


# ---------------------------------------------------------------- names


def test_a_russian_form_asks_the_patronymic(qtbot: QtBot, record: Record) -> None:
    stage = Stage(qtbot, record, Language("en", "RU", "Europe/Moscow"))
    form = RegisterView(stage.context, to.RegisterPatient())
    stage.open(form)
    labels = [row.label.text() for row in list(form.form._rows.values())[:3]]
    assert labels == ["Family name", "Given name", "Patronymic"]
    stage.close()


def test_a_newborn_gets_the_mothers_name(stage: Stage, record: Record, form: RegisterView) -> None:
    stage.keys.type("otieno")
    stage.keys.press(Qt.Key.Key_Tab)
    stage.keys.type("grace")
    stage.click(form, "patient.newborn")
    form.submit(False)
    stage.settle()
    (made,) = everyone(record)
    assert made.entry.name == HumanName("Otieno", "Baby of grace")
    assert [(who.relationship, who.is_guardian) for who in made.entry.relatives] == [
        ("mother", True)
    ]


def test_somebody_who_cannot_say_a_name_is_registered(
    stage: Stage, record: Record, form: RegisterView
) -> None:
    stage.click(form, "patient.unknown")
    form.submit(False)
    stage.settle()
    (made,) = everyone(record)
    assert made.entry.name == HumanName("Unknown", "2026-11-21 1200")


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("", {}),
        ("iva 71", {"family": "iva", "given": "", "birth": "71y"}),
        ("otieno brian", {"family": "otieno", "given": "brian"}),
        (
            "otieno 0712 345 678",
            {"family": "otieno", "given": "", "phone": "0712 345 678"},
        ),
        ("иванова мария 14.3.1955", {"family": "иванова", "given": "мария", "birth": "14.3.1955"}),
    ],
)
def test_what_was_searched_for_fills_the_form(text: str, fields: dict[str, str]) -> None:
    assert prefilled(text) == fields


# ---------------------------------------------------------------- more


def test_everything_behind_more_is_saved(
    stage: Stage, record: Record, form: RegisterView, tmp_path: Path
) -> None:
    picture = tmp_path / "face.png"
    Image.new("RGB", (900, 700), "teal").save(picture)
    stage.keys.type("otieno")
    form.form.more_button.click()
    form.form.photo.take_file(str(picture))
    lines: dict[str, dict[str, str | bool]] = {
        "phones": {"value": "maria@example.org"},
        "identifiers": {"kind": "passport", "value": "AB 12"},
        "relatives": {"name": "Grace", "phone": "0722 000 111", "is_guardian": True},
        "policies": {"payer_name": "SHA", "policy_number": "7", "valid_to": "31.12.2027"},
    }
    for name, texts in lines.items():
        form.form.lines[name].set_texts([texts])
    form.form._edits["city"].setText("Nairobi")
    form.form.language.set_value("sw")
    form.form.consents["data"].setChecked(True)
    form.no_allergies.setChecked(True)
    form.form.note.setPlainText("Deaf")
    stage.settle()
    form.submit(False)
    stage.settle()
    (made,) = everyone(record)
    entry = made.entry
    assert [(each.system, each.value) for each in entry.phones] == [("email", "maria@example.org")]
    assert entry.identifiers[0].value == "AB 12"
    assert entry.relatives[0].is_guardian
    assert str(entry.policies[0].valid_to) == "2027-12-31"
    assert (entry.address.city, entry.language, entry.note) == ("Nairobi", "sw", "Deaf")
    assert made.photo[:2] == b"\xff\xd8"
    banner = record.read(patients.banner, made.id)
    assert banner.allergy_status == "none-known"
    assert [row.kind for row in record.read(patients.consents_of, made.id)] == ["data"]


def test_a_file_that_is_no_picture_is_refused_beside_the_button(
    stage: Stage, form: RegisterView, tmp_path: Path
) -> None:
    wrong = tmp_path / "face.jpg"
    wrong.write_text("not a picture")
    form.form.show_more(True)
    form.form.photo.take_file(str(wrong))
    stage.settle()
    assert "no picture" in form.form.photo._message.text()
    assert form.form.photo.photo is None


def test_an_error_in_a_further_line_is_shown_there(
    stage: Stage, record: Record, form: RegisterView
) -> None:
    stage.keys.type("otieno")
    form.form.lines["phones"].set_texts([{"value": "0711 222 333"}, {"value": "call me"}])
    form.submit(False)
    stage.settle()
    assert form.form.details.isVisible()
    line = form.form.lines["phones"]._lines[1]
    assert "digits only" in line.form.rows[0].message.text()
    assert everyone(record) == []


def test_a_person_without_the_right_is_told(stage: Stage, record: Record) -> None:
    stage.context.tasks.actor = record.as_role("cashier")
    form = RegisterView(stage.context, to.RegisterPatient("otieno"))
    stage.open(form)
    form.submit(False)
    stage.settle()
    assert stage.host.error is not None


def test_the_same_name_twice_is_advised_not_forbidden(
    stage: Stage, record: Record, maria: uuid.UUID
) -> None:
    form = RegisterView(stage.context, to.RegisterPatient("Иванова Мария"))
    stage.open(form)
    stage.until(form.similar.isVisible)
    stage.keys.press(Qt.Key.Key_Return, CTRL)
    stage.settle()
    assert len(everyone(record)) == 2
