"""Every screen of the program, by name, for the checks and the pictures.

A maker gets the opened program and returns its window, showing the screen; screens of the
gallery need no program.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtWidgets import QWidget

from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.first_run.state import StepKey
from clinic_desktop.ui.settings.pages import page_specs
from clinic_desktop.ui.widgets.gallery.window import PAGES, Gallery
from tests.screens import doings, exchange_doings, meanwhile_doings
from tests.screens.program import Program
from tests.screens.sample import INSURER

Make = Callable[[Program], QWidget]
Do = Callable[[Program], object]

CHART = (
    *("summary", "timeline", "visits", "medicines", "results", "vaccines", "documents"),
    *("billing", "privacy"),
)
LINES = {
    "service": "prices",
    "tax": "taxes",
    "type": "appointment-types",
    "doctor": "doctors",
    "room": "rooms",
    "person": "people",
    "template": "templates",
    "consent-text": "consent-texts",
}
"""Drawers of the settings, and the page whose button opens them."""


def _chart(section: str) -> Make:
    return lambda program: program.go(to.Chart(program.sample.patient_id, section))


def _settings(page: str) -> Make:
    return lambda program: program.go(to.Settings(page))


def _first_run(key: StepKey) -> Make:
    return lambda program: program.first_run(key)


def _after(make: Make, *do: Do) -> Make:
    """A screen on which something was done."""

    def made(program: Program) -> QWidget:
        window = make(program)
        for each in do:
            each(program)
            program.settle()
        return window

    return made


def _today(program: Program) -> QWidget:
    return program.go(to.Today())


def _calendar(program: Program) -> QWidget:
    return program.go(to.Calendar())


def _visit(program: Program) -> QWidget:
    return program.go(to.Visit(program.sample.patient_id, program.sample.encounter_id))


def _signed(program: Program) -> QWidget:
    return program.go(to.Visit(*program.sample.signed))


def _document(program: Program) -> QWidget:
    return program.go(to.Billing(invoice_id=program.sample.invoice_id))


def _asked(program: Program) -> QWidget:
    return program.go(to.Billing(invoice_id=program.sample.asked_id))


def _disputed(section: str) -> Make:
    return lambda program: program.go(to.Chart(doings.write_apart(program), section))


def _conflicts(program: Program) -> QWidget:
    return program.go(to.Conflicts(doings.write_apart(program)))


APART: dict[str, Make] = {
    "conflicts": _after(_conflicts, doings.open_question("medication_request")),
    "conflicts-allergy": _after(_conflicts, doings.open_question("allergy_intolerance")),
    "conflicts-note": _after(_conflicts, doings.open_question("note")),
    "conflicts-third": _after(_conflicts, doings.open_question("note"), doings.put_words_together),
    **{
        f"conflicts-{section}": _disputed(section)
        for section in ("results", "vaccines", "timeline")
    },
    "conflicts-step": _after(_conflicts, doings.show_step_in_vain),
    "conflicts-step-again": _after(_conflicts, doings.show_step_in_vain, doings.take_step_again),
    "conflicts-today": _after(_conflicts, lambda program: program.go(to.Today())),
    "conflicts-long": _after(_conflicts, lambda program: program.go(to.Today()), doings.wait_a_day),
    "conflicts-exchange": _after(_conflicts, lambda program: program.go(to.Settings("exchange"))),
    "conflicts-calendar": _after(_conflicts, doings.show_disputed_appointment),
    "conflicts-bill": _after(_conflicts, doings.show_disputed_bill),
    "conflicts-chart": lambda program: program.go(to.Chart(doings.write_apart(program))),
}
"""Last: from then on two PCs have written apart, and the rail says so."""
DAY: dict[str, Make] = {
    "today": _today,
    "today-waiting": lambda program: program.go(to.Today(program.sample.appointment_id)),
    "calendar": _calendar,
    "calendar-week": _after(_calendar, doings.show_week),
    "calendar-rooms": _after(_calendar, doings.show_rooms),
    "patients": lambda program: program.go(to.Patients()),
    "book": lambda program: program.go(to.BookAppointment()),
    "move": lambda program: program.go(to.MoveAppointment(program.sample.appointment_id)),
    "cancel": _after(_today, doings.cancel_appointment),
    "walk-in": lambda program: program.go(to.WalkIn()),
    "wait-list": _after(_calendar, doings.add_to_wait_list),
    "reason": _after(_calendar, doings.ask_reason),
    "register": lambda program: program.go(to.RegisterPatient()),
    "edit": lambda program: program.go(to.EditPatient(program.sample.patient_id)),
    "merge": lambda program: program.go(to.MergePatients(program.sample.patient_id)),
}
CARE: dict[str, Make] = {
    **{f"chart-{name}": _chart(name) for name in CHART},
    "chart-changes": lambda program: program.go(to.ChartChanges(program.sample.patient_id)),
    "chart-looks": lambda program: program.go(to.ChartLooks(program.sample.patient_id)),
    "chart-closed": lambda program: program.go(to.Chart(program.sample.closed_id)),
    "chart-emergency": lambda program: program.go(to.Chart(program.sample.emergency_id)),
    "open-in-emergency": lambda program: program.go(to.OpenInEmergency(program.sample.closed_id)),
    "care-team": lambda program: program.go(to.EditCareTeam(program.sample.patient_id)),
    "chart-documents-moving": _after(_chart("documents"), exchange_doings.files_on_the_way),
    "chart-document": _after(_chart("documents"), doings.add_document),
    "consent": lambda program: program.go(to.DecideConsent(program.sample.patient_id)),
    "consent-meanwhile": _after(
        lambda program: program.go(to.DecideConsent(program.sample.patient_id)),
        meanwhile_doings.another_text,
    ),
    "disclosure": lambda program: program.go(to.NoteDisclosure(program.sample.patient_id)),
    "request": lambda program: program.go(to.ReceiveRequest(program.sample.patient_id)),
    "copy-record": lambda program: program.go(to.CopyRecord(program.sample.patient_id)),
    "erase-record": lambda program: program.go(to.EraseRecord(program.sample.patient_id)),
    "restrict-use": lambda program: program.go(to.RestrictUse(program.sample.patient_id)),
    "use-anyway": lambda program: program.go(to.UseAnyway(program.sample.patient_id)),
    "share": lambda program: program.go(
        to.ShareParts(program.sample.patient_id, program.sample.related_id)
    ),
    "allergies": lambda program: program.go(to.EditAllergies(program.sample.patient_id)),
    "allergies-change": _after(
        lambda program: program.go(to.EditAllergies(program.sample.patient_id)),
        doings.change_allergy,
    ),
    "problems": lambda program: program.go(to.EditProblems(program.sample.patient_id)),
    "visit": _visit,
    "visit-signed": _signed,
    "prescribing": _after(_visit, doings.prescribe_against_allergy),
    "templates": _after(_visit, doings.edit_templates),
    "referral": lambda program: program.go(to.ReferralLetter(*program.sample.signed)),
    "sick-note": lambda program: program.go(to.SickNote(*program.sample.signed)),
    "print-preview": _after(_signed, doings.preview_prescription),
}
MONEY: dict[str, Make] = {
    "billing": lambda program: program.go(to.Billing()),
    "billing-unpaid": _after(lambda program: program.go(to.Billing()), doings.show_all_documents),
    "checkout": _after(
        lambda program: program.go(to.Billing(*program.sample.signed)), doings.charge
    ),
    "document": _document,
    "pay": _after(_document, doings.pay),
    "pay-meanwhile": _after(_document, doings.pay, meanwhile_doings.paid_elsewhere),
    "refund": _after(_document, doings.refund),
    "take-back": _after(_document, doings.take_back),
    "billing-requests": _after(_asked, doings.show_requests),
    "decline": _after(_asked, doings.decline),
    "insured": _after(lambda program: program.as_insurer(INSURER), doings.open_bill),
}
HOUSE: dict[str, Make] = {
    **{f"settings-{spec.key}": _settings(spec.key) for spec in page_specs()},
    **{
        f"settings-{name}-form": _after(_settings(page), doings.add_line)
        for name, page in LINES.items()
    },
    "settings-privacy-meanwhile": _after(_settings("privacy"), meanwhile_doings.other_years),
    "settings-emergency": _after(_settings("audit"), doings.review_emergency),
    "settings-code-form": _after(_settings("lock"), doings.switch_code_on),
    "settings-codes": _after(_settings("lock"), doings.show_recovery_codes),
    "recovery-check": _after(_settings("recovery"), doings.check_sheet),
    "password-again": _after(_settings("people"), doings.ask_password),
    "settings-agent-form": _after(_settings("people"), doings.add_insurers_agent),
    "settings-person": _after(_settings("people"), doings.open_person),
    "settings-rights-form": _after(_settings("rights"), doings.open_rights),
    "exchange": _after(_settings("exchange"), exchange_doings.good_day),
    "exchange-too-old": _after(_settings("exchange"), exchange_doings.too_old),
    "exchange-offline": _after(_settings("exchange"), exchange_doings.offline),
    "exchange-wrong-server": _after(_settings("exchange"), exchange_doings.wrong_server),
    "exchange-taken-out": _after(_settings("exchange"), exchange_doings.taken_out),
    "exchange-without-key": _after(_settings("exchange"), exchange_doings.without_key),
    "exchange-copied": _after(_settings("exchange"), exchange_doings.copied),
    "exchange-metered": _after(_settings("exchange"), exchange_doings.metered),
    **{
        f"exchange-{name}": _after(_settings("exchange"), partial(exchange_doings.stands, name))
        for name in exchange_doings.STANDINGS
    },
    "exchange-hub": _after(_settings("exchange"), exchange_doings.in_the_house),
    "exchange-look-for-hub": _after(_settings("exchange"), exchange_doings.look_for_hub),
    "exchange-stick": _after(_settings("exchange"), exchange_doings.stick),
    "exchange-server": _after(_settings("exchange"), exchange_doings.server_form),
    "exchange-invite-stick": _after(_settings("exchange"), exchange_doings.invite_by_stick),
    "exchange-admit": _after(_settings("exchange"), exchange_doings.admit),
    "exchange-send-way-in": _after(_settings("exchange"), exchange_doings.send_way_in),
    "exchange-invite": _after(_settings("exchange"), exchange_doings.invite),
    "view-as": lambda program: program.view_as("receptionist"),
    "settings-closure-form": _after(_settings("closed-days"), doings.add_closure),
    "settings-holidays": _after(_settings("closed-days"), doings.add_holidays),
    "settings-found": _after(_settings("practice"), doings.find_setting),
    "import": lambda program: program.go(to.ImportRecords()),
    "import-report": _after(lambda program: program.go(to.ImportRecords()), doings.try_import),
    "disk-full": _after(_today, doings.fill_disk),
    "palette": _after(_today, doings.find_patient),
    "palette-help": _after(_today, doings.read_help),
    "keys": _after(_today, doings.show_keys),
    "question": _after(_today, doings.ask),
    "error": _after(_today, doings.fail),
    "toast": _after(_today, doings.say_done),
    "lock": lambda program: program.lock(),
    "recovery-sheet": lambda program: program.new_sheet(),
    "lock-waiting": lambda program: program.lock_waiting(),
    "lock-code": lambda program: program.lock_code(),
    "code-wanted": lambda program: program.code_wanted(),
    "recover": lambda program: program.recover(),
    "restore": lambda program: program.restore(),
    "restore-server": lambda program: program.restore_from_server(),
    "restore-server-lacks": _after(
        lambda program: program.restore_from_server(), exchange_doings.lacks_something
    ),
    "closing": lambda program: program.closing(),
    "closing-left": lambda program: program.closing_with_left(),
    "join": lambda program: program.join(),
    "join-stick": lambda program: program.join_by_stick(),
    "join-stick-code": _after(
        lambda program: program.join_by_stick(), exchange_doings.code_of_this_pc
    ),
    "join-digits": _after(lambda program: program.join(), exchange_doings.digits),
    **{f"first-run-{key}": _first_run(key) for key in StepKey},
}
SCREENS: dict[str, Make] = {**DAY, **CARE, **MONEY, **HOUSE, **APART}
"""A new screen adds a line here; the checks and the pictures follow."""


def gallery(page: str) -> Gallery:
    """The gallery, open at a page; the caller closes it."""
    window = Gallery()
    window.open(page)
    return window


GALLERY = tuple(PAGES)
