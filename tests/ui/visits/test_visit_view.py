"""The page of a visit, by keys, on a real record."""

from __future__ import annotations

import threading
import uuid

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from clinic_desktop.errors import RuleError
from clinic_desktop.services import (
    chart_visits,
    conditions,
    drafts,
    encounters,
    note_templates,
    notes,
)
from clinic_desktop.services.conditions import Coded
from clinic_desktop.services.notes import NoteText
from clinic_desktop.services.unfinished import unfinished
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.core.navigator import (
    Billing,
    BookAppointment,
    EditAllergies,
    Today,
    Visit,
)
from clinic_desktop.ui.prescribing.prescribe_panel import PrescribePanel
from clinic_desktop.ui.today.unfinished import _place
from clinic_desktop.ui.visits.templates_form import TemplatesForm
from clinic_desktop.ui.visits.visit_view import VisitView
from clinic_desktop.ui.widgets.notice import Notice
from tests.support.charts import put_chart
from tests.support.records import Record
from tests.support.windows import RecordingHost, VisitedNavigator
from tests.ui.visits.conftest import Page, open_page

CONTROL = Qt.KeyboardModifier.ControlModifier
COUGH = Coded("Acute bronchitis", "icd-10", "J20.9")


def notices(page: Page) -> list[str]:
    shown = page.view.sheet.findChildren(Notice)
    return [notice.accessibleName() for notice in shown if notice.isVisible()]


def press_button(page: Page, words: str) -> None:
    from clinic_desktop.ui.widgets.buttons import Button

    buttons = page.view.findChildren(Button)
    next(b for b in buttons if b.isVisible() and b.accessibleName() == words).click()


def host(page: Page) -> RecordingHost:
    assert isinstance(page.context.host, RecordingHost)
    return page.context.host


def visited(page: Page) -> list[object]:
    assert isinstance(page.context.navigator, VisitedNavigator)
    return list(page.context.navigator.visited)


def test_a_note_from_a_template_is_written_and_signed_by_keys_alone(visit_page: Page) -> None:
    page = visit_page
    page.type("/uri")
    page.press(Qt.Key.Key_Return)
    for words in ("3 days", "dry", "clear", "5"):
        page.type(words)
        page.press(Qt.Key.Key_Tab)
    page.acts += 1  # Ctrl+Enter, which the desk turns into the screen's primary action
    with page.qtbot.waitSignal(page.view.vm.signed):
        page.view.primary()
    assert page.note() == NoteText(
        "Cough for 3 days, dry.", "Chest clear.", "", "Fluids, rest. Review in 5 days."
    )
    assert page.record.rows("SELECT status FROM note WHERE kind = 'soap'") == [("signed",)]
    assert page.acts <= 15 + 1


def test_every_keystroke_is_in_the_draft_soon(visit_page: Page) -> None:
    page = visit_page
    with page.qtbot.waitSignal(page.view.vm.draft_saved, timeout=2000):
        page.type("Feels well")
    kept = page.record.read(drafts.load_draft, "visit", str(page.visit))
    assert kept is not None
    assert kept.body["note"]["subjective"] == "Feels well"
    assert page.view.saved.text().startswith("draft saved")
    assert page.note() == NoteText()


def test_typing_on_does_not_put_the_draft_off(visit_page: Page) -> None:
    page = visit_page
    saved: list[object] = []
    page.view.vm.draft_saved.connect(saved.append)
    page.type("a")

    def typed_on() -> bool:
        page.type("b")
        return bool(saved)

    page.qtbot.waitUntil(typed_on, timeout=2000)


def test_what_a_crash_left_is_given_back_and_said(
    record: Record, ui_context: Context, qtbot: QtBot, visit_page: Page
) -> None:
    page = visit_page
    body = {"note": {"plan": "Rest."}, "vitals": {"pulse": "7"}, "base": page.view.vm._base}
    record.write(drafts.save_draft, "visit", str(page.visit), body)
    again = open_page(record, ui_context, qtbot, page.patient_id, page.visit)
    assert again.view.note.text().plan == "Rest."
    assert again.view.vitals.pending() == {"pulse": "7"}
    (said,) = notices(again)
    assert "restored: Plan" in said
    press_button(again, "Discard it")
    again.idle()
    assert again.view.note.text() == NoteText()
    assert record.read(drafts.load_draft, "visit", str(page.visit)) is None


def test_leaving_puts_the_note_into_the_record_unsigned(visit_page: Page) -> None:
    page = visit_page
    page.type("Feels well")
    assert page.view.can_leave()
    page.idle()
    assert page.note().subjective == "Feels well"
    assert page.record.read(drafts.load_draft, "visit", str(page.visit)) is None
    assert notices(page) == []


def test_words_of_another_appear_while_nothing_is_typed(visit_page: Page) -> None:
    page = visit_page
    nurse = page.record.as_role("nurse")
    page.record.store.write(
        nurse, notes.save_note, page.visit, NoteText(objective="RR 18")
    ).result()
    page.qtbot.waitUntil(lambda: page.view.note.text().objective == "RR 18")


def test_words_of_another_never_replace_what_is_typed(visit_page: Page) -> None:
    page = visit_page
    page.type("Mine")
    nurse = page.record.as_role("nurse")
    with page.qtbot.waitSignal(page.view.vm.note_collided):
        page.record.store.write(
            nurse, notes.save_note, page.visit, NoteText(objective="RR 18")
        ).result()
    assert page.view.note.text() == NoteText(subjective="Mine")
    assert "saved this note meanwhile" in notices(page)[0]
    press_button(page, "Keep mine")
    page.view.can_leave()
    page.idle()
    assert page.note() == NoteText(subjective="Mine")


def test_a_vital_sign_is_recorded_when_its_field_is_left(visit_page: Page) -> None:
    page = visit_page
    page.view.vitals.setFocus()
    page.type("138/84")
    page.press(Qt.Key.Key_Tab)
    page.type("76")
    page.press(Qt.Key.Key_Tab)
    page.idle()
    rows = page.record.rows(
        "SELECT value FROM observation WHERE encounter_id = ? AND value <> '' ORDER BY id",
        page.visit.bytes,
    )
    assert rows == [("138",), ("84",), ("76",)]
    assert page.view.vitals.pending() == {}


def test_a_vital_sign_on_its_way_stays_in_its_field(visit_page: Page) -> None:
    page, gate = visit_page, threading.Event()
    store, pulse = page.record.store, page.view.vitals.tiles["pulse"]
    pulse.setFocus()
    page.type("76")
    store.write(page.record.owner, conditions.add_diagnosis, page.visit, COUGH)
    store.write(page.record.owner, lambda _uow: gate.wait(30))
    with page.qtbot.waitSignal(page.view.vm.refreshed):  # as it was before our write
        page.press(Qt.Key.Key_Tab)
    assert pulse.edit.text() == "76"
    gate.set()
    page.idle()
    assert (pulse.edit.text(), pulse.recorded, pulse.sent) == ("76", "76", None)


def test_a_vital_sign_that_came_too_late_is_offered_as_an_addendum(visit_page: Page) -> None:
    page = visit_page
    page.idle()
    page.view.vitals.tiles["pulse"].setFocus()
    page.type("76")
    page.record.store.write(page.record.owner, encounters.sign, page.visit)
    page.press(Qt.Key.Key_Tab)  # before the window has heard that the visit is closed
    page.qtbot.waitUntil(lambda: bool(page.view.signed_note.addendum.text()))
    page.idle()
    assert page.view.signed_note.addendum.text() == "Pulse 76"


def test_an_impossible_value_is_said_and_stops_the_signature(visit_page: Page) -> None:
    page = visit_page
    page.view.vitals.tiles["temperature"].setFocus()
    page.type("379")
    page.press(Qt.Key.Key_Tab)
    assert "Temperature can only be between" in notices(page)[0]
    page.view.primary()
    page.idle()
    assert page.record.rows("SELECT count(*) FROM encounter WHERE signed_at IS NOT NULL") == [(0,)]
    assert page.focused.objectName() == "vital.temperature"


def test_what_is_asked_on_signing_is_about_the_field_with_the_keys(visit_page: Page) -> None:
    page = visit_page
    tiles = page.view.vitals.tiles
    for name, words in (("temperature", "41.9"), ("spo2", "60")):
        tiles[name].setFocus()
        page.type(words)
        page.press(Qt.Key.Key_Tab)
    page.view.primary()
    assert page.focused.objectName() == "vital.temperature"
    assert notices(page)[0].startswith("Temperature")
    assert (tiles["spo2"].property("warning"), tiles["pulse"].property("warning")) == (
        "true",
        "false",
    )


def test_only_enter_confirms_an_unusual_value(visit_page: Page) -> None:
    page = visit_page
    page.view.vitals.tiles["pulse"].setFocus()
    page.type("160")
    page.press(Qt.Key.Key_Tab)
    page.idle()
    assert "is unusual" in notices(page)[0]
    assert page.view.vitals.pending() == {"pulse": "160"}
    page.view.vitals.tiles["pulse"].setFocus()
    page.press(Qt.Key.Key_Return)
    page.idle()
    sql = "SELECT note FROM observation WHERE encounter_id = ? AND code = '8867-4'"
    assert page.record.rows(sql, page.visit.bytes) == [("confirmed-unusual",)]


def test_a_favourite_diagnosis_is_picked_by_a_few_letters(visit_page: Page) -> None:
    page = visit_page
    other = page.record.write(encounters.start_visit, patient_id=page.patient_id).encounter_id
    page.record.write(conditions.add_diagnosis, other, COUGH)
    (made,) = page.record.read(conditions.diagnoses_of, other)
    page.record.write(conditions.remove_diagnosis, made.id)
    page.qtbot.waitUntil(lambda: page.view.diagnoses.favourites == (COUGH,))
    page.view.diagnoses.begin()
    with page.qtbot.waitSignal(page.view.diagnoses.field.wanted):
        page.type("bronch")
    page.idle()
    page.press(Qt.Key.Key_Return)
    page.idle()
    page.idle()
    rows = page.record.read(conditions.diagnoses_of, page.visit)
    assert [row.term for row in rows] == [COUGH]


def test_a_diagnosis_is_picked_from_the_shipped_codes(visit_page: Page) -> None:
    page = visit_page
    page.view.diagnoses.begin()
    with page.qtbot.waitSignal(page.view.diagnoses.field.wanted):
        page.type("J18.9")
    page.idle()
    page.press(Qt.Key.Key_Return)
    page.qtbot.waitUntil(lambda: page.record.read(conditions.diagnoses_of, page.visit) != [])
    (row,) = page.record.read(conditions.diagnoses_of, page.visit)
    assert (row.term.code, row.term.display) == ("J18.9", "Pneumonia, unspecified organism")
    assert row.term.version


def test_words_to_find_a_diagnosis_stay_in_their_visit_and_outlive_the_closed_record(
    visit_page: Page,
) -> None:
    page, field = visit_page, visit_page.view.diagnoses.field
    patient = page.record.write(put_chart, 5)
    other = page.record.write(encounters.start_visit, patient_id=patient).encounter_id
    page.view.diagnoses.begin()
    page.type("worried well")
    page.view.go_to(Visit(patient, other))
    page.qtbot.waitUntil(lambda: page.view.vm.page is not None)
    page.idle()
    assert field.text() == "", "the words of one person never stand in the visit of another"
    page.context.tasks.closing.emit()
    page.idle()
    (line,) = page.record.read(unfinished)
    assert _place(line) == Visit(page.patient_id, page.visit)

    again = open_page(page.record, page.context, page.qtbot, page.patient_id, page.visit)
    page.qtbot.waitUntil(again.view.diagnoses.draft.notice.isVisible)
    assert again.view.diagnoses.field.text() == "worried well"
    with page.qtbot.waitSignal(again.view.vm.signed):
        again.view.primary()
    page.idle()
    assert page.record.read(unfinished) == ()


def test_blanks_left_are_said_before_signing(visit_page: Page) -> None:
    page = visit_page
    page.type("/uri")
    page.press(Qt.Key.Key_Return)
    page.view.primary()
    assert "4 blanks are not filled in." in notices(page)
    with page.qtbot.waitSignal(page.view.vm.signed):
        press_button(page, "Sign anyway")


def test_after_signing_the_next_step_is_one_key_away(visit_page: Page) -> None:
    page = visit_page
    page.type("Well.")
    with page.qtbot.waitSignal(page.view.vm.signed):
        page.view.primary()
    assert host(page).toasts == ["Visit signed."]
    assert not page.view.note.isVisible()
    page.view.primary()
    assert visited(page) == [Billing(page.patient_id, page.visit)]


def test_a_signed_visit_takes_an_addendum(visit_page: Page) -> None:
    page = visit_page
    with page.qtbot.waitSignal(page.view.vm.signed):
        page.view.primary()
    page.idle()
    page.view.signed_note.addendum.setFocus()
    page.type("X-ray normal.")
    page.view.signed_note.sign.click()
    page.idle()
    page.idle()
    *_, addendum = page.record.read(notes.notes_of, page.visit)
    assert addendum.text.subjective == "X-ray normal."
    assert page.view.signed_note.addendum.text() == ""


def sign(page: Page) -> None:
    with page.qtbot.waitSignal(page.view.vm.signed):
        page.view.primary()
    page.idle()


def test_an_addendum_half_written_waits_at_its_own_visit(
    visit_page: Page, record: Record, ui_context: Context, qtbot: QtBot
) -> None:
    page = visit_page
    sign(page)
    page.view.signed_note.addendum.setFocus()
    page.type("X-ray to follow")
    other = record.write(encounters.start_visit, patient_id=page.patient_id).encounter_id
    record.write(encounters.sign, other)
    page.view.go_to(Visit(page.patient_id, other))
    page.idle()
    assert page.view.signed_note.addendum.text() == ""
    again = open_page(record, ui_context, qtbot, page.patient_id, page.visit)
    qtbot.waitUntil(lambda: again.view.signed_note.addendum.text() == "X-ray to follow")
    again.view.signed_note.sign.click()
    again.idle()
    again.idle()
    assert record.read(drafts.my_drafts) == []


def test_words_of_a_note_that_somebody_else_signed_become_an_addendum(
    visit_page: Page, record: Record, ui_context: Context, qtbot: QtBot
) -> None:
    page = visit_page
    page.type("Feels dizzy")
    # The same doctor at another PC.
    record.write(encounters.sign, page.visit)
    qtbot.waitUntil(lambda: page.view.signed_note.addendum.text() == "Feels dizzy")
    page.idle()
    assert [each.kind for each in record.read(drafts.my_drafts)] == ["addendum"]


def test_words_that_came_too_late_are_asked_about_not_dropped(visit_page: Page) -> None:
    page = visit_page
    nurse = page.record.as_role("nurse")
    page.idle()  # what was announced so far is heard; the words wait for the other's only
    page.type("Mine")
    page.record.store.write(
        nurse, notes.save_note, page.visit, NoteText(objective="RR 18")
    ).result()
    page.view.can_leave()  # before the window has heard of the other's words
    page.qtbot.waitUntil(lambda: "saved this note meanwhile" in " ".join(notices(page)))
    assert page.view.note.text() == NoteText(subjective="Mine")


def test_words_on_their_way_are_not_replaced_by_those_who_were_faster(visit_page: Page) -> None:
    page, gate = visit_page, threading.Event()
    page.idle()
    page.type("Mine")
    nurse, store = page.record.as_role("nurse"), page.record.store
    store.write(nurse, notes.save_note, page.visit, NoteText(objective="RR 18"))
    store.write(nurse, lambda _uow: gate.wait(30))
    page.view.can_leave()  # ours wait behind, and will be refused
    page.qtbot.waitUntil(lambda: "saved this note meanwhile" in " ".join(notices(page)))
    assert page.view.note.text() == NoteText(subjective="Mine")
    gate.set()
    page.idle()
    assert len(notices(page)) == 1, "it is asked once"
    assert page.view.note.text() == NoteText(subjective="Mine")
    assert page.view.vm.is_dirty, "the words are still nowhere but here"


def test_medicines_that_wait_are_offered_after_signing(
    record: Record, ui_context: Context, qtbot: QtBot, visit_page: Page
) -> None:
    sign(visit_page)
    line = {"product": "Ibuprofen", "directions": "1 tab tid 3d"}
    body = {"lines": [line], "typed": None}
    record.write(drafts.save_draft, "prescription", str(visit_page.visit), body)
    view = VisitView(ui_context, PrescribePanel)
    qtbot.addWidget(view)
    view.go_to(Visit(visit_page.patient_id, visit_page.visit))
    qtbot.waitUntil(lambda: "visit.print" in [step.name for step in view.next_steps.steps])


def test_a_follow_up_is_booked_from_within_the_note(visit_page: Page) -> None:
    page = visit_page
    page.type("/fu 2w")
    page.press(Qt.Key.Key_Return)
    (booking,) = visited(page)
    assert isinstance(booking, BookAppointment)
    assert str(booking.day) == "2026-12-05"
    assert page.view.note.text() == NoteText()


def test_the_last_plan_is_copied(visit_page: Page) -> None:
    page = visit_page
    page.type("/last")
    page.press(Qt.Key.Key_Return)
    assert page.view.note.text().plan.startswith("Metformin continued.")


def test_allergies_are_a_click_away(visit_page: Page) -> None:
    visit_page.view.side.allergies_wanted.emit()
    assert visited(visit_page) == [EditAllergies(visit_page.patient_id)]


def test_an_imported_visit_is_read_and_never_written(
    record: Record, ui_context: Context, qtbot: QtBot, visit_page: Page
) -> None:
    patient_id = visit_page.patient_id
    old = record.read(chart_visits.visit_ids, patient_id)[-1]
    page = open_page(record, ui_context, qtbot, patient_id, old)
    assert not page.view.note.isVisible()
    assert not page.view.sign_button.isVisible()
    assert not page.view.signed_note.addendum.isVisible()
    page.view.primary()
    page.idle()
    with pytest.raises(RuleError):
        record.write(notes.save_note, old, NoteText(plan="x"))


def test_a_visit_that_is_not_there_shows_nothing_of_the_one_before(visit_page: Page) -> None:
    page = visit_page
    page.view.go_to(Visit(page.patient_id, uuid.uuid4()))
    assert not page.view.banner.isVisible()
    page.idle()
    shown = page.view.loading.currentWidget()
    assert shown is not None
    assert shown.accessibleName() == "There is no such visit."


def test_a_nurse_finishes_and_leaves_the_signature_to_the_doctor(
    visit_page: Page, record: Record, ui_context: Context, qtbot: QtBot
) -> None:
    ui_context.tasks.actor = record.as_role("nurse")
    page = open_page(record, ui_context, qtbot, visit_page.patient_id, visit_page.visit)
    assert page.view.sign_button.accessibleName().startswith("Finish the visit of")
    page.type("Feels well")
    page.view.primary()
    qtbot.waitUntil(lambda: Today() in visited(page))
    assert record.rows(
        "SELECT status, signed_at FROM encounter ORDER BY start_at DESC LIMIT 1"
    ) == [("finished", None)]
    assert page.note().subjective == "Feels well"


def test_a_good_note_becomes_a_template(visit_page: Page) -> None:
    page = visit_page
    page.type("Cough for days.")
    page.view._edit_templates()
    form = host(page).drawers[-1]
    assert isinstance(form, TemplatesForm)
    page.idle()
    assert form.edits["subjective"].text() == "Cough for days."
    form.shortcut.setText("uri")
    form.name.setText("Cough")
    form.submit(print_too=False)
    page.idle()
    assert form._rows["shortcut"].message.text() == "Another template has this shortcut."
    form.shortcut.setText("cough")
    with page.qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)
    shortcuts = [row.shortcut for row in page.record.read(note_templates.templates)]
    assert sorted(shortcuts) == ["cough", "uri"]


def test_a_phrase_is_kept_and_inserted(visit_page: Page) -> None:
    page = visit_page
    page.view._edit_templates()
    form = host(page).drawers[-1]
    assert isinstance(form, TemplatesForm)
    form.kind.set_value("phrase")
    form._show_kind()
    form.shortcut.setText("nad")
    form.edits["subjective"].set_text("Nothing abnormal found.")
    with page.qtbot.waitSignal(form.close_requested):
        form.submit(print_too=False)
    page.qtbot.waitUntil(lambda: bool(page.view.note._aids.phrases))
    page.view.note.edits["objective"].setFocus()
    page.type("/nad")
    page.press(Qt.Key.Key_Return)
    assert page.view.note.text().objective == "Nothing abnormal found."
