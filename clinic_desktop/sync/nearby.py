"""Finding the hub in the house: a question to all PCs of the network, an answer from ours only.

    question = "clinic-desktop near 1" ‖ nonce (16) ‖ D_k("ask", nonce)
    answer   = "clinic-desktop near 1" ‖ nonce (16) ‖ port (2) ‖ D_k("here", nonce, port)

in one UDP packet each; ``k`` is ``subkey(DEK, "lan")`` of a data key that both hold. Nothing is
said to whom does not hold it, and no name of the practice is ever on the air. What answers is
believed nothing: it shows its key when it is called.
"""

from __future__ import annotations

import secrets
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from typing import Final

from clinic_desktop.clock import Clock
from clinic_desktop.security.primitives import keyed_digest
from clinic_desktop.sync.keys import subkey
from clinic_desktop.sync.pinned import NEAR, NEAR_PORT

GROUP: Final = "239.255.67.68"
"""Multicast that no router hands on."""
WAIT_S: Final = 1.0
"""How long answers are waited for; a network answers within a few milliseconds."""
_MARK: Final = b"clinic-desktop near 1"
_NONCE, _TAG = 16, 32
_TURN_S: Final = 0.25
_LARGEST: Final = 512


class Answering:
    """Answers questions for a hub until it is stopped."""

    def __init__(
        self, deks: Callable[[], Iterable[bytes]], hub: int, port: int = NEAR_PORT
    ) -> None:
        """``hub`` is where the hub listens; questions come to the UDP port ``port``.

        Raises:
            OSError: the port is taken.
        """
        self._deks, self._hub = deks, hub
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind(("", port))
            self._socket.settimeout(_TURN_S)
        except OSError:
            self._socket.close()
            raise
        for own in own_addresses():
            member = socket.inet_aton(GROUP) + socket.inet_aton(own)
            with suppress(OSError):  # a network without multicast is asked by broadcast
                self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hub-answers", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where questions come to."""
        return int(self._socket.getsockname()[1])

    def _run(self) -> None:
        while not self._is_over.is_set():
            with suppress(OSError):  # nothing came, or the network went away and comes back
                asked, sender = self._socket.recvfrom(_LARGEST)
                said = answer(asked, list(self._deks()), self._hub)
                if said:
                    self._socket.sendto(said, sender)

    def stop(self) -> None:
        """Say nothing any more."""
        self._is_over.set()
        self._thread.join()
        self._socket.close()


def find(deks: Sequence[bytes], clock: Clock, targets: Sequence[tuple[str, int]] = ()) -> list[str]:
    """Addresses of the practice's hubs that answer now; asks the whole network without targets."""
    if not deks:
        return []
    nonce = secrets.token_bytes(_NONCE)
    key = subkey(deks[-1], b"lan")
    asked = _MARK + nonce + keyed_digest(key, b"ask", nonce)
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        line.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        for own in [] if targets else own_addresses():
            with suppress(OSError):
                line.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(own))
                line.sendto(asked, (GROUP, NEAR_PORT))
        for target in targets or [("255.255.255.255", NEAR_PORT)]:
            with suppress(OSError):
                line.sendto(asked, target)
        return sorted(set(_answers(line, key, nonce, clock)))


def _answers(line: socket.socket, key: bytes, nonce: bytes, clock: Clock) -> Iterator[str]:
    until = clock.uptime() + WAIT_S
    while (left := until - clock.uptime()) > 0:
        line.settimeout(left)
        try:
            said, sender = line.recvfrom(_LARGEST)
        except OSError:
            return
        port = said[len(_MARK) + _NONCE : -_TAG]
        if said == _MARK + nonce + port + keyed_digest(key, b"here", nonce, port):
            yield f"{NEAR}://{sender[0]}:{int.from_bytes(port, 'big')}"


def answer(asked: bytes, deks: Sequence[bytes], hub: int) -> bytes:
    """What a hub says to a question; nothing to one that is none of its practice."""
    nonce = asked[len(_MARK) : len(_MARK) + _NONCE]
    for dek in reversed(deks):
        key = subkey(dek, b"lan")
        if secrets.compare_digest(asked, _MARK + nonce + keyed_digest(key, b"ask", nonce)):
            port = hub.to_bytes(2, "big")
            return _MARK + nonce + port + keyed_digest(key, b"here", nonce, port)
    return b""


def own_addresses() -> list[str]:
    """The IPv4 addresses of this PC, its own loop last."""
    found: list[str] = []
    with suppress(OSError):
        ways = socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
        found += [str(each[4][0]) for each in ways]
    with suppress(OSError), closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as line:
        line.connect((GROUP, NEAR_PORT))  # says nothing: it only asks which way it would go
        found.insert(0, str(line.getsockname()[0]))
    outward = [each for each in dict.fromkeys(found) if not each.startswith("127.")]
    return [*outward, "127.0.0.1"]
