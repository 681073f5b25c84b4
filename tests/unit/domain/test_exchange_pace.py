"""When a PC exchanges by itself."""

from __future__ import annotations

import pytest

from clinic_desktop.domain.exchange_pace import (
    AFTER_CHANGE_S,
    FAR_S,
    METERED_S,
    NEAR_S,
    Pace,
    is_near,
)

EVEN = 0.5
"""Luck that changes nothing."""


def test_a_change_goes_out_soon_and_others_are_looked_for_now_and_then() -> None:
    pace = Pace()
    assert pace.wait(EVEN) == FAR_S
    assert Pace(is_near=True).wait(EVEN) == NEAR_S
    assert pace.wait_after_change(FAR_S) == AFTER_CHANGE_S
    assert pace.wait_after_change(0.5) == 0.5


def test_a_line_that_costs_is_used_less_and_for_changes_as_soon() -> None:
    pace = Pace(is_near=True, is_metered=True)
    assert pace.wait(EVEN) > FAR_S
    assert pace.wait_after_change(600) == AFTER_CHANGE_S


def test_each_failure_waits_longer_up_to_an_end_and_success_begins_anew() -> None:
    pace, waits = Pace(), []
    for _ in range(40):
        pace.failed()
        waits.append(pace.wait(EVEN))
    assert waits == sorted(waits)
    assert waits[0] < waits[1] < waits[-1] == FAR_S
    assert pace.wait_after_change(200) == 200
    pace.went_well()
    assert pace.wait_after_change(200) == AFTER_CHANGE_S


def test_what_only_a_person_can_mend_is_seldom_tried() -> None:
    pace = Pace(is_near=True)
    pace.failed(is_hopeless=True)
    assert pace.wait(EVEN) > FAR_S
    pace.went_well()
    assert pace.wait(EVEN) == NEAR_S


def test_where_hubs_are_the_server_is_not_asked_as_often_as_they_are() -> None:
    pace = Pace(has_hub=True, is_metered=True)
    assert pace.wait(EVEN) == NEAR_S
    assert not pace.is_server_due(METERED_S - 1, to_send=0)
    assert pace.is_server_due(METERED_S, to_send=0)
    assert pace.is_server_due(0, to_send=1), "what was written here goes out at once"
    for _ in range(4):
        pace.failed()
    assert not pace.is_server_due(60, to_send=1), "a server that does not answer is left alone"
    assert pace.is_server_due(METERED_S, to_send=1)


def test_pcs_do_not_all_come_at_once() -> None:
    pace = Pace()
    assert pace.wait(0) < pace.wait(EVEN) < pace.wait(1)


@pytest.mark.parametrize(
    ("url", "near"),
    [
        ("http://127.0.0.1:8460", True),
        ("https://192.168.1.5:8460", True),
        ("https://[fd00::1]:8460", True),
        ("https://front-desk.local", True),
        ("http://localhost:1", True),
        ("https://sync.example.org", False),
        ("https://8.8.8.8", False),
    ],
)
def test_a_server_in_the_house_is_known_by_its_address(url: str, *, near: bool) -> None:
    assert is_near(url) is near
