"""Rows of two PCs that do not go together: a kind of question for each."""

from __future__ import annotations

import uuid
from datetime import date, time

from clinic_desktop.db.salvage import from_log
from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.models.practice import Practitioner
from clinic_desktop.services.billing import invoices, payments
from clinic_desktop.services.billing.invoices import InvoiceForm, LineForm
from clinic_desktop.services.conflicts import deciding, listing
from clinic_desktop.services.conflicts.deciding import Resolve
from clinic_desktop.services.conflicts.listing import ConflictItem
from clinic_desktop.services.papers import archive
from clinic_desktop.services.papers.making import PaperRequest, make
from clinic_desktop.services.patients import merging
from clinic_desktop.services.prescribing import prescriptions
from clinic_desktop.services.prescribing.lines import LineForm as Medicine
from clinic_desktop.services.prescribing.prescriptions import Prescribe
from clinic_desktop.services.scheduling import bookings
from clinic_desktop.services.scheduling.bookings import BookAppointment, PlaceAppointment
from tests.support.pcs import Pc, meet, new_patient, same

DAY = date(2026, 11, 23)


def asked(pc: Pc) -> list[ConflictItem]:
    rows = pc.read(listing.open_items)
    return [pc.read(listing.item, row.id) for row in rows]


def only(pc: Pc, kind: str) -> ConflictItem:
    (item,) = asked(pc)
    assert item.row.kind == kind
    return item


def doctor(pc: Pc) -> uuid.UUID:
    row = Practitioner(name="Dr Otieno")
    pc.write(lambda uow: uow.add(row))
    return row.id


def book(pc: Pc, who: uuid.UUID, patient: uuid.UUID, at: time) -> uuid.UUID:
    wish = BookAppointment(DAY, at, 30, patient, practitioner_id=who, overlap_reason="closed hours")
    return pc.write(bookings.book, wish).appointment_id


def test_one_hour_given_to_two_patients(two: tuple[Pc, Pc]) -> None:
    first, second = two
    who, ann, bo = doctor(first), new_patient(first), new_patient(first, "Kamau")
    meet(first, second)
    early = book(first, who, ann, time(10))
    second.clock.advance(minutes=5)
    late = book(second, who, bo, time(10, 15))
    meet(first, second)
    for pc in two:
        item = only(pc, "overlap")
        assert (item.row.row_id, item.row.other_id) == (late, early)  # who came later moves
        assert (item.row.severity, item.row.patient_id) == ("admin", bo)
        assert [each.values["start_at"] for each in item.versions] == [
            pc.rows("SELECT start_at FROM appointment WHERE id = ?", row.bytes)[0][0]
            for row in (late, early)
        ]
        assert not item.is_chosen
    same(*two)
    # Nothing was cancelled. Whoever moves it has answered.
    second.write(
        bookings.place,
        PlaceAppointment(late, DAY, time(11), 30, who, overlap_reason="closed hours"),
    )
    assert asked(second) == []
    meet(first, second)
    assert asked(first) == []
    same(*two)


def test_that_both_may_stay_can_be_taken_back(two: tuple[Pc, Pc]) -> None:
    first, second = two
    who, ann, bo = doctor(first), new_patient(first), new_patient(first, "Kamau")
    meet(first, second)
    book(first, who, ann, time(10))
    book(second, who, bo, time(10))
    meet(first, second)
    question = only(first, "overlap").row.id
    done = first.write(deciding.resolve, Resolve(question, ()))
    assert asked(first) == []
    assert done.can_undo
    first.write(deciding.undo_resolve, done)
    assert only(first, "overlap").row.id == question
    meet(first, second)
    assert only(second, "overlap").row.id == question
    second.write(deciding.resolve, Resolve(question, ()))  # another answer closes it again
    meet(first, second)
    assert asked(first) == asked(second) == []
    same(*two)


def test_an_answer_that_was_taken_back_comes_late(two: tuple[Pc, Pc]) -> None:
    """Both answered apart; one took the own answer back, the other's stands."""
    first, second = two
    who, ann, bo = doctor(first), new_patient(first), new_patient(first, "Kamau")
    meet(first, second)
    book(first, who, ann, time(10))
    book(second, who, bo, time(10))
    meet(first, second)
    question = only(first, "overlap").row.id
    done = first.write(deciding.resolve, Resolve(question, ()))
    first.write(deciding.undo_resolve, done)
    second.write(deciding.resolve, Resolve(question, ()))
    meet(first, second)
    assert asked(first) == asked(second) == []
    same(*two)


def test_a_record_that_lost_its_questions_finds_them_again(two: tuple[Pc, Pc]) -> None:
    first, second = two
    who, ann, bo = doctor(first), new_patient(first), new_patient(first, "Kamau")
    meet(first, second)
    for at, late in ((time(10), time(10)), (time(12), time(12))):
        book(first, who, ann, at)
        book(second, who, bo, late)
    meet(first, second)
    answered, left = asked(first)
    first.write(deciding.resolve, Resolve(answered.row.id, ()))
    first.write(lambda uow: uow.cursor.execute("DELETE FROM sync_conflict") and None)
    assert asked(first) == []
    first.write(lambda uow: from_log.put_back_versions(uow.cursor) and None)
    assert [each.row.id for each in asked(first)] == [left.row.id]


def test_who_books_over_what_he_sees_is_not_asked(two: tuple[Pc, Pc]) -> None:
    first, second = two
    who, ann, bo = doctor(first), new_patient(first), new_patient(first, "Kamau")
    book(first, who, ann, time(10))
    meet(first, second)
    book(second, who, bo, time(10, 15))
    meet(first, second)
    assert asked(first) == asked(second) == []


def test_both_bookings_may_stay(two: tuple[Pc, Pc]) -> None:
    first, second = two
    who, ann, bo = doctor(first), new_patient(first), new_patient(first, "Kamau")
    meet(first, second)
    book(first, who, ann, time(10))
    book(second, who, bo, time(10))
    meet(first, second)
    first.write(deciding.resolve, Resolve(only(first, "overlap").row.id, ()))
    assert asked(first) == []
    meet(first, second)
    assert asked(second) == []
    # What is answered stays answered when one of them is written again.
    first.sql("UPDATE appointment SET comment = 'double'")
    meet(first, second)
    assert asked(first) == asked(second) == []
    same(*two)


def test_one_person_entered_at_two_pcs(two: tuple[Pc, Pc]) -> None:
    first, second = two
    born = "UPDATE patient SET birth_date = '1980-05-01', birth_precision = 'day' WHERE id = ?"
    ann = new_patient(first)
    first.sql(born, ann.bytes)
    second.clock.advance(minutes=5)
    again = new_patient(second)
    second.sql(born, again.bytes)
    meet(first, second)
    item = only(first, "duplicate_identity")
    assert {item.row.row_id, item.row.other_id} == {ann, again}
    assert item.row.severity == "clinical"
    same(*two)
    first.write(merging.merge, ann, again, reason="entered twice")
    meet(first, second)
    assert asked(first) == asked(second) == []
    same(*two)


def test_two_people_who_bear_one_chart_number_are_asked_about(two: tuple[Pc, Pc]) -> None:
    first, second = two
    ann, bea = new_patient(first), new_patient(second, "Otieno")
    for pc, row in ((first, ann), (second, bea)):
        pc.sql("UPDATE patient SET mrn = 'K7-000001-4' WHERE id = ?", row.bytes)
    meet(first, second)
    item = only(first, "duplicate_identity")
    assert {item.row.row_id, item.row.other_id} == {ann, bea}
    assert {each.values["mrn"] for each in item.versions} == {"K7-000001-4"}
    same(*two)


def test_namesakes_are_two_people_once_somebody_said_so(two: tuple[Pc, Pc]) -> None:
    first, second = two
    number = "INSERT INTO patient_identifier (id, patient_id, system, kind, value, assigner)"
    for pc in two:
        row = new_patient(pc, f"Otieno {two.index(pc)}")

        def give(uow: UnitOfWork, row: uuid.UUID = row) -> None:
            uow.cursor.execute(
                f"{number} VALUES (?, ?, 'ke', 'NI', '2233', '')", (uow.new_id().bytes, row.bytes)
            )

        pc.write(give)
    meet(*two)
    item = only(first, "duplicate_identity")
    second.write(deciding.resolve, Resolve(item.row.id, ()))
    meet(*two)
    assert asked(first) == asked(second) == []


def test_a_bill_that_two_desks_were_paid_for(two: tuple[Pc, Pc]) -> None:
    first, second = two
    patient = new_patient(first)
    bill = first.write(invoices.issue, InvoiceForm(patient, (LineForm("Dressing", 500),))).id
    meet(first, second)
    for pc in two:
        pc.write(payments.take, payments.TakePayment(bill, 500, "cash"))
    meet(first, second)
    item = only(first, "paid_twice")
    assert [each.values["amount_minor"] for each in item.versions] == [500, 500]
    assert item.row.severity == "admin"
    assert len(first.rows("SELECT id FROM payment")) == 2
    same(*two)
    first.write(deciding.resolve, Resolve(item.row.id, ()))
    meet(first, second)
    assert asked(second) == []


def test_two_halves_paid_at_two_desks_are_no_question(two: tuple[Pc, Pc]) -> None:
    first, second = two
    patient = new_patient(first)
    bill = first.write(invoices.issue, InvoiceForm(patient, (LineForm("Dressing", 500),))).id
    meet(first, second)
    for pc in two:
        pc.write(payments.take, payments.TakePayment(bill, 250, "cash"))
    meet(first, second)
    assert asked(first) == asked(second) == []


def test_a_third_payment_asks_about_the_two_before_it_everywhere(
    three: tuple[Pc, Pc, Pc],
) -> None:
    first, second, third = three
    patient = new_patient(first)
    bill = first.write(invoices.issue, InvoiceForm(patient, (LineForm("Dressing", 500),))).id
    for other in (second, third):
        meet(first, other)
    for pc in three:
        pc.write(payments.take, payments.TakePayment(bill, 200, "cash"))
    meet(first, second)  # two of them are no question: 400 of 500
    assert asked(first) == asked(second) == []
    for pair in ((first, third), (second, third), (first, second)):
        meet(*pair)
    questions = [{item.row.id for item in asked(pc)} for pc in three]
    assert len(questions[0]) == 3
    assert questions[0] == questions[1] == questions[2]
    same(*three)


def _print(pc: Pc, prescription: uuid.UUID) -> None:
    made = pc.read(make, PaperRequest("prescription", prescription, "en"))
    pc.write(archive.keep, made, "PDF")


def test_a_prescription_on_paper_whose_dose_changed_elsewhere(two: tuple[Pc, Pc]) -> None:
    first, second = two
    patient = new_patient(first)
    first.write(prescriptions.prescribe, Prescribe(patient, (Medicine("Digoxin", "1 tab 1x/day"),)))
    ((row,),) = first.rows("SELECT id FROM prescription")
    meet(first, second)
    _print(first, uuid.UUID(bytes=row))
    second.sql("UPDATE medication_request SET dose_value = '2', instructions = '2 tablets'")
    meet(first, second)
    for pc in two:
        item = only(pc, "printed")
        assert (item.row.severity, item.row.patient_id) == ("safety", patient)
        assert item.versions[0].values["instructions"] == "2 tablets"
        assert item.versions[1].values["kind"] == "prescription"
    same(*two)
    first.write(deciding.resolve, Resolve(only(first, "printed").row.id, ()))
    meet(first, second)
    assert asked(second) == []
    same(*two)


def test_what_was_printed_after_the_change_is_right(two: tuple[Pc, Pc]) -> None:
    first, second = two
    patient = new_patient(first)
    first.write(prescriptions.prescribe, Prescribe(patient, (Medicine("Digoxin", "1 tab 1x/day"),)))
    ((row,),) = first.rows("SELECT id FROM prescription")
    meet(first, second)
    second.sql("UPDATE medication_request SET dose_value = '2'")
    meet(first, second)
    _print(first, uuid.UUID(bytes=row))
    meet(first, second)
    first.sql("UPDATE medication_request SET dose_value = '3'")
    meet(first, second)
    assert asked(first) == asked(second) == []
