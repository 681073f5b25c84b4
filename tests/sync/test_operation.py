"""What whoever runs a server relies on: proxies, bounds, certificates, copies, health."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from clinic_desktop.clock import FixedClock
from clinic_desktop.sync.server.app import make_app
from clinic_desktop.sync.server.files import Files
from clinic_desktop.sync.server.limits import Limits
from clinic_desktop.sync.server.proxies import Trusted
from clinic_desktop.sync.server.relay import Relay
from tests.support.asgi import ask
from tests.support.certificates import self_signed
from tests.support.relays import MOST_S, REPOSITORY, PaperPractice, Pc, ServerProcess, running

BOX = "/v1/mail/" + "0" * 32


@pytest.fixture
def files(tmp_path: Path) -> Iterator[Files]:
    made = Files(tmp_path / "server")
    yield made
    made.close()


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.7"], "203.0.113.9"),  # no proxy of ours says so
        ("10.0.0.2", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.2", ["192.0.2.1, 198.51.100.7"], "198.51.100.7"),  # the first was made up
        ("10.0.0.2", ["192.0.2.1", "198.51.100.7, 10.0.0.3"], "198.51.100.7"),
        ("10.0.0.2", ["10.0.0.3"], "10.0.0.3"),
        ("10.0.0.2", ["nonsense"], ""),
        ("::ffff:10.0.0.2", ["2001:db8:1:2:3::4"], "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::9", [], "2001:db8:1:2::/64"),
        ("", [], ""),
    ],
)
def test_only_a_proxy_of_ours_says_who_asks(peer: str, forwarded: list[str], found: str) -> None:
    assert Trusted.named(["10.0.0.0/24"]).address(peer, forwarded) == found


def test_strangers_behind_a_proxy_slow_only_themselves_down(
    files: Files, clock: FixedClock
) -> None:
    relay = Relay(files, clock, Limits(per_minute=1, burst=3))
    app = make_app(relay, Trusted.named(["127.0.0.1"]))

    def status(address: str) -> int:
        told = {"X-Forwarded-For": address}
        return ask(app, "GET", BOX, headers=told, address="127.0.0.1").status

    assert [status("198.51.100.7") for _ in range(4)] == [404, 404, 404, 429]
    assert status("198.51.100.8") == 404


def test_bodies_of_all_together_are_bounded(files: Files, clock: FixedClock) -> None:
    app = make_app(Relay(files, clock, Limits(bodies_bytes=100)))
    assert ask(app, "POST", "/v1/sync", bytes(101)).status == 503
    for _ in range(5):  # each lets go of its own
        assert ask(app, "POST", "/v1/sync", bytes(60)).status == 400


def test_health_says_when_nothing_can_be_reached(
    files: Files, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app(Relay(files, clock, Limits()))
    assert json.loads(ask(app, "GET", "/v1/health").body) == {"status": "ok"}
    assert b"clinic_free_bytes " in ask(app, "GET", "/metrics").body
    files._letters.connection.close()
    answer = ask(app, "GET", "/v1/health")
    assert (answer.status, json.loads(answer.body)) == (503, {"status": "down"})
    caplog.clear()


def test_no_new_practice_beyond_the_bound_and_the_old_ones_stay(
    files: Files, clock: FixedClock
) -> None:
    app = make_app(Relay(files, clock, Limits(practices=1)))
    first, second = PaperPractice(), PaperPractice()
    body = first.found(Pc(first.clinic))
    assert ask(app, "POST", "/v1/practices", body).status == 200
    assert ask(app, "POST", "/v1/practices", second.found(Pc(second.clinic))).status == 507
    assert ask(app, "POST", "/v1/practices", body).status == 200


def founded(server: ServerProcess) -> Pc:
    practice = PaperPractice()
    pc = Pc(practice.clinic)
    link = pc.link(server.url)
    link.call("POST", "/v1/practices", practice.found(pc))
    pc.sync(link, pc.work(), pc.work(), have={})
    link.close()
    return pc


def copied(source: Path, target: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "clinic_desktop", "--json", "server", "backup", str(target)]
    return subprocess.run(
        [*command, "--dir", str(source)],
        capture_output=True, text=True, check=False, cwd=REPOSITORY, timeout=MOST_S,
    )  # fmt: skip


def test_a_copy_is_made_while_it_serves_and_serves_itself(tmp_path: Path) -> None:
    with running(tmp_path / "server") as server:
        pc = founded(server)
        for _turn in range(2):  # the second replaces the first
            done = copied(server.folder, tmp_path / "copy")
            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout)["practices"] == 1
        link = pc.link(server.url)
        assert pc.sync(link, pc.work(), have={}).tip == 3
        link.close()
        server.kill()
        shutil.rmtree(server.folder)
        shutil.move(tmp_path / "copy", server.folder)
        server.start()
        link = pc.link(server.url)
        reply = pc.sync(link, have={})
        assert (reply.tip, reply.tip_hash) == (2, pc.made[1].hash)
        assert pc.sync(link, pc.made[2], have={}).tip == 3
        link.close()


def test_a_copy_of_nothing_is_said(tmp_path: Path) -> None:
    done = copied(tmp_path / "none", tmp_path / "copy")
    assert done.returncode == 11
    assert not (tmp_path / "copy").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGHUP")
def test_a_renewed_certificate_is_taken_over_without_a_stop(tmp_path: Path) -> None:
    first, second = self_signed(tmp_path / "a"), self_signed(tmp_path / "b")
    words = ("--tls-cert", str(first.certificate), "--tls-key", str(first.key))
    with running(tmp_path / "server", *words) as server:
        port = server.port
        assert shown(port) == first.der
        shutil.copy(second.certificate, first.certificate)
        shutil.copy(second.key, first.key)
        assert server.process is not None
        server.process.send_signal(signal.SIGHUP)
        assert second.der in (shown(port) for _ in range(10_000))  # each takes it a turn further


def shown(port: int) -> bytes:
    """The certificate that a stranger sees."""
    trust = ssl.create_default_context()
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port), timeout=MOST_S) as line,
        trust.wrap_socket(line) as safe,
    ):
        return safe.getpeercert(binary_form=True) or b""


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_the_unit_is_one_that_systemd_takes(tmp_path: Path) -> None:
    unit = tmp_path / "clinic-relay.service"
    text = (REPOSITORY / "packaging/server/clinic-relay.service").read_text()
    program = shutil.which("true") or sys.executable  # ours is not installed where the unit says
    unit.write_text(re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={program}", text))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)],
        capture_output=True, text=True, check=False, timeout=MOST_S, env={**os.environ},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert unit.name not in done.stderr
