"""Templates and phrases: shortcuts are words, unique, and never those that act."""

from __future__ import annotations

from dataclasses import replace

import pytest

from clinic_desktop.errors import PermissionDeniedError, ValidationError
from clinic_desktop.services import note_templates
from clinic_desktop.services.note_templates import SaveTemplate
from clinic_desktop.services.notes import NoteText
from tests.support.records import Record

COUGH = SaveTemplate("Cough", "URI", NoteText(subjective="Cough for ⟦how long⟧"))


def test_a_template_is_kept_changed_and_retired(record: Record) -> None:
    made = record.write(note_templates.save_template, COUGH)
    (row,) = record.read(note_templates.templates)
    assert (row.shortcut, row.text, row.is_mine) == ("uri", COUGH.text, False)
    record.write(note_templates.save_template, replace(COUGH, name="Cold", template_id=made))
    assert [row.name for row in record.read(note_templates.templates)] == ["Cold"]
    record.write(note_templates.retire_template, made)
    assert record.read(note_templates.templates) == []
    record.write(note_templates.retire_template, made, active=True)
    assert len(record.read(note_templates.templates)) == 1


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        (replace(COUGH, name=" "), "name"),
        (replace(COUGH, text=NoteText()), "text"),
        (replace(COUGH, shortcut="two words"), "shortcut"),
        (replace(COUGH, shortcut=""), "shortcut"),
        (replace(COUGH, shortcut="rx"), "shortcut"),
    ],
)
def test_a_template_that_cannot_be_used_is_refused(
    record: Record, wish: SaveTemplate, field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        record.write(note_templates.save_template, wish)
    assert refused.value.field == field


def test_two_templates_do_not_share_a_shortcut(record: Record) -> None:
    record.write(note_templates.save_template, COUGH)
    with pytest.raises(ValidationError):
        record.write(note_templates.save_template, replace(COUGH, name="Other"))


def test_a_template_of_ones_own_is_not_shown_to_others(record: Record) -> None:
    made = record.write(note_templates.save_template, replace(COUGH, is_mine=True))
    other = record.as_role("doctor")
    assert record.store.read(other, note_templates.templates).result() == []
    with pytest.raises(PermissionDeniedError):
        record.store.write(other, note_templates.retire_template, made).result()


def test_a_phrase_is_replaced_under_its_shortcut(record: Record) -> None:
    record.write(note_templates.save_phrase, "nad", "No abnormality detected.")
    record.write(note_templates.save_phrase, "NAD", "Nothing abnormal found.")
    (row,) = record.read(note_templates.phrases)
    assert (row.shortcut, row.words) == ("nad", "Nothing abnormal found.")
    with pytest.raises(ValidationError):
        record.write(note_templates.save_phrase, "nad", " ")
