"""A slow and late line between PCs and server, which cuts, doubles, and answers by itself."""

from __future__ import annotations

import contextlib
import random
import socket
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.proofs.sync.simulated.wire import PAGE

_PIECE: Final = 4096
_SILENCE_S: Final = 30.0


@dataclass(frozen=True)
class Weather:
    """How bad a line is."""

    faults: float = 0.0
    """How often a piece of an answer meets with something, and half as often one of a request."""
    delay_s: float = 0.0
    """How long a piece of an answer is under way."""
    bytes_per_s: int = 0
    """How much passes each way; 0 where nothing holds it up."""
    refused: float = 0.0
    """How often a connection ends as it begins."""
    doubled: float = 0.0
    """How often what was sent on a connection comes to the server once more, after all of it."""
    secret: bytes = b""
    """A word that must never pass readable."""
    heard: Path | None = None
    """The file that then comes to be."""


def carry(listener: socket.socket, port: int, seed: int, weather: Weather) -> None:
    """Carry every connection to the server's port until the process is ended."""
    chance = random.Random(seed)
    while True:
        client, _address = listener.accept()
        if chance.random() < weather.refused:
            client.close()
            continue
        line = _Line(client, port, random.Random(chance.random()), weather)
        threading.Thread(target=line.run, daemon=True).start()


class _Line:
    """One connection."""

    def __init__(
        self, client: socket.socket, port: int, chance: random.Random, weather: Weather
    ) -> None:
        self._client, self._port, self._chance, self._weather = client, port, chance, weather
        self._faults = weather.faults
        self._wait = threading.Event()
        self._sent = b""
        self._passing = {"up": b"", "down": b""}

    def run(self) -> None:
        """Carry it until either side ends it, or chance does."""
        with contextlib.suppress(OSError), self._client:
            server = socket.create_connection(("127.0.0.1", self._port), _SILENCE_S)
            with server:
                there = threading.Thread(target=self._requests, args=(server,), daemon=True)
                there.start()
                self._answers(server)
            # Closing alone would say nothing while the other thread still listens.
            self._client.shutdown(socket.SHUT_RDWR)
        if self._chance.random() < self._weather.doubled:
            self._double()

    def _double(self) -> None:
        """The server gets it all again, and nobody waits for what it says."""
        with contextlib.suppress(OSError):
            address = ("127.0.0.1", self._port)
            with socket.create_connection(address, _SILENCE_S) as server:
                server.sendall(self._sent)
                server.shutdown(socket.SHUT_WR)
                while server.recv(_PIECE):
                    pass

    def _pass(self, piece: bytes, way: str) -> None:
        """Take the time that it takes, and listen."""
        weather = self._weather
        if weather.bytes_per_s:
            self._wait.wait(len(piece) / weather.bytes_per_s)
        said = self._passing[way] + piece
        if weather.secret and weather.secret in said and weather.heard is not None:
            weather.heard.write_text(way)
        self._passing[way] = said[-len(weather.secret) :]

    def _requests(self, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := self._client.recv(_PIECE):
                self._pass(piece, "up")
                if self._chance.random() < self._faults / 2:
                    server.sendall(piece[: self._chance.randrange(len(piece))])
                    self._client.shutdown(socket.SHUT_RDWR)  # whoever still sends hears of it
                    server.shutdown(socket.SHUT_RDWR)
                    return
                server.sendall(piece)
                if self._weather.doubled:
                    self._sent += piece
            server.shutdown(socket.SHUT_WR)

    def _answers(self, server: socket.socket) -> None:
        while piece := server.recv(_PIECE):
            self._pass(piece, "down")
            if self._weather.delay_s:
                self._wait.wait(self._chance.random() * self._weather.delay_s)
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
