"""The network between PCs and server: bytes that are lost, cut, doubled or late, and false pages.

The client's own HTTP reads what comes; what it sent goes to the server's own ASGI application. No
process, no socket, no waiting: time passes on the simulated clocks.
"""

from __future__ import annotations

import asyncio
import http.client
import io
import random
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from unittest import mock

from clinic_desktop.clock import Clock
from clinic_desktop.sync import statements
from clinic_desktop.sync.client import Address
from clinic_desktop.sync.pinned import NEAR
from clinic_desktop.sync.server.app import make_app
from clinic_desktop.sync.server.files import Files
from clinic_desktop.sync.server.limits import Limits
from clinic_desktop.sync.server.relay import Relay
from clinic_desktop.sync.server.tables import NoRoomError
from tests.proofs.sync.simulated.house import House
from tests.proofs.sync.simulated.machines import Power, PowerCut, watch

URL: Final = "http://127.0.0.1:8500"
PAGE: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 32\r\n\r\n"
    b"<!doctype html><p>Sign in here.\n"
)
BUSY: Final = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"
WEATHER: Final = (
    "request lost", "request cut", "answer lost", "answer cut", "doubled", "late", "page", "busy",
    "request changed",
)  # fmt: skip


class Server:
    """The relay's application over its real files; its power may go at any statement."""

    def __init__(self, folder: Path, clock: Clock, limits: Limits | None = None) -> None:
        self.folder, self.clock = folder, clock
        self.limits = limits or Limits(per_minute=100_000, burst=100_000)
        self.power: Power = watch(folder)
        self._loop = asyncio.new_event_loop()
        self._practices: Files | None = None
        self._app: Any = None

    @property
    def is_up(self) -> bool:
        """Whether it serves."""
        return self._practices is not None

    def start(self) -> None:
        """Serve what is in the folder."""
        self.power.come_back()
        self._practices = Files(self.folder)
        self._app = make_app(Relay(self._practices, self.clock, self.limits))

    def stop(self) -> None:
        """Serve no more; what was not committed is not there at the next start."""
        if self._practices is not None:
            self._practices.close()
        self.power.let_go()
        self._practices = self._app = None

    def fill_disk(self) -> None:
        """No page more fits on the disk, until it starts again."""
        try:
            for each in self._practices._open.values() if self._practices is not None else ():
                count = each.connection.execute("PRAGMA page_count").fetchone()[0]
                each.connection.execute(f"PRAGMA max_page_count = {count}")
        except PowerCut:
            self.stop()

    def close(self) -> None:
        """It is never needed again."""
        self.stop()
        self._loop.close()

    def keys_for(self, clinic: uuid.UUID, device: bytes) -> set[int]:
        """The epochs whose keys wait for a PC."""
        assert self._practices is not None
        with self._practices.practice(clinic) as rows:
            assert rows is not None
            found = rows.all(
                "SELECT epoch FROM handed WHERE clinic = :clinic AND device_id = :device",
                device=device,
            )
        return {row[0] for row in found}

    def has_ended(self, clinic: uuid.UUID, device: bytes) -> bool:
        """Whether it was told that a PC was taken out; one that is off lets nobody in either."""
        assert self._practices is not None
        try:
            with self._practices.practice(clinic) as rows:
                if rows is None:
                    return False
                found = rows.all("SELECT body FROM statement WHERE clinic = :clinic ORDER BY n")
        except PowerCut:
            self.stop()
            return True
        known = statements.replay(statements.read(bytes(body)) for (body,) in found)
        return known is not None and device in known.ended

    def change(self, clinic: uuid.UUID, statement: str) -> None:
        """Do something to what it keeps of a practice; on a full disk it stays as it is."""
        assert self._practices is not None
        try:
            with suppress(NoRoomError), self._practices.practice(clinic) as rows:
                if rows is not None:
                    rows.run(statement)
        except PowerCut:
            self.stop()

    def serve(self, sent: bytes) -> bytes:
        """The answer to what came; empty where it ended before one could be made.

        Raises:
            PowerCut: the machine went off.
        """
        head, _, body = sent.partition(b"\r\n\r\n")
        if not head or not _ or self._app is None:
            return b""
        lines = head.decode("latin-1").split("\r\n")
        method, path, _version = lines[0].split(" ")
        headers = [
            (name.strip().lower().encode(), value.strip().encode())
            for name, _colon, value in (line.partition(":") for line in lines[1:])
        ]
        said = dict(headers)
        is_whole = len(body) >= int(said.get(b"content-length", b"0"))
        answer: list[dict[str, Any]] = []
        messages = [{"type": "http.request", "body": body, "more_body": not is_whole}]

        async def receive() -> dict[str, Any]:
            return messages.pop() if messages else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            answer.append(message)

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
            "root_path": "", "headers": headers, "client": ("192.0.2.1", 5000),
            "server": ("127.0.0.1", 8500), "state": {},
        }  # fmt: skip
        self._loop.run_until_complete(self._app(scope, receive, send))
        return _written(answer) if is_whole else b""


def _written(answer: list[dict[str, Any]]) -> bytes:
    start = answer[0]
    head = b"".join(name + b": " + value + b"\r\n" for name, value in start["headers"])
    body = b"".join(each.get("body", b"") for each in answer[1:])
    return b"HTTP/1.1 %d said\r\n%s\r\n%s" % (start["status"], head, body)


@dataclass
class Network:
    """What happens to a request is decided by chance, as bad as the weather is."""

    server: Server
    chance: random.Random
    loss: float = 0.0
    """How often something goes wrong."""
    pass_time: Callable[[float], None] = lambda _seconds: None
    note: Callable[[str], None] = lambda _what: None
    secrets: tuple[bytes, ...] = ()
    """Words that must never go over the line."""
    heard: list[str] = field(default_factory=list)
    """Those that did."""
    house: House = field(default_factory=House)
    _late: list[tuple[bytes, str]] = field(default_factory=list)

    def deliver(self, sent: bytes, to: str = URL) -> bytes:
        """What comes back for a request.

        Raises:
            OSError: nothing comes back.
        """
        self._listen(sent)
        if self._late and self.chance.random() < 0.5:
            self._ask(*self._late.pop(self.chance.randrange(len(self._late))))
        self.pass_time(0.05)
        what = self.chance.choice(WEATHER) if self.chance.random() < self.loss else "well"
        self.note(what)
        if what in {"page", "busy"}:
            return PAGE if what == "page" else BUSY
        self._on_its_way(what, sent, to)
        answer = self._ask(self._changed(sent) if what == "request changed" else sent, to)
        match what:
            case "answer lost":
                self.pass_time(30)
                raise TimeoutError
            case "answer cut":
                return answer[: self.chance.randrange(len(answer) or 1)]
            case "doubled":
                self._ask(sent, to)
        return answer

    def _on_its_way(self, what: str, sent: bytes, to: str) -> None:
        match what:
            case "request lost" | "late":
                if what == "late":
                    self._late.append((sent, to))
                self.pass_time(30)
                raise TimeoutError
            case "request cut":
                self._ask(sent[: self.chance.randrange(len(sent))], to)
                raise ConnectionResetError
            case "doubled" if self.chance.random() < 0.5:
                self._ask(sent, to)

    def _changed(self, sent: bytes) -> bytes:
        """One bit of what is sent is another one; what is asked for stays."""
        raw, begin = bytearray(sent), sent.index(b"\r\n\r\n") + 4
        if begin < len(raw):
            raw[self.chance.randrange(begin, len(raw))] ^= 1 << self.chance.randrange(8)
        return bytes(raw)

    def _ask(self, sent: bytes, to: str = URL) -> bytes:
        if to.startswith(NEAR):
            return self._ask_near(sent, to)
        if not self.server.is_up:
            raise ConnectionRefusedError
        try:
            answer = self.server.serve(sent)
        except PowerCut:
            self.note("server off")
            self.server.stop()
            raise ConnectionResetError from None
        self._listen(answer)
        return answer

    def _ask_near(self, sent: bytes, to: str) -> bytes:
        hub = self.house.hub(to)
        if hub is None:
            raise ConnectionRefusedError
        try:
            answer = hub.serve(sent)
        except PowerCut:
            self.note(f"hub off {hub.pc.line}")
            if hub.pc is not self.house.asks:  # else its own work ends at the next statement
                hub.pc.stop()
            raise ConnectionResetError from None
        self._listen(answer)
        return answer

    def _listen(self, passing: bytes) -> None:
        self.heard += [each.decode() for each in self.secrets if each in passing]

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Every connection that is made in this block goes over this network."""

        def connect(address: Address) -> http.client.HTTPConnection:
            return _Line(self, address.url if address.is_near else URL)

        with mock.patch.object(Address, "connect", connect), self.house.in_use():
            yield


class _Line(http.client.HTTPConnection):
    """A connection whose other end is the simulated network."""

    def __init__(self, network: Network, to: str) -> None:
        super().__init__("127.0.0.1", 8500)
        self._network, self._to = network, to

    def connect(self) -> None:
        self.sock = _End(self._network, self._to)


class _End:
    """As much of a socket as the client's HTTP asks for."""

    def __init__(self, network: Network, to: str) -> None:
        self._network, self._to, self._sent = network, to, b""

    def sendall(self, data: bytes) -> None:
        self._sent += data

    def makefile(self, _mode: str) -> io.BytesIO:
        sent, self._sent = self._sent, b""
        return io.BytesIO(self._network.deliver(sent, self._to))

    def settimeout(self, _seconds: float) -> None:
        """Time is simulated."""

    def close(self) -> None:
        """Nothing is open."""
