"""The sole reader of time and maker of ids, so that tests can hold both still."""

from __future__ import annotations

import os
import threading
import time
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """What the program knows of time."""

    def now(self) -> datetime:
        """The current instant, in UTC."""

    def new_id(self) -> uuid.UUID:
        """A fresh UUIDv7."""

    def uptime(self) -> float:
        """Seconds since the PC was started; no setting of the clock changes it."""


class SystemClock:
    """Wall clock of this PC; ids never go backwards within one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def now(self) -> datetime:
        """The current instant, in UTC."""
        return datetime.now(UTC)

    def uptime(self) -> float:
        """Seconds since the PC was started, for all programs alike."""
        return time.monotonic()

    def new_id(self) -> uuid.UUID:
        """A UUIDv7 (RFC 9562): 48 bits of milliseconds, 12 of sequence, 62 random."""
        with self._lock:
            # 60 bits: milliseconds and a 12-bit counter, advanced when the clock stands still.
            self._last = max(self._last + 1, self._millis() << 12)
            stamp = self._last
        return uuid7(stamp >> 12, stamp & 0xFFF, int.from_bytes(os.urandom(8), "big"))

    def _millis(self) -> int:
        return int(self.now().timestamp() * 1000)


class FixedClock:
    """A clock that stands still until told to move; ids are counted. For tests and samples."""

    def __init__(self, now: datetime, seed: int = 0) -> None:
        self._now = now
        self._up = 1000.0
        self._count = seed

    def now(self) -> datetime:
        """The instant it was set to."""
        return self._now

    def uptime(self) -> float:
        """Seconds since some moment of its own; goes on with ``advance`` only."""
        return self._up

    def advance(self, **delta: float) -> None:
        """Move on by ``timedelta(**delta)``."""
        self._now += timedelta(**delta)
        self._up += timedelta(**delta).total_seconds()

    def new_id(self) -> uuid.UUID:
        """The next counted UUIDv7."""
        self._count += 1
        millis = int(self._now.timestamp() * 1000)
        return uuid7(millis, self._count >> 62 & 0xFFF, self._count)


def uuid7(millis: int, sequence: int, tail: int) -> uuid.UUID:
    """Put a UUIDv7 together from its parts."""
    value = (millis & (1 << 48) - 1) << 80 | 7 << 76 | (sequence & 0xFFF) << 64
    return uuid.UUID(int=value | 2 << 62 | tail & (1 << 62) - 1)


def clinic_day(instant: datetime, zone: str) -> date:
    """The calendar day of an instant where the clinic stands."""
    return instant.astimezone(ZoneInfo(zone)).date()
