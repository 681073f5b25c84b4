"""What several PCs of a practice come to, in stories that a doctor can judge.

The rules alone, with the groups and policies of the real record. In each story the PCs work without
a connection until they ``meet``.
"""

from __future__ import annotations

from clinic_desktop.domain.merging import EXISTENCE
from clinic_desktop.models.registry import BY_NAME
from tests.support.rooms import POLICIES, TEN_YEARS, TODAY, Room, meet


def test_two_doses_of_one_prescription_both_stand_until_a_doctor_decides() -> None:
    doctor, ward = Room("doctor"), Room("ward")
    digoxin = doctor.makes("medication_request")
    doctor.writes(digoxin, "dose", product="Digoxin", dose_value="125", dose_unit="µg")
    meet(doctor, ward)

    doctor.writes(digoxin, "dose", product="Digoxin", dose_value="62.5", dose_unit="µg")
    ward.writes(digoxin, "dose", product="Digoxin", dose_value="0.25", dose_unit="mg")
    meet(doctor, ward)

    for room in (doctor, ward):
        assert room.is_asked(digoxin) == ["safety: value of dose"]
        assert room.reads(digoxin, "dose", "dose_value") == ["0.25", "62.5"]

    doctor.writes(digoxin, "dose", product="Digoxin", dose_value="62.5", dose_unit="µg")
    meet(doctor, ward)
    assert ward.is_asked(digoxin) == []
    assert ward.reads(digoxin, "dose", "dose_value") == ["62.5"]


def test_a_dose_and_its_unit_never_come_from_two_people() -> None:
    doctor, ward = Room("doctor"), Room("ward", TODAY + TEN_YEARS)
    digoxin = doctor.makes("medication_request")
    meet(doctor, ward)
    doctor.writes(digoxin, "dose", dose_value="125", dose_unit="µg")
    ward.writes(digoxin, "dose", dose_value="0.25", dose_unit="mg")
    meet(doctor, ward)
    for room in (doctor, ward):
        whole = [each.value for each in room.pc.versions(digoxin.cell("dose"))]
        assert sorted(whole, key=str) == sorted(
            [
                digoxin.value("dose", dose_value="125", dose_unit="µg"),
                digoxin.value("dose", dose_value="0.25", dose_unit="mg"),
            ],
            key=str,
        )


def test_the_same_dose_typed_twice_is_no_question() -> None:
    doctor, ward = Room("doctor"), Room("ward")
    digoxin = doctor.makes("medication_request")
    meet(doctor, ward)
    doctor.writes(digoxin, "dose", dose_value="125", dose_unit="µg", instructions="")
    ward.writes(digoxin, "dose", dose_value="125 ", dose_unit="µg")
    meet(doctor, ward)
    assert doctor.is_asked(digoxin) == ward.is_asked(digoxin) == []


def test_a_dose_changed_here_and_stopped_there_is_stopped_and_shows_the_new_dose() -> None:
    """Dose and status are told apart: both changes are meant, and both hold."""
    doctor, ward = Room("doctor"), Room("ward")
    digoxin = doctor.makes("medication_request")
    doctor.writes(digoxin, "status", status="active")
    meet(doctor, ward)
    doctor.writes(digoxin, "dose", dose_value="62.5", dose_unit="µg")
    ward.writes(digoxin, "status", status="stopped", stop_reason="bradycardia")
    meet(doctor, ward)
    assert doctor.shows(digoxin, "status", "status") == "stopped"
    assert ward.shows(digoxin, "dose", "dose_value") == "62.5"
    assert doctor.is_asked(digoxin) == []


def test_stopped_by_one_and_prolonged_by_another_is_asked_at_once() -> None:
    doctor, ward = Room("doctor"), Room("ward")
    digoxin = doctor.makes("medication_request")
    meet(doctor, ward)
    doctor.writes(digoxin, "status", status="active", is_long_term=1)
    ward.writes(digoxin, "status", status="stopped")
    meet(doctor, ward)
    assert doctor.is_asked(digoxin) == ["safety: value of status"]


def test_an_allergy_removed_here_while_somebody_prescribes_against_it_there() -> None:
    """Nothing is in dispute: the prescription keeps what its author was warned of."""
    doctor, desk = Room("doctor"), Room("desk")
    penicillin = doctor.makes("allergy_intolerance")
    doctor.writes(penicillin, "status", clinical_status="active")
    meet(doctor, desk)
    desk.deletes(penicillin)
    amoxicillin = doctor.makes("medication_request")
    doctor.writes(amoxicillin, "details", override_reason="tolerated in 2019")
    meet(doctor, desk)
    for room in (doctor, desk):
        assert not room.sees(penicillin)
        assert room.shows(amoxicillin, "details", "override_reason") == "tolerated in 2019"
        assert room.is_asked(penicillin) == room.is_asked(amoxicillin) == []


def test_an_allergy_removed_here_while_its_reaction_is_written_there_stays() -> None:
    doctor, desk = Room("doctor"), Room("desk")
    penicillin = doctor.makes("allergy_intolerance")
    doctor.writes(penicillin, "substance", display="Penicillin")
    meet(doctor, desk)
    desk.deletes(penicillin)
    doctor.writes(penicillin, "substance", display="Penicillin", reaction="anaphylaxis")
    meet(doctor, desk)
    for room in (doctor, desk):
        assert room.sees(penicillin)
        assert room.is_asked(penicillin) == ["safety: delete_edit of existence"]
        assert room.shows(penicillin, "substance", "reaction") == "anaphylaxis"
    # Whoever decides knows both sides; then it is gone, or stays, everywhere.
    doctor.restores(penicillin)
    meet(doctor, desk)
    assert desk.sees(penicillin)
    assert desk.is_asked(penicillin) == []
    desk.deletes(penicillin)
    meet(doctor, desk)
    assert not doctor.sees(penicillin)


def test_more_work_on_an_entry_in_dispute_does_not_make_it_disappear() -> None:
    doctor, desk = Room("doctor"), Room("desk")
    penicillin = doctor.makes("allergy_intolerance")
    meet(doctor, desk)
    desk.deletes(penicillin)
    doctor.writes(penicillin, "substance", display="Penicillin", reaction="rash")
    meet(doctor, desk)
    doctor.writes(penicillin, "substance", display="Penicillin", reaction="rash, dyspnoea")
    meet(doctor, desk)
    for room in (doctor, desk):
        assert room.sees(penicillin)
        assert room.is_asked(penicillin) == ["safety: delete_edit of existence"]


def test_both_delete_and_nobody_is_asked() -> None:
    doctor, desk = Room("doctor"), Room("desk")
    penicillin = doctor.makes("allergy_intolerance")
    doctor.writes(penicillin, "substance", display="Penicillin")
    meet(doctor, desk)
    doctor.deletes(penicillin)
    desk.deletes(penicillin)
    meet(doctor, desk)
    assert not doctor.sees(penicillin)
    assert desk.is_asked(penicillin) == []


def test_tidying_what_is_deleted_does_not_bring_it_back() -> None:
    """A program that writes into deleted entries deletes them again in the same save."""
    doctor, desk = Room("doctor"), Room("desk")
    penicillin = doctor.makes("allergy_intolerance")
    doctor.deletes(penicillin)
    meet(doctor, desk)
    tidied = {
        penicillin.cell("substance"): penicillin.value("substance"),
        penicillin.cell("existence"): penicillin.value("existence", is_deleted=1),
    }
    desk.pc.save(tidied)
    meet(doctor, desk)
    assert not doctor.sees(penicillin)
    assert doctor.is_asked(penicillin) == []


def test_severe_here_and_mild_there_are_both_there_to_be_checked() -> None:
    """Decision support checks every version, so the milder one never hides the other."""
    doctor, ward = Room("doctor", TODAY - TEN_YEARS), Room("ward")
    nuts = doctor.makes("allergy_intolerance")
    meet(doctor, ward)
    doctor.writes(nuts, "substance", display="Nuts", severity="severe")
    ward.writes(nuts, "substance", display="Nuts", severity="mild")
    meet(doctor, ward)
    assert ward.reads(nuts, "substance", "severity") == ["mild", "severe"]
    assert ward.is_asked(nuts) == ["safety: value of substance"]


def test_a_note_written_on_two_pcs_keeps_both_texts() -> None:
    morning, evening = Room("morning"), Room("evening")
    note = morning.makes("note")
    meet(morning, evening)
    morning.writes(note, "text", subjective="Cough for three days.")
    evening.writes(note, "text", subjective="Cough. Fever since noon.")
    meet(morning, evening)
    assert morning.is_asked(note) == evening.is_asked(note) == ["clinical: value of text"]
    evening.writes(note, "text", subjective="Cough for three days, fever since noon.")
    meet(morning, evening)
    assert morning.reads(note, "text", "subjective") == ["Cough for three days, fever since noon."]
    assert morning.is_asked(note) == []


def test_a_form_that_stayed_open_does_not_write_over_what_came_meanwhile() -> None:
    morning, evening = Room("morning"), Room("evening")
    note = morning.makes("note")
    meet(morning, evening)
    evening.opens(note, "text")
    morning.writes(note, "text", plan="Chest X-ray")
    meet(morning, evening)  # it arrives while the form is open, and is not on its screen
    evening.writes(note, "text", plan="Paracetamol")
    meet(morning, evening)
    assert morning.reads(note, "text", "plan") == ["Chest X-ray", "Paracetamol"]
    assert evening.is_asked(note) == ["clinical: value of text"]


def test_a_note_signed_here_while_its_text_is_changed_there_is_asked_about() -> None:
    """Whoever signs writes the text with the signature, so it cannot change under it."""
    doctor, ward = Room("doctor"), Room("ward")
    note = doctor.makes("note")
    doctor.writes(note, "text", plan="Discharge")
    meet(doctor, ward)
    signed = {
        note.cell("text"): note.value("text", plan="Discharge"),
        note.cell("signature"): note.value("signature", status="signed"),
    }
    doctor.pc.save(signed)
    ward.writes(note, "text", plan="Discharge tomorrow")
    meet(doctor, ward)
    assert ward.is_asked(note) == ["clinical: value of text"]
    assert ward.reads(note, "text", "plan") == ["Discharge", "Discharge tomorrow"]


def test_name_here_and_address_there_do_not_disturb_each_other() -> None:
    desk, doctor = Room("desk"), Room("doctor")
    patient = desk.makes("patient")
    desk.writes(patient, "name", family="Petrova")
    meet(desk, doctor)
    desk.writes(patient, "address", city="Kazan")
    doctor.writes(patient, "name", family="Petrova-Orlova")
    meet(desk, doctor)
    for room in (desk, doctor):
        assert room.is_asked(patient) == []
        assert room.shows(patient, "name", "family") == "Petrova-Orlova"
        assert room.shows(patient, "address", "city") == "Kazan"


def test_two_dates_of_birth_are_a_question_and_two_addresses_are_not() -> None:
    desk, doctor = Room("desk"), Room("doctor")
    patient = desk.makes("patient")
    meet(desk, doctor)
    desk.writes(patient, "birth", birth_date="1980-02-01")
    doctor.writes(patient, "birth", birth_date="1980-01-02")
    doctor.pc.wall += 60_000
    desk.writes(patient, "address", city="Kazan")
    doctor.writes(patient, "address", city="Samara")
    meet(desk, doctor)
    assert desk.is_asked(patient) == doctor.is_asked(patient) == ["clinical: value of birth"]
    assert desk.shows(patient, "address", "city") == "Samara"  # the later one
    assert desk.reads(patient, "address", "city") == ["Kazan", "Samara"]  # the other is kept


def test_no_known_allergies_here_and_an_allergy_there_are_both_in_the_chart() -> None:
    desk, doctor = Room("desk"), Room("doctor")
    patient = desk.makes("patient")
    meet(desk, doctor)
    desk.writes(patient, "allergies", allergy_status="none-known")
    doctor.writes(patient, "allergies", allergy_status="present")
    meet(desk, doctor)
    assert desk.is_asked(patient) == ["safety: value of allergies"]


def test_one_appointment_moved_to_two_times_is_for_the_front_desk() -> None:
    desk, doctor = Room("desk"), Room("doctor")
    visit = desk.makes("appointment")
    meet(desk, doctor)
    desk.writes(visit, "slot", start_at=10, end_at=11)
    doctor.writes(visit, "slot", start_at=15, end_at=16)
    meet(desk, doctor)
    assert desk.is_asked(visit) == ["admin: value of slot"]


def test_an_appointment_moved_here_and_arrived_there_is_both() -> None:
    desk, doctor = Room("desk"), Room("doctor")
    visit = desk.makes("appointment")
    meet(desk, doctor)
    desk.writes(visit, "slot", start_at=10, end_at=11)
    doctor.writes(visit, "status", status="arrived")
    meet(desk, doctor)
    assert desk.is_asked(visit) == []
    assert (desk.shows(visit, "slot", "start_at"), desk.shows(visit, "status", "status")) == (
        10,
        "arrived",
    )


def test_a_clock_ten_years_ahead_replaces_nothing_that_nobody_saw() -> None:
    doctor, wrong = Room("doctor"), Room("wrong clock", TODAY + TEN_YEARS)
    problem = doctor.makes("condition")
    meet(doctor, wrong)
    wrong.writes(problem, "code", display="Angina")
    doctor.writes(problem, "code", display="Heartburn")
    meet(doctor, wrong)
    assert doctor.reads(problem, "code", "display") == ["Angina", "Heartburn"]
    assert doctor.is_asked(problem) == ["safety: value of code"]


def test_a_clock_ten_years_behind_can_still_correct_what_it_shows() -> None:
    doctor, wrong = Room("doctor"), Room("wrong clock", TODAY - TEN_YEARS)
    problem = doctor.makes("condition")
    doctor.writes(problem, "code", display="Angina")
    meet(doctor, wrong)
    wrong.writes(problem, "code", display="Heartburn")
    meet(doctor, wrong)
    assert doctor.reads(problem, "code", "display") == ["Heartburn"]
    assert doctor.is_asked(problem) == []


def test_two_who_decide_differently_leave_one_smaller_question() -> None:
    rooms = [Room(name) for name in ("one", "two", "three")]
    one, two, three = rooms
    digoxin = one.makes("medication_request")
    meet(*rooms)
    for room, dose in zip(rooms, ("62.5", "125", "250"), strict=True):
        room.writes(digoxin, "dose", dose_value=dose, dose_unit="µg")
    meet(*rooms)
    one.writes(digoxin, "dose", dose_value="125", dose_unit="µg")
    two.writes(digoxin, "dose", dose_value="62.5", dose_unit="µg")
    meet(*rooms)
    assert three.reads(digoxin, "dose", "dose_value") == ["125", "62.5"]
    three.writes(digoxin, "dose", dose_value="125", dose_unit="µg")
    meet(*rooms)
    assert [room.is_asked(digoxin) for room in rooms] == [[], [], []]


def test_news_by_way_of_a_third_pc_wait_for_what_they_build_on() -> None:
    """The ward answers to the doctor's order; the desk gets the answer first."""
    doctor, ward, desk = Room("doctor"), Room("ward"), Room("desk")
    order = doctor.makes("medication_request")
    ward.pc.receive(doctor.pc.log)
    ward.writes(order, "status", status="completed")
    desk.pc.receive(ward.pc.log[-1:])
    assert desk.pc.log == []
    assert len(desk.pc.waiting) == 1
    desk.pc.receive(doctor.pc.log)
    assert desk.shows(order, "status", "status") == "completed"
    assert not desk.pc.waiting


def test_two_receipts_taken_on_two_pcs_are_two_receipts() -> None:
    desk, doctor = Room("desk"), Room("doctor")
    here, there = desk.makes("payment"), doctor.makes("payment")
    meet(desk, doctor)
    assert desk.sees(here)
    assert desk.sees(there)
    assert desk.is_asked(here) == desk.is_asked(there) == []


def test_joining_two_charts_does_not_stop_who_writes_in_one_of_them() -> None:
    desk, doctor = Room("desk"), Room("doctor")
    patient = desk.makes("patient")
    meet(desk, doctor)
    desk.writes(patient, "merge", merged_into=b"other chart")
    doctor.writes(patient, "note", note="prefers mornings")
    meet(desk, doctor)
    assert doctor.shows(patient, "merge", "merged_into") == b"other chart"
    assert desk.shows(patient, "note", "note") == "prefers mornings"
    assert desk.is_asked(patient) == []


def test_what_only_a_newer_program_knows_keeps_an_entry_and_survives_the_older_one() -> None:
    new, old = Room("new"), Room("old")
    allergy = BY_NAME["allergy_intolerance"].number
    old.pc.policies = {
        **POLICIES,
        allergy: {g: policy for g, policy in POLICIES[allergy].items() if g in {EXISTENCE, 1}},
    }
    latex = new.makes("allergy_intolerance")
    meet(new, old)
    new.writes(latex, "status", clinical_status="active")
    old.deletes(latex)
    old.writes(latex, "substance", display="Latex")
    meet(new, old)
    assert old.sees(latex)
    assert new.sees(latex)
    old.pc.policies = POLICIES  # the update
    assert old.reads(latex, "status", "clinical_status") == ["active"]
    assert old.is_asked(latex) == new.is_asked(latex)
