"""PCs that are keys only, and servers that are real processes."""

from __future__ import annotations

import contextlib
import json
import os
import random
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clinic_desktop.clock import SystemClock
from clinic_desktop.db.commits import CommitRecord
from clinic_desktop.db.snapshot_pages import DeviceAt, Head
from clinic_desktop.security.primitives import Identity
from clinic_desktop.sync import segment, statements
from clinic_desktop.sync.client import Address, Link
from clinic_desktop.sync.keys import Courier, new_dek
from clinic_desktop.sync.messages import SyncReply, SyncRequest, decode, encode, sign_request
from clinic_desktop.sync.segment import Origin, Segment
from clinic_desktop.sync.server.calls import Call
from clinic_desktop.sync.snapshot import Manifest, SealedPage, Sealer
from clinic_desktop.sync.statements import DeviceKeys, Known

REPOSITORY = Path(__file__).resolve().parents[2]
MOST_S = 60
"""How long a server process may take to say that it serves, or to end."""
_PORTS = range(15_000, 30_000)
"""Below those that systems give to outgoing connections: one of these, of another test, must not
sit on the port of a server that is about to start again."""
_TRIES = 20


@dataclass
class Pc:
    """A PC of a practice as a server sees it: keys, a counter, segments."""

    clinic: uuid.UUID
    device: uuid.UUID = field(default_factory=uuid.uuid4)
    keys: Identity = field(default_factory=Identity.new)
    dek: bytes = field(default_factory=new_dek)
    counter: int = 0
    made: list[Segment] = field(default_factory=list)

    @property
    def public(self) -> DeviceKeys:
        found = self.keys.public
        return DeviceKeys(self.device.bytes, found.signing, found.sealing)

    def call(self, method: str, path: str, body: bytes = b"") -> Call:
        """A signed request, as it reaches the server."""
        self.counter += 1
        request = (method, path, body)
        header = sign_request(self.clinic, self.device, self.keys, self.counter, request)
        return Call(method, path, header, body, "192.0.2.1")

    def work(self, body: bytes = b"\x92\x90\x90") -> Segment:
        """One more commit, sealed."""
        number = len(self.made) + 1
        one = CommitRecord(number, number, number, None, "test", 11, b"\x80", body, bytes(32))
        origin = Origin(self.clinic, self.device, self.keys, 1, self.dek)
        if self.made:
            last = self.made[-1]
            origin = Origin(
                self.clinic, self.device, self.keys, 1, self.dek, last.header.seg_no, last.hash
            )
        self.made += segment.make(origin, [one], [])
        return self.made[-1]

    def sync_body(
        self, *segments: Segment, have: dict[bytes, int] | None = None, most: int = 1 << 20
    ) -> bytes:
        return encode(SyncRequest(1, have or {}, most, tuple(each.raw for each in segments)))

    def link(self, url: str) -> Link:
        """A connection that counts on from here."""

        def count(least: int) -> int:
            self.counter = max(self.counter, least) + 1
            return self.counter

        me = Courier(self.clinic, self.device, self.keys)
        return Link(Address(url), SystemClock(), me, count)

    def sync(self, link: Link, *segments: Segment, have: dict[bytes, int]) -> SyncReply:
        """One round trip over a real connection."""
        answer = link.signed("POST", "/v1/sync", self.sync_body(*segments, have=have))
        return decode(answer, SyncReply)


def paper_snapshot(maker: Pc, pcs: Sequence[Pc], pieces: Sequence[tuple[bytes, bytes]]) -> Manifest:
    """A manifest that stands for all segments of each PC but the last."""
    me = Courier(maker.clinic, maker.device, maker.keys)
    ends = [
        DeviceAt(pc.device.bytes, len(pc.made), bytes(32), len(pc.made) - 1, 0, bytes(32))
        for pc in pcs
        if pc.made
    ]
    page = SealedPage(1, bytes(32), tuple(name for name, _piece in pieces), counts=True)
    return Sealer(maker.clinic, 1, maker.dek).manifest(me, 1, Head(1, 0, tuple(ends)), [page])


@dataclass
class PaperPractice:
    """A practice that exists for a server only."""

    clinic: uuid.UUID = field(default_factory=uuid.uuid4)
    owner: Identity = field(default_factory=Identity.new)
    root: Identity = field(default_factory=Identity.new)
    known: Known | None = None

    def state(self, body: statements.Body, signer: Identity | None = None) -> bytes:
        """The next statement, taken for granted."""
        made = statements.write(self.known, self.clinic, signer or self.owner, body)
        self.known = statements.follow(self.known, made)
        return made.raw

    def found(self, pc: Pc) -> bytes:
        owners, root = (self.owner.public.signing,), self.root.public.signing
        return self.state(statements.Found(owners, root, pc.public))


@dataclass
class ServerProcess:
    """A real server that can be killed and started again on the same files and port."""

    folder: Path
    port: int = 0
    words: tuple[str, ...] = ("--insecure",)
    process: subprocess.Popen[str] | None = None
    url: str = ""

    def start(self) -> None:
        """Serve; again on the port it had, or for the first time on one that is free."""
        for _ in range(_TRIES):
            said = self._launch(self.port or random.choice(_PORTS))
            if "url" in said:
                self.url = said["url"]
                self.port = int(self.url.rpartition(":")[2])
                return
            self._end()
            if not said:
                break
        raise AssertionError(said, (self.folder.parent / "server.log").read_text())

    def _launch(self, port: int) -> dict[str, Any]:
        """Start the process; what it says first: its address, or why it does not serve."""
        command = [sys.executable, "-m", "clinic_desktop", "--json", "serve", *self.words]
        command += ["--dir", str(self.folder), "--port", str(port)]
        log = (self.folder.parent / "server.log").open("a")
        with log:
            process = self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, text=True, cwd=REPOSITORY,
                env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            )  # fmt: skip
        assert process.stdout is not None
        alarm = threading.Timer(
            MOST_S, process.kill
        )  # a server that hangs fails, and does not hang
        alarm.start()
        try:
            line = process.stdout.readline()
        finally:
            alarm.cancel()
            alarm.join()
        return dict(json.loads(line)) if line else {}

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self._end()

    def stop(self) -> int:
        assert self.process is not None
        self.process.terminate()
        return self._end()

    def _end(self) -> int:
        assert self.process is not None
        assert self.process.stdout is not None
        code = self.process.wait(MOST_S)
        self.process.stdout.close()
        self.process = None
        return code


@contextlib.contextmanager
def running(folder: Path, *words: str) -> Iterator[ServerProcess]:
    """A server of its own, gone at the end."""
    server = ServerProcess(folder, words=words or ("--insecure",))
    server.start()
    try:
        yield server
    finally:
        if server.process is not None:
            server.kill()
