"""Which screen or drawer answers for which destination; screens are made when first wanted."""

from __future__ import annotations

import linecache
from collections.abc import Callable
from importlib import import_module
from typing import Any

from PySide6.QtWidgets import QWidget

from clinic_desktop.i18n import N_, _
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context, DrawerForm, Screen

_SCREENS: dict[type[to.Destination], str] = {
    to.Today: "clinic_desktop.ui.today.today_view:TodayView",
    to.Calendar: "clinic_desktop.ui.calendar.calendar_view:CalendarView",
    to.Patients: "clinic_desktop.ui.patients.patients_view:PatientsView",
    to.Chart: "clinic_desktop.ui.chart.chart_view:ChartView",
    to.Visit: "clinic_desktop.ui.visits.visit_view:VisitView",
    to.Billing: "clinic_desktop.ui.billing.billing_view:BillingView",
    to.Insured: "clinic_desktop.ui.billing.insured_view:InsuredView",
    to.Conflicts: "clinic_desktop.ui.conflicts.conflicts_view:ConflictsView",
    to.Settings: "clinic_desktop.ui.settings.settings_view:SettingsView",
    to.ImportRecords: "clinic_desktop.ui.imports.import_view:ImportView",
}
_PARTS: dict[type[to.Destination], dict[str, str]] = {
    to.Visit: {"panel": "clinic_desktop.ui.prescribing.prescribe_panel:PrescribePanel"},
    to.Chart: {
        "billing": "clinic_desktop.ui.billing.account_section:AccountSection",
        "privacy": "clinic_desktop.ui.privacy.privacy_section:PrivacySection",
    },
}
"""Parts of other features that stand inside a screen; features never import each other."""
_DRAWERS: dict[type[to.Destination], tuple[str, str]] = {
    to.RegisterPatient: (
        "clinic_desktop.ui.patients.register_view:RegisterView",
        N_("New patient"),
    ),
    to.EditPatient: (
        "clinic_desktop.ui.patients.edit_view:EditView",
        N_("Patient details"),
    ),
    to.MergePatients: (
        "clinic_desktop.ui.patients.merge_view:MergeView",
        N_("Join two charts"),
    ),
    to.BookAppointment: (
        "clinic_desktop.ui.booking.booking_view:BookingView",
        N_("Book appointment"),
    ),
    to.MoveAppointment: (
        "clinic_desktop.ui.booking.move_view:MoveView",
        N_("Move appointment"),
    ),
    to.EditAllergies: ("clinic_desktop.ui.chart.allergies_form:AllergiesForm", N_("Allergies")),
    to.EditProblems: ("clinic_desktop.ui.chart.problems_form:ProblemsForm", N_("Problems")),
    to.ChartChanges: ("clinic_desktop.ui.chart.changes_form:ChangesForm", N_("What was changed")),
    to.ChartLooks: ("clinic_desktop.ui.chart.looks_form:LooksForm", N_("Who saw this chart")),
    to.OpenInEmergency: (
        "clinic_desktop.ui.chart.emergency_form:EmergencyForm",
        N_("Open in an emergency"),
    ),
    to.EditCareTeam: (
        "clinic_desktop.ui.chart.care_team_form:CareTeamForm",
        N_("Who reads this chart"),
    ),
    to.DecideConsent: ("clinic_desktop.ui.privacy.decision_form:DecisionForm", N_("Consent")),
    to.NoteDisclosure: (
        "clinic_desktop.ui.privacy.disclosure_form:DisclosureForm",
        N_("Note what was given"),
    ),
    to.ReceiveRequest: (
        "clinic_desktop.ui.privacy.request_forms:RequestForm",
        N_("Take a request about data"),
    ),
    to.CloseRequest: (
        "clinic_desktop.ui.privacy.request_forms:OutcomeForm",
        N_("What came of the request"),
    ),
    to.CopyRecord: ("clinic_desktop.ui.privacy.record_forms:CopyForm", N_("Copy of the record")),
    to.EraseRecord: ("clinic_desktop.ui.privacy.record_forms:EraseForm", N_("Erase the record")),
    to.RestrictUse: (
        "clinic_desktop.ui.privacy.restriction_forms:RestrictForm",
        N_("Only store this chart"),
    ),
    to.LiftRestriction: (
        "clinic_desktop.ui.privacy.restriction_forms:LiftForm",
        N_("Use this chart again"),
    ),
    to.UseAnyway: (
        "clinic_desktop.ui.privacy.restriction_forms:UseForm",
        N_("Use it all the same"),
    ),
    to.ShareParts: ("clinic_desktop.ui.privacy.share_form:ShareForm", N_("May be given")),
    to.ReferralLetter: (
        "clinic_desktop.ui.prescribing.letter_forms:ReferralForm",
        N_("Referral"),
    ),
    to.SickNote: ("clinic_desktop.ui.prescribing.letter_forms:SickNoteForm", N_("Sick note")),
    to.WalkIn: ("clinic_desktop.ui.booking.walk_in_view:WalkInView", N_("Walk-in")),
}


def _load(path: str) -> Callable[..., Any]:
    # By name, so that the first window need not wait for screens nobody has opened.
    module, name = path.split(":")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found


def load_all() -> None:
    """Load the code of every place: on another thread, before somebody asks for it."""
    parts = [path for more in _PARTS.values() for path in more.values()]
    drawers = [path for path, _title in _DRAWERS.values()]
    for path in (*_SCREENS.values(), *parts, *drawers):
        _load(path)
    linecache.clearcache()  # Qt's binding reads the source of every module and would keep it


def has_screen(destination: to.Destination) -> bool:
    """Whether the destination is a screen, not a drawer."""
    return type(destination) in _SCREENS


def make_screen(kind: type[to.Destination], context: Context, parent: QWidget) -> Screen:
    """The screen of a kind of destination: ``Screen(context, parent=parent)``."""
    parts = {name: _load(path) for name, path in _PARTS.get(kind, {}).items()}
    screen = _load(_SCREENS[kind])(context, parent=parent, **parts)
    assert isinstance(screen, Screen)  # noqa: S101 - the table above is ours
    return screen


def make_drawer(destination: to.Destination, context: Context) -> tuple[DrawerForm, str]:
    """The form of a drawer destination, ``Form(context, destination)``, and its title."""
    path, title = _DRAWERS[type(destination)]
    form = _load(path)(context, destination)
    assert isinstance(form, DrawerForm)  # noqa: S101
    return form, _(title)
