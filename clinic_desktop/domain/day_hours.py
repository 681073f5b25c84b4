"""Opening hours as people type them: "8-12, 14:00-18:00", "8.30–17"."""

from __future__ import annotations

import re

from clinic_desktop.domain.folding import fold
from clinic_desktop.domain.refusals import RefusedError

_SPAN = re.compile(r"(\d{1,2})(?:[:.](\d\d))?\s*-\s*(\d{1,2})(?:[:.](\d\d))?")
_DAY_MIN = 24 * 60


class HoursError(RefusedError):
    """Hours that cannot be read, or that end before they begin."""


def parse_hours(text: str) -> tuple[tuple[int, int], ...]:
    """Spans in minutes since midnight, in the order typed; empty for a day without hours.

    Raises ``HoursError`` with the codes ``not-hours`` and ``ends-before-it-begins``.
    """
    folded = re.sub(r"[–—−]", "-", fold(text)).strip()
    if not folded or folded in {"-", "closed", "закрыто", "مغلق"}:
        return ()
    spans = []
    for part in re.split(r"[,;،]|\band\b|\bи\b", folded):
        found = _SPAN.fullmatch(part.strip())
        if not found:
            raise HoursError("not-hours")
        from_hour, from_minute, to_hour, to_minute = (int(each or 0) for each in found.groups())
        start, end = from_hour * 60 + from_minute, to_hour * 60 + to_minute
        if max(from_minute, to_minute) > 59 or end > _DAY_MIN:
            raise HoursError("not-hours")
        if end <= start:
            raise HoursError("ends-before-it-begins")
        spans.append((start, end))
    return tuple(spans)


def show_hours(spans: tuple[tuple[int, int], ...]) -> str:
    """The same in the usual form, "08:00-12:00, 14:00-18:00"."""
    return ", ".join(f"{_clock(start)}-{_clock(end)}" for start, end in spans)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
