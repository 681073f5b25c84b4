"""A PC's next connection to its server goes on where the last ended, and believes nobody more."""

from __future__ import annotations

import socket
import ssl
import sys
import uuid
from contextlib import closing
from pathlib import Path

import pytest

from clinic_desktop.clock import SystemClock
from clinic_desktop.errors import AddressError, ServerError
from clinic_desktop.sync import bad_line
from clinic_desktop.sync.bad_line import persist
from clinic_desktop.sync.client import Address, Link
from clinic_desktop.sync.tls import Connection
from tests.support.certificates import self_signed
from tests.support.relays import PaperPractice, Pc, ServerProcess, running


def ask(address: Address) -> bool:
    """Whether the connection of one request was resumed."""
    pc = Pc(uuid.uuid4())
    with closing(Link(address, SystemClock())) as link:
        link.call("POST", "/v1/practices", PaperPractice(pc.clinic).found(pc))
        assert isinstance(link._line, Connection)
        assert isinstance(link._line.sock, ssl.SSLSocket)
        return bool(link._line.sock.session_reused)


def test_the_second_connection_needs_no_certificate(tmp_path: Path) -> None:
    shown, other = self_signed(tmp_path / "tls"), self_signed(tmp_path / "other")
    words = ("--tls-cert", str(shown.certificate), "--tls-key", str(shown.key))
    with running(tmp_path / "server", *words) as server:
        address = Address(server.url, shown.certificate.read_text())
        assert [ask(address) for _ in range(3)] == [False, True, True]
        with pytest.raises(ServerError, match="certificate"):
            ask(Address(server.url, other.certificate.read_text()))
        assert ask(address)
        with pytest.raises(AddressError, match="hung up") as plain:
            ask(Address(server.url.replace("https:", "http:")))
        assert "https://" in plain.value.hint
        restart(server)
        assert [ask(address) for _ in range(2)] == [False, True]


def restart(server: ServerProcess) -> None:
    """It forgets with whom it talked."""
    assert server.stop() == 0
    server.start()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can be asked for it")
def test_a_server_s_lines_try_again_at_an_even_pace() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        persist(listener)
        with socket.create_connection(listener.getsockname(), 10) as far:
            taken, _address = listener.accept()
            with taken:
                asked = [
                    each.getsockopt(socket.IPPROTO_TCP, bad_line._THIN_LINEAR_TIMEOUTS)
                    for each in (taken, far)
                ]
                longest = _longest_wait(taken)
    assert asked == [1, 0]
    assert longest in {None, bad_line.MOST_BETWEEN_MS}


def _longest_wait(line: socket.socket) -> int | None:
    """Milliseconds between two attempts; ``None`` where the system cannot be told."""
    try:
        return line.getsockopt(socket.IPPROTO_TCP, bad_line._MOST_BETWEEN)
    except OSError:
        return None
