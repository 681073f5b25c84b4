"""Two PCs with open windows and a real server: apart, cut off in the middle, and at one again.

Both edit the same allergy, prescription, appointment and bill while no server answers; it is killed
in the middle of the exchange; what they do not agree on is decided at one and gone at the other.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, time
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from clinic_desktop.errors import ServerError
from clinic_desktop.services import allergies
from clinic_desktop.services.allergies import AmendAllergy, RecordAllergy
from clinic_desktop.services.billing import invoices, payments
from clinic_desktop.services.billing.invoices import InvoiceForm
from clinic_desktop.services.billing.invoices import LineForm as BillLine
from clinic_desktop.services.billing.payments import TakePayment
from clinic_desktop.services.prescribing import prescriptions
from clinic_desktop.services.prescribing.lines import LineForm
from clinic_desktop.services.prescribing.prescriptions import Prescribe
from clinic_desktop.services.scheduling import bookings
from clinic_desktop.services.scheduling.bookings import BookAppointment, PlaceAppointment
from clinic_desktop.sync.passes import Passed
from clinic_desktop.ui.conflicts.conflicts_view import ConflictsView
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.settings.exchange_page import ExchangePage
from clinic_desktop.ui.theme import style
from clinic_desktop.ui.theme.style import Appearance
from clinic_desktop.ui.theme.tokens import Theme
from tests.support import screen_checks
from tests.sync.conftest import Practice, add_patient, practice, rows, server, template
from tests.sync.windows import Seat, seated

__all__ = ["practice", "server", "template"]

TOMORROW = date(2026, 11, 26)
DUE = 50_000
KINDS = {"allergy_intolerance", "medication_request", "appointment", "payment"}


@dataclass(frozen=True)
class Things:
    """What both PCs hold before they are apart."""

    patient: uuid.UUID
    allergy: uuid.UUID
    medicine: uuid.UUID
    appointment: uuid.UUID
    bill: uuid.UUID


def prepare(seat: Seat) -> Things:
    """One person with one of each."""
    add_patient(seat.opened, "Ada")
    write, actor = seat.opened.store.write, seat.opened.actor
    patient = _id(rows(seat.opened, "SELECT id FROM patient")[0][0])
    allergy = write(actor, allergies.record_allergy, RecordAllergy(patient, "Penicillin")).result()
    line = LineForm("Amlodipine", "1 tab od 30d", "5 mg", "tablet")
    write(actor, prescriptions.prescribe, Prescribe(patient, (line,))).result()
    booked = BookAppointment(TOMORROW, time(10), 15, patient)
    write(actor, bookings.book, booked).result()
    bill = InvoiceForm(patient, (BillLine("Consultation", DUE),))
    issued = write(actor, invoices.issue, bill).result()
    medicine = _id(rows(seat.opened, "SELECT id FROM medication_request")[0][0])
    appointment = _id(rows(seat.opened, "SELECT id FROM appointment")[0][0])
    return Things(patient, allergy, medicine, appointment, issued.id)


def _id(raw: object) -> uuid.UUID:
    assert isinstance(raw, bytes)
    return uuid.UUID(bytes=raw)


def edit(seat: Seat, things: Things, hour: int, reason: str, severity: str) -> None:
    """What one of them does while nobody else can be reached."""
    write, actor = seat.opened.store.write, seat.opened.actor

    graver = AmendAllergy(things.allergy, "medication", severity, "")
    write(actor, allergies.amend_allergy, graver).result()
    write(actor, prescriptions.stop_medicine, things.medicine, reason).result()
    place = PlaceAppointment(things.appointment, TOMORROW, time(hour), 15)
    write(actor, bookings.place, place).result()
    write(actor, payments.take, TakePayment(things.bill, DUE)).result()
    seat.exchange.look()
    seat.settle()


def both_exchange(seats: tuple[Seat, Seat], kill: Callable[[], object]) -> list[object]:
    """Both begin at once, and the server dies under them."""
    outcomes: list[object] = []
    for seat in seats:
        seat.exchange.ended.connect(outcomes.append)
        seat.exchange.exchange_now()
    kill()
    seats[0].until(lambda: len(outcomes) == len(seats))
    for seat in seats:
        seat.exchange.ended.disconnect(outcomes.append)
        seat.settle()
    return outcomes


def questions(seat: Seat) -> ConflictsView:
    shown = seat.go(to.Conflicts())
    assert isinstance(shown, ConflictsView)
    seat.settle()
    return shown


def decide_first(seat: Seat, view: ConflictsView, picture: Callable[[str], None]) -> str:
    """By keys: the next question, its first version; a double payment is taken note of."""
    left = view.table.model_.rowCount()
    QTest.keyClick(view.table, Qt.Key.Key_J)
    seat.until(lambda: view.panel is not None)
    assert view.panel is not None
    row = view.panel.item.row
    picture(f"decide-{row.table}")
    told = " ".join(label.text() for label in view.panel.findChildren(QLabel))
    assert "for good" not in told, "each of these can be taken back"
    name = "conflicts.close" if view.panel.item.is_pair else "conflicts.keep.1"
    button = view.panel.findChild(QWidget, name)
    assert button is not None, row
    button.click()  # type: ignore[attr-defined]
    seat.until(lambda: view.table.model_.rowCount() < left)
    seat.settle()
    return row.table


def test_two_pcs_apart_cut_off_and_at_one_again(
    practice: Practice, qtbot: QtBot, qapp: QApplication, tmp_path: Path
) -> None:
    def picture(seat: Seat, name: str) -> None:
        screen_checks.settle()
        seat.session.window.grab().save(str(tmp_path / f"{name}.png"))

    style.apply(qapp, Appearance(Theme.LIGHT, reduced_motion=True))
    with ExitStack() as both:
        front = both.enter_context(seated(practice, "front", qtbot))
        things = prepare(front)
        assert isinstance(front.exchange_now(), Passed)
        back = both.enter_context(seated(practice, "back", qtbot))
        assert isinstance(back.exchange_now(), Passed)
        practice.server.kill()
        edit(front, things, 11, "Cough", "severe")
        practice.clock.advance(minutes=2)
        edit(back, things, 12, "Swollen feet", "mild")
        for seat, name in ((front, "front"), (back, "back")):
            assert isinstance(seat.exchange_now(), ServerError)
            assert seat.exchange.to_send > 0
            page = seat.go(to.Settings("exchange"))
            picture(seat, f"offline-{name}")
            (shown,) = page.findChildren(ExchangePage)
            _this, other = shown.pcs.facts
            assert other.pill is None, "it has just joined: nobody is long silent"
        come_together(practice, front, back)
        at_back = questions(back)
        picture(back, "asked-back")
        front.go(to.Chart(things.patient))
        picture(front, "chart-in-question")
        at_front = questions(front)
        picture(front, "asked-front")
        count = at_front.table.model_.rowCount()
        assert at_back.table.model_.rowCount() == count
        decided = {decide_first(front, at_front, partial(picture, front)) for _ in range(count)}
        assert decided >= KINDS
        picture(front, "decided-front")
        front.exchange_now()
        back.exchange_now()
        back.until(lambda: at_back.table.model_.rowCount() == 0)
        assert at_back.side.currentIndex() == at_front.side.currentIndex() == 2
        picture(back, "gone-back")
        agree(front, back)


def come_together(practice: Practice, front: Seat, back: Seat) -> None:
    """The server is there, dies under both, and is there again."""
    practice.server.start()
    outcomes = both_exchange((front, back), practice.server.kill)
    assert all(isinstance(each, Passed | ServerError) for each in outcomes)
    practice.server.start()
    for seat in (front, back, front, back):
        assert isinstance(seat.exchange_now(), Passed)
        assert seat.exchange.to_send == 0


def agree(front: Seat, back: Seat) -> None:
    """Nothing differs any more, and nothing of either is lost."""
    same = (
        "SELECT severity, (SELECT stop_reason FROM medication_request),"
        " (SELECT start_at FROM appointment) FROM allergy_intolerance"
    )
    assert rows(front.opened, same) == rows(back.opened, same)
    for seat in (front, back):
        assert len(rows(seat.opened, "SELECT id FROM payment")) == 2
        assert rows(seat.opened, "SELECT 1 FROM sync_conflict WHERE state = 'open'") == []
