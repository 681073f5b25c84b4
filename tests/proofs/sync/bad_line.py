"""A line between PCs and server that delays answers, cuts them, or puts a page in their place."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from typing import Final

from tests.proofs.sync.simulated.wire import PAGE

_PIECE: Final = 4096
_SILENCE_S: Final = 30.0


def carry(listener: socket.socket, port: int, seed: int, faults: float) -> None:
    """Carry every connection to the server's port until the process is ended.

    ``faults`` is how often a piece of an answer meets with something.
    """
    chance = random.Random(seed)
    while True:
        client, _address = listener.accept()
        line = _Line(client, port, random.Random(chance.random()), faults)
        threading.Thread(target=line.run, daemon=True).start()


class _Line:
    """One connection."""

    def __init__(
        self, client: socket.socket, port: int, chance: random.Random, faults: float
    ) -> None:
        self._client, self._port, self._chance, self._faults = client, port, chance, faults
        self._wait = threading.Event()

    def run(self) -> None:
        """Carry it until either side ends it, or chance does."""
        with contextlib.suppress(OSError), self._client:
            server = socket.create_connection(("127.0.0.1", self._port), _SILENCE_S)
            with server:
                there = threading.Thread(target=self._requests, args=(server,), daemon=True)
                there.start()
                self._answers(server)

    def _requests(self, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := self._client.recv(_PIECE):
                if self._chance.random() < self._faults / 2:
                    piece = piece[: self._chance.randrange(len(piece))]
                    server.sendall(piece)
                    break
                server.sendall(piece)
            server.shutdown(socket.SHUT_WR)

    def _answers(self, server: socket.socket) -> None:
        while piece := server.recv(_PIECE):
            what = self._chance.choice(("cut", "page", "late", "end"))
            if self._chance.random() >= self._faults:
                self._client.sendall(piece)
            elif what == "late":
                self._wait.wait(self._chance.random() / 10)
                self._client.sendall(piece)
            else:
                left = PAGE if what == "page" else piece[: self._chance.randrange(len(piece))]
                self._client.sendall(left if what != "end" else b"")
                return
