"""What is asked of the system for lines that lose packets.

TCP waits twice as long before each further attempt to send a lost packet, and the longer it took to
hear of one, the longer for the next. Where every third one is lost, a few in a row make half a
minute of silence out of what an even pace brings over in seconds.
"""

from __future__ import annotations

import socket
import sys
from contextlib import suppress
from typing import Final

_THIN_LINEAR_TIMEOUTS: Final = 16
"""Linux: while few packets are under way, the first six attempts follow at an even pace.

Not with every way to react to loss (with BBR never), and the pace itself may have become slow.
"""
_MOST_BETWEEN: Final = 44
"""Linux since 6.15 (``TCP_RTO_MAX_MS``): the most milliseconds between two attempts."""
MOST_BETWEEN_MS: Final = 3000
"""More than an answer takes on any line that a clinic would call working."""


def persist(line: socket.socket) -> None:
    """Try again at an even pace, where the system can; of a listener, all lines that it takes."""
    if sys.platform != "linux":
        return
    for option, value in ((_THIN_LINEAR_TIMEOUTS, 1), (_MOST_BETWEEN, MOST_BETWEEN_MS)):
        with suppress(OSError):  # not a line over a network, or a system that does not know it
            line.setsockopt(socket.IPPROTO_TCP, option, value)
