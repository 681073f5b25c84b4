"""A PC whose window is open is the hub of the house, and the others meet there without a server."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from pytestqt.qtbot import QtBot

from clinic_desktop import hub, using_hubs
from clinic_desktop.clinic import Clinic
from clinic_desktop.errors import ServerError
from clinic_desktop.syncing import Syncing
from clinic_desktop.ui.core import navigator as to
from clinic_desktop.ui.settings.exchange_page import ExchangePage
from clinic_desktop.ui.settings.settings_view import SettingsView
from tests.sync.conftest import Practice, add_patient, patients, sync
from tests.sync.test_hub import free_port, hub_at, names
from tests.sync.windows import seated


def test_pcs_meet_at_an_open_window_while_the_server_is_away(
    practice: Practice, back: Clinic, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub.switch_on, "__defaults__", (free_port(),))
    practice.server.kill()
    with seated(practice, "front", qtbot, alone=True) as front:
        shown = front.go(to.Settings("exchange"))
        assert isinstance(shown, SettingsView)
        page = shown.page("exchange")
        assert isinstance(page, ExchangePage)
        add_patient(front.opened, "Ada")
        front.until(lambda: page.hub._found is not None)
        page.hub.turn.click()
        front.until(lambda: bool(page.hub._found and page.hub._found.port))
        assert page.hub._found is not None
        address = f"127.0.0.1:{page.hub._found.port}"
        front.until(lambda: _answers(back, address))
        front.until(lambda: front.exchange.pace.has_hub and front.exchange.is_idle)
        front.exchange_now()  # which leaves its own work at its own hub
        with pytest.raises(ServerError):  # of the server; the hub was asked before
            Syncing(back).run()
        assert [row[1] for row in patients(back)] == ["Ada"]
        add_patient(back, "Bea")
        with pytest.raises(ServerError):
            Syncing(back).run()
        front.until(lambda: len(patients(front.opened)) == 2)
        page.hub.turn.click()
        front.until(lambda: bool(page.hub._found and not page.hub._found.port))
        front.settle()
        front.exchange.is_on = False  # so that closing does not wait for the server


def _answers(pc: Clinic, address: str) -> bool:
    try:
        using_hubs.use(pc, address)
    except ServerError:
        return False
    return True


@pytest.mark.parametrize("why", ["paused", "used up"])
def test_what_is_held_from_the_server_meets_the_house_by_itself(
    practice: Practice, back: Clinic, qtbot: QtBot, why: str
) -> None:
    sync(practice.front, back)
    arrived = threading.Event()
    with hub_at(back, arrived.set) as opened:
        using_hubs.use(practice.front, f"127.0.0.1:{opened.port}")
        chosen = Syncing(practice.front)
        if why == "paused":
            chosen.pause(practice.clock.now() + timedelta(hours=1))
        else:
            chosen.limit(1)
        before = chosen.status().month_bytes
        add_patient(practice.front, "Ada")
        practice.server.stop()  # whoever asked it would hear of a fault
        with seated(practice, "front", qtbot, alone=True) as front:
            front.until(lambda: front.exchange.is_held and front.exchange.pace.has_hub)
            front.until(arrived.is_set)
            add_patient(back, "Bea")
            Syncing(back).meet_in_house()  # at its own hub
            assert names(back) == ["Ada", "Bea"]
            front.exchange.hurry()
            front.until(lambda: names(front.opened) == ["Ada", "Bea"])
            front.settle()
            assert front.exchange.error is None
            assert front.exchange.standing is not None
            assert front.exchange.standing.month_bytes == before
            front.exchange.is_on = False  # so that closing does not wait for the server
