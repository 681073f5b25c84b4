"""A program of its own that types into every kind of form until it is killed.

``python -m tests.support.form_typist FOLDER PATIENT ENCOUNTER``: says ``SAVED`` once a draft of
each form is in the record. No form is left with Esc, none is sent off.
"""

from __future__ import annotations

import sys
import uuid
from dataclasses import dataclass
from datetime import time, timedelta
from pathlib import Path

from PIL import Image
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from clinic_desktop import clinic
from clinic_desktop.clock import FixedClock
from clinic_desktop.config import DataDir
from clinic_desktop.db.session import ReadSession
from clinic_desktop.services.billing import accounts, invoices
from clinic_desktop.services.billing.accounts import InvoiceView
from clinic_desktop.services.billing.invoices import InvoiceForm, LineForm
from clinic_desktop.services.drafts import load_draft
from clinic_desktop.services.scheduling import bookings, resources
from clinic_desktop.services.scheduling.bookings import BookAppointment
from clinic_desktop.services.scheduling.resources import Bookable
from clinic_desktop.services.scheduling.rows import AppointmentRow
from clinic_desktop.services.unfinished import Unfinished, unfinished
from clinic_desktop.ui.billing.billing_view import BillingView
from clinic_desktop.ui.billing.money_forms import PayForm, RefundForm
from clinic_desktop.ui.booking.booking_view import BookingView
from clinic_desktop.ui.booking.walk_in_view import WalkInView
from clinic_desktop.ui.calendar.waitlist_form import WaitlistForm
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.patients.edit_view import EditView
from clinic_desktop.ui.patients.register_view import RegisterView
from clinic_desktop.ui.prescribing.letter_forms import ReferralForm, SickNoteForm
from clinic_desktop.ui.prescribing.prescribe_panel import PrescribePanel
from clinic_desktop.ui.scheduling.cancel_form import CancelForm
from clinic_desktop.ui.settings.templates_page import TemplateLine
from clinic_desktop.ui.visits.visit_view import VisitView
from tests.support.records import NOON, PASSWORD, Record
from tests.support.windows import make_context

FORMS = 14


class Typist:
    """The forms of one visit, typed into as soon as the record has been read."""

    def __init__(
        self, context: Context, patient: uuid.UUID, visit: uuid.UUID, desk: Desk, photo: Path
    ) -> None:
        self.context, self.patient, self.visit = context, patient, visit
        self.desk, self.photo = desk, photo
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
            lambda: context.tasks.read(context.tasks, _kept, done=_tell)
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
        walk_in = WalkInView(self.context, to.WalkIn())
        waitlist = WaitlistForm(self.context, self.desk.offered)
        cancel = CancelForm(self.context, self.desk.booked, lambda: None)
        pay = PayForm(self.context, self.desk.invoice)
        refund = RefundForm(self.context, self.desk.invoice)
        template = TemplateLine(self.context, None)
        self.forms.extend((register, booking, referral, sick_note))
        self.forms.extend((walk_in, waitlist, cancel, pay, refund, template))
        for form in self.forms:
            form.show()
        assert isinstance(self.page.panel, PrescribePanel)
        QTest.keyClicks(register.form.first_field(), "Otieno")
        register.form.photo.take_file(str(self.photo))
        QTest.keyClicks(walk_in.reason, "Headache")
        QTest.keyClicks(waitlist.note, "After work only")
        QTest.keyClicks(cancel.reason.edit, "Moved away")
        pay.amount.edit.selectAll()
        QTest.keyClicks(pay.amount.edit, "120")
        QTest.keyClicks(refund.reason, "Overcharged")
        QTest.keyClicks(template.name, "Cough")
        QTest.keyClicks(booking.slot.line, "tue 10:30 fu")
        QTest.keyClicks(referral.body, "Chest pain on effort")
        QTest.keyClicks(sick_note.restrictions, "No lifting")
        QTest.keyClicks(self.editor.form.first_field(), "x")
        QTest.keyClicks(self.page.note.edits["plan"], "Rest")
        QTest.keyClicks(self.page.panel.editor.directions, "1 tab tid 3d")
        QTest.keyClicks(self.billing.checkout.tendered.edit, "2000")


def _tell(rows: tuple[tuple[Unfinished, ...], bool]) -> None:
    if len(rows[0]) == FORMS and rows[1]:
        sys.stdout.write("SAVED\n")
        sys.stdout.flush()


def _kept(reads: ReadSession) -> tuple[tuple[Unfinished, ...], bool]:
    """The drafts, and whether the one of the new patient holds the photo already."""
    draft = load_draft(reads, "patient", "")
    return unfinished(reads), draft is not None and bool(draft.body.get("photo"))


@dataclass
class Desk:
    """What the forms of the front desk are about."""

    offered: Bookable
    booked: AppointmentRow
    invoice: InvoiceView


def _desk(opened: clinic.Clinic, patient: uuid.UUID) -> Desk:
    """An appointment and an unpaid invoice."""
    store, actor = opened.store, opened.actor
    tomorrow = store.read(actor, lambda reads: reads.today).result() + timedelta(days=1)
    wish = BookAppointment(tomorrow, time(9), patient_id=patient)
    change = store.write(actor, bookings.book, wish).result()
    form = InvoiceForm(patient, (LineForm("Consultation", 150_000),))
    issued = store.write(actor, invoices.issue, form).result()
    view = store.read(actor, accounts.invoice, issued.id).result()
    assert view is not None
    booked = store.read(actor, bookings.appointment, change.appointment_id).result()
    return Desk(store.read(actor, resources.bookable).result(), booked, view)


def main() -> None:
    """Open the forms, type, and wait to be killed."""
    app = QApplication([])
    opened = clinic.open_clinic(DataDir(Path(sys.argv[1])), "amina", PASSWORD)
    context = make_context(
        Record(
            opened.store, FixedClock(NOON), opened.actor, opened.keys.key, opened.data_dir.database
        )
    )
    patient, visit = map(uuid.UUID, sys.argv[2:4])
    photo = Path(sys.argv[1]) / "face.png"
    Image.new("RGB", (40, 40), "red").save(photo)
    typist = Typist(context, patient, visit, _desk(opened, patient), photo)
    app.exec()
    del typist


if __name__ == "__main__":
    main()
