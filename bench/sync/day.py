"""A day of 300 rows over 50 kbit/s that loses a fifth of all packets each way.

``python -m bench.sync.day [DAYS] [CONTROL]``, as root on Linux with ``ip``, ``tc`` and ``nft``: two
namespaces of its own with a wire between them, which are gone afterwards. ``CONTROL`` is how TCP
reacts to loss there: ``cubic``, as Linux comes, unless told otherwise.
"""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from bench.sync import ours, task
from clinic_desktop.errors import ServerError
from clinic_desktop.sync.client import Address
from clinic_desktop.syncing import Syncing
from tests.support.certificates import self_signed

NEAR, FAR = "clinic-near", "clinic-far"
_SERVER, _CLIENT = "10.99.0.1", "10.99.0.2"
_ROWS, _DAYS, _TRIES = 300, 5, 10
_CONTROL = "net.ipv4.tcp_congestion_control"


def sh(words: str) -> None:
    """One command of the system."""
    subprocess.run(words.split(), check=True)


def main() -> None:
    """Make the wire and go on inside; or measure, there."""
    if os.environ.get("CLINIC_NEAR"):
        _measure()
        return
    sh(f"ip netns add {NEAR}")
    try:
        sh(f"ip netns add {FAR}")
        sh(f"ip link add cdfar netns {FAR} type veth peer name cdnear netns {NEAR}")
        for place, device, address in ((FAR, "cdfar", _SERVER), (NEAR, "cdnear", _CLIENT)):
            sh(f"ip -n {place} addr add {address}/24 dev {device}")
            sh(f"ip -n {place} link set lo up")
            sh(f"ip -n {place} link set {device} up")
            control = (sys.argv[2:] or ["cubic"])[0]
            sh(f"ip netns exec {place} sysctl -q -w {_CONTROL}={control}")
        subprocess.run(
            ["ip", "netns", "exec", NEAR, sys.executable, "-m", "bench.sync.day", *sys.argv[1:]],
            check=True, env={**os.environ, "CLINIC_NEAR": "1"},
        )  # fmt: skip
    finally:
        for place in (NEAR, FAR):
            subprocess.run(["ip", "netns", "del", place], check=False)


def _worsen() -> None:
    for place, device in ((FAR, "cdfar"), (NEAR, "cdnear")):
        inside = f"ip netns exec {place}"
        sh(f"{inside} tc qdisc add dev {device} root tbf rate 50kbit burst 3000 latency 2s")
        sh(f"{inside} nft add table ip bad")
        sh(f"{inside} nft add chain ip bad in {{ type filter hook input priority 0 ; }}")
        sh(f"{inside} nft add rule ip bad in iifname {device} numgen random mod 100 < 20 drop")


@contextlib.contextmanager
def _server(work: Path) -> Iterator[Address]:
    shown = self_signed(work / "tls", _SERVER)
    command = ["ip", "netns", "exec", FAR, sys.executable, "-m", "clinic_desktop", "--json"]
    command += ["serve", "--dir", str(work / "server"), "--host", _SERVER]
    command += ["--tls-cert", str(shown.certificate), "--tls-key", str(shown.key)]
    with (work / "server.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
    try:
        assert process.stdout is not None
        yield Address(json.loads(process.stdout.readline())["url"], shown.certificate.read_text())
    finally:
        process.kill()
        process.communicate()


def _measure() -> None:
    took: dict[str, list[Took]] = {"the day sent": [], "the day taken": [], "an edit sent": []}
    with tempfile.TemporaryDirectory(prefix="bench-sync-") as folder:
        work = Path(folder)
        with _server(work) as address, ours.joined(work, address) as (front, back):
            sending, taking = Syncing(front), Syncing(back)
            sending.run()
            taking.run()
            _worsen()
            for day in range(int(sys.argv[1]) if sys.argv[1:] else _DAYS):
                people = [
                    {**each, "mrn": f"D{day}{each['mrn']}"} for each in task.people(_ROWS, day)
                ]
                ours.add(front, people, 1)
                took["the day sent"].append(_timed(sending))
                took["the day taken"].append(_timed(taking))
                ours.add(front, [{**people[0], "mrn": f"E{day}"}], 1)
                took["an edit sent"].append(_timed(sending))
                _timed(taking)
    for name, each in took.items():
        there, ended = zip(*each, strict=True)
        for what, seconds in (("", there), (", and all that follows", ended)):
            told = ", ".join(f"{one:.1f}" for one in seconds)
            print(f"{name}{what}: {told} s; median {statistics.median(seconds):.1f} s", flush=True)


class Took(NamedTuple):
    """Seconds of a pass."""

    there: float
    """Until the last commit had arrived."""
    ended: float
    """Until it had come to its end: every few days it leaves a snapshot too."""


def _timed(syncing: Syncing) -> Took:
    """Until a pass went well; a person would let it try again too."""
    started = time.perf_counter()
    there, before = started, (0, 0)

    def tell(sent: int, received: int, _size: int) -> None:
        nonlocal there, before
        if sent + received and (sent, received) != before:
            there, before = time.perf_counter(), (sent, received)

    for _turn in range(_TRIES):
        with contextlib.suppress(ServerError):
            syncing.run(tell)
            return Took(there - started, time.perf_counter() - started)
    raise RuntimeError("no pass went well")


if __name__ == "__main__":
    main()
