"""When each person last gave the password while the record has been open; in memory only.

Some actions ask for a password of the last minutes (``services.access``): whoever finds an
unlocked window may read on, but not let people in, take out the data, or give money back.
"""

from __future__ import annotations

import math
import uuid

from clinic_desktop.clock import Clock


class Proofs:
    """Times are those of the PC's running, which no setting of the clock changes."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._given: dict[uuid.UUID, float] = {}

    def gave(self, user: uuid.UUID) -> None:
        """The password was right just now."""
        self._given[user] = self._clock.uptime()

    def forget(self, user: uuid.UUID) -> None:
        """The window was locked: a PIN brings back to the desk, not to this."""
        self._given.pop(user, None)

    def age(self, user: uuid.UUID) -> float:
        """Seconds since the password was given; infinity if it never was."""
        given = self._given.get(user)
        return math.inf if given is None else self._clock.uptime() - given
