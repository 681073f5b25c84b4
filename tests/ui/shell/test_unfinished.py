"""After a power cut: signing in says what was not finished, and each text is a key press away."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from clinic_desktop import clinic
from clinic_desktop.app import Session
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.i18n import ENGLISH
from clinic_desktop.services import encounters
from clinic_desktop.ui.billing.billing_view import BillingView
from clinic_desktop.ui.core.speech import speak
from clinic_desktop.ui.patients.register_view import RegisterView
from clinic_desktop.ui.today.today_view import TodayView
from clinic_desktop.ui.visits.visit_view import VisitView
from clinic_desktop.ui.widgets.toast import Toast
from tests.support.charts import put_chart
from tests.support.records import CHEAP, NOON, PASSWORD
from tests.support.typing_keys import Keyboard


@dataclass
class Killed:
    """A clinic whose program was killed while every kind of form was open."""

    folder: DataDir
    patient: uuid.UUID
    visit: uuid.UUID


@pytest.fixture
def killed(clinic_dir: DataDir, repository: Path) -> Killed:
    opened = clinic.open_clinic(clinic_dir, "amina", PASSWORD, FixedClock(NOON, seed=5000))
    patient = opened.store.write(opened.actor, put_chart, 1).result()
    begun = opened.store.write(opened.actor, encounters.start_visit, patient_id=patient).result()
    opened.close()
    place = [str(clinic_dir.root), str(patient), str(begun.encounter_id)]
    program = [sys.executable, "-m", "tests.support.form_typist", *place]
    with subprocess.Popen(program, cwd=repository, stdout=subprocess.PIPE, text=True) as typist:
        assert typist.stdout is not None
        said = typist.stdout.readline().strip()
        typist.kill()  # SIGKILL: nothing can be saved any more
    assert said == "SAVED"
    return Killed(clinic_dir, patient, begun.encounter_id)


@pytest.fixture
def session(killed: Killed, qtbot: QtBot) -> Iterator[Session]:
    """The program started again, and the same person signed in."""
    found = Session(killed.folder, "amina", FixedClock(NOON, seed=9000), CHEAP)
    found.start()
    qtbot.waitExposed(found.window)
    found.window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not None)
    Keyboard().type(PASSWORD)
    with qtbot.waitSignal(found.desk_shown):
        Keyboard().press(Qt.Key.Key_Return)
    settle(found, qtbot)
    yield found
    settle(found, qtbot)
    found.close()
    found.window.close()
    delete(found.window)
    delete(found)
    speak(ENGLISH)


def settle(session: Session, qtbot: QtBot) -> None:
    context = session.context
    assert context is not None
    qtbot.waitUntil(lambda: context.tasks.is_idle)


def shown(session: Session) -> QWidget:
    assert session.desk is not None
    assert session.desk.shown is not None
    return session.desk.shown


def board(session: Session) -> TodayView:
    found = shown(session)
    assert isinstance(found, TodayView)
    return found


def drawer_texts(session: Session) -> set[str]:
    fields = session.window.findChildren(QLineEdit)
    return {field.text() for field in fields if field.isVisible()}


def open_line(session: Session, qtbot: QtBot, kind: str) -> None:
    """Go to an unfinished text by keys alone."""
    keys = Keyboard()
    keys.press(Qt.Key.Key_1, Qt.KeyboardModifier.ControlModifier)
    settle(session, qtbot)
    keys.press(Qt.Key.Key_U, Qt.KeyboardModifier.ControlModifier)
    card = board(session).unfinished
    qtbot.waitUntil(lambda: QApplication.focusWidget() in card.lines)
    lines = card.lines
    place = next(at for at, line in enumerate(lines) if kind in line.accessibleName())
    keys.press(Qt.Key.Key_Tab, times=place)
    assert QApplication.focusWidget() is lines[place]
    keys.press(Qt.Key.Key_Space)
    settle(session, qtbot)


def see_photo(session: Session) -> None:
    """The photo chosen for a new patient is there again, and would be kept."""
    (form,) = session.window.findChildren(RegisterView)
    assert form.form.photo.photo is not None
    assert form._new().photo == form.form.photo.photo


def see_payment(session: Session, qtbot: QtBot) -> None:
    """The sum typed is there again and nothing was paid by it; Esc gives it up."""
    open_line(session, qtbot, "Take payment")
    assert session.context is not None
    host, bill = session.context.host, shown(session)
    assert isinstance(bill, BillingView)
    qtbot.waitUntil(lambda: bill.document.invoice_id is not None)
    for text in ("120", "1,500.00"):
        bill.document._pay()
        settle(session, qtbot)
        assert text in drawer_texts(session)
        Keyboard().press(Qt.Key.Key_Escape)
        qtbot.waitUntil(lambda: not host.has_drawer)
        settle(session, qtbot)


def test_every_form_outlives_a_kill_and_is_offered_at_sign_in(
    session: Session, qtbot: QtBot
) -> None:
    keys, context = Keyboard(), session.context
    assert context is not None
    said = [toast.label.text() for toast in session.window.findChildren(Toast)]
    assert said == ["14 texts are not finished."]
    names = [line.accessibleName() for line in board(session).unfinished.lines]
    assert len(names) == 14
    kinds = {"Note", "Prescription", "Referral", "Sick note", "Invoice", "Patient details"}
    assert all(any(kind in name for name in names) for kind in kinds | {"New patient"})

    for kind, text in (
        ("New patient", "Otieno"),
        ("Appointment", "tue 10:30 fu"),
        ("Sick note", "No lifting"),
        ("Walk-in", "Headache"),
    ):
        open_line(session, qtbot, kind)
        qtbot.waitUntil(lambda text=text: text in drawer_texts(session))  # type: ignore[misc]
        if kind == "New patient":
            see_photo(session)
        keys.press(Qt.Key.Key_Escape)
        qtbot.waitUntil(lambda: not context.host.has_drawer)
    see_payment(session, qtbot)
    open_line(session, qtbot, "Invoice")
    bill = shown(session)
    assert isinstance(bill, BillingView)
    qtbot.waitUntil(lambda: bill.checkout.tendered.text() == "2000")
    open_line(session, qtbot, "Note")
    page = shown(session)
    assert isinstance(page, VisitView)
    qtbot.waitUntil(lambda: page.note.text().plan == "Rest")
    qtbot.waitUntil(lambda: "1 tab tid 3d" in drawer_texts(session))
