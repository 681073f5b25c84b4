"""Appointments and bills about which something is asked bear a mark that leads to the question."""

from __future__ import annotations

import uuid
from datetime import time

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from clinic_desktop.services import allergies, documents, encounters
from clinic_desktop.services.allergies import RecordAllergy
from clinic_desktop.services.billing import invoices, payments
from clinic_desktop.services.billing.invoices import InvoiceForm, LineForm
from clinic_desktop.services.conflicts import deciding, listing
from clinic_desktop.services.conflicts.deciding import Resolve
from clinic_desktop.services.documents import AddDocument
from clinic_desktop.services.documents_checks import CheckedFile
from clinic_desktop.services.scheduling import board, bookings
from clinic_desktop.services.scheduling.bookings import BookAppointment
from clinic_desktop.ui.billing.billing_view import BillingView
from clinic_desktop.ui.calendar.calendar_view import CalendarView
from clinic_desktop.ui.calendar.tile import Tile
from clinic_desktop.ui.chart.documents_section import _title
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.scheduling.entry_button import EntryButton
from clinic_desktop.ui.today.today_view import TodayView
from clinic_desktop.ui.visits.visit_view import VisitView
from tests.support.pcs import Pc, meet, new_patient
from tests.support.records import Record
from tests.support.windows import VisitedNavigator


@pytest.fixture
def pcs(two: tuple[Pc, Pc], record: Record) -> tuple[Pc, Pc]:
    """The window stands at the first."""
    assert two[0].store is record.store
    return two


def booked_apart(first: Pc, second: Pc) -> uuid.UUID:
    """An appointment of today of which each PC wrote another reason; returns the question."""
    patient = new_patient(first)
    now = first.clock.now()
    wish = BookAppointment(now.date(), time(16), 30, patient, overlap_reason="closed hours")
    first.write(bookings.book, wish)
    meet(first, second)
    first.sql("UPDATE appointment SET reason = 'Cough'")
    second.sql("UPDATE appointment SET reason = 'Fever'")
    meet(first, second)
    (row,) = first.read(listing.open_items)
    return row.id


def visited(context: Context) -> list[to.Destination]:
    navigator = context.navigator
    assert isinstance(navigator, VisitedNavigator)
    return navigator.visited


def test_the_board_marks_it_and_one_key_leads_there(
    pcs: tuple[Pc, Pc], ui_context: Context, qtbot: QtBot
) -> None:
    question = booked_apart(*pcs)
    view = TodayView(ui_context)
    qtbot.addWidget(view)
    view.resize(1200, 700)
    view.show()
    view.go_to(to.Today())
    qtbot.waitUntil(lambda: view.table.model_.rowCount() == 1)
    row = view.table.model_.row_at(0)
    assert isinstance(row, board.BoardRow)
    assert row.appointment.question_id == question
    QTest.keyClick(view.table, Qt.Key.Key_D)
    assert visited(ui_context) == [to.Conflicts(conflict_id=question)]
    lines = view.attention.findChildren(EntryButton)
    next(line for line in lines if "⚑" in line.accessibleName()).click()
    assert visited(ui_context) == [to.Conflicts(conflict_id=question)] * 2
    # What was decided anywhere leaves the board by itself.
    name = pcs[1].read(listing.item, question).versions[0].name
    pcs[1].write(deciding.resolve, Resolve(question, (name,)))
    pcs[0].pull(pcs[1])

    def is_unmarked() -> bool:
        now = view.table.model_.row_at(0)
        return isinstance(now, board.BoardRow) and now.appointment.question_id is None

    qtbot.waitUntil(is_unmarked)
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)


def test_a_question_about_the_person_marks_the_appointment_too(pcs: tuple[Pc, Pc]) -> None:
    first, second = pcs
    booked_apart(first, second)
    (found,) = first.read(board.today_board).rows
    assert found.appointment.person
    patient = found.appointment.person.patient_id
    first.write(allergies.record_allergy, RecordAllergy(patient, "Nuts"))
    meet(first, second)
    first.sql("UPDATE allergy_intolerance SET display = 'Peanut'")
    second.sql("UPDATE allergy_intolerance SET display = 'Penicillin'")
    meet(first, second)
    (found,) = first.read(board.today_board).rows
    gravest = first.read(listing.open_items)[0]
    assert gravest.severity == "safety"
    assert found.appointment.question_id == gravest.id


def test_the_tile_of_the_calendar_has_a_flag_to_press(
    pcs: tuple[Pc, Pc], ui_context: Context, qtbot: QtBot
) -> None:
    question = booked_apart(*pcs)
    view = CalendarView(ui_context)
    qtbot.addWidget(view)
    view.resize(1200, 700)
    view.show()
    view.go_to(to.Calendar())
    qtbot.waitUntil(lambda: bool(view.findChildren(Tile)))
    (tile,) = view.findChildren(Tile)
    assert "⚑" in tile.accessibleName()
    place = tile.mark_rect().center()
    QTest.mouseClick(tile, Qt.MouseButton.LeftButton, pos=place)
    assert visited(ui_context) == [to.Conflicts(conflict_id=question)]
    QTest.mouseClick(tile, Qt.MouseButton.LeftButton, pos=QPoint(tile.width() // 3, place.y()))
    assert len(visited(ui_context)) == 1
    QTest.keyClick(tile, Qt.Key.Key_D)
    assert visited(ui_context) == [to.Conflicts(conflict_id=question)] * 2
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)


def test_a_bill_paid_twice_says_so(pcs: tuple[Pc, Pc], ui_context: Context, qtbot: QtBot) -> None:
    first, second = pcs
    patient = new_patient(first)
    bill = first.write(invoices.issue, InvoiceForm(patient, (LineForm("Dressing", 500),))).id
    meet(first, second)
    for pc in pcs:
        pc.write(payments.take, payments.TakePayment(bill, 500, "cash"))
    meet(first, second)
    (row,) = first.read(listing.open_items)
    view = BillingView(ui_context)
    qtbot.addWidget(view)
    view.resize(1200, 700)
    view.show()
    view.go_to(to.Billing(invoice_id=bill))
    qtbot.waitUntil(view.document.isVisible)
    notice = view.document.asked
    assert notice.isVisible()
    view.document.decide()
    assert visited(ui_context) == [to.Conflicts(conflict_id=row.id)]
    first.write(deciding.resolve, Resolve(row.id, ()))
    qtbot.waitUntil(lambda: not notice.isVisible())
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)


def test_the_head_of_a_visit_says_both_reasons(
    pcs: tuple[Pc, Pc], ui_context: Context, qtbot: QtBot
) -> None:
    first, second = pcs
    patient = new_patient(first)
    visit = first.write(encounters.start_visit, patient_id=patient).encounter_id
    meet(first, second)
    first.sql("UPDATE encounter SET reason = 'Cough'")
    second.sql("UPDATE encounter SET reason = 'Chest pain'")
    meet(first, second)
    view = VisitView(ui_context)
    qtbot.addWidget(view)
    view.resize(1200, 800)
    view.show()
    view.go_to(to.Visit(patient, visit))
    qtbot.waitUntil(view.sheet.undecided.isVisible)
    told = f"{view.sheet.card.header.title.text()} {view.sheet.undecided.accessibleDescription()}"
    assert "Cough" in told
    assert "Chest pain" in told
    assert "visit differently" in view.sheet.undecided.accessibleName()
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)


def test_the_list_of_files_says_both_titles(
    pcs: tuple[Pc, Pc],
) -> None:
    first, second = pcs
    patient = new_patient(first)
    file = CheckedFile("scan.pdf", "application/pdf", b"%PDF-", "0" * 64, 1)
    first.write(documents.add_document, AddDocument(patient, file, "Letter"))
    meet(first, second)
    first.sql("UPDATE document_reference SET title = 'Discharge letter'")
    second.sql("UPDATE document_reference SET title = 'Referral'")
    meet(first, second)
    (row,) = first.read(documents.documents_of, patient)
    cell = _title(row)
    assert "Discharge letter" in f"{cell.text} {cell.sub}"
    assert "Referral" in f"{cell.text} {cell.sub}"
    assert "not decided" in cell.sub
