"""Both values stand until somebody decides: death, joined charts, visits, letters, files, times."""

from __future__ import annotations

import json
import uuid
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from clinic_desktop.errors import ValidationError
from clinic_desktop.services import chart_visits, documents, encounters, letters, observations
from clinic_desktop.services.billing import invoices, payments
from clinic_desktop.services.billing.invoices import InvoiceForm, LineForm
from clinic_desktop.services.billing.payments import TakePayment
from clinic_desktop.services.conflicts import deciding, listing
from clinic_desktop.services.conflicts.deciding import Resolve
from clinic_desktop.services.documents import AddDocument
from clinic_desktop.services.documents_checks import CheckedFile
from clinic_desktop.services.fhir.exporting import export_folder
from clinic_desktop.services.letters import WriteReferral, WriteSickNote
from clinic_desktop.services.observations import TypedVital
from clinic_desktop.services.papers.making import PaperRequest, make
from clinic_desktop.services.patients.banner import banner
from clinic_desktop.services.scheduling import board, bookings, clashes, grid
from clinic_desktop.services.scheduling.bookings import BookAppointment
from clinic_desktop.ui.core.patient_card import patient_card
from clinic_desktop.ui.scheduling.words import asked_words
from tests.support.pcs import Pc, meet, new_patient
from tests.support.pdf_reading import read_pdf


def apart(two: tuple[Pc, Pc], here: str, there: str) -> None:
    """Each PC writes without knowing of the other; the second is shown."""
    first, second = two
    meet(first, second)
    first.sql(here)
    second.clock.advance(hours=1)
    second.sql(there)
    meet(first, second)


def keep_first(pc: Pc, questions: int = 1) -> None:
    """Somebody decides for what the first PC wrote."""
    rows = pc.read(listing.open_items)
    assert len(rows) == questions
    for row in rows:
        item = pc.read(listing.item, row.id)
        kept = next(each.name for each in item.versions if not each.is_shown)
        pc.write(deciding.resolve, Resolve(row.id, (kept,)))


def marks(pc: Pc, patient: uuid.UUID) -> list[str]:
    return [each.text for each in patient_card(pc.read(banner, patient)).marks]


def paper(pc: Pc, wish: PaperRequest) -> str:
    return " ".join(" ".join(page.text for page in read_pdf(pc.read(make, wish).pdf)).split())


def test_the_banner_has_both_days_of_a_death(two: tuple[Pc, Pc]) -> None:
    first = two[0]
    patient = new_patient(first)
    died = "UPDATE patient SET deceased = 1, deceased_at = {}"
    apart(two, died.format(1_793_000_000_000), died.format(1_794_000_000_000))
    told = [each for each in marks(first, patient) if "Died" in each]
    assert len(told) == 2
    assert "Or: " in told[0]
    keep_first(first)
    assert len([each for each in marks(first, patient) if "Died" in each]) == 1


def test_a_chart_that_two_pcs_joined_to_two_others_says_both(two: tuple[Pc, Pc]) -> None:
    first, second = two
    double, one, other = (new_patient(first, name) for name in ("Double", "One", "Other"))
    join = f"UPDATE patient SET merged_into = X'{{}}' WHERE id = X'{double.hex}'"  # noqa: S608
    apart(two, join.format(one.hex), join.format(other.hex))
    [(number,)] = first.rows("SELECT mrn FROM patient WHERE id = ?", one.bytes)
    assert first.rows("SELECT merged_into FROM patient WHERE id = ?", double.bytes) == [
        (other.bytes,)
    ]
    assert any(str(number) in each for each in marks(second, double))


def test_the_head_of_a_visit_has_both_reasons_and_so_has_its_paper(two: tuple[Pc, Pc]) -> None:
    first = two[0]
    patient = new_patient(first)
    visit = first.write(encounters.start_visit, patient_id=patient).encounter_id
    apart(
        two, "UPDATE encounter SET reason = 'Cough'", "UPDATE encounter SET reason = 'Chest pain'"
    )
    row = first.read(chart_visits.visit, visit)
    assert row.is_disputed
    assert row.reason == "Chest pain"
    assert [reason for _kind, reason in row.others] == ["Cough"]
    words = paper(first, PaperRequest("visit-summary", visit, "en"))
    assert "(not decided) Chest pain" in words
    assert "(not decided) Cough" in words
    keep_first(first)
    row = first.read(chart_visits.visit, visit)
    assert (row.is_disputed, row.reason, row.others) == (False, "Cough", ())
    assert "not decided" not in paper(first, PaperRequest("visit-summary", visit, "en"))


def test_letters_are_printed_with_both_versions(two: tuple[Pc, Pc]) -> None:
    first = two[0]
    patient = new_patient(first)
    wish = WriteReferral(patient, "Heart clinic", "Murmur")
    referral = first.write(letters.write_referral, wish)
    apart(two, "UPDATE referral SET urgency = 'urgent'", "UPDATE referral SET reason = 'Fainting'")
    words = paper(first, PaperRequest("referral", referral, "en"))
    assert "Not decided. Another version says: Urgent · Murmur" in words
    assert "Fainting" in words
    keep_first(first)
    assert "Not decided" not in paper(first, PaperRequest("referral", referral, "en"))


def test_a_sick_note_has_both_ends_and_keeps_a_hidden_diagnosis(two: tuple[Pc, Pc]) -> None:
    first = two[0]
    patient = new_patient(first)
    wish = WriteSickNote(patient, date(2026, 11, 20), date(2026, 11, 25), reason="Influenza")
    note = first.write(letters.write_sick_note, wish)
    apart(two, "UPDATE sick_note SET end_on = '2026-12-04'",
          "UPDATE sick_note SET restrictions = 'No lifting'")  # fmt: skip
    words = paper(first, PaperRequest("sick-note", note, "en"))
    assert "Not decided. Another version says: " in words
    assert "4-Dec-2026" in words.replace("04-Dec", "4-Dec")
    assert "No lifting" in words
    assert "Influenza" not in words


def test_whose_paper_it_is_is_said_in_every_version(two: tuple[Pc, Pc]) -> None:
    first = two[0]
    patient = new_patient(first)
    wish = WriteReferral(patient, "Heart clinic", "Murmur")
    referral = first.write(letters.write_referral, wish)
    apart(two, "UPDATE patient SET birth_date = '1990-02-01', birth_precision = 'day'",
          "UPDATE patient SET birth_date = '1990-01-02', birth_precision = 'day'")  # fmt: skip
    words = paper(first, PaperRequest("referral", referral, "en"))
    assert "Not decided. Another version says:" in words
    assert words.count("1990") == 2


def test_small_papers_have_both_names_and_a_slip_both_times(two: tuple[Pc, Pc]) -> None:
    first = two[0]
    patient, now = new_patient(first, "Adams"), first.clock.now()
    wish = BookAppointment(now.date(), time(16), 30, patient, overlap_reason="closed hours")
    appointment = first.write(bookings.book, wish).appointment_id
    bill = first.write(invoices.issue, InvoiceForm(patient, (LineForm("Dressing", 500),))).id
    payment = first.write(payments.take, TakePayment(bill, 500, "cash")).id
    apart(two, "UPDATE patient SET family = 'Abrams'", "UPDATE patient SET family = 'Adamson'")
    papers = {"person-label": patient, "appointment-slip": appointment, "receipt": payment}
    for kind, subject in papers.items():
        words = paper(first, PaperRequest(kind, subject, "en")).lower()
        assert all(each in words for each in ("adamson", "abrams", "not decided")), kind
    move = "UPDATE appointment SET start_at = start_at + {0}, end_at = end_at + {0}"
    apart(two, move.format(3_600_000), move.format(2 * 3_600_000))
    words = paper(first, PaperRequest("appointment-slip", appointment, "en"))
    assert all(each in words for each in ("17:00", "18:00")), words
    keep_first(first, questions=2)
    for kind, subject in papers.items():
        assert "decided" not in paper(first, PaperRequest(kind, subject, "en")), kind


def test_a_file_has_both_titles_and_one_withdrawn_stays_until_decided(
    two: tuple[Pc, Pc],
) -> None:
    first = two[0]
    patient = new_patient(first)
    file = CheckedFile("scan.pdf", "application/pdf", b"%PDF-", "0" * 64, 1)
    first.write(documents.add_document, AddDocument(patient, file, "Letter"))
    apart(two, "UPDATE document_reference SET title = 'Discharge letter'",
          "UPDATE document_reference SET status = 'entered-in-error'")  # fmt: skip
    (row,) = first.read(documents.documents_of, patient)
    assert [each.title for each in row.others] == ["Discharge letter"]
    keep_first(first)
    (row,) = first.read(documents.documents_of, patient)
    assert (row.title, row.others) == ("Discharge letter", ())


def test_an_appointment_that_one_pc_cancelled_stays_in_sight(two: tuple[Pc, Pc]) -> None:
    first = two[0]
    patient = new_patient(first)
    now = first.clock.now()
    wish = BookAppointment(now.date(), time(16), 30, patient, overlap_reason="closed hours")
    first.write(bookings.book, wish)
    apart(two, "UPDATE appointment SET status = 'confirmed'",
          "UPDATE appointment SET status = 'cancelled', cancel_reason = 'Ill'")  # fmt: skip
    for pc in two:
        (row,) = pc.read(board.today_board).rows
        assert row.appointment.status == "cancelled"
        assert "Confirmed" in asked_words(row.appointment)
        tiles = [t for c in pc.read(grid.day_grid, now.date()).columns for t in c.tiles]
        assert len(tiles) == 1
    slot = clashes.Slot(row.appointment.start_at, row.appointment.end_at, patient_id=patient)
    assert len(first.read(clashes.check_slot, slot).overlaps) == 1
    keep_first(first)
    (row,) = first.read(board.today_board).rows
    assert (row.appointment.status, asked_words(row.appointment)) == ("confirmed", "")


def test_a_time_that_is_not_decided_is_said_and_booked_over_by_nobody_unseen(
    two: tuple[Pc, Pc],
) -> None:
    first = two[0]
    patient = new_patient(first)
    now = first.clock.now()
    wish = BookAppointment(now.date(), time(16), 30, patient, overlap_reason="closed hours")
    first.write(bookings.book, wish)
    hour = 3_600_000
    move = "UPDATE appointment SET start_at = start_at + {0}, end_at = end_at + {0}"
    apart(two, move.format(hour), move.format(2 * hour))
    (row,) = first.read(board.today_board).rows
    (other,) = row.appointment.others
    assert other.start_at is not None
    assert "Or:" in asked_words(row.appointment)
    slot = clashes.Slot(other.start_at, other.end_at or other.start_at, patient_id=patient)
    assert [each.id for each in first.read(clashes.check_slot, slot).overlaps] == [
        row.appointment.id
    ]


def test_an_export_has_every_version(two: tuple[Pc, Pc], tmp_path: Path) -> None:
    first = two[0]
    patient = new_patient(first)
    apart(two, "UPDATE patient SET family = 'Ada'", "UPDATE patient SET family = 'Bea'")
    found = exported(first, tmp_path / "before")
    assert found["name"][0]["family"] == "Bea"
    assert found["meta"]["tag"][0]["code"] == "undecided"
    told = {each["url"]: each for each in found["extension"][0]["extension"]}
    assert told["family"]["valueString"] == "Ada"
    assert "absent" in json.dumps(told["middle"])
    keep_first(first)
    found = exported(first, tmp_path / "after")
    assert found["id"] == str(patient)
    assert found["name"][0]["family"] == "Ada"
    assert "extension" not in found


def exported(pc: Pc, out: Path) -> dict[str, Any]:
    export_folder(pc.store, pc.actor, out)
    (line,) = (out / "Patient.ndjson").read_text("utf-8").splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


def test_vital_signs_are_judged_by_every_birth_date(two: tuple[Pc, Pc]) -> None:
    first = two[0]
    patient = new_patient(first)
    born = "UPDATE patient SET birth_date = '{}', birth_precision = 'day'"
    visit = first.write(encounters.start_visit, patient_id=patient).encounter_id
    first.sql(born.format("1985-05-05"))
    fast = TypedVital("pulse", "140")
    with pytest.raises(ValidationError) as asked:
        first.write(observations.record_vitals, visit, [fast])
    apart(two, born.format("1986-05-05"), born.format("2026-11-01"))
    assert first.read(banner, patient).row.birth is not None
    context = first.read(observations.vitals_context, visit)
    assert len(context.ages) == 2
    with pytest.raises(ValidationError) as caught:
        first.write(observations.record_vitals, visit, [fast])
    assert caught.value.message == asked.value.message
    (row,) = first.read(listing.open_items)
    item = first.read(listing.item, row.id)
    kept = next(each.name for each in item.versions if each.is_shown)
    first.write(deciding.resolve, Resolve(row.id, (kept,)))
    first.write(observations.record_vitals, visit, [fast])  # usual for a baby
