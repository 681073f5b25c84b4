"""The window of each role: what a person may not do is not offered, and does not open."""

from __future__ import annotations

import uuid

import pytest
from pytestqt.qtbot import QtBot

from clinic_desktop.domain.permissions import STAFF_ROLES, allowed
from clinic_desktop.services import encounters
from clinic_desktop.services.billing import catalogue
from clinic_desktop.ui.billing.billing_view import BillingView
from clinic_desktop.ui.chart.chart_view import ChartView
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.actions import NEEDS
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.shell.desk import _LEADS, Desk
from tests.support.charts import put_chart
from tests.support.records import Record


@pytest.mark.parametrize(
    ("role", "places", "closed"),
    [
        ("doctor", "today calendar patients billing settings", {"records.import"}),
        ("nurse", "today calendar patients settings", {"go.billing", "records.import"}),
        ("receptionist", "today calendar patients billing settings", {"records.import"}),
        ("cashier", "today calendar billing settings", {"patient.register", "appointment.book"}),
        ("accountant", "billing settings", {"go.today", "appointment.walk-in"}),
        ("laboratory", "today calendar settings", {"go.patients", "patient.register"}),
        ("administrator", "settings", {"go.today", "go.patients", "records.import"}),
        ("owner", "today calendar patients billing settings", set()),
    ],
)
def test_only_what_the_role_may_do_is_offered(
    record: Record, ui_context: Context, qtbot: QtBot, role: str, places: str, closed: set[str]
) -> None:
    ui_context.tasks.actor = record.as_role(role)
    desk = Desk(ui_context)
    qtbot.addWidget(desk)
    assert [each.key for each in desk.rail._buttons if each.key != "conflicts"] == places.split()
    offered = {each.name for each in desk._global_actions()}
    assert not offered & closed
    assert "go.settings" in offered


def test_a_closed_place_does_not_open_by_other_ways(
    record: Record, ui_context: Context, qtbot: QtBot
) -> None:
    ui_context.tasks.actor = record.as_role("receptionist")
    desk = Desk(ui_context)
    qtbot.addWidget(desk)
    for place in (to.Visit(uuid.uuid4(), uuid.uuid4()), to.EditAllergies(uuid.uuid4()),
                  to.ReferralLetter(uuid.uuid4(), uuid.uuid4()), to.ImportRecords()):  # fmt: skip
        desk._go(place)
        assert desk.shown is None
    assert len(ui_context.host.errors) == 4  # type: ignore[attr-defined]


MOVES_ABOUT = {
    *("palette.open", "go.back", "go.forward", "undo.last", "pane.next", "pane.before"),
    *("session.lock", "session.close", "help.shortcuts", "settings.find"),
    *("calendar.free", "calendar.today", "calendar.before", "calendar.after", "calendar.jump"),
}
"""Actions that nobody needs a right for where he is."""
CHOSEN_BY_THE_SCREEN = ("appointment.", "patients.")
"""Those that a screen leaves out itself, by the beginning of their names."""


def test_every_action_of_every_screen_says_what_it_needs(
    record: Record, ui_context: Context, qtbot: QtBot
) -> None:
    """A new action stands in one of the lists, or this fails."""
    desk = Desk(ui_context)
    qtbot.addWidget(desk)
    patient = record.write(put_chart)
    visit = record.write(encounters.start_visit, patient_id=patient).encounter_id
    places = (to.Today(), to.Calendar(), to.Patients(), to.Chart(patient), to.Billing(),
              to.Visit(patient, visit), to.Settings(), to.ImportRecords())  # fmt: skip
    found = {each.name for each in desk._all_actions()} - _LEADS.keys()
    for place in places:
        desk._go(place)
        qtbot.waitUntil(lambda: ui_context.tasks.is_idle)
        assert desk.shown is not None
        found |= {each.name for each in desk.shown.screen_actions()}
    chart = desk._screens[to.Chart]
    assert isinstance(chart, ChartView)
    found -= {f"chart.{section}" for section in chart._makers}
    loose = {each for each in found if not each.startswith(CHOSEN_BY_THE_SCREEN)}
    assert loose - NEEDS.keys() == MOVES_ABOUT
    for role in STAFF_ROLES:
        actor = record.as_role(role)
        ui_context.tasks.actor = actor
        for screen in desk._screens.values():
            for action in screen.offered_actions():
                assert allowed(actor, NEEDS.get(action.name, "practice.read")), action.name


@pytest.mark.parametrize(
    ("role", "missing"),
    [
        ("receptionist", {"visit.start", "allergy.record", "problem.add"}),
        ("owner", {"visit.start", "allergy.record", "problem.add", "document.add"}),
        ("nurse", {"problem.add", "chart.looks"}),
    ],
)
def test_a_chart_offers_what_the_role_may_do(
    record: Record, ui_context: Context, qtbot: QtBot, role: str, missing: set[str]
) -> None:
    patient = record.write(put_chart)
    ui_context.tasks.actor = record.as_role(role)
    desk = Desk(ui_context)
    qtbot.addWidget(desk)
    desk.show()
    desk._go(to.Chart(patient))
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle)
    screen = desk.shown
    assert screen is not None
    names = {each.name for each in ui_context.actions.all()}
    assert not names & missing
    assert screen.start.isVisible() == ("visit.start" not in missing)  # type: ignore[attr-defined]


def test_whoever_takes_no_money_issues_the_invoice(
    record: Record, ui_context: Context, qtbot: QtBot
) -> None:
    """Reception's checkout has no way of paying, and Ctrl+Enter issues."""
    service = catalogue.ServiceForm("Consultation", 150_000, category="visit")
    record.write(catalogue.save_service, service)
    patient = record.write(put_chart)
    visit = record.write(encounters.start_visit, patient_id=patient).encounter_id
    views = []  # Python would take the first away while its children live on
    for role, index in (("receptionist", 1), ("doctor", 0)):
        ui_context.tasks.actor = record.as_role(role)
        view = BillingView(ui_context)
        views.append(view)
        qtbot.addWidget(view)
        view.show()
        view.go_to(to.Billing(patient, visit))
        qtbot.waitUntil(
            lambda view=view, index=index: (
                ui_context.tasks.is_idle  # type: ignore[misc]
                and view.side.currentIndex() == index
            )
        )
        if role == "receptionist":
            assert not view.checkout.take.isVisible()
            assert not view.checkout.tendered.isVisible()
    ui_context.tasks.actor = record.as_role("receptionist", "stock")
    view = BillingView(ui_context)
    qtbot.addWidget(view)
    view.go_to(to.Billing(patient, visit))
    qtbot.waitUntil(lambda: ui_context.tasks.is_idle and view.side.currentIndex() == 1)
    view.primary()
    qtbot.waitUntil(lambda: record.rows("SELECT count(*) FROM invoice") == [(1,)])
    assert record.rows("SELECT count(*) FROM payment") == [(0,)]


def test_every_place_says_what_it_needs() -> None:
    kinds = {each for each in vars(to).values() if isinstance(each, type)}
    places = {each for each in kinds if issubclass(each, to.Destination)} - {to.Destination}
    assert places == to.NEEDS.keys()
