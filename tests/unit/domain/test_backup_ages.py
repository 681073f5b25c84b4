"""Rotation of backups and the alarm about their age."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.domain.backup_ages import LEAST, Age, age_of, given_up_first, kept

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
MOMENTS = st.lists(
    st.datetimes(datetime(2010, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    unique=True,
    max_size=60,
)


@pytest.mark.parametrize(
    ("hours", "age"),
    [(-5, Age.FRESH), (0, Age.FRESH), (23, Age.FRESH), (24, Age.LATE), (71, Age.LATE),
     (72, Age.TOO_LATE), (9000, Age.TOO_LATE)],
)  # fmt: skip
def test_the_age_turns_amber_after_a_day_and_red_after_three(hours: int, age: Age) -> None:
    assert age_of(NOW - timedelta(hours=hours), NOW) is age
    assert age_of(None, NOW) is Age.NEVER


def test_ten_years_of_hourly_backups_leave_the_promised_ones() -> None:
    made = [NOW - timedelta(hours=hours) for hours in range(10 * 365 * 24)]
    found = kept(made)
    assert len(found) <= 24 + 14 + 8 + 12 + 7
    assert {NOW - timedelta(hours=hours) for hours in range(24)} <= found
    assert len({at.date() for at in found if NOW - at < timedelta(days=14)}) >= 14
    assert len({at.year for at in found}) == 7
    assert len({(at.year, at.month) for at in found if NOW - at < timedelta(days=330)}) >= 11


@given(MOMENTS)
def test_the_newest_three_always_stay_and_keeping_again_removes_nothing(
    made: list[datetime],
) -> None:
    found = kept(made)
    assert set(sorted(made)[-LEAST:]) <= found
    assert kept(found) == found


@given(MOMENTS)
def test_without_room_all_but_three_go_the_newest_never(made: list[datetime]) -> None:
    order = given_up_first(made)
    assert len(order) == max(len(made) - LEAST, 0)
    assert not set(order) & set(sorted(made)[-2:])
