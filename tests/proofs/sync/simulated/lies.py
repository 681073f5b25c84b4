"""A server that lies in fifteen ways: nothing of it is believed, and no local change is lost.

Two PCs write and exchange. Now and then the server does as it should; else its answers are changed
on the way to one of them. Each lie ends without effect or with a sentence. What the records hold is
compared with what people wrote, and after honest passes both have everything.
"""

from __future__ import annotations

import random
import secrets
import traceback
import uuid
from collections.abc import Callable
from contextlib import closing
from typing import Any, Final

import msgspec

from clinic_desktop.errors import ClinicError
from clinic_desktop.security.primitives import Identity
from clinic_desktop.sync import segment
from clinic_desktop.sync.connecting import link_of
from clinic_desktop.sync.exchange import Exchange
from clinic_desktop.sync.keys import Courier, new_dek, seal_dek
from clinic_desktop.sync.messages import MEDIA, SyncReply
from clinic_desktop.syncing import Syncing
from tests.proofs.result import Result, progress
from tests.proofs.sync.simulated import judge
from tests.proofs.sync.simulated.machine import Pc
from tests.proofs.sync.simulated.machines import one_thread
from tests.proofs.sync.simulated.practice import Template, template
from tests.proofs.sync.simulated.troubles import FoundError
from tests.proofs.sync.simulated.wire import URL, Network, Server
from tests.proofs.sync.simulated.world import World
from tests.support.relays import Pc as Stranger

NAME = "malicious-server"
SEGMENTS: Final = SyncReply.__struct_fields__.index("segments")
PASS: Final = len(SyncReply.__struct_fields__)
"""Parts of the answer to a pass; others have a version and a list first."""
OFTEN: Final = 12
"""Lies between two looks at everything."""
Body = Callable[["Liar", bytes], bytes]


class Liar(Network):
    """A network whose server may be told to lie."""

    def __init__(self, server: Server, chance: random.Random) -> None:
        super().__init__(server, chance)
        self.kind = ""
        self.lied = 0
        self.before: list[bytes] = []
        """Answers that were given, whole."""
        self.target: Pc | None = None
        """Who is lied to."""

    def deliver(self, sent: bytes, to: str = URL) -> bytes:
        """What comes back for a request."""
        said = self._ask(sent, to)
        self.before = [*self.before[-50:], said]
        if not self.kind:
            return said
        self.lied += 1
        return LIES[self.kind](self, said)

    def changed(self, said: bytes, change: Callable[[Any], Any]) -> bytes:
        """An answer whose MessagePack is changed; one without any is left."""
        head, _, body = said.partition(b"\r\n\r\n")
        if MEDIA.encode() not in head or not body:
            return said
        return answer(msgspec.msgpack.encode(change(msgspec.msgpack.decode(body))))

    def segments(self, said: bytes, change: Callable[[list[bytes]], list[bytes]]) -> bytes:
        """An answer whose segments are changed; other answers get bytes for segments."""

        def within(found: Any) -> Any:
            if isinstance(found, list) and len(found) == PASS:
                found[SEGMENTS] = change(found[SEGMENTS])
            elif isinstance(found, list) and len(found) == 2:
                found[1] = change(found[1])
            return found

        return self.changed(said, within)

    def seen(self) -> list[bytes]:
        """Segments that were handed on before."""
        for said in reversed(self.before):
            try:
                found = msgspec.msgpack.decode(said.partition(b"\r\n\r\n")[2])
            except msgspec.DecodeError:
                continue
            if isinstance(found, list) and len(found) == PASS and found[SEGMENTS]:
                return list(found[SEGMENTS])
        return []

    def own_keys(self) -> list[bytes]:
        """Data keys that the server made up, in the name of this PC, another, or nobody."""
        assert self.target is not None
        clinic = self.target.person.keys.vault.clinic
        rows = self.target.rows("SELECT device_id, box_pk FROM sync_device ORDER BY dev")
        device, box = uuid.UUID(bytes=rows[0][0]), rows[0][1]
        author = uuid.UUID(bytes=self.chance.choice(rows)[0])
        in_its_name = Courier(clinic, author, Identity.new())
        epoch = self.chance.choice((1, 2, 70_000, 2**31))
        return [seal_dek(in_its_name, epoch, new_dek(), device, box), self.chance.randbytes(90)]


def answer(body: bytes, media: str = MEDIA) -> bytes:
    """A good answer around any body."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {media}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def no(code: str, **more: Any) -> bytes:
    """The server's no."""
    body = msgspec.json.encode({"code": code, **more})
    head = (
        f"HTTP/1.1 409 No\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def drop(_liar: Liar, _said: bytes) -> bytes:
    """Nothing is answered."""
    raise TimeoutError


def delay(liar: Liar, said: bytes) -> bytes:
    """The answer to the request before."""
    return liar.before[-2] if len(liar.before) > 1 else said


def reorder(liar: Liar, said: bytes) -> bytes:
    """Segments in another order."""
    return liar.segments(said, lambda found: liar.chance.sample(found, len(found)))


def duplicate(liar: Liar, said: bytes) -> bytes:
    """Segments, or the whole answer, twice."""
    if liar.chance.random() < 0.3:
        return said + said
    return liar.segments(said, lambda found: [*found, *found])


def replay(liar: Liar, _said: bytes) -> bytes:
    """Any older answer."""
    return liar.chance.choice(liar.before)


def roll_back(liar: Liar, said: bytes) -> bytes:
    """As if the server had lost what this PC gave it, or had more."""
    tip, mark = liar.chance.choice(
        ((0, bytes(32)), (0, b"x" * 32), (1, bytes(32)), (999, said[:32]))
    )
    if liar.chance.random() < 0.2:
        return no("tip", seg_no=tip, hash=mark.hex())
    if liar.chance.random() < 0.2:
        code = liar.chance.choice(("revoked", "unknown", "quota", "counter", "fault", "new"))
        return no(code, counter=liar.chance.choice((0, 7, 2**52)), hash="00" * 32)

    def within(found: Any) -> Any:
        if len(found) == PASS:
            found[2:4] = tip, mark
        return found

    return liar.changed(said, within)


def fork(liar: Liar, said: bytes) -> bytes:
    """Some PCs, or some segments, are hidden from this one."""
    return liar.segments(said, lambda found: [each for each in found if liar.chance.random() < 0.5])


def forge(liar: Liar, said: bytes) -> bytes:
    """Segments in the name of others, under a key of the server's own."""
    return liar.segments(
        said, lambda found: [*found, *(_forged(each, liar) for each in found or liar.seen())]
    )


def _forged(raw: bytes, liar: Liar) -> bytes:
    try:
        real = segment.read(raw)
    except segment.SegmentError:
        return raw
    stranger = Stranger(uuid.UUID(bytes=real.header.clinic), real.device)
    made = stranger.work()
    header = msgspec.structs.replace(
        real.header, seg_no=real.header.seg_no + liar.chance.randrange(2)
    )
    parts = [msgspec.msgpack.encode(header), made.sealed, made.signature]
    return msgspec.msgpack.encode(parts)


def swap(liar: Liar, said: bytes) -> bytes:
    """The ciphertext of one segment under the header of another."""

    def change(found: list[bytes]) -> list[bytes]:
        try:
            parts = [msgspec.msgpack.decode(each) for each in found]
        except msgspec.DecodeError:
            return found
        sealed = [each[1] for each in parts if isinstance(each, list) and len(each) == 3]
        liar.chance.shuffle(sealed)
        for each, other in zip(parts, sealed, strict=False):
            each[1] = other
        return [msgspec.msgpack.encode(each) for each in parts]

    return liar.segments(said, change)


def another_type(liar: Liar, said: bytes) -> bytes:
    """One field of another kind, or missing, or one more."""

    def within(found: Any) -> Any:
        strange: Any = liar.chance.choice((None, -1, 2**63, "text", b"", [], {}, 1.5, True))
        if not isinstance(found, list):
            return strange
        at = liar.chance.randrange(len(found) + 1)
        return [*found[:at], strange, *found[at + liar.chance.randrange(2) :]]

    return liar.changed(said, within)


def wrong_epoch(liar: Liar, said: bytes) -> bytes:
    """Another epoch in segments and keys."""

    def change(found: list[bytes]) -> list[bytes]:
        made = []
        for raw in found:
            try:
                one = segment.read(raw)
                header = msgspec.structs.replace(
                    one.header, epoch=liar.chance.choice((2, 2**31, 70_000))
                )
                made.append(
                    msgspec.msgpack.encode(
                        [msgspec.msgpack.encode(header), one.sealed, one.signature]
                    )
                )
            except segment.SegmentError:
                made.append(_with(raw, 1, liar.chance.choice((2, 70_000, 2**31))))
        return made

    return liar.segments(said, change)


def _with(raw: bytes, at: int, value: Any) -> bytes:
    try:
        parts = msgspec.msgpack.decode(raw)
        parts[at] = value
        return msgspec.msgpack.encode(parts)
    except (msgspec.DecodeError, TypeError, IndexError, KeyError):
        return raw


def other_keys(liar: Liar, said: bytes) -> bytes:
    """Data keys of the server's own, sealed to this PC."""
    return liar.changed(said, lambda found: [1, liar.own_keys()] if len(found) == 2 else found)


def downgrade(liar: Liar, said: bytes) -> bytes:
    """Another version of the format, in the answer or in its parts."""

    def within(found: Any) -> Any:
        version = liar.chance.choice((0, 2, 255))
        if liar.chance.random() < 0.5:
            return [version, *found[1:]]
        at = SEGMENTS if len(found) == PASS else 1
        if isinstance(found[at], list):
            found[at] = [_older(each, version) for each in found[at] if isinstance(each, bytes)]
        return found

    return liar.changed(said, within)


def _older(raw: bytes, version: int) -> bytes:
    parts = msgspec.msgpack.decode(raw)
    if isinstance(parts, list) and isinstance(parts[0], bytes):
        return _with(raw, 0, _with(parts[0], 0, version))
    return _with(raw, 0, version)


def garbage(liar: Liar, said: bytes) -> bytes:
    """Huge, endless, cut short, of no sense."""
    chance = liar.chance
    match chance.randrange(7):
        case 0:
            return answer(chance.randbytes(chance.randrange(200)))
        case 1:
            return answer(bytes((1 << 20) + 1))
        case 2:
            return b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n"
        case 3:
            return said[: chance.randrange(len(said) or 1)]
        case 4:
            return b"HTTP/1.1 200 OK\r\nContent-Type: application/msgpack\r\n\r\n" + bytes(100)
        case 5:
            at = chance.randrange(len(said) or 1)
            return said[:at] + chance.randbytes(1) + said[at + 1 :]
    return answer(b"\x95" * 5000)


def fake_pc(liar: Liar, said: bytes) -> bytes:
    """A PC that nobody let in, with work of its own."""
    stranger = Stranger(uuid.UUID(bytes=secrets.token_bytes(16)))

    def change(found: list[bytes]) -> list[bytes]:
        for raw in found or liar.seen():
            try:
                stranger.clinic = uuid.UUID(bytes=segment.read(raw).header.clinic)
            except segment.SegmentError:
                continue
        return [*found, *(stranger.work().raw for _each in range(liar.chance.randrange(1, 4)))]

    return liar.segments(said, change)


class LiedTo(World):
    """Two PCs, and a server that lies in one way."""

    def __init__(self, made: Template, seed: int, kind: str) -> None:
        super().__init__(made, seed)
        self.pcs, self._kind = self.pcs[:2], kind
        self._loss, self._outages, self._disasters = 0.0, 0.0, []
        self._has_house = self._is_mixed = self._has_snapshots = False
        self.net: Liar = Liar(self.server, self.chance)

    def lie(self, size: int) -> list[str]:
        """Lie so often; what did not hold."""
        with one_thread(self.seed), self.net.in_use():
            try:
                self._begin()
                while self.net.lied < size:
                    self.steps += 1
                    self._work()
                    self._listen_to_lies(self.chance.choice(self.pcs))
                    if self.steps % OFTEN == 0:
                        self._all_is_well()
                self._all_is_well()
            except FoundError as error:
                return [f"{self._kind}: {error}"]
            finally:
                self._clear()
        return []

    def _work(self) -> None:
        for pc in self.pcs:
            act = self.chance.choice(
                (self._register, self._edit, self._edit, self._sync, self._rest)
            )
            act(pc)
            pc.look()

    def _rest(self, _pc: Pc) -> None:
        """Nothing for a while."""
        self._pass_time(600)

    def _listen_to_lies(self, pc: Pc) -> None:
        self.net.kind, self.net.target = self._kind, pc
        before = judge.epochs(pc)
        try:
            if self._kind in OF_KEYS and self.chance.random() < 0.5:
                with closing(link_of(pc.opened.store)) as link:
                    Exchange(pc.opened.store, link).fetch_keys()
            else:
                Syncing(pc.opened).run()
        except ClinicError as error:
            if not (error.message and error.kept):
                raise FoundError(f"seed {self.seed}: no plain sentence: {error!r}") from None
        finally:
            self.net.kind = ""
        pc.look()
        if judge.epochs(pc) != before:
            raise FoundError(f"seed {self.seed}: a false key was taken")

    def _all_is_well(self) -> None:
        """Honest passes bring everything everywhere, and nothing else."""
        live = self._settle()
        for pc in live:
            self._must_hold(judge.faults_of(pc, self.oracle))
        if len(live) != len(self.pcs):
            raise FoundError(f"seed {self.seed}: a PC took itself for a copy for good")
        self._must_hold(self._fault_of_the_end(live))


OF_KEYS: Final = {"keys", "epoch", "type", "garbage", "downgrade", "replay"}
LIES: dict[str, Body] = {
    "drop": drop, "delay": delay, "reorder": reorder, "duplicate": duplicate, "replay": replay,
    "roll back": roll_back, "fork": fork, "forge": forge, "swap": swap, "type": another_type,
    "epoch": wrong_epoch, "keys": other_keys, "downgrade": downgrade, "garbage": garbage,
    "fake PC": fake_pc,
}  # fmt: skip
"""By the classes of the design (security, 9.7)."""
_AT_A_TIME: Final = 100


def faults_of(made: Template, kind: str, seed: int, size: int) -> list[str]:
    """What did not hold while a server lied so often in one way; an error of the program counts."""
    try:
        return LiedTo(made, seed, kind).lie(size)
    except Exception:  # noqa: BLE001 - whatever the program raises is a finding
        return [f"{kind}: seed {seed}: {traceback.format_exc()}"]


def prove(size: int, seed: int, jobs: int) -> Result:
    """Lie ``size`` times in each way."""
    del jobs
    failures: list[str] = []
    with template(("a", "b")) as made:
        for done, kind in enumerate(LIES, 1):
            for at in range(0, size, _AT_A_TIME):
                failures += faults_of(made, kind, seed + at, min(_AT_A_TIME, size - at))
            progress(f"{NAME} {kind}", done * size, len(LIES) * size, failures)
    return Result(NAME, len(LIES) * size - len(failures), failures, seed)
