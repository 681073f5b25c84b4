"""Minutes and px: there and back, side by side, mirrored."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from clinic_desktop.ui.calendar.geometry import SNAP_MIN, Geometry, lanes

GEOMETRIES = st.builds(
    Geometry,
    columns=st.integers(1, 12),
    column_px=st.integers(60, 400),
    hour_px=st.integers(60, 300),
    first_min=st.sampled_from([0, 420, 480]),
    last_min=st.sampled_from([1020, 1080, 1440]),
    rtl=st.booleans(),
)
SPANS = st.lists(st.tuples(st.integers(0, 1300), st.integers(5, 140)), max_size=30)


@given(GEOMETRIES, st.integers(480, 1020))
def test_a_minute_comes_back_from_its_height(geo: Geometry, minute: int) -> None:
    assert geo.minute_at(geo.y_of(minute)) == minute


@given(GEOMETRIES, st.integers(0, 11))
def test_a_column_comes_back_from_its_middle(geo: Geometry, column: int) -> None:
    assume(column < geo.columns)
    assert geo.column_at(geo.x_of(column) + geo.column_px / 2) == column


@given(GEOMETRIES, st.integers(0, 11), st.integers(480, 900), st.integers(20, 60))
def test_right_to_left_is_the_mirror_image(
    geo: Geometry, column: int, start: int, minutes: int
) -> None:
    assume(column < geo.columns)
    twin = Geometry(
        geo.columns, geo.column_px, geo.hour_px, geo.first_min, geo.last_min, not geo.rtl
    )
    one, two = (each.box(column, start, start + minutes) for each in (geo, twin))
    assert two.x == geo.width - one.x - one.width - 1  # the px between two lanes stays right
    assert (one.y, one.height) == (two.y, two.height)


@given(GEOMETRIES, st.integers(-500, 2000), st.integers(5, 120))
def test_a_drop_lands_on_five_minutes_inside_the_hours(
    geo: Geometry, minute: int, length: int
) -> None:
    found = geo.snapped(minute, length)
    assert geo.first_min <= found <= geo.last_min
    assert found % SNAP_MIN == 0 or found == geo.last_min - length


@given(SPANS)
def test_overlapping_appointments_never_share_a_lane(spans: list[tuple[int, int]]) -> None:
    named = [(number, start, start + length) for number, (start, length) in enumerate(spans)]
    found = lanes(named)
    assert found.keys() == {key for key, _start, _end in named}
    for one, start, end in named:
        assert found[one].number < found[one].lanes
        for two, other_start, other_end in named:
            if one < two and start < other_end and other_start < end:
                assert found[one].number != found[two].number
                assert found[one].lanes == found[two].lanes


@given(SPANS)
def test_no_more_lanes_than_appointments_at_one_time(spans: list[tuple[int, int]]) -> None:
    named = [(number, start, start + length) for number, (start, length) in enumerate(spans)]
    most = max(
        (sum(s <= start < e for _k, s, e in named) for _key, start, _end in named), default=0
    )
    assert max((lane.lanes for lane in lanes(named).values()), default=0) == most
