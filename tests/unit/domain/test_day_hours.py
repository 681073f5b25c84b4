"""Hours as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic_desktop.domain.day_hours import HoursError, parse_hours, show_hours

SPANS = st.lists(
    st.tuples(st.integers(0, 1438), st.integers(1, 1440)).filter(lambda each: each[0] < each[1]),
    max_size=3,
).map(tuple)


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("8-12, 14:00-18:00", ((480, 720), (840, 1080))),
        ("8.30–17", ((510, 1020),)),
        ("٨:٠٠-١٢:٠٠، ١٤-١٨", ((480, 720), (840, 1080))),
        ("9-12 и 13-16", ((540, 720), (780, 960))),
        ("0-24", ((0, 1440),)),
        ("", ()),
        ("closed", ()),
        ("–", ()),
    ],
)
def test_hours_are_read(text: str, spans: tuple[tuple[int, int], ...]) -> None:
    assert parse_hours(text) == spans


@pytest.mark.parametrize("text", ["8", "8-", "morning", "8:75-9", "8-25", "8-12-14", "8,12"])
def test_what_is_no_hours_is_refused(text: str) -> None:
    with pytest.raises(HoursError) as caught:
        parse_hours(text)
    assert caught.value.code == "not-hours"


@pytest.mark.parametrize("text", ["12-8", "9-9", "8-12, 14-13"])
def test_hours_that_end_before_they_begin_are_refused(text: str) -> None:
    with pytest.raises(HoursError) as caught:
        parse_hours(text)
    assert caught.value.code == "ends-before-it-begins"


@given(SPANS)
def test_what_is_shown_can_be_typed_again(spans: tuple[tuple[int, int], ...]) -> None:
    assert parse_hours(show_hours(spans)) == spans
