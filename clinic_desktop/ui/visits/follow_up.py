"""What stands behind ``/fu``: "2w", "in 3 months", "fri"."""

from __future__ import annotations

from datetime import date

from clinic_desktop.domain.dates import parse_when
from clinic_desktop.domain.refusals import RefusedError


def follow_up_day(text: str, today: date) -> date | None:
    """The day meant by a typed text; none where it names no day to come."""
    for told in (text, f"in {text}"):
        try:
            day = parse_when(told, today=today).day
        except RefusedError:
            continue
        if day is not None and day > today:
            return day
    return None
