"""A real server process: what it acknowledged survives its death, and its log names nobody."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clinic_desktop.errors import ServerError
from tests.support.relays import MOST_S, REPOSITORY, PaperPractice, Pc, ServerProcess, running


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with running(tmp_path / "server") as server:
        yield server


def founded(server: ServerProcess, practice: PaperPractice) -> Pc:
    pc = Pc(practice.clinic)
    link = pc.link(server.url)
    link.call("POST", "/v1/practices", practice.found(pc))
    link.close()
    return pc


def test_what_was_acknowledged_survives_every_kill(server: ServerProcess) -> None:
    pc = founded(server, PaperPractice())
    acknowledged = 0
    for kill in range(3):
        link = pc.link(server.url)
        for _ in range(kill + 1):
            acknowledged = pc.sync(link, *pc.made[acknowledged:], pc.work(), have={}).tip
        waiting = [pc.work() for _ in range(5)]
        with ThreadPoolExecutor(1) as sending:
            sent = sending.submit(pc.sync, link, *waiting, have={})
            server.kill()  # somewhere before, in or after the request
            try:
                acknowledged = max(acknowledged, sent.result(MOST_S).tip)
            except ServerError:
                link.close()
        link.close()
        server.start()
        link = pc.link(server.url)
        reply = pc.sync(link, have={})
        assert reply.tip >= acknowledged
        assert reply.tip_hash == pc.made[reply.tip - 1].hash
        acknowledged = pc.sync(link, *pc.made[reply.tip :], have={}).tip
        assert acknowledged == len(pc.made)
        link.close()


def test_it_stops_when_asked(server: ServerProcess) -> None:
    founded(server, PaperPractice())
    assert server.stop() == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal for a child")
def test_ctrl_c_stops_it_too(server: ServerProcess) -> None:
    assert server.process is not None
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(MOST_S) == 0


def test_its_log_names_nobody(server: ServerProcess, tmp_path: Path) -> None:
    pc = founded(server, PaperPractice())
    link = pc.link(server.url)
    pc.sync(link, pc.work(), have={})
    link.close()
    assert server.stop() == 0
    log = (tmp_path / "server.log").read_text()
    assert '"route": "/v1/sync", "status": 200' in log
    for secret in (pc.clinic.hex, str(pc.clinic), pc.device.hex, str(pc.device), "127.0.0.1"):
        assert secret not in log.replace(server.url, "")


def test_a_second_server_leaves_the_folder_alone(server: ServerProcess) -> None:
    again = [sys.executable, "-m", "clinic_desktop", "serve", "--insecure", "--port", "0"]
    done = subprocess.run(
        [*again, "--dir", str(server.folder)],
        capture_output=True, text=True, check=False, cwd=REPOSITORY, timeout=MOST_S,
    )  # fmt: skip
    assert done.returncode == 8, done.stderr


@pytest.mark.parametrize("words", [["--host", "192.0.2.1", "--insecure"], []])
def test_away_from_this_pc_it_wants_tls(tmp_path: Path, words: list[str]) -> None:
    command = [sys.executable, "-m", "clinic_desktop", "serve", "--dir", str(tmp_path / "server")]
    done = subprocess.run(
        [*command, *words],
        capture_output=True, text=True, check=False, cwd=REPOSITORY, timeout=MOST_S,
    )  # fmt: skip
    assert done.returncode == 12
    assert not list(tmp_path.glob("server/*.db"))


def test_a_body_that_is_too_long_is_not_read(server: ServerProcess) -> None:
    head = b"POST /v1/sync HTTP/1.1\r\nHost: x\r\n"
    assert answered(server, head + b"Content-Length: 99999999\r\n\r\n") == 413
    assert answered(server, head + b"Content-Length: -1\r\n\r\n") == 400
    pieces = 16 * (b"10000\r\n" + bytes(0x10000) + b"\r\n")  # 1 MiB, as much as may be sent
    begun = head + b"Transfer-Encoding: chunked\r\n\r\n" + pieces
    assert answered(server, begun + b"0\r\n\r\n") == 400  # read, and no message
    assert answered(server, begun + b"1\r\nx\r\n") == 413


def answered(server: ServerProcess, sent: bytes) -> int:
    """The status of the answer to these bytes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=MOST_S) as line:
        line.sendall(sent)
        answer = b""
        while len(answer) < len(b"HTTP/1.1 413"):
            piece = line.recv(12)
            assert piece, "it hung up without an answer"
            answer += piece
    version, status = answer.split(b" ")[:2]
    assert version == b"HTTP/1.1"
    return int(status[:3])


def test_health_and_counts_tell_of_no_practice(server: ServerProcess) -> None:
    pc = founded(server, PaperPractice())
    link = pc.link(server.url)
    pc.sync(link, pc.work(), have={})
    link.close()
    with socket.create_connection(("127.0.0.1", server.port), timeout=MOST_S) as line:
        line.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: line.recv(4096), b"")).decode()
    assert "clinic_segments_taken 1" in answer
    assert pc.clinic.hex not in answer
