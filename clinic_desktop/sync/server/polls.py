"""Polls that bring nothing and find nothing, answered without the disk.

For a server that has its files for itself: what it remembers of a practice is exact, because
every change of that practice goes through it. A counter is kept ahead of the requests: after a stop
only higher ones are served, so that none works twice, and a PC that counts lower is told so and
goes on from there.
"""

from __future__ import annotations

import threading
import uuid
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from clinic_desktop.sync.messages import SyncReply, SyncRequest
from clinic_desktop.sync.statements import Known

_AHEAD: Final = 64
"""How many requests of a PC are served before its counter is written again."""
_MOST_PRACTICES: Final = 4096
_MOST_PCS: Final = 20_000
_Place = tuple[bytes, bytes]
"""Practice and PC."""


@dataclass(frozen=True)
class Tips:
    """What a practice is, and the last segment and its digest of each of its PCs."""

    known: Known
    held: Mapping[bytes, tuple[int, bytes]]

    def answer(self, mine: bytes, request: SyncRequest, now: int) -> SyncReply | None:
        """To a PC that brings nothing; ``None`` where there is something to hand out."""
        if request.segments or request.carried or mine not in self.held:
            return None
        have = request.have
        if any(tip > have.get(each, 0) for each, (tip, _h) in self.held.items() if each != mine):
            return None
        others = self.known.devices.keys() | self.known.ended.keys()
        if any(
            have.get(each, 0) > self.held[each][0] for each in self.held.keys() & others - {mine}
        ):
            return None  # where it goes on from depends on the snapshots
        tip, tip_hash = self.held[mine]
        return SyncReply(1, now, tip, tip_hash, segments=(), more=False)


class Polls:
    """What a server remembers; asked from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tips: OrderedDict[bytes, Tips] = OrderedDict()
        self._counters: OrderedDict[_Place, tuple[int, int]] = OrderedDict()
        """The last counter that was served, and up to which they are kept as served."""

    def tips(self, clinic: uuid.UUID) -> Tips | None:
        """What is remembered of a practice."""
        with self._lock:
            found = self._tips.get(clinic.bytes)
            if found is not None:
                self._tips.move_to_end(clinic.bytes)
            return found

    def remember(self, clinic: uuid.UUID, tips: Tips) -> None:
        """Said inside the transaction that read it, so that no later change is missed."""
        with self._lock:
            self._tips[clinic.bytes] = tips
            self._tips.move_to_end(clinic.bytes)
            if len(self._tips) > _MOST_PRACTICES:
                self._tips.popitem(last=False)

    def forget(self, clinic: uuid.UUID) -> None:
        """Its statements changed, or a change of it was taken back."""
        with self._lock:
            self._tips.pop(clinic.bytes, None)

    def serves(self, place: _Place, counter: int) -> bool:
        """Take a request's counter, if it is new and kept as served already."""
        with self._lock:
            last, kept = self._counters.get(place, (0, 0))
            if not last < counter <= kept:
                return False
            self._take(place, counter, kept)
            return True

    def last(self, place: _Place, kept: int, counter: int) -> int:
        """The counter to be higher than; one that is higher is taken. ``kept`` is on the disk."""
        with self._lock:
            last, _kept = self._counters.get(place, (kept, kept))
            if counter > last:
                self._take(place, counter, kept)
            return last

    def kept(self, place: _Place, kept: int) -> None:
        """Counters up to this one are on the disk as served."""
        with self._lock:
            last, before = self._counters.get(place, (kept, kept))
            self._take(place, last, max(kept, before))

    def _take(self, place: _Place, counter: int, kept: int) -> None:
        self._counters[place] = counter, kept
        self._counters.move_to_end(place)
        if len(self._counters) > _MOST_PCS:
            self._counters.popitem(last=False)

    @staticmethod
    def ahead(counter: int) -> int:
        """What is written for this one."""
        return counter + _AHEAD
