"""What a server takes at most, from anybody."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

from clinic_desktop.sync.messages import MAX_REQUEST


@dataclass(frozen=True)
class Limits:
    """Bounds of one server."""

    request_bytes: int = MAX_REQUEST
    bodies_bytes: int = 128 << 20
    """Bodies of all requests together that are being read or worked on."""
    practice_bytes: int = 5 << 30
    practices: int = 10_000
    mails: int = 100
    """Invitations of one practice that are open at a time."""
    keys: int = 40_000
    """Data keys that wait in one practice, those of up to four authors for each PC and epoch."""
    mail_s: int = 60 * 60
    """How long an invitation stays open."""
    keep_ms: int = 0
    """How long a segment is kept though snapshots cover it; 0 for ever."""
    body_s: float = 60.0
    """How long a request's body may take."""
    per_minute: int = 120
    """Requests of one PC; of one address, those that no PC signed."""
    burst: int = 240
    together: int = 25
    """How many times as much all PCs of one practice may ask: others wait for what it takes."""


@dataclass
class Rate:
    """Token buckets by name; the newest few thousand names are remembered."""

    per_minute: int
    burst: int
    most_names: int = 20_000
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def takes(self, name: str, uptime: float) -> bool:
        """Whether one more request of this name is served now."""
        left, since = self._left.pop(name, (float(self.burst), uptime))
        left = min(float(self.burst), left + (uptime - since) * self.per_minute / 60)
        is_taken = left >= 1
        self._left[name] = (left - 1 if is_taken else left, uptime)
        if len(self._left) > self.most_names:
            self._left.popitem(last=False)
        return is_taken

    def give_back(self, name: str) -> None:
        """One that was taken for this name did not count after all."""
        if name in self._left:
            left, since = self._left[name]
            self._left[name] = min(float(self.burst), left + 1), since
