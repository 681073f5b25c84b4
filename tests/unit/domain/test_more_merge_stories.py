"""More of what several PCs of a practice come to, see ``test_merge_stories``."""

from __future__ import annotations

from tests.support.rooms import TODAY, Room, meet


def test_two_people_type_the_same_correction_and_nobody_is_asked() -> None:
    desk, doctor = Room("desk"), Room("doctor")
    patient = desk.makes("patient")
    desk.writes(patient, "birth", birth_date="1980-05-01")
    meet(desk, doctor)
    desk.writes(patient, "birth", birth_date="1980-05-10")
    doctor.writes(patient, "birth", birth_date="1980-05-10")
    meet(desk, doctor)
    assert desk.is_asked(patient) == doctor.is_asked(patient) == []


def test_a_diagnosis_that_two_doctors_name_differently_is_asked_at_once() -> None:
    doctor, ward = Room("doctor"), Room("ward")
    asthma = doctor.makes("condition")
    doctor.writes(asthma, "code", display="Wheezing")
    meet(doctor, ward)
    doctor.writes(asthma, "code", display="Asthma")
    ward.writes(asthma, "code", display="COPD")
    meet(doctor, ward)
    assert doctor.is_asked(asthma) == ["safety: value of code"]
    assert ward.reads(asthma, "code", "display") == ["Asthma", "COPD"]


def test_a_problem_resolved_here_and_commented_there_is_resolved_with_the_comment() -> None:
    doctor, nurse = Room("doctor"), Room("nurse")
    anaemia = doctor.makes("condition")
    meet(doctor, nurse)
    doctor.writes(anaemia, "status", clinical_status="resolved")
    nurse.writes(anaemia, "details", note="Iron until March")
    meet(doctor, nurse)
    for room in (doctor, nurse):
        assert room.is_asked(anaemia) == []
        assert room.shows(anaemia, "status", "clinical_status") == "resolved"
        assert room.shows(anaemia, "details", "note") == "Iron until March"


def test_two_readings_of_one_blood_test_are_both_there_until_somebody_decides() -> None:
    """Nobody sees a potassium of 4.1 only, while another PC wrote 6.1."""
    laboratory, ward = Room("laboratory"), Room("ward")
    potassium = laboratory.makes("observation")
    meet(laboratory, ward)
    laboratory.writes(potassium, "result", value="6.1", unit="mmol/l")
    ward.writes(potassium, "result", value="4.1", unit="mmol/l")
    meet(laboratory, ward)
    assert ward.reads(potassium, "result", "value") == ["4.1", "6.1"]
    assert laboratory.is_asked(potassium) == ["safety: value of result"]


def test_two_vaccines_given_on_two_pcs_are_two_doses() -> None:
    nurse, doctor = Room("nurse"), Room("doctor")
    here, there = nurse.makes("immunization"), doctor.makes("immunization")
    meet(nurse, doctor)
    for room in (nurse, doctor):
        assert room.sees(here)
        assert room.sees(there)
        assert room.is_asked(here) == room.is_asked(there) == []


def test_a_lot_number_corrected_twice_is_asked() -> None:
    nurse, doctor = Room("nurse"), Room("doctor")
    measles = nurse.makes("immunization")
    meet(nurse, doctor)
    nurse.writes(measles, "dose", display="Measles", lot_number="A-1044")
    doctor.writes(measles, "dose", display="Measles", lot_number="A-1404")
    meet(nurse, doctor)
    assert nurse.is_asked(measles) == ["safety: value of dose"]


def test_an_appointment_cancelled_here_and_moved_there_stays_cancelled_at_the_new_time() -> None:
    """Time and state are told apart; who moved it sees at once that it is cancelled."""
    desk, doctor = Room("desk"), Room("doctor")
    visit = desk.makes("appointment")
    desk.writes(visit, "status", status="booked")
    meet(desk, doctor)
    desk.writes(visit, "status", status="cancelled", cancel_reason="ill")
    doctor.writes(visit, "slot", start_at=TODAY)
    meet(desk, doctor)
    assert doctor.shows(visit, "status", "status") == "cancelled"
    assert desk.is_asked(visit) == []


def test_arrived_here_and_cancelled_there_is_for_the_front_desk() -> None:
    desk, phone = Room("desk"), Room("phone")
    visit = desk.makes("appointment")
    meet(desk, phone)
    desk.writes(visit, "status", status="arrived")
    phone.writes(visit, "status", status="cancelled")
    meet(desk, phone)
    assert desk.is_asked(visit) == phone.is_asked(visit) == ["admin: value of status"]


def test_a_bill_whose_state_two_desks_changed_is_never_passed_over() -> None:
    """Money is corrected by further entries; where two wrote into one all the same, it is asked."""
    desk, cashier = Room("desk"), Room("cashier")
    bill = desk.makes("invoice")
    desk.writes(bill, "status", status="draft")
    meet(desk, cashier)
    desk.writes(bill, "status", status="issued", number="A-1")
    cashier.writes(bill, "status", status="issued", number="B-1")
    meet(desk, cashier)
    assert desk.is_asked(bill) == cashier.is_asked(bill) == ["admin: value of status"]
    assert desk.reads(bill, "status", "number") == ["A-1", "B-1"]


def test_a_decision_that_reaches_a_third_pc_late_closes_its_question_too() -> None:
    doctor, ward, home = Room("doctor"), Room("ward"), Room("home")
    digoxin = doctor.makes("medication_request")
    meet(doctor, ward, home)
    doctor.writes(digoxin, "dose", dose_value="125")
    ward.writes(digoxin, "dose", dose_value="250")
    meet(doctor, ward, home)
    assert home.is_asked(digoxin) == ["safety: value of dose"]
    ward.writes(digoxin, "dose", dose_value="125")
    meet(doctor, ward)
    assert home.is_asked(digoxin) == ["safety: value of dose"]  # it was off the line
    meet(doctor, ward, home)
    assert home.is_asked(digoxin) == []


def test_somebody_who_decides_does_not_overrule_what_he_never_saw() -> None:
    """A third dose, written meanwhile at a PC without a line, is asked about anew."""
    doctor, ward, home = Room("doctor"), Room("ward"), Room("home")
    digoxin = doctor.makes("medication_request")
    meet(doctor, ward, home)
    doctor.writes(digoxin, "dose", dose_value="125")
    ward.writes(digoxin, "dose", dose_value="250")
    home.writes(digoxin, "dose", dose_value="62.5")
    meet(doctor, ward)
    doctor.writes(digoxin, "dose", dose_value="125")
    meet(doctor, ward, home)
    assert ward.reads(digoxin, "dose", "dose_value") == ["125", "62.5"]
    assert doctor.is_asked(digoxin) == ["safety: value of dose"]


def test_two_doctors_sign_two_texts_of_one_note_and_both_signatures_are_kept() -> None:
    doctor, ward = Room("doctor"), Room("ward")
    note = doctor.makes("note")
    meet(doctor, ward)
    for room, plan in ((doctor, "Discharge"), (ward, "Keep one more night")):
        room.pc.save(
            {
                note.cell("text"): note.value("text", plan=plan),
                note.cell("signature"): note.value("signature", status="signed", content_hash=plan),
            }
        )
    meet(doctor, ward)
    assert doctor.reads(note, "text", "plan") == ["Discharge", "Keep one more night"]
    assert ward.is_asked(note) == ["clinical: value of text", "clinical: value of signature"]


def test_an_alert_ended_here_and_reworded_there_is_asked() -> None:
    """Message and state are one thing: an alert nobody meant to end does not end unseen."""
    desk, nurse = Room("desk"), Room("nurse")
    alert = desk.makes("patient_alert")
    meet(desk, nurse)
    desk.writes(alert, "details", message="Needs an interpreter", is_active=0)
    nurse.writes(alert, "details", message="Needs an interpreter for Swahili", is_active=1)
    meet(desk, nurse)
    assert nurse.is_asked(alert) == ["admin: value of details"]


def test_a_chart_deleted_here_while_a_visit_is_written_there_keeps_the_visit() -> None:
    """Rows of a chart are their own: nothing written is hidden with the person's row."""
    desk, doctor = Room("desk"), Room("doctor")
    patient = desk.makes("patient")
    meet(desk, doctor)
    desk.deletes(patient)
    note = doctor.makes("note")
    doctor.writes(note, "text", plan="Rest")
    meet(desk, doctor)
    assert desk.sees(note)
    assert desk.reads(note, "text", "plan") == ["Rest"]
