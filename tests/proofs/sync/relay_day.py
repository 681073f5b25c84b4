"""A server's day on a recorded disk: PCs that are keys only bring segments, keys, statements.

And snapshots, which all of them check, so that the server drops what these cover:
``python -m tests.proofs.sync.relay_day FOLDER --seed 1``. What it answered is told in ``.acked``.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from pathlib import Path

from clinic_desktop.clock import FixedClock
from clinic_desktop.db import engine
from clinic_desktop.sync import statements
from clinic_desktop.sync.keys import Courier, seal_dek
from clinic_desktop.sync.messages import PagesRequest, SyncReply, decode, encode
from clinic_desktop.sync.server.calls import Call
from clinic_desktop.sync.server.files import Files
from clinic_desktop.sync.server.limits import Limits
from clinic_desktop.sync.server.relay import Relay
from clinic_desktop.sync.vouching import Said, vouch
from tests.proofs.storage.recorder import ACKED, ARMED
from tests.support.records import NOON
from tests.support.relays import PaperPractice, Pc, paper_snapshot


class Day:
    """Requests of all kinds, in an order that the seed decides."""

    def __init__(self, root: Path, seed: int) -> None:
        self._rng = random.Random(seed)
        self._clock = FixedClock(NOON)
        limits = Limits(per_minute=10**6, burst=10**6, keep_ms=1)
        self._relay = Relay(Files(root), self._clock, limits)
        self._paper = PaperPractice()
        self._pcs = [Pc(self._paper.clinic)]
        self._acks = os.open(root / ACKED, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._relay.found(Call("POST", "/v1/practices", "", self._paper.found(self._pcs[0]), ""))
        self._tell("clinic", self._paper.clinic.hex)
        (root / ARMED).write_bytes(b"")

    def work(self, requests: int) -> None:
        """So many requests."""
        kinds = (self._sync, self._sync, self._sync, self._sync, self._add, self._key,
                 self._snapshot)  # fmt: skip
        for _request in range(requests):
            self._clock.advance(seconds=1)
            self._rng.choice(kinds)()
        self._relay.practices.close()

    def _tell(self, *words: object) -> None:
        os.write(self._acks, f"{' '.join(map(str, words))}\n".encode())

    def _sync(self) -> None:
        pc = self._rng.choice(self._pcs)
        body = self._rng.randbytes(self._rng.choice((10, 500, 5000)))
        made = [pc.work(b"\x92\x90\x91" + bytes([0xC5]) + len(body).to_bytes(2, "big") + body)
                for _each in range(self._rng.randint(1, 4))]  # fmt: skip
        others = {each.device.bytes: 2**53 for each in self._pcs}  # nothing is asked for
        body = pc.sync_body(*made, have=others)
        raw = self._relay.sync(pc.call("POST", "/v1/sync", body))
        reply = decode(raw, SyncReply)
        self._tell("segment", pc.device.hex, reply.tip, reply.tip_hash.hex())

    def _snapshot(self) -> None:
        """One that all PCs check at once, so that the server drops what the one before covers."""
        maker = self._rng.choice(self._pcs)
        if not any(pc.made for pc in self._pcs):
            return
        pieces = tuple((self._rng.randbytes(32), self._rng.randbytes(3000)) for _each in range(3))
        pages = PagesRequest(1, (), (), 0, pieces)
        self._relay.pages(maker.call("POST", "/v1/pages", encode(pages)))
        made = paper_snapshot(maker, self._pcs, pieces)
        self._relay.keep_snapshot(maker.call("POST", "/v1/snapshots", made.raw))
        for pc in self._pcs:
            word = vouch(Courier(pc.clinic, pc.device, pc.keys), made, Said.CHECKED, bytes(32))
            self._relay.vouch(pc.call("POST", "/v1/vouches", word.raw))

    def _add(self) -> None:
        if len(self._pcs) < 6:
            pc = Pc(self._paper.clinic)
            body = self._paper.state(statements.AddDevice(pc.public))
            self._relay.state(self._pcs[0].call("POST", "/v1/statements", body))
            self._tell("statement", len(self._pcs) + 1)
            self._pcs.append(pc)

    def _key(self) -> None:
        pc, other = self._rng.choice(self._pcs), self._rng.choice(self._pcs)
        epoch = self._rng.randint(1, 1000)
        me = Courier(pc.clinic, pc.device, pc.keys)
        sealed = seal_dek(me, epoch, pc.dek, other.device, other.keys.public.sealing)
        self._relay.put_key(pc.call("PUT", "/v1/keybox", sealed))
        self._tell("key", other.device.hex, epoch)


def main() -> int:
    """One day."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--requests", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--careless", action="store_true", help="do not wait for the disk")
    wanted = parser.parse_args()
    if wanted.careless:  # so that the proof can show that it finds what is lost
        engine.PRAGMAS = tuple(
            (name, "OFF", 0) if name == "synchronous" else (name, value, read)
            for name, value, read in engine.PRAGMAS
        )
    Day(wanted.folder, wanted.seed).work(wanted.requests)
    return 0


if __name__ == "__main__":
    sys.exit(main())
