"""The line to the server between two passes: opening one costs more than an edit over it."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Final

from clinic_desktop.sync.client import Address, Link

_KEPT_S: Final = 60.0
"""How long a line is kept: less than servers wait on it (``server.serving``)."""


@dataclass(frozen=True)
class _Left:
    address: Address
    line: HTTPConnection
    since: float
    """Seconds of uptime."""


class KeptLine:
    """At most one line, left by a pass that went well and taken by the next."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: _Left | None = None
        self._is_over = False

    def lend(self, link: Link) -> None:
        """Let a link go on with the line, if it leads there and the server surely still listens."""
        with self._lock:
            left, self._left = self._left, None
        if left is None:
            return
        if left.address == link.address and link.clock.uptime() - left.since < _KEPT_S:
            link.resume(left.line)
        else:
            left.line.close()

    def keep(self, link: Link) -> None:
        """Take a link's line; not a hub's, which has few for all PCs of the house."""
        with self._lock:
            line = None if self._is_over or link.address.is_near else link.leave()
            if line is not None:
                self._left = _Left(link.address, line, link.clock.uptime())

    def end(self) -> None:
        """Hang up, from any thread, and keep none from now on."""
        with self._lock:
            self._is_over = True
            left, self._left = self._left, None
        if left is not None:
            left.line.close()
