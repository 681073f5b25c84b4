"""The hour at which the day begins, whenever it is played."""

from __future__ import annotations

import uuid
from datetime import datetime, time
from zoneinfo import ZoneInfo

from clinic_desktop.clock import SystemClock

BEGINS = time(10, 20)


class MorningClock:
    """A running clock that stands at twenty past ten in the clinic's zone when it is made."""

    def __init__(self, zone: str) -> None:
        self._system = SystemClock()
        now = self._system.now()
        local = now.astimezone(ZoneInfo(zone))
        self._shift = datetime.combine(local.date(), BEGINS, local.tzinfo) - local

    def now(self) -> datetime:
        """The instant, in UTC, as this clock has it."""
        return self._system.now() + self._shift

    def uptime(self) -> float:
        """Seconds since the PC was started."""
        return self._system.uptime()

    def new_id(self) -> uuid.UUID:
        """A fresh id."""
        return self._system.new_id()
