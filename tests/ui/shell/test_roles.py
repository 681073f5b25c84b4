"""The window of each role: what a person may not do is not offered, and does not open."""

from __future__ import annotations

import uuid

import pytest
from pytestqt.qtbot import QtBot

from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.core.context import Context
from clinic_desktop.ui.shell.desk import Desk
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
    assert [each.key for each in desk.rail._buttons] == places.split()
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


def test_every_place_says_what_it_needs() -> None:
    kinds = {each for each in vars(to).values() if isinstance(each, type)}
    places = {each for each in kinds if issubclass(each, to.Destination)} - {to.Destination}
    assert places == to.NEEDS.keys()
