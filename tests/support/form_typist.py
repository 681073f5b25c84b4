"""A program of its own that types into every kind of form until it is killed.

``python -m tests.support.form_typist FOLDER PATIENT ENCOUNTER``: says ``SAVED`` once a draft of
each form is in the record. No form is left with Esc, none is sent off.
"""

from __future__ import annotations

import sys
import uuid
from pathlib import Path

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from clinic_desktop import clinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.services.unfinished import Unfinished, unfinished
from clinic_desktop.ui.billing.billing_view import BillingView
from clinic_desktop.ui.booking.booking_view import BookingView
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.patients.edit_view import EditView
from clinic_desktop.ui.patients.register_view import RegisterView
from clinic_desktop.ui.prescribing.letter_forms import ReferralForm, SickNoteForm
from clinic_desktop.ui.prescribing.prescribe_panel import PrescribePanel
from clinic_desktop.ui.visits.visit_view import VisitView
from tests.support.records import NOON, PASSWORD, Record
from tests.support.windows import make_context

FORMS = 8


class Typist:
    """The forms of one visit, typed into as soon as the record has been read."""

    def __init__(self, context: Context, patient: uuid.UUID, visit: uuid.UUID) -> None:
        self.context, self.patient, self.visit = context, patient, visit
        self.forms: list[QWidget] = []
        self.ready: set[str] = set()
        self.page = VisitView(context, PrescribePanel)
        self.editor = EditView(context, to.EditPatient(patient))
        self.billing = BillingView(context)
        self.page.vm.opened.connect(lambda _state: self._begin("visit"))
        self.editor.vm.opened.connect(lambda _record: self._begin("details"))
        self.billing.vm.changed.connect(
            lambda state: self._begin("bill") if state.checkout else None
        )
        context.tasks.drafts_changed.connect(
            lambda: context.tasks.read(context.tasks, unfinished, done=_tell)
        )
        self.page.go_to(to.Visit(patient, visit))
        self.billing.go_to(to.Billing(patient, visit))

    def _begin(self, what: str) -> None:
        self.ready.add(what)
        if len(self.ready) == 3 and not self.forms:
            self._type()

    def _type(self) -> None:
        register = RegisterView(self.context, to.RegisterPatient())
        booking = BookingView(self.context, to.BookAppointment())
        referral = ReferralForm(self.context, to.ReferralLetter(self.patient, self.visit))
        sick_note = SickNoteForm(self.context, to.SickNote(self.patient, self.visit))
        self.forms.extend((register, booking, referral, sick_note))
        for form in self.forms:
            form.show()
        assert isinstance(self.page.panel, PrescribePanel)
        QTest.keyClicks(register.form.first_field(), "Otieno")
        QTest.keyClicks(booking.slot.line, "tue 10:30 fu")
        QTest.keyClicks(referral.body, "Chest pain on effort")
        QTest.keyClicks(sick_note.restrictions, "No lifting")
        QTest.keyClicks(self.editor.form.first_field(), "x")
        QTest.keyClicks(self.page.note.edits["plan"], "Rest")
        QTest.keyClicks(self.page.panel.editor.directions, "1 tab tid 3d")
        QTest.keyClicks(self.billing.checkout.tendered.edit, "2000")


def _tell(rows: tuple[Unfinished, ...]) -> None:
    if len(rows) == FORMS:
        sys.stdout.write("SAVED\n")
        sys.stdout.flush()


def main() -> None:
    """Open the forms, type, and wait to be killed."""
    app = QApplication([])
    opened = clinic.open_clinic(DataDir(Path(sys.argv[1])), "amina", PASSWORD)
    context = make_context(
        Record(
            opened.store, FixedClock(NOON), opened.actor, opened.keys.key, opened.data_dir.database
        )
    )
    typist = Typist(context, uuid.UUID(sys.argv[2]), uuid.UUID(sys.argv[3]))
    app.exec()
    del typist


if __name__ == "__main__":
    main()
