"""Where a minute of a column lies on the canvas; mirrored for right-to-left."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from clinic_desktop.services.scheduling.timetable import DAY_MIN
from clinic_desktop.ui.theme.tokens import MIN_TARGET

SNAP_MIN = 5
"""Dragging lands on full five minutes."""
STEP_MIN = 15
"""The arrow keys go by quarters of an hour."""
GAP = 3


class Box(NamedTuple):
    """A place on the canvas in px."""

    x: int
    y: int
    width: int
    height: int


class Lane(NamedTuple):
    """One of several strips in which overlapping appointments stand side by side."""

    number: int
    lanes: int


WHOLE = Lane(0, 1)


@dataclass(frozen=True)
class Geometry:
    """Turns minutes and columns into px and back."""

    columns: int = 1
    column_px: int = 100
    hour_px: int = 60
    first_min: int = 480
    last_min: int = 1080
    rtl: bool = False

    @property
    def width(self) -> int:
        """Of the whole canvas."""
        return self.columns * self.column_px

    @property
    def height(self) -> int:
        """Of the whole canvas."""
        return self.y_of(self.last_min)

    def y_of(self, minute: int) -> int:
        """Where a minute since midnight lies."""
        return round((minute - self.first_min) * self.hour_px / 60)

    def minute_at(self, y: float) -> int:
        """The minute since midnight at a height."""
        return self.first_min + round(y * 60 / self.hour_px)

    def x_of(self, column: int) -> int:
        """The left edge of a column."""
        place = self.columns - 1 - column if self.rtl else column
        return place * self.column_px

    def column_at(self, x: float) -> int:
        """The column at a distance from the left; the nearest one outside."""
        place = min(max(int(x // self.column_px), 0), self.columns - 1)
        return self.columns - 1 - place if self.rtl else place

    def box(self, column: int, start: int, end: int, lane: Lane = WHOLE) -> Box:
        """The place of an appointment in its lane; never lower than can be pressed."""
        room = self.column_px - 2 * GAP
        wide = room / lane.lanes
        number = lane.lanes - 1 - lane.number if self.rtl else lane.number
        x = self.x_of(column) + GAP + round(number * wide)
        y = self.y_of(start) + 1
        return Box(x, y, max(round(wide) - 1, 12), max(self.y_of(end) - y - 1, MIN_TARGET))

    def shown_end(self, start: int, end: int) -> int:
        """The minute at which its box ends: a short one is drawn as high as can be pressed."""
        return max(end, start + -(-(MIN_TARGET + 2) * 60 // self.hour_px))

    def snapped(self, minute: int, length: int = SNAP_MIN) -> int:
        """The nearest start at which ``length`` minutes stay inside the hours shown.

        At the end of the day they may go on after midnight.
        """
        rounded = round(minute / SNAP_MIN) * SNAP_MIN
        inside = min(length, SNAP_MIN) if self.last_min == DAY_MIN else length
        return max(min(rounded, self.last_min - inside), self.first_min)


def lanes(spans: Sequence[tuple[Hashable, int, int]]) -> dict[Hashable, Lane]:
    """Puts overlapping (key, start, end) side by side; each takes the first lane that is free."""
    found: dict[Hashable, Lane] = {}
    cluster: list[tuple[Hashable, int]] = []
    ends: list[int] = []
    for key, start, end in sorted(spans, key=lambda each: (each[1], -each[2])):
        if cluster and start >= max(ends):
            _close(found, cluster, len(ends))
            cluster, ends = [], []
        free = next((lane for lane, until in enumerate(ends) if until <= start), len(ends))
        if free == len(ends):
            ends.append(end)
        else:
            ends[free] = end
        cluster.append((key, free))
    _close(found, cluster, len(ends))
    return found


def _close(found: dict[Hashable, Lane], cluster: list[tuple[Hashable, int]], count: int) -> None:
    found.update({key: Lane(number, count) for key, number in cluster})
