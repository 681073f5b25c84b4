"""The owner's rules for signing in, kept when they are chosen."""

from __future__ import annotations

import pytest

from clinic_desktop.security.membership_entries import Rules
from clinic_desktop.services import membership
from clinic_desktop.ui.settings.lock_page import LockPage
from clinic_desktop.ui.settings.rules_page import RulesPage
from clinic_desktop.ui.settings.settings_view import SettingsView
from tests.ui.settings.conftest import Desk
from tests.ui.settings.test_settings import choose


@pytest.fixture
def page(desk: Desk) -> RulesPage:
    return desk.open("rules", RulesPage)


def kept(desk: Desk) -> Rules:
    return desk.record.read(membership.current_rules)


def test_a_shorter_time_holds_at_once_and_can_be_taken_back(desk: Desk, page: RulesPage) -> None:
    assert page.minutes.value() == 15
    with desk.qtbot.waitSignal(desk.context.navigator.lock_after_changed) as told:
        choose(page.minutes, 2)
    assert told.args == [2]
    assert kept(desk) == Rules(lock_minutes=2)
    desk.undo()
    assert kept(desk) == Rules()
    assert page.minutes.value() == 15


def test_the_pc_offers_no_longer_time_than_that(desk: Desk, page: RulesPage) -> None:
    choose(page.minutes, 5)
    desk.until(lambda: kept(desk).lock_minutes == 5)
    own = LockPage(desk.context)
    desk.qtbot.addWidget(own)
    assert own.minutes.count() == 3


def test_codes_are_asked_of_a_role(desk: Desk, page: RulesPage) -> None:
    assert next(iter(page.ticks)) == "administrator", "the first we advise it for"
    page.ticks["administrator"].click()
    desk.until(lambda: kept(desk) == Rules(code_roles=("administrator",)))
    page.ticks["administrator"].click()
    desk.until(lambda: kept(desk) == Rules())


def test_only_an_owner_has_the_page(desk: Desk) -> None:
    desk.context.tasks.actor = desk.record.as_role("doctor")
    view = SettingsView(desk.context)
    desk.qtbot.addWidget(view)
    assert "rules" not in view._specs
