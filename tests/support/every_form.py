"""One of each form of the window, on a real record, as a person has it open."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from clinic_desktop.db.session import UnitOfWork
from clinic_desktop.models.confidentiality import CareTeamMember, ChartConfidentiality
from clinic_desktop.services import encounters, patients
from clinic_desktop.services.billing import accounts, catalogue, invoices, payments, refunds
from clinic_desktop.services.billing.accounts import InvoiceView
from clinic_desktop.services.billing.catalogue import ServiceForm
from clinic_desktop.services.billing.invoices import InvoiceForm, LineForm
from clinic_desktop.services.billing.payments import GiveBack, TakePayment
from clinic_desktop.services.confidentiality import emergency
from clinic_desktop.services.confidentiality.emergency import OpenChart
from clinic_desktop.services.conflicts import listing
from clinic_desktop.services.documents_checks import check_file
from clinic_desktop.services.notes import NoteText, save_note
from clinic_desktop.services.patients import Relative, UpdatePatient
from clinic_desktop.services.patients.consent_texts import SaveText, save_text
from clinic_desktop.services.privacy import requests, restriction
from clinic_desktop.services.scheduling import bookings, grid, resources
from clinic_desktop.services.scheduling.rows import AppointmentRow
from clinic_desktop.ui.billing.billing_view import BillingView
from clinic_desktop.ui.billing.checkout_lines import LineRow
from clinic_desktop.ui.billing.checkout_panel import CheckoutPanel
from clinic_desktop.ui.billing.money_forms import CreditForm, PayForm, RefundForm, _MoneyForm
from clinic_desktop.ui.billing.request_form import DeclineForm
from clinic_desktop.ui.booking.booking_view import BookingView
from clinic_desktop.ui.booking.move_view import MoveView
from clinic_desktop.ui.booking.slot_fields import SlotFields
from clinic_desktop.ui.booking.walk_in_view import WalkInView
from clinic_desktop.ui.calendar.calendar_vm import Placing
from clinic_desktop.ui.calendar.overlap_form import OverlapForm
from clinic_desktop.ui.calendar.waitlist_form import WaitlistForm
from clinic_desktop.ui.chart.allergies_form import AllergiesForm
from clinic_desktop.ui.chart.document_form import DocumentForm
from clinic_desktop.ui.chart.emergency_form import EmergencyForm
from clinic_desktop.ui.chart.problems_form import ProblemsForm
from clinic_desktop.ui.conflicts.third_form import ThirdForm
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.first_run.later_steps import PricesStep
from clinic_desktop.ui.patients.demographics_form import DemographicsForm
from clinic_desktop.ui.patients.edit_view import EditView
from clinic_desktop.ui.patients.flags_field import FlagsField
from clinic_desktop.ui.patients.lines_editor import _Line
from clinic_desktop.ui.patients.merge_view import MergeView
from clinic_desktop.ui.patients.register_view import RegisterView
from clinic_desktop.ui.prescribing.letter_forms import ReferralForm, SickNoteForm
from clinic_desktop.ui.prescribing.line_editor import LineEditor
from clinic_desktop.ui.prescribing.prescribe_panel import PrescribePanel
from clinic_desktop.ui.prescribing.safety_notices import SafetyNotices
from clinic_desktop.ui.privacy.decision_form import DecisionForm
from clinic_desktop.ui.privacy.disclosure_form import DisclosureForm
from clinic_desktop.ui.privacy.record_forms import CopyForm, EraseForm
from clinic_desktop.ui.privacy.request_forms import OutcomeForm, RequestForm
from clinic_desktop.ui.privacy.restriction_forms import LiftForm, RestrictForm, UseForm, _ReasonForm
from clinic_desktop.ui.privacy.share_form import ShareForm
from clinic_desktop.ui.scheduling.cancel_form import CancelForm
from clinic_desktop.ui.scheduling.patient_field import PatientField
from clinic_desktop.ui.scheduling.reason_field import ReasonField
from clinic_desktop.ui.settings.consent_texts_page import ConsentTextLine, ConsentTextsPage
from clinic_desktop.ui.settings.emergencies import ReviewForm
from clinic_desktop.ui.settings.exchange_forms import ServerForm
from clinic_desktop.ui.settings.hub_card import LookForm
from clinic_desktop.ui.settings.line_form import LineForm as SettingsLineForm
from clinic_desktop.ui.settings.people_page import NewPersonForm
from clinic_desktop.ui.settings.practice_page import PracticePage
from clinic_desktop.ui.settings.prices_page import ServiceLine, ServicesPage, TaxesPage, TaxLine
from clinic_desktop.ui.settings.printers_page import PrintersPage
from clinic_desktop.ui.settings.schedule_closures import ClosureForm
from clinic_desktop.ui.settings.schedule_hours import HoursPage
from clinic_desktop.ui.settings.schedule_lines import (
    LinesPage,
    PeoplePage,
    PersonForm,
    RoomForm,
    RoomsPage,
    TypeForm,
    TypesPage,
)
from clinic_desktop.ui.settings.templates_page import TemplateLine, TemplatesPage
from clinic_desktop.ui.settings.ways_in import AdmitForm
from clinic_desktop.ui.setup.password_fields import NewPassword
from clinic_desktop.ui.setup.practice_fields import PracticeFields
from clinic_desktop.ui.setup.price_rows import PriceRows
from clinic_desktop.ui.setup.price_rows import _Row as _PriceRow
from clinic_desktop.ui.setup.printer_map import _Row as _PrinterRow
from clinic_desktop.ui.visits.diagnoses import Diagnoses
from clinic_desktop.ui.visits.note_panel import NotePanel
from clinic_desktop.ui.visits.signed_note import SignedNote
from clinic_desktop.ui.visits.templates_form import TemplatesForm
from clinic_desktop.ui.visits.visit_view import VisitView
from clinic_desktop.ui.visits.vitals_row import VitalTile
from tests.db.test_documents import pdf
from tests.support.busy_day import SATURDAY, BusyDay
from tests.support.charts import put_chart
from tests.support.pcs import Pc, meet
from tests.support.records import Record
from tests.support.windows import RecordingHost

T = TypeVar("T")


@dataclass
class Bench:
    """What the forms are about."""

    context: Context
    day: BusyDay
    qtbot: QtBot
    folder: Path
    request: pytest.FixtureRequest

    @property
    def record(self) -> Record:
        """The record."""
        return self.day.record

    @property
    def patient(self) -> uuid.UUID:
        """Somebody."""
        return self.day.people["Singh"]

    @property
    def host(self) -> RecordingHost:
        """What the window was asked for."""
        assert isinstance(self.context.host, RecordingHost)
        return self.context.host

    def idle(self) -> None:
        """Wait until everything is answered."""
        for _turn in range(3):
            self.qtbot.waitUntil(lambda: self.context.tasks.is_idle)

    def shown(self, widget: QWidget) -> QWidget:
        """On the screen, with all that it reads."""
        self.qtbot.addWidget(widget)
        widget.show()
        self.idle()
        return widget

    def visit(self, *, is_signed: bool = False) -> uuid.UUID:
        """A visit of that person."""
        made = self.record.write(encounters.start_visit, patient_id=self.patient).encounter_id
        if is_signed:
            self.record.write(encounters.sign, made)
        return made

    def booked(self) -> AppointmentRow:
        """An appointment."""
        change = self.day.book("Singh", "10:00")
        return self.record.read(bookings.appointment, change.appointment_id)

    def invoice(self) -> InvoiceView:
        """An invoice that is paid."""
        wish = InvoiceForm(self.patient, (LineForm("Consultation", 1000),))
        issued = self.record.write(invoices.issue, wish)
        self.record.write(payments.take, TakePayment(issued.id, 1000))
        found = self.record.read(accounts.invoice, issued.id)
        assert found is not None
        return found

    def relative(self) -> uuid.UUID:
        """A daughter of that person."""
        before = self.record.read(patients.record_of, self.patient).entry
        after = replace(before, relatives=(Relative("Anna", "daughter", ""),))
        self.record.write(patients.update, UpdatePatient(self.patient, before, after))
        return self.record.read(patients.record_of, self.patient).entry.relatives[0].id  # type: ignore[return-value]

    def closed_chart(self) -> uuid.UUID:
        """A chart that only a colleague reads."""
        patient = self.record.write(put_chart)
        colleague = self.record.as_role("doctor")

        def keep(uow: UnitOfWork) -> None:
            member = CareTeamMember(patient_id=patient, user_id=colleague.user_id)
            uow.add(ChartConfidentiality(patient_id=patient), member)

        self.record.write(keep)
        return patient


def _checkout(bench: Bench) -> QWidget:
    service = bench.record.write(catalogue.save_service, ServiceForm("ECG", 1000))
    view = BillingView(bench.context)
    view.go_to(to.Billing(bench.patient, bench.visit()))
    bench.shown(view)
    bench.qtbot.waitUntil(lambda: view.checkout.form is not None)
    row = next(each for each in bench.record.read(catalogue.services) if each.id == service)
    view.checkout._add(row)
    view.checkout.discount.setText("5")
    view.checkout._on_discount("")
    return view.checkout


def _decline(bench: Bench) -> QWidget:
    bill, cashier = bench.invoice(), bench.record.as_role("cashier")
    wish = GiveBack(bill.row.id, 400, "Twice")
    bench.record.store.write(cashier, payments.refund, wish).result()
    (asked,) = bench.record.read(refunds.requests)
    return DeclineForm(bench.context, asked)


def _overlap(bench: Bench) -> QWidget:
    row = bench.booked()
    column = bench.record.read(grid.day_grid, SATURDAY).columns[0]
    wish = Placing(row, column, 660, row.minutes)
    return OverlapForm(bench.context, wish, "Somebody is booked", lambda _reason: None)


def _document(bench: Bench) -> QWidget:
    file = check_file(pdf(1), "letter.pdf")
    return DocumentForm(bench.context, file, bench.patient, lambda: None)


def _third(bench: Bench) -> QWidget:
    first, second = bench.request.getfixturevalue("two")
    assert isinstance(first, Pc)
    visit = first.write(encounters.start_visit, patient_id=bench.patient).encounter_id
    first.write(save_note, visit, NoteText(plan="Rest"))
    meet(first, second)
    first.write(save_note, visit, NoteText(plan="Rest and water"))
    second.clock.advance(minutes=1)
    second.write(save_note, visit, NoteText(plan="Rest and tea"))
    meet(first, second)
    (row,) = bench.record.read(listing.open_items)
    item = bench.record.read(listing.item, row.id)
    return ThirdForm(bench.context, item, lambda _done: None)


def _register(bench: Bench) -> QWidget:
    form = RegisterView(bench.context, to.RegisterPatient())
    form.form.show_more(True)
    for lines in form.form.lines.values():
        lines.add_button.click()
    return form


def _edit(bench: Bench) -> QWidget:
    form = EditView(bench.context, to.EditPatient(bench.patient))
    bench.qtbot.waitUntil(form.form.isEnabled)
    bench.idle()
    for lines in form.form.lines.values():
        lines.add_button.click()
    return form


def _visit(bench: Bench) -> QWidget:
    view = VisitView(bench.context, PrescribePanel)
    view.go_to(to.Visit(bench.patient, bench.visit()))
    return view


def _signed(bench: Bench) -> QWidget:
    view = VisitView(bench.context)
    view.go_to(to.Visit(bench.patient, bench.visit(is_signed=True)))
    bench.shown(view)
    return view.signed_note


def _outcome(bench: Bench) -> QWidget:
    asked = bench.record.write(requests.receive, requests.ReceiveRequest(bench.patient, "access"))
    return OutcomeForm(bench.context, to.CloseRequest(bench.patient, asked))


def _only_stored(kind: type[Any], place: type[Any], bench: Bench) -> QWidget:
    bench.record.write(restriction.restrict, bench.patient, "accuracy", "Says it is wrong")
    return kind(bench.context, place(bench.patient))  # type: ignore[no-any-return]


def _decision(bench: Bench) -> QWidget:
    bench.record.write(save_text, SaveText("data", "Your data", "We keep it.", "en"))
    form = DecisionForm(bench.context, to.DecideConsent(bench.patient))
    bench.shown(form)
    form.kind.set_value("data")
    form.role.set_value("guardian")
    return form


def _erase(bench: Bench) -> QWidget:
    bench.record.clock.advance(days=366 * 11)  # before, the law keeps the chart
    return EraseForm(bench.context, to.EraseRecord(bench.patient))


def _share(bench: Bench) -> QWidget:
    return ShareForm(bench.context, to.ShareParts(bench.patient, bench.relative()))


def _review(bench: Bench) -> QWidget:
    wish = OpenChart(bench.closed_chart(), "emergency", "Found without consciousness")
    bench.record.write(emergency.open_chart, wish)
    (row,) = bench.record.read(emergency.emergencies)
    return ReviewForm(bench.context, row)


def _practice(bench: Bench) -> QWidget:
    page = PracticePage(bench.context)
    page.load()
    return page


def _printers(bench: Bench) -> QWidget:
    page = PrintersPage(bench.context)
    with bench.qtbot.waitSignal(page.map.ready):
        page.load()
    for row in page.map.rows.values():
        if row.printer.findData("ask-thermal") < 0:  # only some papers fit such a printer
            row.address.setEnabled(False)
    return page


def _settings_line(page: type[LinesPage], bench: Bench) -> QWidget:
    made = page(bench.context)  # type: ignore[call-arg]
    bench.shown(made)
    made.open_line(None)
    return bench.host.drawers[-1]


def _of_patient(kind: type[Any], place: type[Any], bench: Bench) -> QWidget:
    return kind(bench.context, place(bench.patient))  # type: ignore[no-any-return]


def _of_visit(kind: type[Any], place: type[Any], bench: Bench) -> QWidget:
    return kind(bench.context, place(bench.patient, bench.visit()))  # type: ignore[no-any-return]


FORMS: dict[str, Callable[[Bench], QWidget]] = {
    "checkout": _checkout,
    "pay": lambda bench: PayForm(bench.context, bench.invoice()),
    "refund": lambda bench: RefundForm(bench.context, bench.invoice()),
    "credit": lambda bench: CreditForm(bench.context, bench.invoice()),
    "decline": _decline,
    "book": lambda bench: BookingView(bench.context, to.BookAppointment()),
    "move": lambda bench: MoveView(bench.context, to.MoveAppointment(bench.booked().id)),
    "overlap": _overlap,
    "cancel": lambda bench: CancelForm(bench.context, bench.booked(), lambda: None),
    "walk-in": lambda bench: WalkInView(bench.context, to.WalkIn()),
    "wait-list": lambda bench: WaitlistForm(bench.context, bench.record.read(resources.bookable)),
    "allergies": partial(_of_patient, AllergiesForm, to.EditAllergies),
    "problems": partial(_of_patient, ProblemsForm, to.EditProblems),
    "document": _document,
    "emergency": lambda bench: EmergencyForm(
        bench.context, to.OpenInEmergency(bench.closed_chart())
    ),
    "third": _third,
    "register": _register,
    "edit": _edit,
    "merge": partial(_of_patient, MergeView, to.MergePatients),
    "referral": partial(_of_visit, ReferralForm, to.ReferralLetter),
    "sick-note": partial(_of_visit, SickNoteForm, to.SickNote),
    "visit": _visit,
    "addendum": _signed,
    "template-of-a-note": lambda bench: TemplatesForm(bench.context, NoteText()),
    "consent": _decision,
    "disclosure": partial(_of_patient, DisclosureForm, to.NoteDisclosure),
    "copy": partial(_of_patient, CopyForm, to.CopyRecord),
    "erase": _erase,
    "request": partial(_of_patient, RequestForm, to.ReceiveRequest),
    "outcome": _outcome,
    "restrict": partial(_of_patient, RestrictForm, to.RestrictUse),
    "lift": partial(_only_stored, LiftForm, to.LiftRestriction),
    "use-anyway": partial(_only_stored, UseForm, to.UseAnyway),
    "share": _share,
    "review": _review,
    "account": lambda bench: NewPersonForm(bench.context),
    "closed-days": lambda bench: ClosureForm(bench.context),
    "hours": lambda bench: HoursPage(bench.context),
    "consent-text": partial(_settings_line, ConsentTextsPage),
    "template": partial(_settings_line, TemplatesPage),
    "service": partial(_settings_line, ServicesPage),
    "tax": partial(_settings_line, TaxesPage),
    "practitioner": partial(_settings_line, PeoplePage),
    "room": partial(_settings_line, RoomsPage),
    "type": partial(_settings_line, TypesPage),
    "practice": _practice,
    "printers": _printers,
    "first-prices": lambda bench: PricesStep(
        bench.context.tasks, bench.context.language, "KES", bench.record.clock
    ),
    "server": lambda bench: ServerForm(bench.context),
    "admit": lambda bench: AdmitForm(bench.context),
    "hub": lambda bench: LookForm(bench.context),
}


SHOWN_BY: dict[str, tuple[type, ...]] = {
    "checkout": (CheckoutPanel, LineRow),
    "pay": (PayForm,),
    "refund": (RefundForm,),
    "credit": (CreditForm, _MoneyForm),
    "decline": (DeclineForm,),
    "book": (BookingView, SlotFields, PatientField, ReasonField),
    "move": (MoveView,),
    "overlap": (OverlapForm,),
    "cancel": (CancelForm,),
    "walk-in": (WalkInView,),
    "wait-list": (WaitlistForm,),
    "allergies": (AllergiesForm,),
    "problems": (ProblemsForm,),
    "document": (DocumentForm,),
    "emergency": (EmergencyForm,),
    "third": (ThirdForm,),
    "register": (RegisterView, DemographicsForm, _Line),
    "edit": (EditView, FlagsField),
    "merge": (MergeView,),
    "referral": (ReferralForm,),
    "sick-note": (SickNoteForm,),
    "visit": (NotePanel, VitalTile, Diagnoses, LineEditor, SafetyNotices),
    "addendum": (SignedNote,),
    "template-of-a-note": (TemplatesForm,),
    "consent": (DecisionForm,),
    "disclosure": (DisclosureForm,),
    "copy": (CopyForm,),
    "erase": (EraseForm,),
    "request": (RequestForm,),
    "outcome": (OutcomeForm,),
    "restrict": (RestrictForm, _ReasonForm),
    "lift": (LiftForm,),
    "use-anyway": (UseForm,),
    "share": (ShareForm,),
    "review": (ReviewForm,),
    "account": (NewPersonForm, NewPassword),
    "closed-days": (ClosureForm,),
    "hours": (HoursPage,),
    "consent-text": (ConsentTextLine, SettingsLineForm),
    "template": (TemplateLine,),
    "service": (ServiceLine,),
    "tax": (TaxLine,),
    "practitioner": (PersonForm,),
    "room": (RoomForm,),
    "type": (TypeForm,),
    "practice": (PracticePage, PracticeFields),
    "printers": (_PrinterRow,),
    "first-prices": (PriceRows, _PriceRow),
    "server": (ServerForm,),
    "admit": (AdmitForm,),
    "hub": (LookForm,),
}
"""Which classes with fields are on the screen with each form."""
