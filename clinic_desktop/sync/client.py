"""Talking to a server over one kept connection; whatever it answers, nothing here believes it.

Answers are bounded in size and time. What is not the answer of such a server (a page of a proxy, a
line cut short) ends in a sentence, and nothing came of it.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import msgspec

from clinic_desktop.clock import Clock
from clinic_desktop.errors import (
    AddressError,
    RevokedError,
    ServerError,
    StoppedError,
    ValidationError,
)
from clinic_desktop.i18n import _
from clinic_desktop.sync.keys import Courier
from clinic_desktop.sync.messages import (
    MAX_COUNTER,
    MAX_REQUEST,
    MEDIA,
    REQUEST_HEADER,
    Refusal,
    sign_request,
)
from clinic_desktop.sync.pinned import NEAR, NEAR_PORT, PinnedConnection, StrangerError
from clinic_desktop.sync.tls import Connection, trust_in

CONNECT_S: Final = 10.0
NEAR_CONNECT_S: Final = 3.0
"""How long a PC in the house may take to answer."""
SILENCE_S: Final = 30.0
"""How long nothing may come at all."""
_LEAST_S, _LEAST_RATE = 60.0, 1000.0
_PIECE: Final = 64 << 10
_NOT_NOW: Final = {9, 10}
"""Of OpenSSL: a certificate that is not valid yet, and one that has run out."""
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


class RefusedError(Exception):
    """The server said no, in its own words."""

    def __init__(self, status: int, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.status, self.refusal = status, refusal


@dataclass(frozen=True)
class Address:
    """Where a server is, and whose certificate it must show."""

    url: str
    authority: str = ""
    """PEM of the certificate authority, or of the server itself; empty: those of the system."""
    keys: frozenset[bytes] = frozenset()
    """Of a hub: the signing keys of PCs that it may be; empty for a PC that knows none yet."""

    def __post_init__(self) -> None:
        """Refuse what could send the practice's work in the open.

        Raises:
            ValidationError: not an address of a server.
        """
        try:
            parts = urlsplit(self.url)
            parts.port  # noqa: B018 - raises for a port that is none
        except ValueError:
            parts = urlsplit("")
        plain = parts.scheme == "http" and parts.hostname in _LOOPBACK
        if self.is_near and parts.hostname and not (parts.path or parts.query):
            return
        if not (parts.scheme == "https" or plain) or not parts.hostname or parts.query:
            raise ValidationError(
                "server",
                _("“{url}” is not the address of a server.").format(url=self.url),
                hint=_("It begins with https://."),
            )

    @property
    def is_near(self) -> bool:
        """Whether it is a hub in the house, known by the key of its PC."""
        return self.url.startswith(f"{NEAR}://")

    @property
    def place(self) -> tuple[str, int]:
        """Host and port of a hub."""
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or NEAR_PORT

    def connect(self) -> http.client.HTTPConnection:
        """A connection, not open yet.

        Raises:
            ValidationError: the certificate authority cannot be read.
        """
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=CONNECT_S)
        if self.is_near:
            return PinnedConnection(*self.place, self.keys, NEAR_CONNECT_S)
        try:
            trust = trust_in(self.authority)
        except (ssl.SSLError, ValueError):
            raise ValidationError(
                "authority", _("The certificate of the server cannot be read.")
            ) from None
        return Connection(host, port, CONNECT_S, trust)

    @property
    def prefix(self) -> str:
        """What stands before each path."""
        return urlsplit(self.url).path.rstrip("/")


@dataclass
class Traffic:
    """What went over the line."""

    up: int = 0
    down: int = 0
    round_trips: int = 0


@dataclass
class Link:
    """One server, and the PC that talks to it."""

    address: Address
    clock: Clock
    me: Courier | None = None
    """None while a PC is joining: it is nobody yet."""
    next_counter: Callable[[int], int] = lambda least: least
    """A number never used before, higher than the one given; kept before it is sent."""
    traffic: Traffic = field(default_factory=Traffic)
    _line: http.client.HTTPConnection | None = None
    _is_cut: bool = False
    _is_resumed: bool = False
    """Whether the line was left open before, and may have ended meanwhile."""

    def resume(self, line: http.client.HTTPConnection) -> None:
        """Go on with a line that was left open; if it ended since, a new one is opened."""
        self._line, self._is_resumed = line, True

    def leave(self) -> http.client.HTTPConnection | None:
        """The open line, if there is one, for whoever resumes it."""
        line, self._line = self._line, None
        return line

    def call(self, method: str, path: str, body: bytes = b"") -> bytes:
        """The answer to a request that anybody may make.

        Raises:
            RefusedError: the server's own no.
            ServerError: no answer, or one that is none.
        """
        return self._ask(method, path, body, {})

    def signed(self, method: str, path: str, body: bytes = b"") -> bytes:
        """The answer to a request of this PC.

        Raises:
            RefusedError, ServerError: as in ``call``.
            RevokedError: this PC does not belong to the practice any more.
        """
        try:
            return self._signed(method, path, body, 0)
        except RefusedError as error:
            if error.refusal.code == "revoked":
                raise RevokedError(
                    _("This PC was taken out of the practice: the server takes nothing from it."),
                    kept=_("What is on this PC stays readable here."),
                    hint=_("Ask the owner of the practice. To exchange again, this PC has to join "
                           "anew, with an empty folder."),
                ) from None  # fmt: skip
            if error.refusal.code != "counter":
                raise
            # A record brought back from a backup counts lower than the server remembers.
            return self._signed(method, path, body, min(error.refusal.counter, MAX_COUNTER // 2))

    def _signed(self, method: str, path: str, body: bytes, least: int) -> bytes:
        assert self.me is not None  # noqa: S101 - who has no keys asks nothing in its name
        request = (method, path, body)
        counter = self.next_counter(least)
        header = sign_request(self.me.clinic, self.me.device, self.me.keys, counter, request)
        return self._ask(method, path, body, {REQUEST_HEADER: header})

    def _ask(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        if self._is_cut:
            raise _stopped()
        is_resumed, self._is_resumed = self._is_resumed, False
        try:
            line = self._line = self._line or self.address.connect()
            answer = self._exchange(line, method, self.address.prefix + path, body, headers)
        except BaseException as error:
            self.close()
            if self._is_cut:
                raise _stopped() from error
            if is_resumed and isinstance(error, ConnectionError | ssl.SSLError):
                # If it was heard after all, the same counter shows it.
                return self._ask(method, path, body, headers)
            if isinstance(error, OSError | http.client.HTTPException | ValueError):
                raise _no_answer(error, self.address) from error
            raise
        return answer

    def _exchange(
        self, line: http.client.HTTPConnection, method: str, path: str, body: bytes,
        headers: dict[str, str],
    ) -> bytes:  # fmt: skip
        self.traffic.round_trips += 1
        self.traffic.up += len(body)
        if line.sock is None:
            line.connect()
        opened = line.sock
        with _ended_after(_LEAST_S + len(body) / _LEAST_RATE, opened):
            line.request(method, path, body, {"Content-Type": MEDIA, **headers})
            opened.settimeout(SILENCE_S)
            response = line.getresponse()
        length = MAX_REQUEST if response.length is None else min(response.length, MAX_REQUEST)
        with response, _ended_after(_LEAST_S + length / _LEAST_RATE, opened):
            return self._read(response)

    def _read(self, response: http.client.HTTPResponse) -> bytes:
        if response.length is None and not response.chunked:
            raise http.client.HTTPException("an answer without an end")
        found = bytearray()
        while piece := response.read(_PIECE):
            found += piece
            if len(found) > MAX_REQUEST:
                raise http.client.HTTPException("too long")
        self.traffic.down += len(found)
        return _checked(response, bytes(found))

    def cut(self) -> None:
        """Break off, from another thread, what is under way here; nothing more is asked.

        Only an attempt to connect goes on to its own end, up to ``CONNECT_S``.
        """
        self._is_cut = True
        line = self._line
        _shut(line.sock if line is not None else None)

    def close(self) -> None:
        """Hang up."""
        if self._line is not None:
            self._line.close()
            self._line = None


@contextmanager
def _ended_after(seconds: float, opened: socket.socket) -> Iterator[None]:
    """The line ends when the time is over: an answer may drip, and no read of it would end."""
    if not isinstance(opened, socket.socket):  # of a simulation, whose time is another
        yield
        return
    watch = threading.Timer(seconds, _shut, (opened,))
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()
        watch.join()


def _shut(opened: socket.socket | None) -> None:
    """End a line, from another thread than the one that reads from it."""
    if opened is not None:
        with suppress(OSError):  # it was closed in the same moment
            # Not the one of TLS: it would take away what the other thread is reading from.
            socket.socket.shutdown(opened, socket.SHUT_RDWR)


def _checked(response: http.client.HTTPResponse, body: bytes) -> bytes:
    if response.length:  # of http.client: what the header promised and never came
        raise http.client.IncompleteRead(body)
    kind = (response.getheader("Content-Type") or "").partition(";")[0].strip().lower()
    if response.status == http.client.OK and kind == MEDIA:
        return body
    if response.status >= http.client.BAD_REQUEST and kind == "application/json":
        try:
            raise RefusedError(response.status, msgspec.json.decode(body, type=Refusal))
        except (msgspec.MsgspecError, ValueError, RecursionError):
            pass
    raise http.client.HTTPException(f"status {response.status}")


def _stopped() -> StoppedError:
    return StoppedError(
        _("The exchange was stopped."),
        kept=goes_out(),
    )


def goes_out() -> str:
    """What becomes of what waits at a PC of a practice."""
    return _("Nothing was lost: what is here goes out at the next try.")


def _no_answer(error: Exception, address: Address) -> ServerError:
    kept = goes_out()
    if isinstance(error, StrangerError):
        return ServerError(
            _("What answers there is no PC of this practice."),
            kept=kept,
            hint=_("Check the address of the hub: it may be another PC's by now."),
        )
    if isinstance(error, ssl.SSLCertVerificationError):
        return _not_trusted(error, kept)
    if isinstance(error, socket.gaierror):
        return AddressError(
            _("The network does not know the name of the server."),
            kept=kept,
            hint=_("Check the network. If other pages open, the address of the server is wrong."),
            place=type(error).__name__,
        )
    is_away = isinstance(error, OSError) and not isinstance(error, ssl.SSLError)
    if isinstance(error, http.client.RemoteDisconnected) and address.url.startswith("http:"):
        return AddressError(
            _("The server hung up without a word."),
            kept=kept,
            hint=_("If it has a certificate, its address begins with https://, not http://."),
            place=type(error).__name__,
        )
    if is_away and address.is_near:
        return ServerError(
            _("The hub cannot be reached."),
            kept=kept,
            hint=_("Open the program at the hub, and check that both are in one network."),
            place=type(error).__name__,
        )
    if is_away:
        return ServerError(
            _("The server cannot be reached."),
            kept=kept,
            hint=_("Check the network; the work goes on without it."),
            place=type(error).__name__,
        )
    return AddressError(
        _("Something answered that is not the practice's server."),
        kept=kept,
        hint=_("Check the address; perhaps the network asks you to sign in first."),
        place=f"{type(error).__name__}: {error}"[:200],
    )


def _not_trusted(error: ssl.SSLCertVerificationError, kept: str) -> ServerError:
    if error.verify_code in _NOT_NOW:
        return ServerError(
            _("The certificate of the server does not hold at the time of this PC."),
            kept=kept,
            hint=_("Look at the clock of this PC. If it is right, the certificate has run out: "
                   "ask whoever runs the server."),
            place=error.verify_message,
        )  # fmt: skip
    return AddressError(
        _("The server shows a certificate that is not to be trusted."),
        kept=kept,
        hint=_("Check the address; perhaps the network asks you to sign in first. A server of your "
               "own is set up together with its certificate."),
        place=error.verify_message,
    )  # fmt: skip


@dataclass
class Tuner:
    """How much goes into one request: little on a bad line, and soon much again on a good one."""

    size: int = 8 << 10
    least: int = 2 << 10
    most: int = MAX_REQUEST - (128 << 10)

    def went_well(self, seconds: float, carried: int) -> None:
        """Take more, unless that took long, or carried too few bytes to tell."""
        if seconds < 4 and carried >= self.size // 2:
            self.size = min(self.size * 3, self.most)

    def failed(self) -> None:
        """Take less."""
        self.size = max(self.size // 2, self.least)
