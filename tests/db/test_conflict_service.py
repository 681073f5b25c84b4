"""Questions as people see and decide them: two real records that exchange commits."""

from __future__ import annotations

import uuid

import pytest

from clinic_desktop.errors import (
    NotFoundError,
    PermissionDeniedError,
    RuleError,
    StaleError,
    ValidationError,
)
from clinic_desktop.services import (
    allergies,
    chart_medicines,
    conditions,
    encounters,
    notes,
)
from clinic_desktop.services.allergies import RecordAllergy
from clinic_desktop.services.conditions import Coded
from clinic_desktop.services.conflicts import deciding, listing
from clinic_desktop.services.conflicts.deciding import Resolve, Resolved
from clinic_desktop.services.conflicts.listing import ConflictItem, ConflictRow
from clinic_desktop.services.notes import NoteText
from clinic_desktop.services.papers.making import PaperRequest, make
from clinic_desktop.services.patients.banner import banner
from clinic_desktop.services.prescribing import prescriptions, safety
from clinic_desktop.services.prescribing.lines import LineForm
from clinic_desktop.services.prescribing.prescriptions import Prescribe
from tests.support.pcs import Pc, meet, new_patient, same, set_family
from tests.support.pdf_reading import read_pdf
from tests.support.records import Record, engage

DIGOXIN = LineForm("Digoxin 62.5 mcg", "1 tab 1x/day 30d")


def open_items(pc: Pc, patient: uuid.UUID | None = None) -> tuple[ConflictRow, ...]:
    return pc.read(listing.open_items, patient)


def only(pc: Pc) -> ConflictItem:
    (row,) = open_items(pc)
    return pc.read(listing.item, row.id)


def keep(pc: Pc, *names: str, **edited: str) -> Resolved:
    return pc.write(deciding.resolve, Resolve(only(pc).row.id, names, edited))


def saying(item: ConflictItem, column: str, value: object) -> str:
    """The name of the version in which a column says this."""
    return next(each.name for each in item.versions if each.values.get(column) == value)


def two_doses(first: Pc, second: Pc) -> uuid.UUID:
    """One medicine, whose dose both change."""
    patient = new_patient(first)
    first.write(prescriptions.prescribe, Prescribe(patient, (DIGOXIN,)))
    meet(first, second)
    dose = "UPDATE medication_request SET dose_value = ?, dose_unit = ?, instructions = ?"
    first.sql(dose, "62.5", "ug", "62.5 micrograms in the morning")
    second.clock.advance(minutes=3)
    second.sql(dose, "0.25", "mg", "0.25 mg in the morning")
    meet(first, second)
    return patient


def two_allergies(first: Pc, second: Pc) -> uuid.UUID:
    patient = new_patient(first)
    first.write(allergies.record_allergy, RecordAllergy(patient, "Nuts"))
    meet(first, second)
    first.sql("UPDATE allergy_intolerance SET display = 'Peanut', reaction = 'rash'")
    second.sql("UPDATE allergy_intolerance SET display = 'Penicillin', severity = 'severe'")
    meet(first, second)
    return patient


def test_who_wrote_what_where_and_when(two: tuple[Pc, Pc]) -> None:
    first, second = two
    patient = two_doses(first, second)
    (row,) = open_items(first)
    assert (row.severity, row.kind, row.table, row.group) == (
        "safety", "value", "medication_request", "dose",
    )  # fmt: skip
    assert (row.patient_id, row.subject, row.versions) == (patient, "Digoxin 62.5 mcg", 2)
    assert row.patient
    assert row.patient.family == "Wanjiru"
    item = only(first)
    here = next(each for each in item.versions if each.is_here)
    there = next(each for each in item.versions if not each.is_here)
    assert (here.values["dose_value"], there.values["dose_value"]) == ("62.5", "0.25")
    assert here.who == there.who == first.actor.name
    assert there.pc == "PC 2"
    assert there.at > here.at
    assert (here.is_shown, there.is_shown) == (False, True)
    assert set(item.fields) == {"dose_value", "dose_unit", "instructions"}
    assert item.before["dose_value"] == "1"
    assert not item.is_fixed
    assert item.may_decide
    assert not item.can_keep_both
    # The same item with the same names at the other PC.
    other = only(second)
    assert other.row == item.row
    assert {each.name for each in other.versions} == {each.name for each in item.versions}
    assert open_items(first, patient) == (row,)
    assert open_items(first, new_patient(first)) == ()


def test_what_one_pc_decides_is_decided_everywhere(two: tuple[Pc, Pc]) -> None:
    first, second = two
    two_doses(first, second)
    keep(first, saying(only(first), "dose_value", "62.5"))
    assert open_items(first) == ()
    meet(first, second)
    assert open_items(second) == ()
    for pc in two:
        assert pc.rows("SELECT dose_value, dose_unit FROM medication_request") == [("62.5", "ug")]
    told = first.rows("SELECT kind, detail FROM audit_event WHERE kind LIKE 'conflict.%'")
    assert [kind for kind, _detail in told] == ["conflict.resolve"]
    same(*two)


def test_a_decision_taken_back_is_asked_again_everywhere(two: tuple[Pc, Pc]) -> None:
    first, second = two
    two_doses(first, second)
    before = only(first)
    done = keep(first, saying(before, "dose_value", "62.5"))
    meet(first, second)
    first.write(deciding.undo_resolve, done)
    again = only(first)
    assert again.row.id == before.row.id
    assert [each.values for each in again.versions] == [each.values for each in before.versions]
    assert first.rows("SELECT dose_value FROM medication_request") == [("0.25",)]
    meet(first, second)
    assert only(second).row.id == before.row.id
    same(*two)
    # Anybody decides again, and then it is done.
    keep(second, saying(only(second), "dose_value", "0.25"))
    meet(first, second)
    assert open_items(first) == ()
    same(*two)


def test_an_older_decision_is_not_taken_back_over_a_newer_value(two: tuple[Pc, Pc]) -> None:
    first, second = two
    two_doses(first, second)
    done = keep(first, saying(only(first), "dose_value", "62.5"))
    first.sql("UPDATE medication_request SET dose_value = '31'")
    with pytest.raises(StaleError):
        first.write(deciding.undo_resolve, done)


def test_both_allergies_stay_and_can_be_made_one_again(two: tuple[Pc, Pc]) -> None:
    first, second = two
    patient = two_allergies(first, second)
    item = only(first)
    assert item.can_keep_both
    done = keep(first, *[each.name for each in item.versions])
    assert open_items(first) == ()
    meet(first, second)
    names = {row.display for row in second.read(allergies.allergies_of, patient).rows}
    assert names == {"Peanut", "Penicillin"}
    first.write(deciding.undo_resolve, done)
    meet(first, second)
    assert len(open_items(second)) == 1
    assert len(second.rows("SELECT id FROM allergy_intolerance WHERE is_deleted = 0")) == 1
    same(*two)


def test_one_allergy_that_is_severe_or_mild_is_not_made_two(two: tuple[Pc, Pc]) -> None:
    first, second = two
    two_allergies(first, second)
    keep(first, only(first).versions[0].name)
    meet(first, second)
    first.sql("UPDATE allergy_intolerance SET severity = 'mild'")
    second.sql("UPDATE allergy_intolerance SET severity = 'severe'")
    meet(first, second)
    item = only(first)
    assert item.fields == ("severity",)
    assert not item.can_keep_both
    with pytest.raises(RuleError):
        keep(first, *[each.name for each in item.versions])
    assert first.rows("SELECT COUNT(*) FROM allergy_intolerance") == [(1,)]


@pytest.mark.parametrize(
    ("code", "is_offered"), [("", True), ("7980", False)], ids=["words", "one-code"]
)
def test_one_code_in_two_languages_is_one_thing(
    two: tuple[Pc, Pc], code: str, *, is_offered: bool
) -> None:
    first, second = two
    first.write(allergies.record_allergy, RecordAllergy(new_patient(first), "Nuts"))
    meet(first, second)
    for pc, words in ((first, "Penicillin"), (second, "Пенициллин")):
        pc.sql("UPDATE allergy_intolerance SET display = ?, code = ?", words, code)
    meet(first, second)
    assert only(first).can_keep_both is is_offered


def test_two_who_write_into_one_note_are_asked_once(two: tuple[Pc, Pc]) -> None:
    first, second = two
    visit = first.write(encounters.start_visit, patient_id=new_patient(first)).encounter_id
    meet(first, second)
    for minutes, (pc, words) in enumerate([(first, "rest"), (second, "surgery")]):
        pc.clock.advance(minutes=minutes)
        pc.write(notes.save_note, visit, NoteText(plan=words))
    meet(first, second)
    assert only(first).fields == only(second).fields == ("plan",)


def test_two_pcs_of_one_name_are_told_apart(two: tuple[Pc, Pc]) -> None:
    first, second = two
    two_doses(first, second)
    first.sql("UPDATE sync_device SET name = 'Desk', prefix = 'K' || dev")
    assert {each.pc for each in only(first).versions} == {"Desk (K1)", "Desk (K2)"}


def test_words_are_put_together_anew(two: tuple[Pc, Pc]) -> None:
    first, second = two
    row = new_patient(first)
    meet(first, second)
    set_family(first, row, "Kamau")
    set_family(second, row, "Otieno")
    meet(first, second)
    name = only(first).versions[0].name
    with pytest.raises(ValidationError):
        keep(first, name, sex="female")
    with pytest.raises(ValidationError):
        keep(first, *[each.name for each in only(first).versions], family="X")
    keep(first, name, family=" Kamau-Otieno ")
    meet(first, second)
    assert second.rows("SELECT family FROM patient") == [("Kamau-Otieno",)]
    same(*two)


def test_only_one_of_two_doses_can_hold(two: tuple[Pc, Pc]) -> None:
    first, second = two
    two_doses(first, second)
    item = only(first)
    with pytest.raises(RuleError):
        keep(first, *[each.name for each in item.versions])
    with pytest.raises(NotFoundError):
        keep(first, "00000000-1")
    with pytest.raises(NotFoundError):
        keep(first)
    keep(first, item.versions[0].name)
    with pytest.raises(NotFoundError):
        first.write(deciding.resolve, Resolve(item.row.id, (item.versions[0].name,)))


def test_a_signed_note_takes_whole_versions_only_and_for_good(two: tuple[Pc, Pc]) -> None:
    first, second = two
    patient = new_patient(first)
    visit = first.write(encounters.start_visit, patient_id=patient).encounter_id
    first.write(notes.save_note, visit, NoteText(plan="rest"))
    meet(first, second)
    second.write(notes.save_note, visit, NoteText(plan="surgery"))
    first.write(encounters.sign, visit)
    meet(first, second)
    text = next(each for each in open_items(second) if each.group == "text")
    item = second.read(listing.item, text.id)
    assert item.is_fixed
    assert not item.editable
    name = saying(item, "plan", "rest")
    with pytest.raises(RuleError):
        second.write(deciding.resolve, Resolve(text.id, (name,), {"plan": "both"}))
    done = second.write(deciding.resolve, Resolve(text.id, (name,)))
    assert not done.can_undo
    with pytest.raises(RuleError):
        second.write(deciding.undo_resolve, done)
    assert first.pull(second).quarantined == []
    assert text.id not in {each.id for each in open_items(first)}
    same(*two)


@pytest.mark.parametrize("deletes", [True, False])
def test_deleted_there_and_changed_here(two: tuple[Pc, Pc], *, deletes: bool) -> None:
    first, second = two
    patient = new_patient(first)
    first.write(allergies.record_allergy, RecordAllergy(patient, "Nuts"))
    meet(first, second)
    first.sql("UPDATE allergy_intolerance SET is_deleted = 1")
    second.sql("UPDATE allergy_intolerance SET reaction = 'choking'")
    meet(first, second)
    item = only(second)
    assert (item.row.kind, item.row.severity) == ("delete_edit", "safety")
    assert sorted(each.deletes for each in item.versions) == [False, True]
    assert item.fields
    kept = next(each for each in item.versions if each.deletes is deletes)
    done = keep(second, kept.name)
    meet(first, second)
    assert first.rows("SELECT is_deleted FROM allergy_intolerance") == [(int(deletes),)]
    assert open_items(first) == ()
    same(*two)
    second.write(deciding.undo_resolve, done)
    meet(first, second)
    assert only(first).row.id == item.row.id
    same(*two)


def test_who_may_see_and_who_may_decide(two: tuple[Pc, Pc], record: Record) -> None:
    first, second = two
    nurse, cashier = engage(record, "nurse"), engage(record, "cashier")
    two_doses(first, second)
    (row,) = open_items(first)
    as_nurse = first.store.read(nurse, listing.item, row.id).result(60)
    assert not as_nurse.may_decide
    name = as_nurse.versions[0].name
    with pytest.raises(PermissionDeniedError):
        first.store.write(nurse, deciding.resolve, Resolve(row.id, (name,))).result(60)
    assert first.store.read(cashier, listing.open_items).result(60) == ()
    with pytest.raises(PermissionDeniedError):
        first.store.read(cashier, listing.item, row.id).result(60)


def test_two_who_decide_apart_make_a_smaller_question(two: tuple[Pc, Pc]) -> None:
    first, second = two
    two_doses(first, second)
    keep(first, saying(only(first), "dose_value", "62.5"))
    keep(second, saying(only(second), "dose_value", "0.25"))
    meet(first, second)
    assert len(only(first).versions) == 2
    same(*two)
    keep(first, only(first).versions[0].name)
    meet(first, second)
    assert open_items(second) == ()
    same(*two)


# ---------------------------------------------------------------- until it is decided


def test_every_version_of_an_allergy_stands_and_is_checked(two: tuple[Pc, Pc]) -> None:
    """Only one of them is about the medicine, and it is not the one that is shown."""
    first, second = two
    patient = new_patient(first)
    first.write(allergies.record_allergy, RecordAllergy(patient, "Nuts"))
    meet(first, second)
    first.sql("UPDATE allergy_intolerance SET display = 'Penicillin', severity = 'severe'")
    second.clock.advance(hours=1)
    second.sql("UPDATE allergy_intolerance SET display = 'Peanut'")
    meet(first, second)
    assert first.rows("SELECT display FROM allergy_intolerance") == [("Peanut",)]
    state = first.read(allergies.allergies_of, patient)
    assert {(row.display, row.is_disputed) for row in state.rows} == {
        ("Penicillin", True), ("Peanut", True),
    }  # fmt: skip
    assert {each.display for each in first.read(banner, patient).allergies} == {
        "Penicillin", "Peanut",
    }  # fmt: skip
    report = first.read(safety.check_line, patient, LineForm("Amoxicillin", "1 tab 3x/day 7d"))
    assert [each.level for each in report.alerts] == ["stop"]
    keep(first, saying(only(first), "display", "Peanut"))
    report = first.read(safety.check_line, patient, LineForm("Amoxicillin", "1 tab 3x/day 7d"))
    assert report.alerts == ()
    assert [r.is_disputed for r in first.read(allergies.allergies_of, patient).rows] == [False]


def test_an_allergy_that_one_refuted_still_counts(two: tuple[Pc, Pc]) -> None:
    first, second = two
    patient = new_patient(first)
    first.write(allergies.record_allergy, RecordAllergy(patient, "Penicillin"))
    meet(first, second)
    first.sql("UPDATE allergy_intolerance SET verification_status = 'unconfirmed'")
    second.clock.advance(hours=1)
    second.sql("UPDATE allergy_intolerance SET verification_status = 'entered-in-error'")
    meet(first, second)
    state = second.read(allergies.allergies_of, patient)
    assert [row.display for row in state.rows] == ["Penicillin"]
    assert second.read(safety.check_line, patient, LineForm("Amoxicillin", "1 tab 7d")).alerts


def test_none_known_is_not_believed_while_it_is_not_decided(two: tuple[Pc, Pc]) -> None:
    first, second = two
    patient = new_patient(first)
    meet(first, second)
    first.sql("UPDATE patient SET allergy_status = 'unknown'")
    second.clock.advance(hours=1)
    second.write(allergies.record_none_known, patient)
    meet(first, second)
    assert first.read(allergies.allergies_of, patient).status == "not-asked"


def test_both_doses_stand_in_the_list_and_prescribing_asks(two: tuple[Pc, Pc]) -> None:
    first, second = two
    patient = two_doses(first, second)
    rows = first.read(chart_medicines.medicines_of, patient)
    assert sorted(row.instructions for row in rows) == [
        "0.25 mg in the morning", "62.5 micrograms in the morning",
    ]  # fmt: skip
    assert {row.is_disputed for row in rows} == {True}
    report = first.read(safety.check_line, patient, DIGOXIN)
    assert [each.level for each in report.alerts] == ["ask"]
    assert "0.25 mg in the morning" in report.alerts[0].text
    assert "62.5 micrograms" in report.alerts[0].text
    keep(first, only(first).versions[0].name)
    assert first.read(safety.check_line, patient, DIGOXIN).alerts == ()


def test_a_medicine_that_one_stopped_is_still_taken_by_the_other(two: tuple[Pc, Pc]) -> None:
    first, second = two
    patient = new_patient(first)
    first.write(prescriptions.prescribe, Prescribe(patient, (DIGOXIN,)))
    meet(first, second)
    first.sql("UPDATE medication_request SET is_long_term = 1")
    second.clock.advance(hours=1)
    second.sql("UPDATE medication_request SET status = 'stopped'")
    meet(first, second)
    rows = first.read(chart_medicines.medicines_of, patient)
    assert sorted(row.status for row in rows) == ["active", "stopped"]


def test_both_names_of_a_problem_stand(two: tuple[Pc, Pc]) -> None:
    first, second = two
    patient = new_patient(first)
    first.write(conditions.add_problem, conditions.AddProblem(patient, Coded("Asthma")))
    meet(first, second)
    first.sql("UPDATE condition SET display = 'COPD'")
    second.sql("UPDATE condition SET display = 'Bronchiectasis'")
    meet(first, second)
    rows = first.read(conditions.problems_of, patient)
    assert sorted(row.term.display for row in rows) == ["Bronchiectasis", "COPD"]
    assert all(row.is_disputed for row in rows)


def paper(pc: Pc, wish: PaperRequest) -> str:
    return " ".join(" ".join(page.text for page in read_pdf(pc.read(make, wish).pdf)).split())


def test_papers_say_both_doses(two: tuple[Pc, Pc]) -> None:
    first, second = two
    two_doses(first, second)
    ((prescription,),) = first.rows("SELECT id FROM prescription")
    wish = PaperRequest("prescription", uuid.UUID(bytes=prescription), "en")
    words = paper(first, wish)
    assert "62.5 micrograms in the morning" in words
    assert "0.25 mg in the morning" in words
    assert "Not decided" in words
    keep(first, saying(only(first), "dose_value", "0.25"))
    words = paper(first, wish)
    assert "62.5" not in words.replace("Digoxin 62.5", "")
    assert "Not decided" not in words


def test_a_note_stands_in_both_versions(two: tuple[Pc, Pc]) -> None:
    first, second = two
    patient = new_patient(first)
    visit = first.write(encounters.start_visit, patient_id=patient).encounter_id
    first.write(notes.save_note, visit, NoteText("Tired", plan="rest"))
    meet(first, second)
    first.write(notes.save_note, visit, NoteText("Tired", plan="tea"))
    second.clock.advance(minutes=1)
    second.write(notes.save_note, visit, NoteText("Tired", plan="surgery"))
    meet(first, second)
    (row,) = first.read(notes.notes_of, visit)
    assert row.text.plan == "surgery"
    assert row.others == (NoteText("Tired", plan="tea"),)
    keep(first, saying(only(first), "plan", "tea"))
    (row,) = first.read(notes.notes_of, visit)
    assert (row.text.plan, row.others) == ("tea", ())
