"""The line that a pass leaves to the next one: used, opened anew where it ended, and hung up on."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from clinic_desktop.sync.client import Link
from clinic_desktop.sync.kept_line import KeptLine
from tests.support.relays import PaperPractice, Pc, ServerProcess, running


@pytest.fixture
def pc(server: ServerProcess) -> Pc:
    practice = PaperPractice()
    found = Pc(practice.clinic)
    with closing(found.link(server.url)) as link:
        link.call("POST", "/v1/practices", practice.found(found))
    return found


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with running(tmp_path / "server") as found:
        yield found


def one_pass(kept: KeptLine, pc: Pc, server: ServerProcess) -> tuple[socket.socket, Link]:
    link = pc.link(server.url)
    kept.lend(link)
    pc.sync(link, have={})
    assert link._line is not None
    line = link._line.sock
    kept.keep(link)
    return line, link


def test_the_next_pass_uses_the_line_of_the_one_before(server: ServerProcess, pc: Pc) -> None:
    kept = KeptLine()
    first, _link = one_pass(kept, pc, server)
    second, _link = one_pass(kept, pc, server)
    assert first is second
    kept.end()
    assert first.fileno() == -1


def test_a_line_that_ended_meanwhile_is_opened_anew(server: ServerProcess, pc: Pc) -> None:
    kept = KeptLine()
    first, _link = one_pass(kept, pc, server)
    server.kill()
    server.start()
    second, link = one_pass(kept, pc, server)
    assert first is not second
    assert first.fileno() == -1
    assert link.traffic.round_trips == 3  # the old line, a counter that was kept ahead, the answer
    kept.end()


def test_after_the_end_no_line_is_kept(server: ServerProcess, pc: Pc) -> None:
    kept = KeptLine()
    kept.end()
    _line, link = one_pass(kept, pc, server)
    assert link._line is not None
    link.close()
