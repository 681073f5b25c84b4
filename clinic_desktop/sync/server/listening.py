"""HTTP over TLS for a hub, of the standard library: no more than the relay's calls need.

A server for thousands runs under uvicorn (``serving.py``), which the program for a clinic's PC does
not bring along. A hub serves a few PCs of one house: a thread for each connection, few of them,
bounded bodies, and a log that names nobody.
"""

from __future__ import annotations

import logging
import re
import secrets
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import msgspec

from clinic_desktop.sync.messages import MEDIA, REQUEST_HEADER, Refusal
from clinic_desktop.sync.server.calls import Call, RefusedError
from clinic_desktop.sync.server.relay import Relay
from clinic_desktop.sync.server.tables import NoRoomError

log = logging.getLogger(__name__)
_MOST_CONNECTIONS: Final = 64
_SILENCE_S: Final = 75.0
_BOX: Final = re.compile(r"/v1/mail/([0-9a-f]{32})\Z")
_PIECE: Final = 64 << 10


class Listener:
    """A hub's door: open from its making until ``stop``."""

    def __init__(self, relay: Relay, tls: ssl.SSLContext, host: str, port: int) -> None:
        """Listen; ``port`` 0 takes a free one.

        Raises:
            OSError: the port is taken, or this host is none of this PC.
        """
        self._server = _Server((host, port), relay, tls)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.2,), name="hub", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def stop(self) -> None:
        """Close it; requests that are being answered are answered."""
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True
    request_queue_size = 32

    def __init__(self, address: tuple[str, int], relay: Relay, tls: ssl.SSLContext) -> None:
        self.relay, self._tls = relay, tls
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        """Bind without asking a name server who this is."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()

    def get_request(self) -> tuple[socket.socket, Any]:
        """A connection; its TLS begins in its own thread, where a slow one holds up nobody."""
        plain, address = super().get_request()
        plain.settimeout(_SILENCE_S)
        return self._tls.wrap_socket(
            plain, server_side=True, do_handshake_on_connect=False
        ), address

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002
        """Whether there is room for one more connection."""
        with self._lock:
            has_room = len(self._open) < _MOST_CONNECTIONS
            if has_room:
                self._open.add(request)
        return has_room

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that ended."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End the connections that wait for their next request."""
        with self._lock:
            for each in self._open:
                with suppress(OSError):  # it is gone already
                    # Below TLS: an answer that is being written goes out sealed, as it began.
                    socket.socket.shutdown(each, socket.SHUT_RD)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """A line that broke is no fault; whose it was stays out of the log."""
        log.info("a connection ended early", exc_info=log.isEnabledFor(logging.DEBUG))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _SILENCE_S
    server: _Server

    def do_GET(self) -> None:
        """Answer."""
        self._serve()

    do_PUT = do_POST = do_GET  # noqa: N815 - the names that http.server calls

    def _serve(self) -> None:
        try:
            body = self._body()
            work = self._work()
            call = Call(
                self.command, self.path, self.headers.get(REQUEST_HEADER, ""), body,
                str(self.client_address[0]),
            )  # fmt: skip
            self._answer(200, MEDIA, work(call))
        except RefusedError as error:
            self._answer(error.status, "application/json", msgspec.json.encode(error.refusal))
        except NoRoomError:
            self._answer(507, "application/json", msgspec.json.encode(Refusal("full")))
        except OSError:
            self.close_connection = True
        except Exception:
            ticket = secrets.token_hex(4)
            log.exception("request %s failed", ticket)
            said = msgspec.json.encode({"code": "fault", "request": ticket})
            self._answer(500, "application/json", said)

    def _body(self) -> bytes:
        said, most = self.headers.get("Content-Length", "0"), self.server.relay.limits.request_bytes
        is_odd = "Transfer-Encoding" in self.headers or not said.isdigit() or len(said) > 12
        if is_odd or int(said) > most:
            self.close_connection = True  # what follows is not the next request
            raise RefusedError(413, Refusal("too-long"))
        left, found = int(said), bytearray()
        until = self.server.relay.clock.uptime() + self.server.relay.limits.body_s
        while left:
            piece = self.rfile.read1(min(left, _PIECE))
            if not piece or self.server.relay.clock.uptime() > until:
                raise ConnectionError("a body cut short")
            found += piece
            left -= len(piece)
        return bytes(found)

    def _work(self) -> Callable[[Call], bytes]:
        relay, box = self.server.relay, _BOX.match(self.path)
        name = bytes.fromhex(box[1]) if box else b""
        calls: dict[tuple[str, str], Callable[[Call], bytes]] = {
            ("POST", "/v1/practices"): relay.found,
            ("POST", "/v1/statements"): relay.state,
            ("GET", "/v1/statements"): relay.stated,
            ("POST", "/v1/sync"): relay.sync,
            ("POST", "/v1/chunks"): relay.chunks,
            ("POST", "/v1/pages"): relay.pages,
            ("GET", "/v1/snapshots"): relay.snapshots,
            ("POST", "/v1/snapshots"): relay.keep_snapshot,
            ("PUT", "/v1/keybox"): relay.put_key,
            ("GET", "/v1/keybox"): relay.keys,
            ("GET", "/v1/health"): lambda _call: b"",
        }
        if box:
            calls |= {
                ("POST", self.path): lambda call: relay.open_mail(call, name),
                ("PUT", self.path): lambda call: relay.put_mail(call, name),
                ("GET", self.path): lambda call: relay.get_mail(call, name),
            }
        found = calls.get((self.command, self.path))
        if found is None:
            raise RefusedError(404, Refusal("unknown"))
        return found

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def version_string(self) -> str:
        """Say nothing of what answers."""
        return "clinic-desktop"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - of http.server
        """Write no line per request: it would name an address."""
