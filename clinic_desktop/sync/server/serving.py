"""Running the server until somebody stops it."""

from __future__ import annotations

import ipaddress
import logging
import signal
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import uvicorn

from clinic_desktop.clock import SystemClock
from clinic_desktop.db.lock import FolderLock
from clinic_desktop.errors import InUseError, SetupError, StorageError
from clinic_desktop.i18n import _
from clinic_desktop.sync.bad_line import persist
from clinic_desktop.sync.server.app import make_app
from clinic_desktop.sync.server.files import Files
from clinic_desktop.sync.server.limits import Limits
from clinic_desktop.sync.server.polls import Polls
from clinic_desktop.sync.server.proxies import Trusted
from clinic_desktop.sync.server.relay import Relay
from clinic_desktop.sync.server.tables import Practices

log = logging.getLogger(__name__)
_STOP_S = 5
_MOST_CONNECTIONS = 2048


@dataclass(frozen=True)
class Place:
    """Where a server listens, and where it keeps what it is given."""

    folder: Path
    host: str
    port: int
    database: str = ""
    """The URL of a PostgreSQL that it uses in place of the folder."""
    certificate: Path | None = None
    key: Path | None = None
    trusted: Trusted = field(default_factory=Trusted)
    """Proxies whose word about an address is taken."""

    @property
    def is_loopback(self) -> bool:
        """Whether nobody but this PC reaches it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def serve(place: Place, listening: Callable[[str], None], limits: Limits | None = None) -> None:
    """Serve until SIGTERM or Ctrl+C; ``listening`` hears the address once requests are taken.

    Raises:
        SetupError: no TLS away from this PC, or a certificate that cannot be used.
        InUseError: another server works on the folder.
        StorageError: the folder or the port cannot be used.
    """
    if place.certificate is None and not place.is_loopback:
        raise SetupError(
            _("Without TLS a server may be reached from this PC only."),
            hint=_("Give --tls-cert and --tls-key, or --host 127.0.0.1 with --insecure."),
        )
    with _practices(place) as practices:
        # The folder is locked; a database may have other servers beside this one.
        polls = None if place.database else Polls()
        _run(place, Relay(practices, SystemClock(), limits or Limits(), polls), listening)


@contextmanager
def _practices(place: Place) -> Iterator[Practices]:
    if place.database:
        from clinic_desktop.sync.server.postgres import Database  # noqa: PLC0415 - needs a driver

        with closing(Database(place.database)) as database:
            yield database
        return
    _make(place.folder)
    lock = FolderLock(place.folder / "server.lock")
    _take(lock, place.folder)
    try:
        with closing(Files(place.folder)) as files:
            yield files
    finally:
        lock.release()


def _take(lock: FolderLock, folder: Path) -> None:
    try:
        lock.acquire()
    except InUseError as error:
        raise InUseError(
            _("Another server works on this folder."),
            kept=_("It goes on; nothing was changed."),
            hint=_("Stop it first, or give this one a folder of its own with --dir."),
            place=str(folder),
        ) from error


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StorageError(
            _("The data folder cannot be made."),
            hint=_("Choose a folder that belongs to you."),
            place=str(folder),
        ) from error


def _run(place: Place, relay: Relay, listening: Callable[[str], None]) -> None:
    config = uvicorn.Config(
        make_app(relay, place.trusted),
        http="h11", ws="none", lifespan="off", log_config=None, access_log=False,
        server_header=False, proxy_headers=False, timeout_keep_alive=75,
        timeout_graceful_shutdown=_STOP_S, limit_concurrency=_MOST_CONNECTIONS,
        h11_max_incomplete_event_size=16 << 10,
        ssl_certfile=place.certificate, ssl_keyfile=place.key,
    )  # fmt: skip
    try:
        config.load()
    except (OSError, ValueError) as error:
        raise SetupError(
            _("The certificate or its key cannot be used: {reason}").format(reason=error),
            hint=_("Both are files in PEM format."),
        ) from error
    listener = _listen(place)
    try:
        scheme = "https" if config.is_ssl else "http"
        host = f"[{place.host}]" if ":" in place.host else place.host
        server = uvicorn.Server(config)
        if config.ssl is not None:
            config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
            config.ssl.num_tickets = 1  # a PC keeps one line
        with _stopped_cleanly(server), _renewed(config):
            listening(f"{scheme}://{host}:{listener.getsockname()[1]}")
            server.run(sockets=[listener])
    finally:
        listener.close()


def _listen(place: Place) -> socket.socket:
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        persist(listener)
        listener.bind((place.host, place.port))
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise StorageError(
            _("The server cannot listen on {host}, port {port}: {reason}").format(
                host=place.host, port=place.port, reason=error.strerror or error
            ),
            hint=_("Choose another port, or stop the program that uses it."),
        ) from error
    return listener


@contextmanager
def _renewed(config: uvicorn.Config) -> Iterator[None]:
    """A renewed certificate is taken over at SIGHUP, for the connections that come after it."""
    if config.ssl is None or not hasattr(signal, "SIGHUP"):
        yield
        return
    trust, certificate, key = config.ssl, config.ssl_certfile, config.ssl_keyfile

    def renew(_number: int, _frame: FrameType | None) -> None:
        try:
            trust.load_cert_chain(str(certificate), key)
        except (OSError, ValueError):
            log.exception("the renewed certificate cannot be used; the one before stays")

    before = signal.signal(signal.SIGHUP, renew)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


@contextmanager
def _stopped_cleanly(server: uvicorn.Server) -> Iterator[None]:
    """A stop that was asked for is no accident: uvicorn raises the signal again when it ends.

    Before it begins to listen to signals itself, they are not lost either.
    """

    def stop(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    before = {each: signal.signal(each, stop) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
