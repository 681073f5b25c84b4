"""Dates and times as FHIR writes them: partial ones keep their precision, offsets become UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache

from clinic_desktop.domain.dates import DateError, PartialDate
from clinic_desktop.i18n import _
from clinic_desktop.services.wording import sentence_of

_SPELLING = re.compile(
    r"\d{4}(?:-\d\d(?:-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?)?)?)?",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_YEAR, LAST_YEAR = 1800, 2200
"""Instants outside are the "no date" of some system (0001-01-01) and are not stored."""


class Moment:
    """A FHIR ``date``, ``dateTime`` or ``instant``."""

    __slots__ = ("_at", "day", "text")

    def __init__(self, text: str) -> None:
        """Read one.

        Raises:
            ValueError: no date, or one that cannot be (``2023-02-31``).
        """
        if not _SPELLING.fullmatch(text):
            raise ValueError(_("“{text}” is no date of FHIR.").format(text=text[:40]))
        self.text = text
        try:
            self.day = PartialDate.parse(text[:10])
        except DateError as error:
            raise ValueError(sentence_of(error)) from error
        self._at = datetime.fromisoformat(text) if len(text) > 10 else None

    @property
    def partial(self) -> str:
        """The day, month or year as its source wrote it."""
        return self.text[:10]

    @property
    def first(self) -> date:
        """The earliest day it can mean."""
        return self.day.first

    def millis(self, zone: tzinfo) -> int | None:
        """Milliseconds since 1970; a day without a time begins where the clinic stands."""
        if not FIRST_YEAR <= self.day.year < LAST_YEAR:
            return None
        at = self._at or datetime.combine(self.day.first, datetime.min.time())
        if at.tzinfo is None:
            at = at.replace(tzinfo=zone)
        gap = at - _EPOCH
        return (gap.days * 86_400 + gap.seconds) * 1000 + gap.microseconds // 1000


@lru_cache(maxsize=4096)
def moment(text: str) -> Moment:
    """``Moment`` of a text; the dates of one visit repeat many times."""
    return Moment(text)
