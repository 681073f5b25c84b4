"""Other programs that exchange rows, each as processes of its own with its public packages.

Nothing of theirs is in this repository. A folder holds what was installed beside it (RESULTS.md
says how); a program that is not there is left out, and said.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.sync import line, task

HERE = Path(__file__).resolve().parent
_START_S, _WORK_S = 60, 900
_ACTUAL = "build/bin/actual-server.js"
_NODE = shutil.which("node") or "node"


@dataclass(frozen=True)
class Peer:
    """How one of them is started."""

    name: str
    is_sealed: bool
    needs: str
    """A path in the folder without which it is not there."""
    server: tuple[str, ...]
    client: tuple[str, ...]
    environment: Mapping[str, str]
    work_folder: str = "."
    most_rows: int = 1_000_000
    """What it comes to an end with in a few minutes."""


PEERS = {
    "anki": Peer(
        "Anki and its sync server", is_sealed=False, needs="anki/bin/python",
        server=("{peers}/anki/bin/python", "-m", "anki.syncserver"),
        client=("{peers}/anki/bin/python", str(HERE / "anki_peer.py")),
        environment={"SYNC_USER1": "u:p", "SYNC_BASE": "{data}", "SYNC_HOST": "127.0.0.1",
                     "SYNC_PORT": "{port}"},
    ),
    "pouchdb": Peer(
        "PouchDB and express-pouchdb", is_sealed=False, needs="pouch/node_modules/express-pouchdb",
        server=(_NODE, "{peers}/pouch/pouch_server.js", "{data}/", "{port}"),
        client=(_NODE, "{peers}/pouch/pouch_peer.js"),
        environment={}, work_folder="pouch",
    ),
    "actual": Peer(
        "Actual with its encryption, 500 rows of 9 fields", is_sealed=True,
        needs="actual/node_modules/@actual-app/api",
        server=(_NODE, "{peers}/actual/node_modules/@actual-app/sync-server/" + _ACTUAL),
        client=(_NODE, "{peers}/actual/actual_peer.js"),
        environment={"ACTUAL_DATA_DIR": "{data}", "ACTUAL_PORT": "{port}",
                     "ACTUAL_HOSTNAME": "127.0.0.1", "NODE_ENV": "production"},
        work_folder="actual", most_rows=500,
    ),
}  # fmt: skip


def measure(peer: Peer, peers: Path, work: Path, rows: int) -> task.Result | None:
    """The task for all; ``None`` where the program is not installed."""
    if not (peers / peer.needs).exists():
        return None
    for script in HERE.glob("*.js"):  # node looks for packages beside the script
        shutil.copy(script, peers / peer.work_folder)
    rows = min(rows, peer.most_rows)
    people = work / "people.json"
    people.write_text(json.dumps(task.people(rows)), "utf-8")
    with _server(peer, peers, work) as port, line.to(port) as wire:
        return _client(peer, peers, people, wire, rows)


@contextlib.contextmanager
def _server(peer: Peer, peers: Path, work: Path) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    data = work / "data"
    data.mkdir()
    values = {"peers": str(peers), "data": str(data), "port": str(port)}
    told = {name: value.format(**values) for name, value in peer.environment.items()}
    with (work / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [part.format(**values) for part in peer.server],
            env={**os.environ, **told}, cwd=peers / peer.work_folder, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        _wait(port, process)
        yield port
    finally:
        process.kill()
        process.wait()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise RuntimeError("the server did not start")


def _client(peer: Peer, peers: Path, people: Path, wire: line.Line, rows: int) -> task.Result:
    words = [part.format(peers=peers) for part in peer.client]
    process = subprocess.Popen(
        [*words, str(people), str(wire.port)],
        cwd=peers / peer.work_folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    sizes: dict[str, list[int]] = {}
    done: dict[str, float] = {}
    try:
        for said in process.stdout:
            word = said.strip()
            if word.startswith("{"):
                done = json.loads(word)
                break
            if word in {"start", "pushed", "pulled", "edited"}:
                sizes.setdefault(word, []).append(wire.take())
                process.stdin.write("\n")
                process.stdin.flush()
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
    if not done:
        raise RuntimeError(f"{peer.name} did not finish")
    found = task.Result(
        peer.name, peer.is_sealed, rows, done["local_s"], done["push_s"], done["pull_s"],
        sizes["pushed"][0], sizes["pulled"][0], sorted(sizes["edited"])[len(sizes["edited"]) // 2],
        done["edit_s"] * 1000,
    )  # fmt: skip
    if "push_cpu_s" in done:
        found.say_processor(done["push_cpu_s"], done["pull_cpu_s"])
    return found
