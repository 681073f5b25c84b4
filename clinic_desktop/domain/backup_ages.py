"""Which backups are kept, and when the last one is too old."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from enum import StrEnum

LEAST = 3
"""So many of the newest are never removed."""
EVERY = timedelta(hours=1)
"""How often a record that changes is backed up."""
_SHRUNK = 0.7
_LATE, _TOO_LATE = timedelta(hours=24), timedelta(hours=72)
_TURNS: tuple[tuple[int, Callable[[datetime], object]], ...] = (
    (24, lambda at: (at.date(), at.hour)),
    (14, lambda at: at.date()),
    (8, lambda at: at.isocalendar()[:2]),
    (12, lambda at: (at.year, at.month)),
    (7, lambda at: at.year),
)
"""How many hours, days, weeks, months and years keep the newest backup of each."""


class Age(StrEnum):
    """How alarming the age of the last verified backup is."""

    FRESH = "fresh"
    LATE = "late"
    TOO_LATE = "too-late"
    NEVER = "never"


def age_of(made: datetime | None, now: datetime) -> Age:
    """The age of the last verified backup; one from the future counts as fresh."""
    if made is None:
        return Age.NEVER
    since = now - made
    return Age.TOO_LATE if since >= _TOO_LATE else Age.LATE if since >= _LATE else Age.FRESH


def has_shrunk(rows: int, before: int) -> bool:
    """Whether so many rows are gone since the last verified backup that somebody has to look.

    The program never removes a chart: a record that has lost a third was harmed or exchanged.
    """
    return rows < _SHRUNK * before


def kept(made: Iterable[datetime]) -> set[datetime]:
    """Of all moments those whose backup stays: 24 hours, 14 days, 8 weeks, 12 months, 7 years."""
    newest_first = sorted(made, reverse=True)
    staying = set(newest_first[:LEAST])
    for count, turn in _TURNS:
        seen: dict[object, datetime] = {}
        for at in newest_first:
            seen.setdefault(turn(at), at)
        staying |= set(list(seen.values())[:count])
    return staying


def given_up_first(made: Iterable[datetime]) -> list[datetime]:
    """In which order backups go when there is no room: the densest first, never the newest."""
    ordered = sorted(made)
    order: list[datetime] = []
    while len(ordered) > LEAST:
        # What leaves the smallest gap behind is missed least.
        gaps = [
            (ordered[place + 1] - ordered[place - 1], ordered[place])
            for place in range(1, len(ordered) - LEAST + 1)
        ] or [(timedelta(), ordered[0])]
        gone = min(gaps)[1]
        order.append(gone)
        ordered.remove(gone)
    return order
