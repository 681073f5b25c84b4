"""Whatever answers in the server's place: a sentence, and no effect."""

from __future__ import annotations

import select
import socket
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from clinic_desktop.clock import SystemClock
from clinic_desktop.errors import RevokedError, ServerError, ValidationError
from clinic_desktop.sync import client
from clinic_desktop.sync.client import Address, Link, RefusedError, Tuner
from tests.support.relays import MOST_S, Pc

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/msgpack\r\n"


@dataclass
class Impostor:
    """Says the same to everybody, then hangs up."""

    answer: bytes = b""
    drips: bool = False
    """Whether it goes on with a byte now and then."""
    asked: list[bytes] = field(default_factory=list)

    def start(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def _serve(self) -> None:
        while True:
            line, _address = self.listener.accept()
            with line:
                line.settimeout(MOST_S)
                asked = line.recv(1 << 16)
                if asked == b"stop":
                    return
                self.asked.append(asked)
                try:
                    line.sendall(self.answer)
                    while self.drips and not select.select([line], [], [], 0.01)[0]:
                        line.sendall(b"x")
                except OSError:
                    continue  # it was not waited for

    def stop(self) -> None:
        with socket.create_connection(self.listener.getsockname(), MOST_S) as line:
            line.sendall(b"stop")
        self.thread.join(MOST_S)
        self.listener.close()


@pytest.fixture
def impostor() -> Iterator[Impostor]:
    found = Impostor()
    found.start()
    yield found
    found.stop()


def link_to(url: str) -> Link:
    return Link(Address(url), SystemClock())


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<h1>Hello</h1>",
        OK + b"Content-Length: 100\r\n\r\nshort",
        OK + b"Content-Length: x\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nab",
        OK + b"Content-Length: 9000000\r\n\r\n" + bytes(9_000_000),
        OK + b"Transfer-Encoding: chunked\r\n\r\n" + 40 * (b"10000\r\n" + bytes(0x10000) + b"\r\n"),
        OK + b"X: y\r\n" * 1000 + b"\r\n",
        OK + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 500 No\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]",
        b"HTTP/1.1 401 No\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\nno",
        b"HTTP/1.1 401 No\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
    ],
    ids=range(15),
)
def test_what_is_no_answer_ends_in_a_sentence(impostor: Impostor, answer: bytes) -> None:
    impostor.answer = answer
    link = link_to(impostor.url)
    with pytest.raises(ServerError) as caught:
        link.call("GET", "/v1/statements")
    assert caught.value.message
    assert caught.value.kept
    link.close()


@pytest.mark.parametrize("answer", [OK + b"Content-Length: 900000\r\n\r\n", OK + b"X: "])
def test_an_answer_that_drips_comes_to_an_end(
    impostor: Impostor, answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_LEAST_S", 0.2)
    monkeypatch.setattr(client, "_LEAST_RATE", 1e9)
    impostor.answer, impostor.drips = answer, True
    with pytest.raises(ServerError):
        link_to(impostor.url).call("GET", "/v1/statements")


def test_a_no_is_told_by_its_code(impostor: Impostor) -> None:
    body = b'{"code":"full"}'
    impostor.answer = b"HTTP/1.1 507 No\r\nContent-Type: application/json\r\n" + length(body)
    with pytest.raises(RefusedError) as caught:
        link_to(impostor.url).call("GET", "/v1/statements")
    assert (caught.value.status, caught.value.refusal.code) == (507, "full")


def test_a_revoked_pc_hears_it(impostor: Impostor) -> None:
    body = b'{"code":"revoked"}'
    impostor.answer = b"HTTP/1.1 403 No\r\nContent-Type: application/json\r\n" + length(body)
    pc = Pc(uuid.uuid4())
    with pytest.raises(RevokedError):
        pc.link(impostor.url).signed("GET", "/v1/keybox")


def length(body: bytes) -> bytes:
    return f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


def test_a_counter_that_is_behind_catches_up_once(impostor: Impostor) -> None:
    body = b'{"code":"counter","counter":41}'
    impostor.answer = b"HTTP/1.1 409 No\r\nContent-Type: application/json\r\n" + length(body)
    pc = Pc(uuid.uuid4())
    with pytest.raises(RefusedError):
        pc.link(impostor.url).signed("GET", "/v1/keybox")
    assert pc.counter == 42
    assert len(impostor.asked) == 2


def test_nobody_there_is_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ServerError, match="cannot be reached"):
        link_to(f"http://127.0.0.1:{port}").call("GET", "/v1/health")


@pytest.mark.parametrize(
    "url",
    ["http://example.org", "ftp://127.0.0.1", "https://", "127.0.0.1:80", "", "https://x:99999999",
     "https://x/?a=b"],
)  # fmt: skip
def test_only_tls_leaves_the_pc(url: str) -> None:
    with pytest.raises(ValidationError):
        Address(url)


def test_the_tuner_is_back_at_full_size_after_a_few_good_requests() -> None:
    tuner = Tuner()
    for _ in range(50):
        tuner.failed()
    assert tuner.size == tuner.least
    needed = 0
    while tuner.size < tuner.most:
        tuner.went_well(3.9, tuner.size)
        needed += 1
    assert needed <= 8
    tuner.went_well(60, tuner.size)
    assert tuner.size == tuner.most


def test_the_tuner_learns_nothing_from_a_request_that_carried_little() -> None:
    tuner = Tuner()
    tuner.went_well(0.1, 70)
    assert tuner.size == Tuner().size
    tuner.went_well(0.1, Tuner().size)
    assert tuner.size > Tuner().size


def test_an_authority_that_is_none_is_named() -> None:
    link: Any = Link(Address("https://127.0.0.1:1", authority="no certificate"), SystemClock())
    with pytest.raises(ValidationError, match="certificate"):
        link.call("GET", "/v1/health")
