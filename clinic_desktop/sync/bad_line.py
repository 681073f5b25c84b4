"""What is asked of the system for lines that lose packets.

TCP waits twice as long before each further attempt to send a lost packet. Where every third one is
lost, a few in a row make half a minute of silence out of what an even pace brings over in seconds.
"""

from __future__ import annotations

import socket
import sys
from contextlib import suppress
from typing import Final

_THIN_LINEAR_TIMEOUTS: Final = 16
"""Linux: while few packets are under way, the first six attempts follow at an even pace."""


def persist(line: socket.socket) -> None:
    """Try again at an even pace, where the system can; of a listener, all lines that it takes."""
    if sys.platform == "linux":
        with suppress(OSError):  # not a line over a network, or a system that does not know it
            line.setsockopt(socket.IPPROTO_TCP, _THIN_LINEAR_TIMEOUTS, 1)
